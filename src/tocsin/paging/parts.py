"""The inner lists of a pager of pagers, one after the other, with places that know both lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import evolve

from tocsin.errors import InputError, PagingShiftError, TocsinError
from tocsin.paging.checkpoint import Checkpoint
from tocsin.paging.page import Page
from tocsin.paging.pager import Items, Pager, Steps

S = TypeVar("S")
T = TypeVar("T")


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
                    continue
                pager, self._within = pager.resume(self._within), None
            if pager is not None:
                return Part(self.start.query, before, self._rows.checkpoint, pager.walk())
        return None

    def _gone(self) -> PagingShiftError:
        return PagingShiftError(
            "the row that the walk stood at is not there any more", checkpoint=self.start.to_json()
        )
