"""The table of readable resources."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from tests.backends.appfirst.server import API_KEY, BASE, EMAIL, Server, page

from tocsin.appfirst.describe import BACKEND, RESOURCES
from tocsin.errors import InputError, NotSupported

pytestmark = pytest.mark.anyio

PATHS = {name: f"/{name}/" for name in RESOURCES}


def test_names() -> None:
    """The resources and lists are these, and each list shows one of them."""
    assert list(RESOURCES) == [
        "alerts",
        "alert_histories",
        "servers",
        "server_tags",
        "server_sets",
        "applications",
        "polled_data",
        "logs",
        "maintenance_windows",
        "users",
    ]
    assert BACKEND.lists == {"alarms": "alerts", "notification-methods": "users"}
    assert {resource.key for resource in RESOURCES.values()} == {"id"}


@pytest.mark.parametrize("name", RESOURCES)
async def test_rows_and_count(name: str) -> None:
    """Each resource is read from its own path, as the JSON that the server sent, and is counted."""
    server = Server(page({"id": 3, "more": 1}, count=1))
    async with server.client() as appfirst:
        rows = await RESOURCES[name].pager(appfirst).collect()
        assert await RESOURCES[name].count(appfirst) == 1
    assert rows == [b'{"id":3,"more":1}']
    assert server.seen == [f"GET {PATHS[name]}?limit=1000", f"GET {PATHS[name]}?limit=1"]


async def test_page_size_and_bad_rows() -> None:
    """The size of pages and what becomes of bad rows are handed on."""
    server = Server(page({"id": 1}, {"no": "id"}))
    async with server.client() as appfirst:
        assert await RESOURCES["logs"].pager(appfirst, page_size=7, on_bad_row="skip").collect() == [b'{"id":1}']
    assert server.seen == ["GET /logs/?limit=7"]


FILTERED = [
    ("alerts", {"server_id": "3"}, "filter_name=server_id&filter_id=3"),
    ("alerts", {"log_id": "3"}, "filter_name=log_id&filter_id=3"),
    ("servers", {"hostname": "a", "location_ip": "b"}, "hostname=a&location_ip=b"),
    ("server_tags", {"filter": "x"}, "filter=x"),
    ("server_sets", {"filter": "x"}, "filter=x"),
]


@pytest.mark.parametrize(("name", "where", "query"), FILTERED)
async def test_filters(name: str, where: dict[str, str], query: str) -> None:
    """Filters are read from text."""
    server = Server(page())
    async with server.client() as appfirst:
        await RESOURCES[name].pager(appfirst, where=where).collect()
    assert server.seen == [f"GET {PATHS[name]}?{query}&limit=1000"]


def test_filters_that_cannot_be() -> None:
    """A filter that is no number, one that there is none of, and a time, are refused."""
    client = Server(page()).client()
    for where, why in (
        ({"log_id": "x"}, "log_id must be a whole number, not 'x'"),
        ({"name": "x"}, "alerts have no filter name"),
        ({"log_id": "1", "server_id": "1"}, "at a time"),
    ):
        with pytest.raises(InputError, match=why):
            RESOURCES["alerts"].pager(client, where=where)
    with pytest.raises(InputError, match="cannot select alerts by time"):
        RESOURCES["alerts"].pager(client, since=datetime(2026, 1, 1, tzinfo=UTC))


async def test_count_that_is_not_told() -> None:
    """A server that does not count says so."""
    async with Server(httpx.Response(200, json=[])).client() as appfirst:
        with pytest.raises(NotSupported):
            await RESOURCES["users"].count(appfirst)


async def test_check() -> None:
    """What is asked to see whether a server lets the client in."""
    async with Server(page({"id": 1}, count=2469)).client() as appfirst:
        assert await BACKEND.checks["sign-in"](appfirst) == "2469 alerts"
    async with Server(httpx.Response(200, json={"data": []})).client() as appfirst:
        assert await BACKEND.checks["sign-in"](appfirst) == "alerts can be read"


async def test_client_of_a_simulated_server() -> None:
    """What a simulated server tells of itself makes a client."""
    client = BACKEND.at({"base_url": BASE, "email": EMAIL, "api_key": API_KEY})
    assert (type(client), client.base_url) == (BACKEND.client, BASE)
    await client.aclose()
