"""Alarm expressions written in Python: ``(avg("cpu_perc", {"hostname": "devstack"}, period=120) > 90).times(3)``.

A comparison makes a `SubExpression`, the same that parsing its text makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn, cast

from attrs import field, frozen

from tocsin import forms
from tocsin.errors import InputError
from tocsin.monasca.expressions.tree import (
    DEFAULT_PERIOD,
    LARGEST_NUMBER,
    Dimensions,
    SubExpression,
    check_deterministic,
    check_name,
)


def _check_period(value: object) -> int:
    period = cast("int", forms.whole(1, LARGEST_NUMBER)("period", value))
    if period % DEFAULT_PERIOD:
        raise InputError(f"period must be a multiple of {DEFAULT_PERIOD} seconds, not {value!r}")
    return period


_MEANT: Final = "a metric is compared with a number by > >= < <=, in parentheses: (avg(…) > 90) & (max(…) < 5)"


@frozen(eq=False)
class Statistic:
    """A function of a metric, still to be compared with a threshold by ``>``, ``>=``, ``<`` or ``<=``.

    Attributes:
        function: as `SubExpression.function`; None for the metric alone, which is its MAX where it is to lie above
            the threshold, and its MIN where below.
        metric_name: the name of the metric.
        dimensions: what its series must have.
        period: in seconds, a multiple of 60.
        deterministic: see `SubExpression`.

    Raises InputError for what no expression can say.
    """

    function: str | None
    metric_name: str = field(converter=check_name)
    dimensions: Dimensions = field(converter=Dimensions)
    period: int = field(default=DEFAULT_PERIOD, converter=_check_period)
    deterministic: bool = field(default=False, converter=check_deterministic)

    def _compared(self, operator: str, threshold: object, bare: str) -> SubExpression:
        if isinstance(threshold, bool) or not isinstance(threshold, int | float):
            raise TypeError(f"{_MEANT}, not with {threshold!r}")
        return SubExpression(
            function=self.function or bare,
            metric_name=self.metric_name,
            dimensions=self.dimensions,
            operator=operator,
            threshold=threshold,
            period=self.period,
            deterministic=self.deterministic,
        )

    def __gt__(self, threshold: float) -> SubExpression:
        return self._compared("GT", threshold, "MAX")

    def __ge__(self, threshold: float) -> SubExpression:
        return self._compared("GTE", threshold, "MAX")

    def __lt__(self, threshold: float) -> SubExpression:
        return self._compared("LT", threshold, "MIN")

    def __le__(self, threshold: float) -> SubExpression:
        return self._compared("LTE", threshold, "MIN")

    def _misused(self, *_: object) -> NoReturn:
        raise TypeError(_MEANT)

    # ``a > 1 & b > 2`` is ``a > (1 & b) > 2`` to Python, and no alarm expression asks for a number exactly.
    __and__ = __rand__ = __or__ = __ror__ = __bool__ = __eq__ = __ne__ = _misused


def avg(
    name: str,
    dimensions: Mapping[str, str] | None = None,
    *,
    period: int = DEFAULT_PERIOD,
    deterministic: bool = False,
) -> Statistic:
    """The average over `period` seconds of a metric."""
    return Statistic("AVG", name, dimensions, period, deterministic)


def count(
    name: str,
    dimensions: Mapping[str, str] | None = None,
    *,
    period: int = DEFAULT_PERIOD,
    deterministic: bool = False,
) -> Statistic:
    """The number of measurements in `period` seconds of a metric."""
    return Statistic("COUNT", name, dimensions, period, deterministic)


def last(
    name: str,
    dimensions: Mapping[str, str] | None = None,
    *,
    period: int = DEFAULT_PERIOD,
    deterministic: bool = False,
) -> Statistic:
    """The last value in `period` seconds of a metric; not in the 2014 dialect."""
    return Statistic("LAST", name, dimensions, period, deterministic)


def max_(
    name: str,
    dimensions: Mapping[str, str] | None = None,
    *,
    period: int = DEFAULT_PERIOD,
    deterministic: bool = False,
) -> Statistic:
    """The largest value in `period` seconds of a metric."""
    return Statistic("MAX", name, dimensions, period, deterministic)


def min_(
    name: str,
    dimensions: Mapping[str, str] | None = None,
    *,
    period: int = DEFAULT_PERIOD,
    deterministic: bool = False,
) -> Statistic:
    """The smallest value in `period` seconds of a metric."""
    return Statistic("MIN", name, dimensions, period, deterministic)


def sum_(
    name: str,
    dimensions: Mapping[str, str] | None = None,
    *,
    period: int = DEFAULT_PERIOD,
    deterministic: bool = False,
) -> Statistic:
    """The sum over `period` seconds of a metric."""
    return Statistic("SUM", name, dimensions, period, deterministic)


def metric(name: str, dimensions: Mapping[str, str] | None = None) -> Statistic:
    """A metric without a function: its largest value is compared by > and >=, its smallest by < and <=."""
    return Statistic(None, name, dimensions)
