"""The types of alerts, what may trigger each, and how a trigger reads; from the API's page about alerts."""

from collections.abc import Mapping

import attrs

from tocsin.simulator.appfirst.entities import Alert

BANDED_TRIGGERS = (
    "CPU",
    "Memory",
    "Average Response Time",
    "File Read",
    "File Write",
    "Inbound Network Traffic",
    "Outbound Network Traffic",
    "Network Connections",
    "Threads",
    "Files",
    "Registries",
    "Page Faults",
    "Incident Reports",
    "Critical Incident Reports",
)
"""What an alert may watch by a band about the mean."""

_PROCESS = (
    "Process Termination",
    *BANDED_TRIGGERS,
    "Incident Report Content",
    "File Accessed",
    "Registry Accessed",
    "Port Accessed",
)
_SERVER_TAG = (
    "Server Down",
    "CPU",
    "Memory",
    "Average Response Time",
    "Disk Busy",
    "Threads",
    "Page Faults",
    "Processes",
)


@attrs.frozen
class Kind:
    """A type of alert: ``path`` is where its target is shown, None for a log, whose URI the samples leave null."""

    triggers: tuple[str, ...]
    path: str | None
    banded: bool = False
    filter_name: str = ""


KINDS: Mapping[str, Kind] = {
    "Application": Kind(("Processes", *_PROCESS), "applications", banded=True, filter_name="application_id"),
    "Process": Kind(_PROCESS, "processes", banded=True, filter_name="process_id"),
    "Server": Kind((*_SERVER_TAG, "Disk"), "servers", banded=True, filter_name="server_id"),
    "Polled Data": Kind(("Nagios",), "polled-data", banded=True, filter_name="polled_data_id"),
    "Log": Kind(
        ("Number of Info", "Number of Warning", "Number of Critical", "Log Content"), None, filter_name="log_id"
    ),
    "Server Tag": Kind(_SERVER_TAG, "server_tags"),
}
"""By type. Alerts on server tags cannot be asked for by their target."""

FILTERS = {kind.filter_name: type for type, kind in KINDS.items() if kind.filter_name}
"""The type of alert that each ``filter_name`` asks for."""

CONTENT_TRIGGERS = frozenset({"Log Content", "Incident Report Content", "File Accessed", "Registry Accessed"})
"""What matches ``reg_exp``."""

LONGEST_WINDOW = {"h": 23, "d": 31}
"""By ``window_units``."""

_UNITS = {
    "CPU": " %",
    "Disk": " %",
    "Disk Busy": " %",
    "Memory": " bytes",
    "Average Response Time": " us",
    "Inbound Network Traffic": " bytes",
    "Outbound Network Traffic": " bytes",
}


def trigger_of(alert: Alert) -> str:
    """What raises the alert, as people read it; the samples are the pattern."""
    name = alert.trigger_type
    if name == "Nagios":
        return "Non-OK status"
    if name == "Port Accessed":
        return f"Network (Port Accessed) is anything but {alert.ip_details}"
    if name in CONTENT_TRIGGERS:
        return f"{name} (Contains Keywords) matches: {alert.reg_exp}"
    if name == "Disk":
        name = f"Disk (Space) on {alert.part_name}"
    span = f"for {alert.time_above_threshold} min"
    if alert.threshold is None:
        return f"{name} {span}"
    return f"{name} {alert.direction} {alert.threshold}{_UNITS.get(alert.trigger_type, '')} {span}"
