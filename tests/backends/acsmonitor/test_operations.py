"""Every endpoint of the vendor's page "API Endpoints" has a method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest
from tests.backends.acsmonitor.server import ACCOUNT, API, Server, says, signed_in

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.errors import StatusError

Call = Callable[[AcsMonitorClient], Awaitable[object]]

OPERATIONS: dict[str, Call] = {
    "POST /auth/logout": lambda acs: acs.logout(),
    "GET /auth/me": lambda acs: acs.me(),
    "GET /devices": lambda acs: acs.devices.list().first(),
    "POST /devices": lambda acs: acs.devices.create(name="d", ip_address="10.0.0.1"),
    "GET /devices/1": lambda acs: acs.devices.get(1),
    "PUT /devices/1": lambda acs: acs.devices.update(1),
    "DELETE /devices/1": lambda acs: acs.devices.delete(1),
    "POST /devices/1/poll": lambda acs: acs.devices.poll(1),
    "POST /devices/1/walk": lambda acs: acs.devices.walk(1),
    "GET /devices/1/metrics": lambda acs: acs.devices.metrics(1),
    "GET /device-groups": lambda acs: acs.device_groups.list().first(),
    "POST /device-groups": lambda acs: acs.device_groups.create({}),
    "GET /device-groups/1": lambda acs: acs.device_groups.get(1),
    "PUT /device-groups/1": lambda acs: acs.device_groups.update(1, {}),
    "DELETE /device-groups/1": lambda acs: acs.device_groups.delete(1),
    "GET /devices/1/oids": lambda acs: acs.oids.list(1).first(),
    "POST /devices/1/oids": lambda acs: acs.oids.create(1, {}),
    "GET /oids/1": lambda acs: acs.oids.get(1),
    "PUT /oids/1": lambda acs: acs.oids.update(1, {}),
    "DELETE /oids/1": lambda acs: acs.oids.delete(1),
    "POST /oids/1/toggle-monitor": lambda acs: acs.oids.toggle_monitor(1),
    "GET /devices/1/webhooks": lambda acs: acs.webhooks(1).list().first(),
    "POST /devices/1/webhooks": lambda acs: acs.webhooks(1).create({}),
    "GET /devices/1/webhooks/2": lambda acs: acs.webhooks(1).get(2),
    "PUT /devices/1/webhooks/2": lambda acs: acs.webhooks(1).update(2, {}),
    "DELETE /devices/1/webhooks/2": lambda acs: acs.webhooks(1).delete(2),
    "POST /devices/1/webhooks/2/toggle": lambda acs: acs.webhooks(1).toggle(2),
    "GET /devices/1/webhooks/2/events": lambda acs: acs.webhooks(1).events(2).first(),
    "GET /devices/1/webhooks/2/alert-rules": lambda acs: acs.webhooks(1).alert_rules(2).list().first(),
    "POST /devices/1/webhooks/2/alert-rules": lambda acs: acs.webhooks(1).alert_rules(2).create({}),
    "PUT /devices/1/webhooks/2/alert-rules/3": lambda acs: acs.webhooks(1).alert_rules(2).update(3, {}),
    "DELETE /devices/1/webhooks/2/alert-rules/3": lambda acs: acs.webhooks(1).alert_rules(2).delete(3),
    "GET /snmp-traps": lambda acs: acs.snmp_traps.list().first(),
    "GET /snmp-traps/1": lambda acs: acs.snmp_traps.get(1),
    "POST /snmp-traps/1/acknowledge": lambda acs: acs.snmp_traps.acknowledge(1),
    "DELETE /snmp-traps/1": lambda acs: acs.snmp_traps.delete(1),
    "GET /monitors": lambda acs: acs.monitors.list().first(),
    "POST /monitors": lambda acs: acs.monitors.create(name="m", type="ping"),
    "GET /monitors/1": lambda acs: acs.monitors.get(1),
    "PUT /monitors/1": lambda acs: acs.monitors.update(1),
    "DELETE /monitors/1": lambda acs: acs.monitors.delete(1),
    "POST /monitors/1/check": lambda acs: acs.monitors.check(1),
    "GET /monitors/1/results": lambda acs: acs.monitors.results(1).first(),
    "GET /monitors/1/uptime": lambda acs: acs.monitors.uptime(1),
    "GET /monitor-groups": lambda acs: acs.monitor_groups.list().first(),
    "POST /monitor-groups": lambda acs: acs.monitor_groups.create({}),
    "GET /monitor-groups/1": lambda acs: acs.monitor_groups.get(1),
    "PUT /monitor-groups/1": lambda acs: acs.monitor_groups.update(1, {}),
    "DELETE /monitor-groups/1": lambda acs: acs.monitor_groups.delete(1),
    "GET /alert-rules": lambda acs: acs.alert_rules.list().first(),
    "POST /alert-rules": lambda acs: acs.alert_rules.create({}),
    "GET /alert-rules/1": lambda acs: acs.alert_rules.get(1),
    "PUT /alert-rules/1": lambda acs: acs.alert_rules.update(1, {}),
    "DELETE /alert-rules/1": lambda acs: acs.alert_rules.delete(1),
    "GET /alert-events": lambda acs: acs.alert_events.list().first(),
    "GET /alert-events/1": lambda acs: acs.alert_events.get(1),
    "POST /alert-events/1/acknowledge": lambda acs: acs.alert_events.acknowledge(1),
    "POST /alert-events/1/resolve": lambda acs: acs.alert_events.resolve(1),
    "GET /monitor-alert-rules": lambda acs: acs.monitor_alert_rules.list().first(),
    "POST /monitor-alert-rules": lambda acs: acs.monitor_alert_rules.create({}),
    "GET /monitor-alert-rules/1": lambda acs: acs.monitor_alert_rules.get(1),
    "PUT /monitor-alert-rules/1": lambda acs: acs.monitor_alert_rules.update(1, {}),
    "DELETE /monitor-alert-rules/1": lambda acs: acs.monitor_alert_rules.delete(1),
    "GET /monitor-events": lambda acs: acs.monitor_events.list().first(),
    "GET /monitor-events/1": lambda acs: acs.monitor_events.get(1),
    "POST /monitor-events/1/acknowledge": lambda acs: acs.monitor_events.acknowledge(1),
    "POST /monitor-events/1/resolve": lambda acs: acs.monitor_events.resolve(1),
    "GET /alert-channels": lambda acs: acs.alert_channels.list().first(),
    "POST /alert-channels": lambda acs: acs.alert_channels.create({}),
    "GET /alert-channels/1": lambda acs: acs.alert_channels.get(1),
    "PUT /alert-channels/1": lambda acs: acs.alert_channels.update(1, {}),
    "DELETE /alert-channels/1": lambda acs: acs.alert_channels.delete(1),
    "POST /alert-channels/1/test": lambda acs: acs.alert_channels.test(1),
    "GET /mibs": lambda acs: acs.mibs.list().first(),
    "POST /mibs": lambda acs: acs.mibs.upload("a.mib", b"x"),
    "GET /mibs/1": lambda acs: acs.mibs.get(1),
    "DELETE /mibs/1": lambda acs: acs.mibs.delete(1),
    "GET /discovery": lambda acs: acs.discovery.list().first(),
    "POST /discovery": lambda acs: acs.discovery.create({}),
    "GET /discovery/1": lambda acs: acs.discovery.get(1),
    "DELETE /discovery/1": lambda acs: acs.discovery.delete(1),
    "POST /discovery/1/run": lambda acs: acs.discovery.run(1),
    "POST /discovery-results/1/import": lambda acs: acs.discovery.import_result(1),
    "GET /dashboards": lambda acs: acs.dashboards.list().first(),
    "POST /dashboards": lambda acs: acs.dashboards.create({}),
    "GET /dashboards/1": lambda acs: acs.dashboards.get(1),
    "PUT /dashboards/1": lambda acs: acs.dashboards.update(1, {}),
    "DELETE /dashboards/1": lambda acs: acs.dashboards.delete(1),
    "GET /dashboards/1/widgets": lambda acs: acs.dashboards.widgets(1).list().first(),
    "POST /dashboards/1/widgets": lambda acs: acs.dashboards.widgets(1).create({}),
    "PUT /widgets/1": lambda acs: acs.widgets.update(1, {}),
    "DELETE /widgets/1": lambda acs: acs.widgets.delete(1),
    "POST /widgets/positions": lambda acs: acs.widgets.set_positions([{"id": 1}]),
    "GET /users": lambda acs: acs.users.list().first(),
    "POST /users": lambda acs: acs.users.create({}),
    "GET /users/1": lambda acs: acs.users.get(1),
    "PUT /users/1": lambda acs: acs.users.update(1, {}),
    "DELETE /users/1": lambda acs: acs.users.delete(1),
    "GET /roles": lambda acs: acs.roles.list().first(),
    "GET /roles/1": lambda acs: acs.roles.get(1),
    "PUT /roles/1": lambda acs: acs.roles.update(1, {}),
    "POST /tools/ping": lambda acs: acs.tools.ping("h"),
    "POST /tools/traceroute": lambda acs: acs.tools.traceroute("h"),
    "POST /tools/port-scan": lambda acs: acs.tools.port_scan("h", port_start=1, port_end=1),
    "POST /tools/ssl-check": lambda acs: acs.tools.ssl_check("h"),
    "POST /tools/http-headers": lambda acs: acs.tools.http_headers("u"),
    "POST /tools/dns-lookup": lambda acs: acs.tools.dns_lookup("h"),
    "POST /tools/whois": lambda acs: acs.tools.whois("q"),
    "POST /webhook-ingest/wh-token-1": lambda acs: acs.webhook_ingest("wh-token-1", {}),
    "GET /system/health": lambda acs: acs.system.health(),
    "GET /system/stats": lambda acs: acs.system.stats(),
}
#: The same lists as the JSON that the server sends.
ROWS: dict[str, Call] = {
    "GET /devices/1/oids": lambda acs: acs.oids.rows(1).first(),
    "GET /devices/1/webhooks": lambda acs: acs.webhooks(1).rows().first(),
    "GET /devices/1/webhooks/2/events": lambda acs: acs.webhooks(1).event_rows(2).first(),
    "GET /devices/1/webhooks/2/alert-rules": lambda acs: acs.webhooks(1).alert_rules(2).rows().first(),
    "GET /dashboards/1/widgets": lambda acs: acs.dashboards.widgets(1).rows().first(),
    "GET /any/path": lambda acs: acs.resource("any/path").rows().first(),
}


def test_there_are_all() -> None:
    """With the sign-in, the page lists 112; the two methods of a report to a webhook count as one."""
    assert len(OPERATIONS) + 1 == 112


@pytest.mark.anyio
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_operation(operation: str) -> None:
    """The call makes just this one request, and raises what it answers."""
    await check(operation, OPERATIONS[operation])


@pytest.mark.anyio
@pytest.mark.parametrize("operation", ROWS)
async def test_rows(operation: str) -> None:
    """The twin that leaves rows as they are asks for the same."""
    await check(operation, ROWS[operation])


async def check(operation: str, call: Call) -> None:
    """The one request that a call makes."""
    server = Server(says({"message": "teapot"}, 418))
    async with server.client() as acs:
        with pytest.raises(StatusError, match="teapot"):
            await call(acs)
    method, path = operation.split()
    assert [(each.method, str(each.url).partition("?")[0]) for each in server.requests] == [(method, API + path)]


@pytest.mark.anyio
async def test_login() -> None:
    """POST /auth/login is what the first call begins with."""
    server = Server(signed_in(), httpx.Response(418))
    async with server.client(**ACCOUNT) as acs:
        await acs.login()
    assert server.seen == ["POST /auth/login"]


@pytest.mark.anyio
async def test_report_to_a_webhook_is_not_signed() -> None:
    """A report needs no sign-in, and does not begin one."""
    server = Server(says({"status": "ok"}))
    async with server.client(**ACCOUNT) as acs:
        assert await acs.webhook_ingest("wh-token-1", {"up": True}) == {"status": "ok"}
    assert (server.seen, server.signed) == (["POST /webhook-ingest/wh-token-1"], [None])
