"""Series of measurements in memory: what a Monasca asks of its InfluxDB."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice
from operator import itemgetter

import attrs

from tocsin.simulator.frame import Json

REGION = "RegionOne"

Row = tuple[int, float, dict[str, Json]]
"""Epoch milliseconds, value, and value_meta."""

Wanted = Mapping[str, str]
"""Dimensions to look for: a value, ``a|b``, or an empty string for any value."""

_WEEK = 7 * 86_400_000  # one shard of InfluxDB, which begins on a Monday
_MONDAY = 4 * 86_400_000


@attrs.frozen
class Span:
    """A time range in epoch milliseconds: from ``start`` to before ``end``, and later than ``after``."""

    start: float | None = None
    end: float | None = None
    after: float | None = None


@attrs.define(eq=False)
class Series:
    """The measurements of one name and one set of dimensions, in order of time."""

    name: str
    dimensions: dict[str, str]
    key: bytes
    times: list[int] = attrs.field(factory=list[int])
    values: list[float] = attrs.field(factory=list[float])
    metas: list[dict[str, Json]] = attrs.field(factory=list[dict[str, Json]])

    def add(self, time: int, value: float, meta: dict[str, Json]) -> None:
        """Put a measurement in; one of the same time is replaced."""
        at = len(self.times) if not self.times or time > self.times[-1] else bisect_left(self.times, time)
        if at < len(self.times) and self.times[at] == time:
            self.values[at], self.metas[at] = value, meta
            return
        self.times.insert(at, time)
        self.values.insert(at, value)
        self.metas.insert(at, meta)

    def rows(self, span: Span) -> Iterator[Row]:
        """The measurements in a time range."""
        low = 0 if span.start is None else bisect_left(self.times, span.start)
        if span.after is not None:
            low = max(low, bisect_right(self.times, span.after))
        high = len(self.times) if span.end is None else bisect_left(self.times, span.end)
        for at in range(low, high):
            yield self.times[at], self.values[at], self.metas[at]

    def measured(self, span: Span) -> bool:
        """Whether there is a measurement in the time range."""
        return next(self.rows(span), None) is not None

    def has(self, wanted: Wanted, *, loose: bool) -> bool:
        """Whether the dimensions are as wanted; ``loose`` takes alternatives as the real server does."""
        return all(_fits(self.dimensions.get(name, ""), value, loose) for name, value in wanted.items())


def _fits(value: str, wanted: str, loose: bool) -> bool:
    if not wanted:
        return bool(value)
    if "|" not in wanted:
        return value == wanted
    return bool(re.search(f"^{wanted}$", value)) if loose else value in wanted.split("|")


class Store:
    """The series of every tenant."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, tuple[tuple[str, str], ...]], Series] = {}
        self._by_name: dict[tuple[str, str], list[Series]] = {}
        self._by_dimension: dict[tuple[str, str, str, str], list[Series]] = {}
        self._names: dict[str, list[str]] = {}
        self._shards: set[int] = set()

    def add(
        self, tenant: str, name: str, dimensions: Mapping[str, str], time: int, value: float, meta: dict[str, Json]
    ) -> None:
        """Put one measurement in."""
        self.add_shard(time)
        key = (tenant, name, tuple(sorted(dimensions.items())))
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = Series(name, dict(key[2]), _key(tenant, name, dimensions))
            self._by_name.setdefault((tenant, name), []).append(series)
            self._names.pop(tenant, None)
            for dimension in key[2]:
                self._by_dimension.setdefault((tenant, name, *dimension), []).append(series)
        series.add(time, value, meta)

    def add_shard(self, time: int) -> None:
        """There is something of this time, be it a measurement or not."""
        self._shards.add(_shard(time))

    def has_shard(self, span: Span) -> bool:
        """Whether anything is in a week that the time range touches."""
        return any(
            (span.start is None or _shard(span.start) <= each)
            and (span.end is None or each * _WEEK + _MONDAY < span.end)
            for each in self._shards
        )

    def names(self, tenant: str) -> list[str]:
        """Every metric name, in order of its bytes."""
        if tenant not in self._names:
            found = (name for owner, name in self._by_name if owner == tenant)
            self._names[tenant] = sorted(found, key=str.encode)
        return self._names[tenant]

    def matching(self, tenant: str, name: str, wanted: Wanted, *, loose: bool = False) -> list[Series]:
        """The series of a name (empty: of any), in the order of their keys; raises re.error."""
        found: list[Series] = []
        for each in [name] if name else self.names(tenant):
            here = self._candidates(tenant, each, wanted)
            found += sorted(
                (series for series in here if series.has(wanted, loose=loose)), key=lambda row: row.key
            )
        return found

    def _candidates(self, tenant: str, name: str, wanted: Wanted) -> list[Series]:
        exact = [(tenant, name, *item) for item in wanted.items() if item[1] and "|" not in item[1]]
        lists = [self._by_dimension.get(key, []) for key in exact]
        return min(lists, key=len) if lists else self._by_name.get((tenant, name), [])

    def count(self, tenant: str) -> int:
        """How many measurements a tenant has."""
        return sum(len(series.times) for key, series in self._series.items() if key[0] == tenant)


def _shard(time: float) -> int:
    return int((time - _MONDAY) // _WEEK)


def _key(tenant: str, name: str, dimensions: Mapping[str, str]) -> bytes:
    tags = {**dimensions, "_region": REGION, "_tenant_id": tenant}
    parts = [name, *(f"{escaped(key)}={escaped(tags[key])}" for key in sorted(tags, key=str.encode))]
    return ",".join(parts).encode()


def escaped(text: str) -> str:
    """A name or a value as it stands in a series key."""
    return text.replace(" ", "\\ ")


Group = tuple[dict[str, str], list[Series]]
"""Series that are read as one, and what tells the group from others."""


def grouped(series: Iterable[Series], names: list[str]) -> list[Group]:
    """The series by the values of some dimensions, ``*`` being all that any of them has; empty ones count."""
    series = list(series)
    if "*" in names:
        names = [name for each in series for name in each.dimensions]
    names = sorted(set(names), key=str.encode)
    groups: dict[tuple[str, ...], Group] = {}
    for each in series:
        values = tuple(each.dimensions.get(name, "") for name in names)
        shown = {name: value for name, value in zip(names, values, strict=True) if not name.startswith("_")}
        groups.setdefault(values, (shown, []))[1].append(each)
    return [groups[values] for values in sorted(groups, key=lambda each: [value.encode() for value in each])]


def merged(series: Iterable[Series], span: Span, count: int | None = None) -> list[Row]:
    """The first ``count`` measurements of several series, in order of time.

    Those of one time are in the order of their series; the real server's order of them is anybody's guess.
    """
    return list(islice(merge(*(each.rows(span) for each in series), key=itemgetter(0)), count))
