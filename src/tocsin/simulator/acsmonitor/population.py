"""The world as an ACS Monitor would know it."""

import zlib
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta

from tocsin.simulator.acsmonitor.state import AcsMonitorState, Outcome, stamp
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.world import SPAN, Alarm, Host, World

SERIES_LENGTH = 24
"""How many values each metric of each host has: the last ones before the epoch."""

INTERVAL = timedelta(hours=1)
"""How far apart values are."""

CHECK_INTERVAL = timedelta(hours=4)
"""How far apart checks of monitors are, but for those at either end of an outage."""

UNREACHABLE = "unreachable"
"""The check whose alarms are of monitors; all others are of devices."""

_SEVERITIES = {"critical": "critical", "high": "critical", "warning": "warning", "low": "info", "info": "info"}
_COLORS = ("#3b82f6", "#22c55e", "#f59e0b", "#ef4444")
_TYPES = {"debian": "linux", "rhel": "linux", "junos": "juniper_junos", "windows": "windows"}
_ENTERPRISE = "1.3.6.1.4.1.99999"


def populate(state: AcsMonitorState, world: World) -> None:
    """Hosts are devices with a monitor for ping, and one more for the web; people are operators and channels."""
    for person in world.people:
        state.add("users", name=person.name.title(), email=person.email, role="operator", password=person.name)
        config = {"recipients": [person.email]}
        state.add("alert_channels", name=person.name.title(), type="email", config=config)
    sites = sorted({host.site for host in world.hosts})
    roles = sorted({host.role for host in world.hosts})
    for table, names in (("device_groups", sites), ("monitor_groups", roles)):
        for number, name in enumerate(names):
            state.add(table, name=name, color=_COLORS[number % len(_COLORS)])
    outages: dict[int, list[Alarm]] = {host.number: [] for host in world.hosts}
    for alarm in world.alarms:
        if alarm.name == UNREACHABLE:
            outages[alarm.host.number].append(alarm)
    for host in world.hosts:
        down = any(alarm.open for alarm in outages[host.number])
        _add_device(state, world, host, sites.index(host.site) + 1, "down" if down else "up")
        ping = _add_ping(state, host, roles.index(host.role) + 1)
        state.add_results(ping, _checks(world, ping, outages[host.number]))
    for host in world.hosts:
        if host.role == "web":
            web = _add_website(state, world, host, roles.index(host.role) + 1)
            state.add_results(web, _checks(world, web, outages[host.number]))
    _raise_alarms(state, world)


def _add_device(state: AcsMonitorState, world: World, host: Host, group: int, status: str) -> None:
    state.add_device(
        host.name,
        id=host.number,
        ip_address=host.address,
        device_type=_TYPES[host.system],
        location=host.site,
        status=status,
        last_polled_at=stamp(world.epoch),
        device_group_id=group,
    )
    moments = [world.epoch - INTERVAL * back for back in range(SERIES_LENGTH, 0, -1)]
    for number, metric in enumerate(world.metrics, 1):
        oid = state.add(
            "oids",
            oid=f"{_ENTERPRISE}.{number}.0",
            name=metric.name,
            unit=metric.unit,
            category=metric.name.partition(".")[0],
            device_id=host.number,
        )
        state.samples[oid["id"]] = [(stamp(at), world.value(host, metric, at)) for at in moments]


def _add_ping(state: AcsMonitorState, host: Host, group: int) -> Row:
    return state.add_monitor(
        f"Ping {host.name}",
        id=host.number,
        host=host.name,
        check_interval_seconds=CHECK_INTERVAL.seconds,
        tags=[host.site],
        monitor_group_id=group,
    )


def _add_website(state: AcsMonitorState, world: World, host: Host, group: int) -> Row:
    return state.add_monitor(
        f"https://{host.name}",
        "https",
        host=host.name,
        port=443,
        ssl_expiry_at=stamp(world.epoch + timedelta(days=90)),
        check_interval_seconds=CHECK_INTERVAL.seconds,
        tags=[host.site],
        config={"method": "GET", "path": "/", "expected_status": 200, "ssl_verify": True},
        monitor_group_id=group,
    )


def _checks(world: World, monitor: Row, outages: list[Alarm]) -> Iterator[tuple[datetime, Outcome]]:
    usual = [world.epoch - CHECK_INTERVAL * back for back in range(SPAN // CHECK_INTERVAL, 0, -1)]
    edges = [at for alarm in outages for at in (alarm.started_at, alarm.ended_at) if at]
    starts = [alarm.started_at for alarm in outages]
    # Outages may overlap: what counts is the latest end of those that have begun.
    ends: list[datetime] = []
    for alarm in outages:
        end = alarm.ended_at or world.epoch + SPAN
        ends.append(max(end, ends[-1]) if ends else end)
    for at in sorted({*usual, *edges}):
        begun = bisect_right(starts, at)
        if begun and at < ends[begun - 1]:
            yield at, Outcome("down", monitor["timeout_ms"])
        else:
            yield at, Outcome("up", _milliseconds(monitor, at))


def _milliseconds(monitor: Row, at: datetime) -> int:
    spread = zlib.crc32(f"{monitor['name']} {stamp(at)}".encode()) % 100
    return 5 + spread // 10 if monitor["type"] == "ping" else 100 + spread


def _raise_alarms(state: AcsMonitorState, world: World) -> None:
    """Every alarm is an alert with its own number for id; a notice, which nobody ends, has ended at once."""
    rules: dict[tuple[str, str, int], int] = {}
    for alarm in world.alarms:
        of_monitor = alarm.name == UNREACHABLE
        rule = _rule(state, rules, alarm, "monitor_alert_rules" if of_monitor else "alert_rules")
        ended = alarm.started_at if alarm.stateless else alarm.ended_at
        values: Row = {
            "id": alarm.number,
            "severity": _SEVERITIES[alarm.severity],
            "status": "resolved" if ended else "acknowledged" if alarm.acknowledged_at else "open",
            "acknowledged_at": stamp(alarm.acknowledged_at) if alarm.acknowledged_at else None,
            "resolved_at": stamp(ended) if ended else None,
            "monitor_alert_rule_id" if of_monitor else "alert_rule_id": rule,
        }
        if of_monitor:
            monitor = state.tables["monitors"].get(alarm.host.number)
            state.add_monitor_event(monitor, triggered_at=alarm.started_at, **values)
        else:
            device = state.tables["devices"].get(alarm.host.number)
            state.add_alert_event(device, triggered_at=alarm.started_at, current_value=alarm.value, **values)
        if alarm.stateless:
            _trap(state, alarm)


def _rule(state: AcsMonitorState, rules: dict[tuple[str, str, int], int], alarm: Alarm, table: str) -> int:
    """The rule that raised it: one for each check, severity and host."""
    key = (alarm.name, alarm.severity, alarm.host.number)
    if key not in rules:
        of_monitor = table == "monitor_alert_rules"
        row = state.add(
            table,
            name=f"{alarm.name} on {alarm.host.name}",
            severity=_SEVERITIES[alarm.severity],
            condition="status_down" if of_monitor else "gt",
            threshold=None if of_monitor else alarm.threshold,
            channel_ids=[1],
            **{"monitor_id" if of_monitor else "device_id": alarm.host.number},
        )
        rules[key] = row["id"]
    return rules[key]


def _trap(state: AcsMonitorState, alarm: Alarm) -> None:
    at = stamp(alarm.started_at)
    state.add(
        "snmp_traps",
        source_ip=alarm.host.address,
        oid=f"{_ENTERPRISE}.0.1",
        severity="info",
        received_at=at,
        varbinds=[{"oid": f"{_ENTERPRISE}.0.2", "value": alarm.description}],
        device_id=alarm.host.number,
    )
