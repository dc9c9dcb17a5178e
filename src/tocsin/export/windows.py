"""Where to cut a time line so that each window has about as many rows. Pure: it yields what it wants counted."""

from __future__ import annotations

from bisect import insort
from collections.abc import Generator
from datetime import datetime, timedelta

_TICK = timedelta(microseconds=1)
#: Windows narrower than this are not worth another question.
_NARROW = timedelta(milliseconds=1)
#: How far a window may be from its share of the rows.
_SLACK = 0.1
#: The longest look back for the first row.
_FAR = timedelta(days=365 * 100)
#: Questions for one cut.
_PROBES = 24

#: Yields a time, and is sent the number of rows before it; returns the cuts.
Cutting = Generator[datetime, int, list[datetime]]


def cut(total: int, newest: datetime, parts: int) -> Cutting:
    """Times that cut `total` rows, the last of them at `newest`, into `parts` windows; earliest first.

    There are fewer cuts where many rows share one time, which no cut can part.
    """
    known = [(newest + _TICK, total)]
    share = total / parts
    span = timedelta(hours=1)
    while known[0][1] > share * (1 - _SLACK) and span < _FAR:
        known.insert(0, (newest - span, (yield newest - span)))
        span *= 4
    cuts = list[datetime]()
    for number in range(1, parts):
        when, count = yield from _approach(known, share * number, share * _SLACK)
        if 0 < count < total and when not in cuts:
            cuts.append(when)
    return sorted(cuts)


def _approach(
    known: list[tuple[datetime, int]], target: float, slack: float
) -> Generator[datetime, int, tuple[datetime, int]]:
    """The time before which there are about `target` rows; adds to `known` what it learns."""
    for probe in range(_PROBES):
        nearest = min(known, key=lambda point: abs(point[1] - target))
        below = max((at for at, point in enumerate(known) if point[1] <= target), default=None)
        if abs(nearest[1] - target) <= slack or below is None or below + 1 == len(known):
            return nearest
        (start, low), (end, high) = known[below], known[below + 1]
        if end - start < _NARROW:
            return nearest
        # Interpolation is quick where rows come evenly, halving is sure where they do not.
        share = 0.5 if probe % 2 else min(0.95, max(0.05, (target - low) / (high - low)))
        when = start + (end - start) * share
        insort(known, (when, (yield when)))
    return min(known, key=lambda point: abs(point[1] - target))
