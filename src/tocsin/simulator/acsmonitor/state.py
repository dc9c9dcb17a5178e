"""What the simulated ACS Monitor holds, and how a test looks into it and changes it."""

import heapq
import itertools
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Literal

import attrs

from tocsin.simulator.acsmonitor.accounts import ROLES, Token, Tokens
from tocsin.simulator.acsmonitor.limits import Limiter
from tocsin.simulator.acsmonitor.schema import RESULTS, SCHEMAS
from tocsin.simulator.acsmonitor.switches import Switches
from tocsin.simulator.acsmonitor.tables import Row, Table
from tocsin.simulator.frame import Clock, Json

WINDOWS = {"7d": timedelta(days=7), "30d": timedelta(days=30)}
"""The windows of uptime, by name."""

EVENTS = ("separate", "together")

ACCOUNTS = (
    ("Super Admin", "root@example.org", "super-admin"),
    ("API", "api@example.org", "admin"),
    ("NOC", "noc@example.org", "operator"),
    ("Wallboard", "wallboard@example.org", "viewer"),
)
"""Name, e-mail address and role of the users that are there from the beginning."""


def stamp(moment: datetime) -> str:
    """A time as the API writes it, and as rows keep it."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


@attrs.frozen
class Outcome:
    """What a check finds."""

    status: Literal["up", "down", "degraded", "unknown"]
    response_time_ms: float | None = None


@attrs.frozen
class Note:
    """A line of the audit log: who did what to which alert."""

    table: str
    id: int
    action: str
    user_id: int
    note: str | None


class AcsMonitorState(Switches):
    """The whole state; its methods are safe to call from any thread while the server runs.

    The attributes that :class:`Switches` documents say how the server reads what its documents leave open.
    ``tables`` are the rows of each resource, ``results`` the checks of each monitor, ``samples`` the values of
    each OID, oldest first. ``permissions`` are the slugs of each role, ``tokens`` those that are good, and
    ``limiter`` has the windows of all callers. ``outcomes`` are what the next check of a monitor will find: see
    :meth:`will_find`. ``audit_log`` has the notes that alerts were acknowledged and resolved with. ``sign_ins``
    counts the logins that gave a token, ``shifts`` the rows that came in between two pages.
    """

    def __init__(self, clock: Clock, seed: int) -> None:
        super().__init__()
        self.lock = RLock()
        self._clock = clock
        self.tokens = Tokens(seed)
        self.limiter = Limiter()
        self.permissions = {role: set(slugs) for role, slugs in ROLES.items()}
        self.sign_ins = 0
        self.shifts = 0
        self._events = EVENTS[0]
        self.clear()
        self._long_lived = {
            str(user["role"]): self.tokens.issue(user["id"], self.now(), None).value
            for user in self.tables["users"]
        }

    def clear(self) -> None:
        """Remove everything but the first users, who keep their tokens, and the roles."""
        with self.lock:
            self.tables = {name: Table(schema.columns) for name, schema in SCHEMAS.items()}
            self.results: dict[int, Table] = {}
            self.samples: dict[int, list[tuple[str, float]]] = {}
            self.outcomes: dict[int, Outcome] = {}
            self.audit_log: list[Note] = []
            self._jobs: list[tuple[datetime, int, Callable[[datetime], None]]] = []
            self._numbers = itertools.count(1)
            self._result_ids = itertools.count(1)
            for role in ROLES:
                self.add("roles", name=role, permissions=sorted(self.permissions[role]))
            for name, email, role in ACCOUNTS:
                self.add("users", name=name, email=email, role=role, password=f"{role}-password")

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return self._clock().astimezone(UTC)

    @property
    def windows_used(self) -> int:
        """How many windows of rate limits were begun."""
        return self.limiter.windows_used

    @property
    def throttled(self) -> int:
        """How many requests were refused with a 429."""
        return self.limiter.throttled

    # Who asks

    def user(self, role: str) -> Row:
        """The first user with a role."""
        return next(row for row in self.tables["users"] if row["role"] == role)

    def token_of(self, role: str) -> str:
        """The long-lived token of one of the first users: super-admin, admin, operator or viewer."""
        return self._long_lived[role]

    def sign_in(self, user: Row) -> Token:
        """A token as a login gives it."""
        with self.lock:
            self.sign_ins += 1
            return self.tokens.issue(user["id"], self.now(), self.token_life)

    def expire_tokens(self, role: str | None = None) -> None:
        """Make the tokens of a role's first user good no longer, or everybody's."""
        with self.lock:
            self.tokens.revoke_of(None if role is None else self.user(role)["id"])

    # What tests and the population put in

    def add(self, table: str, /, id: int | None = None, **values: Json) -> Row:
        """Put a row into any table; columns that are not given have their defaults."""
        with self.lock:
            return self.tables[table].add(values, id)

    def add_device(self, name: str, *, id: int | None = None, **values: Json) -> Row:
        """Set up a device that is up, unless its columns say otherwise."""
        with self.lock:
            number = id or self.tables["devices"].next_id
            usual = {"ip_address": f"198.18.{number // 250 % 256}.{number % 250 + 1}", "status": "up"}
            return self.add("devices", number, name=name, **{**usual, **values})

    def add_devices(self, count: int) -> list[Row]:
        """Set up many devices, whose names are in the order of their ids."""
        with self.lock:
            first = self.tables["devices"].next_id
            return [self.add_device(f"device-{number:06}") for number in range(first, first + count)]

    def add_monitor(self, name: str, type: str = "ping", *, id: int | None = None, **values: Json) -> Row:
        """Set up a monitor, which was not checked yet."""
        with self.lock:
            return self.add("monitors", id, name=name, type=type, **{"host": "host.example.org", **values})

    def add_alert_event(
        self, device: Row | None = None, *, triggered_at: datetime | None = None, **values: Json
    ) -> Row:
        """Let a device raise an alert."""
        return self._add_event("alert_events", "device_id", device, triggered_at, values)

    def add_monitor_event(
        self, monitor: Row | None = None, *, triggered_at: datetime | None = None, **values: Json
    ) -> Row:
        """Let a monitor raise an alert, which is in ``/alert-events`` if these are kept together."""
        table = "alert_events" if self.events == "together" else "monitor_events"
        return self._add_event(table, "monitor_id", monitor, triggered_at, {"current_value": "down", **values})

    def _add_event(
        self, table: str, column: str, subject: Row | None, at: datetime | None, values: Mapping[str, Json]
    ) -> Row:
        with self.lock:
            own: Row = {"triggered_at": stamp(at or self.now()), column: subject["id"] if subject else None}
            return self.add(table, **{**own, **values})

    def add_alert_events(self, count: int, device: Row | None = None, **values: Json) -> list[Row]:
        """Let a device raise many alerts, all at once: they are told apart by their ids alone."""
        with self.lock:
            return [self.add_alert_event(device, **values) for _ in range(count)]

    def add_monitor_events(self, count: int, monitor: Row | None = None, **values: Json) -> list[Row]:
        """Let a monitor raise many alerts, all at once."""
        with self.lock:
            return [self.add_monitor_event(monitor, **values) for _ in range(count)]

    @property
    def events(self) -> str:
        """Whether alerts of monitors are in ``/monitor-events`` (``separate``), as the API's page has it, or all
        in ``/alert-events`` (``together``), as the client's page has it.

        They move when it is set, which raises ValueError if ids of the two collide, as they may while apart.
        """
        return self._events

    @events.setter
    def events(self, events: str) -> None:
        if events not in EVENTS:
            raise ValueError(f"events must be one of {', '.join(EVENTS)}; not {events!r}")
        with self.lock:
            mixed, apart = self.tables["alert_events"], self.tables["monitor_events"]
            source, target = (apart, mixed) if events == "together" else (mixed, apart)
            moving = [row for row in source if source is apart or row["monitor_id"] is not None]
            taken = {row["id"] for row in moving} & set(target.ids)
            if taken:
                raise ValueError(f"both an alert of a device and one of a monitor have the ids {sorted(taken)}")
            for row in moving:
                target.add(source.remove(row["id"]), row["id"])
            self._events = events

    # Checks

    def will_find(self, monitor: Row, outcome: Outcome) -> None:
        """Set what checks of a monitor find from now on; else they find what the last one found, or it up."""
        with self.lock:
            self.outcomes[monitor["id"]] = outcome

    def results_of(self, monitor_id: int) -> Table:
        """The checks of a monitor, oldest first."""
        return self.results.setdefault(monitor_id, Table(RESULTS.columns))

    def add_results(self, monitor: Row, found: Iterable[tuple[datetime, Outcome]]) -> None:
        """Put in checks of a monitor, oldest first, the last of which it then shows."""
        with self.lock:
            table = self.results_of(monitor["id"])
            failures = monitor["consecutive_failures"]
            row: Row | None = None
            for at, outcome in found:
                row = table.add(
                    {
                        "checked_at": stamp(at),
                        "status": outcome.status,
                        "response_time_ms": outcome.response_time_ms,
                    },
                    next(self._result_ids),
                )
                failures = failures + 1 if outcome.status == "down" else 0
            if row is None:
                return
            shown = {"status": row["status"], "response_time_ms": row["response_time_ms"]}
            self.tables["monitors"].change(
                monitor, {**shown, "last_checked_at": row["checked_at"], "consecutive_failures": failures}
            )
            uptimes = {f"uptime_percent_{name}": self.uptime(monitor, name)["uptime_percent"] for name in WINDOWS}
            self.tables["monitors"].change(monitor, uptimes)

    def uptime(self, monitor: Row, window: str) -> Row:
        """How often a monitor was up in the time before its last check; null if it was never checked."""
        last = monitor["last_checked_at"]
        since = stamp(datetime.fromisoformat(last) - WINDOWS[window]) if last else ""
        found = [row["status"] for row in self.results_of(monitor["id"]) if row["checked_at"] > since]
        failed = found.count("down")
        percent = round(100 * (len(found) - failed) / len(found), 2) if found else None
        return {"window": window, "uptime_percent": percent, "total_checks": len(found), "failed_checks": failed}

    # Work that is done later

    def queue(self, work: Callable[[datetime], None]) -> str:
        """Do some work after :attr:`check_delay`; gives the id of the job."""
        number = next(self._numbers)
        heapq.heappush(self._jobs, (self.now() + self.check_delay, number, work))
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"acsmonitor/jobs/{number}"))

    def settle(self) -> None:
        """Do what is due."""
        with self.lock:
            while self._jobs and self._jobs[0][0] <= self.now():
                due, _, work = heapq.heappop(self._jobs)
                work(due)
