"""Destinations of notifications, and the one medium there is."""

import re

from tocsin.simulator.argus import fields, render
from tocsin.simulator.argus.entities import MEDIA, Destination
from tocsin.simulator.argus.fields import BadValueError, Field
from tocsin.simulator.argus.ownership import owned, users_of
from tocsin.simulator.argus.web import Call, Reply, Resource, invalid, not_found
from tocsin.simulator.frame import Json

_BASE = "/api/v2/notificationprofiles"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def _medium(value: Json) -> Json:
    if value != "email":
        raise BadValueError([f'Invalid pk "{value}" - object does not exist.'])
    return value


_DESTINATION = {
    "media": Field(_medium, required=True),
    "label": Field(fields.text(longest=50), null=True),
    "settings": Field(fields.anything, required=True),
}


def _settings(call: Call, value: Json, own: Destination | None) -> dict[str, Json]:
    if not fields.is_object(value):
        raise invalid({"settings": ["Enter a valid JSON.", "invalid"]})
    address = str(value.get("email_address") or "").strip()
    if not address:
        raise invalid({"email_address": [fields.REQUIRED, "required"]})
    if not _EMAIL.fullmatch(address):
        raise invalid({"email_address": ["Enter a valid email address.", "invalid"]})
    settings = {"email_address": address, "synced": False}
    if any(each.settings == settings for each in _other_destinations(call, own)):
        raise invalid({"non_field_errors": ["A destination with these settings already exists"]})
    return settings


def _other_destinations(call: Call, own: Destination | None) -> list[Destination]:
    destinations = call.state.destinations.values()
    return [each for each in destinations if each.user is call.user and each is not own]


def _refuse_second_label(call: Call, label: str | None, own: Destination | None) -> None:
    if label and any(each.label == label for each in _other_destinations(call, own)):
        raise invalid({"label": ["A destination with this medium and label already exists"]})


def _list_destinations(call: Call) -> Reply:
    return Reply([render.destination(each) for each in _other_destinations(call, None)])


def _create_destination(call: Call) -> Reply:
    values = fields.read(call.data(), _DESTINATION)
    settings = _settings(call, values["settings"], None)
    label = values.get("label")
    _refuse_second_label(call, label, None)
    made = Destination(call.state.pk("destination"), call.user, label, settings)
    call.state.destinations[made.pk] = made
    return Reply(render.destination(made), 201)


def _destination(call: Call) -> Destination:
    return owned(call, call.state.destinations, "DestinationConfig")


def _change_destination(call: Call) -> Reply:
    own = _destination(call)
    values = fields.read(call.data(), _DESTINATION, partial=True)
    settings = _settings(call, values["settings"], own) if "settings" in values else own.settings
    label = values.get("label", own.label)
    _refuse_second_label(call, label, own)
    own.label, own.settings = label, settings
    return Reply(render.destination(own))


def _delete_destination(call: Call) -> Reply:
    own = _destination(call)
    used = users_of(call, destination=own)
    if used:
        message = "Cannot delete this destination since it is in use in the notification profile(s): "
        raise invalid([f"{message}{used}."])
    del call.state.destinations[own.pk]
    return Reply(status=204)


def _duplicate(call: Call) -> Reply:
    own = call.state.destinations.get(call.pk())
    if own is None or own.user is not call.user:
        raise invalid([f"Destination with pk={call.pk()} does not exist."])
    others = (each for each in call.state.destinations.values() if each is not own)
    return Reply({"is_duplicate": any(each.settings == own.settings for each in others)})


def _get_medium(call: Call) -> Reply:
    if call.request.path_params["slug"] != "email":
        raise not_found("Media")
    return Reply(MEDIA)


def _json_schema(call: Call) -> Reply:
    slug = call.request.path_params["slug"]
    if slug != "email":
        raise invalid([f'Medium "{slug}" is not installed.'])
    return Reply(
        {
            "json_schema": {
                "title": "Email Settings",
                "description": "Settings for a DestinationConfig using email.",
                "type": "object",
                "required": ["email_address"],
                "properties": {"email_address": {"type": "string", "title": "Email address"}},
                "$id": f"{call.origin}/json-schema/email",
            }
        }
    )


RESOURCES = {
    f"{_BASE}/destinations/": Resource(
        {"GET": _list_destinations, "POST": _create_destination}, "GET, HEAD, POST"
    ),
    f"{_BASE}/destinations/{{pk}}/": Resource(
        {
            "GET": lambda call: Reply(render.destination(_destination(call))),
            "PATCH": _change_destination,
            "DELETE": _delete_destination,
        },
        "GET, HEAD, PATCH, DELETE",
    ),
    f"{_BASE}/destinations/{{pk}}/duplicate/": Resource({"GET": _duplicate}, "GET, HEAD"),
    f"{_BASE}/media/": Resource({"GET": lambda call: Reply(call.state.media)}, "GET, HEAD"),
    f"{_BASE}/media/{{slug}}/": Resource({"GET": _get_medium}, "GET, HEAD"),
    f"{_BASE}/media/{{slug}}/json_schema/": Resource({"GET": _json_schema}, "GET, HEAD"),
}
