"""The segments of one partition, and their receipts.

A segment is written beside its place, made to last, given its name, and only then does its receipt appear, in
the same way. So a receipt vouches for a whole file, and files without one are leftovers, removed at the next
start, which also hashes every file that has one. The last receipt says where to go on.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO, Any

import msgspec
from attrs import frozen

from tocsin.describe import RowKey
from tocsin.errors import ConfigError
from tocsin.export import files
from tocsin.export.plan import OVER_AGAIN, Plan
from tocsin.export.sinks import NdjsonGzip, RowWriter, Sink
from tocsin.paging.checkpoint import Checkpoint
from tocsin.paging.page import Page
from tocsin.transport.codec import decoder

VERSION = 1
BAD = NdjsonGzip(suffix=".bad.ndjson.gz")
#: All that tocsin ever writes into a partition's folder.
_OURS = re.compile(r"\d{5}\.(json|(bad\.)?ndjson\.gz)(\.tmp)?")


@frozen
class Written:
    """One file: its name, its rows, its size in bytes, and the SHA-256 of its bytes in hex."""

    name: str
    rows: int
    bytes: int
    sha256: str


@frozen(kw_only=True)
class Receipt:
    """That one segment is there, and where to go on behind it.

    Attributes:
        plan: the plan that it belongs to.
        number: its place among the partition's, from 0.
        segment: the rows; None if there are none.
        bad: rows that are not what the API promises, as they came; None if there are none.
        first_key, last_key: ids of the segment's first and last row, lists where an id has several parts.
        checkpoint: the place behind the last row (the JSON form of a `Checkpoint`).
        done: whether the partition ends with it.
    """

    plan: str
    number: int
    segment: Written | None
    bad: Written | None
    first_key: RowKey | None
    last_key: RowKey | None
    checkpoint: Mapping[str, Any]
    done: bool
    version: int = VERSION


_receipts: Any = decoder(Receipt)


@frozen(kw_only=True)
class Bounds:
    """How large a segment grows before the next begins: it ends with the page that reaches one of these.

    Attributes:
        rows: rows, bad ones included.
        size: bytes of JSON, before compression.
    """

    rows: int = 10_000
    size: int = 64 * 1024 * 1024


def receipt_path(folder: Path, number: int) -> Path:
    """Where the receipt of a segment is."""
    return folder / f"{number:05}.json"


def read_receipts(folder: Path, plan: str) -> list[Receipt]:
    """The receipts that a plan's run has left in a partition's folder, in order.

    Raises ConfigError where a segment is not as its receipt says.
    """
    receipts = list[Receipt]()
    for number in count():
        path = receipt_path(folder, number)
        try:
            receipt: Receipt = _receipts.decode(path.read_bytes())
        except FileNotFoundError:
            break
        except msgspec.DecodeError as error:
            raise ConfigError(f"{path} is no receipt ({error}): {OVER_AGAIN}") from None
        if receipt.plan != plan:
            break
        if receipt.version != VERSION:
            raise ConfigError(f"{path} has version {receipt.version}; this one reads version {VERSION}")
        for written in _written(receipt):
            _check(folder / written.name, written)
        receipts.append(receipt)
    return receipts


def _written(receipt: Receipt) -> list[Written]:
    return [written for written in (receipt.segment, receipt.bad) if written is not None]


def _check(path: Path, written: Written) -> None:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != written.bytes:
                what = f"has {size} bytes instead of {written.bytes}"
            elif hashlib.file_digest(file, "sha256").hexdigest() != written.sha256:
                what = "has another SHA-256 than its receipt says"
            else:
                return
    except FileNotFoundError:
        what = "is gone"
    raise ConfigError(f"{path} {what}: {OVER_AGAIN}")


def adopt(folder: Path, plan: Plan) -> dict[str, Sequence[Receipt]]:
    """Make a resource's folder fit its plan; the receipts that are there, by partition.

    What earlier runs left unfinished is removed, and what belongs to another plan; of that, only files with
    names that tocsin gives.

    Raises ConfigError where a segment is not as its receipt says.
    """
    found = dict[str, Sequence[Receipt]]()
    for partition in plan.partitions:
        files.make_folder(folder / partition.id)
        found[partition.id] = read_receipts(folder / partition.id, plan.id)
    for each in [path for path in folder.iterdir() if path.is_dir() and re.fullmatch(r"\d{3,}", path.name)]:
        kept = set[str]()
        for receipt in found.get(each.name, ()):
            kept |= {receipt_path(each, receipt.number).name, *[written.name for written in _written(receipt)]}
        for path in each.iterdir():
            if path.name not in kept and _OURS.fullmatch(path.name):
                path.unlink()
        if each.name not in found:
            with suppress(OSError):  # what else is in it is not ours
                each.rmdir()
    return found


class _Hashed:
    """A temporary file on its way to a name, hashed as it is written."""

    def __init__(self, path: Path, sink: Sink) -> None:
        self._path = path
        self.file: IO[bytes] = files.temporary(path).open("wb")
        self._hash = hashlib.sha256()
        self._size = 0
        self.rows = 0
        self._writer: RowWriter = sink.open(self)

    def write(self, content: bytes) -> int:
        self._hash.update(content)
        self._size += len(content)
        return self.file.write(content)

    def add(self, rows: Sequence[bytes]) -> None:
        self._writer.write(rows)
        self.rows += len(rows)

    def settle(self) -> Written:
        self._writer.close()
        files.settle(self.file, self._path)
        return Written(self._path.name, self.rows, self._size, self._hash.hexdigest())

    def discard(self) -> None:
        with suppress(OSError):  # what a full disk did not take
            self.file.close()
        files.temporary(self._path).unlink(missing_ok=True)


class Segments:
    """Writes the pages of one partition. All methods block, and belong into a worker thread.

    Attributes:
        rows, bad_rows: in the partition so far, those not yet in a finished segment included.
    """

    def __init__(
        self,
        folder: Path,
        plan: str,
        key_of: Callable[[Mapping[str, Any]], RowKey | None],
        sink: Sink,
        bounds: Bounds,
        had: Sequence[Receipt],
    ) -> None:
        self._folder = folder
        self._plan = plan
        self._row_key = key_of
        self._sink = sink
        self._bounds = bounds
        self._number = len(had)
        self._open = _Open()
        self._sound = True
        self.receipts = list(had)
        self.rows = sum(receipt.segment.rows for receipt in had if receipt.segment)
        self.bad_rows = sum(receipt.bad.rows for receipt in had if receipt.bad)

    def add(self, page: Page[bytes]) -> None:
        """Append a page, and finish the segment if it is full or the partition's last."""
        self._sound = False
        current = self._open
        if page.items:
            current.rows = current.rows or self._file(self._sink)
            current.rows.add(page.items)
            current.first = current.first or page.items[0]
            current.last = page.items[-1]
        if page.bad_rows:
            current.bad = current.bad or self._file(BAD)
            current.bad.add([row.raw for row in page.bad_rows])
        current.count += len(page.items) + len(page.bad_rows)
        current.size += sum(map(len, page.items))
        current.checkpoint = page.checkpoint.to_json()
        current.done = page.checkpoint.done
        self.rows += len(page.items)
        self.bad_rows += len(page.bad_rows)
        self._sound = True
        if current.done or current.count >= self._bounds.rows or current.size >= self._bounds.size:
            self.finish()

    def end(self, query: str) -> None:
        """The partition ends here, whether or not its last page could tell: a list of lists may end with none."""
        if not (self.receipts and self.receipts[-1].done):
            self._open.checkpoint = Checkpoint(query=query).to_json()
            self._open.done = True
            self.finish()

    def finish(self) -> None:
        """Finish the segment with what it has; if the last page did not get in whole, leave it out altogether."""
        current, self._open = self._open, _Open()
        parts = [part for part in (current.rows, current.bad) if part is not None]
        if not self._sound:
            for part in parts:
                part.discard()
        elif current.checkpoint is not None and (parts or current.done):
            try:
                segment = current.rows.settle() if current.rows else None
                bad = current.bad.settle() if current.bad else None
            except BaseException:
                for part in parts:
                    part.discard()
                raise
            receipt = Receipt(
                plan=self._plan,
                number=self._number,
                segment=segment,
                bad=bad,
                first_key=self._key_of(current.first),
                last_key=self._key_of(current.last),
                checkpoint=current.checkpoint,
                done=current.done,
            )
            content = msgspec.json.format(msgspec.json.encode(receipt), indent=1)
            files.write(receipt_path(self._folder, self._number), content + b"\n")
            self.receipts.append(receipt)
            self._number += 1

    def _file(self, sink: Sink) -> _Hashed:
        return _Hashed(self._folder / f"{self._number:05}{sink.suffix}", sink)

    def _key_of(self, row: bytes | None) -> RowKey | None:
        return None if row is None else self._row_key(decoder(dict[str, Any]).decode(row))


class _Open:
    """The segment that is being written."""

    __slots__ = ("bad", "checkpoint", "count", "done", "first", "last", "rows", "size")

    def __init__(self) -> None:
        self.rows: _Hashed | None = None
        self.bad: _Hashed | None = None
        self.first: bytes | None = None
        self.last: bytes | None = None
        self.count = 0
        self.size = 0
        self.checkpoint: Mapping[str, Any] | None = None
        self.done = False
