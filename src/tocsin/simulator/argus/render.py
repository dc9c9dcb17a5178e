"""Records as the API shows them."""

from datetime import datetime
from urllib.parse import urljoin

from tocsin.simulator.argus.entities import (
    EVENT_TYPES,
    MEDIA,
    Ack,
    Destination,
    Event,
    Filter,
    Incident,
    Maintenance,
    Profile,
    Source,
    Timeslot,
    User,
)
from tocsin.simulator.argus.fields import ZONE
from tocsin.simulator.frame import Json


def moment(value: datetime) -> str:
    """In the server's zone."""
    return value.astimezone(ZONE).isoformat()


def source(source: Source) -> Json:
    """A source system."""
    return {
        "pk": source.pk,
        "name": source.name,
        "type": {"name": source.type},
        "user": source.user.pk,
        "base_url": source.base_url,
    }


def details_url(incident: Incident) -> str:
    """The link, joined to the source's base URL unless that gives no URL."""
    link = incident.details_url
    if not link or not incident.source.base_url or any(char.isspace() for char in link):
        return link
    return urljoin(incident.source.base_url, link)


def incident(incident: Incident, now: datetime) -> Json:
    """An incident, with what holds of it now."""
    end = incident.end_time
    return {
        "pk": incident.pk,
        "start_time": moment(incident.start_time),
        "end_time": moment(end) if isinstance(end, datetime) else end,
        "source": source(incident.source),
        "source_incident_id": incident.source_incident_id,
        "details_url": details_url(incident),
        "description": incident.description,
        "level": incident.level,
        "ticket_url": incident.ticket_url,
        "metadata": incident.metadata,
        "tags": [
            {"added_by": tag.added_by.pk, "added_time": moment(tag.added_time), "tag": tag.tag}
            for tag in incident.tags
        ],
        "stateful": incident.stateful,
        "open": incident.open(now),
        "acked": incident.acked(now),
    }


def actor(user: User) -> Json:
    """A user in brief."""
    return {"pk": user.pk, "username": user.username}


def event(event: Event) -> Json:
    """An event."""
    return {
        "pk": event.pk,
        "incident": event.incident.pk,
        "actor": actor(event.actor),
        "timestamp": moment(event.timestamp),
        "received": moment(event.received),
        "type": {"value": event.type, "display": EVENT_TYPES[event.type]},
        "description": event.description,
    }


def ack(ack: Ack) -> Json:
    """An acknowledgement with its event."""
    return {
        "pk": ack.event.pk,
        "event": event(ack.event),
        "expiration": moment(ack.expiration) if ack.expiration else None,
    }


def timeslot(slot: Timeslot) -> Json:
    """A timeslot."""
    return {"pk": slot.pk, "name": slot.name, "time_recurrences": slot.recurrences}


def filter(filter: Filter) -> Json:
    """A filter."""
    return {"pk": filter.pk, "name": filter.name, "filter": filter.blob, "public": filter.public}


def destination(destination: Destination) -> Json:
    """A destination."""
    return {
        "pk": destination.pk,
        "media": MEDIA,
        "label": destination.label,
        "suggested_label": f"Email: {destination.settings['email_address']}",
        "settings": destination.settings,
    }


def profile(profile: Profile) -> Json:
    """A notification profile with all that it refers to."""
    return {
        "pk": profile.pk,
        "name": profile.name,
        "timeslot": timeslot(profile.timeslot),
        "filters": [filter(each) for each in profile.filters],
        "destinations": [destination(each) for each in profile.destinations],
        "active": profile.active,
    }


def maintenance(task: Maintenance) -> Json:
    """A planned maintenance."""
    return {
        "pk": task.pk,
        "created_by": actor(task.created_by),
        "created": moment(task.created),
        "start_time": moment(task.start_time),
        "end_time": moment(task.end_time),
        "description": task.description,
        "filters": [filter(each) for each in task.filters],
    }
