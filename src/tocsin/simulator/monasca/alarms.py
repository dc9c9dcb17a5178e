"""Alarms, and how many of them there are."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import checks, links, shapes
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.definitions import severities_of
from tocsin.simulator.monasca.entities import SEVERITIES, STATES, Alarm, WatchedMetric
from tocsin.simulator.monasca.request import READERS, WRITERS, Ask, not_found, unprocessable
from tocsin.simulator.web import Reply

BY_API = "Alarm state updated via API"
_FIELDS: dict[str, shapes.Check] = {
    "state": shapes.one_of(STATES),
    "lifecycle_state": shapes.text(50),
    "link": shapes.text(512),
}
_SORT_KEYS: Mapping[str, Callable[[Alarm], Json]] = {
    "alarm_id": attrgetter("id"),
    "alarm_definition_id": attrgetter("definition.id"),
    "alarm_definition_name": attrgetter("definition.name"),
    "state": lambda alarm: STATES.index(alarm.state),
    "severity": lambda alarm: SEVERITIES.index(alarm.definition.severity),
    "lifecycle_state": lambda alarm: alarm.lifecycle_state or "",
    "link": lambda alarm: alarm.link or "",
    "state_updated_timestamp": attrgetter("state_updated_at"),
    "updated_timestamp": attrgetter("updated_at"),
    "created_timestamp": attrgetter("created_at"),
}
_GROUP_KEYS: Mapping[str, Callable[[Alarm], str | None]] = {
    "alarm_definition_id": attrgetter("definition.id"),
    "name": attrgetter("definition.name"),
    "state": attrgetter("state"),
    "severity": attrgetter("definition.severity"),
    "link": attrgetter("link"),
    "lifecycle_state": attrgetter("lifecycle_state"),
}
_METRIC_KEYS = ("metric_name", "dimension_name", "dimension_value")
_SINCE = "%Y-%m-%dT%H:%M:%S.%fZ"


def stamp(moment: datetime) -> str:
    """With six digits of a second, or with none."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def shown(alarm: Alarm, url: str) -> Json:
    """An alarm as the API shows it; ``url`` is that of all alarms."""
    definition = alarm.definition
    return {
        "id": alarm.id,
        "metrics": [metric.shown() for metric in alarm.metrics],
        "state": alarm.state,
        "lifecycle_state": alarm.lifecycle_state,
        "link": alarm.link,
        "state_updated_timestamp": stamp(alarm.state_updated_at),
        "updated_timestamp": stamp(alarm.updated_at),
        "created_timestamp": stamp(alarm.created_at),
        "alarm_definition": {
            "id": definition.id,
            "name": definition.name,
            "severity": definition.severity,
            "links": links.to(url.replace("alarms", "alarm-definitions"), definition.id),
        },
        "links": links.to(url, alarm.id),
    }


def own(ask: Ask) -> dict[str, Alarm]:
    """The alarms of the project, by id."""
    return {id: alarm for id, alarm in ask.state.alarms.items() if alarm.tenant == ask.own_tenant}


def one(ask: Ask) -> Alarm:
    """The alarm that the path names."""
    alarm = own(ask).get(ask.path[0])
    if alarm is None:
        raise not_found()
    return alarm


def watches(alarm: Alarm, wanted: Mapping[str, str], *, any_value: bool = True) -> bool:
    """Whether one of the alarm's metrics has the dimensions; ``any_value`` takes an empty value for any."""

    def fits(metric: WatchedMetric, name: str, value: str) -> bool:
        if not value and any_value:
            return name in metric.dimensions
        return metric.dimensions.get(name) in value.split("|")

    return any(all(fits(metric, *item) for item in wanted.items()) for metric in alarm.metrics)


def _found(ask: Ask, *, count: bool) -> list[Alarm]:
    """The alarms that a query asks for, by id."""
    state = ask.call.value("state")
    if state is not None and state.upper() not in STATES:
        raise unprocessable(f"State {state.encode()!r} must be one of {sorted(STATES)}", "Invalid State")
    severities = severities_of(ask)
    wanted = checks.wanted_dimensions(ask, "metric_dimensions")
    blind = count and ask.has(Defect.BLIND_COUNT)
    exact: list[tuple[str, Callable[[Alarm], Json]]] = [
        ("alarm_definition_id", attrgetter("definition.id")),
        ("lifecycle_state", attrgetter("lifecycle_state")),
        ("link", attrgetter("link")),
    ]
    name, since = ask.call.value("metric_name"), _since(ask)
    return [
        alarm
        for _, alarm in sorted(own(ask).items())
        if (state is None or alarm.state == state.upper())
        and (not severities or alarm.definition.severity in severities)
        and all(ask.call.value(field) in {None, get(alarm)} for field, get in exact)
        and (name is None or any(metric.name == name for metric in alarm.metrics))
        and (not wanted or watches(alarm, wanted, any_value=not blind))
        and (since is None or alarm.state_updated_at >= since)
    ]


def _since(ask: Ask) -> datetime | None:
    text = ask.call.value("state_updated_start_time")
    if text is None:
        return None
    try:
        return datetime.strptime(text, _SINCE).replace(tzinfo=UTC)
    except ValueError as error:
        raise ask.mistake(str(error)) from None


def list_alarms(ask: Ask) -> Reply:
    """Those that match, by id unless another order is asked for."""
    ask.permit(READERS)
    fields = ask.sort_by(frozenset(_SORT_KEYS))
    offset = ask.row_offset()
    limit = ask.limit()
    rows = _found(ask, count=False)
    for field, descending in reversed(fields):
        rows.sort(key=_SORT_KEYS[field], reverse=descending)
    elements = [shown(row, links.base(ask)) for row in rows[offset : offset + limit + 1]]
    return Reply(links.by_row(ask, elements, limit, offset))


def get(ask: Ask) -> Reply:
    """One of them."""
    ask.permit(READERS)
    return Reply(_shown_at_id(ask, one(ask)))


def _shown_at_id(ask: Ask, alarm: Alarm) -> Json:
    return shown(alarm, links.base(ask).removesuffix(f"/{alarm.id}"))


def _checked(ask: Ask) -> dict[str, Json]:
    data = ask.json()
    try:
        return shapes.check(data, _FIELDS, (), extra=True)
    except shapes.ShapeError as error:
        raise ask.mistake(str(error)) from None


def change(ask: Ask, alarm: Alarm, state: str) -> None:
    """Set a state by the API: its time has no fractions, that of the history has milliseconds."""
    moment = ask.state.now()
    if state != alarm.state:
        ask.state.change_alarm(alarm, state, at=moment, reason=BY_API)
        alarm.state_updated_at = moment.replace(microsecond=0)
    alarm.updated_at = moment.replace(microsecond=0)


def put(ask: Ask) -> Reply:
    """Replace what may be changed of it."""
    ask.permit(WRITERS)
    data = _checked(ask)
    for field in _FIELDS:
        if not data.get(field):
            raise unprocessable(f"Field '{field}' is required")
    return _update(ask, data)


def patch(ask: Ask) -> Reply:
    """Change some of it."""
    ask.permit(WRITERS)
    return _update(ask, _checked(ask))


def _update(ask: Ask, data: dict[str, Json]) -> Reply:
    alarm = one(ask)
    if data.get("lifecycle_state") is not None:
        alarm.lifecycle_state = data["lifecycle_state"]
    if data.get("link") is not None:
        alarm.link = data["link"]
    change(ask, alarm, data.get("state") or alarm.state)
    return Reply(_shown_at_id(ask, alarm))


def delete(ask: Ask) -> Reply:
    """Remove it; its history stays."""
    ask.permit(WRITERS)
    ask.state.remove_alarm(one(ask))
    return Reply(status=204)


def _keys(alarm: Alarm, fields: list[str]) -> set[tuple[str | None, ...]]:
    """The groups that an alarm counts in: more than one if they are of its dimensions."""
    if not set(fields) & set(_METRIC_KEYS):
        return {tuple(_GROUP_KEYS[field](alarm) for field in fields)}
    rows = [
        dict(zip(_METRIC_KEYS, (metric.name, *item), strict=True))
        for metric in alarm.metrics
        for item in metric.dimensions.items()
    ]
    return {tuple(row[field] if field in row else _GROUP_KEYS[field](alarm) for field in fields) for row in rows}


def count(ask: Ask) -> Reply:
    """How many match, in groups if that is asked for."""
    ask.permit(READERS)
    fields = [each for item in ask.call.values.get("group_by", []) for each in item.split(",")]
    allowed = {*_GROUP_KEYS, *_METRIC_KEYS}
    if not set(fields) <= allowed:
        known = ", ".join(f"'{each}'" for each in sorted(allowed))
        raise unprocessable(f"One or more group-by values from {fields} are not in {{{known}}}")
    offset = ask.row_offset("Offset must be a valid integer, was {}")
    limit = ask.limit()
    counted = Counter(key for alarm in _found(ask, count=True) for key in _keys(alarm, fields))
    rows: list[Json] = [
        [counted[key], *key] for key in sorted(counted, key=lambda key: [each or "" for each in key])
    ]
    query = f"?{ask.call.query}" if ask.call.query else ""
    found = [{"rel": "self", "href": links.base(ask) + query}]
    rest = rows[offset:]
    if not rest:
        rest, limit = [[0, *(None for _ in fields)]], max(limit, 1)
    if len(rest) > limit:
        found.append(links.following(ask, str(offset + limit)))
    return Reply({"links": found, "columns": ["count", *fields], "counts": rest[:limit]})
