"""What the service objects of Monasca share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

from tocsin.errors import InputError
from tocsin.monasca.dialect import Dialect, Speech
from tocsin.options import CallOptions
from tocsin.paging.checkpoint import Key
from tocsin.paging.page import OnBadRow, Shape
from tocsin.paging.pager import Pager
from tocsin.paging.strategies import Offset, Strategy
from tocsin.service import Service
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params
from tocsin.transport.pipeline import Pipeline

T = TypeVar("T")

#: The server's own page and its largest: it cuts a larger `limit` down without a word.
LARGEST_PAGE = 10_000


class Link(Model, frozen=True):
    """A link of an answer or a thing: "self", "next", in the 2014 dialect "history" of an alarm."""

    rel: str
    href: str


class IdMark(Model, frozen=True):
    """What a walk needs of a row that is left as JSON: its id."""

    id: str


class Elements(Model, Generic[T], frozen=True):
    """A list as the server of today sends it; that of 2014 sends bare arrays."""

    elements: list[T]
    links: list[Link] = []  # noqa: RUF012 - msgspec copies an empty default


# Types are put together at run time, for the codec alone: nothing for a type checker to follow.
_ELEMENTS: Any = Elements
_LIST: Any = list


def envelope(row: Any) -> Any:
    """The type of a whole answer with rows of this type, in either dialect."""
    return _LIST[row] | _ELEMENTS[row]


def rows_of(answer: Elements[Any] | list[Any]) -> Sequence[Any]:
    """The rows of an answer."""
    return answer if isinstance(answer, list) else answer.elements


def next_of(answer: Elements[Any] | list[Any]) -> str | None:
    """The link to the next page, if the server has one."""
    if isinstance(answer, list):
        return None
    return next((link.href for link in answer.links if link.rel == "next"), None)


def total_of(answer: Elements[Any] | list[Any]) -> int | None:
    """A bare array is all there is; nothing else tells."""
    return len(answer) if isinstance(answer, list) else None


def check_page_size(page_size: int) -> int:
    """`page_size`, if the server takes it as it is.

    Raises InputError.
    """
    if not isinstance(page_size, int) or isinstance(page_size, bool) or not 2 <= page_size <= LARGEST_PAGE:
        raise InputError(f"page_size must be a whole number from 2 to {LARGEST_PAGE}, not {page_size!r}")
    return page_size


class MonascaService(Service):
    """A group of calls of Monasca."""

    def __init__(self, pipeline: Pipeline, speech: Speech) -> None:
        super().__init__(pipeline)
        self._speech = speech

    async def _dialect(self) -> Dialect:
        """The server's dialect, found out if it must be."""
        return await self._speech.dialect(self._pipeline)

    def _pager(
        self,
        row: type[T],
        where: str,
        params: Params,
        strategy: Strategy,
        call: CallOptions,
        *,
        key: Callable[[Any], Key],
        order: Callable[[Any], Any] | None = None,
        mark: type[Any] | None = None,
        on_bad_row: OnBadRow = "raise",
    ) -> Pager[T]:
        """A list; with `row` bytes, rows are the JSON that the server sent, and key and order read `mark`."""
        shape = Shape(
            envelope=envelope,
            row=row,
            mark=mark if mark is not None else cast("type[Any]", row),
            rows=rows_of,
            next=next_of,
            total=total_of,
        )
        return self._list(shape, where, params, strategy, call, key=key, order=order, on_bad_row=on_bad_row)

    def _by_number(
        self,
        row: type[T],
        where: str,
        params: Params,
        page_size: int,
        call: CallOptions,
        *,
        key: Callable[[Any], Key],
        mark: type[Any] | None = None,
        on_bad_row: OnBadRow = "raise",
    ) -> Pager[T]:
        """A list whose offset is the number of a row. It is counted here: what the server's links say of it is
        encoded twice, and for notification methods wrong (seen on monasca-api 11.0.0)."""
        strategy = Offset(check_page_size(page_size), linked=True)
        return self._pager(row, where, params, strategy, call, key=key, mark=mark, on_bad_row=on_bad_row)
