"""Creating logs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from tests.backends.monasca.server import Server

from tocsin.errors import InputError, NotSupported
from tocsin.monasca.batches import BatchError
from tocsin.monasca.logs import NewLog

pytestmark = pytest.mark.anyio

DONE = httpx.Response(204)


async def test_create() -> None:
    """Logs of all three shapes, each with dimensions of its own, without which some get lost."""
    server = Server(DONE)
    logs: list[NewLog | str | Mapping[str, Any]] = [
        NewLog("m1", {"a": "b"}),
        "m2",
        {"message": "m3"},
        {"message": "", "dimensions": {"c": "d,;"}},
    ]
    async with server.monasca() as monasca:
        assert await monasca.logs.create(logs, dimensions={"hostname": "h"}, tenant_id="t") == 4
    body: dict[str, Any] = {
        "dimensions": {"hostname": "h"},
        "logs": [
            {"message": "m1", "dimensions": {"a": "b"}},
            {"message": "m2", "dimensions": {}},
            {"message": "m3", "dimensions": {}},
            {"message": "", "dimensions": {"c": "d,;"}},
        ],
    }
    assert server.sent == [("POST /logs?project_id=t", body)]
    assert server.requests[0].headers["content-type"] == "application/json"


async def test_create_without_common_dimensions() -> None:
    """Without dimensions for all there are none."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        await monasca.logs.create(["m"])
        assert await monasca.logs.create([]) == 0
    assert server.sent == [("POST /logs", {"logs": [{"message": "m", "dimensions": {}}]})]


BAD: list[tuple[Any, str]] = [
    (b"m", "must be a NewLog"),
    (7, "must be a NewLog"),
    ({}, 'must have "message"'),
    ({"message": "m", "level": "info"}, 'must have "message"'),
    ({"message": "m", "retry": 1}, 'must have "message"'),
    ({"message": 7}, "message must be a str"),
    ("\ud800", "UTF-8"),
    ({"message": "m", "dimensions": None}, "dimensions must be a mapping"),
    ("x" * 999_960, "too large"),
]
DIMENSIONS: list[Mapping[Any, Any]] = [
    {"": "v"},
    {"_a": "v"},
    {"k" * 256: "v"},
    *[{f"a{each}b": "v"} for each in "<>={}(), '\";&"],
    {"a": ""},
    {"a": "x" * 256},
    {"a": 1},
    {"a": None},
    {"a": ["x"]},
    {1: "a"},
]


@pytest.mark.parametrize(("bad", "message"), BAD)
async def test_bad_log_among_many(bad: Any, message: str) -> None:
    """One bad log is named, and nothing is sent."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        with pytest.raises(InputError, match=rf"logs\[1\].*{message}"):
            await monasca.logs.create(["good", bad], batch=1)
    assert server.requests == []


async def test_bad_options_of_a_call() -> None:
    """They are refused as they are anywhere, and nothing is sent."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        with pytest.raises(InputError, match="the header 'a'"):
            await monasca.logs.create(["good"], extra_headers={"a": "\n"})
    assert server.requests == []


@pytest.mark.parametrize("dimensions", DIMENSIONS)
async def test_refused_dimensions(dimensions: Any) -> None:
    """Dimensions for which the server drops a log in silence are refused, of one log and of all."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        with pytest.raises(InputError, match="dimensions"):
            await monasca.logs.create([NewLog("m", dimensions)])
        with pytest.raises(InputError, match="dimensions"):
            await monasca.logs.create(["m"], dimensions=dimensions)
    assert server.requests == []


async def test_batches() -> None:
    """Requests have at most so many logs and bytes, those for all of them counted in each."""
    server = Server(DONE)
    logs = [f"log {at:03}" for at in range(100)]
    async with server.monasca() as monasca:
        assert await monasca.logs.create(logs, dimensions={"a": "b"}, max_bytes=300) == 100
        assert await monasca.logs.create(logs[:5], batch=2) == 5
    bodies = [json.loads(request.content) for request in server.requests]
    assert [log["message"] for body in bodies for log in body["logs"]] == [*logs, *logs[:5]]
    assert all(body["dimensions"] == {"a": "b"} for body in bodies[:-3])
    assert [len(body["logs"]) for body in bodies[-3:]] == [2, 2, 1]
    sizes = [len(request.content) for request in server.requests]
    assert 250 < min(sizes[:-4]) <= max(sizes) <= 300


async def test_default_size_is_one_that_the_server_takes() -> None:
    """Requests stay below the server's 1 MiB by themselves."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        await monasca.logs.create(["é" * 100_000] * 30)
    assert len(server.requests) == 8
    assert max(len(request.content) for request in server.requests) <= 1_000_000


async def test_too_large_for_the_server() -> None:
    """What a server refuses with a 413 is sent in halves, each log taken once, over connections that are new."""
    taken: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        if len(request.content) > 200_000:
            return httpx.Response(413, json={"title": "Log payload size exceeded"})
        taken.extend(log["message"][:2] for log in json.loads(request.content)["logs"])
        return DONE

    server = Server(take)
    async with server.monasca() as monasca:
        assert await monasca.logs.create([f"{at:02}{'x' * 70_000}" for at in range(10)]) == 10
    assert taken == [f"{at:02}" for at in range(10)]
    assert {request.headers["connection"] for request in server.requests} == {"close"}


async def test_small_requests_keep_their_connection() -> None:
    """A request that no server finds too large leaves its connection open."""
    server = Server(DONE)
    async with server.monasca() as monasca:
        await monasca.logs.create(["m"])
    assert "connection" not in server.requests[0].headers


@pytest.mark.parametrize("lost", [httpx.ReadError("broke"), httpx.Response(502), httpx.Response(500)])
async def test_lost_answer(lost: httpx.Response | Exception) -> None:
    """Logs whose answer is lost are not sent again, and what is known of each is told."""
    server = Server(DONE, lost)
    async with server.monasca() as monasca:
        with pytest.raises(BatchError) as caught:
            await monasca.logs.create(["a", "b", "c"], batch=1)
    assert len(server.requests) == 2
    error = caught.value
    assert (error.written, error.uncertain, error.unsent) == ((range(1),), (range(1, 2),), (range(2, 3),))


async def test_a_text_is_no_list_of_logs() -> None:
    """One text is not taken for many of one character."""
    async with Server(DONE).monasca() as monasca:
        with pytest.raises(InputError, match="logs must be a list"):
            await monasca.logs.create("hello")


async def test_no_logs_in_2014() -> None:
    """The dialect of 2014 has no logs."""
    server = Server(DONE)
    async with server.monasca(dialect="2014") as monasca:
        with pytest.raises(NotSupported, match="not in the 2014 dialect"):
            await monasca.logs.create(["m"])
    assert server.requests == []
