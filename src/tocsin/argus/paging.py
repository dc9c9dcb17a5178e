"""How Argus lists: cursor pages newest first, and bare arrays."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Generic, TypeVar

from tocsin.errors import InputError
from tocsin.options import CallOptions
from tocsin.paging.drf import DrfCursor
from tocsin.paging.page import OnBadRow, Shape
from tocsin.paging.pager import ListPager, Pager
from tocsin.paging.strategies import Strategy
from tocsin.paging.walk import Listing
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params, Request
from tocsin.transport.pipeline import Pipeline

T = TypeVar("T")


class CursorPage(Model, Generic[T], frozen=True):
    """A page as the server sends it."""

    results: list[T]
    next: str | None = None


# A type is put together at run time, for the codec alone: nothing for a type checker to follow.
_PAGE: Any = CursorPage
_ARRAY: Any = list


def cursor_pager(
    pipeline: Pipeline,
    row: type[T],
    path: str,
    params: Params,
    *,
    order: str,
    mark: type[Any],
    page_size: int,
    on_bad_row: OnBadRow,
    call: CallOptions,
) -> Pager[T]:
    """A list that comes in cursor pages, newest first by the field `order`."""
    if not isinstance(page_size, int) or isinstance(page_size, bool) or page_size < 1:
        raise InputError(f"page_size must be a whole number, at least 1, not {page_size!r}")
    shape = Shape(
        envelope=lambda row: _PAGE[row],
        row=row,
        mark=mark,
        rows=attrgetter("results"),
        next=attrgetter("next"),
        total=_none,
    )
    return _pager(pipeline, shape, path, params, DrfCursor(page_size), attrgetter(order), on_bad_row, call)


def array_pager(
    pipeline: Pipeline,
    row: type[T],
    path: str,
    *,
    mark: type[Any],
    key: str = "pk",
    on_bad_row: OnBadRow,
    call: CallOptions,
) -> Pager[T]:
    """A list that comes whole, as a bare array."""
    shape = Shape(
        envelope=lambda row: _ARRAY[row],
        row=row,
        mark=mark,
        rows=list[Any],
        next=_none,
        total=_none,
    )
    return _pager(pipeline, shape, path, (), Strategy(), None, on_bad_row, call, key=key)


def single_pager(
    pipeline: Pipeline,
    row: type[T],
    path: str,
    *,
    mark: type[Any],
    key: str,
    on_bad_row: OnBadRow,
    call: CallOptions,
) -> Pager[T]:
    """What comes as one object, as a list of one row."""
    shape = Shape(envelope=_same, row=row, mark=mark, rows=_alone, next=_none, total=_none)
    return _pager(pipeline, shape, path, (), Strategy(), None, on_bad_row, call, key=key)


def _pager(
    pipeline: Pipeline,
    shape: Shape[T],
    path: str,
    params: Params,
    strategy: Strategy,
    order: Callable[[Any], Any] | None,
    on_bad_row: OnBadRow,
    call: CallOptions,
    key: str = "pk",
) -> Pager[T]:
    request = Request("GET", path, params)
    listing = Listing(request, shape, strategy, attrgetter(key), order, on_bad_row)
    return ListPager(pipeline, listing, call)


def _none(_: object) -> None:
    return None


def _same(row: Any) -> Any:
    return row


def _alone(row: Any) -> list[Any]:
    return [row]
