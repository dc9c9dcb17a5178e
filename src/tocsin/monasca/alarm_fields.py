"""What alarms can be asked for and made of: each name once, with its type and its check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Required, TypedDict

from tocsin import forms
from tocsin.forms import Check, Form
from tocsin.monasca import alarm_inputs as inputs
from tocsin.monasca.alarm_inputs import SortBy
from tocsin.monasca.dialect import CURRENT, OF_2014
from tocsin.monasca.inputs import DimensionFilter, dimension_filter
from tocsin.options import CallOptions

if TYPE_CHECKING:
    from tocsin.monasca.expressions import Expression


class _Filters(TypedDict, total=False):
    alarm_definition_id: str
    metric_name: str
    severity: str | Sequence[str]
    lifecycle_state: str
    link: str
    state_updated_start_time: datetime
    state: str


class AlarmFilters(_Filters, total=False):
    """Which alarms, and in which order.

    state: OK, ALARM or UNDETERMINED; in both dialects, all others are of one.
    name, dimensions: the alarm's name, and dimensions of its metrics with one value each (2014).
    alarm_definition_id, lifecycle_state, link: exactly (current).
    metric_name, metric_dimensions: of a metric that it watches (current).
    severity: LOW, MEDIUM, HIGH or CRITICAL, or several of which any will do (current).
    state_updated_start_time: aware: those whose state has changed since (current).
    sort_by: by alarm_id, alarm_definition_id, alarm_definition_name, state, severity, lifecycle_state, link,
        state_updated_timestamp, updated_timestamp or created_timestamp, as ``"state"``, ``"state desc"``,
        ``("state", "desc")``, or several of these; by default by alarm_id (current).
    """

    name: str
    dimensions: Mapping[str, str]
    metric_dimensions: DimensionFilter
    sort_by: SortBy


class AlarmQuery(AlarmFilters, CallOptions, total=False):
    """`AlarmFilters`, and what every call takes."""


class CountQuery(_Filters, CallOptions, total=False):
    """The filters of `AlarmService.count`, and what every call takes: those of `AlarmFilters` that it has.

    metric_dimensions: one value each: for none, monasca-api 11.0.0 counts nothing, for several it fails.
    """

    metric_dimensions: Mapping[str, str]


class AlarmState(CallOptions, total=False):
    """What can be changed of an alarm in the current dialect.

    state: OK, ALARM or UNDETERMINED.
    lifecycle_state: any text of at most 50 characters, such as OPEN or RESOLVED.
    link: at most 512 characters.
    """

    state: str
    lifecycle_state: str
    link: str


class _Definition(CallOptions, total=False):
    description: str
    severity: str
    alarm_actions: Sequence[str]
    ok_actions: Sequence[str]
    undetermined_actions: Sequence[str]


class NewAlarm(_Definition, total=False):
    """What an alarm of 2014 is made of.

    name: at most 255 characters, unique.
    expression: a text, or what `parse_expression` and the builders of expressions make.
    description: at most 255 characters.
    severity: LOW (the default), MEDIUM, HIGH or CRITICAL.
    alarm_actions, ok_actions, undetermined_actions: ids of notification methods.
    """

    name: Required[str]
    expression: Required[str | Expression]


class AlarmReplacement(_Definition, total=False):
    """`NewAlarm`, the state (OK, ALARM or UNDETERMINED), and whether notification methods are told; what is left
    out takes its default."""

    name: Required[str]
    expression: Required[str | Expression]
    state: Required[str]
    actions_enabled: Required[bool]


class AlarmChanges(AlarmState, total=False):
    """What can be changed of an alarm: of `AlarmState` in the current dialect, in that of 2014 the state, and what
    `AlarmReplacement` has."""

    name: str
    expression: str | Expression
    actions_enabled: bool
    description: str
    severity: str
    alarm_actions: Sequence[str]
    ok_actions: Sequence[str]
    undetermined_actions: Sequence[str]


_COUNTED: dict[str, Check] = {
    "alarm_definition_id": forms.filled,
    "metric_name": inputs.up_to(255),
    "metric_dimensions": inputs.dimensions,
    "state": inputs.state,
    "severity": inputs.severities,
    "lifecycle_state": inputs.up_to(50),
    "link": inputs.up_to(512),
    "state_updated_start_time": inputs.moment,
}
FILTERS = Form(
    {
        **_COUNTED,
        "name": inputs.up_to(255),
        "dimensions": inputs.dimensions,
        "metric_dimensions": dimension_filter,
        "sort_by": inputs.sort_by(
            *("alarm_id", "alarm_definition_id", "alarm_definition_name", "state", "severity", "lifecycle_state"),
            *("link", "state_updated_timestamp", "updated_timestamp", "created_timestamp"),
        ),
    }
)
COUNT = Form(
    {
        **_COUNTED,
        "group_by": inputs.fields(
            *("alarm_definition_id", "name", "state", "severity", "link", "lifecycle_state"),
            *("metric_name", "dimension_name", "dimension_value"),
        ),
    }
)
#: The server takes an empty text for none, and then refuses the whole.
STATE = Form(
    {"state": inputs.state, "lifecycle_state": inputs.up_to(50), "link": inputs.up_to(512)},
    required={"state", "lifecycle_state", "link"},
)
_DEFINITION: dict[str, Check] = {
    "name": inputs.up_to(255),
    "expression": inputs.expression(OF_2014),
    "description": inputs.up_to(255, forms.text),
    "severity": inputs.severity,
    "alarm_actions": inputs.actions,
    "ok_actions": inputs.actions,
    "undetermined_actions": inputs.actions,
}
NEW = Form(_DEFINITION, required={"name", "expression"})
REPLACEMENT = Form(
    {**_DEFINITION, "state": inputs.state, "actions_enabled": forms.flag},
    required={"name", "expression", "state", "actions_enabled"},
)
CHANGES = Form(
    {
        **REPLACEMENT.checks,
        "lifecycle_state": inputs.up_to(50, forms.text),
        "link": inputs.up_to(512, forms.text),
    }
)
#: What each dialect can change of an alarm.
CHANGEABLE = {CURRENT: STATE.checks.keys(), OF_2014: REPLACEMENT.checks.keys()}
