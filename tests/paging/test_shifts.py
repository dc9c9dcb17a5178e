"""Rows come, go and change places while a walk is under way: what each strategy says it can stand, it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given, settings, strategies as st
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
    pks,
    reloaded,
    run,
)

from tocsin.errors import InputError, PagingError, PagingLoopError, PagingShiftError
from tocsin.paging.drf import DrfCursor, before, offset_of
from tocsin.paging.strategies import Link, Offset, PageNumber, Strategy, Window, link_params

places = st.floats(0, 1)
inserts = st.builds(insert, places, st.integers(0, 9))
deletes = st.builds(delete, places)
plenty = settings(max_examples=200, deadline=None)


def changes(*kinds: st.SearchStrategy[Any], most: int = 4) -> st.SearchStrategy[Any]:
    """Before each request some changes, all of one kind."""
    return st.lists(st.one_of([st.lists(kind, max_size=most) for kind in kinds]), max_size=12)


def walk(answer: Answerer, strategy: Strategy) -> list[int]:
    return run(pks(pager(answer, strategy)))


# Cursors of Django REST framework


@plenty
@given(
    times=st.lists(st.integers(0, 4), max_size=40),
    size=st.integers(1, 6),
    cutoff=st.integers(0, 6),
    changed=changes(inserts, deletes),
    seed=st.integers(0, 99),
)
@example(times=[3] * 20, size=1, cutoff=2, changed=[], seed=0)
@example(times=[3] * 21, size=2, cutoff=2, changed=[], seed=0)
def test_cursor_gives_each_row_once(times: Any, size: int, cutoff: int, changed: Any, seed: int) -> None:
    """Whatever rows share a time, and however the server orders and cuts them off, each comes once."""
    world = World.of(times, changed)
    assert each_once(walk(by_cursor(world, cutoff=cutoff, seed=seed), DrfCursor(size)), world.stable)


def test_cursor_follows_the_server_between_two_times() -> None:
    """Where pages end between two times, the server's own cursor is sent back, and the page size stays."""
    pipeline = FakePipeline(by_cursor(World.of(range(9))))
    assert run(pks(pager(pipeline, DrfCursor(3)))) == list(range(9, 0, -1))
    assert [query.get("page_size") for query in pipeline.sent] == ["3", "3", "3"]
    assert pipeline.sent[1]["cursor"] == "cD0yMDI2LTAxLTAxKzAwJTNBMDAlM0EwNiUyQjAwJTNBMDA="


def test_cursor_gives_up_at_the_widest_page() -> None:
    """More rows of one time than the widest page has are a PagingLoopError, not an endless walk."""
    pipeline = FakePipeline(by_cursor(World.of([1] * 50)))
    with pytest.raises(PagingLoopError):
        run(pks(pager(pipeline, DrfCursor(4, widest=20))))
    assert [query["page_size"] for query in pipeline.sent] == ["4", "8", "16", "20"]


def test_cursor_ring_ends() -> None:
    """Exact cursors that lead round in a ring are noticed, however many they are."""
    ring = [f"cursor={mark}" for mark in "abcdefghijklmnopqrstuvwxyz"]
    turns = iter(ring * 9)
    with pytest.raises(PagingLoopError):
        walk(lambda _: page([], next="http://h/?" + next(turns)), DrfCursor(3))


def test_cursor_repeated_by_the_server_is_got_past() -> None:
    """A cursor that leads to its own page is not followed: the walk makes its own."""
    world = World.of([*range(20), 5, 5, 5])
    server = by_cursor(world)

    def answer(query: Any) -> Any:
        reply = server(query)
        if reply["next"] and "cursor" in query:
            reply["next"] = f"http://h/?page_size=3&cursor={quote(query['cursor'])}"
        return reply

    assert each_once(walk(answer, DrfCursor(3)), world.stable)


def test_link_without_a_cursor() -> None:
    """A next link that holds no cursor is not the end of the list; a server that knows none is given up."""
    world = World.of([*range(9), 3, 3])
    server = by_cursor(world)

    def answer(query: Any) -> Any:
        reply = server(query)
        return {**reply, "next": reply["next"] and "http://h/?page_size=3"}

    assert each_once(walk(answer, DrfCursor(3)), world.stable)
    with pytest.raises(PagingLoopError):
        walk(lambda _: page([(1, 1)], next="http://h/?page=2"), DrfCursor(3))


def test_times_at_the_end_of_the_calendar() -> None:
    """Rows of the last microsecond there is, with nothing later to ask from, come once each."""
    last = "9999-12-31T23:59:59.999999+00:00"
    rows = [{"pk": pk, "time": last} for pk in range(9)] + [{"pk": 9, "time": at(0).isoformat()}]

    def answer(query: Any) -> Any:
        assert "cursor" not in query
        size = int(query["page_size"])
        link = "http://h/?cursor=bz0y" if size < 10 else None  # o=2
        return {"results": rows[:size], "next": link}

    assert walk(answer, DrfCursor(2)) == list(range(10))


@pytest.mark.parametrize(
    ("cursor", "offset"), [("cD14Jm89Nw==", 7), ("cD0x", 0), ("rubbish", 0), ("\xe9", 0), ("bz0x", 1), ("", 0)]
)
def test_offset_of(cursor: str, offset: int) -> None:
    """The offset is read from a cursor; what is none of this framework's has none."""
    assert offset_of(cursor) == offset


def test_before_is_in_utc() -> None:
    """The cursor is the same for one moment, in whatever zone it is given."""
    moment = datetime(2026, 1, 1, 2, tzinfo=UTC)
    assert before(moment) == before(moment.astimezone(None))


# Offsets


@plenty
@given(
    rows=st.integers(0, 40),
    size=st.integers(2, 6),
    cap=st.integers(2, 6),
    total=st.booleans(),
    changed=st.lists(st.lists(st.one_of(inserts, deletes), max_size=8), max_size=12),
)
def test_offset_gives_each_row_once_or_raises(rows: int, size: int, cap: int, total: bool, changed: Any) -> None:
    """Rows that come and go anywhere never make another row come twice or not at all without an error."""
    world = World.of(range(rows), changed)
    try:
        got = walk(by_offset(world, total=total, cap=cap), Offset(size))
    except PagingShiftError:
        return
    assert each_once(got, world.stable)


@plenty
@given(
    rows=st.integers(20, 40),
    size=st.integers(3, 6),
    total=st.booleans(),
    data=st.data(),
)
def test_offset_gets_past_small_shifts(rows: int, size: int, total: bool, data: Any) -> None:
    """Less than a page of changes at once never ends the walk."""
    burst = data.draw(st.lists(st.one_of(inserts, deletes), max_size=size - 1))
    changed = [*[[]] * data.draw(st.integers(1, 12)), burst]
    world = World.of(range(rows), changed)
    assert each_once(walk(by_offset(world, total=total), Offset(size)), world.stable)


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("cap", [2, 3, 10, 1000])
def test_offset_with_a_smaller_cap_of_the_server(cap: int, total: bool) -> None:
    """A server that gives fewer rows than asked for loses none."""
    assert walk(by_offset(World.of(range(30)), cap=cap, total=total), Offset(10)) == list(range(1, 31))


@pytest.mark.parametrize("rows", [0, 1])
def test_offset_total_that_nothing_backs(rows: int) -> None:
    """A total of more rows than a page that cannot be overlapped gives is an error, not an endless walk."""
    with pytest.raises(PagingLoopError, match="tells of 7 rows"):
        walk(lambda _: page([(1, 1)] * rows, total=7), Offset(10))


@pytest.mark.parametrize("total", [-1, 0, 3])
def test_offset_total_below_the_rows_is_not_believed(total: int) -> None:
    """A total below the number of rows that came does not end the walk."""
    world = World.of(range(30))

    def answer(query: Any) -> Any:
        return {**by_offset(world)(query), "total": total}

    assert walk(answer, Offset(10)) == list(range(1, 31))


def by_linked_offset(world: World, base: int, *, cap: int = 1000) -> Answerer:
    """Offsets whose first is `base`, left out for it if below 0; links wherever there is more, and no total."""

    def answer(query: Any) -> Any:
        world.step()
        assert "offset" not in query or int(query["offset"]) >= 0
        start, count = int(query.get("offset", base)) - base, min(int(query["limit"]), cap)
        more = start + count < len(world.rows)
        return page(world.rows[start : start + count], next="https://elsewhere/?offset=rubbish" if more else None)

    return answer


@plenty
@given(
    rows=st.integers(0, 25),
    size=st.integers(2, 6),
    cap=st.integers(2, 6),
    base=st.sampled_from([0, -1, 5]),
    changed=changes(inserts, deletes),
)
def test_linked_offset_gives_each_row_once_or_raises(
    rows: int, size: int, cap: int, base: int, changed: Any
) -> None:
    """Where the end is a page without a link, rows that stay come once, or it is a PagingShiftError."""
    world = World.of(range(rows), changed)
    try:
        got = walk(by_linked_offset(world, base, cap=cap), Offset(size, linked=True, base=base))
    except PagingShiftError:
        assert changed
        return
    assert each_once(got, world.stable)


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("total", [None, 100])
def test_offset_that_is_not_heeded(linked: bool, total: int | None) -> None:
    """A server that gives the same page for ever, and says that there is more, is a loop."""
    pipeline = FakePipeline(lambda _: page([(pk, pk) for pk in (1, 2, 3)], next="/?offset=1", total=total))
    with pytest.raises(PagingLoopError, match="nothing new"):
        run(pks(pager(pipeline, Offset(3, linked=linked))))
    assert len(pipeline.sent) < 110


@plenty
@given(counts=st.lists(st.integers(1, 5), max_size=8), size=st.integers(2, 6), data=st.data())
def test_offset_over_repeated_rows(counts: list[int], size: int, data: st.DataObject) -> None:
    """A row that a server sends several times, one behind the other, comes once, also when resumed after any."""
    world = World([(pk, 0.0) for pk, count in enumerate(counts, 1) for _ in range(count)])
    rows = pager(by_linked_offset(world, 0), Offset(size, linked=True))
    wanted = [*range(1, len(counts) + 1)]
    assert run(pks(rows)) == wanted

    async def resumed() -> list[int]:
        items = aiter(rows)
        got = [(await anext(items)).pk for _ in range(data.draw(st.integers(0, len(counts))))]
        return got + await pks(rows.resume(reloaded(items.checkpoint)))

    assert run(resumed()) == wanted


@pytest.mark.parametrize("rows", [0, 1])
def test_linked_offset_without_rows(rows: int) -> None:
    """A link from a page that cannot be overlapped is an error: it is not known to be the end."""
    with pytest.raises(PagingLoopError, match=f"sends {rows} rows"):
        walk(lambda _: page([(1, 1)] * rows, next="/?offset=1"), Offset(3, linked=True))


@pytest.mark.parametrize("base", [0, -1])
def test_linked_offset_asks_for_no_empty_page(base: int) -> None:
    """A last page that is full is the last, if it has no link; of the link no value is taken."""
    pipeline = FakePipeline(by_linked_offset(World.of(range(7)), base))
    assert run(pks(pager(pipeline, Offset(3, linked=True, base=base)))) == [*range(1, 8)]
    first: dict[str, str] = {} if base < 0 else {"offset": "0"}
    offsets = [{"offset": str(at + base)} for at in (2, 4)]
    assert pipeline.sent == [{**each, "limit": "3"} for each in (first, *offsets)]


def test_offset_loses_the_place() -> None:
    """Where none of the rows is left that it knew, the walk ends in a PagingShiftError with a checkpoint."""
    world = World.of(range(90), [[], [], [], [], [delete(0.0)] * 60])
    with pytest.raises(PagingShiftError) as caught:
        walk(by_offset(world), Offset(10))
    assert caught.value.checkpoint is not None


# Page numbers


@plenty
@given(
    rows=st.integers(0, 40),
    size=st.integers(1, 6),
    cap=st.integers(1, 6),
    first=st.integers(0, 1),
    links=st.booleans(),
    changed=changes(inserts, deletes, most=8),
)
def test_page_number_gives_each_row_once_or_raises(
    rows: int, size: int, cap: int, first: int, links: bool, changed: Any
) -> None:
    """With a total, and only one kind of change between two requests, nothing is lost or doubled in silence."""
    world = World.of(range(rows), changed)
    try:
        got = walk(by_number(world, first=first, links=links, cap=cap), PageNumber(size, first=first))
    except PagingShiftError:
        return
    assert each_once(got, world.stable)


@plenty
@given(rows=st.integers(0, 40), size=st.integers(2, 6), links=st.booleans(), data=st.data())
def test_page_number_without_a_total(rows: int, size: int, links: bool, data: Any) -> None:
    """Without a total, less than a page of rows that come between two pages makes none come twice or be lost."""
    world = World.of(range(rows), data.draw(st.lists(st.lists(inserts, max_size=size - 1), max_size=20)))
    got = walk(by_number(world, total=False, links=links), PageNumber(size))
    assert each_once(got, world.stable)


@pytest.mark.parametrize("total", [True, False])
@pytest.mark.parametrize("cap", [1, 3, 10, 1000])
def test_page_number_with_a_smaller_cap_of_the_server(cap: int, total: bool) -> None:
    """A server that gives fewer rows than asked for loses none."""
    assert walk(by_number(World.of(range(30)), cap=cap, total=total), PageNumber(10)) == list(range(1, 31))


def test_page_number_says_what_it_cannot_notice() -> None:
    """A row is lost when another goes while one comes, and where there is no total: as the docstring says."""
    world = World.of(range(9), [[], [delete(0.0), insert(1.0)]])
    assert 4 not in walk(by_number(world), PageNumber(3))
    world = World.of(range(9), [[], [delete(0.0)]])
    assert 4 not in walk(by_number(world, total=False), PageNumber(3))


@pytest.mark.parametrize("change", [delete(0.0), insert(0.0)])
def test_page_number_gives_up_at_large_shifts(change: Any) -> None:
    """More rows than it can keep track of are a PagingShiftError."""
    world = World.of(range(60), [[], [], [], [], [change] * 20])
    with pytest.raises(PagingShiftError):
        walk(by_number(world), PageNumber(5))


def test_page_number_empty_page_is_not_the_end() -> None:
    """An empty page in the middle, with a next page named, is walked past; for ever is a PagingLoopError."""
    replies = iter([page([(1, 1)], next="x"), page([], next="x"), page([(2, 2)]), page([])])
    assert walk(lambda _: next(replies), PageNumber(1)) == [1, 2]
    with pytest.raises(PagingLoopError):
        walk(lambda _: page([], next="x"), PageNumber(1))


# Links


@plenty
@given(rows=st.integers(0, 20), size=st.integers(1, 5), changed=changes(inserts, deletes))
def test_link_follows_the_server(rows: int, size: int, changed: Any) -> None:
    """Of a server that goes on behind a row, each row comes once."""
    world = World.of(range(rows), changed)
    pipeline = FakePipeline(by_link(world, size=size))
    got = run(pks(pager(pipeline, Link(frozenset({"after"})))))
    assert each_once(got, world.stable)
    assert all(set(query) <= {"after"} for query in pipeline.sent)


@pytest.mark.parametrize("length", [1, 2, 16, 17, 50])
def test_link_ring_ends(length: int) -> None:
    """Links that lead round in a ring end in a PagingLoopError: a small ring before a page comes twice."""

    def answer(query: Any) -> Any:
        at = int(query.get("at", "0"))
        return page([(at, 1)], next=f"http://h/?at={at % length + 1}")

    got: list[int] = []

    async def walk() -> None:
        async for some in pager(answer, Link(frozenset({"at"}))).pages():
            got.extend(row.pk for row in some.items)

    with pytest.raises(PagingLoopError):
        run(walk())
    assert len(got) <= 5 * length
    if length <= 16:
        assert len(got) == length  # the page that leads back is not handed out


def test_link_without_names_is_refused() -> None:
    """A link that says nothing of what is to be followed is an error."""
    with pytest.raises(PagingError, match="has none of at"):
        walk(lambda _: page([(1, 1)], next="http://h/?other=2"), Link(frozenset({"at"})))


def test_link_drops_what_a_page_repeats() -> None:
    """Rows of the page before are dropped, over an empty page too; an empty link is the end."""
    replies = iter([page([(1, 1), (2, 2)], next="?at=1"), page([], next="?at=2"), page([(2, 2), (3, 3)], next="")])
    assert walk(lambda _: next(replies), Link(frozenset({"at"}))) == [1, 2, 3]


@given(st.dictionaries(st.text(), st.text(), max_size=4), st.sampled_from(["", "http://h/p", "/p"]))
def test_link_params_reads_what_urlencode_writes(values: Any, base: str) -> None:
    """Any named value comes out of a link as it went in."""
    assert link_params(f"{base}?{urlencode(values)}#f?x=1", frozenset(values)) == values


# Windows


@plenty
@given(
    times=st.lists(st.integers(0, 30), max_size=40),
    width=st.integers(1, 12),
    cap=st.one_of(st.none(), st.integers(1, 12)),
    closed=st.booleans(),
    seed=st.integers(0, 99),
    changed=st.lists(st.lists(deletes, max_size=3), max_size=8),
)
def test_window_gives_each_row_once_or_raises(
    times: Any, width: int, cap: int | None, closed: bool, seed: int, changed: Any
) -> None:
    """Windows cover the time once, halve where the server cuts, and drop what a closed one gives twice."""
    world = World.of(times, changed)
    strategy = Window(at(0), at(31), timedelta(seconds=width), bounds, cap)
    try:
        got = walk(by_window(world, cap=cap, closed=closed, seed=seed), strategy)
    except PagingShiftError:
        raise
    except PagingError:
        assert cap is not None
        assert max(times.count(second) for second in times) >= cap
        return
    assert each_once(got, world.stable)


def test_window_widens_again_behind_a_burst() -> None:
    """After halves the windows double, up to the width."""
    pipeline = FakePipeline(by_window(World.of([0.5, 1.5, 2.5, 3.5]), cap=2))
    strategy = Window(at(0), at(40), timedelta(seconds=16), bounds, 2)
    assert sorted(run(pks(pager(pipeline, strategy)))) == [1, 2, 3, 4]
    widths = [float(query["to"]) - float(query["from"]) for query in pipeline.sent]
    assert widths[-3:] == [2.0 * widths[-4], 4.0 * widths[-4], min(8.0 * widths[-4], widths[-1])]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Offset(1),
        lambda: PageNumber(0),
        lambda: Window(at(2), at(1), timedelta(1), bounds),
        lambda: Window(at(1), at(2), timedelta(0), bounds),
        lambda: Window(at(1), at(2), timedelta(1), bounds, narrowest=timedelta(0)),
    ],
)
def test_settings_that_cannot_work_are_refused(make: Any) -> None:
    """A size or a stretch of time that no walk can be made of is an InputError."""
    with pytest.raises(InputError):
        make()


def test_window_too_full_to_halve() -> None:
    """As many rows of one moment as the server cuts off at are a PagingError with a checkpoint."""
    strategy = Window(at(0), at(8), timedelta(seconds=8), bounds, 3, narrowest=timedelta(seconds=1))
    with pytest.raises(PagingError, match="too many") as caught:
        walk(by_window(World.of([5, 5, 5, 1]), cap=3), strategy)
    assert (caught.value.checkpoint or {})["state"]["width"] == 1.0


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("times", [range(20), [5, 5, 5, 3, 3, 1, 1, 1]])
@pytest.mark.parametrize("link", [True, False])
def test_a_server_that_heeds_no_cursor(size: int, times: Any, link: bool) -> None:
    """Where each page begins at the top again, no row is handed out twice, and few pages are asked for."""
    server = by_cursor(World.of(times))

    def answer(query: Any) -> Any:
        reply = server({"page_size": query["page_size"]})
        return reply if link else {**reply, "next": reply["next"] and "http://h/?cursor=bz0y"}  # o=2

    pipeline, got = FakePipeline(answer), list[int]()

    async def walk_all() -> None:
        async for row in pager(pipeline, DrfCursor(size)):
            got.append(row.pk)

    with pytest.raises(PagingLoopError, match="begins at"):
        run(walk_all())
    assert len(got) == len(set(got))
    assert len(pipeline.sent) <= 5
