"""How to walk lists whose offsets lose rows. No I/O in here.

The server's links are not followed, but for whether there is one: it is there wherever there may be more. All
seen on monasca-api 11.0.0 with InfluxDB 1.6.7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from attrs import field, frozen

from tocsin.errors import PagingError, PagingLoopError, PagingShiftError
from tocsin.monasca.inputs import LAST, utc
from tocsin.monasca.resource import LARGEST_PAGE
from tocsin.paging.checkpoint import State
from tocsin.paging.strategies import Reply, Strategy, Turn, fingerprint
from tocsin.transport.messages import Params

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What times of measurements are told apart by.
TICK = timedelta(milliseconds=1)
#: Rows that a look ahead for the next time asks for.
_PROBE = 100
#: A window with fewer rows than this part of a page is followed by one that should fill so much of it.
_HALF_EMPTY, _FULL = 0.7, 0.85
#: By how much one window may be wider than the one before.
_GROWTH = 8


def _skipped(state: State, reply: Reply) -> Sequence[int] | None:
    """The rows of a page that was left at a row of it; None for all of another.

    Raises PagingShiftError if those handed out last are not there any more.
    """
    skip = state.get("skip", 0)
    if not skip:
        return None
    if reply.count < skip or _mark(reply, skip) != state["last"]:
        raise PagingShiftError("the rows handed out last are not in their places any more: rows came between them")
    return range(skip, reply.count)


def _mark(reply: Reply, index: int) -> str:
    """A mark of the last of the first `index` rows, and of those before it that have its time: of these the server
    may change the order when others come."""
    start, time = index - 1, reply.order(index - 1)
    while start and reply.order(start - 1) == time:
        start -= 1
    return fingerprint(sorted(map(str, reply.keys[start:index])))


def _left(state: State, reply: Reply, index: int, size: int) -> State:
    """The same page, of the same size, left behind its first `index` rows."""
    return {"size": size, **state, "skip": index, "last": _mark(reply, index)}


def _not_oldest_first(one: datetime, other: datetime) -> PagingError:
    return PagingError(f"the page is not oldest first: after {one.isoformat()} comes {other.isoformat()}")


def _too_many(what: str) -> PagingError:
    return PagingError(f"more than {LARGEST_PAGE} {what}, and the server gives no more; narrow it by dimensions")


def _wider(size: int, what: str) -> int:
    """A larger page. Raises PagingError where there is none."""
    if size >= LARGEST_PAGE:
        raise _too_many(what)
    return min(2 * size, LARGEST_PAGE)


@frozen
class Onward(Strategy):
    """Oldest first by a time, each page from behind the last time of the one before; `Listing.order` is that time.

    The server's own offsets lose measurements of one time of several series, and statistics by the page. Here a
    page must not end among rows of one time: a reader leaves those of its last time out where there may be more
    of them. If nothing is left of it then, a larger page is asked for.

    Notices a page that begins before its time (PagingLoopError), one that is not the last and not oldest first,
    and more rows of one time than the largest page has (both PagingError). A walk that goes on at a row within a
    page notices rows that came before that (PagingShiftError). Cannot notice: a row that comes into a time that is
    done.

    Attributes:
        size: rows a page.
        times: the times of rows, given what `Listing.key` reads.
        end: before which all times are; None if that is not known.
        tick: the smallest difference between two times.
    """

    size: int
    times: Callable[[Sequence[Any]], list[datetime]]
    end: datetime | None = None
    tick: timedelta = TICK
    name: str = field(default="onward", init=False)
    free: frozenset[str] = field(default=frozenset({"limit"}), init=False)

    def params(self, state: State) -> Params:
        """Where it begins, and the page size."""
        size = ("limit", str(state.get("size", self.size)))
        return (("start_time", state["from"]), size) if "from" in state else (size,)

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        last = reply.order(reply.count - 1)
        first = next(iter(self.times(reply.marks[:1])), None)
        if first is not None and "from" in state and first < datetime.fromisoformat(state["from"]):
            raise PagingLoopError(f"a page that was asked for from {state['from']} begins at {first.isoformat()}")
        if reply.next is None:
            return Turn(_skipped(state, reply), None)
        if first is not None and last is not None and first > last:
            raise _not_oldest_first(first, last)
        if last is None:
            size = _wider(state.get("size", self.size), "measurements of one time")
            return Turn([], {**state, "size": size})
        ahead = last + self.tick
        done = self.end is not None and ahead >= self.end  # the server refuses to be asked for nothing
        return Turn(_skipped(state, reply), None if done else {"from": utc("time", ahead)})

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same page, without the rows handed out."""
        return _left(state, reply, index, self.size)


@frozen
class Grouped(Strategy):
    """Groups of series, window of time by window, each of which fits on a page; `Listing.order` is a row's time.

    The server's offsets lose most rows of groups, but a page without a link to the next has all of them. So the
    walk looks where the next rows are (a small page of all series merged), asks for the groups in a window from
    there, narrows it as long as there is a next link, and widens it while pages are far from full. Windows are
    half-open, and cover the whole time without overlap.

    Notices a look ahead that is not oldest first, more rows of one time than the largest page has (both
    PagingError), a page that ends behind its window (PagingLoopError); a walk that goes on at a row within a page
    notices rows that came before that (PagingShiftError). Cannot notice: a row that comes into a window that is
    done.

    Attributes:
        group_by: what the server is to group by.
        size: rows a page.
        start, end: what is asked for, half-open; no end takes what there is.
        times: the times of all rows of a page, given what `Listing.key` reads.
        count: how many rows that are.
        tick: windows begin and end at multiples of it, but for the first and the last.
    """

    group_by: str
    size: int
    start: datetime
    end: datetime | None
    times: Callable[[Sequence[Any]], list[datetime]]
    count: Callable[[Sequence[Any]], int]
    tick: timedelta = TICK
    name: str = field(init=False)
    free: frozenset[str] = field(default=frozenset({"limit"}), init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "name", f"grouped by {self.group_by}")

    def params(self, state: State) -> Params:
        """A look ahead, or the groups in a window."""
        begin = ("start_time", utc("start_time", self._from(state)))
        if not state.get("window"):
            return (begin, ("merge_metrics", "true"), ("limit", str(min(self.size, _PROBE))))
        size = ("limit", str(state.get("size", self.size)))
        end = (("end_time", state["to"]),) if "to" in state else ()
        return (begin, *end, ("group_by", self.group_by), size)

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        start = self._from(state)
        end = datetime.fromisoformat(state["to"]) if "to" in state else None
        last = reply.order(reply.count - 1)
        if end is not None and last is not None and last >= end:
            raise PagingLoopError(f"a page that was asked for up to {state['to']} has {last.isoformat()}")
        if not state.get("window"):
            return Turn([], self._first_window(start, self.times(reply.marks), more=reply.next is not None))
        if reply.next is not None and state.get("skip"):
            # Rows came into it: a narrower window would not begin where those end that were handed out.
            size = _wider(state.get("size", self.size), "rows in a window that was left at a row of it")
            return Turn([], {**state, "size": size})
        if reply.next is not None:
            return Turn([], self._narrower(state, start, end, sorted(self.times(reply.marks))))
        ahead = None if end is None or end == self.end else self._next_window(start, end, self.count(reply.marks))
        return Turn(_skipped(state, reply), ahead)

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same window, without the rows handed out."""
        return _left(state, reply, index, self.size)

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """The windows that follow, as long as they stay as wide; behind a page far from full the next is wider."""
        if self.count(reply.marks) < _HALF_EMPTY * self.size:
            count = min(count, 1)
        asks: list[Params] = []
        while len(asks) < count:
            asks.append(self.params(state))
            if not state.get("window") or "to" not in state:
                break
            start, end = self._from(state), datetime.fromisoformat(state["to"])
            if end == self.end:
                break
            state = self._window(end, _onward(end, end - start))
        return asks

    def _from(self, state: State) -> datetime:
        return datetime.fromisoformat(state["from"]) if "from" in state else self.start

    def _window(self, start: datetime, end: datetime | None) -> State:
        """From `start` to the last multiple of a tick that is not behind `end`, but a tick at least."""
        state = {"window": True, "from": utc("time", start)}
        if end is not None:
            end = max(self._floor(end), self._floor(start) + self.tick)
        if end is None or (self.end is not None and end >= self.end):
            end = self.end
        return state if end is None else {**state, "to": utc("time", end)}

    def _floor(self, when: datetime) -> datetime:
        return when - (when - _EPOCH) % self.tick

    def _first_window(self, start: datetime, times: Sequence[datetime], *, more: bool) -> State | None:
        if not times:
            if more:
                raise PagingError("the server has more rows, and sends none")
            return None
        for one, other in pairwise(times):
            if one > other:
                raise _not_oldest_first(one, other)
        return self._window(max(start, times[0]), times[-1] if more else None)

    def _narrower(self, state: State, start: datetime, end: datetime | None, times: Sequence[datetime]) -> State:
        """Half of the rows that came are in it; there are more of them in other groups."""
        window = self._window(start, times[len(times) // 2] if times else start)
        if end is None or datetime.fromisoformat(window["to"]) < end:
            return window
        return {**state, "size": _wider(state.get("size", self.size), "groups with rows of one time")}

    def _next_window(self, start: datetime, end: datetime, rows: int) -> State:
        if not rows:
            return {"from": utc("time", end)}
        fill = rows / self.size
        factor = min(_GROWTH, _FULL / fill) if fill < _HALF_EMPTY else 1  # no change: the next can be told ahead
        return self._window(end, _onward(end, (end - start) * factor))


def _onward(start: datetime, width: timedelta) -> datetime | None:
    """The end of a window; none where the store knows no such time."""
    return start + width if width < LAST - start else None


@frozen
class Alone(Strategy):
    """One page, which must be all there is; else it is a PagingError."""

    what: str
    name: str = field(default="alone", init=False)

    def params(self, state: State) -> Params:
        """The largest page."""
        return (("limit", str(LARGEST_PAGE)),)

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        if reply.next is not None:
            raise _too_many(self.what)
        return Turn(_skipped(state, reply), None)

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same page, without the rows handed out."""
        return _left(state, reply, index, LARGEST_PAGE)


@frozen
class Sorted(Strategy):
    """Texts in the order of their code points, each page from behind the last text of the one before.

    The server turns the text that it is to go on from into lower case, and goes on behind all that begin with a
    capital letter. So the walk goes on from a text without capitals that stands before the last one, drops what
    comes again, and asks for larger pages where that does not bring it past the last one.

    Every text that is there for the whole walk is handed out once. Where more texts than the largest page has are
    alike up to a capital letter, or where texts come in another order, it is a PagingError. Cannot notice: a text
    that comes during the walk before the place.
    """

    size: int
    name: str = field(default="sorted", init=False)
    free: frozenset[str] = field(default=frozenset({"limit"}), init=False)

    def params(self, state: State) -> Params:
        """The offset, and the page size."""
        size = ("limit", str(state.get("size", self.size)))
        return (("offset", without_capitals(state["last"])), size) if "last" in state else (size,)

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        keys: Sequence[Any] = reply.keys
        if any(one >= other for one, other in pairwise(keys)):
            raise PagingError("the server does not send texts in the order of their code points")
        last = state.get("last")
        keep = None if last is None else [at for at, key in enumerate(keys) if key > last]
        if reply.next is None:
            return Turn(keep, None)
        if keep == [] or not keys:
            size = _wider(state.get("size", self.size), "texts that are alike up to a capital letter")
            return Turn([], {**state, "size": size})
        return Turn(keep, {"last": keys[-1]})

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """Behind the row handed out last."""
        return {"last": reply.keys[index - 1]}


def without_capitals(text: str) -> str:
    """`text`, or the greatest text of some length before it that stays the same in lower case."""
    length = len(text)
    while text[:length].lower() != text[:length]:
        length -= 1
    if length == len(text):
        return text
    start, code = text[:length], ord(text[length]) - 1
    while (start + chr(code)).lower() != start + chr(code):
        code -= 1
    return start + chr(code) + "\U0010ffff"
