"""Metrics, measurements and statistics of a real Monasca: what was written, each row once."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from tests.servers.monasca import RealMonasca

from tocsin.errors import ConflictError
from tocsin.monasca.client import MonascaClient
from tocsin.monasca.metrics import MetricService

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800), pytest.mark.anyio]

START = datetime(2026, 3, 1, tzinfo=UTC)
#: One series has the dimensions of another and more; names and values that queries or the store must quote.
SERIES = [
    {"a": "1"},
    {"a": "1", "b": "2"},
    {"a": "x y", "b": "2"},
    {"c": "z|q/w"},
    {"host-name": "H", "key": "k"},
    {"a": "1", "c": "q"},
]
NAMES = ["Alpha", "ALPHA", "beta", "Beta.X", "gamma", "Zeta", "zeta", "aA", "aa", "aB", "\u00c9", "\u00e9"]
Written = list[tuple[tuple[tuple[str, str], ...], datetime, float]]
_numbers = count()


@pytest.fixture(scope="module")
def monasca() -> Iterator[RealMonasca]:
    """A real Monasca."""
    with RealMonasca() as running:
        yield running


@pytest.fixture
async def metrics(monasca: RealMonasca) -> AsyncIterator[MetricService]:
    """The calls under test."""
    async with MonascaClient(monasca.base_url, token=monasca.issue_token()) as client:
        yield client.metrics


def post(monasca: RealMonasca, points: list[dict[str, Any]]) -> None:
    """Write measurements, without the client under test."""
    headers = {"X-Auth-Token": monasca.issue_token()}
    answer = httpx.post(f"{monasca.base_url}/metrics", json=points, headers=headers, trust_env=False, timeout=60)
    answer.raise_for_status()


def point(name: str, dimensions: Mapping[str, str], when: datetime, value: float) -> dict[str, Any]:
    """One measurement as the API takes it."""
    milliseconds = (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return {"name": name, "dimensions": dimensions, "timestamp": milliseconds, "value": value}


@pytest.fixture
def written(monasca: RealMonasca) -> tuple[str, Written]:
    """240 measurements of six series of a new metric: many of one time, and a gap of hours."""
    name, rows = f"rows.{next(_numbers)}", Written()
    for which, dimensions in enumerate(SERIES):
        for number in range(40):
            when = START + timedelta(milliseconds=number * (250 if which % 2 else 500))
            when += timedelta(hours=5 if number > 30 else 0)
            rows.append((tuple(sorted(dimensions.items())), when, float(which * 100 + number)))
    post(monasca, [point(name, dict(dimensions), when, value) for dimensions, when, value in rows])
    return name, rows


each_size = pytest.mark.parametrize("size", [2, 7, 50, 10_000])


@each_size
@pytest.mark.parametrize("group_by", ["*", ["a"], ["b", "a"], ["host-name"], ["key"]])
async def test_grouped_measurements(
    metrics: MetricService, written: tuple[str, Written], group_by: Any, size: int
) -> None:
    """Groups by all and by some dimensions: every measurement once."""
    name, rows = written
    wanted = Counter(
        (tuple(pair for pair in dimensions if group_by == "*" or pair[0] in group_by), when, value)
        for dimensions, when, value in rows
    )
    chunks = await metrics.measurements(name, start_time=START, group_by=group_by, page_size=size).collect()
    found = Counter(
        (tuple(sorted(chunk.dimensions.items())), row.timestamp, row.value)
        for chunk in chunks
        for row in chunk.measurements
    )
    assert found == wanted


@each_size
async def test_grouped_measurements_side_by_side(
    metrics: MetricService, written: tuple[str, Written], size: int
) -> None:
    """The same as JSON, read ahead."""
    name, rows = written
    end = START + timedelta(days=1)
    pager = metrics.measurement_rows(name, start_time=START, end_time=end, group_by="*", page_size=size)
    async with pager.prefetch(3) as pages:
        got = [json.loads(row) async for page in pages for row in page.items]
    assert Counter(
        (tuple(sorted(row["dimensions"].items())), datetime.fromisoformat(row["timestamp"]), row["value"])
        for row in got
    ) == Counter(rows)


async def test_measurements_of_all_metrics(
    monasca: RealMonasca, metrics: MetricService, written: tuple[str, Written]
) -> None:
    """Without a name, the measurements of every metric come once, some metrics side by side."""
    dimensions = {"part": "all"}
    points = [
        point(f"all.{number}", dimensions, START + timedelta(seconds=at), at)
        for number in range(9)
        for at in range(5)
    ]
    post(monasca, points)
    pager = metrics.measurement_rows(start_time=START, group_by="*", dimensions=dimensions, page_size=3)
    async with pager.prefetch(4) as pages:
        got = [json.loads(row) async for page in pages for row in page.items]
    assert [(row["name"], row["value"]) for row in got] == [(each["name"], each["value"]) for each in points]
    names = {json.loads(row)["name"] async for row in metrics.measurement_rows(start_time=START, group_by="*")}
    assert names >= {written[0], "all.0", "all.8"}


@each_size
async def test_merged_measurements(metrics: MetricService, written: tuple[str, Written], size: int) -> None:
    """All series as one: every measurement once, oldest first."""
    name, rows = written
    pager = metrics.measurements(name, start_time=START, merge_metrics=True, page_size=size)
    got = [(row.timestamp, row.value) async for chunk in pager for row in chunk.measurements]
    assert Counter(got) == Counter((when, value) for _, when, value in rows)
    assert [when for when, _ in got] == sorted(when for when, _ in got)


@each_size
async def test_measurements_of_one_series(metrics: MetricService, written: tuple[str, Written], size: int) -> None:
    """One series, whose dimensions the server escapes; the start is included, the end is not."""
    name, rows = written
    mine = [(when, value) for dimensions, when, value in rows if ("a", "x y") in dimensions]
    pager = metrics.measurements(
        name, dimensions={"a": "x y"}, start_time=mine[3][0], end_time=mine[20][0], page_size=size
    )
    chunks = await pager.collect()
    assert [(row.timestamp, row.value) for chunk in chunks for row in chunk.measurements] == mine[3:20]
    assert all(chunk.dimensions == {"a": "x y", "b": "2"} for chunk in chunks)


async def test_several_series(metrics: MetricService, written: tuple[str, Written]) -> None:
    """Several series without groups or merging are a ConflictError."""
    with pytest.raises(ConflictError):
        await metrics.measurements(written[0], start_time=START).collect()


Periods = dict[datetime, tuple[float, float, float, float, float]]


def periods(rows: Iterable[tuple[datetime, float]], period: int) -> Periods:
    """The statistics of these."""
    found: dict[datetime, list[float]] = defaultdict(list)
    for when, value in rows:
        found[datetime.fromtimestamp(int(when.timestamp()) // period * period, UTC)].append(value)
    return {
        when: (sum(values) / len(values), min(values), max(values), sum(values), len(values))
        for when, values in found.items()
    }


@each_size
@pytest.mark.parametrize("period", [1, 2, 300])
@pytest.mark.parametrize("how", ["*", "merged"])
@pytest.mark.parametrize("until", [None, timedelta(hours=5, seconds=8, milliseconds=250)])
async def test_statistics(
    metrics: MetricService,
    written: tuple[str, Written],
    how: str,
    period: int,
    until: timedelta | None,
    size: int,
) -> None:
    """Every period once with the right numbers, the first and the last included; from and to times within one."""
    name, rows = written
    start = START + timedelta(milliseconds=1500)
    end = START + until if until is not None else None
    rows = [row for row in rows if row[1] >= start and (end is None or row[1] < end)]
    query: Any = {"group_by": "*"} if how == "*" else {"merge_metrics": True}
    found: dict[Any, Periods] = defaultdict(dict)
    async for series in metrics.statistics(
        name,
        statistics=["max", "avg", "count", "min", "sum"],
        start_time=start,
        end_time=end,
        period=period,
        page_size=size,
        **query,
    ):
        of = found[tuple(sorted(series.dimensions.items()))]
        for row in series.statistics:
            assert row.timestamp not in of
            of[row.timestamp] = (row.avg or 0, row.min or 0, row.max or 0, row.sum or 0, row.count or 0)
    groups = {dimensions if how == "*" else () for dimensions, _, _ in rows}
    assert found.keys() == groups
    for group in groups:
        mine = [(when, value) for dimensions, when, value in rows if how == "merged" or dimensions == group]
        wanted = periods(mine, period)
        assert found[group].keys() == wanted.keys()
        assert all(found[group][when] == pytest.approx(wanted[when]) for when in wanted)


@pytest.mark.parametrize("size", [2, 3, 5, 10_000])
async def test_names_with_capitals(monasca: RealMonasca, metrics: MetricService, size: int) -> None:
    """Names of metrics and of dimensions, and values, with capitals and without: each once."""
    post(monasca, [point(f"Name.{name}", {"of": name, f"{name}x": "1"}, START, 1.0) for name in NAMES])
    names = await metrics.names(page_size=size).collect()
    assert names == sorted(set(names))
    assert [name for name in names if name.startswith("Name.")] == sorted(f"Name.{name}" for name in NAMES)
    assert await metrics.dimension_values("of", page_size=size).collect() == sorted(NAMES)
    names = await metrics.dimension_names(page_size=size).collect()
    assert names == sorted(set(names))
    assert {f"{name}x" for name in NAMES} <= set(names)


@each_size
async def test_series(metrics: MetricService, written: tuple[str, Written], size: int) -> None:
    """Series, all of them and those measured at a time."""
    name, rows = written
    listed = await metrics.list(name=name, page_size=size).collect()
    assert Counter(tuple(sorted(one.dimensions.items())) for one in listed) == Counter({row[0] for row in rows})
    start, end = START + timedelta(seconds=12), START + timedelta(seconds=14)
    measured = await metrics.list(name=name, start_time=start, end_time=end, page_size=size).collect()
    assert Counter(tuple(sorted(one.dimensions.items())) for one in measured) == Counter(
        {dimensions for dimensions, when, _ in rows if start <= when < end}
    )
    everywhere = await metrics.list(start_time=start, end_time=end, page_size=size).collect()
    assert {one.name for one in everywhere} >= {name}
    assert len(everywhere) == len({(one.name, str(sorted(one.dimensions.items()))) for one in everywhere})
