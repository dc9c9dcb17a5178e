"""What measurements and statistics are asked for with, checked, and the walks that read them whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from attrs import evolve, frozen

from tocsin import forms
from tocsin.errors import InputError
from tocsin.monasca.inputs import DimensionFilter, bound, dimension_name, metric_filter
from tocsin.monasca.models.metrics import MeasurementSeries, StatisticSeries
from tocsin.monasca.resource import MonascaService, check_page_size
from tocsin.monasca.series import RowMark
from tocsin.monasca.walks import TICK, Grouped, Onward
from tocsin.options import CallOptions
from tocsin.paging.page import Reader
from tocsin.paging.pager import ListPager, Pager
from tocsin.paging.strategies import Strategy, fingerprint
from tocsin.paging.walk import Listing
from tocsin.transport.codec import aware
from tocsin.transport.messages import Params, Request

T = TypeVar("T")

#: Dimension names, or "*" for all of them: each series for itself.
GroupBy = str | Sequence[str]

_LONGEST_NAME = 255
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: The words of InfluxQL 1.6, which the server passes a group_by on to as it is.
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "all alter analyze any as asc begin by create continuous database databases default delete desc "
        "destinations diagnostics distinct drop duration end every explain field for from grant grants group "
        "groups in inf insert into key keys kill limit show measurement measurements name offset on order "
        "password policy policies privileges queries query read replication resample retention revoke select "
        "series set shard shards slimit soffset stats subscription subscriptions tag to user users values "
        "where with write ",
    )
)


def metric_name(name: str, value: object) -> str:
    """A metric's name, as queries have it."""
    text = forms.filled(name, value)
    if len(text) > _LONGEST_NAME:
        raise InputError(f"{name} must have at most {_LONGEST_NAME} characters, not {len(text)}")
    return text


def filters(dimensions: DimensionFilter | None, tenant_id: str | None) -> Params:
    """What every list of metrics may be narrowed by."""
    found: list[tuple[str, str]] = []
    if dimensions is not None:
        found.append(("dimensions", metric_filter("dimensions", dimensions)))
    if tenant_id is not None:
        found.append(("tenant_id", forms.filled("tenant_id", tenant_id)))
    return tuple(found)


def time_range(start_time: datetime, end_time: datetime | None) -> Params:
    """Half-open: from the start up to, not including, the end. Raises InputError where that is nothing."""
    found = [("start_time", bound("start_time", start_time))]
    if end_time is not None:
        found.append(("end_time", bound("end_time", end_time)))
        if end_time <= start_time:
            raise InputError(f"end_time must be after start_time, not {end_time.isoformat()}")
    return tuple(found)


def _group_by(given: object) -> str | None:
    names = [given] if isinstance(given, str) else forms.listed("group_by", cast("Iterable[object]", given))
    if not names:
        return None
    if names == ["*"]:
        return "*"
    checked = [dimension_name("group_by", name) for name in names]
    if "*" in checked:
        raise InputError('group_by must be "*" alone, or names of dimensions')
    return ",".join(
        [
            name if _IDENTIFIER.fullmatch(name) and name.lower() not in _KEYWORDS else f'"{name}"'
            for name in checked
        ]
    )


@frozen
class SeriesQuery:
    """One query of measurements or statistics.

    Attributes:
        params: all but what the walks say.
        group_by: as the server is to be asked; None for one series, or all of them merged.
        tick: the smallest difference between two times of one series.
    """

    params: Params
    start: datetime
    end: datetime | None
    merged: bool
    group_by: str | None
    tick: timedelta = TICK

    @classmethod
    def of(
        cls,
        name: str | None,
        dimensions: DimensionFilter | None,
        start_time: datetime,
        end_time: datetime | None,
        merge_metrics: bool,
        group_by: GroupBy,
        tenant_id: str | None,
    ) -> SeriesQuery:
        """Checked. Raises InputError."""
        times = time_range(aware(start_time, "start_time"), end_time)
        groups = _group_by(group_by)
        merged = forms.flag("merge_metrics", merge_metrics)
        if groups is not None and merged:
            raise InputError("group_by and merge_metrics exclude each other: the server would not merge")
        named = (("name", metric_name("name", name)),) if name is not None else ()
        merge = (("merge_metrics", "true"),) if merged else ()
        params = (*named, *filters(dimensions, tenant_id), *times, *merge)
        return cls(params, start_time, end_time, merged, groups)

    def statistics(self, statistics: Sequence[str], period: int | None) -> SeriesQuery:
        """The same for statistics."""
        more = [("statistics", ",".join(statistics))]
        if period is not None:
            more.append(("period", str(period)))
        tick = timedelta(seconds=period if period is not None else 300)
        return evolve(self, params=(*self.params, *more), tick=tick)

    def walk(self, size: int, marks: Marks) -> Strategy:
        """The walk that gives every row once."""
        if self.group_by is None:
            return Onward(size, marks.times, self.end, self.tick)
        return Grouped(self.group_by, size, self.start, self.end, marks.times, marks.count, self.tick)


@frozen
class Marks:
    """What walks read from the rows of a page.

    Attributes:
        key: tells a row from its neighbours.
        last: the time of a row, of a series the last one.
        times: those of all rows.
        count: how many rows there are.
    """

    key: Callable[[Any], str]
    last: Callable[[Any], datetime | None]
    times: Callable[[Sequence[Any]], list[datetime]]
    count: Callable[[Sequence[Any]], int]


def _series_key(series: MeasurementSeries | StatisticSeries) -> str:
    return fingerprint((series.name, sorted(series.dimensions.items())))


def _last_measured(series: MeasurementSeries) -> datetime | None:
    return series.measurements[-1].timestamp if series.measurements else None


def _last_period(series: StatisticSeries) -> datetime | None:
    return series.statistics[-1].timestamp if series.statistics else None


def _measured(page: Sequence[MeasurementSeries]) -> list[datetime]:
    return [row.timestamp for series in page for row in series.measurements]


def _periods(page: Sequence[StatisticSeries]) -> list[datetime]:
    return [row.timestamp for series in page for row in series.statistics]


def _count_measured(page: Sequence[MeasurementSeries]) -> int:
    return sum([len(series.measurements) for series in page])


def _count_periods(page: Sequence[StatisticSeries]) -> int:
    return sum([len(series.statistics) for series in page])


def _row_key(row: RowMark) -> str:
    return fingerprint(row[1])


def _row_time(row: RowMark) -> datetime:
    return row[0]


def _row_times(page: Sequence[RowMark]) -> list[datetime]:
    return [time for time, _ in page]


MEASUREMENTS = Marks(_series_key, _last_measured, _measured, _count_measured)
STATISTICS = Marks(_series_key, _last_period, _periods, _count_periods)
ROWS = Marks(_row_key, _row_time, _row_times, len)


class SeriesReading(MonascaService):
    """What reading measurements and statistics shares."""

    def _series(
        self,
        where: str,
        query: SeriesQuery,
        reader: Reader[T],
        marks: Marks,
        page_size: int,
        call: CallOptions,
    ) -> Pager[T]:
        strategy = query.walk(check_page_size(page_size), marks)
        listing = Listing(Request("GET", where, query.params), reader, strategy, marks.key, marks.last)
        return ListPager(self._pipeline, listing, call)
