"""What the simulated Monasca knows, and how a test looks into it and changes it."""

import random
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import RLock

from tocsin.simulator.frame import Clock, Json
from tocsin.simulator.keystone import Keystone
from tocsin.simulator.monasca import expressions
from tocsin.simulator.monasca.defects import ALL_DEFECTS, Defect
from tocsin.simulator.monasca.entities import Alarm, Definition, Method, Transition, WatchedMetric
from tocsin.simulator.monasca.series import Store

DIALECTS = ("current", "2014")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(moment: datetime) -> int:
    """Since the epoch, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


class MonascaState:
    """The whole state; its methods are safe to call from any thread while the server runs.

    ``keystone`` signs people in. ``defects`` are what the server does other than documented: all of them,
    as in monasca-api 11.0.0, until it is set. ``new_id`` makes the ids of what is created. ``logs`` are
    the entries that came in, by tenant. Tenants are ids of Keystone's projects; ``tenant`` is that of demo.
    """

    def __init__(self, clock: Clock, seed: int) -> None:
        self.lock = RLock()
        self._clock = clock
        self._random = random.Random(f"monasca {seed}")  # noqa: S311 - ids of a simulation
        self.keystone = Keystone(clock, seed)
        self.tenant = self.keystone.projects["demo"].id
        self.defects: frozenset[Defect] = ALL_DEFECTS
        self.new_id: Callable[[], str] = self._uuid
        self.logs: list[tuple[str, Json]] = []
        self.shifts = 0
        self._dialect = "current"
        self.clear()

    def clear(self) -> None:
        """Remove every measurement, method, definition, alarm, transition and log; users and tokens stay."""
        with self.lock:
            self.store = Store()
            self.methods: dict[str, Method] = {}
            self.definitions: dict[str, Definition] = {}
            self.alarms: dict[str, Alarm] = {}
            self.transitions: list[Transition] = []
            self.logs.clear()

    @property
    def dialect(self) -> str:
        """What the server speaks: ``current`` or ``2014``; may be set while it runs."""
        return self._dialect

    @dialect.setter
    def dialect(self, dialect: str) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"dialect must be one of {', '.join(DIALECTS)}; not {dialect!r}")
        self._dialect = dialect

    @property
    def sign_ins(self) -> int:
        """How many tokens were given out over HTTP."""
        return self.keystone.sign_ins

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return self._clock().astimezone(UTC)

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    # What tests and the population put in

    def add_measurements(
        self,
        name: str,
        dimensions: Mapping[str, str],
        rows: Iterable[tuple[datetime, float]],
        *,
        value_meta: Mapping[str, Json] | None = None,
        tenant: str | None = None,
    ) -> None:
        """Put measurements into one series; times are aware, and kept in milliseconds."""
        with self.lock:
            for moment, value in rows:
                meta = dict(value_meta or {})
                self.store.add(tenant or self.tenant, name, dimensions, milliseconds(moment), float(value), meta)

    def add_method(
        self, name: str, type: str, address: str, *, period: int = 0, tenant: str | None = None
    ) -> Method:
        """Create a notification method."""
        with self.lock:
            now = self.now()
            method = Method(self.new_id(), tenant or self.tenant, name, type, address, period, now, now)
            self.methods[method.id] = method
            return method

    def add_definition(
        self,
        name: str,
        expression: str,
        *,
        description: str = "",
        severity: str = "LOW",
        match_by: Sequence[str] = (),
        actions: Mapping[str, Sequence[str]] | None = None,
        created_at: datetime | None = None,
        subs: tuple[expressions.SubExpression, ...] | None = None,
        tenant: str | None = None,
    ) -> Definition:
        """Create an alarm definition; ``subs`` is given where the expression is read in another dialect."""
        with self.lock:
            moment = created_at or self.now()
            definition = Definition(
                id=self.new_id(),
                tenant=tenant or self.tenant,
                name=name,
                description=description,
                expression=expression,
                subs=expressions.subs_of(expressions.parse(expression)) if subs is None else subs,
                severity=severity,
                match_by=list(match_by),
                actions={state: list(ids) for state, ids in (actions or {}).items()},
                created_at=moment,
                updated_at=moment,
            )
            self.definitions[definition.id] = definition
            return definition

    def add_alarm(
        self,
        definition: Definition,
        metrics: Iterable[tuple[str, Mapping[str, str]]],
        *,
        state: str = "UNDETERMINED",
        id: str | None = None,
        created_at: datetime | None = None,
        lifecycle_state: str | None = None,
        title: str = "",
    ) -> Alarm:
        """Create an alarm, as the threshold engine does."""
        with self.lock:
            moment = created_at or self.now()
            watched = tuple(WatchedMetric(name, dict(dimensions)) for name, dimensions in metrics)
            alarm = Alarm(
                id=id or self.new_id(),
                definition=definition,
                metrics=watched,
                state=state,
                created_at=moment,
                updated_at=moment,
                state_updated_at=moment,
                lifecycle_state=lifecycle_state,
                title=title or definition.name,
            )
            self.alarms[alarm.id] = alarm
            return alarm

    def change_alarm(self, alarm: Alarm, state: str, *, at: datetime | None = None, reason: str) -> None:
        """Let an alarm change its state, which its history tells."""
        with self.lock:
            moment = at or self.now()
            row = Transition(
                milliseconds(moment), alarm.tenant, alarm.id, alarm.metrics, alarm.state, state, reason
            )
            self.transitions.append(row)
            self.store.add_shard(row.time)
            alarm.state = state
            alarm.state_updated_at = alarm.updated_at = moment

    def remove_alarm(self, alarm: Alarm) -> None:
        """Delete an alarm; its history stays."""
        with self.lock:
            del self.alarms[alarm.id]

    def remove_definition(self, definition: Definition) -> None:
        """Delete a definition with its alarms."""
        with self.lock:
            del self.definitions[definition.id]
            for alarm in [alarm for alarm in self.alarms.values() if alarm.definition is definition]:
                self.remove_alarm(alarm)
