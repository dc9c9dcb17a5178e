"""Iterating by row, page and batch: how much is fetched, what an ended loop leaves behind, and what it costs."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from tests.paging.model import (
    Answerer,
    FakePipeline,
    World,
    by_cursor,
    by_link,
    by_number,
    by_offset,
    page,
    pager,
    pks,
    run,
)

from tocsin.errors import InputError, MaybeSentError
from tocsin.options import RetryPolicy
from tocsin.paging.drf import DrfCursor
from tocsin.paging.strategies import Link, Offset, PageNumber, Strategy


def pipeline_of(rows: int) -> FakePipeline:
    """Argus-like pages of so many rows."""
    return FakePipeline(by_cursor(World.of(range(rows))))


def test_nothing_is_sent_before_it_is_asked_for() -> None:
    """Making a pager and its iterators sends nothing."""
    pipeline = pipeline_of(9)
    listing = pager(pipeline, DrfCursor(3))
    aiter(listing), listing.pages(), listing.batches(2), listing.prefetch(2)
    assert pipeline.sent == []


def test_two_loops_start_twice() -> None:
    """Each loop walks anew, also while another one is under way."""
    listing = pager(pipeline_of(9), DrfCursor(3))
    first, second = aiter(listing), aiter(listing)
    assert [run(anext(items)).pk for items in (first, second, first, second)] == [9, 9, 8, 8]
    assert run(pks(listing)) == run(pks(listing)) == list(range(9, 0, -1))


def test_an_ended_iterator_stays_ended() -> None:
    """Behind the last row an iterator asks for nothing more."""
    pipeline = pipeline_of(3)
    for iterator in (aiter(pager(pipeline, DrfCursor(5))), pager(pipeline, DrfCursor(5)).batches(5)):
        run(anext(iterator))
        while run(anext(iterator, None)) is not None:
            pass
        sent = len(pipeline.sent)
        assert run(anext(iterator, None)) is None
        assert len(pipeline.sent) == sent


@pytest.mark.parametrize(
    ("limit", "pages"), [(0, 0), (1, 1), (3, 1), (4, 2), (6, 2), (9, 3), (10, 4), (99, 4), (None, 4)]
)
def test_collect_fetches_no_more_than_it_needs(limit: int | None, pages: int) -> None:
    """With a limit only the pages that hold so many rows are asked for."""
    pipeline = pipeline_of(10)
    rows = run(pager(pipeline, DrfCursor(3)).collect(limit))
    assert [row.pk for row in rows] == list(range(10, 0, -1))[:limit]
    assert len(pipeline.sent) == pages


def test_first() -> None:
    """The first row costs the pages up to it; None where there is none."""
    replies = iter([page([], next="?at=1"), page([(7, 1)], next="?at=2")])
    pipeline = FakePipeline(lambda _: next(replies))
    row = run(pager(pipeline, Link(frozenset({"at"}))).first())
    assert row is not None
    assert row.pk == 7
    assert run(pager(lambda _: page([]), Strategy()).first()) is None


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 10, 11])
def test_batches(size: int) -> None:
    """Batches are full but for the last, and never have more read ahead than the page they end in."""
    pipeline = pipeline_of(10)

    async def walk() -> list[list[int]]:
        found: list[list[int]] = []
        async for batch in pager(pipeline, DrfCursor(3)).batches(size):
            found.append([row.pk for row in batch])
            had = sum(map(len, found))
            assert 3 * len(pipeline.sent) < had + 3 + 3
        return found

    found = run(walk())
    assert [pk for batch in found for pk in batch] == list(range(10, 0, -1))
    assert {len(batch) for batch in found[:-1]} <= {size}


@pytest.mark.parametrize(
    "refused",
    [
        lambda listing: listing.batches(0),
        lambda listing: listing.prefetch(0),
        lambda listing: run(listing.collect(-1)),
    ],
)
def test_impossible_counts(refused: Callable[[Any], Any]) -> None:
    """Counts that make no sense are refused before anything is sent."""
    pipeline = pipeline_of(3)
    with pytest.raises(InputError):
        refused(pager(pipeline, DrfCursor(3)))
    assert pipeline.sent == []


def test_what_a_call_adds_is_sent_with_every_page() -> None:
    """Parameters, headers and options of the call go with each page; what pages ask for goes before them."""
    pipeline = pipeline_of(9)
    retry = RetryPolicy(attempts=2)
    params = {"page_size": "1", "tag": "x", "open": "false"}
    call: Any = {"extra_params": params, "extra_headers": {"X-A": "1"}, "retry": retry}
    listing = pager(pipeline, DrfCursor(3), params=(("open", "true"),), call=call)
    assert len(run(pks(listing))) == 9
    assert [query["page_size"] for query in pipeline.sent] == ["3", "3", "3"]
    assert all(query["tag"] == "x" and query["open"] == "false" for query in pipeline.sent)
    assert pipeline.options == [{"retry": retry}] * 3
    assert params == {"page_size": "1", "tag": "x", "open": "false"}
    assert call.keys() == {"extra_params", "extra_headers", "retry"}
    with pytest.raises(TypeError, match="unknown"):
        pager(pipeline, DrfCursor(3), call={"surprise": 1})  # type: ignore[typeddict-unknown-key]


ROUND: dict[str, tuple[Strategy, Callable[[World], Answerer]]] = {
    "cursor": (DrfCursor(3), by_cursor),
    "link": (Link(frozenset({"after"})), by_link),
    "offset": (Offset(4), by_offset),
    "number": (PageNumber(4), by_number),
}


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ROUND)
@pytest.mark.parametrize("by", ["rows", "batches"])
async def test_cancelled_fetch_is_fetched_again(kind: str, by: str) -> None:
    """A page whose fetch was cancelled is asked for again: nothing is skipped, nor rows of a batch half made."""
    strategy, server = ROUND[kind]
    answer = server(World.of(range(10)))
    cancelled: list[dict[str, str]] = []

    async def hang() -> None:
        scope.cancel()
        await anyio.sleep_forever()

    def every_second(query: Any) -> Any:
        if cancelled and cancelled[-1] == query:
            return answer(query)
        cancelled.append(query)
        return hang()

    listing = pager(every_second, strategy)
    iterator: Any = aiter(listing) if by == "rows" else listing.batches(4)
    got: list[int] = []
    while True:
        with anyio.CancelScope() as scope:
            try:
                found = await anext(iterator)
            except StopAsyncIteration:
                break
            got += [found.pk] if by == "rows" else [row.pk for row in found]
    assert sorted(got) == list(range(1, 11))
    assert len(cancelled) >= 3


def test_a_failed_batch_gives_its_rows_first() -> None:
    """An error in the middle of a batch comes behind the rows that were there, and asking again goes on."""
    pipeline = pipeline_of(10)
    good, calls = pipeline.answer, iter(range(99))
    pipeline.answer = lambda query: MaybeSentError("broken") if next(calls) in {1, 2} else good(query)
    batches = pager(pipeline, DrfCursor(3)).batches(5)
    assert [row.pk for row in run(anext(batches))] == [10, 9, 8]
    for _ in range(2):  # the one that ended the batch, and one of a call that had no row yet
        with pytest.raises(MaybeSentError):
            run(anext(batches))
    assert [row.pk for row in run(anext(batches))] == [7, 6, 5, 4, 3]


def endless(row_count: int, size: int) -> Answerer:
    """Pages of an Argus with so many incidents, made when they are asked for."""

    def answer(query: Any) -> Any:
        start = int(query.get("at", "0"))
        rows = [(start + index, float(start + index)) for index in range(size)]
        more = start + size < row_count
        return page(rows, next=f"?at={start + size}" if more else None)

    return answer


def test_memory_is_flat() -> None:
    """After the first 10,000 rows of 100,000, less than 1 MB more is in use."""

    async def walk() -> tuple[int, int]:
        count, early = 0, 0
        items = aiter(pager(endless(100_000, 500), Link(frozenset({"at"}))))
        async for _ in items:
            count += 1
            if count == 10_000:
                gc.collect()
                early = tracemalloc.get_traced_memory()[0]
                tracemalloc.reset_peak()
        return count, tracemalloc.get_traced_memory()[1] - early

    # What has been sent is kept by the fake alone, and is no part of the walk.
    tracemalloc.start()
    try:
        count, growth = run(walk())
    finally:
        tracemalloc.stop()
    assert count == 100_000
    assert growth < 1_000_000


@pytest.mark.anyio
@pytest.mark.parametrize("by", ["rows", "pages", "batches"])
async def test_one_task_at_a_time(by: str) -> None:
    """A second task that asks while a page is under way is refused, and the walk of the first is whole."""
    going, asked = anyio.Event(), anyio.Event()
    answer = by_cursor(World.of(range(7)))

    async def slowly(query: Any) -> Any:
        if "cursor" in query:
            asked.set()
            await going.wait()
        return answer(query)

    listing = pager(slowly, DrfCursor(3))
    iterator: Any = {"rows": aiter(listing), "pages": listing.pages(), "batches": listing.batches(2)}[by]
    got: list[Any] = []

    async def walk() -> None:
        async for found in iterator:
            got.extend([found] if by == "rows" else found.items if by == "pages" else found)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(walk)
        await asked.wait()
        with pytest.raises(InputError, match="in use by another task"):
            await anext(iterator)
        going.set()
    assert [row.pk for row in got] == list(range(7, 0, -1))
