"""What the client lets be written, against what a real Monasca takes and keeps."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.servers.monasca import RealMonasca

from tocsin.errors import InputError, StatusError
from tocsin.monasca.batches import BatchError
from tocsin.monasca.client import MonascaClient
from tocsin.monasca.inputs import DimensionFilter, dimension_filter
from tocsin.monasca.logs import NewLog
from tocsin.monasca.metric_writing import NewMetric

pytestmark = [pytest.mark.real, pytest.mark.timeout(600), pytest.mark.anyio]

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
RESTRICTED = '<>={},"\\;&'

#: What the client takes, as parts of a metric.
TAKEN: dict[str, dict[str, Any]] = {
    "nothing": {},
    "blank": {"dimensions": {"a b": " c "}},
    "signs": {"dimensions": {"a:b": "c|d'e\t#/()[]*"}},
    "long": {"dimensions": {"é" * 255: "😀" * 255}},
    "large": {"dimensions": {f"k{at}": "x" * 255 for at in range(200)}},
    "not the time": {"dimensions": {"Time": "t", "value": "v", "name": "n"}},
    "int": {"value": 3},
    "large int": {"value": 2**70},
    "small": {"value": 5e-324},
    "huge": {"value": -1.7e308},
    "first time": {"timestamp": datetime(1970, 1, 1, tzinfo=UTC)},
    "last time": {"timestamp": datetime(2262, 4, 11, 23, 47, 16, 854_000, tzinfo=UTC)},
    "milliseconds": {"timestamp": datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC)},
    "meta": {"value_meta": {"a": 'x\ny"z\\', "é": {"b": [1, None]}}},
    "meta entries": {"value_meta": {str(at): "" for at in range(16)}},
    "meta length": {"value_meta": {"a": "x" * 2039}},
    "meta length in ASCII": {"value_meta": {"a": "é" * 339 + "x" * 5}},
    "meta name": {"value_meta": {"k" * 255: "v"}},
}
NAMES = ["a", "é|:/'*[1]$", "a#b", "_a", "a\tb", "x" * 235]

#: What the client refuses, as JSON; the server refuses it, or says that it took it, and keeps nothing or another.
REFUSED: dict[str, dict[str, Any]] = {
    **{f"name with {each!r}": {"name": f"w{each}"} for each in f"{RESTRICTED}() \n"},
    "empty name": {"name": ""},
    "long name": {"name": "x" * 256},
    "comment": {"name": "#w"},
    **{f"dimension {each!r}": {"dimensions": {f"a{each}b": "c"}} for each in f"{RESTRICTED}\n"},
    **{f"value {each!r}": {"dimensions": {"a": f"b{each}c"}} for each in f"{RESTRICTED}\n"},
    "empty dimension": {"dimensions": {"": "a"}},
    "empty value": {"dimensions": {"a": ""}},
    "long dimension": {"dimensions": {"a" * 256: "b"}},
    "long value": {"dimensions": {"a": "b" * 256}},
    "own dimension": {"dimensions": {"_a": "b"}},
    "time": {"dimensions": {"time": "b"}},
    "large series": {"dimensions": {f"k{at}": "x" * 255 for at in range(260)}},
    "text": {"value": "1"},
    "no value": {"value": None},
    "large int": {"value": 10**400},
    "late": {"timestamp": 9_223_372_036_855},
    "early": {"timestamp": -1},
    "meta entries": {"value_meta": {str(at): "" for at in range(17)}},
    "meta length": {"value_meta": {"a": "x" * 2040}},
    "meta length in ASCII": {"value_meta": {"a": "é" * 341}},
    "meta name": {"value_meta": {"k" * 256: "v"}},
    "empty meta name": {"value_meta": {"": "v"}},
}


@pytest.fixture
def name() -> str:
    """A metric that no other test writes."""
    return f"w.{time.time_ns()}"


@pytest.fixture
async def client(monasca: RealMonasca) -> AsyncIterator[MonascaClient]:
    """A client of the real Monasca."""
    async with MonascaClient(monasca.base_url, token=monasca.issue_token()) as client:
        yield client


def kept(monasca: RealMonasca, name: str) -> list[dict[str, Any]]:
    """What the store has of a metric, one mapping a point; without the server's own tags."""
    rows = monasca.influx(f"""select * from "{name.replace('"', chr(92) + '"')}" """)
    own = {"_region", "_tenant_id"}
    return [{key: value for key, value in row.items() if key not in own and value is not None} for row in rows]


def milliseconds(when: datetime) -> int:
    """As the store counts."""
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def point(metric: NewMetric) -> dict[str, Any]:
    """A metric as the store should have it, but for its value_meta."""
    assert metric.timestamp is not None
    time = milliseconds(metric.timestamp)
    return {"time": time, "value": float(metric.value), **metric.dimensions}


async def measured(client: MonascaClient, name: str) -> list[list[Any]]:
    """What the API says of a metric."""
    params = {"name": name, "start_time": "1970-01-01T00:00:00Z"}
    elements = (await client.request("GET", "/metrics/measurements", params=params)).json()["elements"]
    return [row for element in elements for row in element["measurements"]]


@pytest.mark.parametrize("case", TAKEN)
async def test_taken(monasca: RealMonasca, client: MonascaClient, name: str, case: str) -> None:
    """What the client takes, the server keeps as it is."""
    fields: dict[str, Any] = {"name": name, "value": 1.5, "timestamp": WHEN, **TAKEN[case]}
    metric = NewMetric(**fields)
    await client.metrics.create(
        metric.name,
        metric.value,
        dimensions=metric.dimensions,
        timestamp=metric.timestamp,
        value_meta=metric.value_meta,
    )
    if "value" not in metric.dimensions:
        (row,) = kept(monasca, name)
        assert {key: value for key, value in row.items() if key != "value_meta"} == point(metric)
    ((_, value, meta),) = await measured(client, name)
    assert (value, meta) == (float(metric.value), metric.value_meta or {})


@pytest.mark.parametrize("prefix", NAMES)
async def test_names_taken(client: MonascaClient, name: str, prefix: str) -> None:
    """Names that the client takes are found again."""
    await client.metrics.create(f"{prefix}{name}"[:255], 7)
    assert [value for _, value, _ in await measured(client, f"{prefix}{name}"[:255])] == [7]


async def status(client: MonascaClient, path: str, body: object) -> int:
    """What the server answers to a body, as it is."""
    headers = {"content-type": "application/json"}
    try:
        answer = await client.request("POST", path, content=json.dumps(body).encode(), extra_headers=headers)
    except StatusError as error:
        return error.status
    return answer.status


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(client: MonascaClient, name: str, case: str) -> None:
    """What the client refuses, the server refuses, fails of, or loses."""
    wrong = REFUSED[case]
    if 0 < len(wrong.get("name", "")) < 10:
        wrong = {**wrong, "name": wrong["name"] + name}
    given: dict[str, Any] = {"name": name, "value": 1.5, "timestamp": milliseconds(WHEN), **wrong}
    answered = await status(client, "/metrics", given)
    assert answered in {204, 422, 500}
    if answered == 204:
        assert await measured(client, given["name"]) == []
    given["timestamp"] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=given["timestamp"])
    with pytest.raises(InputError):
        await client.metrics.create_many([NewMetric(**given)])


FILTERS: list[tuple[DimensionFilter, set[str]]] = [
    ({"d": "a"}, {"a"}),
    ({"d": "a:b"}, {"a:b"}),
    ({"d": "/v/é '[x]"}, {"/v/é '[x]"}),
    ({"d": None}, {"a", "b", "ab", "a:b", "/v/é '[x]"}),
    ({"d": None, "e": "f"}, {"a", "b", "ab", "a:b", "/v/é '[x]"}),
    ({"d": "a", "e": "g"}, set()),
    # And what begins as the first of them, as the docstring of `dimension_filter` says.
    ({"d": ["a", "b"]}, {"a", "b", "ab", "a:b"}),
]


@pytest.mark.parametrize(("wanted", "found"), FILTERS)
async def test_filters(
    monasca: RealMonasca, client: MonascaClient, name: str, wanted: DimensionFilter, found: set[str]
) -> None:
    """Filters of dimensions find what they say."""
    everything = ["a", "b", "ab", "a:b", "/v/é '[x]"]
    await client.metrics.create_many([NewMetric(name, 1, {"d": each, "e": "f"}) for each in everything])
    params = {"name": name, "dimensions": dimension_filter("dimensions", wanted)}
    elements = (await client.request("GET", "/metrics", params=params)).json()["elements"]
    # The server puts a backslash in front of a blank, in this list and that of measurements.
    assert {each["dimensions"]["d"].replace("\\ ", " ") for each in elements} == found


async def test_one_value_for_a_time(monasca: RealMonasca, client: MonascaClient, name: str) -> None:
    """A point that comes twice is one, and the later value stays: what `idempotent` says of the store."""
    for value in (7, 7, 8):
        await client.metrics.create(name, value, timestamp=WHEN, idempotent=True)
    assert [row["value"] for row in kept(monasca, name)] == [8]


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_stream(monasca: RealMonasca, client: MonascaClient, name: str, concurrency: int) -> None:
    """20,000 metrics of a stream arrive, each once."""

    async def source() -> AsyncIterator[NewMetric]:
        for at in range(20_000):
            yield NewMetric(name, at, {"host": f"h{at % 4}"}, WHEN + timedelta(milliseconds=at))

    written = await client.metrics.create_stream(source(), batch=3_000, concurrency=concurrency)
    assert written == 20_000
    rows = kept(monasca, name)
    assert sorted(row["value"] for row in rows) == [*range(20_000)]
    assert all(row["host"] == f"h{row['value'] % 4:.0f}" for row in rows)


def received(monasca: RealMonasca, mark: str) -> list[dict[str, Any]]:
    """The logs that have this mark in their message."""
    return [each["log"] for each in monasca.logs_received() if mark in str(each["log"].get("message"))]


LOGS: list[NewLog] = [
    NewLog(""),
    NewLog('line\nbreak\0\t"quoted" \\ é😀'),
    NewLog("m", {"k" * 255: "v" * 255}),
    NewLog("m", {"a\\b:c\n*": "d e,;'\"={}<>&()"}),
    NewLog("m", {"given": "mine"}),
]


async def test_logs_taken(monasca: RealMonasca, client: MonascaClient, name: str) -> None:
    """Logs arrive as they were given, in order, with the dimensions of all."""
    logs = [NewLog(f"{name}{log.message}", log.dimensions) for log in LOGS]
    assert await client.logs.create(logs, dimensions={"given": "all", "host": "h"}) == len(logs)
    assert received(monasca, name) == [
        {"message": log.message, "dimensions": {"given": "all", "host": "h", **log.dimensions}} for log in logs
    ]


@pytest.mark.parametrize(
    "dimensions",
    [
        *[{f"a{each}b": "v"} for each in "<>={}(), '\";&"],
        {"": "v"},
        {"_a": "v"},
        {"k" * 256: "v"},
        {"a": ""},
        {"a": "x" * 256},
        {"a": 1},
        {"a": None},
    ],
)
async def test_logs_refused(
    monasca: RealMonasca, client: MonascaClient, name: str, dimensions: dict[str, Any]
) -> None:
    """A log with dimensions that the client refuses would be lost, and the server says 204 or, of all, 422."""
    with pytest.raises(InputError):
        await client.logs.create([NewLog(name, dimensions)])
    answered = await status(client, "/logs", {"logs": [{"message": name, "dimensions": dimensions}]})
    assert (answered, received(monasca, name)) == (204, [])
    answered = await status(client, "/logs", {"logs": [{"message": name}], "dimensions": dimensions})
    assert (answered, received(monasca, name)) == (422, [])


async def test_logs_that_get_lost(monasca: RealMonasca, client: MonascaClient, name: str) -> None:
    """A log without dimensions of its own is lost where there are some of all: so the client always sends some."""
    body: Any = {"logs": [{"message": name}], "dimensions": {"a": "b"}}
    assert (await status(client, "/logs", body), received(monasca, name)) == (204, [])
    assert await client.logs.create([name], dimensions={"a": "b"}) == 1
    assert len(received(monasca, name)) == 1


async def test_logs_of_another_project(monasca: RealMonasca, client: MonascaClient, name: str) -> None:
    """Logs may be another project's."""
    await client.logs.create([name], tenant_id="another")
    (envelope,) = [each for each in monasca.logs_received() if each["log"]["message"] == name]
    assert envelope["meta"]["tenantId"] == "another"


async def test_large_logs(monasca: RealMonasca, client: MonascaClient, name: str) -> None:
    """5 MB of logs arrive whole, each once; the largest that the client takes is not cut either."""
    sizes = [100_000] * 50 + [999_900]
    logs = [f"{name} {at} {'x' * size}" for at, size in enumerate(sizes)]
    assert await client.logs.create(logs, concurrency=2) == len(logs)
    assert sorted(log["message"] for log in received(monasca, name)) == sorted(logs)


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_logs_too_large_for_the_server(
    monasca: RealMonasca, anyio_backend: str, name: str, transport: Any
) -> None:
    """Where a request is larger than the server takes, none is doubled, and what is not acknowledged is told."""
    if transport == "aiohttp" and anyio_backend != "asyncio":
        pytest.skip("aiohttp runs on asyncio alone")
    logs = [f"{name} {at} {'x' * 104_000}" for at in range(30)]
    failure: BatchError | None = None
    async with MonascaClient(monasca.base_url, token=monasca.issue_token(), transport=transport) as client:
        try:
            await client.logs.create(logs, max_bytes=1_100_000)
        except BatchError as error:
            failure = error
    if failure is None:
        assert [log["message"] for log in received(monasca, name)] == logs
        return
    # The server closes the connection behind its 413, which then sometimes cannot be read any more.
    assert failure.uncertain
    assert not failure.refused
    acknowledged = [logs[at] for span in failure.written for at in span]
    assert [log["message"] for log in received(monasca, name)] == acknowledged


async def test_connection_after_a_413(monasca: RealMonasca, client: MonascaClient, name: str) -> None:
    """After a request that was too large, the next ones go through."""
    for at in range(5):
        with pytest.raises(BatchError):
            await client.logs.create(["x" * 1_060_000], max_bytes=1_100_000)
        assert await client.logs.create([f"{name} {at}"]) == 1
    assert len(received(monasca, name)) == 5
