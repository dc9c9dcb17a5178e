"""What ACS Monitor says, with its own field names.

All but ids and the time of a check may be missing, and all but these and names may be null: a monitor that is down
has no response time. Times are aware. Open enumerations are plain texts, with the values that the vendor documents
in their docstring. What the API has besides, `rows` and `request` show.
"""

from __future__ import annotations

from typing import Any, cast

from tocsin.transport.codec import Model
from tocsin.transport.times import AwareTime


class Config(dict[str, Any]):
    """A JSON object; an empty one may come as ``[]``, which is how PHP writes it."""

    @classmethod
    def from_json(cls, value: object) -> Config:
        """Raises ValueError for anything but an object, or an empty array."""
        if isinstance(value, dict):
            return cls(cast("dict[str, Any]", value))
        if value == []:
            return cls()
        raise ValueError("expected an object")


class DeviceGroup(Model, frozen=True):
    """The group of a device.

    Attributes:
        color: as "#3b82f6".
    """

    id: int
    name: str | None = None
    color: str | None = None


class Device(Model, frozen=True):
    """A device that is polled by SNMP.

    Attributes:
        snmp_version: "1", "2c" or "3".
        device_type: such as "cisco_ios".
        status: "up", "down" or "unknown".
        poll_interval_seconds: seconds between polls.
        is_active: whether it is polled.
    """

    id: int
    name: str = ""
    ip_address: str | None = None
    snmp_version: str | None = None
    device_type: str | None = None
    status: str | None = None
    last_polled_at: AwareTime | None = None
    poll_interval_seconds: int | None = None
    is_active: bool | None = None
    device_group: DeviceGroup | None = None


class Monitor(Model, frozen=True):
    """A check of a service.

    Attributes:
        type: "ping", "tcp", "http", "https", "ssh", "smtp", "ftp", "pop3", "imap", "dns", "mysql", "redis" or
            "snmp", or another: the documents differ.
        status: "up", "down", "degraded" or "unknown".
        response_time_ms: milliseconds.
        uptime_percent_7d, uptime_percent_30d: percent of the last 7 and 30 days.
        consecutive_failures: failed checks since the last good one.
        config: what its type needs; not published.
    """

    id: int
    name: str = ""
    type: str | None = None
    host: str | None = None
    port: int | None = None
    status: str | None = None
    response_time_ms: int | float | None = None
    ssl_expiry_at: AwareTime | None = None
    uptime_percent_7d: float | None = None
    uptime_percent_30d: float | None = None
    consecutive_failures: int | None = None
    last_checked_at: AwareTime | None = None
    config: Config | None = None


class MonitorResult(Model, frozen=True):
    """One check of a monitor; see `Monitor` for the fields."""

    checked_at: AwareTime
    status: str | None = None
    response_time_ms: int | float | None = None


class Uptime(Model, frozen=True):
    """How much of a time a monitor was up.

    Attributes:
        uptime_percent: percent.
        total_checks, failed_checks: how many checks there were, and how many of them failed.
    """

    uptime_percent: float | None = None
    total_checks: int | None = None
    failed_checks: int | None = None


class Queued(Model, frozen=True):
    """What the server says of a job that it will do: it answers before that is done.

    Attributes:
        queued: whether it was taken.
        job_id: the server's id of it; no call takes one.
    """

    queued: bool | None = None
    job_id: str | int | None = None


class MonitorRef(Model, frozen=True):
    """The monitor that an event is about."""

    id: int
    name: str = ""
    type: str | None = None


class DeviceRef(Model, frozen=True):
    """The device that an event is about; of its fields the API publishes none, but a device has these."""

    id: int
    name: str = ""


class AlertEvent(Model, frozen=True):
    """That something crossed the line of an alert rule.

    Attributes:
        severity: "info", "warning" or "critical".
        status: "open", "acknowledged" or "resolved".
        current_value: what was measured, such as "down", or a number.
        monitor, device: what it is about; one of them is None.
    """

    id: int
    severity: str | None = None
    status: str | None = None
    triggered_at: AwareTime | None = None
    acknowledged_at: AwareTime | None = None
    resolved_at: AwareTime | None = None
    current_value: str | int | float | bool | None = None
    monitor: MonitorRef | None = None
    device: DeviceRef | None = None

    @property
    def subject(self) -> MonitorRef | DeviceRef | None:
        """The monitor or device that it is about."""
        return self.monitor or self.device
