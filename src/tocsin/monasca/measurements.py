"""Measurements of metrics: a part of ``monasca.metrics``."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar, Unpack

from attrs import evolve

from tocsin.errors import InputError
from tocsin.monasca.dialect import CURRENT
from tocsin.monasca.inputs import DimensionFilter
from tocsin.monasca.metric_names import NameReading
from tocsin.monasca.models.metrics import MeasurementSeries
from tocsin.monasca.resource import LARGEST_PAGE, check_page_size
from tocsin.monasca.series import MeasurementReader, RowReader
from tocsin.monasca.series_query import MEASUREMENTS, ROWS, GroupBy, Marks, SeriesQuery, SeriesReading
from tocsin.options import CallOptions
from tocsin.paging.nested import nested
from tocsin.paging.page import Reader
from tocsin.paging.pager import Pager

T = TypeVar("T")

_WHERE = "/metrics/measurements"


class MeasurementReading(SeriesReading, NameReading):
    """Reading measurements."""

    def measurements(
        self,
        name: str | None = None,
        *,
        start_time: datetime,
        end_time: datetime | None = None,
        dimensions: DimensionFilter | None = None,
        merge_metrics: bool = False,
        group_by: GroupBy = (),
        tenant_id: str | None = None,
        page_size: int = LARGEST_PAGE,
        **call: Unpack[CallOptions],
    ) -> Pager[MeasurementSeries]:
        """Measurements, as chunks of series: every measurement once, oldest first within a series or group.

        Without `merge_metrics` and `group_by` there must be one series that matches; else the server's answer is
        a ConflictError (current dialect). In the dialect of 2014 each series comes for itself, all in one page,
        newest first.

        Args:
            name: the metric's; None, with `group_by`, reads all metrics one after the other (with prefetch some
                of them side by side), and in the dialect of 2014 all of them at once.
            start_time: aware; measurements of this very time are included.
            end_time: aware; measurements of this very time are not included. None takes what there is.
            dimensions: series must have these: a value, one of several, or None for any.
            merge_metrics: all series that match as one. Those of one time come in no fixed order, which the
                server has none in.
            group_by: "*" for each series by itself, or names of dimensions: series that are alike in these as
                one. Groups come window of time by window of time.
            tenant_id: another project's; the server ignores it for users without the role of a delegate.
            page_size: measurements a page, from 2 to 10000.

        Raises InputError for what cannot be asked; when it is read, also ConflictError, NotSupported for what the
        2014 dialect lacks, and PagingError where more than 10000 measurements of one time match.
        """
        query = self._query(name, dimensions, start_time, end_time, merge_metrics, group_by, tenant_id)
        reader = MeasurementReader(query.merged)
        return self._measured(name, query, reader, MEASUREMENTS, dimensions, tenant_id, page_size, call)

    def measurement_rows(
        self,
        name: str | None = None,
        *,
        start_time: datetime,
        end_time: datetime | None = None,
        dimensions: DimensionFilter | None = None,
        merge_metrics: bool = False,
        group_by: GroupBy = (),
        tenant_id: str | None = None,
        page_size: int = LARGEST_PAGE,
        **call: Unpack[CallOptions],
    ) -> Pager[bytes]:
        """As `measurements`, each measurement a JSON object.

        It has name and dimensions of the series or group, and timestamp, value and value_meta as the server sent
        them.
        """
        query = self._query(name, dimensions, start_time, end_time, merge_metrics, group_by, tenant_id)
        reader = RowReader("measurements", query.merged)
        return self._measured(name, query, reader, ROWS, dimensions, tenant_id, page_size, call)

    def _measured(
        self,
        name: str | None,
        query: SeriesQuery,
        reader: Reader[T],
        marks: Marks,
        dimensions: DimensionFilter | None,
        tenant_id: str | None,
        page_size: int,
        call: CallOptions,
    ) -> Pager[T]:
        def of(metric: str) -> Pager[T]:
            named = evolve(query, params=(("name", metric), *query.params))
            return self._series(_WHERE, named, reader, marks, page_size, call)

        if name is not None or query.group_by is None:
            return self._series(_WHERE, query, reader, marks, page_size, call)
        check_page_size(page_size)
        names = self.names(dimensions=dimensions, tenant_id=tenant_id, **call)
        return nested(names, of, repr((query.group_by, query.params)))

    def _query(
        self,
        name: str | None,
        dimensions: DimensionFilter | None,
        start_time: datetime,
        end_time: datetime | None,
        merge_metrics: bool,
        group_by: GroupBy,
        tenant_id: str | None,
    ) -> SeriesQuery:
        query = SeriesQuery.of(name, dimensions, start_time, end_time, merge_metrics, group_by, tenant_id)
        if name is None and query.group_by is None and self._speech.found == CURRENT:
            raise InputError("name must be given, or group_by, which takes the metrics one after the other")
        return query
