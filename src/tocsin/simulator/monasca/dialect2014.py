"""The API as its specification of 2014 has it: 19 operations, bare arrays, seconds, alarms with expressions.

The specification names the status of an error but not its body, which is that of the later server here.
It shows the data of a single comparison only; an expression of several is told as its operator and operands.
"""

import math
from collections.abc import Mapping

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import (
    alarms,
    checks,
    definitions,
    expressions,
    history,
    methods,
    metrics,
    shapes,
    statistics,
)
from tocsin.simulator.monasca.entities import SEVERITIES, STATES, Alarm, Definition, Method
from tocsin.simulator.monasca.expressions import Expression, Operation, SubExpression
from tocsin.simulator.monasca.measurements import stamp
from tocsin.simulator.monasca.request import (
    READERS,
    SENDERS,
    WRITERS,
    Ask,
    bad_request,
    not_found,
    refusal,
    unprocessable,
)
from tocsin.simulator.monasca.routing import Route
from tocsin.simulator.monasca.series import Series, Span
from tocsin.simulator.web import Reply, as_array

VERSION = "v2.0"
_PATCH_TYPE = "application/json-patch+json"
_METHOD_FIELDS: dict[str, shapes.Check] = {
    "name": shapes.text(250),
    "type": shapes.one_of(["EMAIL"]),
    "address": shapes.text(100),
}
_ALARM_FIELDS: dict[str, shapes.Check] = {
    "name": shapes.text(255),
    "description": shapes.text(255),
    "expression": shapes.text(),
    "severity": shapes.one_of(SEVERITIES),
    "state": shapes.one_of(STATES, any_case=True),
    "actions_enabled": shapes.boolean,
    **{name: shapes.actions(state) for name, state in definitions.ACTIONS.items()},
}


# Versions


def _version(href: str) -> Json:
    return {
        "id": VERSION,
        "links": [{"rel": "self", "href": href}],
        "status": "CURRENT",
        "updated": "2014-07-18T03:25:02.423Z",
    }


def _versions(ask: Ask) -> Reply:
    return Reply([_version(f"{ask.call.origin}/{VERSION}")])


def _one_version(ask: Ask) -> Reply:
    if ask.path[0] != VERSION:
        raise not_found()
    return Reply(_version(f"{ask.call.origin}/{VERSION}/"))


# Metrics


def _create_metrics(ask: Ask) -> Reply:
    ask.permit(SENDERS)
    data = ask.json()
    given = as_array(data)
    given = [data] if given is None else given
    try:
        for metric in given:
            checks.metric(metric)
            if len(metric["name"]) > 64:
                raise checks.InvalidMetricError(f"invalid length for metric name: {metric['name']}")
    except (checks.InvalidMetricError, KeyError, TypeError, AttributeError) as error:
        raise unprocessable(str(error)) from None
    metrics.store(ask, [{**metric, "value_meta": None} for metric in given], 1000)
    return Reply(status=204)


def _found(ask: Ask) -> list[Series]:
    name, wanted = checks.wanted_name(ask, required=False), checks.wanted_dimensions(ask)
    return ask.state.store.matching(ask.tenant, name, wanted)


def _list_metrics(ask: Ask) -> Reply:
    ask.permit(READERS)
    return Reply([{"name": row.name, "dimensions": row.dimensions} for row in _found(ask)])


def _span(ask: Ask) -> Span:
    start = ask.time("start_time")
    if start is None:
        raise unprocessable("Missing start time")
    return Span(start, ask.time("end_time"))


def _list_measurements(ask: Ask) -> Reply:
    """For each series its rows, the newest first; ``limit`` counts series."""
    ask.permit(READERS)
    span, limit = _span(ask), ask.call.value("limit")
    if limit is not None and not limit.isdecimal():
        raise unprocessable("Limit parameter must be a positive integer")
    elements: list[Json] = []
    for ordinal, series in enumerate(_found(ask), 1):
        if limit is not None and len(elements) >= int(limit):
            break
        rows = [
            [time // 1000 * 10_000 + ordinal, _seconds(time), value]
            for time, value, _ in reversed([*series.rows(span)])
        ]
        if rows:
            columns = ["id", "timestamp", "value"]
            elements.append(
                {
                    "name": series.name,
                    "dimensions": series.dimensions,
                    "columns": columns,
                    "measurements": rows,
                }
            )
    return Reply(elements)


def _seconds(time: int) -> str:
    return stamp(time).partition(".")[0] + "Z"


def _list_statistics(ask: Ask) -> Reply:
    """For each series its periods, the newest first; every number is a fraction."""
    ask.permit(READERS)
    checks.wanted_name(ask, required=True)
    span, wanted, seconds = _span(ask), statistics.functions(ask), statistics.period(ask)
    elements: list[Json] = []
    for series in _found(ask):
        rows = statistics.buckets([series], span, seconds or statistics.DEFAULT_PERIOD, wanted, None)
        if rows:
            elements.append(
                {
                    "name": series.name,
                    "dimensions": series.dimensions,
                    "columns": ["timestamp", *wanted],
                    "statistics": [[row[0], *(float(value) for value in row[1:])] for row in reversed(rows)],
                }
            )
    return Reply(elements)


# Notification methods


def _method(method: Method, url: str) -> Json:
    shown: dict[str, Json] = methods.shown(method, url)
    del shown["period"]
    return shown


def _method_url(ask: Ask) -> str:
    return f"{ask.call.origin}/v2.0/notification-methods"


def _method_data(ask: Ask) -> dict[str, Json]:
    try:
        data = shapes.check(ask.json(), _METHOD_FIELDS, _METHOD_FIELDS, extra=False)
        shapes.address(data["type"], data["address"])
    except shapes.ShapeError as error:
        raise bad_request(str(error)) from None
    return data


def _create_method(ask: Ask) -> Reply:
    ask.permit(WRITERS)
    method = ask.state.add_method(**_method_data(ask), tenant=ask.own_tenant)
    return Reply(_method(method, _method_url(ask)), 201)


def _list_methods(ask: Ask) -> Reply:
    ask.permit(READERS)
    return Reply([_method(each, _method_url(ask)) for _, each in sorted(methods.own(ask).items())])


def _get_method(ask: Ask) -> Reply:
    ask.permit(READERS)
    return Reply(_method(methods.one(ask), _method_url(ask)))


def _put_method(ask: Ask) -> Reply:
    ask.permit(WRITERS)
    method, data = methods.one(ask), _method_data(ask)
    method.name, method.type, method.address = data["name"], data["type"], data["address"]
    method.updated_at = ask.state.now()
    return Reply(_method(method, _method_url(ask)))


# Alarms


def parse(text: str) -> Expression:
    """Read an expression, in which a colon may stand between a metric's name and its dimensions."""
    return _without_colons(expressions.parse(text))


def _without_colons(expression: Expression) -> Expression:
    if isinstance(expression, Operation):
        return Operation(expression.operator, tuple(_without_colons(each) for each in expression.operands))
    name = expression.metric_name
    if not (expression.dimensions and name.endswith(":") and name != ":"):
        return expression
    return SubExpression(
        function=expression.function,
        metric_name=name.removesuffix(":"),
        dimensions=expression.dimensions,
        operator=expression.operator,
        threshold=expression.threshold,
        period=expression.period,
        periods=expression.periods,
    )


def _data_of(expression: Expression) -> Json:
    if isinstance(expression, Operation):
        return {"operator": expression.operator, "operands": [_data_of(each) for each in expression.operands]}
    return {
        "function": expression.function,
        "metric_name": expression.metric_name,
        "dimensions": dict(expression.dimensions),
        "operator": expression.operator,
        "threshold": expression.threshold,
        "period": expression.period,
        "periods": expression.periods,
    }


def _alarm(ask: Ask, alarm: Alarm) -> Json:
    definition = alarm.definition
    url = f"{ask.call.origin}/v2.0/alarms/{alarm.id}"
    return {
        "id": alarm.id,
        "links": [{"rel": "self", "href": url}, {"rel": "history", "href": f"{url}/history"}],
        "name": alarm.title,
        "description": definition.description,
        "expression": definition.expression,
        "expression_data": _data_of(parse(definition.expression)),
        "state": alarm.state,
        "severity": definition.severity,
        "actions_enabled": definition.actions_enabled,
        **{name: definition.actions.get(state, []) for name, state in definitions.ACTIONS.items()},
    }


def _alarm_data(ask: Ask, *required: str) -> dict[str, Json]:
    try:
        return shapes.check(ask.json(), _ALARM_FIELDS, required, extra=True)
    except shapes.ShapeError as error:
        raise unprocessable(str(error)) from None


def _parsed(text: str) -> tuple[SubExpression, ...]:
    try:
        return expressions.subs_of(parse(text))
    except expressions.ExpressionError as error:
        raise unprocessable(f"{error.message} at column {error.column}", "Invalid alarm expression") from None


def _check_title(ask: Ask, title: str, id: str = "") -> None:
    if any(alarm.title == title and alarm.id != id for alarm in alarms.own(ask).values()):
        raise refusal(409, "Conflict", f"An alarm already exists with the name {title}")


def _metrics_of(subs: tuple[SubExpression, ...]) -> list[tuple[str, Mapping[str, str]]]:
    return [(sub.metric_name, sub.dimensions) for sub in subs]


def _create_alarm(ask: Ask) -> Reply:
    ask.permit(WRITERS)
    data = _alarm_data(ask, "name", "expression")
    subs = _parsed(data["expression"])
    _check_title(ask, data["name"])
    definition = ask.state.add_definition(
        data["name"],
        data["expression"],
        description=data.get("description", ""),
        severity=data.get("severity", "LOW"),
        actions=definitions.check_actions(ask, data),
        subs=subs,
        tenant=ask.own_tenant,
    )
    return Reply(_alarm(ask, ask.state.add_alarm(definition, _metrics_of(subs))), 201)


def _list_alarms(ask: Ask) -> Reply:
    ask.permit(READERS)
    name, state = ask.call.value("name"), (ask.call.value("state") or "").upper()
    wanted = checks.wanted_dimensions(ask)
    return Reply(
        [
            _alarm(ask, alarm)
            for _, alarm in sorted(alarms.own(ask).items())
            if name in {None, alarm.title}
            and state in {"", alarm.state}
            and (not wanted or alarms.watches(alarm, wanted))
        ]
    )


def _get_alarm(ask: Ask) -> Reply:
    ask.permit(READERS)
    return Reply(_alarm(ask, alarms.one(ask)))


def _put_alarm(ask: Ask) -> Reply:
    """Replace all of it: what may be left out and is goes back to its default."""
    ask.permit(WRITERS)
    defaults: dict[str, Json] = {
        "description": "",
        "severity": "LOW",
        **{name: [] for name in definitions.ACTIONS},
    }
    data = _alarm_data(ask, "name", "expression", "state", "actions_enabled")
    return _update_alarm(ask, defaults | data)


def _patch_alarm(ask: Ask) -> Reply:
    """Change some of it; the body has a media type of its own."""
    ask.permit(WRITERS)
    if ask.call.headers.get("content-type") != _PATCH_TYPE:
        raise refusal(415, "Unsupported Media Type", f"Content-Type must be {_PATCH_TYPE}")
    ask.call.headers = {**ask.call.headers, "content-type": "application/json"}
    return _update_alarm(ask, _alarm_data(ask))


def _update_alarm(ask: Ask, data: dict[str, Json]) -> Reply:
    alarm = alarms.one(ask)
    subs = _parsed(data["expression"]) if "expression" in data else alarm.definition.subs
    _check_title(ask, data.get("name", alarm.title), alarm.id)
    definition = _own_definition(ask, alarm)
    definition.actions |= definitions.check_actions(ask, data)
    definition.subs = subs
    definition.expression = data.get("expression", definition.expression)
    definition.description = data.get("description", definition.description)
    definition.severity = data.get("severity", definition.severity)
    definition.actions_enabled = data.get("actions_enabled", definition.actions_enabled)
    definition.updated_at = ask.state.now()
    alarm.title = data.get("name", alarm.title)
    alarms.change(ask, alarm, data.get("state", alarm.state).upper())
    return Reply(_alarm(ask, alarm))


def _own_definition(ask: Ask, alarm: Alarm) -> Definition:
    """The alarm's definition, which it may share with alarms that must not change with it."""
    old = alarm.definition
    if any(other.definition is old for other in ask.state.alarms.values() if other is not alarm):
        alarm.definition = ask.state.add_definition(
            alarm.title,
            old.expression,
            description=old.description,
            severity=old.severity,
            match_by=old.match_by,
            actions=old.actions,
            subs=old.subs,
            tenant=old.tenant,
        )
    return alarm.definition


def _delete_alarm(ask: Ask) -> Reply:
    """Remove it, with its definition if no other alarm has that."""
    ask.permit(WRITERS)
    alarm = alarms.one(ask)
    ask.state.remove_alarm(alarm)
    if all(other.definition is not alarm.definition for other in ask.state.alarms.values()):
        ask.state.remove_definition(alarm.definition)
    return Reply(status=204)


def _history(ask: Ask) -> Reply:
    """The newest first: of one alarm, or of all that watch the dimensions."""
    ask.permit(READERS)
    wanted = checks.wanted_dimensions(ask)
    ids = {id for id, alarm in alarms.own(ask).items() if not wanted or alarms.watches(alarm, wanted)}
    ids &= set(ask.path) if ask.path else ids
    start, end = ask.time("start_time") or -math.inf, ask.time("end_time") or math.inf
    rows = [row for row in ask.state.transitions if row.alarm_id in ids and start <= row.time < end]
    return Reply(
        [
            {
                "alarm_id": row.alarm_id,
                "old_state": row.old_state,
                "new_state": row.new_state,
                "reason": row.reason,
                "reason_data": "{}",
                "timestamp": stamp(row.time),
            }
            for row in reversed(history.in_order(rows))
        ]
    )


_ID = "/([^/]+)"
ROUTES = [
    Route.of("/v2.0/versions", GET=_versions),
    Route.of(f"/v2.0/versions{_ID}", GET=_one_version),
    Route.of("/v2.0/metrics", GET=_list_metrics, POST=_create_metrics),
    Route.of("/v2.0/metrics/measurements", GET=_list_measurements),
    Route.of("/v2.0/metrics/statistics", GET=_list_statistics),
    Route.of("/v2.0/notification-methods", GET=_list_methods, POST=_create_method),
    Route.of(f"/v2.0/notification-methods{_ID}", GET=_get_method, PUT=_put_method, DELETE=methods.delete),
    Route.of("/v2.0/alarms", GET=_list_alarms, POST=_create_alarm),
    Route.of("/v2.0/alarms/state-history", GET=_history),
    Route.of(f"/v2.0/alarms{_ID}", GET=_get_alarm, PUT=_put_alarm, PATCH=_patch_alarm, DELETE=_delete_alarm),
    Route.of(f"/v2.0/alarms{_ID}/state-history", GET=_history),
]
"""The operations of the specification, and no other."""
