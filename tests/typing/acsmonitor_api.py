"""The public face of ACS Monitor as the type checkers see it; never run.

What must be an error is marked as ignored: an ignore that is not needed is an error, too.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, assert_type

from tocsin import AcsMonitorClient, Limits, Rate, Response, RetryPolicy, Timeouts, Token
from tocsin.acsmonitor import (
    AlertEvent,
    CheckTimeoutError,
    Config,
    Device,
    DeviceGroup,
    DeviceRef,
    Monitor,
    MonitorRef,
    MonitorResult,
    Queued,
    Record,
    Uptime,
)
from tocsin.paging import Page, Pager

BASE = "https://monitoring.example.com"
SOON = Timeouts(total=5)
ONCE = RetryPolicy(attempts=1)


async def clients(token: Token) -> None:
    """A client is made with a password, a token, or a file of one; a derived one is of the same class."""
    AcsMonitorClient(BASE, token="t", limits=Limits(rate=Rate(120)))
    AcsMonitorClient(BASE, token=token, token_file=Path("token"))
    AcsMonitorClient(BASE, token_file="~/.config/acsmon/token")
    async with AcsMonitorClient(BASE, email="a@example.org", password="p", timeouts=SOON) as acs:
        assert_type(acs, AcsMonitorClient)
        assert_type(acs.with_options(retry=ONCE), AcsMonitorClient)
        assert_type(await acs.login(timeouts=SOON), Token)
        assert_type(await acs.me(retry=ONCE), dict[str, Any])
        assert_type(await acs.request("GET", "/devices", params=[("page", "2")]), Response)
        assert_type(await acs.webhook_ingest("123456", {"value": 1}, timeouts=SOON), Record)
        await acs.logout(timeouts=SOON)
        await acs.webhook_ingest("123456")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - of what
    assert_type(AcsMonitorClient.from_env(), AcsMonitorClient)
    assert_type(AcsMonitorClient.from_profile("noc"), AcsMonitorClient)
    AcsMonitorClient(BASE, "a@example.org", "p")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by keyword
    AcsMonitorClient(BASE, username="u", password="p")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - an e-mail
    AcsMonitorClient(BASE, token="t", limits=Limits(rate=60))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a Rate


async def devices(acs: AcsMonitorClient) -> None:
    """Lists give pagers of models, or of JSON; filters and fields are typed."""
    api = acs.devices
    assert_type(
        api.list(status="up", is_active=True, search="a", sort="-name", filters={"device_type": "cisco_ios"}),
        Pager[Device],
    )
    async for page in api.list(page_size=50, on_bad_row="skip", timeouts=SOON).pages():
        assert_type(page, Page[Device])
        for device in page.items:
            assert_type(device.last_polled_at, datetime | None)
            assert_type(device.device_group, DeviceGroup | None)
    assert_type(api.rows(filters={"poll_interval_seconds": 300}), Pager[bytes])
    assert_type(await api.get(1, timeouts=SOON), Device)
    made = await api.create(name="a", ip_address="198.18.0.1", poll_interval_seconds=60, more={"site": "oslo"})
    assert_type(made, Device)
    assert_type(await api.update(1, is_active=False, snmp_version="2c", retry=ONCE), Device)
    await api.delete(1, timeouts=SOON)
    queued = await api.poll(1)
    assert_type(queued, Queued)
    assert_type(queued.job_id, str | int | None)
    assert_type(await api.walk(1), dict[str, Any])
    assert_type(await api.metrics(1, extra_params={"window": "7d"}), dict[str, Any])
    assert_type(api.alerts(1, status="open", page_size=10), Pager[AlertEvent])
    assert_type(api.alert_rows(1, severity="critical"), Pager[bytes])
    assert_type(await api.alerts_page(1, extra_params={"page": "2"}), dict[str, Any])
    api.list(device_type="cisco_ios")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by `filters`
    api.list(is_active="true")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - True or False
    await api.create(name="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no address
    await api.update(1, status="up")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - found out, not set
    await api.get("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - an id is a number


async def monitors(acs: AcsMonitorClient) -> None:
    """Monitors, their results and their uptime."""
    api = acs.monitors
    assert_type(api.list(status="down", type="https", group=1, page_size=50), Pager[Monitor])
    async for monitor in api.list(sort="name"):
        assert_type(monitor.last_checked_at, datetime | None)
        assert_type(monitor.response_time_ms, int | float | None)
        assert_type(monitor.config, Config | None)
    assert_type(api.rows(group="web"), Pager[bytes])
    assert_type(await api.get(1), Monitor)
    made = await api.create(name="a", type="https", host="a.example.org", port=443, config={"path": "/"}, more={})
    assert_type(made, Monitor)
    assert_type(await api.update(1, check_interval_seconds=60, timeout_ms=500, timeouts=SOON), Monitor)
    await api.delete(1)
    assert_type(await api.check(1, retry=ONCE), Queued)
    try:
        assert_type(await api.check_and_wait(1, timeout=60, interval=2.5, status="up", retry=ONCE), Monitor)
    except CheckTimeoutError as error:
        assert_type(error.message, str)
    assert_type(api.results(1, page_size=10, on_bad_row="skip", timeouts=SOON), Pager[MonitorResult])
    assert_type(api.result_rows(1), Pager[bytes])
    assert_type(await api.results_page(1, page=2, page_size=10), dict[str, Any])
    uptime = await api.uptime(1, "30d", timeouts=SOON)
    assert_type(uptime, Uptime)
    assert_type(uptime.uptime_percent, float | None)
    api.list(is_active=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - a filter of devices
    api.results(1, status="up")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - it has no filters
    await api.create(name="a", host="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no type
    await api.update(1, port="443")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a number
    await api.check_and_wait(1, 60)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by keyword
    await api.uptime(1, 30)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - "7d" or "30d"


async def events(acs: AcsMonitorClient) -> None:
    """Events of devices and of monitors have the same calls."""
    for api in (acs.alert_events, acs.monitor_events):
        assert_type(api.list(status="open", severity="critical", search="a", page_size=50), Pager[AlertEvent])
        assert_type(api.rows(filters={"device_id": 1}, on_bad_row="skip"), Pager[bytes])
        event = await api.get(1)
        assert_type(event, AlertEvent)
        assert_type(event.triggered_at, datetime | None)
        assert_type(event.current_value, str | int | float | bool | None)
        assert_type(event.subject, MonitorRef | DeviceRef | None)
        assert_type(await api.acknowledge(1, "seen", timeouts=SOON), AlertEvent)
        assert_type(await api.resolve(1, note="over", retry=ONCE), AlertEvent)
    acs.alert_events.list(device=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - a filter of rules
    await acs.alert_events.acknowledge([1, 2])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - one by one
    await acs.alert_events.create(severity="info")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - by the server alone


async def collections(acs: AcsMonitorClient) -> None:
    """What has no published fields is read and written as JSON objects."""
    for api in (
        acs.alert_channels,
        acs.device_groups,
        acs.monitor_groups,
        acs.monitor_alert_rules,
        acs.dashboards,
        acs.users,
        acs.webhooks(1),
        acs.resource("any/path"),
    ):
        assert_type(api.list(search="a", sort="name", filters={"name": "a"}, page_size=50), Pager[Record])
        assert_type(api.rows(on_bad_row="skip", timeouts=SOON), Pager[bytes])
        assert_type(await api.get(1, timeouts=SOON), Record)
        assert_type(await api.create({"name": "a"}, retry=ONCE), Record)
        assert_type(await api.update("1", {"name": "b"}), Record)
        await api.delete(1)
    assert_type(await acs.alert_channels.test(1), Record)
    assert_type(await acs.resource("oids").act(1, "toggle-monitor", {"a": 1}, idempotent=True), Record)
    acs.users.list(status="up")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by `filters`
    await acs.users.create(name="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - a mapping
    await acs.device_groups.update(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - to what
    await acs.alert_channels.test("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a number


async def rules_and_traps(acs: AcsMonitorClient) -> None:
    """Their lists have filters of their own."""
    rules = acs.alert_rules
    assert_type(rules.list(severity="critical", device=1, active=True), Pager[Record])
    assert_type(rules.rows(device="a"), Pager[bytes])
    assert_type(await rules.get(1), Record)
    assert_type(await rules.create({"name": "a"}), Record)
    assert_type(await rules.update(1, {"name": "b"}), Record)
    await rules.delete(1)
    traps = acs.snmp_traps
    assert_type(traps.list(status="open", severity="info", device=1), Pager[Record])
    assert_type(traps.rows(page_size=50), Pager[bytes])
    assert_type(await traps.get(1), Record)
    assert_type(await traps.acknowledge(1, timeouts=SOON), Record)
    await traps.delete(1)
    rules.list(active="true")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - True or False
    traps.list(active=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - a filter of rules
    await traps.create({})  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - devices send them


async def parts(acs: AcsMonitorClient) -> None:
    """What belongs to one thing: OIDs, webhooks and their rules, widgets."""
    oids = acs.oids
    assert_type(oids.list(1, search="a", page_size=50), Pager[Record])
    assert_type(oids.rows(1), Pager[bytes])
    assert_type(await oids.create(1, {"oid": "1.3.6.1"}), Record)
    assert_type(await oids.get(2), Record)
    assert_type(await oids.update(2, {"name": "a"}), Record)
    assert_type(await oids.toggle_monitor(2, timeouts=SOON), Record)
    await oids.delete(2)
    webhooks = acs.webhooks(1)
    assert_type(await webhooks.toggle(2), Record)
    assert_type(webhooks.events(2, search="a", page_size=50), Pager[Record])
    assert_type(webhooks.event_rows(2), Pager[bytes])
    rules = webhooks.alert_rules(2)
    assert_type(rules.list(), Pager[Record])
    assert_type(rules.rows(), Pager[bytes])
    assert_type(await rules.create({"name": "a"}), Record)
    assert_type(await rules.update(3, {"name": "b"}), Record)
    await rules.delete(3)
    widgets = acs.dashboards.widgets(1)
    assert_type(widgets.list(), Pager[Record])
    assert_type(widgets.rows(), Pager[bytes])
    assert_type(await widgets.create({"type": "a"}), Record)
    assert_type(await acs.widgets.update(2, {"type": "b"}), Record)
    assert_type(await acs.widgets.set_positions([{"id": 2, "x": 0}], timeouts=SOON), Record)
    await acs.widgets.delete(2)
    oids.list()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - of which device
    await rules.get(3)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - it takes none
    await acs.widgets.set_positions({"id": 2})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - many
    acs.webhooks("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - an id is a number


async def the_rest(acs: AcsMonitorClient) -> None:
    """MIBs, discovery, roles, the server itself, and its tools."""
    mibs = acs.mibs
    assert_type(mibs.list(), Pager[Record])
    assert_type(mibs.rows(), Pager[bytes])
    assert_type(await mibs.get(1), Record)
    assert_type(await mibs.upload("a.mib", b"A", field="mib", timeouts=SOON), Record)
    await mibs.delete(1)
    discovery = acs.discovery
    assert_type(discovery.list(), Pager[Record])
    assert_type(discovery.rows(), Pager[bytes])
    assert_type(await discovery.get(1), Record)
    assert_type(await discovery.create({"subnet": "198.18.0.0/24"}), Record)
    assert_type(await discovery.run(1), Record)
    assert_type(await discovery.import_result(2, {"name": "a"}, timeouts=SOON), Record)
    await discovery.delete(1)
    roles = acs.roles
    assert_type(roles.list(), Pager[Record])
    assert_type(roles.rows(), Pager[bytes])
    assert_type(await roles.get(1), Record)
    assert_type(await roles.update(1, {"permissions": []}), Record)
    assert_type(await acs.system.health(timeouts=SOON), dict[str, Any])
    assert_type(await acs.system.stats(), dict[str, Any])
    tools = acs.tools
    assert_type(await tools.ping("a.example.org", count=3, timeouts=SOON), Record)
    assert_type(await tools.traceroute("a.example.org", max_hops=9), Record)
    assert_type(await tools.port_scan("a.example.org", port_start=1, port_end=1024), Record)
    assert_type(await tools.ssl_check("a.example.org", port=443), Record)
    assert_type(await tools.http_headers("https://a.example.org/", follow_redirects=False), Record)
    assert_type(await tools.dns_lookup("a.example.org", record_type="MX", resolver="198.18.0.53"), Record)
    assert_type(await tools.whois("example.org"), Record)
    await mibs.upload("a.mib", "A")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - bytes
    await mibs.create({})  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - uploaded
    await roles.delete(1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - it takes none
    await tools.port_scan("a.example.org", port_start=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - to where
    await tools.ping("a.example.org", 3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by keyword
