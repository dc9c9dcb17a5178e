"""Walks by offsets that are times: however many rows share a millisecond, each comes once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st
from tests.paging.model import (
    Answerer,
    FakePipeline,
    Query,
    World,
    at,
    delete,
    insert,
    page,
    pager,
    pks,
    reloaded,
    run,
)

from tocsin.errors import DecodeError, PagingError, PagingLoopError
from tocsin.paging.ties import TimeOffset

plenty = settings(max_examples=200, deadline=None)
ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
#: Milliseconds of which several rows are.
ticks = st.lists(st.integers(0, 6), max_size=40)


def by_time(world: World, *, cap: int = 1000, seed: int = 0) -> Answerer:
    """What is later than the offset, oldest first; each query has its own order of rows of one millisecond."""
    random = Random(seed)

    def answer(query: Query) -> Any:
        world.step()
        after, size = int(query.get("offset", "-1")), min(int(query["limit"]), cap)
        rows = sorted(world.rows, key=lambda row: (row[1], random.random()))
        rows = [row for row in rows if tick(row[1]) > after]
        more = len(rows) > size
        return page(rows[:size], next=f"http://x/?offset={tick(rows[size - 1][1])}" if more else None)

    return answer


def tick(second: float) -> int:
    return (at(second) - ORIGIN) // timedelta(milliseconds=1)


def of(times: list[int], changes: Any = ()) -> World:
    """Rows at these milliseconds."""
    return World.of([each / 1000 for each in times], changes)


def walk(answer: Answerer | FakePipeline, **strategy: Any) -> list[int]:
    asked: dict[str, Any] = {"size": 2, "widest": 1000, **strategy}
    return run(pks(pager(answer, TimeOffset(**asked))))


@plenty
@given(times=ticks, size=st.integers(1, 6), seed=st.integers(0, 99))
@example(times=[0, 0, 0, 0, 0, 1], size=2, seed=0)
def test_rows_of_one_millisecond(times: list[int], size: int, seed: int) -> None:
    """Each row comes once, oldest first, whatever the page size."""
    world = of(times)
    got = walk(by_time(world, seed=seed), size=size)
    assert sorted(got) == sorted(world.stable)
    when = dict(world.rows)
    assert [when[pk] for pk in got] == sorted(when.values())


@plenty
@given(
    times=ticks,
    size=st.integers(1, 6),
    changed=st.lists(
        st.lists(
            st.one_of(
                st.builds(insert, st.floats(0, 1), st.integers(0, 9).map(lambda each: each / 1000)),
                st.builds(delete, st.floats(0, 1)),
            ),
            max_size=4,
        ),
        max_size=12,
    ),
)
def test_rows_that_come_and_go(times: list[int], size: int, changed: Any) -> None:
    """The rows that are there all the time come once, and no other comes twice."""
    world = of(times, changed)
    got = walk(by_time(world), size=size)
    assert len(got) == len(set(got))
    assert world.stable <= set(got)


@plenty
@given(times=ticks, size=st.integers(1, 6), every=st.integers(1, 5))
def test_resumed_at_any_row(times: list[int], size: int, every: int) -> None:
    """A walk that is taken up again from its stored checkpoint every few rows gives each row once."""

    async def work() -> list[int]:
        rows = pager(by_time(of(times)), TimeOffset(size, 1000))
        items, got = aiter(rows), list[int]()
        async for row in rows.pages():  # as many steps as there can be
            del row
        while True:
            try:
                got.append((await anext(items)).pk)
            except StopAsyncIteration:
                return got
            if len(got) % every == 0:
                items = aiter(rows.resume(reloaded(items.checkpoint)))

    assert sorted(run(work())) == list(range(1, len(times) + 1))


def test_twins() -> None:
    """Rows that nothing tells apart come as often as there are of them."""
    answer = by_time(World([(1, 0.001), (7, 0.002), (7, 0.002), (7, 0.002), (8, 0.003)]))
    assert Counter(walk(answer)) == {1: 1, 7: 3, 8: 1}


def test_bounds() -> None:
    """`since` begins the walk, `until` ends it, both belong to it, also within a millisecond."""
    world = World.of([0.001, 0.002, 0.0024, 0.003, 0.004, 0.0042, 0.0046, 0.007, 0.008])
    server = FakePipeline(by_time(world))
    assert walk(server, size=2, since=at(0.0024), until=at(0.0042)) == [3, 4, 5, 6]
    assert server.sent[0] == {"offset": str(tick(0.002) - 1), "limit": "2"}
    assert all(int(each["offset"]) <= tick(0.004) for each in server.sent), "it asks for what is behind the end"


def test_bound_before_1970() -> None:
    """A time that no offset can say begins at the beginning."""
    server = FakePipeline(by_time(of([1, 2])))
    assert walk(server, since=datetime(1969, 1, 1, tzinfo=UTC)) == [1, 2]
    assert "offset" not in server.sent[0]


def test_sizes() -> None:
    """Pages grow to get past a millisecond, and are small again behind it."""
    server = FakePipeline(by_time(of([1, 2, 2, 2, 2, 2, 3, 4])))
    assert sorted(walk(server)) == list(range(1, 9))
    assert [int(each["limit"]) for each in server.sent] == [2, 2, 4, 8]
    server = FakePipeline(by_time(of([1, 2, 2, 2, 3, 4, 5, 6])))
    assert sorted(walk(server)) == list(range(1, 9))
    assert [int(each["limit"]) for each in server.sent] == [2, 2, 4, 2, 2, 2]


def test_more_than_the_widest_page() -> None:
    """A millisecond with more rows than a page can have is an error, with a checkpoint, and not a loss."""
    with pytest.raises(
        PagingError, match=r"a page of 4 rows does not get past one millisecond \(2026-01-01"
    ) as info:
        walk(by_time(of([1, 2, 2, 2, 2, 2, 3])), widest=4)
    assert info.value.checkpoint is not None


def test_server_that_heeds_no_offset() -> None:
    """A page that begins before its offset is an error, and none of its rows is handed out twice."""
    rows = [(pk, pk / 1000) for pk in range(1, 6)]
    with pytest.raises(PagingLoopError, match="is later than"):
        walk(lambda query: page(rows[: int(query["limit"])], next="x"))


def test_newest_first() -> None:
    """A server that sorts the other way round, and has pages, is not walked."""
    rows = [(pk, -pk / 1000) for pk in range(1, 6)]
    with pytest.raises(PagingError, match="not oldest first"):
        walk(lambda query: page(rows[: int(query["limit"])], next="x"))


def test_whole_list_newest_first() -> None:
    """Where the total tells that a page is all there is, neither the order nor the offset matters, bounds do."""
    rows = [(pk, -pk / 1000) for pk in range(1, 6)]
    assert walk(lambda query: page(rows, total=5)) == [1, 2, 3, 4, 5]
    assert walk(lambda query: page(rows, total=5), since=at(-0.004), until=at(-0.002)) == [2, 3, 4]


def test_place_in_a_whole_list() -> None:
    """It is told by the rows before it: the list comes whole again."""
    rows = [(pk, -pk / 1000) for pk in range(1, 6)]

    async def work() -> list[int]:
        every = pager(lambda query: page(rows, total=5), TimeOffset(2, 1000))
        items = aiter(every)
        await anext(items)
        await anext(items)
        return await pks(every.resume(reloaded(items.checkpoint)))

    assert run(work()) == [3, 4, 5]


def test_bounds_are_of_the_query() -> None:
    """A checkpoint of other bounds is refused."""
    every = pager(by_time(of([1])), TimeOffset(2, 1000))
    some = pager(by_time(of([1])), TimeOffset(2, 1000, since=at(0)))
    other = pager(by_time(of([1])), TimeOffset(2, 1000, until=at(0)))
    assert len({each.query for each in (every, some, other)}) == 3


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("size", [1, 2, 3])
def test_malformed_rows(place: int, size: int) -> None:
    """A row whose time cannot be read is told of once, wherever it stands; the others come once."""
    sent: list[Any] = [
        {"pk": pk, "time": at(second).isoformat()} for pk, second in enumerate((0.001, 0.002, 0.002, 0.003), 1)
    ]
    sent.insert(place, {"pk": 9, "time": "never"})
    # The server knows what it says wrongly: it stands with the row behind it, or before it at the end.
    when = [tick(second) for second in (0.001, 0.002, 0.002, 0.003)]
    when.insert(place, when[min(place, 3)])

    def answer(query: Query) -> Any:
        rows = [row for row, each in zip(sent, when, strict=True) if each > int(query.get("offset", "-1"))]
        count = int(query["limit"])
        return {"results": rows[:count], "next": "x" if len(rows) > count else None, "total": None}

    async def work() -> tuple[list[int], int]:
        good, bad = list[int](), 0
        async for each in pager(answer, TimeOffset(size, 100), on_bad_row="skip").pages():
            good += [row.pk for row in each.items]
            bad += len(each.bad_rows)
        return good, bad

    assert run(work()) == ([1, 2, 3, 4], 1)
    with pytest.raises(DecodeError):
        walk(answer, size=size)


def test_small_checkpoint() -> None:
    """Of the rows that were handed out, a checkpoint has those of one millisecond."""

    async def work() -> list[int]:
        pages = pager(by_time(of([*range(500)])), TimeOffset(100, 1000)).pages()
        return [len(json.dumps(each.checkpoint.to_json())) async for each in pages]

    assert max(run(work())) < 200
