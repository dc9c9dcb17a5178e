"""Pages: three envelopes and a bare array, sizes not honoured, links that lead nowhere, rows that move."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.acsmonitor.server import DEVICE, Server, hybrid, page, paged, says

from tocsin.errors import DecodeError, InputError, PagingLoopError
from tocsin.paging.checkpoint import Checkpoint

pytestmark = pytest.mark.anyio

Envelope = Callable[[httpx.Request, Sequence[object], int], Any]


def resource(request: httpx.Request, rows: Sequence[object], size: int) -> dict[str, Any]:
    """A resource collection of Laravel: `links` and `meta`, and no `next_page_url`."""
    whole = hybrid(request, rows, size)
    del whole["next_page_url"]
    whole["meta"] |= {"last_page": max(1, -(-len(rows) // size)), "path": "https://internal.lan", "links": []}
    return whole


def plain(request: httpx.Request, rows: Sequence[object], size: int) -> dict[str, Any]:
    """A plain paginator of Laravel: all numbers at the top, and `links` an array."""
    whole = resource(request, rows, size)
    array = [
        {"url": None, "label": "&laquo; Previous", "active": False},
        {"url": "?page=1", "label": "1", "active": True},
    ]
    return {"data": whole["data"], "links": array, "next_page_url": whole["links"]["next"], **whole["meta"]}


def simple(request: httpx.Request, rows: Sequence[object], size: int) -> dict[str, Any]:
    """A paginator that tells no total, but links on."""
    whole = plain(request, rows, size)
    return {"data": whole["data"], "current_page": whole["current_page"], "next_page_url": whole["next_page_url"]}


def numbered(request: httpx.Request, rows: Sequence[object], size: int) -> dict[str, Any]:
    """A paginator that tells which page is the last, and links nowhere."""
    meta = resource(request, rows, size)["meta"]
    numbers = {"current_page": meta["current_page"], "last_page": meta["last_page"]}
    return {"data": hybrid(request, rows, size)["data"], "meta": numbers}


ENVELOPES: list[Envelope] = [hybrid, resource, plain, simple, numbered]


def serve(envelope: Envelope, rows: Sequence[object], cap: int = 1000) -> Server:
    """A list in this envelope."""
    return Server(lambda request: says(envelope(request, rows, min(cap, int(request.url.params["per_page"])))))


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 30, 31])
async def test_every_row_once_and_no_page_too_many(envelope: Envelope, count: int) -> None:
    """In each envelope every row comes once, in as many requests as there are pages."""
    server = serve(envelope, [{**DEVICE, "id": number} for number in range(1, count + 1)])
    async with server.client() as acs:
        found = [device.id for device in await acs.devices.list(page_size=10).collect()]
        raw = [json.loads(row)["id"] for row in await acs.devices.rows(page_size=10).collect()]
    assert found == raw == list(range(1, count + 1))
    assert len(server.requests) == 2 * max(1, -(-count // 10))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(ENVELOPES),
    st.integers(0, 60),
    st.integers(1, 25),
    st.integers(1, 25),
)
def test_size_that_is_not_honoured(envelope: Envelope, count: int, size: int, cap: int) -> None:
    """A server that gives shorter pages than were asked for loses no row, and gets no request too many."""

    async def walk() -> tuple[list[int], int]:
        server = serve(envelope, [{"id": number} for number in range(1, count + 1)], cap)
        async with server.client() as acs:
            found = [device.id for device in await acs.devices.list(page_size=size).collect()]
        return found, len(server.requests)

    found, requests = anyio.run(walk)
    assert found == list(range(1, count + 1))
    assert requests == max(1, -(-count // min(size, cap)))


async def test_bare_array() -> None:
    """A list that comes whole, without an envelope, is one request, however long it is."""
    server = Server(says([{"id": number} for number in range(1, 201)]))
    async with server.client() as acs:
        assert len(await acs.roles.list(page_size=50).collect()) == 200
        assert len(await acs.roles.rows(page_size=50).collect()) == 200
        assert await acs.roles.rows(page_size=50).first() == b'{"id":1}'
    assert len(server.requests) == 3


async def test_array_inside_data_alone() -> None:
    """An envelope without any numbers is all there is."""
    server = Server(says({"data": [{"id": 1}]}))
    async with server.client() as acs:
        assert await acs.roles.list().collect() == [{"id": 1}]
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [{"message": "hello"}, {"data": {"id": 1}}, {"data": None}, 7, "x", None])
async def test_what_is_no_page(body: object) -> None:
    """JSON that is no page is a DecodeError."""
    server = Server(says(body))
    async with server.client() as acs:
        for pager in (acs.devices.list(), acs.devices.rows()):
            with pytest.raises(DecodeError):
                await pager.first()


async def test_link_back_with_a_total() -> None:
    """A link that leads back is passed over where the total tells how far to go."""

    def answer(request: httpx.Request) -> httpx.Response:
        whole = hybrid(request, [{"id": number} for number in range(1, 8)], 3)
        return says({**whole, "next_page_url": "https://internal.lan/devices?page=1"})

    server = Server(answer)
    async with server.client() as acs:
        assert [device.id async for device in acs.devices.list(page_size=3)] == list(range(1, 8))
    assert len(server.requests) == 3


@pytest.mark.parametrize("link", ["?page=1", "https://internal.lan/devices?x=1&page=1#y", "?page=0"])
async def test_link_back_without_a_total(link: str) -> None:
    """Without a total a link that leads back is a PagingLoopError, with a checkpoint before that page."""
    server = Server(says({"data": [{"id": 1}], "next_page_url": link}))
    async with server.client() as acs:
        with pytest.raises(PagingLoopError, match="behind page 1 the server's next link leads to") as caught:
            await acs.devices.list().collect()
    assert caught.value.checkpoint is not None
    assert len(server.requests) == 1


@pytest.mark.parametrize("link", ["?cursor=abc", "?page=x", f"?page={'9' * 5000}", "?page=2"])
async def test_link_without_a_number(link: str) -> None:
    """A link that names no page, or none that can be read, says that there is more, and no more than that."""
    server = Server(
        says({"data": [{"id": 1}], "next_page_url": link}),
        says({"data": [{"id": 2}], "links": {"next": None}}),
    )
    async with server.client() as acs:
        assert [device.id async for device in acs.devices.list()] == [1, 2]
    assert [request.url.params["page"] for request in server.requests] == ["1", "2"]


async def test_server_that_links_on_for_ever() -> None:
    """A server without a total, which has the same row on ever new pages, is noticed."""
    server = Server(
        lambda request: says(
            {"data": [{"id": 1}], "next_page_url": f"?page={int(request.url.params['page']) + 1}"}
        )
    )
    async with server.client() as acs:
        with pytest.raises(PagingLoopError, match="nothing new"):
            await acs.devices.list().collect()


async def test_rows_that_come_meanwhile() -> None:
    """Rows that are put in front while pages are read come at most once, and those behind them are not lost."""
    rows = [{"id": number} for number in range(100, 0, -1)]

    def answer(request: httpx.Request) -> httpx.Response:
        given = says(hybrid(request, rows, 10))
        rows.insert(0, {"id": len(rows) + 1})
        return given

    server = Server(answer)
    async with server.client() as acs:
        found = [device.id for device in await acs.devices.list(page_size=10).collect()]
    assert len(found) == len(set(found))
    assert set(range(1, 101)) <= set(found)


async def test_rows_that_go_meanwhile() -> None:
    """Rows that go while pages are read take none of the others with them."""
    rows = [{"id": number} for number in range(1, 101)]
    shrinking = {"3", "8"}

    def answer(request: httpx.Request) -> httpx.Response:
        given = says(hybrid(request, rows, 10))
        if request.url.params["page"] in shrinking:
            shrinking.remove(request.url.params["page"])
            del rows[:7]
        return given

    server = Server(answer)
    async with server.client() as acs:
        found = [device.id for device in await acs.devices.list(page_size=10).collect()]
    assert len(found) == len(set(found))
    assert {row["id"] for row in rows} <= set(found)
    assert len(rows) == 86


async def test_walk_goes_on_from_a_checkpoint() -> None:
    """A walk that was left inside a page goes on behind the row that was handed out last."""
    server = serve(plain, [{"id": number} for number in range(1, 26)])
    async with server.client() as acs:
        rows = aiter(acs.devices.list(page_size=10))
        first = [(await anext(rows)).id for _ in range(13)]
        place = Checkpoint.from_json(json.loads(json.dumps(rows.checkpoint.to_json())))
        rest = [device.id async for device in acs.devices.list(page_size=10).resume(place)]
        with pytest.raises(InputError, match="another query"):
            acs.devices.list(status="up", page_size=10).resume(place)
    assert first + rest == list(range(1, 26))


async def test_pages_ahead() -> None:
    """Pages that the total foretells are read side by side, each once."""
    server = serve(hybrid, [{"id": number} for number in range(1, 101)])
    found: list[int] = []
    async with server.client() as acs, acs.devices.list(page_size=10).prefetch(4) as pages:
        async for each in pages:
            found += [device.id for device in each.items]
    assert found == list(range(1, 101))
    assert len(server.requests) == 10


BAD = [{"id": 1, "name": "a"}, {"id": "x", "name": "b"}, {"id": 3, "name": "c"}]


async def test_bad_row_raises() -> None:
    """A malformed row raises behind the rows before it, with its place and a checkpoint."""
    server = Server(page(*BAD))
    async with server.client() as acs:
        rows = aiter(acs.devices.list())
        assert (await anext(rows)).id == 1
        with pytest.raises(DecodeError) as caught:
            await anext(rows)
    assert (caught.value.row, caught.value.path) == (1, "$.data[1].id")
    assert caught.value.checkpoint is not None


async def test_bad_row_is_skipped() -> None:
    """A malformed row is put aside, and the others come."""
    server = Server(page(*BAD))
    async with server.client() as acs:
        [found] = [each async for each in acs.devices.list(on_bad_row="skip").pages()]
    assert [device.id for device in found.items] == [1, 3]
    assert [json.loads(bad.raw) for bad in found.bad_rows] == [BAD[1]]


async def test_bad_row_of_a_bare_array() -> None:
    """In a bare array the place of a malformed row is that of the array."""
    server = Server(says(BAD))
    async with server.client() as acs:
        with pytest.raises(DecodeError) as caught:
            await acs.devices.list().collect()
    assert caught.value.path == "$[1].id"


async def test_bad_record() -> None:
    """Of things without models only what is no object is malformed; one without an id is told by what it has."""
    server = Server(page({"id": 1}, {"name": "a"}, {"name": "b"}, 7))
    async with server.client() as acs:
        [found] = [each async for each in acs.device_groups.list(on_bad_row="skip").pages()]
        [raw] = [each async for each in acs.device_groups.rows(on_bad_row="skip").pages()]
    assert list(found.items) == [{"id": 1}, {"name": "a"}, {"name": "b"}]
    assert [bad.raw for bad in (*found.bad_rows, *raw.bad_rows)] == [b"7", b"7"]
    assert len(raw.items) == 3


async def test_records_without_ids_on_two_pages() -> None:
    """Things without ids that are not alike are all handed out, over pages; a page that repeats them adds none."""
    server = Server(paged([{"name": f"n{number}"} for number in range(15)]))
    async with server.client() as acs:
        assert len(await acs.device_groups.list(page_size=10).collect()) == 15
