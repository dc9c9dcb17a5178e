"""The one invented network that all simulated servers describe.

A :class:`World` is a pure function of ``seed``, ``scale`` and ``epoch``: the same three give the same
hosts, alarms, people and measurements, on any machine and in any year. Every backend presents the same
:class:`Alarm` objects in its own words (an incident, an alert, an alarm of a metric), so that a test can
compare what five clients read.

``scale=1`` is 40 hosts and 600 alarms; both grow in proportion. Alarms start in the :data:`SPAN` days
before ``epoch``; about one in eight is still firing there, and about one in twenty is a stateless
notice, which has no end by nature. ``Alarm.number`` counts from 1 in order of start, and starts differ:
no two alarms share one (tests that need equal times make their own rows).
"""

import math
import random
import uuid
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import attrs

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The default "now" of the world: nothing in it happens later."""

SPAN = timedelta(days=14)
"""How far back before the epoch alarms start."""

HOSTS_PER_SCALE = 40
ALARMS_PER_SCALE = 600

SEVERITIES = ("critical", "high", "warning", "low", "info")
"""Most severe first."""


@attrs.frozen
class Person:
    """Somebody who is told about alarms: the contact behind notification methods."""

    name: str
    email: str
    phone: str


@attrs.frozen
class Metric:
    """A measured quantity: its values swing between ``low`` and ``high``, in ``unit``."""

    name: str
    unit: str
    low: float
    high: float


@attrs.frozen
class Host:
    """A monitored machine. ``number`` counts from 1; ``address`` is in 198.18.0.0/15 (RFC 2544)."""

    number: int
    name: str
    address: str
    site: str
    role: str
    system: str


@attrs.frozen
class Change:
    """One step of an alarm's history: from ``at`` on, the alarm is in ``state``.

    ``state`` is one of ``firing``, ``acknowledged``, ``resolved`` and, for a stateless notice, ``notice``.
    ``by`` is the name of the :class:`Person` who acknowledged, else empty.
    """

    at: datetime
    state: str
    severity: str
    reason: str
    by: str = ""


@attrs.frozen
class Alarm:
    """One thing that went wrong on one host.

    ``id`` is a UUID that depends on the seed and the number alone. ``ended_at`` is None while the alarm
    is firing, and for a stateless notice. ``value`` is what ``metric`` measured when the alarm started,
    above ``threshold``. ``history`` is in order of time; its first entry is at ``started_at``.
    """

    number: int
    id: str
    host: Host
    name: str
    metric: Metric
    threshold: float
    value: float
    severity: str
    description: str
    started_at: datetime
    ended_at: datetime | None
    stateless: bool
    acknowledged_at: datetime | None
    acknowledged_by: Person | None
    history: tuple[Change, ...]

    @property
    def open(self) -> bool:
        """Whether the alarm is still firing at the world's epoch."""
        return self.ended_at is None and not self.stateless


METRICS = (
    Metric("cpu.user_perc", "percent", 2, 70),
    Metric("mem.used_perc", "percent", 20, 80),
    Metric("disk.used_perc", "percent", 30, 85),
    Metric("load.avg_1_min", "processes", 0, 8),
    Metric("net.in_bytes_sec", "bytes/s", 1e3, 9e7),
    Metric("ping.round_trip_ms", "ms", 0.4, 45),
)

# (alarm name, metric, threshold as a share of the metric's span, what is said of the host, stateless)
_KINDS = (
    ("high-cpu", METRICS[0], 1.15, "CPU busy on {host}", False),
    ("low-memory", METRICS[1], 1.1, "Memory nearly exhausted on {host}", False),
    ("disk-full", METRICS[2], 1.1, "Disk filling up on {host}", False),
    ("load", METRICS[3], 1.5, "Load too high on {host}", False),
    ("traffic", METRICS[4], 1.1, "Traffic surge on {host}", False),
    ("unreachable", METRICS[5], 3.0, "{host} does not answer", False),
    ("config-changed", METRICS[0], 1.0, "Configuration changed on {host} \u2013 r\u00e9vision", True),
)
_SITES = ("oslo", "bergen", "trondheim", "tromso")
_ROLES = ("web", "db", "gw", "sw", "mail")
_SYSTEMS = ("debian", "rhel", "junos", "windows")
_PEOPLE = ("ada", "grace", "edsger", "barbara", "alan", "radia")


@attrs.frozen
class World:
    """Hosts, alarms, people and measurements; make one with :meth:`build`."""

    seed: int
    scale: int
    epoch: datetime
    hosts: tuple[Host, ...]
    alarms: tuple[Alarm, ...]
    people: tuple[Person, ...]
    metrics: tuple[Metric, ...] = METRICS

    @classmethod
    def build(cls, *, seed: int = 7, scale: int = 1, epoch: datetime = EPOCH) -> "World":
        """Make the world; raises ValueError for a scale below 0 or a naive ``epoch``."""
        if scale < 0:
            raise ValueError(f"scale must be 0 (an empty world) or more, not {scale}")
        if epoch.tzinfo is None:
            raise ValueError("epoch must be aware: give it a time zone, for example with .astimezone()")
        chance = random.Random(seed)  # noqa: S311 - a reproducible world, not a secret
        people = tuple(
            Person(name, f"{name}@example.org", f"+4755500{number:03}") for number, name in enumerate(_PEOPLE, 1)
        )
        hosts = tuple(_host(number, chance) for number in range(1, HOSTS_PER_SCALE * scale + 1))
        alarms = tuple(_alarms(chance, seed, epoch, hosts, people, ALARMS_PER_SCALE * scale))
        return cls(seed, scale, epoch, hosts, alarms, people)

    def value(self, host: Host, metric: Metric, at: datetime) -> float:
        """What ``metric`` measures on ``host`` at the aware time ``at``, rounded to 3 decimals.

        A daily wave with a phase of its own for each host and metric, and a ripple a minute: no state,
        so any window can be asked for in any order and at any resolution.
        """
        phase = zlib.crc32(f"{self.seed} {host.name} {metric.name}".encode()) / 2**32
        seconds = at.timestamp()
        wave = math.sin(2 * math.pi * (seconds / 86400 + phase))
        ripple = math.sin(2 * math.pi * (seconds / 977 + 7 * phase))
        share = 0.5 + 0.38 * wave + 0.12 * ripple
        return round(metric.low + (metric.high - metric.low) * share, 3)

    def labels(self, alarm: Alarm) -> Mapping[str, str]:
        """The labels that all backends put on an alarm, where they have labels."""
        host = alarm.host
        return {"host": host.name, "site": host.site, "role": host.role, "check": alarm.name}


def _host(number: int, chance: random.Random) -> Host:
    site, role = chance.choice(_SITES), chance.choice(_ROLES)
    return Host(
        number=number,
        name=f"{role}{number:03}.{site}.example.org",
        address=f"198.18.{number // 250 % 256}.{number % 250 + 1}",
        site=site,
        role=role,
        system=chance.choice(_SYSTEMS),
    )


def _alarms(
    chance: random.Random,
    seed: int,
    epoch: datetime,
    hosts: tuple[Host, ...],
    people: tuple[Person, ...],
    count: int,
) -> Iterator[Alarm]:
    # One slot each keeps the starts distinct and in order; the last one leaves room to end.
    slot = (SPAN - timedelta(hours=1)) / max(count, 1)
    for number in range(1, count + 1):
        start = epoch - SPAN + slot * (number - 1 + 0.9 * chance.random())
        yield _alarm(chance, number, seed, epoch, start, chance.choice(hosts), chance.choice(people))


def _alarm(
    chance: random.Random,
    number: int,
    seed: int,
    epoch: datetime,
    start: datetime,
    host: Host,
    person: Person,
) -> Alarm:
    kinds = _KINDS[-1:] if chance.random() < 0.05 else _KINDS[:-1]
    name, metric, share, said, stateless = chance.choice(kinds)
    severity = "info" if stateless else chance.choices(SEVERITIES, weights=(1, 2, 4, 2, 1))[0]
    threshold = round(metric.low + (metric.high - metric.low) * share, 3)
    description = said.format(host=host.name)
    history = [Change(start, "notice" if stateless else "firing", severity, description)]
    acknowledged_at = None
    ended_at = None
    if not stateless:
        if chance.random() < 0.3:
            acknowledged_at = min(start + timedelta(minutes=chance.uniform(1, 90)), epoch)
            history.append(Change(acknowledged_at, "acknowledged", severity, "Looking into it", person.name))
        end = (acknowledged_at or start) + timedelta(minutes=chance.expovariate(1 / 300) + 1)
        if end < epoch and chance.random() > 0.1:
            ended_at = end
            history.append(Change(ended_at, "resolved", severity, "Back to normal"))
    return Alarm(
        number=number,
        id=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{seed}.{number}.alarm.example.org")),
        host=host,
        name=name,
        metric=metric,
        threshold=threshold,
        value=round(threshold * chance.uniform(1.01, 1.2), 3),
        severity=severity,
        description=description,
        started_at=start,
        ended_at=ended_at,
        stateless=stateless,
        acknowledged_at=acknowledged_at,
        acknowledged_by=person if acknowledged_at else None,
        history=tuple(history),
    )
