"""Log entries from newest to oldest, past whatever number of them the server gives at once. No I/O in here.

The API has neither offsets nor a cursor, only a limit, and does not say which of an entry's two times its
entries are sorted by, nor whether an entry of the very end belongs to the answer. `tocsin.paging.ties` goes the
other way, by one time that tells the order, behind links that tell the end: none of it holds here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

from attrs import field, frozen

from tocsin.errors import PagingError, PagingLoopError
from tocsin.lastline.inputs import spelled
from tocsin.lastline.spans import Span, between
from tocsin.paging.checkpoint import Key, State
from tocsin.paging.strategies import Reply, Strategy, Turn
from tocsin.transport.messages import Params

#: Seconds since 1970 of an entry's start and end; what `Listing.order` gives.
Times = tuple[int, int]
Order = Literal["start", "end", "either"]
_SIDES: tuple[tuple[Order, int], ...] = (("start", 0), ("end", 1))

#: Rows that a page may grow to, to get past entries that share a second.
WIDEST = 16_384


@frozen
class Backwards(Strategy):
    """Ask for what was reported before the oldest entry of the last page, until nothing new comes.

    An entry belongs to the answer if it was reported at least once after the start and before the end, as the
    API's page has it; whether also at the very start, is the server's to say. By which time entries are sorted
    is seen on the pages; as long as both are possible, the walk goes back no further than either allows. It goes
    back to a whole second behind that place, since the server may or may not include it, and drops the entries
    that it had. A page with fewer entries than asked for is not the end: the server may give fewer at once than
    it is asked for.

    Every entry that is there for the whole walk is handed out once, also one that grows meanwhile. Of entries
    without a uuid that have the same appliance, identifier, start and message, one is handed out.

    Notices, and gets past, a page whose entries all share a second or reach over the place: it doubles the limit.
    Where `WIDEST` entries are not enough, or the server does not give more, it is a PagingError; so it is where
    a page is sorted by neither time, and a PagingLoopError where the server does not heed the end. Cannot notice:
    an entry that comes into a time that is done; entries of one second beyond a limit of the server's own that no
    other page has shown.

    Its state holds the keys of the entries that reach over the place.

    Attributes:
        limit: entries a page.
        beginning: only entries that begin in the time, or at its very start, instead of all that were reported in
            it.
    """

    span: Span
    limit: int
    beginning: bool = False
    name: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        begin = " that begin" if self.beginning else ""
        object.__setattr__(self, "name", f"backwards{begin} {self.span.identity}")

    def params(self, state: State) -> Params:
        """Both ends, and the limit."""
        # So that no server leaves out what begins at the very start: what is of before, `_wanted` does.
        since = max(self.span.since - 1, 0) if self.beginning else self.span.since
        return (*between(since, self._end(state)), ("limit", str(self._limit(state))))

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        keep = self._new(state, reply)
        if not keep:
            if not self._cut_off(state, reply.count):
                return Turn([], None)
            return Turn([], self._wider(state, reply.count))
        return Turn([at for at in keep if self._wanted(reply.order(at))], self._before(state, reply))

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same page, without the entries handed out."""
        return {**state, "end": self._end(state), "seen": self._had(state, reply, index)}

    def _end(self, state: State) -> int:
        end: int = state.get("end", self.span.until)
        return end

    def _limit(self, state: State) -> int:
        limit: int = state.get("limit", self.limit)
        return limit

    def _new(self, state: State, reply: Reply) -> list[int]:
        """Where the entries stand that were not handed out yet, each once."""
        had, keep = set[Key](state.get("seen", ())), list[int]()
        for at, key in enumerate(reply.keys):
            if key not in had:
                had.add(key)
                keep.append(at)
        return keep

    def _wanted(self, times: Times | None) -> bool:
        return times is None or not self.beginning or self.span.since <= times[0] < self.span.until

    def _cut_off(self, state: State, count: int) -> bool:
        """Whether there may be more than a page has: as many as asked for, or as the server gives at most."""
        most: int = state.get("most", WIDEST)
        return count >= min(self._limit(state), most)

    def _had(self, state: State, reply: Reply, index: int) -> dict[Key, int]:
        """The entries that were handed out, and when each began; one that cannot be read, with the earliest."""
        times: list[Times | None] = [reply.order(at) for at in range(index)]
        earliest = min((each[0] for each in times if each is not None), default=0)
        page = {key: each[0] if each else earliest for key, each in zip(reply.keys, times, strict=False)}
        return {**state.get("seen", {}), **page}

    def _before(self, state: State, reply: Reply) -> dict[str, Any]:
        """What lies before a page with something new on it."""
        times: list[Times] = [order for at in range(reply.count) if (order := reply.order(at)) is not None]
        if not times:
            raise PagingError(f"none of the {reply.count} entries of a page can be read: where it ends is unknown")
        if "end" in state and any(start > state["end"] for start, _ in times):
            raise PagingLoopError(
                f"the server sends entries that begin after {spelled(state['end'])} UTC, its end_time"
            )
        order = _order(times, state.get("order", "either"))
        if order is None:
            if self._cut_off(state, reply.count):
                raise PagingError("a page is newest first neither by start_time nor by end_time")
            order = "either"
        oldest = min(start if order == "start" else end for start, end in times)
        end = min(max(oldest, self.span.since) + 1, self._end(state))
        seen = {key: start for key, start in self._had(state, reply, reply.count).items() if start <= end}
        ahead: dict[str, Any] = {"end": end, "order": order, "seen": seen, "last": reply.count}
        ahead |= {name: state[name] for name in ("limit", "most") if name in state}
        if state.get("last", WIDEST) < self._limit(state):
            # The page before had fewer than asked for, and yet was not the last: that is what the server gives.
            ahead["most"] = max(state["last"], state.get("most", 0))
        return ahead

    def _wider(self, state: State, count: int) -> dict[str, Any]:
        """The same page, with more of it."""
        limit = self._limit(state)
        if count < limit or limit >= WIDEST:
            raise PagingError(
                f"the server gives no more than {count} entries at once, and as many are of "
                f"{spelled(self._end(state) - 1)} UTC or reach over it: select fewer appliances, or by identifiers"
            )
        ahead = {name: value for name, value in state.items() if name != "last"}
        return {**ahead, "limit": min(2 * limit, WIDEST)}


def _order(times: Sequence[Times], known: Order) -> Order | None:
    """By which of their times entries are sorted; None for neither, or another than was known."""
    found: list[Order] = [
        order
        for order, which in _SIDES
        if known in {"either", order} and all(late[which] >= early[which] for late, early in pairwise(times))
    ]
    return None if not found else "either" if len(found) > 1 else found[0]
