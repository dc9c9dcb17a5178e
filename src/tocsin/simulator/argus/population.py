"""The world as an Argus server would know it."""

from datetime import timedelta

from tocsin.simulator.argus.entities import (
    INFINITY,
    Destination,
    Filter,
    Incident,
    Maintenance,
    Profile,
    Tag,
)
from tocsin.simulator.argus.state import ArgusState
from tocsin.simulator.world import SEVERITIES, Alarm, World


def populate(state: ArgusState, world: World) -> None:
    """Report every alarm: the sites oslo and bergen through ``nms-north``, the others through ``nms-south``."""
    for alarm in world.alarms:
        _report(state, world, alarm)
    alice, admin = state.user("alice"), state.user("admin")
    slot = next(slot for slot in state.timeslots.values() if slot.user is alice)
    blob = {"open": True, "acked": None, "stateful": None, "maxlevel": 2, "hide_closed_acked": False}
    severe = Filter(state.pk("filter"), alice, "Severe and open", blob, public=True)
    state.filters[severe.pk] = severe
    for person in world.people:
        settings = {"email_address": person.email, "synced": False}
        destination = Destination(state.pk("destination"), alice, person.name.title(), settings)
        state.destinations[destination.pk] = destination
    profile = Profile(state.pk("profile"), alice, "On call", slot, [severe], list(state.destinations.values()))
    state.profiles[profile.pk] = profile
    task = Maintenance(
        pk=state.pk("maintenance"),
        created_by=admin,
        created=world.epoch,
        start_time=world.epoch,
        end_time=world.epoch + timedelta(hours=4),
        description="Router upgrade",
        filters=[severe],
    )
    state.maintenances[task.pk] = task


def _report(state: ArgusState, world: World, alarm: Alarm) -> None:
    north = alarm.host.site in {"oslo", "bergen"}
    user = state.user("nms-north" if north else "nms-south")
    source = state.source_of(user)
    if source is None:
        raise KeyError(user.username)
    incident = Incident(
        pk=state.pk("incident"),
        start_time=alarm.started_at,
        end_time=None if alarm.stateless else alarm.ended_at or INFINITY,
        source=source,
        source_incident_id=alarm.id,
        details_url=f"alarms/{alarm.number}",
        description=alarm.description,
        level=SEVERITIES.index(alarm.severity) + 1,
        metadata={"value": alarm.value, "unit": alarm.metric.unit},
        tags=[Tag(f"{key}={value}", user, alarm.started_at) for key, value in world.labels(alarm).items()],
    )
    state.add_incident(incident)
    for change in alarm.history[1:]:
        if change.state == "acknowledged":
            note = f"{change.reason} ({change.by})"
            state.add_ack(incident, state.user("alice"), change.at, note)
        else:
            state.add_event(incident, user, "END", change.at, change.reason)
    for event in incident.events:
        event.received = event.timestamp
