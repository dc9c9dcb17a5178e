"""Alert histories: ``appfirst.alert_histories``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, TypeVar, Unpack

from tocsin.appfirst import inputs
from tocsin.appfirst.models import AlertHistory, AlertMessage
from tocsin.appfirst.resource import PAGE, SPAN_CHECKS, Collection, SpanForm, at
from tocsin.errors import InputError
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.transport.messages import Params

T = TypeVar("T")

#: What has histories of its own, and where.
_PARTS = {
    "server_id": "servers",
    "application_id": "applications",
    "polled_data_id": "polled_data",
    "log_id": "logs",
    "bucket_id": "buckets",
}


class HistoryFilters(TypedDict, total=False):
    """Whose histories: of at most one thing, and of that between two aware times. Processes have none.

    server_id, application_id, polled_data_id, log_id, bucket_id: of this one.
    start, end: with one of these alone.
    """

    server_id: int
    application_id: int
    polled_data_id: int
    log_id: int
    bucket_id: int
    start: datetime
    end: datetime


class HistoryQuery(HistoryFilters, CallOptions, total=False):
    """`HistoryFilters`, and what every call takes."""


_FILTERS = SpanForm({**dict.fromkeys(_PARTS, inputs.id), **SPAN_CHECKS})


class AlertHistoryService(Collection[AlertHistory]):
    """When alerts were triggered and resolved.

    Their page is not published any more: paths and fields are those of the vendor's own programs.
    """

    _part = "alert_histories"
    _row = AlertHistory

    def list(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[HistoryQuery]
    ) -> Pager[AlertHistory]:
        """Histories, those still open included.

        Args:
            page_size: 1 to 2500.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            filters: see `HistoryFilters`.
        """
        return self._histories(AlertHistory, page_size, on_bad_row, filters)

    def rows(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[HistoryQuery]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        return self._histories(bytes, page_size, on_bad_row, filters)

    def _histories(
        self, row: type[T], page_size: int, on_bad_row: OnBadRow, filters: Mapping[str, object]
    ) -> Pager[T]:
        where, params, call = _query(filters)
        return self._pages(row, where, params, page_size, on_bad_row, call)

    async def count(self, **filters: Unpack[HistoryQuery]) -> int:
        """How many `list` would give. Raises NotSupported where the server does not count."""
        where, params, call = _query(filters)
        return await self._count(where, params, call)

    async def message(self, id: int, **call: Unpack[CallOptions]) -> AlertMessage:
        """The mail that was sent. Raises NotFoundError."""
        return await self._ask(AlertMessage, "GET", at(self._part, id, "message"), call)


def _query(filters: Mapping[str, object]) -> tuple[str, Params, CallOptions]:
    """Path and query. Raises InputError for histories of two things, and for times of all."""
    given, call = _FILTERS.read(filters)
    whose = [name for name in _PARTS if name in given]
    if len(whose) > 1:
        raise InputError(f"histories are of all, or of one of {', '.join(_PARTS)}")
    params = tuple([(name, given[name]) for name in SPAN_CHECKS if name in given])
    if not whose:
        if params:
            raise InputError(f"start and end need one of {', '.join(_PARTS)}")
        return at("alert_histories"), (), call
    return at(_PARTS[whose[0]], given[whose[0]], "alert_histories"), params, call
