"""What the simulated Lastline manager holds, and how a test looks into it and changes it."""

import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from threading import RLock

from tocsin.simulator.frame import Clock
from tocsin.simulator.lastline.entities import Appliance, ApplianceType, LogEntry, LogInfo, Measured, Written
from tocsin.simulator.lastline.switches import Switches
from tocsin.simulator.world import SPAN


class LastlineState(Switches):
    """The whole state; its methods are safe to call from any thread while the server runs.

    The attributes that :class:`Switches` documents say how the server reads what its documents leave open.
    ``accounts`` are passwords by username; ``api_key`` and ``api_token`` are the licence that signs in too.
    ``customer`` is the account's own, ``customers`` are all that it may see. ``data_from`` and
    ``data_until`` bound what is measured (see :meth:`add_metric`), the latter excluded. ``sign_ins``
    counts the sessions that were begun, whichever way.
    """

    def __init__(self, clock: Clock, seed: int, epoch: datetime) -> None:
        super().__init__()
        self.lock = RLock()
        self._clock = clock
        self._random = random.Random(f"lastline {seed}")  # noqa: S311 - ids of a simulation
        self.accounts: dict[str, str] = {}
        self.api_key = self.new_id()[:20].upper()
        self.api_token = self.new_id()
        self.customer = "noc@example.org"
        self.customers: frozenset[str] = frozenset({self.customer})
        self.sessions: dict[str, datetime | None] = {}
        self.sign_ins = 0
        self.data_from = epoch - SPAN
        self.data_until = epoch
        self.clear()

    def clear(self) -> None:
        """Remove every appliance with its metrics and its log; accounts and sessions stay."""
        with self.lock:
            self.appliances: dict[str, Appliance] = {}
            self.logs: dict[str, LogEntry] = {}
            self._reported = 0
            self._sorted: dict[str, Sequence[LogEntry]] = {}

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return self._clock().astimezone(UTC)

    def new_id(self) -> str:
        """32 hexadecimal digits, of which every run of the same seed makes the same."""
        return uuid.UUID(int=self._random.getrandbits(128), version=4).hex

    # Sessions

    def begin_session(self) -> str:
        """A new cookie, good for :attr:`session_life`."""
        with self.lock:
            life = self.session_life
            cookie = self.new_id()
            self.sessions[cookie] = None if life is None else self.now() + timedelta(seconds=life)
            self.sign_ins += 1
            return cookie

    def rotate(self, cookie: str) -> str:
        """The session under a new cookie; the old one is good no longer."""
        with self.lock:
            new = self.new_id()
            self.sessions[new] = self.sessions.pop(cookie)
            return new

    def is_signed_in(self, cookie: str) -> bool:
        """Whether there is a session with that cookie that has not run out."""
        until = self.sessions.get(cookie)
        return cookie in self.sessions and (until is None or self.now() < until)

    def expire_sessions(self) -> None:
        """End every session."""
        with self.lock:
            self.sessions.clear()

    # What tests and the population put in

    def add_appliance(
        self,
        type: ApplianceType = "SENSOR",
        *,
        uuid: str | None = None,
        customer: str | None = None,
        access_key: str | None = None,
        subkey: str | None = None,
        subkey_name: str | None = None,
        access_key_id: str | int | None = None,
        subkey_id: str | int | None = None,
    ) -> Appliance:
        """Set up an appliance, which reports nothing yet."""
        with self.lock:
            appliance = Appliance(
                uuid or self.new_id(),
                type,
                customer or self.customer,
                access_key,
                subkey,
                subkey_name,
                access_key_id,
                subkey_id,
            )
            self.appliances[appliance.uuid] = appliance
            return appliance

    def add_metric(self, appliance: Appliance, metric: str, value: Callable[[datetime], float]) -> None:
        """Let a metric be measured every half an hour between ``data_from`` and ``data_until``.

        ``value`` tells what it is at an aware time: for a counter, the rate per second.
        """
        with self.lock:
            appliance.metrics[metric] = Measured(value, self._span)

    def _span(self) -> tuple[float, float]:
        return self.data_from.timestamp(), self.data_until.timestamp()

    def add_samples(self, appliance: Appliance, metric: str, rows: Iterable[tuple[datetime, float]]) -> None:
        """Put values into a metric, which is measured no longer; times are aware, and kept in seconds."""
        with self.lock:
            series = appliance.metrics.get(metric)
            if not isinstance(series, Written):
                series = appliance.metrics[metric] = Written()
            for moment, value in rows:
                series.write(_seconds(moment), value)

    def add_log_info(
        self,
        appliance: Appliance,
        identifier: str,
        component: str,
        displayname: str,
        description: str | None = None,
    ) -> None:
        """Tell what helps to display an appliance's entries with that identifier."""
        with self.lock:
            appliance.log_info[identifier] = LogInfo(component, displayname, description)

    def add_log_entry(
        self,
        appliance: Appliance,
        start_time: datetime,
        end_time: datetime | None = None,
        *,
        message: str = "OK",
        impact: int = 10,
        count: int = 1,
        identifier: str = "db.replication",
        uuid: str | None = None,
    ) -> LogEntry:
        """Let an appliance report; times are aware, and kept in seconds."""
        with self.lock:
            self._reported += 1
            entry = LogEntry(
                number=self._reported,
                uuid=uuid or self.new_id(),
                appliance=appliance,
                start_time=_seconds(start_time),
                end_time=_seconds(end_time or start_time),
                message=message,
                impact=impact,
                count=count,
                identifier=identifier,
            )
            self.logs[entry.uuid] = entry
            self._sorted.clear()
            return entry

    def add_log_entries(
        self, appliance: Appliance, count: int, start_time: datetime, step: timedelta = timedelta()
    ) -> list[LogEntry]:
        """Let an appliance report ``count`` entries, ``step`` apart: without one, all in the same second."""
        with self.lock:
            return [
                self.add_log_entry(appliance, start_time + step * number, message=f"entry {number}")
                for number in range(count)
            ]

    def report_again(self, entry: LogEntry, at: datetime) -> None:
        """Roll one more report into an entry."""
        with self.lock:
            entry.count += 1
            entry.end_time = max(entry.end_time, _seconds(at))
            self._sorted.clear()

    def newest_first(self) -> Sequence[LogEntry]:
        """The whole log, by :attr:`log_order`; of equal times, the entry that came in last is first."""
        with self.lock:
            if self.log_order not in self._sorted:
                order = attrgetter(self.log_order, "number")
                self._sorted[self.log_order] = sorted(self.logs.values(), key=order, reverse=True)
            return self._sorted[self.log_order]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp() // 1)
