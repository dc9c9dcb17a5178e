"""Events and acknowledgements, and the bulk changes of many incidents at once."""

from collections.abc import Callable, Iterable
from datetime import datetime

from tocsin.simulator.argus import fields, incidents, render
from tocsin.simulator.argus.entities import EVENT_TYPES, INFINITY, Ack, Event, Incident, User
from tocsin.simulator.argus.fields import Check, Field
from tocsin.simulator.argus.state import ArgusState
from tocsin.simulator.argus.web import Call, Reply, Resource, ServerBugError, invalid, not_found
from tocsin.simulator.frame import Json

_BY_SOURCE = frozenset({"STA", "END", "RES", "OTH", "CHI", "LES"})
_BY_PERSON = frozenset({"CLO", "REO", "OTH"})
_READ_WRITE = "GET, POST, HEAD, OPTIONS"


def _event_fields(call: Call) -> dict[str, Field]:
    by_source = call.state.source_of(call.user) is not None
    return {
        "timestamp": Field(fields.moment, required=by_source),
        "type": Field(fields.choice(*EVENT_TYPES), required=True),
        "description": Field(fields.text()),
    }


def _record(state: ArgusState, incident: Incident, actor: User, values: dict[str, Json]) -> Event:
    """Add the event, and let it open or close the incident."""
    kind, timestamp = values["type"], values.get("timestamp", state.now())
    is_open = incident.open(state.now())
    if incident.stateful:
        if kind in {"END", "CLO"} and is_open:
            incident.end_time = timestamp
        elif kind in {"RES", "REO"} and not is_open:
            incident.end_time = INFINITY
    return state.add_event(incident, actor, kind, timestamp, values.get("description", ""))


def _check_person(call: Call, incident: Incident, kind: str) -> None:
    if kind == "ACK":
        link = f"{call.origin}/api/v2/incidents/{incident.pk}/acks/"
        raise invalid({"type": f"Acknowledgements of this incidents should be posted through {link}."})
    if kind not in _BY_PERSON:
        raise invalid({"type": f"An end user cannot post events of type '{kind}'."})
    if kind == "OTH":
        return
    if not incident.stateful:
        raise invalid({"type": "Cannot change the state of a stateless incident."})
    if incident.open(call.state.now()) is (kind == "REO"):
        state = "open" if kind == "REO" else "closed"
        raise invalid({"type": f"The incident is already {state}."})


def _post_event(call: Call) -> Reply:
    values = fields.read(call.data(), _event_fields(call))
    incident = call.state.incidents.get(call.pk())
    if incident is None:
        raise ServerBugError
    if call.state.source_of(call.user):
        if values["type"] not in _BY_SOURCE:
            raise invalid({"type": f"A source system cannot post events of type '{values['type']}'."})
    else:
        _check_person(call, incident, values["type"])
    return Reply(render.event(_record(call.state, incident, call.user, values)), 201)


def _newest_first(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.timestamp, reverse=True)


def _list_events(call: Call) -> Reply:
    return Reply([render.event(event) for event in _newest_first(incidents.find(call).events)])


def _get_event(call: Call) -> Reply:
    wanted = call.pk("event")
    for event in incidents.find(call).events:
        if event.pk == wanted:
            return Reply(render.event(event))
    raise not_found("Event")


def _all_events(call: Call) -> Reply:
    return incidents.page(call, call.state.events, lambda _event: True, render.event)


# Acknowledgements


def _ack(value: Json) -> Json:
    values = fields.nested(
        {
            "timestamp": Field(fields.moment, required=True),
            "description": Field(fields.text()),
            "expiration": Field(fields.moment, null=True),
        }
    )(value)
    expiration = values.get("expiration")
    if expiration and expiration <= values["timestamp"]:
        raise fields.BadValueError({"non_field_errors": ["'expiration' is earlier than creation timestamp."]})
    return values


def _read(data: Json, check: Check) -> Json:
    try:
        return check(data)
    except fields.BadValueError as error:
        raise invalid(error.error) from None


def _list_acks(call: Call) -> Reply:
    acks = sorted(incidents.find(call).acks, key=lambda ack: ack.event.timestamp, reverse=True)
    return Reply([render.ack(ack) for ack in acks])


def _post_ack(call: Call) -> Reply:
    incident = incidents.find(call)
    values = _read(call.data(), _ack)
    return Reply(render.ack(call.state.add_ack(incident, call.user, **values)), 201)


def _find_ack(call: Call) -> Ack:
    wanted = call.pk("ack")
    for ack in incidents.find(call).acks:
        if ack.event.pk == wanted:
            return ack
    raise not_found("Acknowledgement")


def _change_ack(call: Call, *, partial: bool) -> Reply:
    ack, now = _find_ack(call), call.state.now()
    values = fields.read(call.data(), {"expiration": Field(fields.moment, null=True)})
    expiration: datetime | None = values.get("expiration", ack.expiration if partial else None)
    if "expiration" in values and expiration and expiration <= now:
        message = f"'expiration' must be later than current moment ({now}) or null."
        raise invalid({"expiration": [message]})
    ack.expiration = expiration
    return Reply(render.ack(ack))


# Bulk


def _bulk(call: Call, part: str, body: Field, apply: Callable[[Incident, Json], Json]) -> Reply:
    """Apply one change to many incidents; 201 if any of them is found."""
    values = fields.read(
        call.data(),
        {"ids": Field(fields.many(fields.integer(), empty=False), required=True), part: body},
    )
    if part not in values:
        raise ServerBugError
    changes: dict[str, Json] = {}
    for pk in dict.fromkeys(values["ids"]):
        incident = call.state.incidents.get(pk)
        if incident is None:
            errors = {"ids": f"Incident with id {pk} could not be found."}
            changes[str(pk)] = {part: None, "status": 400, "errors": errors}
        else:
            changed = apply(incident, values[part])
            changes[str(pk)] = {part: changed, "status": 201, "errors": None}
    done = any(change["status"] == 201 for change in changes.values())
    return Reply({"changes": changes}, 201 if done else 400)


def _bulk_acks(call: Call) -> Reply:
    def acknowledge(incident: Incident, values: Json) -> Json:
        again = any(
            event.type == "ACK" and event.actor is call.user and event.timestamp == values["timestamp"]
            for event in incident.events
        )
        if again:
            # The server looks its new event up by these three, finds two, and fails with the event kept.
            call.state.add_event(incident, call.user, "ACK", values["timestamp"])
            raise ServerBugError
        return render.ack(call.state.add_ack(incident, call.user, **values))

    return _bulk(call, "ack", Field(_ack, required=True), acknowledge)


def _bulk_events(call: Call) -> Reply:
    def add(incident: Incident, values: Json) -> Json:
        return render.event(_record(call.state, incident, call.user, values))

    return _bulk(call, "event", Field(fields.nested(_event_fields(call)), required=True), add)


def _bulk_tickets(call: Call) -> Reply:
    def change(incident: Incident, link: Json) -> Json:
        incidents.change(call, incident, "ticket_url", link)
        return link

    return _bulk(call, "ticket_url", Field(fields.text()), change)


RESOURCES = {
    "/api/v2/incidents/events/": Resource({"GET": _all_events}, "GET, HEAD, OPTIONS"),
    "/api/v2/incidents/events/bulk/": Resource({"POST": _bulk_events}, "POST, OPTIONS"),
    "/api/v2/incidents/acks/bulk/": Resource({"POST": _bulk_acks}, "POST, OPTIONS"),
    "/api/v2/incidents/ticket_url/bulk/": Resource({"POST": _bulk_tickets}, "POST, OPTIONS"),
    "/api/v2/incidents/{pk:int}/events/": Resource({"GET": _list_events, "POST": _post_event}, _READ_WRITE),
    "/api/v2/incidents/{pk:int}/events/{event:int}/": Resource({"GET": _get_event}, "GET, HEAD, OPTIONS"),
    "/api/v2/incidents/{pk:int}/acks/": Resource({"GET": _list_acks, "POST": _post_ack}, _READ_WRITE),
    "/api/v2/incidents/{pk:int}/acks/{ack:int}/": Resource(
        {
            "GET": lambda call: Reply(render.ack(_find_ack(call))),
            "PUT": lambda call: _change_ack(call, partial=False),
            "PATCH": lambda call: _change_ack(call, partial=True),
        },
        "GET, PUT, PATCH, HEAD, OPTIONS",
    ),
}
