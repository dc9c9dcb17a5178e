"""Alarms and what belongs to them, in both dialects. Seen on monasca-api 11.0.0, and as the specification of 2014
has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import field

from tocsin.monasca.resource import Link
from tocsin.transport.codec import Model


class AlarmDefinition(Model, frozen=True, kw_only=True):
    """What alarms are made by: one for each combination of the `match_by` dimensions that its metrics have.

    Attributes:
        severity: LOW, MEDIUM, HIGH or CRITICAL.
        deterministic: whether each of its sub-expressions is: then its alarms begin as OK, and never become
            UNDETERMINED.
        alarm_actions, ok_actions, undetermined_actions: ids of notification methods.
    """

    id: str
    name: str
    expression: str
    description: str | None = ""
    severity: str = "LOW"
    deterministic: bool = False
    match_by: tuple[str, ...] = ()
    actions_enabled: bool = True
    alarm_actions: tuple[str, ...] = ()
    ok_actions: tuple[str, ...] = ()
    undetermined_actions: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class DefinitionOfAlarm(Model, frozen=True):
    """What an alarm says of its definition."""

    id: str
    name: str = ""
    severity: str = "LOW"
    links: tuple[Link, ...] = ()


#: In the dialect of 2014 an alarm has no definition but itself.
_ITSELF = DefinitionOfAlarm(id="", severity="")


class AlarmMetric(Model, frozen=True):
    """A metric that an alarm watches."""

    name: str
    dimensions: dict[str, str] = field(default_factory=dict[str, str])


class Alarm(Model, frozen=True, kw_only=True):
    """An alarm.

    In the current dialect it is the state of what its definition found; in that of 2014 it is the definition, too,
    and has no definition besides.

    Attributes:
        state: OK, ALARM or UNDETERMINED.
        links: "self", and "history" in the dialect of 2014.
        metrics: what it watches (current).
        lifecycle_state, link: whatever its keepers have put there; None where nothing was (current).
        state_updated_timestamp, updated_timestamp, created_timestamp: aware, in UTC (current).
        alarm_definition: what it was made by; its fields are empty in the dialect of 2014.
        name, description, expression, severity, actions_enabled, alarm_actions, ok_actions, undetermined_actions:
            as in `AlarmDefinition` (2014); None or empty in the current dialect.
        expression_data: the expression as JSON values, which is nested where the expression is compound (2014).
    """

    id: str
    state: str
    links: tuple[Link, ...] = ()
    metrics: tuple[AlarmMetric, ...] = ()
    lifecycle_state: str | None = None
    link: str | None = None
    state_updated_timestamp: datetime | None = None
    updated_timestamp: datetime | None = None
    created_timestamp: datetime | None = None
    alarm_definition: DefinitionOfAlarm = _ITSELF
    name: str | None = None
    description: str | None = None
    expression: str | None = None
    expression_data: Any = None
    severity: str | None = None
    actions_enabled: bool | None = None
    alarm_actions: tuple[str, ...] = ()
    ok_actions: tuple[str, ...] = ()
    undetermined_actions: tuple[str, ...] = ()


class SubExpression(Model, frozen=True, kw_only=True):
    """One comparison of an alarm's expression.

    Attributes:
        function: such as AVG.
        operator: LT, LTE, GT or GTE.
        period: seconds.
        periods: how many of them in a row.
    """

    function: str = ""
    metric_name: str = ""
    dimensions: dict[str, str] = field(default_factory=dict[str, str])
    operator: str = ""
    threshold: float | None = None
    period: int | None = None
    periods: int | None = None


class SubAlarm(Model, frozen=True, kw_only=True):
    """The part of one comparison in a transition.

    Attributes:
        sub_alarm_state: OK, ALARM or UNDETERMINED.
        current_values: what was compared, the oldest first.
    """

    sub_alarm_expression: SubExpression = field(default_factory=SubExpression)
    sub_alarm_state: str = ""
    current_values: tuple[float | None, ...] = ()


class AlarmTransition(Model, frozen=True, kw_only=True):
    """That an alarm's state changed: a row of its history.

    Attributes:
        timestamp: aware, in UTC, to the millisecond.
        old_state, new_state: OK, ALARM or UNDETERMINED.
        reason_data: JSON, as text.
        metrics, sub_alarms: (current).
        id: the milliseconds since 1970, which rows may share (current).
    """

    alarm_id: str
    timestamp: datetime
    old_state: str
    new_state: str
    reason: str | None = ""
    reason_data: str | None = ""
    metrics: tuple[AlarmMetric, ...] = ()
    sub_alarms: tuple[SubAlarm, ...] = ()
    id: str | None = None


class AlarmCount(Model, frozen=True):
    """How many alarms there are of a group.

    Attributes:
        group: what they share, by the names that were asked for; empty where none were.
    """

    count: int
    group: dict[str, str | None] = field(default_factory=dict[str, str | None])
