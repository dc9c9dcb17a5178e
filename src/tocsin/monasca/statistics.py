"""Statistics of metrics: a part of ``monasca.metrics``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from tocsin import forms
from tocsin.errors import InputError
from tocsin.monasca.inputs import DimensionFilter
from tocsin.monasca.models.metrics import StatisticSeries
from tocsin.monasca.resource import LARGEST_PAGE
from tocsin.monasca.series import RowReader, StatisticReader
from tocsin.monasca.series_query import ROWS, STATISTICS, GroupBy, SeriesQuery, SeriesReading, metric_name
from tocsin.options import CallOptions
from tocsin.paging.pager import Pager

_WHERE = "/metrics/statistics"
#: Seconds: InfluxDB counts nanoseconds in 64 bits.
_LONGEST_PERIOD = 9_223_372_036
_KINDS = ("avg", "min", "max", "sum", "count")


def _kinds(given: object) -> list[str]:
    kinds = forms.listed("statistics", given)
    if not kinds or not all(kind in _KINDS for kind in kinds) or len(set(kinds)) < len(kinds):
        raise InputError(f"statistics must be some of {', '.join(_KINDS)}, each once, not {given!r}")
    return kinds


class StatisticReading(SeriesReading):
    """Reading statistics."""

    def statistics(
        self,
        name: str,
        *,
        statistics: Sequence[str],
        start_time: datetime,
        end_time: datetime | None = None,
        period: int | None = None,
        dimensions: DimensionFilter | None = None,
        merge_metrics: bool = False,
        group_by: GroupBy = (),
        tenant_id: str | None = None,
        page_size: int = LARGEST_PAGE,
        **call: Unpack[CallOptions],
    ) -> Pager[StatisticSeries]:
        """Statistics by period, as chunks of series: every period that has measurements once, oldest first.

        Periods begin at multiples of their length since 1970. The first is of the measurements from `start_time`
        on, the last of those before `end_time`. What matches must be one series, as for `measurements`.

        Args:
            name: the metric's.
            statistics: some of avg, min, max, sum, count.
            start_time: aware; measurements of this very time are included.
            end_time: aware; measurements of this very time are not included. None takes those up to now, and may
                take later ones where groups are asked for.
            period: seconds, from 1 to 9223372036; None takes the server's, which must be 300.
            dimensions, merge_metrics, group_by, tenant_id: see `measurements`.
            page_size: periods a page, from 2 to 10000.

        Raises as `measurements`; PagingError where there are more than 10000 groups in one period.
        """
        query = _query(
            name, statistics, period, dimensions, start_time, end_time, merge_metrics, group_by, tenant_id
        )
        return self._series(_WHERE, query, StatisticReader(), STATISTICS, page_size, call)

    def statistic_rows(
        self,
        name: str,
        *,
        statistics: Sequence[str],
        start_time: datetime,
        end_time: datetime | None = None,
        period: int | None = None,
        dimensions: DimensionFilter | None = None,
        merge_metrics: bool = False,
        group_by: GroupBy = (),
        tenant_id: str | None = None,
        page_size: int = LARGEST_PAGE,
        **call: Unpack[CallOptions],
    ) -> Pager[bytes]:
        """As `statistics`, each period a JSON object; see `measurement_rows`."""
        query = _query(
            name, statistics, period, dimensions, start_time, end_time, merge_metrics, group_by, tenant_id
        )
        return self._series(_WHERE, query, RowReader("statistics"), ROWS, page_size, call)


def _query(
    name: str,
    statistics: Sequence[str],
    period: int | None,
    dimensions: DimensionFilter | None,
    start_time: datetime,
    end_time: datetime | None,
    merge_metrics: bool,
    group_by: GroupBy,
    tenant_id: str | None,
) -> SeriesQuery:
    checked = forms.maybe(forms.whole(1, _LONGEST_PERIOD))("period", period)
    kinds = _kinds(statistics)
    query = SeriesQuery.of(
        metric_name("name", name), dimensions, start_time, end_time, merge_metrics, group_by, tenant_id
    )
    return query.statistics(kinds, checked)
