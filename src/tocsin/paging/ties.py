"""Offsets that are times, made safe for rows that share one. No I/O in here.

A server that gives what is later than an offset, and offers the time of a page's last row as the next one, loses
the rows of that time that did not fit on the page (seen with the state history of monasca-api 11.0.0). So its
links are not followed: the walk asks again from just before that time, drops the rows that it had, and widens the
page when that does not bring it past the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import field, frozen

from tocsin.errors import PagingError, PagingLoopError
from tocsin.paging.checkpoint import Key, State
from tocsin.paging.strategies import Reply, Strategy, Turn
from tocsin.transport.messages import Params

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(milliseconds=1)


@frozen
class TimeOffset(Strategy):
    """Oldest first by a time, page by page: what is later than an offset in milliseconds since 1970.

    `Listing.order` is the time. A page without a link to the next is the last; one whose total is what it has is
    the whole list, in whatever order. Every row that is there for the whole walk, and keeps its time, is handed
    out once: however many share a millisecond, in whatever order the server has them then. Of rows with the same
    key, as many come as there are.

    Notices, and gets past, a page that ends among rows of one millisecond. Where a page of `widest` rows is not
    enough for them, where a page that is not the last is not oldest first, or begins before its offset, it is a
    PagingError, and no row of that page is handed out. Cannot notice: a row that comes during the walk with a time
    before the place; a row whose time changes; that of two rows with the same key one went as another came.

    Its state holds the keys of the rows of one millisecond: few, and never more than two of the widest page.

    Attributes:
        size: rows a page; widest: the largest page asked for, to get past one millisecond.
        since, until: the walk begins and ends with these times, for servers that know no such bounds.
    """

    size: int
    widest: int
    since: datetime | None = None
    until: datetime | None = None
    offset_param: str = "offset"
    size_param: str = "limit"
    name: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        # The server is not told of the bounds, so no other part of the query has them.
        since, until = (when and when.astimezone(UTC).isoformat() for when in (self.since, self.until))
        object.__setattr__(self, "name", f"time-offset from {since} to {until}")

    def params(self, state: State) -> Params:
        """Offset and size; no offset at the very beginning."""
        size = (self.size_param, str(state.get("size", self.size)))
        after = self._after(state)
        return (size,) if after is None or after < 0 else ((self.offset_param, str(after)), size)

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        keep = self._fresh(state, reply)
        if _whole(reply):
            return Turn(keep, None)
        self._check(state, reply)
        edge, start = _edge(reply, reply.count)
        if reply.next is None or (edge is not None and self.until is not None and edge > _tick(self.until)):
            return Turn(keep, None)
        ahead = self._behind(state, reply, reply.count)
        if start == 0:
            # Every row of the page is of one millisecond: only a wider page shows where they end.
            size = state.get("size", self.size)
            if size >= self.widest:
                raise PagingError(f"a page of {size} rows does not get past one millisecond ({_moment(edge)})")
            return Turn(keep, {**ahead, "size": min(2 * size, self.widest)})
        return Turn(keep, ahead)

    def behind(self, state: State, reply: Reply, index: int) -> State | None:
        """Just before the time of the last row, knowing which rows of that time were handed out."""
        return None if _whole(reply) else self._behind(state, reply, index)

    def _behind(self, state: State, reply: Reply, index: int) -> dict[str, Any]:
        edge, start = _edge(reply, index)
        after = self._after(state) if edge is None else edge - 1
        seen = reply.keys[start:index]
        if start:
            return {"after": after, "seen": list(seen)}
        size = {"size": state["size"]} if "size" in state else {}
        return {"after": after, "seen": _most(state.get("seen", ()), seen), **size}

    def _after(self, state: State) -> int | None:
        if "after" in state:
            after: int | None = state["after"]
            return after
        return None if self.since is None else _tick(self.since) - 1

    def _fresh(self, state: State, reply: Reply) -> Sequence[int] | None:
        """The rows that were not handed out yet, and are within the bounds; None for all."""
        keep: Sequence[int] = range(reply.count)
        if state.get("seen"):
            had, keys = Counter[Key](state["seen"]), reply.keys
            keep = [index for index in keep if not _took(had, keys[index])]
        if self.since is not None or self.until is not None:
            keep = [index for index in keep if self._within(reply.order(index))]
        return None if len(keep) == reply.count else keep

    def _within(self, when: Any) -> bool:
        return not isinstance(when, datetime) or (
            (self.since is None or when >= self.since) and (self.until is None or when <= self.until)
        )

    def _check(self, state: State, reply: Reply) -> None:
        """Raises PagingError for a page that cannot be what was asked for."""
        after, first, last = self._after(state), reply.order(0), reply.order(-1)
        if after is not None and isinstance(first, datetime) and _tick(first) <= after:
            raise PagingLoopError(f"a page of what is later than {_moment(after)} begins at {first.isoformat()}")
        if reply.next and isinstance(first, datetime) and isinstance(last, datetime) and first > last:
            raise PagingError(
                f"the page is not oldest first: it goes from {first.isoformat()} to {last.isoformat()}"
            )


def _whole(reply: Reply) -> bool:
    return reply.total is not None and reply.total == reply.count


def _tick(when: datetime) -> int:
    """The millisecond since 1970 that a time is in."""
    return (when - _EPOCH) // _TICK


def _moment(tick: int | None) -> str:
    return "no known time" if tick is None else (_EPOCH + tick * _TICK).isoformat()


def _took(had: Counter[Key], key: Key) -> bool:
    """Whether one of these is left to take."""
    if not had[key]:
        return False
    had[key] -= 1
    return True


def _most(some: Sequence[Key], others: Sequence[Key]) -> list[Key]:
    """Each key as often as it is in the one that has it more often."""
    return list((Counter(some) | Counter(others)).elements())


def _edge(reply: Reply, index: int) -> tuple[int | None, int]:
    """The millisecond of the last row before `index`, and where the rows of it begin.

    Rows whose time cannot be read count to it; None if that is all of them.
    """
    edge: int | None = None
    while index:
        when = reply.order(index - 1)
        if isinstance(when, datetime):
            tick = _tick(when)
            if edge is not None and tick != edge:
                break
            edge = tick
        index -= 1
    return edge, index
