"""Alarm definitions."""

from operator import attrgetter

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import checks, expressions, links, shapes
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.entities import SEVERITIES, Definition
from tocsin.simulator.monasca.expressions import SubExpression
from tocsin.simulator.monasca.request import (
    READERS,
    WRITERS,
    Ask,
    bad_request,
    not_found,
    refusal,
    unprocessable,
)
from tocsin.simulator.web import Reply, as_object

ACTIONS = {"alarm_actions": "ALARM", "ok_actions": "OK", "undetermined_actions": "UNDETERMINED"}
_FIELDS: dict[str, shapes.Check] = {
    "name": shapes.text(255),
    "expression": shapes.text(),
    "description": shapes.text(255),
    "severity": shapes.one_of(SEVERITIES, any_case=True),
    "match_by": shapes.texts,
    **{name: shapes.actions(state) for name, state in ACTIONS.items()},
    "actions_enabled": shapes.boolean,
}
_SORT_FIELDS = frozenset({"id", "name", "severity", "updated_at", "created_at"})


def shown(definition: Definition, url: str) -> Json:
    """A definition as the API shows it, with a link under ``url``."""
    return {
        "id": definition.id,
        "name": definition.name,
        "description": definition.description,
        "expression": definition.expression,
        "deterministic": definition.deterministic,
        "match_by": definition.match_by,
        "severity": definition.severity,
        "actions_enabled": definition.actions_enabled,
        **{name: definition.actions.get(state, []) for name, state in ACTIONS.items()},
        "links": links.to(url, definition.id),
    }


def own(ask: Ask) -> dict[str, Definition]:
    """The definitions of the project, by id."""
    return {id: each for id, each in ask.state.definitions.items() if each.tenant == ask.own_tenant}


def _one(ask: Ask) -> Definition:
    definition = own(ask).get(ask.path[0])
    if definition is None:
        raise not_found()
    return definition


def severities_of(ask: Ask) -> list[str]:
    """The severities that a query asks for; none is any."""
    given = (ask.call.value("severity") or "").upper()
    for each in given.split("|") if given else ():
        if each not in SEVERITIES:
            asked = next(one for one in (ask.call.value("severity") or "").split("|") if one.upper() == each)
            message = f"Severity {asked.encode()!r} must be one of {list(SEVERITIES)}"
            raise unprocessable(message, "Invalid Severity")
    return given.split("|") if given else []


def parsed(expression: str, *, patched: bool = False) -> tuple[SubExpression, ...]:
    """The sub-expressions; the complaint about an update shows bytes."""
    try:
        return expressions.subs_of(expressions.parse(expression))
    except expressions.ExpressionError as error:
        parts: tuple[Json, ...] = (expression, error.column, error.message)
        if patched:
            parts = tuple(str(part).encode() for part in parts)
        message = "parser failed on expression '{}' at column {}: {}".format(*parts)
        raise unprocessable(message, "Invalid alarm expression") from None


def check_actions(ask: Ask, data: Json) -> dict[str, list[str]]:
    """The actions by state that a body gives, all of which must exist."""
    given = {state: data[name] for name, state in ACTIONS.items() if data.get(name) is not None}
    for state, ids in given.items():
        for id in ids:
            if id not in ask.state.methods:
                message = f"Non-existent notification id {id.encode()!r} submitted for {state.encode()!r}"
                raise unprocessable(f"{message} notification action", "InvalidUpdateException")
    return given


def _check_name(ask: Ask, name: str, id: str = "") -> None:
    for other in own(ask).values():
        if other.name == name and other.id != id:
            behind = f" with id {other.id}" if id else ""
            message = f"An alarm definition with the name {name} already exists{behind}"
            raise refusal(409, "AlreadyExistsException", message)


def _checked(data: Json, *, whole: bool) -> dict[str, Json]:
    try:
        return shapes.check(data, _FIELDS, _FIELDS if whole else ("name", "expression"), extra=True)
    except shapes.ShapeError as error:
        raise unprocessable(str(error)) from None


def create(ask: Ask) -> Reply:
    """A new definition, whose name must be new."""
    ask.permit(WRITERS)
    data = _checked(ask.json(), whole=False)
    subs = parsed(data["expression"])
    _check_name(ask, data["name"])
    definition = ask.state.add_definition(
        data["name"],
        data["expression"],
        description=data.get("description", ""),
        severity=data.get("severity", "LOW").upper(),
        match_by=data.get("match_by", []),
        actions=check_actions(ask, data),
        subs=subs,
        tenant=ask.own_tenant,
    )
    return Reply(shown(definition, links.base(ask)), 201)


def list_definitions(ask: Ask) -> Reply:
    """Those that match, by id unless another order is asked for."""
    ask.permit(READERS)
    name = ask.call.value("name")
    dimensions = checks.dimensions_of(ask)
    severities = severities_of(ask)
    fields = ask.sort_by(_SORT_FIELDS)
    offset = ask.row_offset()
    limit = ask.limit()
    rows: list[Definition] = []
    for each in sorted(own(ask).values(), key=attrgetter("id")):
        if (name and each.name != name) or (severities and each.severity not in severities):
            continue
        matching = sum(dimensions.items() <= sub.dimensions.items() for sub in each.subs)
        rows += [each] * (matching if dimensions and ask.has(Defect.DUPLICATE_DEFINITIONS) else min(matching, 1))
    for field, descending in reversed(fields):
        rows.sort(key=attrgetter(field), reverse=descending)
    elements = [shown(row, links.base(ask)) for row in rows[offset : offset + limit + 1]]
    return Reply(links.by_row(ask, elements, limit, offset))


def get(ask: Ask) -> Reply:
    """One of them."""
    ask.permit(READERS)
    return Reply(_shown_at_id(ask, _one(ask)))


def _shown_at_id(ask: Ask, definition: Definition) -> Json:
    return shown(definition, links.base(ask).removesuffix(f"/{definition.id}"))


def _check_metrics(definition: Definition, subs: tuple[SubExpression, ...]) -> None:
    """An update must keep the metrics; what is said of it is the server's way of counting."""
    gone = [sub for sub in definition.subs if sub.metric not in {each.metric for each in subs}]
    come = [sub for sub in subs if sub.metric not in {each.metric for each in definition.subs}]
    if gone or come:
        same = len(subs) == len(gone)
        message = f"{'metrics in subexpression' if same else 'number of subexpressions'} must not change"
        raise unprocessable(str(message.encode()), "InvalidUpdateException")


def _update(ask: Ask, data: dict[str, Json]) -> Reply:
    expression = data.get("expression")
    subs = parsed(expression, patched=True) if expression else None
    id = ask.path[0]
    if data.get("name"):
        _check_name(ask, str(data["name"]), id)
    definition = _one(ask)
    if subs is not None:
        _check_metrics(definition, subs)
    match_by = data.get("match_by")
    if match_by is not None and match_by != definition.match_by:
        raise unprocessable("match_by must not change", "InvalidUpdateException")
    definition.actions |= check_actions(ask, data)
    if subs is not None:
        definition.subs, definition.expression = subs, str(expression)
    for field in ("name", "description", "severity"):
        if data.get(field) is not None:
            setattr(definition, field, str(data[field]))
    if data.get("actions_enabled") is not None:
        definition.actions_enabled = bool(data["actions_enabled"])
    definition.updated_at = ask.state.now()
    return Reply(_shown_at_id(ask, definition))


def put(ask: Ask) -> Reply:
    """Replace all of it."""
    if not ask.path:
        raise bad_request("Alarm definition ID not provided", "Bad Request")
    ask.permit(WRITERS)
    data = _checked(ask.json(), whole=True)
    return _update(ask, data | {"severity": data["severity"].upper()})


def patch(ask: Ask) -> Reply:
    """Change some of it: nothing but the severity is checked."""
    if not ask.path:
        raise bad_request("Alarm definition ID not provided", "Bad Request")
    ask.permit(WRITERS)
    given = as_object(ask.json()) or {}
    if "severity" in given:
        if not isinstance(given["severity"], str):
            raise ask.mistake(f"{type(given['severity'])} can't be decoded")
        given = given | {"severity": given["severity"].upper()}
        if given["severity"] not in SEVERITIES:
            raise unprocessable("Invalid severity")
    return _update(ask, given)


def delete(ask: Ask) -> Reply:
    """Remove it with its alarms."""
    if not ask.path:
        raise bad_request("Alarm definition ID not provided", "Bad Request")
    ask.permit(WRITERS)
    ask.state.remove_definition(_one(ask))
    return Reply(status=204)
