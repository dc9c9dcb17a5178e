"""A pager of pagers: for each row of one list, the pages of another, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from attrs import evolve

from tocsin.errors import InputError, PagingShiftError, TocsinError
from tocsin.paging.checkpoint import Checkpoint
from tocsin.paging.page import Page
from tocsin.paging.pager import Items, Pager, Steps
from tocsin.paging.strategies import fingerprint

if TYPE_CHECKING:
    from tocsin.paging.prefetch import Ahead

S = TypeVar("S")
T = TypeVar("T")


def nested(outer: Pager[S], inner: Callable[[S], Pager[T] | None], name: str = "") -> Pager[T]:
    """For each row of `outer`, in its order, the pages of the pager that `inner` makes of it; None is passed over.

    Nothing of an inner list is asked for before its turn; with ``prefetch(n)``, n of them are read side by side,
    a page ahead each. A checkpoint holds one of the outer list and one of an inner list. A walk that is resumed
    at a row of the outer list which is not there any more is a PagingShiftError.

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


class Part(Generic[T]):
    """The walk over one inner list, with the places of its row in the outer one."""

    def __init__(self, query: str, before: Checkpoint, after: Checkpoint, walk: Steps[T]) -> None:
        self._query = query
        self._before = before
        self._after = after
        self._walk = walk

    async def next_page(self) -> Page[T] | None:
        """Its next page, with a checkpoint of both lists; None behind the last."""
        try:
            page = await self._walk.next_page()
        except TocsinError as error:
            error.checkpoint = self._behind(error.checkpoint).to_json()
            raise
        return None if page is None else evolve(page, checkpoint=self._behind(page.checkpoint.to_json()))

    def place(self, count: int) -> Checkpoint:
        """The place behind `count` rows of the page read last."""
        return self._behind(self._walk.place(count).to_json())

    def _behind(self, inner: Any) -> Checkpoint:
        if inner is not None and inner["state"] is None:
            return _between(self._query, self._after.to_json())
        return Checkpoint(query=self._query, state={"outer": self._before.to_json(), "inner": inner})


def _between(query: str, outer: Any) -> Checkpoint:
    """The place between two inner lists."""
    done = outer is not None and outer["state"] is None
    return Checkpoint(query=query, state=None if done else {"outer": outer, "inner": None})


class Parts(Generic[S, T]):
    """The inner lists from a checkpoint on, one after the other."""

    def __init__(self, outer: Pager[S], inner: Callable[[S], Pager[T] | None], start: Checkpoint) -> None:
        self.start = start
        self._inner = inner
        self._within: Checkpoint | None = None
        state = start.state
        if state:
            try:
                outer = outer.resume(Checkpoint.from_json(state["outer"]))
                self._within = None if state["inner"] is None else Checkpoint.from_json(state["inner"])
            except (LookupError, TypeError):
                raise InputError("the checkpoint cannot be read: it has no places of two lists") from None
        self._rows: Items[S] | None = None if state is None else aiter(outer)

    async def next(self) -> Part[T] | None:
        """The next one; None behind the last."""
        while self._rows is not None:
            before = self._rows.checkpoint
            try:
                row = await anext(self._rows)
            except StopAsyncIteration:
                if self._within is not None:
                    raise self._gone() from None
                return None
            except TocsinError as error:
                place = self.start if self._within is not None else _between(self.start.query, error.checkpoint)
                error.checkpoint = place.to_json()
                raise
            pager = self._inner(row)
            if self._within is not None:
                if pager is None or self._within.query != pager.query:
                    raise self._gone()
                pager, self._within = pager.resume(self._within), None
            if pager is not None:
                return Part(self.start.query, before, self._rows.checkpoint, pager.walk())
        return None

    def _gone(self) -> PagingShiftError:
        return PagingShiftError(
            "the row that the walk stood at is not in its place any more", checkpoint=self.start.to_json()
        )


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
