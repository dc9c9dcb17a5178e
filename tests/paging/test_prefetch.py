"""Reading ahead: how much, side by side or not, the same rows, and nothing left behind however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings, strategies as st
from tests.paging.model import (
    Answerer,
    FakePipeline,
    World,
    at,
    bounds,
    by_cursor,
    by_link,
    by_number,
    by_offset,
    by_window,
    delete,
    each_once,
    insert,
    page,
    pager,
)

from tocsin.errors import InputError, MaybeSentError, PagingShiftError
from tocsin.paging.drf import DrfCursor
from tocsin.paging.strategies import Link, Offset, PageNumber, Strategy, Window

INSERTS = st.lists(st.builds(insert, st.floats(0, 1), st.integers(0, 9)), max_size=3)
DELETES = st.lists(st.builds(delete, st.floats(0, 1)), max_size=3)
#: Rows that come at some pages and go at others.
MIXED = st.lists(st.one_of(INSERTS, DELETES), max_size=12).map(tuple)
ROWS = 40
KINDS: dict[str, tuple[Strategy, Callable[[World], Answerer]]] = {
    "cursor": (DrfCursor(4), by_cursor),
    "link": (Link(frozenset({"after"})), lambda world: by_link(world, size=4)),
    "offset": (Offset(5), by_offset),
    "number": (PageNumber(4), by_number),
    "window": (Window(at(0), at(ROWS), timedelta(seconds=4), bounds, 9), by_window),
}
ADDRESSED = {"offset", "number", "window"}
each_kind = pytest.mark.parametrize("kind", KINDS)


class Slow:
    """A server whose answers come when the test says so, and which counts what is under way."""

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer
        self.under_way = 0
        self.most = 0
        self.asked = 0
        self.open = anyio.Event()

    def __call__(self, query: Any) -> Any:
        return self._later(query)

    async def _later(self, query: Any) -> Any:
        self.asked += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.open.wait()
            await checkpoint()
            return self.answer(query)
        finally:
            self.under_way -= 1


async def settle() -> None:
    """Let every other task go as far as it can."""
    await anyio.wait_all_tasks_blocked()


@pytest.mark.anyio
@each_kind
@pytest.mark.parametrize("depth", [1, 2, 3, 50])
async def test_never_more_than_asked_for(kind: str, depth: int) -> None:
    """Pages under way and waiting are at most `depth`; the one in the caller's hands does not count."""
    strategy, server = KINDS[kind]
    slow = Slow(server(World.of(range(20))))
    slow.open.set()
    taken, got = 0, 0
    async with pager(slow, strategy).prefetch(depth) as pages:
        await settle()
        async for some in pages:
            taken += 1
            got += len(some.items)
            await settle()
            assert slow.asked - taken <= depth
            if got < 8 and depth <= 3:
                assert slow.asked - taken == depth  # and no fewer, while there are more
    assert got == 20
    assert slow.most <= depth
    if depth > 2:
        assert (slow.most > 1) == (kind in ADDRESSED)


@pytest.mark.anyio
@each_kind
async def test_side_by_side_where_pages_can_be_told(kind: str) -> None:
    """Before the first answer only the first page is asked for; then as many as can be told, at most `depth`."""
    strategy, server = KINDS[kind]
    answer = server(World.of(range(ROWS)))

    def only_first(query: Any) -> Any:
        slow.open = anyio.Event()
        return answer(query)

    slow = Slow(only_first)
    async with pager(slow, strategy).prefetch(3) as pages:
        await settle()
        assert slow.asked == 1
        slow.open.set()
        await settle()
        assert slow.under_way == (2 if kind in ADDRESSED else 1)
        await anext(pages)
        await settle()
        assert slow.under_way == (3 if kind in ADDRESSED else 1)
    assert slow.under_way == 0


def walked(kind: str, answer: Answerer, strategy: Strategy, depth: int, backend: str) -> list[int]:
    async def walk() -> list[int]:
        slow = Slow(answer)
        slow.open.set()
        got: list[int] = []
        async with pager(slow, strategy).prefetch(depth) as pages:
            async for some in pages:
                got += [row.pk for row in some.items]
        assert slow.most <= depth
        assert slow.under_way == 0
        return got

    return anyio.run(walk, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@each_kind
@given(
    times=st.lists(st.integers(0, ROWS - 1), max_size=ROWS),
    depth=st.integers(1, 5),
    changed=st.one_of(st.lists(INSERTS, max_size=12), st.lists(DELETES, max_size=12), MIXED),
)
@settings(max_examples=50, deadline=None)
def test_same_rows_under_shifts(kind: str, backend: str, times: Any, depth: int, changed: Any) -> None:
    """Whatever shifts meanwhile, rows that stay come once, or there is a PagingError: as without prefetch."""
    strategy, server = KINDS[kind]
    changed = [] if kind == "window" and any(changed) and len(times) > 30 else changed
    if kind == "number" and isinstance(changed, tuple):
        # Pages under way together may be answered in any order: in effect rows come and go between two pages, of
        # which page numbers tell nothing.
        changed = changed[:1]
    world = World.of(times, [*changed])
    try:
        got = walked(kind, server(world), strategy, depth, backend)
    except PagingShiftError:
        assert kind in {"offset", "number"}
        return
    assert each_once(got, world.stable)


@pytest.mark.anyio
@each_kind
@pytest.mark.parametrize("failing", [0, 1, 3])
async def test_page_errors_come_behind_the_pages_before(kind: str, failing: int) -> None:
    """An error of a page comes from the loop, after all pages before it, each time that it is asked again."""
    strategy, server = KINDS[kind]
    pipeline = FakePipeline(server(World.of(range(ROWS))))
    answer, before = pipeline.answer, [listing_page async for listing_page in pager(pipeline, strategy).pages()]
    refused = pipeline.sent[failing]
    pipeline.answer = lambda query: MaybeSentError("broken") if query == refused else answer(query)
    listing, got = pager(pipeline, strategy), list[Any]()

    async def loop() -> None:
        async for some in pages:
            got.append(some)

    async with listing.prefetch(4) as pages:
        for _ in range(2):
            with pytest.raises(MaybeSentError, match="broken") as caught:
                await loop()
    assert [{row.pk for row in some.items} for some in got] == [
        {row.pk for row in some.items} for some in before[:failing]
    ]
    last = got[-1].checkpoint if got else aiter(listing).checkpoint
    assert caught.value.checkpoint == last.to_json()


@pytest.mark.anyio
async def test_a_guess_that_fails_is_no_error() -> None:
    """The error of a page that was fetched ahead, and then is not asked for, is never seen."""
    world = World.of(range(30), [[]])

    def answer(query: Any) -> Any:
        if query["offset"] == "8":
            return MaybeSentError("nobody asked")
        reply = by_offset(world)(query)
        # The first page tells of more than the second knows of.
        return reply if query["offset"] != "4" else {**reply, "results": reply["results"][:3], "total": 7}

    async with pager(answer, Offset(5)).prefetch(4) as pages:
        got = [row.pk async for some in pages for row in some.items]
    assert got == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.anyio
async def test_dropped_guesses_hold_their_place_until_they_end() -> None:
    """A page that is not wanted any more is cancelled, and counts until its task is gone."""
    under_way, most = 0, 0

    async def stuck(query: Any) -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            start = int(query["offset"])
            if start and start % 4 == 0:
                await anyio.sleep_forever()  # only a guess of full pages starts there
            # The server's pages have 5 rows, then 4: every guess but the next page's is wrong.
            count = 5 if start == 0 else 4
            rows = [(pk, 0.0) for pk in range(start, min(start + count, 20))]
            return page(rows, total=20)
        finally:
            with anyio.CancelScope(shield=True):
                await checkpoint()
                under_way -= 1

    def answer(query: Any) -> Any:
        # The walk's own second page is at 4 as well: it answers.
        return page([(pk, 0.0) for pk in range(4, 7)], total=20) if query["offset"] == "4" else stuck(query)

    async with pager(answer, Offset(5)).prefetch(3) as pages:
        got: list[int] = []
        with anyio.move_on_after(5) as scope:
            async for some in pages:
                got += [row.pk for row in some.items]
                if got[-1] >= 9:
                    break
    assert not scope.cancelled_caught
    assert got[:10] == list(range(10))
    assert most <= 3
    assert under_way == 0


class BodyError(Exception):
    """What goes wrong in a loop's body."""


@pytest.mark.anyio
@each_kind
@pytest.mark.parametrize("open_", [True, False])
async def test_body_errors_come_as_they_are(kind: str, open_: bool) -> None:
    """An error of the body is raised itself, not in a group, and no task is left, whatever is under way."""
    strategy, server = KINDS[kind]
    slow = Slow(server(World.of(range(ROWS))))
    slow.open.set()

    async def loop() -> None:
        async with pager(slow, strategy).prefetch(3) as pages:
            await anext(pages)
            if not open_:
                slow.open = anyio.Event()
            await settle()
            raise BodyError

    with pytest.raises(BodyError) as caught:
        await loop()
    assert type(caught.value) is BodyError
    assert slow.under_way == 0


@pytest.mark.anyio
@each_kind
async def test_break_leaves_nothing(kind: str) -> None:
    """Leaving the loop ends all tasks, those that fetch and those that wait."""
    strategy, server = KINDS[kind]
    slow = Slow(server(World.of(range(ROWS))))
    slow.open.set()
    async with pager(slow, strategy).prefetch(3) as pages:
        async for _ in pages:
            slow.open = anyio.Event()
            await settle()
            break
    asked = slow.asked
    await settle()
    assert (slow.under_way, slow.asked) == (0, asked)


@pytest.mark.anyio
@each_kind
async def test_cancelled_from_outside(kind: str) -> None:
    """A scope around it ends it, and catches its own cancellation."""
    strategy, server = KINDS[kind]
    slow = Slow(server(World.of(range(ROWS))))
    with anyio.CancelScope() as scope:
        async with pager(slow, strategy).prefetch(3) as pages:
            await settle()
            scope.cancel()
            await anext(pages)
    assert scope.cancelled_caught
    assert slow.under_way == 0


@pytest.mark.asyncio
@each_kind
async def test_task_cancelled(kind: str) -> None:
    """`Task.cancel` ends it with a plain CancelledError, once, and the task is not left cancelling."""
    strategy, server = KINDS[kind]
    slow = Slow(server(World.of(range(ROWS))))
    before = asyncio.all_tasks()

    async def walk() -> None:
        async with pager(slow, strategy).prefetch(3) as pages:
            await anext(pages)

    task = asyncio.create_task(walk())
    await settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert slow.under_way == 0
    assert asyncio.all_tasks() == before


@pytest.mark.anyio
@each_kind
async def test_a_cancelled_wait_loses_no_page(kind: str) -> None:
    """A wait for a page that is cancelled, at whatever moment, leaves the page to the next."""
    strategy, server = KINDS[kind]
    slow = Slow(server(World.of(range(ROWS))))
    got: list[int] = []
    async with pager(slow, strategy).prefetch(2) as pages:
        while True:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:

                    async def wait(tasks: Any = tasks) -> None:
                        with suppress(StopAsyncIteration):
                            some = await anext(pages)
                            got.extend(row.pk for row in some.items)

                    tasks.start_soon(wait)
                    await settle()
                    slow.open.set()
                    for _ in range(len(got) % 7):
                        await checkpoint()
                    scope.cancel()
            slow.open = anyio.Event()
            slow.open.set()
            some = await anext(pages, None)
            if some is None:
                break
            got.extend(row.pk for row in some.items)
    assert sorted(got) == list(range(1, ROWS + 1))


@pytest.mark.anyio
async def test_nested_and_side_by_side() -> None:
    """One inside the other, and two consumers of one, give each page once."""
    strategy, server = KINDS["number"]
    listing = pager(server(World.of(range(8))), strategy)
    pairs = 0
    async with listing.prefetch(2) as outer:
        async for one in outer:
            async with listing.prefetch(3) as inner:
                async for other in inner:
                    pairs += len(one.items) * len(other.items)
    assert pairs == 64
    got: list[int] = []

    async def consume() -> None:
        async for some in pages:
            await checkpoint()
            got.extend(row.pk for row in some.items)

    async with listing.prefetch(2) as pages, anyio.create_task_group() as tasks:
        tasks.start_soon(consume)
        tasks.start_soon(consume)
    assert sorted(got) == list(range(1, 9))


@pytest.mark.anyio
async def test_used_wrongly() -> None:
    """Without ``async with``, a second time, or after its end it is an InputError that says so."""
    prefetch = pager(by_offset(World.of(range(9))), Offset(3)).prefetch(2)
    with pytest.raises(InputError, match="async with"):
        await anext(prefetch)
    async with prefetch as pages:
        with pytest.raises(InputError, match="used already"):
            await prefetch.__aenter__()
        assert [row.pk async for some in pages for row in some.items] == list(range(1, 10))
        with pytest.raises(StopAsyncIteration):
            await anext(pages)
    with pytest.raises(InputError, match="async with"):
        await anext(prefetch)
    with pytest.raises(InputError, match="used already"):
        await prefetch.__aenter__()


@pytest.mark.anyio
async def test_small_windows_are_foretold() -> None:
    """Behind a window that was halved the widths that follow are known: no guess is wasted."""
    pipeline = FakePipeline(by_window(World.of([0.1, 0.2, 0.3, 2, 9, 17, 30]), cap=3))
    strategy = Window(at(0), at(40), timedelta(seconds=8), bounds, 3)
    async with pager(pipeline, strategy).prefetch(4) as pages:
        assert sorted([row.pk async for some in pages for row in some.items]) == [1, 2, 3, 4, 5, 6, 7]
    late = [query for query in pipeline.sent if float(query["from"]) > 1]
    assert len(late) == len({query["from"] for query in late})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("strategy", "server"), [(Offset(5), by_offset), (PageNumber(4), by_number)], ids=["offset", "number"]
)
async def test_one_after_the_other_without_a_total(strategy: Strategy, server: Any) -> None:
    """Where no total tells how many pages there are, none is asked for side by side."""
    slow = Slow(server(World.of(range(ROWS)), total=False))
    slow.open.set()
    async with pager(slow, strategy).prefetch(3) as pages:
        got = [row.pk async for some in pages for row in some.items]
    assert got == list(range(1, ROWS + 1))
    assert slow.most == 1
