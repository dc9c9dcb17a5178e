"""ACS Monitor: the client, its models, and what its calls take."""

from tocsin.acsmonitor.client import AcsMonitorClient
from tocsin.acsmonitor.errors import CheckTimeoutError
from tocsin.acsmonitor.models import (
    AlertEvent,
    Config,
    Device,
    DeviceGroup,
    DeviceRef,
    Monitor,
    MonitorRef,
    MonitorResult,
    Queued,
    Uptime,
)
from tocsin.acsmonitor.records import Record

__all__ = [
    "AcsMonitorClient",
    "AlertEvent",
    "CheckTimeoutError",
    "Config",
    "Device",
    "DeviceGroup",
    "DeviceRef",
    "Monitor",
    "MonitorRef",
    "MonitorResult",
    "Queued",
    "Record",
    "Uptime",
]
