"""The cursor of Django REST framework, made safe for rows that share a time. No I/O in here.

A cursor of that framework is base64 of ``p=<value>`` (rows beyond that value), ``o=<number>`` (of them, skip so
many) and ``r=1`` (backwards). An offset appears when a page ends among rows of one value, and is where rows get
lost: the database orders such rows as it likes, differently for each query, and the server cuts the offset off
at 1000, which makes it repeat one page for ever (seen on argus-server 2.10.2 with 1,500 incidents of one time).
So an offset is never followed: the walk asks again from just before the shared value, drops by their ids the
rows that it had, and widens the page when that does not bring it past the value.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from attrs import field, frozen

from tocsin.errors import PagingLoopError
from tocsin.paging.checkpoint import Key, State
from tocsin.paging.strategies import Reply, Strategy, Turn, link_params, unseen
from tocsin.transport.messages import Params

_TICK = timedelta(microseconds=1)


@frozen
class DrfCursor(Strategy):
    """Newest first by a time, page by page, by the server's own cursors.

    Notices: a repeated cursor, and rows that share the time at which a page ends: gets past both without losing
    or doubling a row. Rows put in behind the walk are seen, rows put in before it are not; rows taken out do not
    disturb it. Cannot notice: a row whose time changes during the walk.

    Attributes:
        size: rows a page.
        widest: the largest page asked for, to get past rows of one time; beyond it a PagingLoopError.
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
        seen = state.get("seen", ())
        keep = unseen(reply.keys, seen) if seen else None
        cursor = link_params(reply.next, frozenset({"cursor"})).get("cursor") if reply.next else None
        if cursor is None:
            return Turn(keep, None)
        edge = reply.order(-1)
        if offset_of(cursor) == 0 or not isinstance(edge, datetime):
            # The page ends between two times (or nothing better can be had): the server's cursor is exact.
            if cursor == state.get("cursor"):
                return Turn(keep, self._wider(state, reply))
            return Turn(keep, {"cursor": cursor})
        ahead = before(edge)
        if ahead == state.get("cursor") or edge == reply.order(0):
            # Every row of the page has one time: only a wider page shows where they end.
            return Turn(keep, {**self._wider(state, reply), "cursor": ahead})
        return Turn(keep, {"cursor": ahead, "seen": _at_edge(reply, reply.count)})

    def behind(self, state: State, reply: Reply, index: int) -> State | None:
        """Just before the time of the last row, knowing which rows of that time were handed out."""
        edge = reply.order(index - 1) if index else None
        if not isinstance(edge, datetime):
            return None
        had = state.get("seen", ()) if reply.order(0) == edge else ()
        return {"cursor": before(edge), "seen": list(dict.fromkeys([*had, *_at_edge(reply, index)]))}

    def _wider(self, state: State, reply: Reply) -> State:
        size = state.get("size", self.size) * 2
        if size > self.widest:
            raise PagingLoopError(f"more than {self.widest} rows share one time: the server cannot page past them")
        seen = [*state.get("seen", ()), *reply.keys]
        return {**state, "size": size, "seen": list(dict.fromkeys(seen))}


def _at_edge(reply: Reply, index: int) -> list[Key]:
    """Ids of the rows before `index` that share the time of the last of them."""
    edge, start = reply.order(index - 1), index
    while start and reply.order(start - 1) == edge:
        start -= 1
    return list(reply.keys[start:index])


def before(when: datetime) -> str:
    """The cursor of a page that begins with the rows of `when`, newest first."""
    return b64encode(urlencode({"p": str((when + _TICK).astimezone(UTC))}).encode()).decode()


def offset_of(cursor: str) -> int:
    """The offset in a cursor; 0 for one without, or one of another make."""
    try:
        pairs = dict(parse_qsl(b64decode(cursor, validate=True).decode()))
        return int(pairs.get("o", "0"))
    except (binascii.Error, ValueError):
        return 0
