"""What the service objects of AppFirst share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar, Unpack, cast

import msgspec
from attrs import frozen

from tocsin.appfirst import inputs
from tocsin.appfirst.paging import LARGEST_PAGE, Linked, Pages, envelope, shape, total_of
from tocsin.errors import InputError, NotSupported
from tocsin.forms import Check, Form, whole
from tocsin.options import CallOptions
from tocsin.paging.checkpoint import Key
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.paging.strategies import fingerprint
from tocsin.service import Service
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params, path

T = TypeVar("T")
RowT = TypeVar("RowT")
IdT = TypeVar("IdT")

#: Rows a page, where the caller does not say: fewer than the API's 2500, for a place in a walk keeps the ids of up
#: to four pages.
PAGE = 1000
#: What has no published fields.
Unpublished = dict[str, Any]
TimeStep = Literal["Minute", "Hour", "Day"]
# For the codec alone: nothing for a type checker to follow.
_ANYTHING: Any = Any
_PAGE_SIZE = whole(1, LARGEST_PAGE)


class IdMark(Model, frozen=True):
    """What a walk needs of a row that is left as JSON: its id."""

    id: int


def id_of(row: Any) -> Key:
    """The id of a row."""
    return cast("int", row.id)


def said_id(row: Unpublished) -> Key:
    """The id of a row whose fields are not published, by the names that ids have elsewhere; else all of it."""
    found = (row.get(name) for name in ("id", "user_id", "uid"))
    return next((id for id in found if isinstance(id, int | str)), None) or whole_row(row)


def whole_row(row: Unpublished) -> Key:
    """A mark of all of a row: for what has no id."""
    return fingerprint(row)


def at(*parts: str | int) -> str:
    """The path of these parts; a number among them is an id.

    Raises InputError for an id below 1, or a part that cannot be one.
    """
    for part in parts:
        if not isinstance(part, str):
            inputs.id("id", part)
    return path(*parts, slash=True)


class AppFirstService(Service):
    """A group of calls of AppFirst. Every path ends in a slash: a redirect could turn a write into a GET."""

    def _pages(
        self,
        row: type[T],
        where: str,
        params: Params,
        page_size: int,
        on_bad_row: OnBadRow,
        call: CallOptions,
        *,
        mark: type[Any] = IdMark,
        key: Callable[[Any], Key] = id_of,
    ) -> Pager[T]:
        """A list in pages; with `row` bytes, rows are the JSON that the server sent, and `key` reads `mark`."""
        strategy = Pages(_PAGE_SIZE("page_size", page_size))
        return self._list(shape(row, mark), where, params, strategy, call, key=key, on_bad_row=on_bad_row)

    def _linked(
        self,
        row: type[T],
        where: str,
        params: Params,
        on_bad_row: OnBadRow,
        call: CallOptions,
        *,
        mark: type[Any] = Unpublished,
        key: Callable[[Any], Key] = whole_row,
    ) -> Pager[T]:
        """A list that is one page, unless the server links to more."""
        return self._list(shape(row, mark), where, params, Linked(), call, key=key, on_bad_row=on_bad_row)

    async def _count(self, where: str, params: Params, call: CallOptions) -> int:
        """How many rows a list has, by the count of a page of one."""
        answer = await self._ask(envelope(msgspec.Raw), "GET", where, call, params=(*params, ("limit", "1")))
        total = total_of(answer)
        if total is None or isinstance(answer, list):
            raise NotSupported("the server sends this list without a count")
        return total

    async def _said(self, where: str, params: Params, call: CallOptions) -> Any:
        """What GET gives, as the server says it."""
        return await self._ask(_ANYTHING, "GET", where, call, params=params)

    async def _send(self, into: type[T], method: str, where: str, form: Mapping[str, str], call: CallOptions) -> T:
        """Send a form; what it changes may be sent again, what it makes may not."""
        return await self._ask(into, method, where, call, form=form, idempotent=method != "POST")


class Collection(AppFirstService, Generic[RowT]):
    """Things of one kind that have ids, below one path."""

    _part: str
    _row: type[RowT]
    _mark: type[Any] = IdMark
    _key: Callable[[Any], Key] = staticmethod(id_of)

    def _all(
        self, row: type[T], params: Params, page_size: int, on_bad_row: OnBadRow, call: CallOptions
    ) -> Pager[T]:
        """Its list."""
        where = at(self._part)
        return self._pages(row, where, params, page_size, on_bad_row, call, mark=self._mark, key=self._key)

    async def get(self, id: int, **call: Unpack[CallOptions]) -> RowT:
        """One of them. Raises NotFoundError."""
        return await self._ask(self._row, "GET", at(self._part, id), call)


class Plain(Collection[RowT]):
    """A collection without filters."""

    def list(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[RowT]:
        """All of them.

        Args:
            page_size: 1 to 2500.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
        """
        return self._all(self._row, (), page_size, on_bad_row, call)

    def rows(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        return self._all(bytes, (), page_size, on_bad_row, call)

    async def count(self, **call: Unpack[CallOptions]) -> int:
        """How many `list` would give. Raises NotSupported where the server does not count."""
        return await self._count(at(self._part), (), call)


class Points(CallOptions, total=False):
    """Which data points, and what every call takes.

    num: how many at most; the server's default is 1.
    start, end: aware times: the points from `end`, by default the latest, back to `start`.
    time_step: what a point stands for: Minute (default), Hour or Day.
    """

    num: int
    start: datetime
    end: datetime
    time_step: TimeStep


class Span(CallOptions, total=False):
    """Between which times, both aware, and what every call takes."""

    start: datetime
    end: datetime


SPAN_CHECKS: dict[str, Check] = {"start": inputs.seconds, "end": inputs.seconds}


@frozen
class SpanForm(Form):
    """A form with `SPAN_CHECKS`, whose two times must not be the wrong way round."""

    def read(self, given: Mapping[str, object]) -> tuple[dict[str, Any], CallOptions]:
        """See `Form`."""
        values, call = super().read(given)
        if "start" in values and "end" in values and int(values["start"]) > int(values["end"]):
            raise InputError("start must not be after end")
        return values, call


SPAN = SpanForm(SPAN_CHECKS)


def points(*time_steps: str) -> Form:
    """The checks of `Points`, with these time steps."""
    return SpanForm({**SPAN_CHECKS, "num": whole(1), "time_step": inputs.one_of(time_steps)})


class Measured(AppFirstService, Generic[IdT]):
    """What has data points. The vendor publishes some of their fields, and says that any may be missing."""

    _part: str
    _points = points("Minute", "Hour", "Day")

    def _where(self, id: IdT, *parts: str) -> str:
        return at(self._part, cast("int", id), *parts)

    def data(self, id: IdT, *, on_bad_row: OnBadRow = "raise", **query: Unpack[Points]) -> Pager[Unpublished]:
        """Data points, newest first; see `Points`."""
        params, call = self._points.query(query)
        return self._linked(Unpublished, self._where(id, "data"), params, on_bad_row, call)

    def data_rows(self, id: IdT, *, on_bad_row: OnBadRow = "raise", **query: Unpack[Points]) -> Pager[bytes]:
        """As `data`, each point as the JSON that the server sent."""
        params, call = self._points.query(query)
        return self._linked(bytes, self._where(id, "data"), params, on_bad_row, call)


def moment(time: datetime | None) -> Params:
    """The one time that details are asked for."""
    return () if time is None else (("time", inputs.seconds("time", time)),)
