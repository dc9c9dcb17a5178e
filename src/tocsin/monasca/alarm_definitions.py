"""Alarm definitions: ``monasca.alarm_definitions``. In the dialect of 2014 there are none: see `AlarmService`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Required, TypedDict, Unpack

from tocsin import forms
from tocsin.forms import Check, Form
from tocsin.monasca import alarm_inputs as inputs
from tocsin.monasca.alarm_inputs import SortBy
from tocsin.monasca.collection import PAGE, Collection
from tocsin.monasca.dialect import CURRENT
from tocsin.monasca.inputs import dimension_name
from tocsin.monasca.models.alarms import AlarmDefinition
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager

if TYPE_CHECKING:
    from tocsin.monasca.expressions import Expression


class AlarmDefinitionFilters(TypedDict, total=False):
    """Which alarm definitions, and in which order.

    name: exactly.
    dimensions: those that a metric of its expression has, one value each.
    severity: LOW, MEDIUM, HIGH or CRITICAL, or several of which any will do.
    sort_by: by id, name, severity, created_at or updated_at, as ``"name"``, ``"name desc"``, ``("name", "desc")``,
        or several of these; by default by id.
    """

    name: str
    dimensions: Mapping[str, str]
    severity: str | Sequence[str]
    sort_by: SortBy


class AlarmDefinitionQuery(AlarmDefinitionFilters, CallOptions, total=False):
    """`AlarmDefinitionFilters`, and what every call takes."""


class _Plain(CallOptions, total=False):
    description: str
    severity: str
    match_by: Sequence[str]
    alarm_actions: Sequence[str]
    ok_actions: Sequence[str]
    undetermined_actions: Sequence[str]


class NewAlarmDefinition(_Plain, total=False):
    """What an alarm definition is made of; its actions are enabled.

    name: at most 255 characters, unique in its project.
    expression: a text, or what `parse_expression` and the builders of expressions make.
    description: at most 255 characters.
    severity: LOW (the default), MEDIUM, HIGH or CRITICAL.
    match_by: names of dimensions: there will be an alarm for each combination of their values.
    alarm_actions, ok_actions, undetermined_actions: ids of notification methods.
    """

    name: Required[str]
    expression: Required[str | Expression]


class AlarmDefinitionChanges(_Plain, total=False):
    """What can be changed of an alarm definition; see `NewAlarmDefinition`.

    expression: with as many comparisons as before, of the same metrics.
    match_by: as before: the server refuses another.
    actions_enabled: whether notification methods are told.
    """

    name: str
    expression: str | Expression
    actions_enabled: bool


class AlarmDefinitionReplacement(CallOptions, total=False):
    """`AlarmDefinitionChanges`, all of them."""

    name: Required[str]
    expression: Required[str | Expression]
    description: Required[str]
    severity: Required[str]
    match_by: Required[Sequence[str]]
    alarm_actions: Required[Sequence[str]]
    ok_actions: Required[Sequence[str]]
    undetermined_actions: Required[Sequence[str]]
    actions_enabled: Required[bool]


_FILTERS = Form(
    {
        "name": inputs.up_to(255),
        "dimensions": inputs.dimensions,
        "severity": inputs.severities,
        "sort_by": inputs.sort_by("id", "name", "severity", "created_at", "updated_at"),
    }
)
_CHECKS: dict[str, Check] = {
    "name": inputs.up_to(255),
    "expression": inputs.expression(CURRENT),
    "description": inputs.up_to(255, forms.text),
    "severity": inputs.severity,
    "match_by": forms.many(dimension_name),
    "alarm_actions": inputs.actions,
    "ok_actions": inputs.actions,
    "undetermined_actions": inputs.actions,
}
_NEW = Form(_CHECKS, required={"name", "expression"})
_CHANGES = Form({**_CHECKS, "actions_enabled": forms.flag})
_REPLACEMENT = Form(_CHANGES.checks, required=_CHANGES.checks.keys())


class AlarmDefinitionService(Collection[AlarmDefinition]):
    """What alarms are made by (current dialect only). With a definition, its alarms are deleted."""

    _part = "alarm-definitions"
    _row = AlarmDefinition

    def list(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[AlarmDefinitionQuery]
    ) -> Pager[AlarmDefinition]:
        """Alarm definitions of the project.

        Args:
            page_size: rows a page, from 2 to 10000.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            filters: see `AlarmDefinitionFilters`.

        Raises TypeError for a filter that there is none of, InputError for a value.
        """
        params, call = _FILTERS.query(filters)
        return self._all(AlarmDefinition, params, page_size, on_bad_row, call)

    def rows(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[AlarmDefinitionQuery]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        params, call = _FILTERS.query(filters)
        return self._all(bytes, params, page_size, on_bad_row, call)

    async def create(self, **fields: Unpack[NewAlarmDefinition]) -> AlarmDefinition:
        """Make one. It is not sent again where it is unknown whether it was made.

        Raises InputError for an expression that the server could not read, ConflictError for a name that there is
        already, and what the server says of an id that is no notification method's (a 422).
        """
        body, call = _NEW.read(fields)
        return await self._create(body, call)

    async def replace(self, id: str, **fields: Unpack[AlarmDefinitionReplacement]) -> AlarmDefinition:
        """Change all of it, by PUT. Raises as `create` and `patch`."""
        body, call = _REPLACEMENT.read(fields)
        return await self._change("PUT", id, body, call)

    async def patch(self, id: str, **changes: Unpack[AlarmDefinitionChanges]) -> AlarmDefinition:
        """Change what is given. Raises as `create`, NotFoundError, and what the server says of a change of
        `match_by` or of what is compared (a 422)."""
        body, call = _CHANGES.read(changes)
        return await self._change("PATCH", id, body, call)
