"""Metrics: ``monasca.metrics``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, Unpack

from tocsin.errors import InputError
from tocsin.monasca.inputs import DimensionFilter
from tocsin.monasca.measurements import MeasurementReading
from tocsin.monasca.metric_writing import MetricWriting
from tocsin.monasca.models.metrics import Metric
from tocsin.monasca.resource import check_page_size
from tocsin.monasca.series_query import filters, metric_name as check_metric_name, time_range
from tocsin.monasca.statistics import StatisticReading
from tocsin.monasca.walks import Alone
from tocsin.options import CallOptions
from tocsin.paging.nested import nested
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.paging.strategies import Offset, fingerprint
from tocsin.transport.messages import Params

T = TypeVar("T")

#: Series a page, where the caller does not say.
_PAGE = 1000
#: Seconds: all that can have been measured is in one period of this length.
_EVER = 4_000_000_000


def _metric_key(metric: Metric) -> str:
    return fingerprint((metric.name, sorted(metric.dimensions.items())))


class MetricReading(MeasurementReading, StatisticReading):
    """Reading metrics, and what was measured of them."""

    def list(
        self,
        *,
        name: str | None = None,
        dimensions: DimensionFilter | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        tenant_id: str | None = None,
        page_size: int = _PAGE,
        on_bad_row: OnBadRow = "raise",
        **call: Unpack[CallOptions],
    ) -> Pager[Metric]:
        """Series: every one once.

        With a time, those that were measured then. The server's own answer to that leaves series out, and fails
        where one series has the dimensions of another and more; so they come name by name, by the number of
        measurements, in no more than 10000 series a name.

        Args:
            name: the metric's.
            dimensions: series must have these: a value, one of several, or None for any.
            start_time: aware, included; None is any time, and then `end_time` must be None.
            end_time: aware, not included; None is now.
            tenant_id: another project's; the server ignores it for users without the role of a delegate.
            page_size: series a page, from 2 to 10000; with a time, names a page.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.

        Raises InputError for what cannot be asked; when it is read, also NotSupported for what the 2014 dialect
        lacks, and PagingError for more than 10000 series of one name with a time.
        """
        named = (("name", check_metric_name("name", name)),) if name is not None else ()
        narrowed = filters(dimensions, tenant_id)
        if start_time is None:
            if end_time is not None:
                raise InputError("end_time needs a start_time")
            return self._metrics(Metric, (*named, *narrowed), page_size, on_bad_row, call)
        times = time_range(start_time, end_time)
        counts = ("statistics", "count"), ("period", str(_EVER)), ("group_by", "*")

        def measured(name: str) -> Pager[Metric]:
            params = (("name", name), *narrowed, *times, *counts)
            return self._elements(
                Metric, "/metrics/statistics", params, Alone("series of one name"), _metric_key, on_bad_row, call
            )

        if name is not None:
            check_page_size(page_size)
            return measured(name)
        names = self.names(dimensions=dimensions, tenant_id=tenant_id, page_size=page_size, **call)
        return nested(names, measured, repr(times))

    def rows(
        self,
        *,
        name: str | None = None,
        dimensions: DimensionFilter | None = None,
        tenant_id: str | None = None,
        page_size: int = _PAGE,
        on_bad_row: OnBadRow = "raise",
        **call: Unpack[CallOptions],
    ) -> Pager[bytes]:
        """As `list`, each series as the JSON that the server sent: nothing is lost, nothing decoded."""
        named = (("name", check_metric_name("name", name)),) if name is not None else ()
        return self._metrics(bytes, (*named, *filters(dimensions, tenant_id)), page_size, on_bad_row, call)

    def _metrics(
        self, row: type[T], params: Params, page_size: int, on_bad_row: OnBadRow, call: CallOptions
    ) -> Pager[T]:
        strategy = Offset(check_page_size(page_size), linked=True, base=-1)  # the number of the last row, from 0
        return self._elements(row, "/metrics", params, strategy, _metric_key, on_bad_row, call)

    def _elements(
        self,
        row: type[T],
        where: str,
        params: Params,
        strategy: Any,
        key: Callable[[Any], str],
        on_bad_row: OnBadRow,
        call: CallOptions,
    ) -> Pager[T]:
        return self._pager(row, where, params, strategy, call, key=key, mark=Metric, on_bad_row=on_bad_row)


class MetricService(MetricReading, MetricWriting):
    """Metrics: series of measurements, by name and dimensions. Seen on monasca-api 11.0.0."""
