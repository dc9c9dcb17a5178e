"""The table of readable resources."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from tests.backends.acsmonitor.server import ACCOUNT, ROOT, Server, page, paged, says

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.acsmonitor.describe import BACKEND, RESOURCES
from tocsin.errors import InputError

pytestmark = pytest.mark.anyio

PATHS = {
    "devices": "/devices",
    "monitors": "/monitors",
    "alert_events": "/alert-events",
    "monitor_events": "/monitor-events",
    "alert_channels": "/alert-channels",
    "device_groups": "/device-groups",
    "monitor_groups": "/monitor-groups",
    "alert_rules": "/alert-rules",
    "monitor_alert_rules": "/monitor-alert-rules",
    "snmp_traps": "/snmp-traps",
    "users": "/users",
}


def test_names_and_keys() -> None:
    """The resources are these, in this order, each told apart by its id."""
    assert list(RESOURCES) == list(PATHS)
    assert {resource.key for resource in RESOURCES.values()} == {"id"}


@pytest.mark.parametrize("name", PATHS)
async def test_rows_are_the_servers_own(name: str) -> None:
    """Each resource gives its rows as the server sent them, 100 a page, and asks for nothing else."""
    rows = [{"id": number, "new": [number]} for number in range(150)]
    server = Server(paged(rows))
    async with server.client() as acs:
        assert await RESOURCES[name].ready(acs)
        assert await RESOURCES[name].count(acs) is None
        found = [json.loads(row) async for row in RESOURCES[name].pager(acs)]
    assert found == rows
    assert server.seen == [f"GET {PATHS[name]}?page={number}&per_page=100" for number in (1, 2)]


@pytest.mark.parametrize("name", PATHS)
async def test_filters(name: str) -> None:
    """Each filter of the table goes to the server; another, or a time, is refused."""
    resource = RESOURCES[name]
    where = dict.fromkeys(sorted(resource.filters), "x")
    server = Server(page())
    async with server.client() as acs:
        await resource.pager(acs, where=where, page_size=7).first()
        with pytest.raises(InputError, match="have no filter nosuch"):
            resource.pager(acs, where={"nosuch": "x"})
        with pytest.raises(InputError, match=f"cannot select {name} by time"):
            resource.pager(acs, since=datetime.now(UTC))
    sent = "&".join([*[f"filter[{key}]=x" for key in where], "page=1", "per_page=7"])
    assert server.seen == [f"GET {PATHS[name]}?{sent}"]


async def test_bad_rows_are_put_aside() -> None:
    """A row that cannot be told from others is raised, or put aside."""
    server = Server(page({"id": 1}, {"id": None}))
    async with server.client() as acs:
        [found] = [each async for each in RESOURCES["devices"].pager(acs, on_bad_row="skip").pages()]
    assert (list(found.items), len(found.bad_rows)) == ([b'{"id":1}'], 1)


@pytest.mark.parametrize(
    ("me", "told"),
    [({"id": 1, "name": "Admin"}, "as Admin"), ({"user": {"name": "Admin"}}, f"at {ROOT}/api/v1")],
)
async def test_check(me: dict[str, object], told: str) -> None:
    """The check asks who one is, which any user may."""
    server = Server(says(me))
    async with server.client() as acs:
        assert [await ask(acs) for ask in BACKEND.checks.values()] == [told]
    assert server.seen == ["GET /auth/me"]


def test_lists_are_resources() -> None:
    """What the command line lists is in the table."""
    assert set(BACKEND.lists.values()) <= set(RESOURCES)
    assert BACKEND.lists["alarms"] == "alert_events"


async def test_client_of_a_simulated_server() -> None:
    """A simulated server tells its address and an account."""
    acs = BACKEND.at({"base_url": ROOT, **ACCOUNT})
    assert isinstance(acs, AcsMonitorClient)
    assert acs.base_url == f"{ROOT}/api/v1"
    await acs.aclose()


async def test_columns_are_fields() -> None:
    """The columns of devices and monitors are fields of their models."""
    from tocsin.acsmonitor import AlertEvent, Device, Monitor

    for name, model in (("devices", Device), ("monitors", Monitor), ("alert_events", AlertEvent)):
        columns = {column.partition(".")[0] for column in RESOURCES[name].columns}
        assert columns <= set(model.__struct_fields__)


def test_importing_loads_little() -> None:
    """Importing the client loads no HTTP library, and nothing that can wait."""
    from tests.children import printed_by
    from tests.unit.test_architecture import HTTP_LIBRARIES, LATE

    loaded = set(printed_by("import sys, tocsin.acsmonitor.describe; print(*sys.modules)").split())
    assert "tocsin.acsmonitor.client" in loaded
    assert not loaded & (HTTP_LIBRARIES | LATE | {"tempfile", "anyio.to_thread"})


async def test_page_of_one_row_tells_the_total() -> None:
    """Who wants to know how many rows there are reads a page of one."""
    server = Server(paged([{"id": number} for number in range(593)]))
    async with server.client() as acs:
        first = await anext(acs.devices.list(page_size=1).pages())
    assert first.total == 593
    assert [request.url.params["per_page"] for request in server.requests] == ["1"]
    assert isinstance(first.response.status, int)
    assert httpx.Headers(dict(first.response.headers))["content-type"] == "application/json"
