"""How rows become a file: NDJSON, gzipped (RFC 1952). Other formats fit in by the same protocol."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Protocol

import msgspec
from attrs import frozen


class Writable(Protocol):
    """All that a sink may do to a file."""

    def write(self, content: bytes, /) -> object: ...


class RowWriter(Protocol):
    """Writes the rows of one file."""

    def write(self, rows: Sequence[bytes]) -> None:
        """Append rows, each one JSON text. Called in worker threads, never in two at once."""
        ...

    def close(self) -> None:
        """Write what is still held back; the file itself stays open."""
        ...


class Sink(Protocol):
    """A file format. `suffix` begins with a dot, and belongs to this format alone."""

    @property
    def suffix(self) -> str: ...

    def open(self, file: Writable) -> RowWriter:
        """Begin a file, at the start of an empty one."""
        ...


@frozen
class NdjsonGzip:
    """One JSON text a line, as the server sent it, gzipped at `level` (1 to 9)."""

    level: int = 6
    suffix: str = ".ndjson.gz"

    def open(self, file: Writable) -> RowWriter:
        """See `Sink`."""
        return _NdjsonGzip(file, self.level)


class _NdjsonGzip:
    def __init__(self, file: Writable, level: int) -> None:
        self._file = file
        # 31: the largest window, with gzip's header, which then holds no time: the same rows, the same bytes.
        self._compress = zlib.compressobj(level, zlib.DEFLATED, 31)

    def write(self, rows: Sequence[bytes]) -> None:
        self._file.write(self._compress.compress(lines(rows)))

    def close(self) -> None:
        self._file.write(self._compress.flush())


def lines(rows: Sequence[bytes]) -> bytes:
    """Rows as NDJSON; one that holds a line end (pretty-printed) is set in a line, its values untouched."""
    text = b"".join([row + b"\n" for row in rows])
    if text.count(b"\n") == len(rows) and b"\r" not in text:
        return text
    return b"".join([msgspec.json.format(row, indent=-1) + b"\n" for row in rows])
