"""Many rows in bodies that a server takes, and what is known of each row when something fails."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint
from attrs import field, frozen

from tocsin.errors import (
    AuthError,
    ConfigError,
    InputError,
    NotSentError,
    NotSupported,
    PayloadTooLargeError,
    StatusError,
    TocsinError,
)
from tocsin.forms import whole

T = TypeVar("T")

#: Rows after which others get their turn: what is under way goes out while a source that never waits is read.
_TURN = 100

#: What a body is sent with; raises as requests do.
Post = Callable[[bytes], Awaitable[object]]


class BatchError(TocsinError):
    """Not all of many rows were written.

    The first four are ranges of rows, counted from 0 as they were given, in order; each row that was read is in
    one of them.

    Attributes:
        written: what the server acknowledged.
        uncertain: what it may have acted on: the answer was lost, or was an error that proves nothing.
        refused: what it said no to, and did not act on.
        unsent: what was not sent, or to no effect, as signing in failed. Rows that were not read from their source
            by then are in none.
        causes: why, in the order in which it was told; an InputError for a row of a stream that cannot be sent.
    """

    def __init__(
        self,
        message: str,
        *,
        written: tuple[range, ...] = (),
        uncertain: tuple[range, ...] = (),
        refused: tuple[range, ...] = (),
        unsent: tuple[range, ...] = (),
        causes: tuple[TocsinError, ...] = (),
        **where: Any,
    ) -> None:
        super().__init__(message, **where)
        self.written = written
        self.uncertain = uncertain
        self.refused = refused
        self.unsent = unsent
        self.causes = causes


@frozen
class Framing:
    """How rows become bodies, and how large these may be.

    Attributes:
        head, tail: what stands around the rows.
        most_rows, most_bytes: of one body.
    """

    head: bytes
    tail: bytes
    most_rows: int
    most_bytes: int

    def __attrs_post_init__(self) -> None:
        whole(1)("batch", self.most_rows)
        whole(1)("max_bytes", self.most_bytes)

    @property
    def around(self) -> int:
        """Bytes of a body that has no rows."""
        return len(self.head) + len(self.tail)

    def fit(self, name: str, row: bytes) -> bytes:
        """`row`, if it fits into a body. Raises InputError."""
        alone = self.around + len(row)
        if alone > self.most_bytes:
            raise InputError(
                f"{name} is too large: alone it makes a body of {alone} bytes, and max_bytes is {self.most_bytes}"
            )
        return row

    def body(self, rows: Sequence[bytes]) -> bytes:
        """These rows, as the server reads them."""
        return b"".join((self.head, b",".join(rows), self.tail))


@frozen
class Batch:
    """Rows that belong into one body.

    Attributes:
        first: where the first of them stands among all.
    """

    first: int
    rows: Sequence[bytes] = field(repr=False)

    @property
    def span(self) -> range:
        """Where they stand among all."""
        return range(self.first, self.first + len(self.rows))

    def halves(self) -> tuple[Batch, Batch]:
        """The same in two."""
        half = len(self.rows) // 2
        return Batch(self.first, self.rows[:half]), Batch(self.first + half, self.rows[half:])


class Packer:
    """Puts rows together in their order.

    Attributes:
        most_bytes: of one body; may be made smaller while rows come. A row that is larger has a body of its own.
    """

    def __init__(self, framing: Framing) -> None:
        self.most_bytes = framing.most_bytes
        self._most_rows = framing.most_rows
        self._around = framing.around
        self._first = 0
        self._start()

    def add(self, row: bytes) -> Batch | None:
        """Take a row; give the batch that is full without it."""
        full: Batch | None = None
        if len(self._rows) >= self._most_rows or self._size + len(row) > self.most_bytes:
            full = self.rest()
        self._rows.append(row)
        self._size += len(row) + 1
        return full

    def rest(self) -> Batch | None:
        """What is there."""
        if not self._rows:
            return None
        batch = Batch(self._first, self._rows)
        self._first += len(batch.rows)
        self._start()
        return batch

    def _start(self) -> None:
        self._rows: list[bytes] = []
        self._size = self._around


def as_it_is(_: int, row: bytes) -> bytes:
    """What `write` does with rows that are JSON already."""
    return row


async def write(
    source: AsyncIterable[T] | Iterable[T],
    encode: Callable[[int, T], bytes],
    framing: Framing,
    post: Post,
    concurrency: int,
) -> int:
    """Send all rows of a source, so many bodies side by side; how many rows there were.

    While bodies are under way, rows for one more are read, and no further. After a failure nothing new is sent,
    and what is under way is awaited. What `encode` refuses ends the source: the rows before it are sent. So does
    an error of the source itself, which is raised as it is when that is done.

    A body that is too large for the server (413) did nothing: it is sent in halves, and later ones are made
    smaller.

    Raises BatchError; InputError for a `concurrency` that is not.
    """
    whole(1)("concurrency", concurrency)
    run = _Run(encode, framing, post, concurrency)
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        try:
            if isinstance(source, AsyncIterable):
                async for item in source:
                    if not await run.take(item, tasks):
                        break
            else:
                for item in source:
                    if not await run.take(item, tasks):
                        break
        except Exception as error:  # noqa: BLE001 - the source's own; outside of the group it stays what it is
            failure = error
        await run.flush(tasks)
    run.check(failure)
    if failure is not None:
        raise failure
    return run.read


class _Run(Generic[T]):
    """Rows on their way, and what became of them."""

    def __init__(
        self,
        encode: Callable[[int, T], bytes],
        framing: Framing,
        post: Post,
        concurrency: int,
    ) -> None:
        self._encode = encode
        self._framing = framing
        self._packer = Packer(framing)
        self._post = post
        self._places = anyio.Semaphore(concurrency)
        self.read = 0
        self._fates: dict[str, list[range]] = {"written": [], "uncertain": [], "refused": [], "unsent": []}
        self._bad_row: InputError | None = None
        self._failures: list[Exception] = []

    async def take(self, item: T, tasks: TaskGroup) -> bool:
        """One row of the source; whether there may be more."""
        at = self.read
        self.read += 1
        if at % _TURN == 0:
            await checkpoint()
        try:
            full = self._packer.add(self._encode(at, item))
        except InputError as error:
            self._bad_row = error
            return False
        if full is not None:
            await self._start(full, tasks)
        return not self._failures

    async def flush(self, tasks: TaskGroup) -> None:
        """What has not been sent yet."""
        rest = self._packer.rest()
        if rest is not None:
            await self._start(rest, tasks)
        if self._bad_row is not None:
            self._fates["unsent"].append(range(self.read - 1, self.read))

    def check(self, cause: Exception | None) -> None:
        """Raises BatchError if not all that was read was written."""
        failures = [*self._failures, *([self._bad_row] if self._bad_row is not None else [])]
        if not failures:
            return
        if unforeseen := next((each for each in failures if not isinstance(each, TocsinError)), None):
            raise unforeseen
        causes = tuple([each for each in failures if isinstance(each, TocsinError)])
        fates = {fate: _merged(spans) for fate, spans in self._fates.items()}
        done = sum(map(len, fates["written"]))
        first = causes[0]
        raise BatchError(
            f"{self.read - done} of {self.read} rows were not written, or may not have been: {first.message}",
            **fates,
            causes=causes,
            method=first.method,
            url=first.url,
            request_id=first.request_id,
            attempts=first.attempts,
            retry_after=first.retry_after,
            earlier=first.earlier,
            maybe_done=bool(fates["written"] or fates["uncertain"]),
        ) from cause

    async def _start(self, batch: Batch, tasks: TaskGroup) -> None:
        await self._places.acquire()
        tasks.start_soon(self._send, batch)

    async def _send(self, batch: Batch) -> None:
        waiting = [batch]
        try:
            while waiting:
                part = waiting.pop()
                halves = await self._try(part)
                waiting.extend(reversed(halves))
        finally:
            self._places.release()

    async def _try(self, batch: Batch) -> Sequence[Batch]:
        """Send it once; its halves, if that was too much."""
        if self._failures:
            self._fates["unsent"].append(batch.span)
            return ()
        body = self._framing.body(batch.rows)
        try:
            await self._post(body)
        except Exception as error:  # noqa: BLE001 - kept, and raised when the others are done
            fate = _fate(error)
            if isinstance(error, PayloadTooLargeError) and fate == "refused" and len(batch.rows) > 1:
                self._packer.most_bytes = min(self._packer.most_bytes, len(body) // 2)
                return batch.halves()
            self._failures.append(error)
            self._fates[fate].append(batch.span)
        else:
            self._fates["written"].append(batch.span)
        return ()


def _fate(error: Exception) -> str:
    """What a failure says of what was sent."""
    if getattr(error, "maybe_done", False):
        return "uncertain"
    if isinstance(error, NotSentError | ConfigError | NotSupported) or getattr(error, "signing_in", False):
        return "unsent"
    if isinstance(error, StatusError):
        return "uncertain" if error.status == 408 or error.status >= 500 else "refused"
    return "refused" if isinstance(error, AuthError) else "uncertain"


def _merged(spans: Iterable[range]) -> tuple[range, ...]:
    """The same in order, with what is side by side in one."""
    merged: list[range] = []
    for span in sorted(spans, key=lambda each: each.start):
        if merged and merged[-1].stop == span.start:
            merged[-1] = range(merged[-1].start, span.stop)
        else:
            merged.append(span)
    return tuple(merged)
