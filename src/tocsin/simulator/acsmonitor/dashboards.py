"""Dashboards, each of which is its user's own, and their widgets."""

from tocsin.simulator.acsmonitor.listing import rows_of, shown
from tocsin.simulator.acsmonitor.request import Ask, invalid
from tocsin.simulator.acsmonitor.resources import Resource
from tocsin.simulator.acsmonitor.schema import SCHEMAS
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import Field, an_object, boolean, text
from tocsin.simulator.frame import Json
from tocsin.simulator.web import Reply, as_array, as_object


def _with_widgets(ask: Ask, dashboard: Row) -> Row:
    own = [row for row in ask.state.tables["widgets"] if row["dashboard_id"] == dashboard["id"]]
    return {**dashboard, "widgets": [shown(ask.state, SCHEMAS["widgets"], row) for row in own]}


def _owned(ask: Ask, values: Row) -> Row:
    return {**values, "user_id": ask.user["id"]}


DASHBOARDS = Resource(
    "dashboards",
    {"name": Field(text(), required=True), "is_default": Field(boolean)},
    keep=_owned,
    detail=_with_widgets,
)
_WIDGET = {"title": Field(text()), "config": Field(an_object), "position": Field(an_object)}
WIDGETS = Resource("widgets", _WIDGET)
DASHBOARD_WIDGETS = Resource("widgets", _WIDGET, parent=("dashboards", "dashboard_id"))


def listed(ask: Ask) -> Reply:
    """A page of the user's own."""
    return rows_of(ask, "dashboards", {"user_id": ask.user["id"]})


def move(ask: Ask) -> Reply:
    """Set the positions of many widgets, all or none; how they are given is not published."""
    given = as_array(ask.input().get("positions"))
    if not given:
        raise invalid({"positions": ["The positions field is required."]})
    moves: list[tuple[Row, Json]] = []
    for item in map(as_object, given):
        row = ask.state.tables["widgets"].get(_id(item))
        if item is None or row is None:
            raise invalid({"positions": ["The selected positions is invalid."]})
        moves.append((row, item.get("position") or {k: v for k, v in item.items() if k != "id"}))
    for row, position in moves:
        ask.state.tables["widgets"].change(row, {"position": position})
    return Reply({"message": "Positions updated."})


def _id(item: dict[str, Json] | None) -> int | None:
    id = item.get("id") if item else None
    return id if isinstance(id, int) else None
