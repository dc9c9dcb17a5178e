"""Where to cut a time line so that each window has about as many rows. Pure: it yields what it wants counted."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import UTC, datetime, timedelta

_TICK = timedelta(microseconds=1)
#: Windows narrower than this are not worth another question.
_NARROW = timedelta(milliseconds=1)
#: How far a window may be from its share of the rows.
_SLACK = 0.1
#: How far to look back for the first rows: from an hour to more than a century.
_SPANS = [timedelta(hours=4**power) for power in range(11)]
_EARLIEST = datetime.min.replace(tzinfo=UTC)
#: Rounds of questions after the first.
_ROUNDS = 24

#: A time, and how many rows are before it.
Point = tuple[datetime, int]
#: Yields times, and is sent for each the number of rows before it; returns the cuts.
Cutting = Generator[Sequence[datetime], Sequence[int], list[Point]]


def cut(total: int, newest: datetime, parts: int) -> Cutting:
    """Times that cut `total` rows, the last of them at `newest`, into `parts` windows; earliest first.

    There are fewer cuts where many rows share one time, which no cut can part. It asks in few rounds, since the
    questions of one can be put side by side.
    """
    asks = [newest - span for span in _SPANS if newest - _EARLIEST > span]
    known = sorted([*zip(asks, (yield asks), strict=True), (newest + _TICK, total)])
    targets = [total * number / parts for number in range(1, parts)]
    slack = total / parts * _SLACK
    for number in range(_ROUNDS):
        wanted = [_between(known, target, slack, halve=bool(number % 2)) for target in targets]
        asks = sorted({when for when in wanted if when is not None})
        if not asks:
            break
        known = sorted([*known, *zip(asks, (yield asks), strict=True)])
    cuts = {_nearest(known, target) for target in targets}
    return sorted((when, count) for when, count in cuts if 0 < count < total)


def _nearest(known: Sequence[Point], target: float) -> Point:
    return min(known, key=lambda point: abs(point[1] - target))


def _between(known: Sequence[Point], target: float, slack: float, *, halve: bool) -> datetime | None:
    """A time that brings `target` closer; None where it is close enough, or cannot come closer."""
    below = max((at for at, point in enumerate(known) if point[1] <= target), default=None)
    if abs(_nearest(known, target)[1] - target) <= slack or below is None or below + 1 == len(known):
        return None
    (start, low), (end, high) = known[below], known[below + 1]
    if end - start < _NARROW:
        return None
    # Interpolation is quick where rows come evenly, halving is sure where they do not.
    return start + (end - start) * (0.5 if halve else min(0.95, max(0.05, (target - low) / (high - low))))
