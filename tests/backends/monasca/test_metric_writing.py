"""Creating metrics."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.backends.monasca.server import Server
from tests.transport.fakes import START, FakeClock

from tocsin.errors import InputError, MaybeSentError, NotSupported
from tocsin.monasca.batches import BatchError
from tocsin.monasca.metric_writing import NewMetric

pytestmark = pytest.mark.anyio

WHEN = datetime(2014, 7, 17, 20, 16, 14, 123_456, tzinfo=UTC)
DONE = httpx.Response(204)
LOST = httpx.ReadError("the connection broke")


def metrics(count: int) -> list[NewMetric]:
    """So many, each with its number for a value."""
    return [NewMetric("cpu", at, {"host": "a"}, WHEN) for at in range(count)]


def values(server: Server) -> list[list[float]]:
    """The values that each request had."""
    return [[row["value"] for row in body] for _, body in server.sent]


async def test_create() -> None:
    """One metric is a JSON object, with all that was said of it."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        await monasca.metrics.create(
            "name1", 1, dimensions={"key1": "value1"}, timestamp=WHEN, value_meta={"a": "b"}, tenant_id="t"
        )
    assert server.sent == [
        (
            "POST /metrics?tenant_id=t",
            {
                "name": "name1",
                "dimensions": {"key1": "value1"},
                "timestamp": 1405628174123,
                "value": 1.0,
                "value_meta": {"a": "b"},
            },
        )
    ]
    assert server.requests[0].headers["content-type"] == "application/json"


async def test_create_in_2014() -> None:
    """The dialect of 2014 counts seconds."""
    server = Server(DONE)
    async with server.monasca(dialect="2014") as monasca:
        await monasca.metrics.create("name1", 1.5, timestamp=WHEN)
    body: dict[str, Any] = {"name": "name1", "dimensions": {}, "timestamp": 1405628174, "value": 1.5}
    assert server.sent == [("POST /metrics", body)]


async def test_create_now() -> None:
    """A metric without a timestamp is of now."""
    server = Server(DONE)
    async with server.monasca(clock=FakeClock()) as monasca:
        await monasca.metrics.create("cpu", 1)
        await monasca.metrics.create_many([NewMetric("cpu", 1)])
    now = round(START.timestamp() * 1000)
    assert [body[0]["timestamp"] if isinstance(body, list) else body["timestamp"] for _, body in server.sent] == [
        now,
        now,
    ]


async def test_create_is_not_sent_again() -> None:
    """A write whose answer is lost is not sent again: what judges alarms would count it twice."""
    server = Server(LOST)
    async with server.monasca() as monasca:
        with pytest.raises(MaybeSentError):
            await monasca.metrics.create("cpu", 1)
        with pytest.raises(BatchError) as caught:
            await monasca.metrics.create_many(metrics(3), batch=2)
    assert len(server.requests) == 2
    assert (caught.value.uncertain, caught.value.unsent) == ((range(2),), (range(2, 3),))


async def test_idempotent_create_is_sent_again() -> None:
    """A write that the caller calls idempotent is sent again as it was, with its time."""
    server = Server(LOST, DONE)
    async with server.monasca(clock=FakeClock()) as monasca:
        await monasca.metrics.create("cpu", 1, idempotent=True)
    assert len(server.requests) == 2
    assert server.requests[0].content == server.requests[1].content


async def test_create_many() -> None:
    """Metrics go in arrays of at most so many, in order."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        assert await monasca.metrics.create_many(iter(metrics(5)), batch=2, tenant_id="t") == 5
    assert values(server) == [[0, 1], [2, 3], [4]]
    assert server.seen == ["POST /metrics?tenant_id=t"] * 3


async def test_create_many_by_bytes() -> None:
    """Arrays have at most so many bytes."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        await monasca.metrics.create_many(metrics(50), max_bytes=400)
    assert [value for each in values(server) for value in each] == [*range(50)]
    sizes = [len(request.content) for request in server.requests]
    assert 300 < min(sizes[:-1]) <= max(sizes) <= 400


async def test_create_none() -> None:
    """Without metrics nothing is sent."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        assert await monasca.metrics.create_many([]) == 0
    assert server.requests == []


BAD: list[tuple[Any, str]] = [
    (NewMetric("a b", 1), r"metrics\[1\]: name must"),
    (NewMetric("a", True), r"metrics\[1\]: value must"),
    (NewMetric("a", 1, {"_a": "b"}), r"metrics\[1\]: a name in dimensions"),
    (NewMetric("a", 1, {"a": []}), r"metrics\[1\]: dimensions\['a'\] must be a str"),  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType] - the point of it
    (NewMetric("a", 1, None), r"metrics\[1\]: dimensions must be a mapping"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the point of it
    (NewMetric("a", 1, {}, datetime(2026, 1, 1)), r"metrics\[1\]: timestamp is a naive"),
    (NewMetric("a", 1, value_meta={"": ""}), r"metrics\[1\]: a name in value_meta"),
    (NewMetric("a", 1, {str(at): "x" * 255 for at in range(260)}), r"metrics\[1\]: .* 65000 bytes"),
    (NewMetric("a", 1, {str(at): "x" * 255 for at in range(200)}), r"metrics\[1\]: it is too large"),
    ({"name": "a", "value": 1}, r"metrics\[1\]: .* a NewMetric"),
]


@pytest.mark.parametrize(("bad", "message"), BAD)
async def test_bad_metric_among_many(bad: Any, message: str) -> None:
    """One bad metric is named, and nothing is sent."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        with pytest.raises(InputError, match=message):
            await monasca.metrics.create_many([NewMetric("a", 1), bad], batch=1, max_bytes=50_000)
    assert server.requests == []


@pytest.mark.parametrize(("bad", "message"), BAD)
async def test_bad_metric_in_a_stream(bad: Any, message: str) -> None:
    """In a stream what came before is sent, and the error says so."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        with pytest.raises(BatchError, match=message) as caught:
            await monasca.metrics.create_stream([NewMetric("a", 1), bad], max_bytes=50_000)
    assert (caught.value.written, caught.value.unsent) == ((range(1),), (range(1, 2),))
    assert values(server) == [[1]]


async def test_series_are_told_apart() -> None:
    """What is remembered of a series is used for it alone."""
    given: list[tuple[dict[str, str], str]] = [
        ({"a": "b"}, "x"),
        ({"a": "c"}, "x"),
        ({"a": "b"}, "y"),
        ({}, "x"),
        ({"b": "a"}, "x"),
        ({"a": "b"}, "x"),
    ]
    server = Server(DONE)
    async with server.monasca() as monasca:
        await monasca.metrics.create_many([NewMetric(name, 1, dimensions, WHEN) for dimensions, name in given])
    assert [(row["dimensions"], row["name"]) for row in server.sent[0][1]] == given


async def test_changed_dimensions() -> None:
    """A mapping that is changed between two metrics is read anew."""
    shared = {"host": "a"}

    async def source() -> AsyncIterator[NewMetric]:
        for host in "abc":
            shared["host"] = host
            yield NewMetric("cpu", 1, shared)

    server = Server(DONE)
    async with server.monasca() as monasca:
        assert await monasca.metrics.create_stream(source()) == 3
    assert [row["dimensions"]["host"] for row in server.sent[0][1]] == ["a", "b", "c"]


async def test_too_large_for_the_server() -> None:
    """What a server refuses with a 413 is sent in halves, each metric taken once."""
    taken: list[float] = []

    def take(request: httpx.Request) -> httpx.Response:
        rows = json.loads(request.content)
        if len(rows) > 4:
            return httpx.Response(413, text="too large")
        taken.extend(row["value"] for row in rows)
        return DONE

    server = Server(take)
    async with server.monasca() as monasca:
        assert await monasca.metrics.create_many(metrics(30), batch=10) == 30
    assert taken == [*range(30)]


async def test_failure_in_a_stream() -> None:
    """A failure says what was written, what may have been, and what was not."""
    server = Server(DONE, httpx.Response(503, text="no queue"))
    async with server.monasca() as monasca:
        with pytest.raises(BatchError) as caught:
            await monasca.metrics.create_stream(metrics(6), batch=2)
    error = caught.value
    assert (error.written, error.uncertain, error.unsent) == ((range(2),), (range(2, 4),), (range(4, 6),))
    assert len(server.requests) == 2


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("create", {"name": "a", "value": 1, "tenant_id": ""}, "tenant_id"),
    ("create", {"name": "a", "value": 1, "idempotent": 1}, "idempotent"),
    ("create_many", {"metrics": "abc"}, "metrics must be a list"),
    ("create_many", {"metrics": [], "batch": 0}, "batch"),
    ("create_many", {"metrics": [], "max_bytes": 0}, "max_bytes"),
    ("create_many", {"metrics": [], "concurrency": 0}, "concurrency"),
    ("create_stream", {"metrics": {}}, "iterable"),
    ("create_stream", {"metrics": 7}, "iterable"),
    ("create_many", {"metrics": metrics(1), "extra_headers": {"a": "\n"}}, "the header 'a'"),
    ("create_stream", {"metrics": metrics(1), "extra_params": {"a": 1}}, "query parameters must be str"),
]


@pytest.mark.parametrize(("method", "arguments", "message"), REFUSED)
async def test_refused_arguments(method: str, arguments: dict[str, Any], message: str) -> None:
    """Arguments that cannot be meant are refused, and nothing is sent."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        with pytest.raises(InputError, match=message):
            await getattr(monasca.metrics, method)(**arguments)
    assert server.requests == []


@pytest.mark.parametrize("arguments", [{"name": "a", "value": 1}, {"metrics": metrics(1)}])
async def test_bad_options_of_a_call(arguments: dict[str, Any]) -> None:
    """They are refused before anything is sent, the question for the dialect included."""
    server = Server(DONE)
    async with server.monasca(dialect="auto") as monasca:
        method: Any = monasca.metrics.create if "name" in arguments else monasca.metrics.create_stream
        with pytest.raises(InputError, match="the header 'a'"):
            await method(**arguments, extra_headers={"a": "\n"})
    assert server.requests == []


async def test_unknown_argument() -> None:
    """There are no other arguments."""
    async with Server(DONE).monasca() as monasca:
        create: Any = monasca.metrics.create
        with pytest.raises(TypeError, match="colour"):
            await create("a", 1, colour="red")


LACKING: list[tuple[str, dict[str, Any], type[Exception]]] = [
    ("create", {"name": "a", "value": 1, "tenant_id": "t"}, NotSupported),
    ("create_many", {"metrics": metrics(1), "tenant_id": "t"}, NotSupported),
    ("create_stream", {"metrics": metrics(1), "tenant_id": "t"}, NotSupported),
    ("create", {"name": "a", "value": 1, "value_meta": {"a": "b"}}, InputError),
    ("create", {"name": "a" * 65, "value": 1}, InputError),
    ("create", {"name": "a", "value": 1, "dimensions": {"a": "b c"}}, InputError),
]


@pytest.mark.parametrize(("method", "arguments", "error"), LACKING)
async def test_what_2014_lacks(method: str, arguments: dict[str, Any], error: type[Exception]) -> None:
    """What only the current dialect has is refused in that of 2014."""
    server = Server(DONE)
    async with server.monasca(dialect="2014") as monasca:
        with pytest.raises(error):
            await getattr(monasca.metrics, method)(**arguments)
    assert server.requests == []
