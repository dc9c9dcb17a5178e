"""How the states of alarms changed: ``monasca.alarms.state_history`` and ``state_histories``."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import TypedDict, TypeVar, Unpack

from tocsin.errors import InputError
from tocsin.forms import Form
from tocsin.monasca.collection import PAGE
from tocsin.monasca.inputs import DimensionFilter, bound, dimension_filter
from tocsin.monasca.models.alarms import AlarmTransition
from tocsin.monasca.resource import LARGEST_PAGE, MonascaService, check_page_size
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.paging.strategies import fingerprint
from tocsin.paging.ties import TimeOffset
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params, path

T = TypeVar("T")


class HistoryTimes(TypedDict, total=False):
    """Which time of a history.

    start_time, end_time: aware; both belong to it.
    """

    start_time: datetime
    end_time: datetime


class HistoryQuery(HistoryTimes, CallOptions, total=False):
    """`HistoryTimes`, and what every call takes."""


class HistoriesQuery(HistoryQuery, total=False):
    """`HistoryQuery`, and which alarms.

    dimensions: of their metrics; one of several values, or any, in the current dialect only.
    """

    dimensions: DimensionFilter


_TIMES = Form({"start_time": bound, "end_time": bound})
_FILTERS = Form({**_TIMES.checks, "dimensions": dimension_filter})


class _Mark(Model, frozen=True):
    """What a walk needs of a row that is left as JSON."""

    alarm_id: str
    timestamp: datetime
    old_state: str
    new_state: str
    reason: str | None = ""
    reason_data: str | None = ""


def _key(row: _Mark | AlarmTransition) -> str:
    """What tells a row from the others of its time: the server's id is only that time."""
    told = (row.alarm_id, row.timestamp.isoformat(), row.old_state, row.new_state, row.reason, row.reason_data)
    return fingerprint(told)


class StateHistories(MonascaService):
    """How alarms came to be what they are. Each method gives rows, each once, oldest first in the current dialect:
    see `TimeOffset` for what a walk cannot notice. The dialect of 2014 sends a history whole."""

    def state_history(
        self,
        alarm_id: str,
        *,
        page_size: int = PAGE,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[HistoryQuery],
    ) -> Pager[AlarmTransition]:
        """The transitions of one alarm; of an alarm that there is none of, no rows (monasca-api 11.0.0).

        Args:
            page_size: rows a page, from 2 to 10000.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            query: see `HistoryTimes`. The server knows no times here: the walk begins and ends by them.

        Raises TypeError for an argument that there is none of, InputError for a value.
        """
        return self._history(AlarmTransition, alarm_id, page_size, on_bad_row, query)

    def state_history_rows(
        self,
        alarm_id: str,
        *,
        page_size: int = PAGE,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[HistoryQuery],
    ) -> Pager[bytes]:
        """As `state_history`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        return self._history(bytes, alarm_id, page_size, on_bad_row, query)

    def state_histories(
        self,
        *,
        page_size: int = PAGE,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[HistoriesQuery],
    ) -> Pager[AlarmTransition]:
        """The transitions of all alarms that there are: with an alarm, its history is out of reach.

        Args:
            page_size: rows a page, from 2 to 10000.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            query: see `HistoryTimes` and `HistoriesQuery`.

        Raises TypeError for an argument that there is none of, InputError for a value.
        """
        return self._histories(AlarmTransition, page_size, on_bad_row, query)

    def state_histories_rows(
        self,
        *,
        page_size: int = PAGE,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[HistoriesQuery],
    ) -> Pager[bytes]:
        """As `state_histories`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        return self._histories(bytes, page_size, on_bad_row, query)

    def _history(
        self, row: type[T], alarm_id: str, page_size: int, on_bad_row: OnBadRow, query: HistoryQuery
    ) -> Pager[T]:
        _, call = _TIMES.read(query)
        strategy = TimeOffset(
            check_page_size(page_size), LARGEST_PAGE, query.get("start_time"), query.get("end_time")
        )
        return self._transitions(
            row, path("alarms", alarm_id, "state-history"), (), strategy, on_bad_row, query, call
        )

    def _histories(self, row: type[T], page_size: int, on_bad_row: OnBadRow, query: HistoriesQuery) -> Pager[T]:
        params, call = _FILTERS.query(query)
        strategy = TimeOffset(check_page_size(page_size), LARGEST_PAGE)
        return self._transitions(row, "/alarms/state-history", params, strategy, on_bad_row, query, call)

    def _transitions(
        self,
        row: type[T],
        where: str,
        params: Params,
        strategy: TimeOffset,
        on_bad_row: OnBadRow,
        times: HistoryTimes,
        call: CallOptions,
    ) -> Pager[T]:
        _check_order(times)
        order = attrgetter("timestamp")
        return self._pager(
            row, where, params, strategy, call, key=_key, order=order, mark=_Mark, on_bad_row=on_bad_row
        )


def _check_order(times: HistoryTimes) -> None:
    start, end = times.get("start_time"), times.get("end_time")
    if start is not None and end is not None and start > end:
        raise InputError(f"start_time must not be behind end_time: {start.isoformat()}, {end.isoformat()}")
