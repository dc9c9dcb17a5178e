"""Windows of time that keep the resolution that was asked for. No I/O in here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import field, frozen

from tocsin.lastline.series import Mark
from tocsin.lastline.spans import Span, between
from tocsin.paging.checkpoint import State
from tocsin.paging.strategies import Reply, Strategy, Turn
from tocsin.transport.messages import Params

#: The most points that the server gives of a series, by the API's page on get_metric.
MOST = 300


@frozen
class Windows(Strategy):
    """Ask for one stretch of time after the other, of as many intervals as the server gives points: 300.

    Windows lie on multiples of the interval since 1970; the first and the last may be shorter. Each asks for no
    more points than it has intervals, so that the server takes values together to neither longer nor shorter
    ones. Of each interval that begins in the time asked for, and of the one that it begins in, there is one
    sample a series.

    Notices an answer whose samples stand for longer than asked for. If that is because the server counts intervals
    otherwise, or gives fewer points, a window that is one interval shorter, or half as long, brings finer ones:
    then windows are halved for as long as that helps, and stay so. If it does not help, the server has nothing
    finer: the window is read as it is, and the walk goes on from one long interval to the other, without trying
    again. Cannot notice: values that the server changes in a window that is done; see also
    `tocsin.lastline.series`.

    Attributes:
        interval: what was asked for, in seconds.
    """

    span: Span
    interval: int
    name: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        # Requests have the windows only: no other part of the query has the whole time.
        object.__setattr__(self, "name", f"windows of {self.interval} s {self.span.identity}")

    def params(self, state: State) -> Params:
        """The window's bounds, and how many points."""
        start, end, intervals = self._window(state)
        points = min(MOST, intervals + state.get("spare", 0))
        return (*between(start, end), ("max_data_points", str(points)))

    def turn(self, state: State, reply: Reply) -> Turn:
        """See the class."""
        start, end, intervals = self._window(state)
        marks = [mark for mark in reply.marks if isinstance(mark, Mark)]
        width = marks[0].width if marks else None
        if not state.get("settled"):
            asked = self._ask_for_less(state, intervals, width)
            if asked is not None:
                return Turn([], asked)
        coarse = width if width is not None and width > self.interval else None
        whole = end - end % coarse if coarse and end < self.span.until else end
        cut = whole if whole > state.get("from", start) else end
        keep = self._new(state, reply, cut)
        if end >= self.span.until:
            return Turn(keep, None)
        # What was seen to work for a whole window does for all.
        return Turn(keep, self._after(state, cut, coarse, settled=width is not None))

    def predict(self, state: State, reply: Reply, count: int) -> Sequence[Params]:
        """The windows that follow, as long as their answers are as the last one."""
        asks = [self.params(state)]
        while len(asks) < count and "was" not in state:
            end = self._window(state)[1]
            if end >= self.span.until:
                break
            width = state.get("width")
            state = self._after(state, end - end % width if width else end, width, settled=True)
            asks.append(self.params(state))
        return asks

    def _window(self, state: State) -> tuple[int, int, int]:
        """Start and end, and how many intervals they touch."""
        start = state.get("from", self.span.since)
        whole = state.get("points", MOST - state.get("spare", 0)) * self.interval
        if 2 * state.get("width", whole) <= whole:
            # With a sample that was had, an answer of one more still tells how long they are.
            start = max(self.span.since, start - state["width"])
        first = start - start % self.interval
        end = min(first + whole, self.span.until)
        return start, end, -((first - end) // self.interval)

    def _ask_for_less(self, state: State, intervals: int, width: int | None) -> dict[str, Any] | None:
        """What to ask for in place of a window whose samples stand for too long; None takes it as it is."""
        was = state.get("was")
        if was is None and (width is None or width <= self.interval):
            return None
        finer = was is None or (width is not None and width < was)
        if finer and width is not None and width <= self.interval:
            return None
        tried = [state.get("spare", 0), state.get("points")]
        best = tried if finer else state["best"]
        place = {name: state[name] for name in ("from", "width") if name in state}
        if not tried[0]:
            return {**place, "spare": 1, "was": width, "best": best}
        if (finer or tried[1] is None) and intervals > 1:
            return {**place, "spare": 1, "points": intervals // 2, "was": width if finer else was, "best": best}
        return {**place, **_tried(best), "settled": True}

    def _new(self, state: State, reply: Reply, cut: int) -> Sequence[int] | None:
        """The samples of this window, each once, and whatever cannot be read."""
        start, had = state.get("from"), set[object]()
        keep: list[int] = []
        for at, mark in enumerate(reply.marks):
            if isinstance(mark, Mark):
                if mark.time >= cut or (start is not None and mark.time < start) or mark.key in had:
                    continue
                had.add(mark.key)
            keep.append(at)
        return None if len(keep) == reply.count else keep

    def _after(self, state: State, place: int, width: int | None, *, settled: bool) -> dict[str, Any]:
        ahead: dict[str, Any] = {"from": place, **_tried([state.get("spare", 0), state.get("points")])}
        if width is not None:
            ahead["width"] = width
        if settled or state.get("settled"):
            ahead["settled"] = True
        return ahead


def _tried(how: Sequence[int | None]) -> dict[str, Any]:
    spare, points = how
    return {**({"spare": spare} if spare else {}), **({"points": points} if points is not None else {})}
