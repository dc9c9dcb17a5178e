"""How to ask for the next page: one strategy for each way that APIs page. No I/O in here.

A strategy turns a `State` (JSON values, empty at the first page) into query parameters, and a `Reply` into the
next state. What each can and cannot notice when rows come, go or move during the walk stands in its docstring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen

from tocsin.errors import InputError, PagingError, PagingLoopError, PagingShiftError
from tocsin.paging.checkpoint import Key, State
from tocsin.transport.messages import Params


class Reply:
    """What a strategy may know of a page; read from its rows only when it is asked for.

    Attributes:
        next: the server's link to the next page, or None.
        total: the number of rows in all, if the server tells.
    """

    __slots__ = ("_key", "_keys", "_order", "count", "marks", "next", "total")

    def __init__(
        self,
        marks: Sequence[Any],
        key: Callable[[Any], Key],
        order: Callable[[Any], Any] | None = None,
        *,
        next: str | None = None,
        total: int | None = None,
    ) -> None:
        self.marks = marks
        self.count = len(marks)
        self.next = next
        self.total = total
        self._key = key
        self._order = order
        self._keys: Sequence[Key] | None = None

    @property
    def keys(self) -> Sequence[Key]:
        """The ids of the page's rows, in order."""
        if self._keys is None:
            self._keys = list(map(self._key, self.marks))
        return self._keys

    def order(self, index: int) -> Any:
        """The value that the server sorts by, of one row; None where there is none."""
        return self._order(self.marks[index]) if self._order is not None and self.count else None


@frozen
class Turn:
    """What follows a page.

    Attributes:
        keep: indexes of the rows that are new; None keeps all.
        state: the next page, or None at the end.
    """

    keep: Sequence[int] | None
    state: State | None


class Strategy:
    """The base: one page, and that is all (a bare array)."""

    name = "single"
    #: Parameters that do not belong to the query's identity, such as a page size that may change on the way.
    free: frozenset[str] = frozenset()

    def params(self, state: State) -> Params:
        """What to add to the query for the page at `state`."""
        return ()

    def turn(self, state: State, reply: Reply) -> Turn:
        """Which rows of the page at `state` are new, and what comes next.

        Raises PagingError if going on would lose or double rows.
        """
        return Turn(None, None)

    def behind(self, state: State, reply: Reply, index: int) -> State | None:
        """A state whose page begins behind row `index` of this one; None if none can be made."""
        return None

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """The parameters of up to `count` pages that will be asked for after the page at `state`."""
        return ()


def unseen(keys: Sequence[Key], seen: Sequence[Key]) -> list[int] | None:
    """Indexes of the keys that are not in `seen`; None if that is all of them."""
    if not seen:
        return None
    known = set(seen)
    keep = [index for index, key in enumerate(keys) if key not in known]
    return None if len(keep) == len(keys) else keep


def link_params(link: str, names: frozenset[str]) -> dict[str, str]:
    """The named query values of a link; its origin and path are never used."""
    return {name: value for name, value in parse_qsl(urlsplit(link).query, True) if name in names}


@frozen
class Link(Strategy):
    """Follow the server's `next` link: of it, only the values of `names`.

    Notices: a link that leads back to its own page, or to one of the last `memory` pages (PagingLoopError).
    Cannot notice: rows that came, went or moved; that is the server's to get right. Rows that a page repeats
    from the one before are dropped.
    """

    names: frozenset[str]
    memory: int = 64
    name: str = field(default="link", init=False)

    def params(self, state: State) -> Params:
        """The values of the last link."""
        return tuple(state.get("at", {}).items())

    def turn(self, state: State, reply: Reply) -> Turn:
        """Go on to the link; see the class."""
        keep = unseen(reply.keys, state.get("seen", ()))
        if reply.next is None:
            return Turn(keep, None)
        at = link_params(reply.next, self.names)
        mark = fingerprint(sorted(at.items()))
        visited = [*state.get("visited", ()), fingerprint(sorted(state.get("at", {}).items()))]
        if mark in visited or not at:
            raise PagingLoopError(f"the server's next link leads back: {sorted(at.items())}")
        seen = list(reply.keys) if reply.keys else state.get("seen", [])
        return Turn(keep, {"at": at, "seen": seen, "visited": visited[-self.memory :]})


@frozen
class Offset(Strategy):
    """Ask for rows from a number on; the number is counted here.

    Each page overlaps the one before by a row, and the walk goes on behind the furthest row that it knows. If
    it knows none, rows went from before its place, and it steps back until it finds one.

    Notices: rows put in or taken out before the place of the walk, up to `reach` pages of them; more is a
    PagingShiftError. Cannot notice: a row that moves from behind the place to before it. Without a total, the
    end is the first page with nothing new on it.
    """

    size: int
    offset_param: str = "offset"
    size_param: str = "limit"
    reach: int = 8
    name: str = field(default="offset", init=False)

    def params(self, state: State) -> Params:
        """Offset and size."""
        return ((self.offset_param, str(state.get("at", 0))), (self.size_param, str(self.size)))

    def __attrs_post_init__(self) -> None:
        if self.size < 2:
            raise InputError("page_size must be at least 2: pages overlap by a row")

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        at, seen, keys = state.get("at", 0), state.get("seen", ()), list(reply.keys)
        known = set(seen)
        place = max((index for index, key in enumerate(keys) if key in known), default=-1)
        if seen and place < 0:
            return Turn([], self._step_back(state, seen))
        fresh = keys[place + 1 :]
        remembered = [*seen, *fresh][-2 * self.size :]
        ahead = {"at": at + len(keys) - 1, "seen": remembered}
        keep = list(range(place + 1, len(keys))) if seen else None
        if reply.total is not None:
            return Turn(keep, ahead if keys and at + len(keys) < reply.total else None)
        return Turn(keep, ahead if fresh or len(keys) >= self.size else None)

    def _step_back(self, state: State, seen: Sequence[Key]) -> State:
        """No row of the page is known: rows went, and the place lies further up."""
        at, back = state["at"], state.get("back", 0)
        if at == 0 or back >= self.reach:
            raise PagingShiftError(
                f"too many rows went from the list during the walk: {seen[-1]!r} is out of reach"
            )
        return {"at": max(0, at - self.size + 1), "seen": list(seen), "back": back + 1}

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """Known ahead where the server tells the total."""
        if reply.total is None or not reply.keys or self.size < 2:
            return ()
        at, asks = state.get("at", 0), list[Params]()
        while len(asks) < count and at + self.size < reply.total:
            at += self.size - 1
            asks.append(self.params({"at": at}))
        return asks


@frozen
class PageNumber(Strategy):
    """Ask for page 1, 2, 3 … of a fixed size.

    Notices: rows put in (a row that the last pages had already comes again, and is dropped), and rows taken out
    where the server tells a total (it shrinks, and the walk goes back as many pages as can have shifted).
    Cannot notice: rows taken out where there is no total, or while as many are put in; rows that move.
    An empty page ends the walk only when the server names no next page.
    """

    size: int
    first: int = 1
    page_param: str = "page"
    size_param: str = "per_page"
    name: str = field(default="page-number", init=False)

    def params(self, state: State) -> Params:
        """Page and size."""
        return ((self.page_param, str(state.get("page", self.first))), (self.size_param, str(self.size)))

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        page, seen, total = state.get("page", self.first), state.get("seen", ()), state.get("total")
        keep = unseen(reply.keys, seen)
        fresh = list(reply.keys) if keep is None else [reply.keys[index] for index in keep]
        remembered = [*seen, *fresh][-3 * self.size :]
        if total is not None and reply.total is not None and reply.total < total and page > self.first:
            gone = -(-(total - reply.total) // self.size)
            if gone > 2:
                raise PagingShiftError(f"{total - reply.total} rows went from the list during the walk")
            back = max(self.first, page - gone)
            return Turn(keep, {"page": back, "seen": remembered, "total": reply.total})
        done = (page - self.first + 1) * self.size
        if reply.next is None and (reply.total is None or done >= reply.total):
            return Turn(keep, None)
        if not reply.keys and reply.next is None:
            return Turn(keep, None)
        return Turn(keep, {"page": page + 1, "seen": remembered, "total": reply.total})

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """Known ahead where the server tells the total."""
        if reply.total is None:
            return ()
        page = state.get("page", self.first)
        last = self.first + -(-reply.total // self.size) - 1
        return [self.params({"page": number}) for number in range(page + 1, min(last, page + count) + 1)]


@frozen
class Window(Strategy):
    """Ask for one stretch of time after the other: from `since` up to, not including, `until`.

    A window whose answer has `cap` rows or more may have been cut off by the server: it is asked for again in
    halves, down to `narrowest`, below which the walk ends in a PagingError. Windows are half-open, and cover
    the whole time without overlap; rows that a server gives in two neighbouring windows are dropped by their id.

    Notices: nothing that changes behind the walk. Cannot notice: a row put into a window that is done.
    """

    since: datetime
    until: datetime
    width: timedelta
    bounds: Callable[[datetime, datetime], Params]
    cap: int | None = None
    narrowest: timedelta = timedelta(milliseconds=1)
    name: str = field(default="window", init=False)

    def params(self, state: State) -> Params:
        """The window's bounds, as the API spells them."""
        return self.bounds(*self._window(state))

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        start, end = self._window(state)
        if self.cap is not None and len(reply.keys) >= self.cap:
            half = (end - start) / 2
            if half < self.narrowest:
                raise PagingError(f"more than {self.cap} rows within {end - start} from {start.isoformat()}")
            return Turn([], {**state, "from": start.isoformat(), "width": half.total_seconds()})
        keep = unseen(reply.keys, state.get("seen", ()))
        if end >= self.until:
            return Turn(keep, None)
        # After a narrow window the next is twice as wide: a burst is left behind as it was met.
        width = min(2 * (end - start), self.width).total_seconds()
        return Turn(keep, {"from": end.isoformat(), "width": width, "seen": list(reply.keys)})

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """The windows that follow, as long as none has to be halved."""
        asks, (_, at) = list[Params](), self._window(state)
        while len(asks) < count and at < self.until:
            end = min(at + self.width, self.until)
            asks.append(self.bounds(at, end))
            at = end
        return asks

    def _window(self, state: State) -> tuple[datetime, datetime]:
        start = datetime.fromisoformat(state["from"]) if "from" in state else self.since
        width = timedelta(seconds=state["width"]) if "width" in state else self.width
        return start, min(start + width, self.until)


def fingerprint(value: object) -> str:
    """A short, stable mark of a JSON-like value."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
