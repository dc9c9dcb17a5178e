"""What simulated systems hold, looked up in them and not asked through a client: the demo compares with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tocsin.describe import RowKey, key_part

if TYPE_CHECKING:
    from tocsin.simulator import Simulator

Held = dict[str, Collection[RowKey]]


def _argus(servers: Simulator) -> Held:
    """What the simulated Argus holds, and shows to its administrator."""
    state = servers.argus
    admin = state.user(servers.endpoints["argus"]["username"])
    return {
        "incidents": state.incident_pks,
        "events": state.event_pks,
        "sources": list(state.sources),
        "source_types": list(state.source_types),
        "notification_profiles": [each.pk for each in state.profiles.values() if each.user is admin],
        "filters": [each.pk for each in state.filters.values() if each.public or each.user is admin],
        "timeslots": [each.pk for each in state.timeslots.values() if each.user is admin],
        "destinations": [each.pk for each in state.destinations.values() if each.user is admin],
        "media": [each["slug"] for each in state.media],
        "planned_maintenance": list(state.maintenances),
        "user": [admin.username],
    }


def _monasca(servers: Simulator) -> Held:
    """What the simulated Monasca holds of its project, as the API writes it."""
    state = servers.monasca
    series = [(each, str(key_part(each.dimensions))) for each in state.store.matching(state.tenant, "", {})]
    return {
        "metrics": [(each.name, dimensions) for each, dimensions in series],
        "measurements": [
            (each.name, dimensions, _time(time, "milliseconds"))
            for each, dimensions in series
            for time in each.times
        ],
        "notification_methods": list(state.methods),
        "alarm_definitions": list(state.definitions),
        "alarms": list(state.alarms),
        "state_histories": [
            (row.alarm_id, _time(row.time, "auto"), row.old_state, row.new_state, row.reason)
            for row in state.transitions
            if row.alarm_id in state.alarms
        ],
    }


def _time(milliseconds: int, digits: str) -> str:
    when = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return when.isoformat(timespec=digits).replace("+00:00", "Z")


#: The ids of all rows, by resource.
HELD: Mapping[str, Callable[[Simulator], Held]] = {"argus": _argus, "monasca": _monasca}
