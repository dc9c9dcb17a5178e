"""Rows that are not what the API promises, and answers that are no pages at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from attrs import frozen
from hypothesis import given, settings, strategies as st
from tests.paging.model import (
    SHAPE,
    Answerer,
    World,
    as_json,
    by_cursor,
    by_link,
    by_number,
    by_offset,
    each_once,
    page,
    pager,
    pks,
    reloaded,
    run,
)

from tocsin import ArgusClient
from tocsin.errors import DecodeError, InputError, NotFoundError
from tocsin.paging.drf import DrfCursor
from tocsin.paging.page import BadRow, Shape
from tocsin.paging.strategies import Link, Offset, PageNumber, Strategy


def spoil(answer: Answerer, *bad: int) -> Answerer:
    """The same server, whose rows with these pks have no readable time."""

    def spoiled(query: Any) -> Any:
        reply = answer(query)
        for row in reply["results"]:
            if row["pk"] in bad:
                row["time"] = "yesterday"
        return reply

    return spoiled


async def until_bad(listing: Any) -> tuple[list[int], DecodeError | None]:
    """The pks up to a malformed row, and its error."""
    got: list[int] = []
    try:
        async for row in listing:
            got.append(row.pk)  # noqa: PERF401 - what came before the error counts
    except DecodeError as error:
        return got, error
    return got, None


def test_raise_gives_the_rows_before() -> None:
    """The rows before a malformed one come first, then an error that says where it is, and from where to go on."""
    server = spoil(by_offset(World.of(range(9))), 3)
    got, error = run(until_bad(pager(server, Offset(5))))
    assert got == [1, 2]
    assert error is not None
    assert (error.row, error.path, error.status) == (2, "$.results[2].time", 200)
    assert error.message.startswith("row 2 of the page: Invalid RFC3339")
    assert error.url == "/rows?offset=0&limit=5"
    rest = pager(server, Offset(5), on_bad_row="skip").resume(reloaded(error.checkpoint or {}))
    assert run(pks(rest)) == [4, 5, 6, 7, 8, 9]


def test_raise_in_batches_and_pages() -> None:
    """Batches give the rows before it as a shorter batch; pages as a page; collect gives nothing away."""
    server = spoil(by_offset(World.of(range(9))), 3)

    async def walk(iterator: Any) -> Any:
        first = await anext(iterator)
        with pytest.raises(DecodeError) as caught:
            await anext(iterator)
        return first, reloaded(caught.value.checkpoint or {})

    listing = pager(server, Offset(5))
    batches = listing.batches(4)
    batch, checkpoint = run(walk(batches))
    assert [row.pk for row in batch] == [1, 2]
    assert batches.checkpoint == checkpoint
    some, same = run(walk(listing.pages()))
    assert [row.pk for row in some.items] == [1, 2]
    assert some.checkpoint == checkpoint == same
    with pytest.raises(DecodeError) as caught:
        run(listing.collect())
    assert caught.value.checkpoint == {
        "query": checkpoint.query,
        "state": {},
        "index": 0,
        "recent": [],
        "version": 1,
    }
    assert [row.pk for row in run(listing.collect(2))] == [1, 2]


@pytest.mark.parametrize("row", [dict, bytes])
def test_skip_keeps_them_apart(row: type[Any]) -> None:
    """With "skip" malformed rows are in the page's bad_rows, with place, path, reason and bytes."""
    server = spoil(by_offset(World.of(range(9))), 2, 4, 9)
    found: list[tuple[list[Any], list[tuple[int, str]], int]] = []

    async def walk() -> None:
        kinds: dict[str, Any] = {"row": bytes} if row is bytes else {}
        async for some in pager(server, Offset(5), on_bad_row="skip", **kinds).pages():
            items = [json.loads(item)["pk"] if row is bytes else item.pk for item in some.items]
            found.append((items, [(bad.index, bad.path) for bad in some.bad_rows], some.raw_rows))
            assert all(json.loads(bad.raw)["time"] == "yesterday" for bad in some.bad_rows)
            assert all("RFC3339" in bad.message and " at " not in bad.message for bad in some.bad_rows)

    run(walk())
    assert found == [
        ([1, 3, 5], [(1, "$.results[1].time"), (3, "$.results[3].time")], 5),
        ([6, 7, 8], [(4, "$.results[4].time")], 5),
    ]


SERVERS: dict[str, tuple[Strategy, Any]] = {
    "cursor": (DrfCursor(3), lambda world: by_cursor(world, cutoff=2)),
    "link": (Link(frozenset({"after"})), by_link),
    "offset": (Offset(4), by_offset),
    "number": (PageNumber(4), by_number),
    "single": (Strategy(), lambda world: lambda _: page(world.rows)),
}


@pytest.mark.parametrize("kind", SERVERS)
@given(
    times=st.lists(st.integers(0, 4), max_size=20),
    bad=st.sets(st.integers(1, 20)),
    stops=st.lists(st.integers(1, 5), max_size=20),
)
@settings(max_examples=50, deadline=None)
def test_each_row_once_around_bad_ones(kind: str, times: Any, bad: set[int], stops: list[int]) -> None:
    """However many are malformed, and wherever a walk is ended, each good row comes once, each bad one is told."""
    strategy, server = SERVERS[kind]
    world = World.of(times)
    listing = pager(spoil(server(world), *bad), strategy, on_bad_row="skip")
    got: list[int] = []
    for stop in stops:
        items = aiter(listing)
        for _ in range(stop):
            row = run(anext(items, None))
            if row is not None:
                got.append(row.pk)
        listing = listing.resume(reloaded(items.checkpoint))
    got += run(pks(listing))
    assert each_once(got, world.stable - bad)

    async def told() -> list[int]:
        listing = pager(spoil(server(world), *bad), strategy, on_bad_row="skip")
        return [json.loads(bad.raw)["pk"] async for some in listing.pages() for bad in some.bad_rows]

    assert sorted(run(told())) == sorted(world.stable & bad)


@pytest.mark.parametrize("kind", SERVERS)
@given(times=st.lists(st.integers(0, 4), max_size=20), bad=st.sets(st.integers(1, 20)))
@settings(max_examples=50, deadline=None)
def test_raise_then_skip(kind: str, times: Any, bad: set[int]) -> None:
    """After each error the walk goes on from its checkpoint past that row, with nothing lost or doubled."""
    strategy, server = SERVERS[kind]
    world = World.of(times)
    answer = spoil(server(world), *bad)
    got, error = run(until_bad(pager(answer, strategy)))
    assert (error is None) == (not world.stable & bad)
    if error is not None:
        skipping = pager(answer, strategy, on_bad_row="skip").resume(reloaded(error.checkpoint or {}))
        got += run(pks(skipping))
    assert each_once(got, world.stable - bad)


def test_unknown_fields_and_values() -> None:
    """Fields that are new are left alone."""
    rows = [{**row, "new": {"deep": [1]}, "level": "ultra"} for row in as_json([(1, 1)])]
    assert run(pks(pager(lambda _: {"results": rows, "more": 5}, Strategy()))) == [1]


def test_rows_that_stand_nowhere() -> None:
    """Where the path of rows in the answer cannot be told, a malformed one has its index alone."""

    @frozen
    class Loose:
        results: list[Any]

    def rows(answer: Any) -> Sequence[Any]:
        import msgspec

        return [msgspec.Raw(msgspec.json.encode(row)) if isinstance(row, dict) else row for row in answer.results]

    shape: Shape[Any] = Shape(lambda _: Loose, bytes, SHAPE.mark, rows, lambda _: None, lambda _: None)

    async def walk() -> Sequence[BadRow]:
        listing = pager(lambda _: {"results": [{"pk": "x"}]}, Strategy(), shape=shape, on_bad_row="skip")
        return (await anext(listing.pages())).bad_rows

    assert [bad.path for bad in run(walk())] == ["[0].pk"]


def test_an_object_alone() -> None:
    """Of what comes as one object, the path of its trouble has no index."""
    shape: Shape[Any] = Shape(
        lambda row: row, SHAPE.row, SHAPE.mark, lambda row: [row], lambda _: None, lambda _: None
    )
    good = as_json([(1, 1)])[0]
    assert run(pks(pager(lambda _: good, Strategy(), shape=shape))) == [1]
    _, error = run(until_bad(pager(lambda _: {"pk": "x"}, Strategy(), shape=shape)))
    assert error is not None
    assert error.path == "$.pk"


def test_on_bad_row_is_checked() -> None:
    """Only "raise" and "skip" are known."""
    with pytest.raises(InputError, match="on_bad_row"):
        pager(lambda _: page([]), Strategy(), on_bad_row="ignore")


@pytest.mark.parametrize("row", [SHAPE.row, bytes])
@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", None),
        (b"<html>sign in</html>", None),
        (b'{"results": [{"pk": 1', None),
        (b'{"results": [], "next": "\xff"}', None),
        (b'{"results": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
        (b"[]", "$"),
        (b"null", "$"),
        (b"{}", "$"),
        (b'{"results": {}}', "$.results"),
        (b'{"results": null}', "$.results"),
        (b'{"results": [], "next": 5}', "$.next"),
        (b'{"results": [], "next": {"href": "x"}}', "$.next"),
        (b'{"results": [], "total": "many"}', "$.total"),
        (b'{"results": [], "total": 1.5}', "$.total"),
        (b'{"results": [], "total": true}', "$.total"),
    ],
)
def test_what_is_no_page(body: bytes, path: str | None, row: type[Any]) -> None:
    """An answer of another shape is a DecodeError with path, URL and checkpoint; no row is made up."""
    _, error = run(until_bad(pager(lambda _: body, PageNumber(3), row=row)))
    assert error is not None
    assert (error.path, error.row) == (path, None)
    assert error.url == "/rows?page=1&per_page=3"
    assert (error.checkpoint or {})["state"] == {}


@pytest.mark.anyio
async def test_errors_show_no_secret() -> None:
    """The URL of a page that is none, and the excerpt of its body, show no token."""
    secret = "t0ken-t0ken-t0ken"
    answers = iter(
        [
            httpx.Response(200, json={"results": [], "next": f"http://h/?cursor={secret}"}),
            httpx.Response(200, html=f"<html>{secret}"),
            httpx.Response(404, json={"detail": secret}),
        ]
    )
    transport = httpx.MockTransport(lambda _: next(answers))
    async with ArgusClient("http://argus.example/api/v2", token=secret, transport=transport) as argus:
        with pytest.raises(DecodeError, match="is the base URL right") as caught:
            await argus.incidents.list(page_size=7).collect()
        with pytest.raises(NotFoundError) as missing:
            await argus.incidents.list().collect()
    assert "/api/v2/incidents/?cursor=" in str(caught.value.url)
    assert secret not in f"{caught.value}{caught.value.__dict__}{missing.value}{missing.value.__dict__}"


def test_no_time_on_any_row() -> None:
    """Where no row of a page can be read, larger pages get past it."""
    world = World.of([5] * 7 + [4] * 7)
    listing = pager(spoil(by_cursor(world), *range(1, 8)), DrfCursor(2), on_bad_row="skip")
    assert sorted(run(pks(listing))) == list(range(8, 15))


def test_killed_behind_a_bad_row_at_the_top() -> None:
    """A checkpoint behind rows none of which has a readable time gives the others once."""
    world = World.of([5, 4, 3, 2])
    listing = pager(spoil(by_cursor(world), 1), DrfCursor(3), on_bad_row="skip")
    assert run(pks(listing.resume(reloaded(aiter(listing).checkpoint)))) == [2, 3, 4]
    walk = listing.pages()._walk
    run(walk.next_page())
    assert run(pks(listing.resume(reloaded(walk.place(0))))) == [2, 3, 4]
    items = aiter(listing)
    assert run(anext(items)).pk == 2
    assert run(pks(listing.resume(reloaded(items.checkpoint)))) == [3, 4]
    _, error = run(until_bad(pager(spoil(by_cursor(world), 1, 2), DrfCursor(3))))
    assert error is not None
    assert error.row == 0
