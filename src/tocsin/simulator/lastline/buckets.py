"""Which interval a time series is merged to, and how."""

from collections.abc import Iterator
from itertools import groupby
from statistics import fmean

from tocsin.simulator.lastline.entities import Series

INTERVALS = tuple(int(hours * 3600) for hours in (0.5, 1, 2, 3, 4, 6, 8, 12, 24))
"""Seconds: the intervals that the API's page lists, narrowest first."""


def points(start: float, end: float, width: int, *, touched: bool) -> int:
    """How many intervals a range has room for; ``touched`` counts those that it touches."""
    if touched:
        return max(-int(-end // width) - int(start // width), 0)
    return -int(-(end - start) // width)


def choose(start: float, end: float, most: int | None, *, least: float, touched: bool) -> int | None:
    """The narrowest interval from ``least`` seconds on of which no more than ``most`` are needed, if any is."""
    for width in INTERVALS:
        if width >= least and (most is None or points(start, end, width, touched=touched) <= most):
            return width
    return None


def merged(series: Series, start: float, end: float, width: int) -> Iterator[tuple[int, float]]:
    """The mean of each interval that has data, by its beginning, a multiple of ``width`` since 1970 in UTC.

    Of an interval that the range cuts, only the part within is in the mean. Counters are kept as rates,
    so that their mean is the mean rate.
    """
    for number, times in groupby(series.times(start, end), lambda time: time // width):
        yield number * width, fmean(map(series.at, times))
