"""A walk that is ended anywhere goes on from its checkpoint, as if nothing had happened."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
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
    pks,
    reloaded,
    run,
)

from tocsin.errors import InputError, MaybeSentError, PagingShiftError
from tocsin.paging import Checkpoint
from tocsin.paging.drf import DrfCursor
from tocsin.paging.strategies import Link, Offset, PageNumber, Strategy, Window

TIMES = [0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 9]
#: Every strategy, and a server that fits it.
KINDS: dict[str, tuple[Strategy, Callable[[World], Answerer]]] = {
    "cursor": (DrfCursor(3), lambda world: by_cursor(world, cutoff=2)),
    "link": (Link(frozenset({"after"})), by_link),
    "offset": (Offset(4), by_offset),
    "number": (PageNumber(4), by_number),
    "window": (Window(at(0), at(10), timedelta(seconds=4), bounds, 8), lambda world: by_window(world, cap=8)),
    "single": (Strategy(), lambda world: lambda _: page(world.rows)),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


async def take(rows: Any, count: int) -> list[int]:
    """The first so many rows of an iterator."""
    return [(await anext(rows)).pk for _ in range(count)]


@each_kind
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_killed_behind_any_row(kind: str, data: Any) -> None:
    """Ended behind any row, as often as you like, the rest comes: each row once."""
    strategy, server = KINDS[kind]
    world = World.of(TIMES)
    listing = pager(server(world), strategy)
    got: list[int] = []
    while len(got) < len(TIMES):
        items = aiter(listing)
        got += run(take(items, data.draw(st.integers(1, len(TIMES) - len(got)))))
        listing = listing.resume(reloaded(items.checkpoint))
    assert run(listing.collect()) == []
    assert each_once(got, world.stable)


@each_kind
def test_behind_every_row(kind: str) -> None:
    """The checkpoint behind each single row gives exactly the others; nothing is left behind the last."""
    strategy, server = KINDS[kind]
    world = World.of(TIMES)
    for count in range(len(TIMES) + 1):
        listing = pager(server(world), strategy)
        items = aiter(listing)
        had = run(take(items, count))
        assert each_once(had + run(pks(listing.resume(reloaded(items.checkpoint)))), world.stable)


@each_kind
def test_behind_every_page_and_batch(kind: str) -> None:
    """The checkpoints of pages and batches give exactly what comes behind these."""
    strategy, server = KINDS[kind]

    async def walk(make: Callable[[Any], Any], rows: Callable[[Any], Any]) -> None:
        world = World.of(TIMES)
        listing = pager(server(world), strategy)
        iterator, had = make(listing), list[int]()
        async for some in iterator:
            had += [row.pk for row in rows(some)]
            checkpoint = reloaded(getattr(some, "checkpoint", None) or iterator.checkpoint)
            assert each_once(had + await pks(listing.resume(checkpoint)), world.stable)
        assert checkpoint.done

    run(walk(lambda listing: listing.pages(), lambda page: page.items))
    run(walk(lambda listing: listing.batches(5), lambda batch: batch))


@each_kind
@given(
    count=st.integers(0, len(TIMES)),
    changes=st.lists(st.lists(st.builds(delete, st.floats(0, 1)), max_size=1), max_size=9),
)
@settings(max_examples=50, deadline=None)
def test_resumed_when_rows_went(kind: str, count: int, changes: Any) -> None:
    """Rows that went before it is resumed, and meanwhile, make no other row come twice or not at all."""
    strategy, server = KINDS[kind]
    world = World.of(TIMES)
    listing = pager(server(world), strategy)
    items = aiter(listing)
    had = run(take(items, count))
    world.changes = changes
    try:
        had += run(pks(listing.resume(reloaded(items.checkpoint))))
    except PagingShiftError:
        return
    assert each_once(had, world.stable)


@each_kind
def test_resumed_when_rows_came(kind: str) -> None:
    """A few rows that came before the place do not disturb it."""
    strategy, server = KINDS[kind]
    for count in range(len(TIMES) + 1):
        world = World.of(TIMES)
        listing = pager(server(world), strategy)
        items = aiter(listing)
        had = run(take(items, count))
        world.changes = [[insert(0.0, 9), insert(0.0, 9)]]
        assert each_once(had + run(pks(listing.resume(reloaded(items.checkpoint)))), world.stable)


def test_index_in_a_bare_array() -> None:
    """In a bare array the last rows tell the place; where all went, or changed places, it is an error."""
    world = World.of(range(30))
    listing = pager(lambda _: page(world.rows), Strategy())
    items = aiter(listing)
    had = run(take(items, 20))
    checkpoint = reloaded(items.checkpoint)
    assert (checkpoint.index, len(checkpoint.recent)) == (20, 8)
    world.rows[13:20] = []
    assert had + run(pks(listing.resume(checkpoint))) == list(range(1, 31))
    world.rows.remove((13, 12))
    with pytest.raises(PagingShiftError, match="not on their page"):
        run(pks(listing.resume(checkpoint)))
    world = World.of([*range(12), *reversed(range(12, 30))])
    world.rows.sort(key=lambda row: -row[0])
    with pytest.raises(PagingShiftError):
        run(pks(listing.resume(checkpoint)))


@pytest.mark.parametrize("size", [1, 2, 7, 50])
def test_another_page_size(size: int) -> None:
    """A cursor walk goes on with another page size; others keep to the one that their numbers count."""
    for kind, other in [("cursor", DrfCursor(size)), ("number", PageNumber(size)), ("offset", Offset(size + 1))]:
        strategy, server = KINDS[kind]
        for count in range(len(TIMES) + 1):
            world = World.of(TIMES)
            items = aiter(pager(server(world), strategy))
            had = run(take(items, count))
            rest = pager(server(world), other).resume(reloaded(items.checkpoint))
            assert each_once(had + run(pks(rest)), world.stable)


def test_another_query_is_refused() -> None:
    """A checkpoint belongs to one path and one set of parameters, those of `extra_params` among them."""
    server = by_cursor(World.of(TIMES))
    listing = pager(server, DrfCursor(3), params=(("open", "true"), ("acked", "true")))
    checkpoint = reloaded(run(anext(listing.pages())).checkpoint)
    same = pager(server, DrfCursor(9), params=(("acked", "true"), ("open", "true"), ("page_size", "4")))
    assert len(run(pks(same.resume(checkpoint)))) == len(TIMES) - 3
    for other in [
        pager(server, DrfCursor(3)),
        pager(server, DrfCursor(3), params=(("open", "false"), ("acked", "true"))),
        pager(server, Offset(3), params=(("open", "true"), ("acked", "true"))),
        pager(server, DrfCursor(3), params=(("open", "true"),), call={"extra_params": {"acked": "false"}}),
    ]:
        with pytest.raises(InputError, match="another query"):
            other.resume(checkpoint)


def test_other_versions_are_refused() -> None:
    """A checkpoint of another version is refused, and says which."""
    listing = pager(by_cursor(World.of(TIMES)), DrfCursor(3))
    checkpoint = run(anext(listing.pages())).checkpoint
    with pytest.raises(InputError, match="has version 2"):
        Checkpoint.from_json({**checkpoint.to_json(), "version": 2})
    with pytest.raises(InputError, match="has version 2"):
        listing.resume(evolve(checkpoint, version=2))
    with pytest.raises(InputError, match="from_json"):
        listing.resume(checkpoint.to_json())  # type: ignore[arg-type]


GOOD: dict[str, Any] = {"query": "q", "state": {}, "index": 0, "recent": [], "version": 1}


@pytest.mark.parametrize(
    "junk",
    [
        None,
        5,
        "text",
        "5",
        b"\xff",
        "[" * 100_000,
        [],
        {},
        {"version": "1"},
        {"version": 1},
        {**GOOD, "more": 1},
        *[{key: value for key, value in GOOD.items() if key != gone} for gone in GOOD],
        {**GOOD, "query": 5},
        {**GOOD, "state": []},
        {**GOOD, "state": "x"},
        {**GOOD, "index": -1},
        {**GOOD, "index": "1"},
        {**GOOD, "index": 1.5},
        {**GOOD, "recent": 5},
        {**GOOD, "recent": [[]]},
        {**GOOD, "recent": "abc"},
    ],
)
def test_junk_is_refused(junk: Any) -> None:
    """What is no checkpoint is an InputError when it is read."""
    assert Checkpoint.from_json(GOOD).to_json() == GOOD
    with pytest.raises(InputError):
        Checkpoint.from_json(junk)


def test_read_from_text() -> None:
    """A checkpoint is read from JSON text, too."""
    text = json.dumps(GOOD)
    assert Checkpoint.from_json(text) == Checkpoint.from_json(text.encode()) == Checkpoint.from_json(GOOD)


@pytest.mark.parametrize(
    ("kind", "junk"),
    [
        ("cursor", {"cursor": "eA==", "newest": "soon"}),
        ("cursor", {"seen": 5}),
        ("cursor", {"step": "x"}),
        ("offset", {"seen": [[1]]}),
        ("number", {"idle": "x", "seen": list(range(99))}),
        ("number", {"furthest": None}),
        ("link", {"at": 5}),
        ("window", {"from": "soon"}),
        ("window", {"width": 1e300}),
    ],
)
def test_junk_inside_the_state_is_refused(kind: str, junk: Any) -> None:
    """A state that a strategy cannot work with is an InputError of the walk."""
    strategy, server = KINDS[kind]
    listing = pager(server(World.of(TIMES)), strategy)
    place = evolve(run(anext(listing.pages())).checkpoint, state=junk)
    with pytest.raises(InputError, match="the checkpoint cannot be read"):
        run(listing.resume(place).collect())


@each_kind
def test_a_checkpoint_is_never_changed(kind: str) -> None:
    """Walking on from a checkpoint leaves it, and the mapping that it was read from, as they were."""
    strategy, server = KINDS[kind]
    listing = pager(server(World.of(TIMES)), strategy)
    items = aiter(listing)
    run(take(items, 10))
    value = items.checkpoint.to_json()
    before = copy.deepcopy(value)
    checkpoint = Checkpoint.from_json(value)
    run(listing.resume(checkpoint).collect())
    assert value == before == checkpoint.to_json()


def size_of(checkpoint: Checkpoint) -> int:
    return len(json.dumps(checkpoint.to_json()))


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        # Ids are of 6 digits here, 8 characters each with their comma; pages have 100 rows.
        ("cursor", 300),  # a cursor; inside a page and among rows of one time, the ids of these
        ("link", 100 * 8 + 900),  # the ids of one page and the marks of the last links
        ("offset", 200 * 8 + 200),  # two pages of ids
        ("number", 400 * 8 + 300),  # four pages of ids
        ("window", 100 * 8 + 300),  # the ids of one window
        ("single", 300),  # eight ids
    ],
)
def test_it_stays_small(kind: str, most: int) -> None:
    """Behind any page a checkpoint holds at most a few pages of ids, however long the walk is."""
    rows = [(pk, float(pk % 100_000)) for pk in range(100_000, 102_000)]
    rows = rows if kind in {"offset", "number", "single", "window", "link"} else rows[::-1]
    strategy: Strategy = {
        "cursor": DrfCursor(100),
        "link": Link(frozenset({"after"})),
        "offset": Offset(100),
        "number": PageNumber(100),
        "window": Window(at(0), at(2000), timedelta(seconds=100), bounds),
        "single": Strategy(),
    }[kind]
    world = World(rows)
    server = by_link(world, size=100) if kind == "link" else KINDS[kind][1](world)
    if kind == "window":
        server = by_window(world)

    async def sizes() -> list[int]:
        return [size_of(page.checkpoint) async for page in pager(server, strategy).pages()]

    found = run(sizes())
    assert len(found) >= (1 if kind == "single" else 20)
    assert max(found) <= most


def test_it_holds_the_ids_of_one_time() -> None:
    """Among rows of one time a cursor's checkpoint holds their ids, each once, and drops them behind."""
    world = World([(pk, 5.0) for pk in range(100_000, 100_500)] + [(pk, 1.0) for pk in range(200_000, 200_010)])
    listing = pager(by_cursor(world), DrfCursor(100))

    async def walk() -> list[Checkpoint]:
        return [page.checkpoint async for page in listing.pages()]

    checkpoints = run(walk())
    assert max(map(size_of, checkpoints)) <= 500 * 8 + 300
    states = [checkpoint.state for checkpoint in checkpoints]
    assert all(len(set(state["seen"])) == len(state["seen"]) for state in states if state and "seen" in state)


@each_kind
def test_errors_carry_one(kind: str) -> None:
    """An error of any page carries a checkpoint from which the rest comes."""
    strategy, server = KINDS[kind]
    for failing in range(5):
        world = World.of(TIMES)
        pipeline = FakePipeline(server(world))
        good, count = pipeline.answer, iter(range(1000))

        def flaky(query: Any, good: Answerer = good, count: Any = count, failing: int = failing) -> Any:
            return MaybeSentError("broken") if next(count) == failing else good(query)

        pipeline.answer = flaky
        listing = pager(pipeline, strategy)
        had: list[int] = []

        async def walk(listing: Any = listing, had: list[int] = had) -> Any:
            try:
                async for page in listing.pages():
                    had.extend(row.pk for row in page.items)
            except MaybeSentError as error:
                return error.checkpoint
            return None

        checkpoint = run(walk())
        if checkpoint is not None:
            had += run(pks(listing.resume(reloaded(checkpoint))))
        assert each_once(had, world.stable)
