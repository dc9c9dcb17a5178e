"""The cursor of Django REST framework, made safe for rows that share a time. No I/O in here.

A cursor of that framework is base64 of ``p=<value>`` (rows beyond that value), ``o=<number>`` (of them, skip so
many) and ``r=1`` (backwards). An offset appears when a page ends among rows of one value, and is where rows get
lost: the database orders such rows as it likes, differently for each query, and the server cuts the offset off
at 1000, which makes it repeat one page for ever (seen on argus-server 2.10.2 with 1,500 incidents of one time).
So an offset is never followed: the walk asks again from just before the shared value, drops by their ids the
rows that it had, and widens the page when that does not bring it past the value.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import a2b_base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlencode

from attrs import field, frozen

from tocsin.errors import PagingLoopError
from tocsin.paging.checkpoint import State
from tocsin.paging.strategies import Reply, Strategy, Turn, had, rest, ring, unseen
from tocsin.transport.messages import Params

_TICK = timedelta(microseconds=1)
_CURSOR = re.compile(r"[?&]cursor=([^&#]+)")
_OFFSET = re.compile(rb"(?:^|&)o=(\d+)")


@frozen
class DrfCursor(Strategy):
    """Newest first by a time, page by page, by the server's own cursors; `Listing.order` is that time.

    Every row that is there for the whole walk, and keeps its time, is handed out once: however many share a time,
    in whatever order the server has them then, and whatever comes and goes around them. Of the rows that come
    during the walk, those older than the place are seen, those newer are not, and those of its very time may be.

    Notices, and gets past, a page that ends among rows of one time, and a next link that leads back to its own
    page or has no cursor: by a cursor of its own, and by larger pages. If the largest does not help, if cursors go
    round in a ring, or if a page begins before the place (a server that heeds no cursor), it is a PagingLoopError,
    and no row of that page is handed out. Cannot notice: a row whose time changes during the walk.

    Attributes:
        size: rows a page.
        widest: the largest page asked for, to get past rows of one time.
    """

    size: int
    widest: int = 200_000
    name: str = field(default="drf-cursor", init=False)
    free: frozenset[str] = field(default=frozenset({"page_size", "cursor"}), init=False)

    def params(self, state: State) -> Params:
        """Cursor and page size."""
        size = ("page_size", str(state.get("size", self.size)))
        return (("cursor", state["cursor"]), size) if "cursor" in state else (size,)

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        _check_heeded(state, reply)
        seen = state.get("seen")
        keep = unseen(reply.keys, seen) if seen else None
        if reply.next is None:
            return Turn(keep, None)
        found = _CURSOR.search(reply.next)
        cursor = found[1] if found else None
        if cursor is not None and "%" in cursor:
            cursor = unquote(cursor)
        if cursor != state.get("cursor") and cursor is not None and offset_of(cursor) == 0:
            # The page ends between two times: the server's cursor is exact.
            edge, _ = _edge(reply, reply.count)
            return Turn(keep, {"cursor": cursor, **_newest(edge, -_TICK), **ring(state, cursor)})
        edge, start = _edge(reply, reply.count)
        ahead = _from(edge)
        if start == 0 or ahead.get("cursor") == state.get("cursor"):
            # Every row of the page has one time: only a wider page shows where they end.
            size = state.get("size", self.size)
            if size >= self.widest:
                raise PagingLoopError(f"a page of {size} rows does not get past {edge}: the server repeats itself")
            return Turn(keep, {**rest(state, reply, reply.count), **ahead, "size": min(2 * size, self.widest)})
        # A malformed row is remembered until it comes again: its time is not known.
        here = set(reply.keys)
        late = [key for key in seen or () if key not in here]
        return Turn(keep, {**ahead, **ring(state, str(edge)), "seen": [*late, *reply.keys[start:]]})

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """Just before the time of the last row, knowing which rows of that time were handed out."""
        edge, start = _edge(reply, index)
        if edge is None:
            return rest(state, reply, index)
        return {**_from(edge), "seen": had({} if start else state, reply.keys[start:index])}


def _edge(reply: Reply, index: int) -> tuple[datetime | None, int]:
    """The time of the last row before `index`, and where the rows of that time begin.

    Rows whose time cannot be read count to it; None if that is all of them.
    """
    edge: datetime | None = None
    while index:
        when = reply.order(index - 1)
        if isinstance(when, datetime):
            if when != (edge or when):
                break
            edge = when
        index -= 1
    return edge, index


def _from(edge: datetime | None) -> dict[str, Any]:
    """The state whose page begins with the rows of `edge`; with all, where no time is later."""
    try:
        return {"cursor": before(edge), **_newest(edge)} if edge is not None else {}
    except OverflowError:
        return {}


def _newest(edge: datetime | None, shift: timedelta = timedelta(0)) -> dict[str, Any]:
    """What the state keeps of the newest time that its page may have."""
    try:
        return {} if edge is None else {"newest": (edge + shift).isoformat()}
    except OverflowError:
        return {}


def _check_heeded(state: State, reply: Reply) -> None:
    """Raises PagingLoopError for a page that begins before its cursor."""
    newest, first = state.get("newest"), reply.order(0)
    if newest is not None and isinstance(first, datetime) and first > datetime.fromisoformat(newest):
        raise PagingLoopError(f"a page that was asked for up to {newest} begins at {first.isoformat()}")


def before(when: datetime) -> str:
    """The cursor of a page that begins with the rows of `when`, newest first.

    Raises OverflowError for the last microsecond that a datetime has.
    """
    return b64encode(urlencode({"p": str((when + _TICK).astimezone(UTC))}).encode()).decode()


def offset_of(cursor: str) -> int:
    """The offset in a cursor; 0 for one without, or one of another make."""
    try:
        found = _OFFSET.search(a2b_base64(cursor))
    except ValueError:
        return 0
    return int(found[1]) if found else 0
