"""Many rows in bodies of a size, and what becomes of each."""

from __future__ import annotations

import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import pairwise, repeat

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, strategies as st

from tocsin.errors import (
    AuthError,
    BadRequestError,
    DecodeError,
    InputError,
    MaybeSentError,
    NotSentError,
    PayloadTooLargeError,
    RateLimitedError,
    ServerError,
    TocsinError,
)
from tocsin.monasca.batches import BatchError, Framing, Packer, write

FRAMING = Framing(b"[", b"]", 2, 1_000)


def encode(_: int, row: object) -> bytes:
    """A row of text as JSON; of a number, a refusal."""
    if not isinstance(row, str):
        raise InputError(f"no text: {row!r}")
    return row.encode()


class Store:
    """Takes bodies; fails as it is told for those that have a row."""

    def __init__(self, failures: dict[str, Exception] | None = None) -> None:
        self.failures = failures or {}
        self.bodies: list[list[str]] = []

    async def post(self, body: bytes) -> None:
        """One request."""
        assert body.startswith(b"[")
        assert body.endswith(b"]")
        rows = body[1:-1].decode().split(",")
        self.bodies.append(rows)
        await checkpoint()
        for row in rows:
            if row in self.failures:
                raise self.failures[row]

    async def write(self, rows: Sequence[object], framing: Framing = FRAMING, concurrency: int = 1) -> int:
        """All of them."""
        return await write(rows, encode, framing, self.post, concurrency)


@given(
    sizes=st.lists(st.integers(1, 40)),
    most_rows=st.integers(1, 5),
    most_bytes=st.integers(42, 120),
)
def test_packing(sizes: list[int], most_rows: int, most_bytes: int) -> None:
    """All rows in their order, in bodies that keep both limits, and that had no room for the next row."""
    framing = Framing(b"[", b"]", most_rows, most_bytes)
    packer = Packer(framing)
    rows = [bytes([97 + at % 26]) * size for at, size in enumerate(sizes)]
    batches = [batch for row in rows if (batch := packer.add(row))]
    if last := packer.rest():
        batches.append(last)
    assert [row for batch in batches for row in batch.rows] == rows
    assert [at for batch in batches for at in batch.span] == [*range(len(rows))]
    for batch in batches:
        assert len(batch.rows) <= most_rows
        assert len(framing.body(batch.rows)) <= most_bytes
    for batch, after in pairwise(batches):
        more = [*batch.rows, after.rows[0]]
        assert len(more) > most_rows or len(framing.body(more)) > most_bytes


def test_row_that_fits_nowhere() -> None:
    """A row that alone makes a body larger than allowed is refused, one byte less is not."""
    framing = Framing(b"[", b"]", 10, 12)
    assert framing.fit("it", b"x" * 10) == b"x" * 10
    with pytest.raises(InputError, match="a body of 13 bytes, and max_bytes is 12"):
        framing.fit("it", b"x" * 11)


@pytest.mark.parametrize(("rows", "size"), [(0, 1), (1, 0), (True, 1), (1, 1.5)])
def test_refused_limits(rows: int, size: int) -> None:
    """Limits are whole numbers from 1 on."""
    with pytest.raises(InputError, match="whole number"):
        Framing(b"[", b"]", rows, size)


@pytest.mark.anyio
async def test_written() -> None:
    """Every row arrives once, in order, and is counted."""
    store = Store()
    assert await store.write(["a", "b", "c", "d", "e"]) == 5
    assert store.bodies == [["a", "b"], ["c", "d"], ["e"]]


@pytest.mark.anyio
async def test_nothing_to_write() -> None:
    """Without rows nothing is sent."""
    store = Store()
    assert await store.write([]) == 0
    assert store.bodies == []


def of_signing_in(error: TocsinError) -> TocsinError:
    """The error as it is when a new token was asked for in the middle of the rows."""
    error.signing_in = True
    return error


FATES: list[tuple[TocsinError, str]] = [
    (of_signing_in(ServerError("Keystone failed", status=503)), "unsent"),
    (of_signing_in(PayloadTooLargeError("Keystone has enough", status=413)), "unsent"),
    (of_signing_in(ServerError("Keystone failed later", status=503, maybe_done=True)), "uncertain"),
    (MaybeSentError("lost"), "uncertain"),
    (DecodeError("no HTTP"), "uncertain"),
    (ServerError("failed", status=500), "uncertain"),
    (ServerError("failed", status=503), "uncertain"),
    (BadRequestError("no", status=422, maybe_done=True), "uncertain"),
    (BadRequestError("no", status=422), "refused"),
    (RateLimitedError("slow", status=429), "refused"),
    (AuthError("who"), "refused"),
    (NotSentError("no route"), "unsent"),
    (InputError("no"), "unsent"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("failure", "fate"), FATES, ids=lambda each: type(each).__name__)
async def test_failure_in_the_middle(failure: TocsinError, fate: str) -> None:
    """What was acknowledged, what may have been, what was refused and what was never sent: each row is told."""
    store = Store({"d": failure})
    with pytest.raises(BatchError, match=failure.message) as caught:
        await store.write(["a", "b", "c", "d", "e", "f", "g"])
    error = caught.value
    assert error.causes == (failure,)
    assert error.written == (range(2),)
    expected: dict[str, tuple[range, ...]] = {"uncertain": (), "refused": (), "unsent": (range(4, 7),)}
    expected[fate] = (range(2, 7),) if fate == "unsent" else (range(2, 4),)
    assert {"uncertain": error.uncertain, "refused": error.refused, "unsent": error.unsent} == expected
    assert store.bodies == [["a", "b"], ["c", "d"]]


@pytest.mark.anyio
async def test_error_keeps_what_is_known() -> None:
    """The error has the first cause's facts, and is the same when it was pickled."""
    store = Store(
        {"c": RateLimitedError("slow", status=429, retry_after=7.0, attempts=3, method="POST", url="/m")}
    )
    with pytest.raises(BatchError) as caught:
        await store.write(["a", "b", "c"])
    again = pickle.loads(pickle.dumps(caught.value))
    for error in (caught.value, again):
        assert (error.retry_after, error.attempts, error.method, error.url) == (7.0, 3, "POST", "/m")
        assert (error.written, error.refused, error.unsent) == ((range(2),), (range(2, 3),), ())
        assert error.maybe_done
        assert str(error).startswith("1 of 3 rows were not written, or may not have been: slow")


@pytest.mark.anyio
async def test_too_large_for_the_server() -> None:
    """A body that is refused with a 413 goes in halves, and later ones are smaller; each row is taken once."""
    taken: list[str] = []
    sizes: list[int] = []

    async def post(body: bytes) -> None:
        await checkpoint()
        sizes.append(len(body))
        if len(body) > 20:
            raise PayloadTooLargeError("too large", status=413)
        taken.extend(body[1:-1].decode().split(","))

    rows = [f"{at:03}" for at in range(64)]
    assert await write(rows, encode, Framing(b"[", b"]", 100, 66), post, 1) == 64
    assert taken == rows
    # The second was put together while the first was under way.
    assert [size for size in sizes if size > 20] == [65, 33, 33, 65, 33, 33]


@pytest.mark.anyio
async def test_one_row_too_large_for_the_server() -> None:
    """One row that the server finds too large is refused; what came before it in its body is written."""

    async def post(body: bytes) -> None:
        await checkpoint()
        if b"big" in body:
            raise PayloadTooLargeError("too large", status=413)

    with pytest.raises(BatchError) as caught:
        await write(["a", "b", "big", "c"], encode, Framing(b"[", b"]", 4, 1_000), post, 1)
    error = caught.value
    assert (error.written, error.refused, error.unsent) == ((range(2),), (range(2, 3),), (range(3, 4),))


@pytest.mark.anyio
async def test_too_large_after_a_lost_answer() -> None:
    """A 413 to a second try proves nothing of the first: what it carried is not sent again in halves."""
    store = Store({"a": PayloadTooLargeError("too large", status=413, maybe_done=True)})
    with pytest.raises(BatchError) as caught:
        await store.write(["a", "b"])
    assert caught.value.uncertain == (range(2),)
    assert store.bodies == [["a", "b"]]


class Slow:
    """A server that answers when it is told to."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0
        self.seen = 0
        self.open = anyio.Event()

    async def post(self, _: bytes) -> None:
        """One request."""
        self.under_way += 1
        self.seen += 1
        self.most = max(self.most, self.under_way)
        await self.open.wait()
        self.under_way -= 1


@pytest.mark.anyio
@pytest.mark.parametrize("concurrency", [1, 3])
async def test_backpressure(concurrency: int) -> None:
    """So many bodies are under way, and no more is read than makes one more."""
    server = Slow()
    read: list[int] = []

    def source() -> Iterator[str]:
        for at in range(100):
            read.append(at)
            yield "x"

    async def let_it_go_on() -> None:
        await anyio.wait_all_tasks_blocked()
        assert server.under_way == concurrency
        # The bodies under way, one that waits, and the row that showed that it was full.
        assert len(read) == 2 * (concurrency + 1) + 1
        server.open.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(let_it_go_on)
        assert await write(source(), encode, FRAMING, server.post, concurrency) == 100
    assert server.most == concurrency
    assert server.seen == 50


@pytest.mark.anyio
async def test_failure_beside_others() -> None:
    """What is under way when another fails is awaited, and told as what it was."""
    others = anyio.Event()

    async def post(body: bytes) -> None:
        if b"a" in body:
            await others.wait()
        else:
            others.set()
            raise ServerError("failed", status=500)

    with pytest.raises(BatchError) as caught:
        await write(["a", "a", "b", "b", "c", "c", "d"], encode, FRAMING, post, 2)
    assert caught.value.written == (range(2),)
    assert caught.value.uncertain == (range(2, 4),)
    assert caught.value.unsent[0].start == 4


@pytest.mark.anyio
async def test_answers_in_another_order() -> None:
    """Ranges of rows are in order, and one where they meet, whatever was answered first."""
    others = anyio.Event()

    async def post(body: bytes) -> None:
        if b"a" in body:
            await others.wait()
        elif b"c" in body:
            others.set()
            raise ServerError("failed", status=500)

    with pytest.raises(BatchError) as caught:
        await write("aabbcc", encode, FRAMING, post, 3)
    assert caught.value.written == (range(4),)


@pytest.mark.anyio
async def test_reading_stops_after_a_failure() -> None:
    """A source without an end is not read on when a write has failed."""
    store = Store({"a": ServerError("failed", status=500)})
    with pytest.raises(BatchError) as caught:
        await write(repeat("a"), encode, FRAMING, store.post, 1)
    assert caught.value.uncertain == (range(2),)
    assert len(store.bodies) == 1


@pytest.mark.anyio
async def test_bad_row_in_a_stream() -> None:
    """A row that cannot be sent ends the stream: those before it are sent, those behind it are not read."""
    store = Store()
    rows: Iterator[object] = iter(["a", "b", "c", 4, "e"])
    with pytest.raises(BatchError, match="no text: 4") as caught:
        await write(rows, encode, FRAMING, store.post, 1)
    error = caught.value
    assert (error.written, error.unsent) == ((range(3),), (range(3, 4),))
    assert isinstance(error.causes[0], InputError)
    assert store.bodies == [["a", "b"], ["c"]]
    assert [*rows] == ["e"]


class Broken(Exception):  # noqa: N818 - a name for a test
    """An error of a source."""


async def broken_source() -> AsyncIterator[str]:
    """Three rows, and an error."""
    for row in "abc":
        await checkpoint()
        yield row
    raise Broken


@pytest.mark.anyio
async def test_error_of_the_source() -> None:
    """An error of the source is raised as it is, when what it gave before was sent."""
    store = Store()
    with pytest.raises(Broken):
        await write(broken_source(), encode, FRAMING, store.post, 1)
    assert store.bodies == [["a", "b"], ["c"]]


@pytest.mark.anyio
async def test_error_of_the_source_and_of_the_server() -> None:
    """Where both fail, the server's failure is told, and the source's stands behind it."""
    store = Store({"c": ServerError("failed", status=500)})
    with pytest.raises(BatchError) as caught:
        await write(broken_source(), encode, FRAMING, store.post, 1)
    assert isinstance(caught.value.__cause__, Broken)
    assert (caught.value.written, caught.value.uncertain) == ((range(2),), (range(2, 3),))


@pytest.mark.anyio
async def test_unforeseen_error() -> None:
    """An error that is none of ours comes as it is, and in no group."""
    with pytest.raises(Broken):
        await Store({"a": Broken()}).write(["a", "b", "c"])


@pytest.mark.anyio
async def test_cancelled() -> None:
    """A call that is cancelled ends, and what was under way ends with it."""
    server = Slow()
    ended: list[str] = []

    def watched(post: Callable[[bytes], Awaitable[None]]) -> Callable[[bytes], Awaitable[None]]:
        async def watch(body: bytes) -> None:
            try:
                await post(body)
            finally:
                ended.append("request")

        return watch

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, ["a"] * 9, encode, FRAMING, watched(server.post), 2)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    assert scope.cancelled_caught
    assert ended == ["request"] * 2


@pytest.mark.anyio
@pytest.mark.parametrize("concurrency", [0, True, 1.5])
async def test_refused_concurrency(concurrency: int) -> None:
    """Requests side by side are a whole number from 1 on."""
    with pytest.raises(InputError, match="concurrency"):
        await Store().write(["a"], concurrency=concurrency)
