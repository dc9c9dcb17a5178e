"""How the pages of Argus are read: cursor pages, and answers that are a whole list, or one thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar

from tocsin.paging.page import Shape
from tocsin.transport.codec import Model

T = TypeVar("T")


class CursorPage(Model, Generic[T], frozen=True):
    """A page as the server sends it."""

    results: list[T]
    next: str | None = None


# A type is put together at run time, for the codec alone: nothing for a type checker to follow.
_PAGE: Any = CursorPage
_ARRAY: Any = list


def cursor_shape(row: type[T], mark: type[Any]) -> Shape[T]:
    """Cursor pages."""
    return Shape(
        envelope=lambda row: _PAGE[row],
        row=row,
        mark=mark,
        rows=attrgetter("results"),
        next=attrgetter("next"),
        total=_none,
    )


def array_shape(row: type[T], mark: type[Any]) -> Shape[T]:
    """A list that comes whole, as a bare array."""
    return _whole(row, mark, lambda row: _ARRAY[row], list[Any])


def single_shape(row: type[T], mark: type[Any]) -> Shape[T]:
    """What comes as one object, as a list of one row."""
    return _whole(row, mark, lambda row: row, lambda row: [row])


def _whole(
    row: type[T], mark: type[Any], envelope: Callable[[Any], Any], rows: Callable[[Any], Sequence[Any]]
) -> Shape[T]:
    return Shape(envelope=envelope, row=row, mark=mark, rows=rows, next=_none, total=_none)


def _none(_: object) -> None:
    return None
