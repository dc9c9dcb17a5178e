"""How answers with series are read: measurements and statistics, by the columns that the server names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any, Literal, TypeVar

import msgspec
from attrs import frozen
from msgspec.structs import replace

from tocsin.errors import DecodeError
from tocsin.monasca.models.metrics import (
    Measurement,
    MeasurementSeries,
    Statistic,
    StatisticSeries,
    clean,
)
from tocsin.monasca.resource import envelope, next_of, rows_of, total_of
from tocsin.paging.page import Sheet
from tocsin.transport.codec import Model, decode, decoder, encode, path_of
from tocsin.transport.judge import NOT_JSON
from tocsin.transport.messages import Response

T = TypeVar("T")
Kind = Literal["measurements", "statistics"]
#: A row left as JSON: its time, and itself.
RowMark = tuple[datetime, bytes]

#: The columns of today's measurements, whose rows are read as they stand.
_COLUMNS = ["timestamp", "value", "value_meta"]
#: The type of a page of one series, for the codec alone: nothing for a type checker to follow.
_LIST: Any = list
_time_of: Callable[[Measurement], datetime] = attrgetter("timestamp")
_time_of_mark: Callable[[RowMark], datetime] = itemgetter(0)


class _Series(Model, frozen=True):
    """A series whose rows are read later."""

    name: str
    dimensions: Mapping[str, str]
    columns: list[str]
    id: str | None = None
    measurements: list[list[msgspec.Raw]] = []  # noqa: RUF012 - msgspec copies an empty default
    statistics: list[list[msgspec.Raw]] = []  # noqa: RUF012 - msgspec copies an empty default

    def rows(self, kind: Kind, at: int, response: Response) -> list[list[msgspec.Raw]]:
        """Its rows, which have all columns. Raises DecodeError."""
        rows = self.measurements if kind == "measurements" else self.statistics
        length = len(self.columns)
        bad = next((number for number, row in enumerate(rows) if len(row) != length), None)
        if bad is not None:
            raise _failure(f"a row has {len(rows[bad])} columns and not {length}", response, kind, at, f"[{bad}]")
        if "timestamp" not in self.columns:
            raise DecodeError(f"the columns have no timestamp: {self.columns}", status=response.status)
        return rows

    def place(self, column: str) -> int:
        """Where a column stands."""
        return self.columns.index(column)


def _failure(why: str, response: Response, kind: Kind, at: int, tail: str) -> DecodeError:
    root = "$" if response.body.lstrip()[:1] == b"[" else "$.elements"
    return DecodeError(why, path=f"{root}[{at}].{kind}{tail}", status=response.status)


def _together(raws: Sequence[msgspec.Raw | bytes]) -> bytes:
    return b"[" + b",".join(map(bytes, raws)) + b"]"


def _read(into: Any, body: bytes, response: Response, kind: Kind, at: int) -> list[Any]:
    """A list decoded. Raises DecodeError that tells the row."""
    try:
        return decoder(_LIST[into]).decode(body)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        why, path = str(error).partition(" - at `")[0], path_of(error)
    raise _failure(why, response, kind, at, path[1 : path.find("]") + 1])


@frozen
class MeasurementReader:
    """Reads pages of measurements as chunks of series.

    Attributes:
        merged: of a page that is not the last, the rows of its last time are left out: the next page has all of
            them, and the server gives rows of one time in an order that changes from one query to the next (seen
            on monasca-api 11.0.0 with InfluxDB 1.6.7).
    """

    merged: bool = False

    def read(self, response: Response) -> Sheet[MeasurementSeries]:
        """See `Reader`."""
        answer: Any = _plain(response)
        if answer is not None:
            series: Sequence[MeasurementSeries] = rows_of(answer)
        else:
            answer = decode(envelope(_Series), response)
            series = [_by_columns(each, at, response) for at, each in enumerate(rows_of(answer))]
        link = next_of(answer)
        if self.merged and link:
            series = [
                replace(each, measurements=kept)
                for each in series
                if (kept := _whole(each.measurements, _time_of))
            ]
        return Sheet(series, series, link, total_of(answer))


def _plain(response: Response) -> Any:
    """An answer whose rows are all as today's; None for another."""
    try:
        answer = decoder(envelope(MeasurementSeries)).decode(response.body)
    except NOT_JSON:
        return None
    return answer if all(each.columns == _COLUMNS for each in rows_of(answer)) else None


def _whole(rows: Sequence[T], time: Callable[[T], datetime]) -> Sequence[T]:
    """The rows before those of the last time."""
    end = len(rows)
    while end and time(rows[end - 1]) == time(rows[-1]):
        end -= 1
    return rows[:end]


def _by_columns(series: _Series, at: int, response: Response) -> MeasurementSeries:
    rows = series.rows("measurements", at, response)
    if "value" not in series.columns:
        raise DecodeError(f"the columns have no value: {series.columns}", status=response.status)
    places = [series.place(column) for column in _COLUMNS if column in series.columns]
    body = _together([_together([row[place] for place in places]) for row in rows])
    return MeasurementSeries(
        id=series.id,
        name=series.name,
        dimensions=series.dimensions,
        columns=series.columns,
        measurements=_read(Measurement, body, response, "measurements", at),
    )


class StatisticReader:
    """Reads pages of statistics as chunks of series."""

    def read(self, response: Response) -> Sheet[StatisticSeries]:
        """See `Reader`."""
        answer = decode(envelope(_Series), response)
        series = [self._series(each, at, response) for at, each in enumerate(rows_of(answer))]
        return Sheet(series, series, next_of(answer), total_of(answer))

    def _series(self, series: _Series, at: int, response: Response) -> StatisticSeries:
        rows = series.rows("statistics", at, response)
        body = _together([_object(b"{", series.columns, row) for row in rows])
        return StatisticSeries(
            id=series.id,
            name=series.name,
            dimensions=series.dimensions,
            columns=series.columns,
            statistics=_read(Statistic, body, response, "statistics", at),
        )


def _object(head: bytes, columns: Sequence[str], row: Sequence[msgspec.Raw]) -> bytes:
    pairs = [encode(column) + b":" + bytes(value) for column, value in zip(columns, row, strict=True)]
    return head + b",".join(pairs) + b"}"


@frozen
class RowReader:
    """Reads pages of measurements or statistics as JSON objects, one a row.

    Each has name and dimensions of its series, and under their columns' names the values as the server sent them.

    Attributes:
        merged: as that of `MeasurementReader`.
    """

    kind: Kind
    merged: bool = False

    def read(self, response: Response) -> Sheet[bytes]:
        """See `Reader`."""
        answer = decode(envelope(_Series), response)
        link = next_of(answer)
        rows: list[bytes] = []
        marks: list[RowMark] = []
        for at, series in enumerate(rows_of(answer)):
            some: Sequence[RowMark] = self._rows(series, at, response)
            if self.merged and link:
                some = _whole(some, _time_of_mark)
            marks += some
            rows += [row for _, row in some]
        return Sheet(rows, marks, link, total_of(answer))

    def _rows(self, series: _Series, at: int, response: Response) -> list[RowMark]:
        rows = series.rows(self.kind, at, response)
        place = series.place("timestamp")
        times = _read(datetime, _together([row[place] for row in rows]), response, self.kind, at)
        head = encode({"name": series.name, "dimensions": clean(series.dimensions)})[:-1]
        names = [b"," + encode(column) + b":" for column in series.columns]
        whole = b"".join([part.replace(b"%", b"%%") + b"%b" for part in (head + names[0], *names[1:])]) + b"}"
        return list(zip(times, [whole % tuple(map(bytes, row)) for row in rows], strict=True))
