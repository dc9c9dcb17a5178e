"""A Monasca in memory that lists metrics and what was measured as monasca-api 11.0.0 does, defects included.

Its offsets lose rows as the real ones do: a walk that follows them does not get everything.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote

from attrs import define, field, frozen

from tocsin.errors import BadRequestError, ConflictError, ServerError, TocsinError
from tocsin.monasca.dialect import Speech
from tocsin.monasca.metrics import MetricService
from tocsin.transport.messages import Headers, Meta, Request, Response

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, tzinfo=UTC)
MS = timedelta(milliseconds=1)
Dimensions = tuple[tuple[str, str], ...]
Query = Mapping[str, str]


def after(milliseconds: int) -> datetime:
    """So long after `START`."""
    return START + milliseconds * MS


def dims(**dimensions: str) -> Dimensions:
    """Dimensions, as the store has them."""
    return tuple(sorted(dimensions.items()))


@frozen
class Row:
    """A measurement; of one series there is one at a time."""

    name: str
    dimensions: Dimensions
    time: datetime
    value: float


def _fits(value: str, wanted: str) -> bool:
    """Several values make one regular expression, of which only the ends know where the value ends."""
    return re.search(f"^{wanted}$", value) is not None if "|" in wanted else wanted in {"", value}


def _iso(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


@define
class Store:
    """The server, and a pipeline to it."""

    rows: list[Row]
    largest: int = 10_000
    #: What was asked for, as (path, query).
    sent: list[tuple[str, dict[str, str]]] = field(factory=list)

    def service(self) -> MetricService:
        """The calls, made to this server."""
        pipeline: Any = self
        return MetricService(pipeline, Speech("current"))

    async def send(self, request: Request, **_: Any) -> Response:
        query = dict(request.params)
        assert len(query) == len(request.params), "a parameter stands twice"
        self.sent.append((request.path, query))
        answer: Callable[[Query, int], Any] = {
            "/metrics": self.metrics,
            "/metrics/names": self.names,
            "/metrics/dimensions/names": self.dimension_names,
            "/metrics/dimensions/names/values": self.dimension_values,
            "/metrics/measurements": self.measurements,
            "/metrics/statistics": self.statistics,
        }[request.path]
        limit = min(int(query.get("limit", self.largest)), self.largest)
        elements, offset = answer(query, limit)
        links = [{"rel": "self", "href": "http://monasca.test/self"}]
        if offset is not None:
            links.append({"rel": "next", "href": f"http://10.0.0.1/inside?offset={quote(quote(offset))}"})
        body = json.dumps({"links": links, "elements": elements}).encode()
        return Response(200, Headers(((b"Content-Type", b"application/json"),)), body, Meta())

    def stamp(self, error: TocsinError, request: Request, response: Response | None = None) -> TocsinError:
        error.method, error.url = request.method, request.target
        return error

    def _series(self, query: Query) -> list[tuple[str, Dimensions]]:
        found = {(row.name, row.dimensions) for row in self._matching(query)}
        return sorted(found, key=lambda each: (each[0], str(each[1])))

    def _matching(self, query: Query) -> list[Row]:
        name = query.get("name")
        wanted = [term.partition(":") for term in query.get("dimensions", "").split(",") if term]

        def matches(row: Row) -> bool:
            has = dict(row.dimensions)
            return name in {None, row.name} and all(
                key in has and _fits(has[key], value) for key, _, value in wanted
            )

        return [row for row in self.rows if matches(row)]

    def _in_time(self, query: Query) -> list[Row]:
        if max(query["start_time"], query.get("end_time", "")) >= "2262-04-12":
            raise ServerError("overflowed duration", status=500)
        start = datetime.fromisoformat(query["start_time"])
        end = datetime.fromisoformat(query["end_time"]) if "end_time" in query else None
        if end is not None and end <= start:
            raise BadRequestError("start_time must be before end_time", status=400)
        rows = [row for row in self._matching(query) if row.time >= start and (end is None or row.time < end)]
        order = Random(query["start_time"])  # rows of one time come in an order of the query's own
        order.shuffle(rows)
        return sorted(rows, key=lambda row: row.time)

    def metrics(self, query: Query, limit: int) -> Any:
        """Series by number; with a time it leaves out what it does not count, and stops early."""
        first = int(query["offset"]) + 1 if "offset" in query else 0
        series = self._series(query)[first : first + limit + 1]
        if "start_time" in query:
            had = {(row.name, row.dimensions) for row in self._in_time(query)}
            for one in series:
                if any(one[0] == other[0] and set(one[1]) < set(other[1]) for other in had):
                    raise ServerError("Found multiple metrics", status=500)
            series = [one for one in series if one in had]
        found = [
            {"id": str(first + at), "name": name, "dimensions": {k: v.replace(" ", "\\ ") for k, v in dimensions}}
            for at, (name, dimensions) in enumerate(series)
        ]
        return found[:limit], (found[limit - 1]["id"] if len(found) > limit else None)

    def names(self, query: Query, limit: int) -> Any:
        """Metrics' names."""
        return self._texts("name", {row.name for row in self._matching(query)}, query, limit)

    def dimension_names(self, query: Query, limit: int) -> Any:
        """Dimensions' names."""
        found = {key for row in self._of_metric(query) for key, _ in row.dimensions}
        return self._texts("dimension_name", found, query, limit)

    def dimension_values(self, query: Query, limit: int) -> Any:
        """A dimension's values."""
        wanted = query["dimension_name"]
        found = {value for row in self._of_metric(query) for key, value in row.dimensions if key == wanted}
        return self._texts("dimension_value", found, query, limit)

    def _of_metric(self, query: Query) -> list[Row]:
        return [row for row in self.rows if query.get("metric_name") in {None, row.name}]

    def _texts(self, field: str, texts: Iterable[str], query: Query, limit: int) -> Any:
        left = sorted(texts)
        if query.get("offset"):
            offset = query["offset"].lower()
            at = next((at for at, text in enumerate(left) if text >= offset), len(left))
            left = left[at + (left[at : at + 1] == [offset]) :]
        more = left[limit - 1] if len(left) > limit else None
        return [{field: text} for text in left[:limit]], more

    def _groups(self, query: Query, rows: Sequence[Row]) -> list[tuple[Any, list[Row]]]:
        if "group_by" not in query:
            found = self._series(query)
            if "merge_metrics" in query:
                return [({}, list(rows))] if rows else []
            if len(found) > 1:
                raise ConflictError("MultipleMetrics", status=409)
            alone = {k: v.replace(" ", "\\ ") for k, v in found[0][1]} if found else {}
            return [(alone, list(rows))] if rows else []
        keys = sorted({key for row in self.rows if row.name == query["name"] for key, _ in row.dimensions})
        if query["group_by"] != "*":
            keys = [key.strip('"') for key in query["group_by"].split(",")]
        groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            has = dict(row.dimensions)
            groups[tuple([has.get(key, "") for key in keys])].append(row)
        return [(dict(zip(keys, values, strict=True)), groups[values]) for values in sorted(groups)]

    def measurements(self, query: Query, limit: int) -> Any:
        """Rows behind the time of the offset, of whatever group."""
        rows = self._in_time(query)
        if "offset" in query:
            behind = datetime.fromisoformat(query["offset"].rpartition("_")[2])
            rows = [row for row in rows if row.time > behind]
        groups = [
            (tags, [[_iso(row.time), row.value, {}] for row in group[: limit + 1]])
            for tags, group in self._groups(query, rows)
        ]
        return _paged("measurements", query["name"], ["timestamp", "value", "value_meta"], groups, limit)

    def statistics(self, query: Query, limit: int) -> Any:
        """Statistics of periods."""
        period = int(query.get("period", "300"))
        kinds = query["statistics"].split(",")
        groups: list[Any] = []
        for tags, group in self._groups(query, self._in_time(query)):
            periods: dict[int, list[float]] = defaultdict(list)
            for row in group:
                periods[int((row.time - EPOCH).total_seconds()) // period * period].append(row.value)
            rows = [
                [_iso(EPOCH + timedelta(seconds=second))[:19] + "Z", *[_KINDS[kind](values) for kind in kinds]]
                for second, values in sorted(periods.items())
            ]
            groups.append((tags, rows[: limit + 1]))
        return _paged("statistics", query["name"], ["timestamp", *kinds], groups, limit)


_KINDS: dict[str, Callable[[Sequence[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
    "sum": sum,
    "count": len,
}


def _paged(kind: str, name: str, columns: Sequence[str], groups: Iterable[Any], limit: int) -> Any:
    elements: list[Any] = []
    for number, (tags, rows) in enumerate(groups):
        element = {"name": name, "id": str(number), "columns": columns, "dimensions": tags, kind: rows[:limit]}
        elements.append(element)
        if len(rows) >= limit:
            return elements, f"{number}_{rows[limit - 1][0]}"
        limit -= len(rows)
    return elements, None
