"""A model of the API's metrics, by its page, with what that leaves open to choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
from attrs import define, field
from tests.backends.lastline.server import Server, good, seconds, spelled

INTERVALS = [hours * 1800 for hours in (1, 2, 4, 6, 8, 12, 16, 24, 48)]


@define
class MetricServer:
    """Answers get and aggregate from the raw values of one metric.

    Attributes:
        raw: by appliance, the second of each value and the value.
        most: the points that it gives at most, whatever is asked for.
        touched: whether it counts each interval that the time touches, its end included.
        closed: whether a value of the very end belongs to the answer.
        native: the shortest interval that it has.
        phase: seconds behind the grid at which its intervals begin.
        write: how it writes times.
    """

    raw: Mapping[str, Sequence[tuple[int, float]]]
    most: int = 300
    touched: bool = False
    closed: bool = False
    native: int = 1800
    phase: int = 0
    write: Callable[[int], Any] = spelled
    asked: list[tuple[int, int, int, int]] = field(factory=list[tuple[int, int, int, int]])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = request.url.params
        start, end = seconds(query["start_time"]), seconds(query["end_time"])
        points = min(int(query.get("max_data_points", 150)), self.most)
        fitting = [each for each in INTERVALS if self._count(start, end, each) <= points and each >= self.native]
        assert end - start <= 300 * 86_400, "longer than anything is specified for"
        interval = fitting[0] if fitting else INTERVALS[-1]
        self.asked.append((start, end, points, interval))
        found = {uuid: self._series(values, start, end, interval) for uuid, values in self.raw.items()}
        if request.url.path.endswith("/aggregate.json"):
            sums: dict[int, float] = {}
            for series in found.values():
                for time, value in series:
                    sums[time] = sums.get(time, 0.0) + value
            rows = [[self.write(time), value] for time, value in sorted(sums.items())]
            return good(
                {"metrics": [{"metric": name, "time_series": rows} for name in query["metrics"].split(",")]}
            )
        return good(
            {
                uuid: {
                    "time_series": [[self.write(time), value] for time, value in series],
                    "appliance_type": "SENSOR",
                }
                for uuid, series in found.items()
                if series
            }
            or []
        )

    def _count(self, start: int, end: int, interval: int) -> int:
        if self.touched:
            return end // interval - start // interval + 1
        return -((start - end) // interval)

    def _series(
        self, values: Sequence[tuple[int, float]], start: int, end: int, interval: int
    ) -> list[tuple[int, float]]:
        buckets: dict[int, list[float]] = {}
        for time, value in values:
            if start <= time < end or (self.closed and time == end):
                buckets.setdefault(time - (time - self.phase) % interval, []).append(value)
        return [(time, sum(some) / len(some)) for time, some in sorted(buckets.items())]

    @property
    def server(self) -> Server:
        """It behind a sign-in."""
        return Server(self)
