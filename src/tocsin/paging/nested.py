"""A pager of pagers: for each row of one list, the pages of another, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from tocsin.errors import InputError
from tocsin.paging.checkpoint import Checkpoint
from tocsin.paging.page import Page
from tocsin.paging.pager import Pager
from tocsin.paging.parts import Part, Parts
from tocsin.paging.strategies import fingerprint

if TYPE_CHECKING:
    from tocsin.paging.prefetch import Ahead

S = TypeVar("S")
T = TypeVar("T")


def nested(outer: Pager[S], inner: Callable[[S], Pager[T] | None], name: str = "") -> Pager[T]:
    """For each row of `outer`, in its order, the pages of the pager that `inner` makes of it; None is passed over.

    Nothing of an inner list is asked for before its turn; with ``prefetch(n)``, n of them are read side by side,
    a page ahead each. A checkpoint holds one of the outer list and one of an inner list. A walk that is resumed
    within an inner list passes over rows that came into the outer one before it; if the row of that list is not
    there any more, it is a PagingShiftError.

    Args:
        name: what tells this query from others over the same outer list.
    """
    return NestedPager(outer, inner, name)


class NestedPager(Pager[T], Generic[S, T]):
    """See `nested`."""

    def __init__(
        self,
        outer: Pager[S],
        inner: Callable[[S], Pager[T] | None],
        name: str,
        start: Checkpoint | None = None,
    ) -> None:
        self._outer = outer
        self._inner = inner
        self._name = name
        self._start = start or Checkpoint(query=self.query, state={})

    @property
    def query(self) -> str:
        """See `Pager`."""
        return fingerprint(("nested", self._outer.query, self._name))

    def walk(self) -> _NestedWalk[S, T]:
        """See `Pager`."""
        return _NestedWalk(Parts(self._outer, self._inner, self._start))

    def prefetch(self, pages: int) -> Ahead[T]:
        """See `Pager`."""
        from tocsin.paging.side_by_side import SideBySide  # late: few need it

        return SideBySide(Parts(self._outer, self._inner, self._start), pages)

    def _from(self, start: Checkpoint) -> Self:
        return type(self)(self._outer, self._inner, self._name, start)


class _NestedWalk(Generic[S, T]):
    """One inner list after the other."""

    def __init__(self, parts: Parts[S, T]) -> None:
        self._parts = parts
        self._part: Part[T] | None = None
        #: The part that the page read last is of.
        self._read: Part[T] | None = None
        self._busy = False

    async def next_page(self) -> Page[T] | None:
        """See `Steps`."""
        if self._busy:
            raise InputError("this iterator is in use by another task: make one for each")
        self._busy = True
        try:
            while True:
                if self._part is None:
                    self._part = await self._parts.next()
                if self._part is None:
                    return None
                page = await self._part.next_page()
                if page is not None:
                    self._read = self._part
                    return page
                self._part = None
        finally:
            self._busy = False

    def place(self, count: int | None) -> Checkpoint:
        """See `Steps`."""
        return self._parts.start if count is None or self._read is None else self._read.place(count)
