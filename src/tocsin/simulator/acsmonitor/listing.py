"""Lists: what a query asks for, and the page of it."""

from collections.abc import Callable, Collection, Mapping
from typing import cast
from urllib.parse import parse_qsl, urlencode

from tocsin.simulator.acsmonitor.envelope import enveloped
from tocsin.simulator.acsmonitor.request import Ask, refusal
from tocsin.simulator.acsmonitor.schema import SCHEMAS, Schema
from tocsin.simulator.acsmonitor.state import AcsMonitorState
from tocsin.simulator.acsmonitor.tables import Row, Table
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply, as_array

_BIG = 2**63  # PHP takes nothing above for a whole number
_FLAGS = {"1": "true", "0": "false"}


def shown(state: AcsMonitorState, schema: Schema, row: Row, *, whole: bool = False) -> Row:
    """A row as the API shows it, in a list or ``whole``."""
    relations = schema.relations
    away = schema.hidden | {relation.column for relation in relations.values()}
    found = {
        name: value for name, value in row.items() if name not in away and (whole or name not in schema.detail)
    }
    for name, relation in relations.items():
        if whole or relation.in_list:
            other = state.tables[relation.table].get(row[relation.column])
            found[name] = {field: other[field] for field in relation.fields} if other else None
    if not state.down_has_time and found.get("status") == "down" and "response_time_ms" in found:
        found["response_time_ms"] = None
    if state.fractional_times:
        found |= {name: _with_fractions(value) for name, value in found.items() if name.endswith("_at")}
    return found


def _with_fractions(value: Json) -> Json:
    return f"{value.removesuffix('Z')}.000000Z" if isinstance(value, str) else value


def rows_of(ask: Ask, name: str, where: Mapping[str, Json] | None = None) -> Reply:
    """A page of a table, of the rows whose columns are as ``where`` says."""
    return listed(ask, name, ask.state.tables[name], SCHEMAS[name], where or {})


def listed(ask: Ask, name: str, table: Table, schema: Schema, where: Mapping[str, Json]) -> Reply:
    """A page of a table; ``name`` is that of the list, for the switches."""
    state = ask.state
    rows = _selected(ask, name, table, schema, where)
    kind = state.envelopes.get(name, state.envelope)
    number, size = _page(ask), _size(ask, name)
    if kind == "bare":
        number, size = 1, max(len(rows), 1)
    page = [shown(state, schema, row) for row in rows[(number - 1) * size : number * size]]
    path = f"{ask.origin}{ask.call.path}"
    kept = parse_qsl(ask.call.query) if state.links_keep_query else []

    def link(to: int) -> str:
        query = [*((key, value) for key, value in kept if key != "page"), ("page", str(to))]
        return f"{path}?{urlencode(query)}"

    return Reply(enveloped(kind, page, number, size, len(rows), link, path))


def _whole_number(text: str | None) -> int | None:
    """The number, if there is one above zero."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 19:
        return None
    return int(text) if 0 < int(text) < _BIG else None


def _page(ask: Ask) -> int:
    return _whole_number(ask.call.value("page")) or 1


def _size(ask: Ask, name: str) -> int:
    state = ask.state
    cap = state.per_page_caps.get(name, state.per_page_cap)
    return min(_whole_number(ask.call.value("per_page")) or state.per_page, cap)


def _selected(ask: Ask, name: str, table: Table, schema: Schema, where: Mapping[str, Json]) -> list[Row]:
    search = (ask.call.value("search") or "").lower()
    filters = _filters(ask, schema)
    sort = _sort(ask, schema) or _fields(ask.state.orders.get(name, schema.order)) or [("id", False)]
    key = (search, tuple(filters), tuple(sort), tuple(where.items()))

    def choose(rows: Collection[Row]) -> list[Row]:
        found = [
            row
            for row in rows
            if all(row[column] == value for column, value in where.items())
            and all(_matches(row[column], wanted) for column, wanted in filters)
            and (not search or any(search in _text(row[column]).lower() for column in schema.search))
        ]
        # Of equal rows the order is not published: by id, so that pages never overlap.
        found.sort(key=lambda row: cast("int", row["id"]), reverse=sort[0][1])
        for column, descending in reversed(sort):
            found.sort(key=_ranked(column), reverse=descending)
        return found

    return table.select(key, choose)


def _filters(ask: Ask, schema: Schema) -> list[tuple[str, str]]:
    """The columns that are asked for, with their texts; brackets come encoded or not."""
    columns = [column for column in ("id", *schema.columns) if column not in schema.hidden]
    # The API's page names the filters "group" and "device", which are relations, and "active", which is a flag.
    names = {name: relation.column for name, relation in schema.relations.items()}
    names |= {column.removeprefix("is_"): column for column in columns}
    names |= {column: column for column in columns}
    found: list[tuple[str, str]] = []
    for parameter, values in ask.call.values.items():
        if parameter.startswith("filter[") and parameter.endswith("]"):
            name = parameter[len("filter[") : -1]
            if name in names:
                found.append((names[name], values[-1]))
            elif ask.state.unknown_columns == "refused":
                raise _not_allowed("filter", name, names)
    return sorted(found)


def _sort(ask: Ask, schema: Schema) -> list[tuple[str, bool]]:
    names = [column for column in ("id", *schema.columns) if column not in schema.hidden]
    found: list[tuple[str, bool]] = []
    for column, descending in _fields(ask.call.value("sort") or ""):
        if column in names:
            found.append((column, descending))
        elif ask.state.unknown_columns == "refused":
            raise _not_allowed("sort", column, names)
    return found


def _fields(text: str) -> list[tuple[str, bool]]:
    return [(item.removeprefix("-"), item.startswith("-")) for item in text.split(",") if item]


def _not_allowed(what: str, given: str, allowed: Collection[str]) -> Exception:
    known = ", ".join(f"`{name}`" for name in sorted(allowed))
    return refusal(400, f"Requested {what}(s) `{given}` are not allowed. Allowed {what}(s) are {known}.")


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(_text, as_array(value) or ()))
    return "" if value is None else str(value)


def _matches(value: Json, wanted: str) -> bool:
    if isinstance(value, bool):
        wanted = _FLAGS.get(wanted, wanted)
    return _text(value) == wanted


def _ranked(column: str) -> Callable[[Row], tuple[int, float | str]]:
    """A key by which values of different types can be sorted: nothing, numbers, texts."""

    def key(row: Row) -> tuple[int, float | str]:
        value = row[column]
        if value is None:
            return 0, 0
        return (1, value) if isinstance(value, int | float) else (2, _text(value))

    return key
