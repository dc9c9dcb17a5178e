"""How the pages of AppFirst are read and asked for.

The vendor's page on alerts counts pages from 0, and wraps them: ``{"pagination": {"count", "next"}, "data": []}``.
Its graph application counted them from 1; older versions sent bare arrays; and the page on pagination, which is
lost, told of cursors. What stands here copes with all of them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl

from attrs import evolve, field, frozen

from tocsin.appfirst.values import is_number
from tocsin.errors import PagingError, PagingLoopError, PagingShiftError, StatusError
from tocsin.paging.checkpoint import Key, State
from tocsin.paging.page import Shape
from tocsin.paging.strategies import Link, PageNumber, Reply, Strategy, Turn
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params

T = TypeVar("T")

#: The API's own page, and its largest.
LARGEST_PAGE = 2500


class Pagination(Model, frozen=True):
    """What an answer says of its pages."""

    count: int | None = None
    next: str | None = None


class Envelope(Model, Generic[T], frozen=True):
    """A page as version 5 sends it."""

    data: list[T]
    pagination: Pagination = Pagination()


# Types are put together at run time, for the codec alone: nothing for a type checker to follow.
_ENVELOPE: Any = Envelope
_LIST: Any = list


def envelope(row: Any) -> Any:
    """The type of a whole answer with rows of this type; a bare array is all there is."""
    return _LIST[row] | _ENVELOPE[row]


def rows_of(answer: Envelope[Any] | list[Any]) -> Sequence[Any]:
    """The rows of an answer."""
    return answer if isinstance(answer, list) else answer.data


def next_of(answer: Envelope[Any] | list[Any]) -> str | None:
    """The link to the next page, if the server has one."""
    return None if isinstance(answer, list) else answer.pagination.next


def total_of(answer: Envelope[Any] | list[Any]) -> int | None:
    """The number of rows in all, if the server tells."""
    return len(answer) if isinstance(answer, list) else answer.pagination.count


def shape(row: type[T], mark: type[Any]) -> Shape[T]:
    """Pages, or a bare array; see `Shape`."""
    return Shape(envelope=envelope, row=row, mark=mark, rows=rows_of, next=next_of, total=total_of)


@frozen
class Linked(Strategy):
    """Follow the `next` link, with all of its query: nobody tells what its parameters are called.

    Of a link, the origin and path are never used. Notices and cannot notice: as `Link`.
    """

    name: str = field(default="linked", init=False)

    def params(self, state: State) -> Params:
        """The query of the last link."""
        return tuple(state.get("at", {}).items())

    def turn(self, state: State, reply: Reply) -> Turn:
        """Go on to the link. Raises PagingError for one without a query, PagingLoopError."""
        names = frozenset(_query(reply.next))
        if reply.next is not None and not names:
            raise PagingError("the server's next link has no query")
        return Link(names).turn(state, reply)

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same page, without the rows handed out."""
        return Link(frozenset()).behind(state, reply, index)


@frozen
class Pages(PageNumber):
    """Pages by number, by the server's links where it has them, and by the count where it has none.

    - A link to a page has its number taken from it; another one (a cursor) is followed as `Linked` does.
    - Without a link the walk goes on by number as long as the count says that there is more, and ends at an empty
      page. Without a count, or with one that its own answer belies, it goes on until a page brings nothing new.
    - The first page is asked for without a number. That pages are counted from 1 is found out where the link of
      the first page leads to page 2, or where page 1 repeats at least half of it; this is kept in the state. If as
      many rows as that come or go between the two, it is a PagingShiftError.
    - Where a page is refused (400, 404) that no link leads to, the one before is asked for once more. If there is
      no count, this is the end; if it shrank, the walk goes back; if it still promises the page, that is asked for
      again, and a refusal raised.

    Notices, besides what `PageNumber` does: a link that leads back (PagingLoopError); a count below the rows that
    its own answer shows. Cannot notice: pages behind the last link where the count is too low, but as high as the
    rows so far.
    """

    first: int = 0
    size_param: str = "limit"
    #: Going back after rows went can bring as many pages without a new row, and a few more.
    idle: int = 8
    name: str = field(default="appfirst", init=False)

    def params(self, state: State) -> Params:
        """Size and number; with a cursor the query of the link, which goes before our size."""
        page, limit = state.get("page", 0), (self.size_param, str(state.get("size", self.size)))
        if "at" in state:
            return tuple({self.size_param: limit[1], **state["at"]}.items())
        return (limit, (self.page_param, str(page))) if page else (limit,)

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        to = _page_in(reply.next)
        if "at" in state or (reply.next is not None and to is None):
            return Linked().turn({"seen": [], **state}, reply)
        page, base = state.get("page", 0), self._base(state, reply)
        if to is not None and to <= page:
            raise PagingLoopError(f"the next link of page {page} leads back to page {to}")
        if page == 1 == base and "base" not in state:
            return self._first_again(state, reply, to)
        turn = self._counted(state, self._believed(state, reply, base or 0), base or 0)
        if turn.state is None:
            return turn
        ahead = dict(turn.state)
        if base is not None:
            ahead["base"] = base
        if ahead["page"] <= page:
            return Turn(turn.keep, ahead)  # rows went, and the walk goes back for those behind them
        if to is not None:
            return Turn(turn.keep, {**ahead, "page": to, "promised": True})
        if not reply.count:
            return Turn(turn.keep, None)
        return Turn(turn.keep, {**ahead, "promised": True} if "again" in state else ahead)

    def _counted(self, state: State, reply: Reply, base: int) -> Turn:
        """What page numbers say; the first page, asked for without a number, has that of the base."""
        at = state if state.get("page") else {name: value for name, value in state.items() if name != "page"}
        return PageNumber.turn(evolve(self, first=base), at, reply)

    def _base(self, state: State, reply: Reply) -> int | None:
        """What the first page is counted as; None where that is not known yet."""
        if "base" in state:
            return int(state["base"])
        if not state.get("page"):
            return 1 if _page_in(reply.next) == 2 else None
        first, seen = state.get("rows", 0), set(state.get("seen", ()))
        moved = abs(reply.total - state["total"]) if None not in (reply.total, state.get("total")) else 0
        if moved and moved * 2 >= first:
            if "promised" in state:
                return 0  # the links tell the way
            raise PagingShiftError(f"{moved} rows went from the list or came behind its first page")
        # Fewer rows came or went than half of the first page had: a page with half of it is that page.
        return 1 if sum(key in seen for key in reply.keys) * 2 >= first > 0 else 0

    def _first_again(self, state: State, reply: Reply, to: int | None) -> Turn:
        """Page 1 is the first page, once more."""
        seen: list[Key] = list(state.get("seen", ()))
        known = set(seen)
        keep = [index for index, key in enumerate(reply.keys) if key not in known]
        done = reply.total is not None and reply.total <= max(state.get("rows", 0), reply.count)
        if to is None and done:
            return Turn(keep, None)
        seen += [reply.keys[index] for index in keep]
        ahead = {**state, "base": 1, "page": to or 2, "seen": seen, "total": reply.total}
        return Turn(keep, {**ahead, "promised": True} if to is not None else ahead)

    def _believed(self, state: State, reply: Reply, base: int) -> Reply:
        """The reply, without a count that its own rows belie."""
        before = max(0, state.get("page", 0) - base) * max(state.get("rows", 0), reply.count)
        if reply.total is None or not reply.count or before + reply.count <= reply.total:
            return reply
        believed = copy.copy(reply)
        believed.total = None
        return believed

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same page, without the rows handed out; what it tells of the base is kept."""
        base = None if "at" in state else self._base(state, reply)
        made = PageNumber.behind(self, state, reply, index)
        return made if base is None else {**made, "base": base}

    def refused(self, state: State, error: StatusError) -> State | None:
        """The page before a page that nobody linked to; see the class."""
        page = state.get("page", 0)
        if error.status not in {400, 404} or "promised" in state or page <= state.get("base", 0):
            return None
        return {**state, "page": page - 1, "again": True}

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """Known ahead where pages have numbers, and the server tells the count."""
        if "at" in state or "rows" not in state:
            return ()
        return PageNumber.predict(evolve(self, first=state.get("base", 0)), state, reply, count)


def _query(link: str | None) -> Mapping[str, str]:
    query = link.partition("#")[0].partition("?")[2] if link else ""
    return dict(parse_qsl(query, keep_blank_values=True))


def _page_in(link: str | None) -> int | None:
    """The number of the page that a link leads to; None for a link of another kind."""
    query = _query(link)
    number = query.get("page", "") if "cursor" not in query else ""
    return int(number) if is_number(number) else None
