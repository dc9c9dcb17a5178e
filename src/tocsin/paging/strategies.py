"""How to ask for the next page: one strategy for each way that APIs page. No I/O in here.

A strategy turns a `State` (JSON values, empty at the first page) into query parameters, and a `Reply` into the
next state. What each can and cannot notice when rows come, go or move during the walk stands in its docstring.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from attrs import field, frozen

from tocsin.errors import InputError, PagingError, PagingLoopError, PagingShiftError, StatusError
from tocsin.paging.checkpoint import Key, State
from tocsin.transport.messages import Params


class Reply:
    """What a strategy may know of a page; read from its rows only when it is asked for.

    Attributes:
        next: the server's link to the next page; None where there is none, or an empty one.
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
        self.next = next or None
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
    """The base: one page, and that is all (a bare array).

    A checkpoint inside the page tells the place by the rows before it. When the page is asked for again, it
    notices that all of these are gone, or have changed places (PagingShiftError). Cannot notice: that other rows
    have changed places meanwhile.
    """

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
        """A state whose page gives what stands behind the first `index` rows (at least 1) of this one.

        None if none can be made: then the page and the rows before the place tell where it is.
        """
        return None

    def refused(self, state: State, error: StatusError) -> State | None:
        """What to ask for in place of the page at `state`, which the server refused; None raises the error."""
        return None

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """The parameters of up to `count` pages, the one at `state` first, that follow the page of `reply`.

        Empty where they cannot be told before their turn. A wrong guess costs a request, and never a row.
        """
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
    found: dict[str, str] = {}
    for pair in link.partition("#")[0].partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if (name := _unquote(name)) in names:
            found[name] = _unquote(value)
    return found


def _unquote(text: str) -> str:
    return unquote_plus(text) if "%" in text or "+" in text else text


def had(state: State, keys: Sequence[Key]) -> list[Key]:
    """The keys that a state has in "seen", and these; each once."""
    return list(dict.fromkeys([*state.get("seen", ()), *keys]))


def rest(state: State, reply: Reply, index: int) -> State:
    """The same page again, without its first `index` rows: for strategies that drop what is in "seen"."""
    return {**state, "seen": had(state, reply.keys[:index])}


def ring(state: State, mark: str) -> dict[str, Any]:
    """What the next state keeps, to notice pages that come round again, however many they are.

    It is one mark, replaced after 1, 2, 4, 8 … pages, which a walk in a ring is bound to meet again (R. P. Brent,
    "An improved Monte Carlo factorization algorithm", 1980). Raises PagingLoopError.
    """
    anchor, step = state.get("anchor"), state.get("step", 0) + 1
    if mark == anchor:
        raise PagingLoopError("the server's links go round in a ring")
    return {"step": step, "anchor": anchor if step & (step - 1) else mark}


@frozen
class Link(Strategy):
    """Follow the server's `next` link: of it, only the values of `names`.

    Notices: at once, a link back to its own page or to one of the `memory` pages before (PagingLoopError); a
    longer ring once it has gone round; a link with none of `names` (PagingError). Rows that a page repeats from
    the last page with rows are dropped. Cannot notice: rows that came, went or moved otherwise, nor a server that
    links to ever new pages: both are the server's to get right.
    """

    names: frozenset[str]
    memory: int = 16
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
        if not at:
            raise PagingError(f"the server's next link has none of {', '.join(sorted(self.names))}")
        mark, visited = _mark(at), state.get("visited") or [_mark({})]
        if mark in visited:
            raise PagingLoopError(f"the server's next link leads back: {sorted(at.items())}")
        seen = list(reply.keys) if reply.count else state.get("seen", [])
        visited = [*visited, mark][-1 - self.memory :]
        return Turn(keep, {"at": at, "seen": seen, "visited": visited, **ring(state, mark)})

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same page, without the rows handed out."""
        return rest(state, reply, index)


def _mark(at: State) -> str:
    return fingerprint(sorted(at.items()))


@frozen
class Offset(Strategy):
    """Ask for rows from a number on; the number is counted here, by the rows that came.

    Each page overlaps the one before by a row, and the walk goes on behind the furthest row that it knows: it
    knows the last two pages. If a page has none of these, the walk steps back, page by page, until one has.

    Notices rows that went or came before the place, and gets past them if they are less than a page at once,
    mostly also if they are more. Where it finds no known row again within `reach` steps, it is a
    PagingShiftError; more than `idle` pages without a new row are a PagingLoopError. A row that stands several
    times in a row is handed out once. Cannot notice: rows that change places.

    The end is where the total says so; without a total, or with one below the rows that came, it is the first
    page with nothing on it but the row of overlap, and with `linked` the first without a link to the next: for
    servers that link wherever there is more. The server must give at least two rows a page; fewer than
    asked for are fine.

    Attributes:
        base: what the offset of the first row is; a negative offset is left out.
    """

    size: int
    offset_param: str = "offset"
    size_param: str = "limit"
    reach: int = 8
    idle: int = 100
    linked: bool = False
    base: int = 0
    name: str = field(default="offset", init=False)

    def __attrs_post_init__(self) -> None:
        if self.size < 2:
            raise InputError("page_size must be at least 2: pages overlap by a row")

    def params(self, state: State) -> Params:
        """Offset and size."""
        offset, size = state.get("at", 0) + self.base, (self.size_param, str(self.size))
        return ((self.offset_param, str(offset)), size) if offset >= 0 else (size,)

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        at, seen, keys = state.get("at", 0), state.get("seen", ()), reply.keys
        end = at + len(keys)
        start = _behind_known(reply, seen)
        # At the top of the list, and knowing all that was handed out, a page without any of it is new.
        all_known = at == 0 and (not keys or len(seen) < 2 * self.size)
        if seen and not start and not all_known:
            return Turn([], self._step_back(state, seen))
        keep: Sequence[int] | None = range(start, len(keys)) if seen else None
        if len(set(keys)) < len(keys):
            keep = [index for index in _firsts(keys) if index >= start]
        if reply.total is not None and reply.total >= end:
            if reply.total == end:
                return Turn(keep, None)
            if len(keys) < 2:
                raise PagingLoopError(
                    f"the server tells of {reply.total} rows, but sends {len(keys)} from {at} on"
                )
        elif self.linked:
            if reply.next is None:
                return Turn(keep, None)
            if len(keys) < 2:
                raise PagingLoopError(f"the server links on from {at}, but sends {len(keys)} rows from there")
        elif start == len(keys) < 2:
            return Turn(keep, None)
        ahead = self._from(state, reply, len(keys))
        if start < len(keys):
            return Turn(keep, ahead)
        idle = state.get("idle", 0) + 1
        if idle > self.idle:
            raise PagingLoopError(f"{idle} pages, and nothing new on them")
        return Turn(keep, {**ahead, "idle": idle})

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """A page that overlaps by the row before."""
        return self._from(state, reply, index)

    def _from(self, state: State, reply: Reply, index: int) -> State:
        seen, keys, two = list(state.get("seen", ())), reply.keys, 2 * self.size
        start = _behind_known(reply, seen)
        # In the list's order, for rows may have come between known ones: those must not be pushed out by them.
        place = seen.index(keys[start - 1]) + 1 if start else 0
        fresh = dict.fromkeys(keys[start:index])
        seen = [*[*seen[:place], *fresh][-two:], *seen[place:][:two]]
        return {"at": state.get("at", 0) + index - 1, "seen": seen}

    def _step_back(self, state: State, seen: Sequence[Key]) -> State:
        """No row of the page is known: rows went, and the place lies further up."""
        at, back = state["at"], state.get("back", 0)
        if at == 0 or back >= self.reach:
            raise PagingShiftError(f"the rows around {seen[-1]!r} went or moved out of reach during the walk")
        return {"at": max(0, at - self.size + 1), "seen": list(seen), "back": back + 1}

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """Known ahead where the server tells the total."""
        if reply.total is None or reply.count < 2:
            return ()
        starts = range(state["at"], max(reply.total - 1, state["at"] + 1), reply.count - 1)
        return [self.params({"at": at}) for at in starts[:count]]


def _firsts(keys: Sequence[Key]) -> Sequence[int]:
    """Where each key stands first."""
    return sorted({key: index for index, key in reversed(list(enumerate(keys)))}.values())


def _behind_known(reply: Reply, seen: Sequence[Key]) -> int:
    """Where the rows behind the last known one begin; 0 if none is known."""
    known = set(seen)
    return max((index for index, key in enumerate(reply.keys, 1) if key in known), default=0)


@frozen
class PageNumber(Strategy):
    """Ask for page `first`, `first` + 1 … of a fixed size.

    The rows of the last four pages are remembered, and dropped when they come again. Where rows shift, they may
    be handed out in another order than the server's.

    Where the server tells a total, it notices that rows went (it shrinks, and the walk goes back as many pages as
    can have shifted) or came, and gets past them if they are at most two pages until the walk has made up for
    them; more is a PagingShiftError. Without a total it gets past less than a page of rows that came between two
    pages, and of more it cannot notice that rows come twice. Cannot notice: rows that went where there is no
    total, or while as many came; rows that change places.

    A short or empty page is not the end. With a total, the end is where it is reached, counted in pages as long
    as they really are, and the server names no next page; without, where nothing new came and it names none.
    More than `idle` pages without a new row are a PagingLoopError.
    """

    size: int
    first: int = 1
    page_param: str = "page"
    size_param: str = "per_page"
    idle: int = 100
    name: str = field(default="page-number", init=False)

    def __attrs_post_init__(self) -> None:
        if self.size < 1:
            raise InputError(f"page_size must be at least 1, not {self.size}")

    def params(self, state: State) -> Params:
        """Page and size; of a checkpoint, the size it was made with, for that is what its number counts."""
        page, size = state.get("page", self.first), state.get("size", self.size)
        return ((self.page_param, str(page)), (self.size_param, str(size)))

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        page, seen, size = state.get("page", self.first), state.get("seen", ()), state.get("size", self.size)
        keep = unseen(reply.keys, seen)
        fresh = reply.keys if keep is None else [reply.keys[index] for index in keep]
        rows = max(state.get("rows", 0), reply.count)
        length = rows or size
        furthest = max(state.get("furthest", self.first), page)
        grown = reply.total - state["total"] if None not in (reply.total, state.get("total")) else 0
        # Rows that went or came since the walk last stood on firm ground, and how many it has to read to be there.
        moved = state.get("moved", 0) + abs(grown)
        owed = max(0, state.get("owed", 0) + max(0, grown) - length)
        if moved > 2 * length:
            raise PagingShiftError(f"{moved} rows went from the list or came during the walk")
        idle = 0 if fresh else state.get("idle", 0) + 1
        if idle > self.idle:
            raise PagingLoopError(f"{idle} pages, and nothing new on them")
        ahead: dict[str, Any] = {
            "page": page + 1,
            "size": size,
            "rows": rows,
            "furthest": furthest,
            "seen": [*seen, *fresh][-4 * max(size, rows) :],
            "total": reply.total,
            "idle": idle,
        }
        back = 0
        if grown < 0 and page > self.first:
            ahead["page"] = max(self.first, min(page, furthest - -(-moved // length)))
            back = (page + 1 - ahead["page"]) * length
        if owed + back:
            ahead |= {"moved": moved, "owed": owed + back}
        if back:
            return Turn(keep, ahead)
        done = (page - self.first + 1) * length
        more = bool(fresh) if reply.total is None else done < reply.total
        return Turn(keep, ahead if more or reply.next is not None else None)

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same page of the same size, without the rows handed out."""
        return {"size": self.size, **rest(state, reply, index)}

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """Known ahead where the server tells the total."""
        if reply.total is None:
            return ()
        page = state["page"]
        last = self.first - 1 - -reply.total // (state["rows"] or state["size"])
        return [self.params({**state, "page": number}) for number in range(page, max(last, page) + 1)[:count]]


@frozen
class Window(Strategy):
    """Ask for one stretch of time after the other: from `since` up to, not including, `until`.

    A window whose answer has `cap` rows or more may have been cut off by the server: it is asked for again in
    halves, down to `narrowest`, below which the walk ends in a PagingError. Windows are half-open, and cover
    the whole time without overlap; rows that a server gives in two neighbouring windows are dropped by their id.

    Rows that come and go elsewhere, in whatever order within a window, do not disturb the walk. Cannot notice: a
    row that comes into a window that is done; a row whose time changes; a cut where `cap` is not known.
    """

    since: datetime
    until: datetime
    width: timedelta
    bounds: Callable[[datetime, datetime], Params]
    cap: int | None = None
    narrowest: timedelta = timedelta(milliseconds=1)
    name: str = field(default="window", init=False)

    def __attrs_post_init__(self) -> None:
        if self.since > self.until or min(self.width, self.narrowest) <= timedelta(0):
            raise InputError("a walk by windows needs since <= until, and a width and a narrowest above 0")

    def params(self, state: State) -> Params:
        """The window's bounds, as the API spells them."""
        return self.bounds(*self._window(state))

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        start, end = self._window(state)
        if self.cap is not None and reply.count >= self.cap:
            half = (end - start) / 2
            if half < self.narrowest:
                raise PagingError(f"{reply.count} rows within {end - start} from {start.isoformat()}: too many")
            return Turn([], {**state, "from": start.isoformat(), "width": half.total_seconds()})
        keep = unseen(reply.keys, state.get("seen", ()))
        if end >= self.until:
            return Turn(keep, None)
        return Turn(keep, {**self._after(start, end), "seen": list(reply.keys)})

    def behind(self, state: State, reply: Reply, index: int) -> State:
        """The same window, without the rows handed out."""
        return rest(state, reply, index)

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """The windows that follow, as long as none has to be halved."""
        start, end = self._window(state)
        asks = [self.bounds(start, end)]
        while len(asks) < count and end < self.until:
            start, end = self._window(self._after(start, end))
            asks.append(self.bounds(start, end))
        return asks

    def _after(self, start: datetime, end: datetime) -> State:
        # After a narrow window the next is twice as wide: a burst is left behind as it was met.
        return {"from": end.isoformat(), "width": min(2 * (end - start), self.width).total_seconds()}

    def _window(self, state: State) -> tuple[datetime, datetime]:
        start = datetime.fromisoformat(state["from"]) if "from" in state else self.since
        width = timedelta(seconds=state["width"]) if "width" in state else self.width
        return start, min(start + width, self.until)


def fingerprint(value: object) -> str:
    """A short, stable mark of a JSON-like value."""
    import hashlib  # late, as few processes page: it loads OpenSSL

    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
