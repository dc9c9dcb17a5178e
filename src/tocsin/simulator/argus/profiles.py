"""Notification profiles, timeslots and filters."""

from collections.abc import Mapping
from datetime import time
from typing import TypeVar

from tocsin.simulator.argus import fields, filtering, render
from tocsin.simulator.argus.entities import (
    EVENT_TYPES,
    Filter,
    Profile,
    Timeslot,
)
from tocsin.simulator.argus.fields import BadValueError, Check, Field
from tocsin.simulator.argus.ownership import owned, users_of
from tocsin.simulator.argus.state import ALL_DAY
from tocsin.simulator.argus.web import Call, Reply, Resource, ServerBugError, invalid, not_found
from tocsin.simulator.frame import Json

_BASE = "/api/v2/notificationprofiles"
_LIST = "GET, POST, HEAD, OPTIONS"
_DETAIL = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"

T = TypeVar("T")


# Timeslots


def _recurrence(value: Json) -> dict[str, Json]:
    all_day = fields.is_object(value) and value.get("all_day") is True
    values: dict[str, Json] = fields.nested(
        {
            "days": Field(_days, required=True),
            "start": Field(fields.clock_time, required=not all_day),
            "end": Field(fields.clock_time, required=not all_day),
        }
    )(value)
    if all_day:
        return {"days": values["days"], **ALL_DAY}
    start: time = values["start"]
    end: time = values["end"]
    if start >= end:
        raise BadValueError({"non_field_errors": ["'start' must be before 'end'."]})
    shown = {"start": start.isoformat(), "end": end.isoformat()}
    whole = {"all_day": True} if shown.items() <= ALL_DAY.items() else {}
    return {"days": values["days"], **shown, **whole}


def _days(value: Json) -> list[int]:
    if not fields.is_array(value):
        raise BadValueError([f'Expected a list of items but got type "{type(value).__name__}".'])
    check = fields.choice(*"1234567")
    return sorted({int(check(each)) for each in value})


def _slot_fields(call: Call, slot: Timeslot | None) -> dict[str, Field]:
    def name(value: Json) -> Json:
        text = fields.text(blank=False, longest=40)(value)
        taken = (
            other.name for other in call.state.timeslots.values() if other.user is call.user and other is not slot
        )
        if text in taken:
            owner = call.user.username
            message = f'The name "{text}" is already in use for a another timeslot owned by user {owner}.'
            raise BadValueError([message])
        return text

    return {
        "name": Field(name, required=True),
        "time_recurrences": Field(fields.many(_recurrence, nested_error=True), required=True),
    }


def _list_slots(call: Call) -> Reply:
    slots = call.state.timeslots.values()
    return Reply([render.timeslot(slot) for slot in slots if slot.user is call.user])


def _create_slot(call: Call) -> Reply:
    values = fields.read(call.data(), _slot_fields(call, None))
    slot = Timeslot(call.state.pk("timeslot"), call.user, values["name"], values["time_recurrences"])
    call.state.timeslots[slot.pk] = slot
    return Reply(render.timeslot(slot), 201)


def _slot(call: Call) -> Timeslot:
    return owned(call, call.state.timeslots, "Timeslot")


def _change_slot(call: Call, *, partial: bool) -> Reply:
    slot = _slot(call)
    values = fields.read(call.data(), _slot_fields(call, slot), partial=partial)
    slot.name = values.get("name", slot.name)
    slot.recurrences = values.get("time_recurrences", slot.recurrences)
    return Reply(render.timeslot(slot))


def _delete_slot(call: Call) -> Reply:
    slot, profiles = _slot(call), call.state.profiles
    for profile in [profile for profile in profiles.values() if profile.timeslot is slot]:
        del profiles[profile.pk]
    del call.state.timeslots[slot.pk]
    return Reply(status=204)


# Filters


def _event_types(value: Json) -> list[str]:
    if not fields.is_array(value):
        raise BadValueError([f'Expected a list of items but got type "{type(value).__name__}".'])
    check = fields.choice(*EVENT_TYPES)
    return [check(each) for each in value]


_TAG_LIST = fields.many(fields.text())
_BLOB = {
    "sourceSystemIds": Field(fields.many(fields.integer(1))),
    "source_types": Field(_TAG_LIST),
    "tags": Field(_TAG_LIST),
    "open": Field(fields.boolean, null=True),
    "acked": Field(fields.boolean, null=True),
    "stateful": Field(fields.boolean, null=True),
    "maxlevel": Field(fields.integer(1, 5), null=True),
    "event_types": Field(_event_types),
    "hide_closed_acked": Field(fields.boolean),
}
_BLOB_DEFAULTS = {"open": None, "acked": None, "stateful": None, "maxlevel": None, "hide_closed_acked": False}


def _blob(value: Json) -> dict[str, Json]:
    values = {**_BLOB_DEFAULTS, **fields.nested(_BLOB)(value)}
    return {name: values[name] for name in _BLOB if name in values}


_FILTER = {
    "name": Field(fields.text(blank=False, longest=40), required=True),
    "filter": Field(_blob),
    "public": Field(fields.boolean),
}


def _list_filters(call: Call) -> Reply:
    seen = [each for each in call.state.filters.values() if each.user is call.user or each.public]
    return Reply([render.filter(each) for each in seen])


def _create_filter(call: Call) -> Reply:
    values = fields.read(call.data(), _FILTER)
    pk = call.state.pk("filter")
    _refuse_second_name(call, values["name"], None)
    made = Filter(pk, call.user, values["name"], values.get("filter") or _blob({}), values.get("public", False))
    call.state.filters[pk] = made
    return Reply(render.filter(made), 201)


def _refuse_second_name(call: Call, name: str, own: Filter | None) -> None:
    """A second filter of one name is a failure of the real server."""
    filters = call.state.filters.values()
    if any(each.name == name and each.user is call.user and each is not own for each in filters):
        raise ServerBugError


def _get_filter(call: Call) -> Reply:
    found = call.state.filters.get(call.pk())
    if found is None or not (found.public or found.user is call.user):
        raise not_found("Filter")
    return Reply(render.filter(found))


def _change_filter(call: Call, *, partial: bool) -> Reply:
    own = owned(call, call.state.filters, "Filter")
    values = fields.read(call.data(), _FILTER, partial=partial)
    name = values.get("name", own.name)
    _refuse_second_name(call, name, own)
    own.name, own.public = name, values.get("public", own.public)
    if "filter" in values:
        own.blob = values["filter"]
        if partial and "hide_closed_acked" not in call.data()["filter"]:
            del own.blob["hide_closed_acked"]  # a PATCH fills in no default
    return Reply(render.filter(own))


def _delete_filter(call: Call) -> Reply:
    own = owned(call, call.state.filters, "Filter")
    used = users_of(call, filter=own)
    if used:
        raise invalid(f"Cannot delete this filter since it is in use in the notification profile(s): {used}.")
    for task in call.state.maintenances.values():
        task.filters = [each for each in task.filters if each is not own]
    del call.state.filters[own.pk]
    return Reply(status=204)


def _preview(call: Call) -> Reply:
    values = fields.read(call.data(), _BLOB)
    return _matching(call, [Filter(0, call.user, "", values)])


def _matching(call: Call, filters: list[Filter]) -> Reply:
    state, now = call.state, call.state.now()
    keeps = [filtering.by_blob(state, each.blob) for each in filters]
    rows = state.incidents.newest_first()
    return Reply([render.incident(row, now) for row in rows if any(keep(row) for keep in keeps)])


# Profiles


def related(table: Mapping[int, T]) -> Check:
    """A pk of the table; the value read is the row."""

    def check(value: Json) -> T:
        if isinstance(value, bool) or not str(value).isdecimal():
            received = type(value).__name__
            raise BadValueError([f"Incorrect type. Expected pk value, received {received}."])
        if int(value) not in table:
            raise BadValueError([f'Invalid pk "{value}" - object does not exist.'])
        return table[int(value)]

    return check


def related_list(table: Mapping[int, T], *, empty: bool) -> Check:
    """Pks of the table; unlike other lists, the first error stands for all."""
    one = related(table)

    def check(value: Json) -> list[T]:
        if not fields.is_array(value):
            raise BadValueError([f'Expected a list of items but got type "{type(value).__name__}".'])
        if not value and not empty:
            raise BadValueError(["This list may not be empty."])
        return [one(each) for each in value]

    return check


def _profile_fields(call: Call) -> dict[str, Field]:
    state = call.state
    return {
        "name": Field(fields.text(longest=40), null=True),
        "timeslot": Field(related(state.timeslots), required=True),
        "filters": Field(related_list(state.filters, empty=False), required=True),
        "destinations": Field(related_list(state.destinations, empty=True)),
        "active": Field(fields.boolean),
    }


def _list_profiles(call: Call) -> Reply:
    profiles = call.state.profiles.values()
    return Reply([render.profile(profile) for profile in profiles if profile.user is call.user])


def _read_profile(call: Call, own: Profile | None, *, partial: bool) -> dict[str, Json]:
    values = fields.read(call.data(), _profile_fields(call), partial=partial)
    if "timeslot" not in values:
        raise ServerBugError
    if values["timeslot"].user is not call.user:
        message = "The user of 'timeslot' must be the same as the requesting user."
        raise invalid({"non_field_errors": [message]})
    profiles = [each for each in call.state.profiles.values() if each.user is call.user and each is not own]
    if values.get("name") and values["name"] in [each.name for each in profiles]:
        raise invalid({"non_field_errors": ["The requesting user already has a profile with that name."]})
    return values


def _create_profile(call: Call) -> Reply:
    values = _read_profile(call, None, partial=False)
    profile = Profile(
        pk=call.state.pk("profile"),
        user=call.user,
        name=values.get("name"),
        timeslot=values["timeslot"],
        filters=values["filters"],
        destinations=values.get("destinations", []),
        active=values.get("active", True),
    )
    call.state.profiles[profile.pk] = profile
    return Reply(render.profile(profile), 201)


def _profile(call: Call) -> Profile:
    return owned(call, call.state.profiles, "NotificationProfile")


def _change_profile(call: Call, *, partial: bool) -> Reply:
    own = _profile(call)
    for name, value in _read_profile(call, own, partial=partial).items():
        setattr(own, name, value)
    return Reply(render.profile(own))


def _delete_profile(call: Call) -> Reply:
    del call.state.profiles[_profile(call).pk]
    return Reply(status=204)


def _profile_incidents(call: Call) -> Reply:
    if not str(call.request.path_params["pk"]).isdecimal():
        raise ServerBugError
    profile = call.state.profiles.get(call.pk())
    if profile is None or profile.user is not call.user:
        raise invalid([f"Notification profile with pk={call.pk()} does not exist."])
    return _matching(call, profile.filters)


RESOURCES = {
    f"{_BASE}/": Resource({"GET": _list_profiles, "POST": _create_profile}, _LIST),
    f"{_BASE}/{{pk}}/": Resource(
        {
            "GET": lambda call: Reply(render.profile(_profile(call))),
            "PUT": lambda call: _change_profile(call, partial=False),
            "PATCH": lambda call: _change_profile(call, partial=True),
            "DELETE": _delete_profile,
        },
        _DETAIL,
    ),
    f"{_BASE}/{{pk}}/incidents/": Resource({"GET": _profile_incidents}, "GET, HEAD, OPTIONS"),
    f"{_BASE}/preview/": Resource({"POST": _preview}, "POST, OPTIONS"),
    f"{_BASE}/filterpreview/": Resource({"POST": _preview}, "POST, OPTIONS"),
    f"{_BASE}/timeslots/": Resource({"GET": _list_slots, "POST": _create_slot}, _LIST),
    f"{_BASE}/timeslots/{{pk}}/": Resource(
        {
            "GET": lambda call: Reply(render.timeslot(_slot(call))),
            "PUT": lambda call: _change_slot(call, partial=False),
            "PATCH": lambda call: _change_slot(call, partial=True),
            "DELETE": _delete_slot,
        },
        _DETAIL,
    ),
    f"{_BASE}/filters/": Resource({"GET": _list_filters, "POST": _create_filter}, _LIST),
    f"{_BASE}/filters/{{pk}}/": Resource(
        {
            "GET": _get_filter,
            "PUT": lambda call: _change_filter(call, partial=False),
            "PATCH": lambda call: _change_filter(call, partial=True),
            "DELETE": _delete_filter,
        },
        _DETAIL,
    ),
}
