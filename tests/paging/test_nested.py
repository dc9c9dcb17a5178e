"""Pagers of pagers: every row of every list once, in order, resumable at any, and side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings, strategies as st
from tests.paging.model import FakePipeline, Row, World, by_link, by_offset, pager, pks, reloaded, run

from tocsin.errors import InputError, MaybeSentError, PagingShiftError
from tocsin.paging import Checkpoint, Pager
from tocsin.paging.nested import nested
from tocsin.paging.pager import Items
from tocsin.paging.strategies import Link, Offset

LINK = Link(frozenset({"after"}))


def inner_pks(outer: int, count: int) -> list[int]:
    """The pks of the list that belongs to a row of the outer one."""
    return [outer * 1000 + number for number in range(1, count + 1)]


class Lists:
    """An outer list whose rows have lists of so many rows; what is asked for at once is counted."""

    def __init__(self, counts: Sequence[int], *, waits: bool = False) -> None:
        self.counts = dict(enumerate(counts, 1))
        self.outer = World.of(range(len(counts)))
        self.waits = waits
        self.asked: list[int] = []  # the outer rows whose lists were asked for
        self.under_way = 0
        self.most = 0
        self.open = anyio.Event()
        self.failing: Any = None

    def _answered(self, answer: Any, mark: int) -> Any:
        def slow(query: Any) -> Any:
            return self._later(answer, query, mark)

        def quick(query: Any) -> Any:
            self.asked.append(mark)
            return self.failing if self.failing is not None and mark == 3 else answer(query)

        return slow if self.waits else quick

    async def _later(self, answer: Any, query: Any, mark: int) -> Any:
        self.asked.append(mark)
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.open.wait()
            await checkpoint()
            return self.failing if self.failing is not None and mark == 3 else answer(query)
        finally:
            self.under_way -= 1

    def list_of(self, row: Row) -> Pager[Row]:
        world = World([(pk, 0.0) for pk in inner_pks(row.pk, self.counts.get(row.pk, 0))])
        return pager(
            FakePipeline(self._answered(by_offset(world), row.pk)), Offset(3), params=(("of", str(row.pk)),)
        )

    def pager(self) -> Pager[Row]:
        outer = pager(FakePipeline(self._answered(by_link(self.outer, size=2), 0)), LINK)
        return nested(outer, self.list_of, "rows")

    @property
    def all(self) -> list[int]:
        return [pk for outer, count in self.counts.items() for pk in inner_pks(outer, count)]


async def drain(rows: Any, got: list[int]) -> None:
    """Take rows, or pages of them, until there are no more."""
    async for row in rows:
        got += [row.pk] if isinstance(row, Row) else [each.pk for each in row.items]


COUNTS = st.lists(st.integers(0, 7), max_size=7)


@settings(deadline=None)
@given(COUNTS)
def test_every_row(counts: list[int]) -> None:
    """Rows come list by list, in order; also as pages and in batches."""
    lists = Lists(counts)
    nest = lists.pager()
    assert run(pks(nest)) == lists.all
    assert [row.pk for row in run(nest.collect())] == lists.all

    async def pages() -> list[int]:
        return [row.pk async for page in nest.pages() for row in page.items]

    async def batches() -> list[int]:
        return [row.pk async for batch in nest.batches(4) for row in batch]

    assert run(pages()) == run(batches()) == lists.all


@settings(deadline=None)
@given(COUNTS, st.data())
def test_resumed_at_any_row(counts: list[int], data: st.DataObject) -> None:
    """A walk that stops after any row, and is stored as JSON, goes on with the next."""
    lists = Lists(counts)

    async def walk() -> list[int]:
        nest, got, going = lists.pager(), list[int](), True
        while going:
            items = aiter(nest)
            going = False
            for _ in range(data.draw(st.integers(1, 5))):
                row = await anext(items, None)
                if row is None:
                    break
                got.append(row.pk)
            else:
                nest, going = lists.pager().resume(reloaded(items.checkpoint)), True
        return got

    assert run(walk()) == lists.all


@settings(deadline=None)
@given(COUNTS)
def test_checkpoints_of_pages(counts: list[int]) -> None:
    """Behind each page its checkpoint gives the rest; behind the last it is done, or gives nothing."""
    lists = Lists(counts)

    async def walk() -> None:
        got = 0
        async for page in lists.pager().pages():
            got += len(page.items)
            rest = lists.pager().resume(reloaded(page.checkpoint))
            assert await pks(rest) == lists.all[got:]

    run(walk())


@pytest.mark.anyio
async def test_rows_without_a_list() -> None:
    """Rows for which there is no list are passed over, also side by side and when resumed."""
    lists = Lists([2, 3, 4, 5, 1])
    outer = pager(FakePipeline(by_link(lists.outer, size=2)), LINK)
    nest = nested(outer, lambda row: lists.list_of(row) if row.pk % 2 else None)
    wanted = [pk for pk in lists.all if pk // 1000 % 2]
    assert await pks(nest) == wanted
    async with nest.prefetch(2) as pages:
        assert [row.pk async for page in pages for row in page.items] == wanted
    items = aiter(nest)
    got = [(await anext(items)).pk for _ in range(4)]
    assert got + await pks(nest.resume(reloaded(items.checkpoint))) == wanted
    nothing: Pager[Row] = nested(outer, lambda _: None)
    assert await nothing.collect() == []
    with pytest.raises(PagingShiftError):
        await nothing.resume(items.checkpoint).collect()


def test_done() -> None:
    """The checkpoint behind the last row of the last list is done, and asks for nothing."""
    lists = Lists([3, 2])

    async def last() -> Checkpoint:
        return [page.checkpoint async for page in lists.pager().pages()][-1]

    place = run(last())
    assert place.done
    lists.asked.clear()
    assert run(lists.pager().resume(place).collect()) == []
    assert not lists.asked


def test_nothing_before_its_turn() -> None:
    """A list is asked for when the one before it is at its end, and not earlier."""
    lists = Lists([4, 4, 4])
    run(lists.pager().collect(4))
    assert lists.asked == [0, 1, 1]
    lists.asked.clear()
    lists.pager()
    assert lists.asked == []


@pytest.mark.parametrize("outer", [False, True])
def test_error_carries_the_place(outer: bool) -> None:
    """An error of either list has a checkpoint of both, from which the walk goes on without loss."""
    lists = Lists([4, 2, 5, 3])
    lists.failing = MaybeSentError("broken")
    nest = lists.pager()
    if outer:
        healthy = lists.outer

        def fail_later(query: Any) -> Any:
            return (
                lists.failing
                if "after" in query and lists.failing is not None
                else by_link(healthy, size=2)(query)
            )

        nest = nested(pager(FakePipeline(fail_later), LINK), lists.list_of, "rows")

    async def walk() -> tuple[list[int], Any]:
        got: list[int] = []
        items = Items(nest.walk())
        with pytest.raises(MaybeSentError) as caught:
            await drain(items, got)
        assert items.checkpoint.query == nest.query
        return got, caught.value.checkpoint

    got, place = run(walk())
    assert got == lists.all[:6]
    lists.failing = None
    assert got + run(pks(nest.resume(reloaded(place)))) == lists.all


def test_row_that_came() -> None:
    """A walk that is resumed within a list finds it, though rows with and without a list came before it."""
    lists = Lists([4, 2, 0, 0, 4, 1])
    del lists.outer.rows[2:4]

    def inner(row: Row) -> Pager[Row] | None:
        return None if row.pk == 3 else lists.list_of(row)

    def nest() -> Pager[Row]:
        return nested(pager(FakePipeline(by_link(lists.outer, size=2)), LINK), inner, "rows")

    async def walk() -> list[int]:
        items = aiter(nest())
        got = [(await anext(items)).pk for _ in range(8)]
        lists.outer.rows[2:2] = [(3, 2.0), (4, 3.0)]
        lists.counts |= {3: 3, 4: 3}
        return got + await pks(nest().resume(reloaded(items.checkpoint)))

    assert run(walk()) == [*inner_pks(1, 4), *inner_pks(2, 2), *inner_pks(5, 4), *inner_pks(6, 1)]


def test_row_that_went() -> None:
    """A walk whose row is gone is told so instead of reading another list."""
    lists = Lists([4, 4, 4])

    async def place() -> Checkpoint:
        items = aiter(lists.pager())
        for _ in range(6):
            await anext(items)
        return items.checkpoint

    inside = run(place())
    del lists.outer.rows[1]
    with pytest.raises(PagingShiftError):
        run(lists.pager().resume(inside).collect())
    lists.outer.rows.clear()
    with pytest.raises(PagingShiftError):
        run(lists.pager().resume(inside).collect())


@pytest.mark.parametrize(
    "state", [{"outer": 5, "inner": None}, {"outer": None}, {"x": 1}, {"outer": {}, "inner": {}}]
)
def test_checkpoint_that_is_none(state: Any) -> None:
    """A checkpoint that cannot be read is an InputError, as is that of another query."""
    nest = Lists([1]).pager()
    with pytest.raises(InputError):
        run(nest.resume(Checkpoint(query=nest.query, state=state)).collect())
    with pytest.raises(InputError, match="another query"):
        nest.resume(Checkpoint(query="0" * 16, state={}))
    other = nested(pager(by_link(World.of([1])), LINK), Lists([1]).list_of, "others")
    assert other.query != nest.query


@pytest.mark.anyio
@pytest.mark.parametrize("depth", [1, 2, 3, 9])
async def test_side_by_side(depth: int) -> None:
    """Never more than asked for, several lists at once, in order, and nothing left behind."""
    lists = Lists([5, 0, 7, 1, 4, 2], waits=True)
    got: list[int] = []
    async with lists.pager().prefetch(depth) as pages:
        await anyio.wait_all_tasks_blocked()
        assert lists.under_way == 1  # the outer list
        lists.open.set()
        async for page in pages:
            got += [row.pk for row in page.items]
            await anyio.wait_all_tasks_blocked()
    assert got == lists.all
    assert lists.most <= depth
    assert depth == 1 or lists.most > 1
    assert lists.under_way == 0


@pytest.mark.anyio
async def test_waiting_pages_count() -> None:
    """While the caller works, as many lists have a page ready as were asked for, and no more are asked."""
    lists = Lists([3, 3, 3, 3, 3, 3], waits=True)
    lists.open.set()
    async with lists.pager().prefetch(3) as pages:
        await anext(pages)
        await anyio.wait_all_tasks_blocked()
        assert sorted(mark for mark in lists.asked if mark) == [1, 2, 3, 4]  # the first was taken


@pytest.mark.anyio
async def test_errors_side_by_side() -> None:
    """An error of a list comes behind the pages before it, as it is, with a checkpoint; and stays."""
    lists = Lists([4, 2, 5, 3], waits=True)
    lists.open.set()
    lists.failing = MaybeSentError("broken")
    got: list[int] = []
    async with lists.pager().prefetch(4) as pages:
        with pytest.raises(MaybeSentError) as caught:
            await drain(pages, got)
        with pytest.raises(MaybeSentError):
            await anext(pages)
    assert got == lists.all[:6]
    lists.failing = None
    rest = lists.pager().resume(reloaded(caught.value.checkpoint or {}))
    assert got + await pks(rest) == lists.all


@pytest.mark.anyio
async def test_errors_of_the_outer_list() -> None:
    """So does an error of the outer list, with all lists before it read."""
    lists = Lists([4, 2, 5, 3])

    def answer(query: Any) -> Any:
        return MaybeSentError("broken") if "after" in query else by_link(lists.outer, size=2)(query)

    nest = nested(pager(FakePipeline(answer), LINK), lists.list_of, "rows")
    got: list[int] = []
    async with nest.prefetch(3) as pages:
        with pytest.raises(MaybeSentError):
            await drain(pages, got)
    assert got == lists.all[:6]


@pytest.mark.anyio
async def test_left_early() -> None:
    """Leaving the body ends every request, and its error comes as it is."""
    lists = Lists([5, 5, 5], waits=True)
    lists.open.set()

    async def work() -> None:
        async with lists.pager().prefetch(3) as pages:
            await anext(pages)
            lists.open = anyio.Event()
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await work()
    assert lists.under_way == 0


@pytest.mark.anyio
async def test_one_task_at_a_time() -> None:
    """Two tasks in one walk are refused; the walk is not harmed."""
    lists = Lists([2, 2], waits=True)
    pages = lists.pager().pages()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anext, pages)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(InputError, match="another task"):
            await anext(pages)
        lists.open.set()
    assert [row.pk for row in (await anext(pages)).items] == inner_pks(2, 2)
