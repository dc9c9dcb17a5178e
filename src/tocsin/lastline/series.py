"""How answers with series are read, and how long the time is that a value stands for.

The server takes values together to intervals of half an hour, 1, 2, 3, 4, 6, 8, 12 or 24 hours, and does not tell
which it took. It is worked out of the times of an answer: the longest of these intervals that all of them fit,
where some series has two of them at least; else it is the one that was asked for. Where the times fit none, it
is the shortest step between two. It cannot be told from this whether values that lie far apart stand for a long
time each, or for a short one with nothing in between: the long one is taken, if it is so in all series of an
answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from math import gcd
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from attrs import evolve, frozen

from tocsin.errors import DecodeError
from tocsin.lastline.inputs import seconds_of
from tocsin.lastline.models import Appliance, Data, Sample
from tocsin.paging.page import BadRow, Sheet
from tocsin.transport.codec import Model, decode, decoder, encode, path_of
from tocsin.transport.judge import NOT_JSON
from tocsin.transport.messages import Response
from tocsin.transport.times import UtcTime

T = TypeVar("T")

#: The intervals that the server takes values together to, in seconds.
INTERVALS = tuple([hours * 3600 // 2 for hours in (1, 2, 4, 6, 8, 12, 16, 24, 48)])

_Point = tuple[UtcTime, float | None]
# Types that are put together at run time, for the codec alone: nothing for a type checker to follow.
_POINT: Any = _Point
_POINTS: Any = list[_Point]
_RAWS: Any = list[msgspec.Raw]


class _Series(Model, frozen=True):
    """A series of an appliance; its points are read later, each for itself if need be."""

    time_series: msgspec.Raw = msgspec.Raw(b"[]")
    appliance_type: str | None = None
    access_key: str | None = None
    subkey: str | None = None
    subkey_name: str | None = None
    access_key_id: int | str | None = None
    subkey_id: int | str | None = None


class _Sum(Model, frozen=True):
    """A series of many appliances. The page's example calls its metric "metric", and the text "metrics"."""

    time_series: msgspec.Raw = msgspec.Raw(b"[]")
    metric: str | None = None
    metrics: str | None = None
    name: str | None = None


class _Sums(Model, frozen=True):
    metrics: list[_Sum]


_SUMS: Any = Data[_Sums | list[_Sum]]
_BY_APPLIANCE: Any = Data[dict[str, _Series] | tuple[()]]


@frozen
class Mark:
    """What a walk needs of a sample.

    Attributes:
        time: in seconds since 1970.
        width: how long the samples of its answer are, in seconds; None where that is not to be told.
    """

    key: str
    time: int
    width: int | None


@frozen
class _Line:
    """One series of an answer: whose it is, and its points, or what cannot be read as one."""

    metric: str
    appliance: Appliance | None
    points: Sequence[_Point | BadRow]

    @property
    def whose(self) -> str:
        """What tells it from the other series of the answer."""
        return self.appliance.appliance_uuid if self.appliance is not None else self.metric


@frozen
class SeriesReader:
    """Reads the series of one metric, of an appliance each; or sums, of a metric each. Oldest first.

    Attributes:
        metric: None reads sums.
        asked: the interval that was asked for, in seconds.
    """

    metric: str | None
    asked: int

    def read(self, response: Response) -> Sheet[Sample]:
        """See `Reader`."""
        lines = self._lines(response)
        timed = [
            (seconds_of(point[0]), line, point)
            for line in lines
            for point in line.points
            if not isinstance(point, BadRow)
        ]
        timed.sort(key=itemgetter(0))  # which leaves those of one time in the server's order
        times: dict[str, list[int]] = {}
        for time, line, _ in timed:
            times.setdefault(line.whose, []).append(time)
        known = width_of(list(times.values()))
        width = timedelta(seconds=known or self.asked)
        rows: list[Sample | BadRow] = [
            Sample(line.metric, when, value, width, line.appliance) for _, line, (when, value) in timed
        ]
        marks: list[Mark | BadRow] = [Mark(f"{line.whose} {time}", time, known) for time, line, _ in timed]
        bad = [point for line in lines for point in line.points if isinstance(point, BadRow)]
        bad = [evolve(row, index=at) for at, row in enumerate(bad, len(rows))]
        return Sheet([*rows, *bad], [*marks, *bad], None, None, not bad)

    def _lines(self, response: Response) -> list[_Line]:
        if self.metric is None:
            sums = decode(_SUMS, response).data
            where, listed = ("$.data.metrics", sums.metrics) if isinstance(sums, _Sums) else ("$.data", sums)
            return [
                _Line(_name(each, f"{where}[{at}]", response), None, _read(each, f"{where}[{at}]", response))
                for at, each in enumerate(listed)
            ]
        found: Mapping[str, _Series] = mapping(decode(_BY_APPLIANCE, response).data)
        return [
            _Line(
                self.metric,
                Appliance(
                    appliance_uuid=uuid,
                    appliance_type=each.appliance_type or "",
                    access_key=each.access_key,
                    subkey=each.subkey,
                    subkey_name=each.subkey_name,
                    access_key_id=each.access_key_id,
                    subkey_id=each.subkey_id,
                ),
                _read(each, f"$.data.{uuid}", response),
            )
            for uuid, each in found.items()
        ]


@frozen
class SeriesRows:
    """As `reader`, each sample as a JSON object: whose it is, "metric", "time", "value" and "width" in seconds."""

    reader: SeriesReader

    def read(self, response: Response) -> Sheet[bytes]:
        """See `Reader`."""
        sheet = self.reader.read(response)
        rows = [row if isinstance(row, BadRow) else _as_json(row) for row in sheet.rows]
        return Sheet(rows, sheet.marks, None, None, sheet.clean)


def _as_json(sample: Sample) -> bytes:
    whose = {} if sample.appliance is None else {"appliance_uuid": sample.appliance.appliance_uuid}
    return encode(
        {
            **whose,
            "metric": str(sample.metric),  # a `Metric`, which JSON has no word for
            "time": sample.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "value": sample.value,
            "width": int(sample.width.total_seconds()),
        }
    )


def mapping(value: Mapping[str, T] | tuple[()] | None) -> Mapping[str, T]:
    """An object: an empty one may come as an empty list, as PHP writes it, or as null."""
    return {} if value is None or isinstance(value, tuple) else value


def _name(each: _Sum, where: str, response: Response) -> str:
    name = each.metric or each.metrics or each.name
    if not name:
        raise DecodeError("a series has no metric", path=where, status=response.status)
    return name


def _read(series: _Series | _Sum, where: str, response: Response) -> Sequence[_Point | BadRow]:
    where = f"{where}.time_series"
    try:
        points: list[_Point] = decoder(_POINTS).decode(series.time_series)
    except NOT_JSON:
        pass
    else:
        return points
    try:
        raws = decoder(_RAWS).decode(series.time_series)
    except NOT_JSON as error:
        failure = DecodeError(str(error).partition(" - at `")[0], path=where, status=response.status)
    else:
        return [_point(raw, f"{where}[{at}]") for at, raw in enumerate(raws)]
    raise failure


def _point(raw: msgspec.Raw, where: str) -> _Point | BadRow:
    try:
        point: _Point = decoder(_POINT).decode(raw)
    except NOT_JSON as error:
        tail = path_of(error)[1:] if isinstance(error, msgspec.ValidationError) else ""
        return BadRow(0, where + tail, str(error).partition(" - at `")[0], bytes(raw))
    return point


def width_of(series: Sequence[Sequence[int]]) -> int | None:
    """How long the time is that each value stands for, in seconds, by the times of some series, each in order.

    None where none has two times.
    """
    steps = [late - early for times in series for early, late in pairwise(times) if late > early]
    if not steps:
        return None
    every = [time for times in series for time in times]
    # On the grid of the shortest interval, it also counts where on it they are.
    fit = gcd(*steps) if any(time % INTERVALS[0] for time in every) else gcd(*every)
    return max((interval for interval in INTERVALS if fit % interval == 0), default=min(steps))
