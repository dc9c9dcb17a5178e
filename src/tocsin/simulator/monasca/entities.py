"""What Monasca keeps in its SQL database and, of transitions, beside its measurements."""

from collections.abc import Mapping
from datetime import datetime

import attrs

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca.expressions import SubExpression

STATES = ("OK", "UNDETERMINED", "ALARM")
"""In the order in which the server sorts them."""

SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL")
"""Least severe first."""


@attrs.define(eq=False)
class Method:
    """A notification method."""

    id: str
    tenant: str
    name: str
    type: str
    address: str
    period: int
    created_at: datetime
    updated_at: datetime


@attrs.define(eq=False)
class Definition:
    """An alarm definition; ``actions`` has the ids of notification methods by state."""

    id: str
    tenant: str
    name: str
    description: str
    expression: str
    subs: tuple[SubExpression, ...]
    severity: str
    match_by: list[str]
    actions: dict[str, list[str]]
    created_at: datetime
    updated_at: datetime
    actions_enabled: bool = True

    @property
    def deterministic(self) -> bool:
        """Whether every sub-expression is."""
        return all(sub.deterministic for sub in self.subs)


@attrs.frozen
class WatchedMetric:
    """A series that an alarm watches."""

    name: str
    dimensions: Mapping[str, str]

    def shown(self) -> Json:
        """As the API shows it."""
        return {"name": self.name, "dimensions": dict(self.dimensions)}


@attrs.define(eq=False)
class Alarm:
    """One state of one definition. ``title`` is its name in the dialect of 2014, where an alarm has one."""

    id: str
    definition: Definition
    metrics: tuple[WatchedMetric, ...]
    state: str
    created_at: datetime
    updated_at: datetime
    state_updated_at: datetime
    lifecycle_state: str | None = None
    link: str | None = None
    title: str = ""

    @property
    def tenant(self) -> str:
        """The project it belongs to."""
        return self.definition.tenant


@attrs.frozen
class Transition:
    """One row of an alarm's history; ``time`` is epoch milliseconds."""

    time: int
    tenant: str
    alarm_id: str
    metrics: tuple[WatchedMetric, ...]
    old_state: str
    new_state: str
    reason: str
