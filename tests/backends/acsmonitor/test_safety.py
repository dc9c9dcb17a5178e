"""What is sent again when an answer is lost, and what never is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest
from tests.backends.acsmonitor.server import ACCOUNT, DEVICE, TOKEN, Server, page, says, signed_in

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.errors import MaybeSentError, NotFoundError, ServerError

pytestmark = pytest.mark.anyio

Call = Callable[[AcsMonitorClient], Awaitable[object]]
LOST = httpx.ReadError("connection lost")

AGAIN: dict[str, Call] = {
    "devices.list": lambda acs: acs.devices.list().first(),
    "devices.get": lambda acs: acs.devices.get(42),
    "devices.update": lambda acs: acs.devices.update(42, name="d"),
    "devices.delete": lambda acs: acs.devices.delete(42),
    "devices.poll": lambda acs: acs.devices.poll(42),
    "devices.metrics": lambda acs: acs.devices.metrics(42),
    "monitors.update": lambda acs: acs.monitors.update(117, name="m"),
    "monitors.delete": lambda acs: acs.monitors.delete(117),
    "monitors.check": lambda acs: acs.monitors.check(117),
    "monitors.uptime": lambda acs: acs.monitors.uptime(117),
    "device_groups.update": lambda acs: acs.device_groups.update(3, {"name": "g"}),
    "device_groups.delete": lambda acs: acs.device_groups.delete(3),
    "widgets.set_positions": lambda acs: acs.widgets.set_positions([{"id": 1}]),
    "tools.ping": lambda acs: acs.tools.ping("example.com"),
    "tools.traceroute": lambda acs: acs.tools.traceroute("example.com"),
    "tools.port_scan": lambda acs: acs.tools.port_scan("example.com", port_start=1, port_end=9),
    "tools.ssl_check": lambda acs: acs.tools.ssl_check("example.com"),
    "tools.http_headers": lambda acs: acs.tools.http_headers("https://example.com"),
    "tools.dns_lookup": lambda acs: acs.tools.dns_lookup("example.com"),
    "tools.whois": lambda acs: acs.tools.whois("example.com"),
    "system.health": lambda acs: acs.system.health(),
    "me": lambda acs: acs.me(),
    "logout": lambda acs: acs.logout(),
    "resource.act": lambda acs: acs.resource("things").act(1, "look", idempotent=True),
}
NEVER: dict[str, Call] = {
    "devices.create": lambda acs: acs.devices.create(name="d", ip_address="10.0.0.1"),
    "devices.walk": lambda acs: acs.devices.walk(42),
    "monitors.create": lambda acs: acs.monitors.create(name="m", type="ping"),
    "alert_events.acknowledge": lambda acs: acs.alert_events.acknowledge(9821, "seen"),
    "alert_events.resolve": lambda acs: acs.alert_events.resolve(9821),
    "monitor_events.acknowledge": lambda acs: acs.monitor_events.acknowledge(9821),
    "monitor_events.resolve": lambda acs: acs.monitor_events.resolve(9821),
    "device_groups.create": lambda acs: acs.device_groups.create({"name": "g"}),
    "oids.create": lambda acs: acs.oids.create(42, {"oid": "1.3"}),
    "oids.toggle_monitor": lambda acs: acs.oids.toggle_monitor(1),
    "webhooks.create": lambda acs: acs.webhooks(42).create({"name": "w"}),
    "webhooks.toggle": lambda acs: acs.webhooks(42).toggle(1),
    "webhook_rules.create": lambda acs: acs.webhooks(42).alert_rules(1).create({"name": "r"}),
    "snmp_traps.acknowledge": lambda acs: acs.snmp_traps.acknowledge(1),
    "alert_channels.create": lambda acs: acs.alert_channels.create({"name": "c"}),
    "alert_channels.test": lambda acs: acs.alert_channels.test(1),
    "mibs.upload": lambda acs: acs.mibs.upload("a.mib", b"x"),
    "discovery.run": lambda acs: acs.discovery.run(1),
    "discovery.import_result": lambda acs: acs.discovery.import_result(1),
    "dashboard_widgets.create": lambda acs: acs.dashboards.widgets(1).create({"type": "t"}),
    "webhook_ingest": lambda acs: acs.webhook_ingest("wh-token-1", {}),
    "resource.act": lambda acs: acs.resource("things").act(1, "toggle"),
}


def lost(first: httpx.Response | Exception) -> Server:
    """Loses one answer, or gives one that proves nothing, and answers what comes after."""
    return Server(first, says({**DEVICE, "data": []}))


@pytest.mark.parametrize("first", [LOST, httpx.Response(502), httpx.Response(408)], ids=["lost", "502", "408"])
@pytest.mark.parametrize("name", AGAIN)
async def test_sent_again(name: str, first: httpx.Response | Exception) -> None:
    """What reads, replaces, deletes, polls or looks is sent again, the same."""
    server = lost(first)
    async with server.client() as acs:
        await AGAIN[name](acs)
    assert len(server.requests) == 2
    assert server.seen[0] == server.seen[1]
    assert server.requests[0].content == server.requests[1].content


@pytest.mark.parametrize("name", NEVER)
async def test_never_sent_again(name: str) -> None:
    """What makes, toggles, begins or tells something is sent once, whatever became of it."""
    server = lost(LOST)
    async with server.client() as acs:
        with pytest.raises(MaybeSentError):
            await NEVER[name](acs)
    assert len(server.requests) == 1
    server = lost(httpx.Response(502))
    async with server.client() as acs:
        with pytest.raises(ServerError):
            await NEVER[name](acs)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", NEVER)
@pytest.mark.parametrize("first", [httpx.ConnectError("no route"), httpx.Response(429)], ids=["not-sent", "429"])
async def test_sent_again_where_nothing_was_done(name: str, first: httpx.Response | Exception) -> None:
    """What never left, or was turned away at the door, may be sent again in any case."""
    server = lost(first)
    async with server.client() as acs:
        await NEVER[name](acs)
    assert len(server.requests) == 2


async def test_delete_whose_answer_was_lost() -> None:
    """That it is gone by the second try counts as deleted; at the first it is an error."""
    server = Server(LOST, says({"message": "Not Found"}, 404))
    async with server.client() as acs:
        await acs.devices.delete(42)
        with pytest.raises(NotFoundError):
            await acs.devices.delete(42)


async def test_change_that_is_read_again_is_not_sent_again() -> None:
    """A lost answer to the look behind a change repeats the look alone."""
    server = Server(says({"message": "done"}), LOST, says({"id": 9821}))
    async with server.client() as acs:
        assert (await acs.alert_events.acknowledge(9821)).id == 9821
    assert server.seen == [
        "POST /alert-events/9821/acknowledge",
        "GET /alert-events/9821",
        "GET /alert-events/9821",
    ]


async def test_login_is_sent_again() -> None:
    """A second sign-in only makes a second token."""
    server = Server(LOST, signed_in(), says(DEVICE))
    async with server.client(**ACCOUNT) as acs:
        await acs.devices.get(42)
    assert server.seen == ["POST /auth/login", "POST /auth/login", "GET /devices/42"]


async def test_logout_whose_answer_was_lost() -> None:
    """The second try is refused, for the token is gone: it is out."""
    server = Server(LOST, says({"message": "Unauthenticated."}, 401))
    async with server.client(token=TOKEN, **ACCOUNT) as acs:
        await acs.logout()
    assert server.seen == ["POST /auth/logout"] * 2


async def test_500_is_not_repeated_for_what_changes() -> None:
    """A 500 is repeated for what reads alone."""
    server = Server(httpx.Response(500), page(DEVICE))
    async with server.client() as acs:
        assert await acs.devices.list().first()
    server = Server(httpx.Response(500), says({"queued": True}))
    async with server.client() as acs:
        with pytest.raises(ServerError):
            await acs.monitors.check(117)
