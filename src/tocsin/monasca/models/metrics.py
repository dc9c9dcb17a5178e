"""Metrics, their measurements and statistics, with the API's own field names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import force_setattr

from tocsin.transport.codec import Model

#: How InfluxDB writes blanks, commas and equal signs in the keys of series, which the server passes on.
_ESCAPE = re.compile(r"\\([ ,=])")


def clean(dimensions: Mapping[str, str]) -> Mapping[str, str]:
    """Dimensions as they were written: the server sends some escaped, and "" for one that a series has not."""
    if "" not in dimensions.values() and not any("\\" in key + value for key, value in dimensions.items()):
        return dimensions
    return {_ESCAPE.sub(r"\1", key): _ESCAPE.sub(r"\1", value) for key, value in dimensions.items() if value != ""}


class _Dimensioned(Model, frozen=True):
    name: str
    dimensions: Mapping[str, str]

    def __post_init__(self) -> None:
        dimensions = clean(self.dimensions)
        if dimensions is not self.dimensions:
            force_setattr(self, "dimensions", dimensions)


class Metric(_Dimensioned, frozen=True, kw_only=True):
    """A series: a name with dimensions.

    Attributes:
        id: its number in the server's answer, which is no lasting name for it; None in the 2014 dialect.
    """

    id: str | None = None


class Measurement(Model, frozen=True, array_like=True):
    """One value of a series.

    Attributes:
        timestamp: aware, in UTC, to the millisecond.
        value_meta: texts that came with the value; empty for none.
    """

    timestamp: datetime
    value: float
    value_meta: Mapping[str, Any] = {}


class MeasurementSeries(_Dimensioned, frozen=True, kw_only=True):
    """Measurements of one series, or of a group of them, oldest first (in the 2014 dialect newest first).

    A long series comes in several of these, with the same name and dimensions.

    Attributes:
        id: the number of the series in the server's answer, another in each; None in the 2014 dialect.
        dimensions: those of the series; of a group, those it is grouped by. One that it has not is left out.
        columns: as the server names them.
    """

    id: str | None = None
    columns: Sequence[str]
    measurements: Sequence[Measurement]


class Statistic(Model, frozen=True):
    """The statistics of one period that has measurements; None for those that were not asked for.

    Attributes:
        timestamp: where the period begins: aware, in UTC, a multiple of the period since 1970.
    """

    timestamp: datetime
    avg: float | None = None
    min: float | None = None
    max: float | None = None
    sum: float | None = None
    count: float | None = None


class StatisticSeries(_Dimensioned, frozen=True, kw_only=True):
    """Statistics of one series, or of a group of them, oldest first (in the 2014 dialect newest first).

    A long series comes in several of these, with the same name and dimensions.

    Attributes:
        id: the number of the series in the server's answer, another in each; None in the 2014 dialect.
        dimensions: those of the series; of a group, those it is grouped by. One that it has not is left out.
        columns: as the server names them.
    """

    id: str | None = None
    columns: Sequence[str]
    statistics: Sequence[Statistic]
