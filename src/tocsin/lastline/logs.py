"""Logs: ``lastline.logs``."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Generic, TypeVar, Unpack

import msgspec
from attrs import frozen
from msgspec.structs import replace

from tocsin import forms
from tocsin.errors import DecodeError, InputError
from tocsin.forms import Form
from tocsin.lastline.backwards import WIDEST, Backwards
from tocsin.lastline.inputs import SELECTORS, UTC_PLEASE, one_or_more, seconds_of, select, word
from tocsin.lastline.models import Data, LogEntry, LogEntryInfo
from tocsin.lastline.series import mapping
from tocsin.lastline.spans import Times, parted, span
from tocsin.options import CallOptions
from tocsin.paging.page import BadRow, OnBadRow, Reader, Shape, Sheet
from tocsin.paging.pager import Pager
from tocsin.service import Service, build
from tocsin.transport.codec import Model, decode
from tocsin.transport.messages import Response

T = TypeVar("T")

#: Entries a page. The API's page states neither a default nor a maximum.
PAGE = 1_000


class LogQuery(Times, total=False):
    """Which entries: those that were reported at least once in the time, of the appliances.

    identifiers: log identifiers, for example "db.replication": one, or several.
    min_impact, max_impact: 0 to 100; both belong to it.
    message_contains: a part of the message.
    components: high-level components: one, or several.
    """

    identifiers: str | Iterable[str]
    min_impact: int
    max_impact: int
    message_contains: str
    components: str | Iterable[str]


_impact = forms.whole(0, 100)
_QUERY = Form(
    {
        "identifiers": one_or_more(word),
        "min_impact": _impact,
        "max_impact": _impact,
        "message_contains": forms.filled,
        "components": one_or_more(word),
        **SELECTORS,
    }
)


class _Logs(Model, Generic[T], frozen=True):
    log_entries: list[T]


class _Info(Model, frozen=True):
    component: str | None = None
    displayname: str | None = None
    description: str | None = None


class _Around(Model, frozen=True):
    """What an answer tells besides its entries; nothing may be an object, a list or null wherever it stands."""

    appliances: dict[str, dict[str, Any] | tuple[()] | None] | tuple[()] | None = ()
    log_entry_info: dict[str, dict[str, _Info | tuple[()] | None] | tuple[()] | None] | tuple[()] | None = ()


class _Entry(Model, frozen=True):
    log_entry: LogEntry | msgspec.UnsetType = msgspec.UNSET


# A type is put together at run time, for the codec alone: nothing for a type checker to follow.
_LOGS: Any = _Logs
_DATA: Any = Data


def _shape(row: type[T]) -> Shape[T]:
    return Shape(
        envelope=lambda row: _DATA[_LOGS[row]],
        row=row,
        mark=LogEntry,
        rows=attrgetter("data.log_entries"),
        next=lambda _: None,
        total=lambda _: None,
    )


_ROWS = _shape(bytes)
_ENTRIES = _shape(LogEntry)


@frozen
class _EntryReader:
    """Reads entries, and puts what the answer tells of their appliance and identifier into each."""

    def read(self, response: Response) -> Sheet[LogEntry]:
        """See `Reader`."""
        sheet = _ENTRIES.read(response)
        around = decode(Data[_Around], response).data
        appliances, info = mapping(around.appliances), mapping(around.log_entry_info)
        rows = [
            row
            if isinstance(row, BadRow)
            else replace(
                row,
                appliance=appliances.get(row.appliance_uuid) or None,
                info=_info(mapping(info.get(row.appliance_uuid)).get(row.log_identifier)),
            )
            for row in sheet.rows
        ]
        return Sheet(rows, sheet.marks, None, None, sheet.clean)


def _info(said: _Info | tuple[()] | None) -> LogEntryInfo | None:
    if not isinstance(said, _Info):
        return None
    return LogEntryInfo(said.component or "", said.displayname or "", said.description)


def _times(entry: LogEntry) -> tuple[int, int]:
    return seconds_of(entry.start_time), seconds_of(entry.end_time)


class LogService(Service):
    """Log entries: each is a roll-up of messages that are alike, with their count and the first and last time.

    One that is asked for again may have grown meanwhile.
    """

    def list(
        self,
        *,
        page_size: int = PAGE,
        beginning: bool = False,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[LogQuery],
    ) -> Pager[LogEntry]:
        """Entries from newest to oldest, each once; see `Backwards` for how, and what can go wrong.

        Args:
            page_size: entries a page, from 1 to 16384; asked for as the API's limit.
            beginning: only entries that begin in the time, instead of all that were reported in it.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            query: see `LogQuery`, `Times` and `Selectors`.

        Raises InputError for what the server would refuse; when it is read, also NoSuchApplianceError and
        PagingError.
        """
        return self._entries(_EntryReader(), page_size, beginning, on_bad_row, query)

    def rows(
        self,
        *,
        page_size: int = PAGE,
        beginning: bool = False,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[LogQuery],
    ) -> Pager[bytes]:
        """As `list`, each entry as the JSON that the server sent, without what it tells of appliances."""
        return self._entries(_ROWS, page_size, beginning, on_bad_row, query)

    async def get(self, log_entry_uuid: str, **call: Unpack[CallOptions]) -> LogEntry:
        """One entry, by the uuid that `list` gave it.

        Raises LastlineError where there is none: which code the server has for that is not published.
        """
        params = (("log_entry_uuid", forms.filled("log_entry_uuid", log_entry_uuid)), UTC_PLEASE)
        request = build("GET", "/monitoring/log/get_entry.json", params=params)
        response = await self._pipeline.send(request, **call)
        try:
            # In the page's example it stands in "log_entry", which its text does not say.
            wrapped = decode(Data[_Entry], response).data.log_entry
            return wrapped if isinstance(wrapped, LogEntry) else decode(Data[LogEntry], response).data
        except DecodeError as error:
            failure = error
        raise self._pipeline.stamp(failure, request, response)

    def _entries(
        self, shape: Reader[T], page_size: int, beginning: bool, on_bad_row: OnBadRow, query: LogQuery
    ) -> Pager[T]:
        times, given = parted(query)
        params, call = select(_QUERY, given, self._pipeline.reporter.redactor)
        low, high = query.get("min_impact", 0), query.get("max_impact", 100)
        if low > high:
            raise InputError(f"min_impact must not be above max_impact: {low} and {high}")
        strategy = Backwards(
            span(times, self._pipeline.link.clock.now()),
            forms.whole(1, WIDEST)("page_size", page_size),
            forms.flag("beginning", beginning),
        )
        where = "/monitoring/log/get.json"
        key = attrgetter("key")
        return self._list(shape, where, params, strategy, call, key=key, order=_times, on_bad_row=on_bad_row)
