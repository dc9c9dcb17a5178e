"""Incidents: lists by cursor, creating, changing, tags and tickets."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from tocsin.simulator.argus import cursor, fields, filtering, render
from tocsin.simulator.argus.entities import INFINITY, Incident, Source, Tag
from tocsin.simulator.argus.fields import Field
from tocsin.simulator.argus.table import Table
from tocsin.simulator.argus.web import ApiError, Call, Reply, Resource, ServerBugError, invalid, not_found
from tocsin.simulator.frame import Json

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 100
_READ_WRITE = "GET, POST, HEAD, OPTIONS"

_CREATE = {
    "start_time": Field(fields.moment, required=True),
    "end_time": Field(fields.end_time, null=True),
    "source_incident_id": Field(fields.text()),
    "details_url": Field(fields.text()),
    "description": Field(fields.text()),
    "level": Field(fields.level),
    "ticket_url": Field(fields.url),
    "tags": fields.TAGS,
    "metadata": Field(fields.anything, null=True),
}
_CHANGE = {
    "tags": fields.TAGS,
    "details_url": Field(fields.text()),
    "ticket_url": Field(fields.url),
    "level": Field(fields.level),
    "metadata": Field(fields.anything),
    "description": Field(fields.text()),
}
_FIXED = frozenset({"pk", "start_time", "end_time", "source", "source_incident_id"})


def find(call: Call) -> Incident:
    """The incident of the path, or the 404."""
    incident = call.state.incidents.get(call.pk())
    if incident is None:
        raise not_found("Incident")
    return incident


def page(call: Call, table: Table[T], keep: Callable[[T], bool], show: Callable[[T], Json]) -> Reply:
    """One cursor page of a table, newest first."""
    state, query = call.state, call.query
    if state.before_page:
        state.before_page()
    size = query.get("page_size", "")
    limit = int(size) if size.isdecimal() and int(size) > 0 else DEFAULT_PAGE_SIZE
    try:
        at = cursor.Cursor.decode(query["cursor"]) if query.get("cursor") else None
        rows = table.newest_first(limit if state.shuffle_ties else None)
        found = cursor.cut(rows, table.time, keep, at, limit)
    except cursor.InvalidCursorError:
        raise ApiError(404, {"detail": "Invalid cursor"}) from None
    except cursor.BrokenPositionError:
        raise ServerBugError from None

    def link(to: cursor.Cursor | None) -> str | None:
        if to is None:
            return None
        items = [item for item in call.request.query_params.multi_items() if item[0] != "cursor"]
        return f"{call.url}?{urlencode(sorted([*items, ('cursor', to.encode())]))}"

    return Reply(
        {
            "next": link(found.next),
            "previous": link(found.previous),
            "results": [show(row) for row in found.rows],
        }
    )


def _list(call: Call, *, mine: bool) -> Reply:
    state = call.state
    wanted = filtering.by_query(call, mine=mine)
    own = state.source_of(call.user)

    def keep(row: Incident) -> bool:
        return (not mine or row.source is own) and wanted(row)

    if "count" in call.query:
        return Reply({"count": sum(map(keep, state.incidents.values())), "params": call.query})
    now = state.now()
    return page(call, state.incidents, keep, lambda row: render.incident(row, now))


def _source_for(call: Call, data: dict[str, Json]) -> Source:
    if "source" in data:
        if not call.user.superuser:
            raise invalid(["You must be a superuser to be allowed to specify the 'source' field."])
        pk = data["source"]
        if pk is not None and not str(pk).isdecimal():
            raise ServerBugError
        source = call.state.sources.get(int(pk)) if pk is not None else None
        if source is None:
            raise invalid([f"SourceSystem with pk={pk} does not exist."])
        return source
    source = call.state.source_of(call.user)
    if source is None:
        raise invalid(["The requesting user must have a connected source system."])
    return source


def _create(call: Call) -> Reply:
    state, data = call.state, call.data()
    values = fields.read(data, _CREATE)
    end = values.get("end_time", INFINITY)
    if isinstance(end, datetime) and end < values["start_time"]:
        raise invalid({"non_field_errors": ["'end_time' cannot be before 'start_time'."]})
    source = _source_for(call, data)
    pk = state.pk("incident")
    own_id = values.get("source_incident_id", "")
    if own_id and state.has_source_incident_id(source, own_id):
        raise invalid(
            [
                (
                    "duplicate key value violates unique constraint "
                    '"incident_unique_source_incident_id_per_source"\n'
                    f"DETAIL:  Key (source_incident_id, source_id)=({own_id}, {source.pk}) already exists."
                )
            ]
        )
    if values.get("metadata", {}) is None:
        raise invalid(
            [
                (
                    'null value in column "metadata" of relation "argus_incident_incident" violates not-null '
                    f"constraint\nDETAIL:  Failing row contains ({pk})."
                )
            ]
        )
    simple = {name: value for name, value in values.items() if name not in {"end_time", "tags"}}
    incident = Incident(pk=pk, source=source, end_time=end, **simple)
    _add_tags(call, incident, values["tags"])
    return Reply(render.incident(state.add_incident(incident, call.user), state.now()), 201)


def _add_tags(call: Call, incident: Incident, tags: list[str]) -> None:
    for tag in tags:
        if tag not in [each.tag for each in incident.tags]:
            incident.tags.append(Tag(tag, call.user, call.state.now()))


def _retrieve(call: Call) -> Reply:
    return Reply(render.incident(find(call), call.state.now()))


def _change(call: Call, *, partial: bool) -> Reply:
    incident, data = find(call), call.data()
    if fields.is_object(data):
        refused = {
            name: "The field is not allowed to be changed." if name in _FIXED else "The field does not exist."
            for name in data
            if name not in _CHANGE
        }
        if refused:
            raise invalid(refused)
    values = fields.read(data, _CHANGE, partial=partial)
    if "tags" in values:
        _replace_tags(call, incident, values["tags"])
    for name, value in values.items():
        if name != "tags":
            change(call, incident, name, value)
    return Reply(render.incident(incident, call.state.now()))


def change(call: Call, incident: Incident, name: str, value: Json) -> None:
    """Set a field, with the event that tells so if it differs."""
    before = getattr(incident, name)
    if before != value:
        setattr(incident, name, value)
        if name == "metadata":
            before, value = f"{len(before)} item(s)", f"{len(value)} item(s)"
        _note(call, incident, name, before, value)


def _note(call: Call, incident: Incident, name: str, before: Json, after: Json) -> None:
    state = call.state
    state.add_event(incident, call.user, "CHI", state.now(), f'Change: "{name}": {before} \u2192 {after}')


def _replace_tags(call: Call, incident: Incident, tags: list[str]) -> None:
    before = [tag.tag for tag in incident.tags]
    gone = [tag for tag in incident.tags if tag.tag not in tags]
    if not call.user.superuser:
        foreign = [tag.tag for tag in gone if tag.added_by is not call.user]
        if foreign:
            message = "Cannot remove this tag when you're not the one who added it."
            raise invalid(dict.fromkeys(foreign, message))
    after = list(dict.fromkeys(tags))
    if set(before) != set(after):
        _note(call, incident, "tags", before, after)
    incident.tags = [tag for tag in incident.tags if tag not in gone]
    _add_tags(call, incident, after)


def _delete(call: Call) -> Reply:
    find(call)
    raise ApiError(405, {"detail": "Deletion of incidents is turned off, see setting INDELIBLE_INCIDENTS"})


# Tags


def _tagged_incident(call: Call) -> Incident:
    incident = call.state.incidents.get(call.pk())
    if incident is None:
        raise invalid([f"An incident with pk={call.pk()} does not exist"])
    return incident


def _tag_of(call: Call) -> Tag:
    incident = _tagged_incident(call)
    wanted = call.request.path_params["tag"]
    if "=" not in wanted:
        raise invalid([fields.NO_DELIMITER])
    for tag in incident.tags:
        if tag.tag == wanted:
            return tag
    raise not_found("Tag")


def _list_tags(call: Call) -> Reply:
    return Reply([{"tag": tag.tag} for tag in _tagged_incident(call).tags])


def _add_tag(call: Call) -> Reply:
    incident, data = _tagged_incident(call), call.data()
    if not fields.is_object(data) or not isinstance(data.get("tag"), str):
        raise ServerBugError
    try:
        tag = fields.tag_text(data["tag"])
    except fields.BadValueError as error:
        raise invalid({"tag": error.error}) from None
    _add_tags(call, incident, [tag])
    return Reply({"tag": tag}, 201)


def _delete_tag(call: Call) -> Reply:
    tag = _tag_of(call)
    _tagged_incident(call).tags.remove(tag)
    return Reply(status=204)


# Tickets


def _ticket(call: Call) -> Reply:
    incident = find(call)
    values = fields.read(call.data(), {"ticket_url": Field(fields.text())})
    if not values:
        raise ServerBugError
    change(call, incident, "ticket_url", values["ticket_url"])
    return Reply(values)


def _automatic_ticket(call: Call) -> Reply:
    find(call)
    raise invalid(
        'No path to ticket plugin can be found in the settings. Please update the setting "TICKET_PLUGIN".'
    )


RESOURCES = {
    "/api/v2/incidents/": Resource(
        {"GET": lambda call: _list(call, mine=False), "POST": _create}, _READ_WRITE, name="Incident List"
    ),
    "/api/v2/incidents/mine/": Resource(
        {"GET": lambda call: _list(call, mine=True), "POST": _create},
        _READ_WRITE,
        name="Source Locked Incident",
    ),
    "/api/v2/incidents/{pk}/": Resource(
        {
            "GET": _retrieve,
            "PUT": lambda call: _change(call, partial=False),
            "PATCH": lambda call: _change(call, partial=True),
            "DELETE": _delete,
        },
        "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
        name="Incident Instance",
    ),
    "/api/v2/incidents/{pk:int}/tags/": Resource({"GET": _list_tags, "POST": _add_tag}, _READ_WRITE),
    "/api/v2/incidents/{pk:int}/tags/{tag}/": Resource(
        {"GET": lambda call: Reply({"tag": _tag_of(call).tag}), "DELETE": _delete_tag},
        "GET, DELETE, HEAD, OPTIONS",
    ),
    "/api/v2/incidents/{pk}/ticket_url/": Resource({"PUT": _ticket}, "PUT, OPTIONS"),
    "/api/v2/incidents/{pk}/automatic-ticket/": Resource({"PUT": _automatic_ticket}, "PUT, OPTIONS"),
}
