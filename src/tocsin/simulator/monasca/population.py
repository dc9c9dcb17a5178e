"""The world as a Monasca would know it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tocsin.simulator.monasca.entities import Definition, Method
from tocsin.simulator.monasca.state import MonascaState
from tocsin.simulator.world import Alarm, World

SERIES_LENGTH = 24
"""How many measurements each metric of each host has: the last ones before the epoch."""

INTERVAL = timedelta(hours=1)

_SEVERITIES = {"critical": "CRITICAL", "high": "HIGH", "warning": "MEDIUM", "low": "LOW", "info": "LOW"}
_STATES = {"firing": "ALARM", "resolved": "OK", "notice": "UNDETERMINED"}


def populate(state: MonascaState, world: World) -> None:
    """People are notification methods; every alarm of the world is one here, with its own id and history."""
    methods = [state.add_method(person.name.title(), "EMAIL", person.email) for person in world.people]
    _measure(state, world)
    definitions: dict[tuple[str, str], Definition] = {}
    for alarm in world.alarms:
        kind = (alarm.name, alarm.severity)
        if kind not in definitions:
            definitions[kind] = _define(state, alarm, world, methods)
        _raise(state, world, alarm, definitions[kind])


def _measure(state: MonascaState, world: World) -> None:
    moments = [world.epoch - INTERVAL * back for back in range(SERIES_LENGTH, 0, -1)]
    for host in world.hosts:
        dimensions = {"host": host.name, "site": host.site, "role": host.role}
        for metric in world.metrics:
            rows: Iterable[tuple[datetime, float]] = ((at, world.value(host, metric, at)) for at in moments)
            state.add_measurements(metric.name, dimensions, rows)


def _define(state: MonascaState, alarm: Alarm, world: World, methods: list[Method]) -> Definition:
    """One definition for each kind and severity; alarms of one kind have one threshold."""
    ids = [method.id for method in methods[:1]]
    return state.add_definition(
        f"{alarm.name} {alarm.severity}",
        f"max({alarm.metric.name}) > {alarm.threshold}",
        description=f"{alarm.metric.name} above {alarm.threshold:g} {alarm.metric.unit}",
        severity=_SEVERITIES[alarm.severity],
        match_by=["host"],
        actions={"ALARM": ids, "OK": ids},
        created_at=world.epoch - timedelta(days=30),
    )


def _raise(state: MonascaState, world: World, alarm: Alarm, definition: Definition) -> None:
    first, last = alarm.history[0], alarm.history[-1]
    raised = state.add_alarm(
        definition,
        [(alarm.metric.name, world.labels(alarm))],
        id=alarm.id,
        state="OK",
        created_at=alarm.started_at,
        lifecycle_state={"firing": "OPEN", "notice": None}.get(last.state, last.state.upper()),
        title=f"{alarm.name} {alarm.number} on {alarm.host.name}",
    )
    for change in alarm.history:
        if change.state in _STATES:
            reason = alarm.description if change is first else change.reason
            state.change_alarm(raised, _STATES[change.state], at=change.at, reason=reason)
    raised.updated_at = last.at
