"""Alert events: ``acs.alert_events``, and those of monitors, ``acs.monitor_events``.

The vendor's documents disagree: by one, `alert_events` has the events of monitors, too; by the other they are a
collection of their own, with ids of its own. So an event is told from all others by its collection and its id.
"""

from __future__ import annotations

from typing import Unpack

from tocsin import forms
from tocsin.acsmonitor import queries
from tocsin.acsmonitor.models import AlertEvent
from tocsin.acsmonitor.queries import EventQuery
from tocsin.acsmonitor.resource import PAGE_SIZE, AcsService, at
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class AlertEventService(AcsService):
    """Events of alert rules, which somebody acknowledges and resolves."""

    _part = "alert-events"

    def list(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[EventQuery]
    ) -> Pager[AlertEvent]:
        """Events.

        To acknowledge or resolve all of a list, ``collect()`` it first: rows that leave the list during a walk
        shift its pages, and many of them are a PagingShiftError.

        Args:
            page_size: events a page; the server's largest is not published.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            query: see `EventQuery`.

        Raises TypeError for a filter that there is none of, InputError for a value.
        """
        params, call = queries.read(queries.EVENTS, query)
        return self._pages(AlertEvent, at(self._part), params, page_size, on_bad_row, call)

    def rows(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[EventQuery]
    ) -> Pager[bytes]:
        """As `list`, each event as the JSON that the server sent: nothing is lost, nothing decoded."""
        params, call = queries.read(queries.EVENTS, query)
        return self._pages(bytes, at(self._part), params, page_size, on_bad_row, call)

    async def get(self, id: int, **call: Unpack[CallOptions]) -> AlertEvent:
        """One event. Raises NotFoundError."""
        return await self._ask(AlertEvent, "GET", at(self._part, id), call)

    async def acknowledge(self, id: int, note: str | None = None, **call: Unpack[CallOptions]) -> AlertEvent:
        """Say that somebody looks after an open event; needs the permission alerts.acknowledge.

        It is not sent again where it is unknown whether it was done (MaybeSentError): a second one would stand in
        the event's log, too, and could take back what was done in between.

        Args:
            note: for the event's log.
        """
        return await self._act(id, "acknowledge", note, call)

    async def resolve(self, id: int, note: str | None = None, **call: Unpack[CallOptions]) -> AlertEvent:
        """Say that it is over; otherwise as `acknowledge`."""
        return await self._act(id, "resolve", note, call)

    async def _act(self, id: int, action: str, note: str | None, call: CallOptions) -> AlertEvent:
        body = {} if note is None else {"note": forms.text("note", note)}
        return await self._change(
            AlertEvent, "POST", at(self._part, id, action), at(self._part, id), call, json=body
        )


class MonitorEventService(AlertEventService):
    """Events of monitors, as the vendor's documentation of the API has them: a collection of their own."""

    _part = "monitor-events"
