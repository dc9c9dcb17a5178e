"""Which incidents a query or a saved filter selects."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from tocsin.simulator.argus.entities import INFINITY, Incident
from tocsin.simulator.argus.fields import BadValueError, moment, tag_text
from tocsin.simulator.argus.state import ArgusState
from tocsin.simulator.argus.web import Call, ServerBugError, invalid
from tocsin.simulator.frame import Json

Keep = Callable[[Incident], bool]

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_BAD_TAG = (
    'Enter a valid key-value construct: "key=value", where key and value are strings. '
    "The key can consist of lowercase letters, numbers and underscores."
)
# What /mine/ knows nothing of, and so ignores.
_NOT_MINE = frozenset({"id__in", "level__lte", "source__id__in", "source__name__in", "source__type__in", "search"})


def by_query(call: Call, *, mine: bool) -> Keep:
    """What the query asks for; what it does not understand is ignored, or a 400 where the server says so."""
    makers = _makers(call)
    kept: list[Keep] = []
    errors: dict[str, Json] = {}
    for name, value in call.query.items():
        maker = makers.get(name)
        if maker is None or not value or (mine and name in _NOT_MINE):
            continue
        try:
            keep = maker(value)
        except BadValueError as error:
            errors[name] = error.error
        else:
            if keep is not None:
                kept.append(keep)
    if errors:
        raise invalid(errors)
    return _all(kept)


def by_blob(state: ArgusState, blob: Mapping[str, Json]) -> Keep:
    """What a saved filter selects: nothing if it asks for nothing."""
    now = state.now()
    kept: list[Keep] = []
    for name, wanted in blob.items():
        if _unset(name, wanted):
            continue
        match name:
            case "sourceSystemIds":
                kept.append(_among(wanted, lambda row: row.source.pk))
            case "source_types":
                kept.append(_among(wanted, lambda row: row.source.type))
            case "tags":
                if not all("=" in tag for tag in wanted):
                    raise ServerBugError
                kept.append(_tagged(wanted))
            case "maxlevel":
                kept.append(_level(wanted))
            case "open" | "acked" | "stateful" | "hide_closed_acked":
                kept.append(_state_flag(name, now, wanted=wanted))
            case _:  # event_types choose among notifications, not among incidents
                kept.append(lambda _row: True)
    return _all(kept) if kept else lambda _row: False


def _unset(name: str, wanted: Json) -> bool:
    return wanted is None or (not wanted and name not in {"open", "acked", "stateful"})


def _all(kept: Iterable[Keep]) -> Keep:
    each = tuple(kept)
    return lambda row: all(keep(row) for keep in each)


def _makers(call: Call) -> dict[str, Callable[[str], Keep | None]]:
    state, now = call.state, call.state.now()

    def flag(name: str) -> Callable[[str], Keep | None]:
        def make(value: str) -> Keep | None:
            wanted = _BOOLEANS.get(value.lower())
            return None if wanted is None else _state_flag(name, now, wanted=wanted)

        return make

    def saved(value: str) -> Keep:
        filter = state.filters.get(_whole(value))
        if filter is None or filter.user is not call.user:
            return lambda _row: False
        return by_blob(state, filter.blob)

    def profile(value: str) -> Keep:
        profile = state.profiles.get(_whole(value))
        if profile is None or profile.user is not call.user:
            return lambda _row: False
        keeps = [by_blob(state, filter.blob) for filter in profile.filters]
        return lambda row: any(keep(row) for keep in keeps)

    def source_type(value: str) -> Keep:
        names = value.split(",")
        if not set(names) <= set(state.source_types):
            raise BadValueError(["Select a valid choice. That choice is not one of the available choices."])
        return _among(names, lambda row: row.source.type)

    def duration(value: str) -> Keep:
        least = timedelta(minutes=_number(value))

        def keep(row: Incident) -> bool:
            if not row.stateful:
                return least <= timedelta(0)
            end = min(row.end_time, now) if isinstance(row.end_time, datetime) else now
            return end - row.start_time >= least

        return keep

    return {
        **{
            name: flag(name)
            for name in ("open", "acked", "stateful", "ticket", "hide_closed_acked", "token_expiry")
        },
        "end_time__isnull": flag("end_time__isnull"),
        "tags": _tags,
        "id__in": lambda value: _among(_pks(value), lambda row: row.pk),
        "source__id__in": lambda value: _among(_pks(value), lambda row: row.source.pk),
        "source__name__in": lambda value: _among(value.split(","), lambda row: row.source.name),
        "source__type__in": source_type,
        "level__lte": lambda value: _level(_number(value)),
        "source_incident_id": lambda value: lambda row: row.source_incident_id == value,
        "start_time__gte": lambda value: _starts(_time(value), later=True),
        "start_time__lte": lambda value: _starts(_time(value), later=False),
        "end_time__gte": lambda value: _ends(_time(value), later=True),
        "end_time__lte": lambda value: _ends(_time(value), later=False),
        "duration__gte": duration,
        "search": _search,
        "filter_pk": saved,
        "notificationprofile_pk": profile,
    }


def _state_flag(name: str, now: datetime, *, wanted: bool) -> Keep:
    match name:
        case "open":
            return lambda row: row.stateful and row.open(now) is wanted
        case "acked":
            return lambda row: row.acked(now) is wanted
        case "stateful":
            return lambda row: row.stateful is wanted
        case "ticket":
            return lambda row: bool(row.ticket_url) is wanted
        case "end_time__isnull":
            return lambda row: (row.end_time is None) is wanted
        case "hide_closed_acked":
            return lambda row: not (wanted and row.stateful and not row.open(now) and row.acked(now))
        case _:  # token_expiry: the server's own incidents about tokens that run out
            return lambda row: (row.source.type == "argus" and _has(row, "problem_type=token_expiry")) is wanted


def _has(row: Incident, tag: str) -> bool:
    return any(each.tag == tag for each in row.tags)


def _among(wanted: Iterable[object], value: Callable[[Incident], object]) -> Keep:
    values = frozenset(wanted)
    return lambda row: value(row) in values


def _level(most: float) -> Keep:
    return lambda row: row.level <= most


def _tagged(tags: Iterable[str]) -> Keep:
    by_key: dict[str, set[str]] = {}
    for tag in tags:
        by_key.setdefault(tag.partition("=")[0], set()).add(tag)
    wanted = tuple(by_key.values())
    return lambda row: all(any(tag.tag in group for tag in row.tags) for group in wanted)


def _tags(value: str) -> Keep:
    tags = [tag.strip() for tag in value.split(",")]
    try:
        if not all(tag_text(tag).partition("=")[2] for tag in tags):
            raise BadValueError([_BAD_TAG])
    except BadValueError:
        raise BadValueError([_BAD_TAG]) from None
    return _tagged(tags)


def _search(value: str) -> Keep:
    words = value.lower().split()

    def keep(row: Incident) -> bool:
        texts = [row.description.lower(), *(event.description.lower() for event in row.events)]
        return all(any(word in text for text in texts) for word in words)

    return keep


def _starts(time: datetime, *, later: bool) -> Keep:
    return lambda row: row.start_time >= time if later else row.start_time <= time


def _ends(time: datetime, *, later: bool) -> Keep:
    def keep(row: Incident) -> bool:
        if not isinstance(row.end_time, datetime):
            return later and row.end_time == INFINITY
        return row.end_time >= time if later else row.end_time <= time

    return keep


def _time(value: str) -> datetime:
    try:
        return moment(value)
    except BadValueError:
        raise BadValueError(["Enter a valid date/time."]) from None


def _number(value: str) -> float:
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        raise BadValueError(["Enter a number."]) from None
    if not number.is_finite():
        raise BadValueError(["Enter a number."])
    return float(number)


def _pks(value: str) -> list[int]:
    return [int(_number(each)) for each in value.split(",") if each.strip()]


def _whole(value: str) -> int:
    if not re.fullmatch(r"\s*-?\d+\s*", value, re.ASCII):
        raise BadValueError(["Enter a whole number."])
    return int(value)
