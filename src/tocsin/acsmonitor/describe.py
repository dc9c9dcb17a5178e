"""The readable resources of ACS Monitor in one table: for export, demo, check and the lists of the command line.

The API has no filter by time, and tells how many rows a list has only with a page of it: so there are no windows,
and rows are not counted ahead, which would cost one of 60 requests a minute. Left out is what belongs to one
device or monitor (OIDs, webhooks, metrics, results), what finds devices and names their OIDs (discovery, MIBs),
what is about the web interface (dashboards), and roles, which super admins alone may read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from tocsin.acsmonitor.client import AcsMonitorClient
from tocsin.acsmonitor.resource import PAGE_SIZE
from tocsin.describe import Backend, Resource, Selection
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class _Listed(Protocol):
    def rows(
        self, *, page_size: int, on_bad_row: OnBadRow, filters: Mapping[str, str | float | bool]
    ) -> Pager[bytes]: ...


def _list(
    name: str,
    service: Callable[[AcsMonitorClient], _Listed],
    columns: tuple[str, ...],
    filters: frozenset[str] = frozenset(),
) -> Resource[AcsMonitorClient]:
    def read(acs: AcsMonitorClient, how: Selection) -> Pager[bytes]:
        size = how.page_size or PAGE_SIZE
        return service(acs).rows(page_size=size, on_bad_row=how.on_bad_row, filters=how.where)

    return Resource(name=name, read=read, filters=filters, columns=columns)


_OF_EVENTS = frozenset({"status", "severity"})
_EVENT = ("id", "triggered_at", "severity", "status", "current_value")

_RESOURCES: tuple[Resource[AcsMonitorClient], ...] = (
    _list(
        "devices",
        lambda acs: acs.devices,
        ("id", "name", "ip_address", "status", "device_type", "device_group.name"),
        frozenset({"status"}),
    ),
    _list(
        "monitors",
        lambda acs: acs.monitors,
        ("id", "name", "type", "host", "status", "response_time_ms", "uptime_percent_7d", "last_checked_at"),
        frozenset({"status", "type", "group"}),
    ),
    _list("alert_events", lambda acs: acs.alert_events, (*_EVENT, "monitor.name", "device.name"), _OF_EVENTS),
    _list("monitor_events", lambda acs: acs.monitor_events, (*_EVENT, "monitor.name"), _OF_EVENTS),
    _list("alert_channels", lambda acs: acs.alert_channels, ("id", "name", "type")),
    _list("device_groups", lambda acs: acs.device_groups, ("id", "name", "color")),
    _list("monitor_groups", lambda acs: acs.monitor_groups, ("id", "name")),
    _list(
        "alert_rules", lambda acs: acs.alert_rules, ("id", "name", "severity"), frozenset({"severity", "device"})
    ),
    _list("monitor_alert_rules", lambda acs: acs.monitor_alert_rules, ("id", "name", "severity")),
    _list(
        "snmp_traps",
        lambda acs: acs.snmp_traps,
        ("id", "severity", "status"),
        frozenset({"status", "severity", "device"}),
    ),
    _list("users", lambda acs: acs.users, ("id", "name", "email")),
)


async def _sign_in(acs: AcsMonitorClient) -> str:
    name = (await acs.me()).get("name")
    return f"as {name}" if isinstance(name, str) else f"at {acs.base_url}"


def _at(endpoint: Mapping[str, str]) -> AcsMonitorClient:
    return AcsMonitorClient(endpoint["base_url"], email=endpoint["email"], password=endpoint["password"])


BACKEND = Backend(
    client=AcsMonitorClient,
    resources=_RESOURCES,
    checks={"sign-in": _sign_in},
    # A monitor is what is measured over time: its response time, its uptime.
    lists={"alarms": "alert_events", "metrics": "monitors", "notification-methods": "alert_channels"},
    at=_at,
)
#: By name, in the order of the table.
RESOURCES = BACKEND.resources
