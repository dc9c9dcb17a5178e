"""The table of readable resources: what it reads, from when on, and in which parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
from tests.backends.lastline.metric_server import MetricServer
from tests.backends.lastline.server import (
    BASE,
    OTHER,
    PASSWORD,
    USERNAME,
    UUID,
    Server,
    at,
    good,
    seconds,
    spelled,
)
from tests.backends.lastline.test_logs import LogServer, entry
from tests.children import printed_by
from tests.transport.fakes import FakeClock
from tests.unit.test_architecture import HTTP_LIBRARIES, LATE

from tocsin.errors import InputError
from tocsin.export import Export, Source
from tocsin.lastline import LastlineClient
from tocsin.lastline.describe import BACKEND, RESOURCES
from tocsin.paging.checkpoint import Checkpoint

pytestmark = pytest.mark.anyio

METRICS = ["counter.a", "counter.b", "gauge.c", "gauge.d"]
#: When the first of the values is; the clock of the tests says 2026-01-02 03:04:05.
FIRST = seconds("2025-12-20 10:00:00")
NOW = seconds("2026-01-02 03:04:05")
RAW = [(time, 1.0) for time in range(FIRST, NOW, 1800)]


class World:
    """A server with some metrics of two appliances, and a log."""

    def __init__(self) -> None:
        self.metrics = MetricServer({UUID: RAW, OTHER: RAW[100:]})
        self.logs = LogServer([entry(1, -30, 30), entry(2, 40), entry(3, 50), entry(4, 60, 90)])
        #: Whether there are metrics between two times.
        self.listed: Callable[[int, int], bool] = lambda _, until: until > FIRST

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers by path."""
        path = request.url.path.removeprefix("/papi")
        if path == "/monitoring/metric/list.json":
            since, until = (seconds(request.url.params[name]) for name in ("start_time", "end_time"))
            return good(METRICS if self.listed(since, until) else [])
        if path == "/ping.json":
            return good("pong")
        return self.logs(request) if path == "/monitoring/log/get.json" else self.metrics(request)

    def client(self, **options: Any) -> LastlineClient:
        """A client whose now stands still."""
        return Server(self).client(clock=FakeClock(), **options)


async def read(name: str, world: World | None = None, **selection: Any) -> list[dict[str, Any]]:
    """The rows of a resource."""
    async with (world or World()).client() as lastline:
        resource = RESOURCES[name]
        assert await resource.ready(lastline)
        return [json.loads(row) for row in await resource.pager(lastline, **selection).collect()]


def test_names_and_lists() -> None:
    """The resources, and what the lists of the command line show."""
    assert list(RESOURCES) == ["metrics", "samples", "logs"]
    assert BACKEND.lists == {"metrics": "metrics", "measurements": "samples", "logs": "logs"}
    made = BACKEND.at({"base_url": BASE, "username": USERNAME, "password": PASSWORD})
    assert made.base_url == BASE


async def test_metrics() -> None:
    """Each metric is a row."""
    assert await read("metrics") == [{"metric": name} for name in METRICS]


async def test_samples_from_the_very_first() -> None:
    """Without a time, all samples there are come, each once."""
    rows = await read("samples")
    keys = {RESOURCES["samples"].key_of(row) for row in rows}
    assert len(rows) == len(keys) == len(METRICS) * (len(RAW) + len(RAW[100:]))
    assert {row["width"] for row in rows} == {1800}
    assert rows[0]["time"] == "2025-12-20T10:00:00Z"


async def test_samples_of_a_time() -> None:
    """A time has the samples that begin in it, and no others."""
    since, until = at("2025-12-24 00:10:00"), at("2025-12-24 01:10:00")
    rows = await read("samples", since=since, until=until, where={"name": "gauge.c", "appliance_uuids": UUID})
    assert sorted({row["time"] for row in rows}) == ["2025-12-24T00:30:00Z", "2025-12-24T01:00:00Z"]


@pytest.mark.parametrize("where", [{}, {"name": "gauge.c"}])
@pytest.mark.parametrize("until", [at("2026-01-02 03:03:00"), None])
async def test_samples_of_a_time_in_which_none_begins(where: dict[str, str], until: Any) -> None:
    """Within one half hour there are none, and that is no error."""
    assert await read("samples", since=at("2026-01-02 03:02:00"), until=until, where=where) == []
    with pytest.raises(InputError, match="start_time must be before end_time"):
        await read("samples", since=at("2026-01-02 03:03:00"), until=at("2026-01-02 03:02:00"), where=where)


async def test_samples_of_an_interval_that_is_cut() -> None:
    """An interval that begins in the time comes whole, also where it has nothing but behind the end."""
    world = World()
    late = seconds("2025-12-24 00:20:00")
    world.metrics.raw = {UUID: [(late, 4.0)]}
    world.listed = lambda since, until: since <= late < until
    since, until = at("2025-12-24 00:00:00"), at("2025-12-24 00:10:00")
    rows = await read("samples", world, since=since, until=until)
    assert [(row["time"], row["value"]) for row in rows] == [("2025-12-24T00:00:00Z", 4.0)] * len(METRICS)


async def test_samples_in_parts() -> None:
    """The parts have each row once between them."""
    parts = [await read("samples", shard=(number, 3)) for number in range(3)]
    rows = [json.dumps(row) for part in parts for row in part]
    assert len(rows) == len(set(rows)) == len(await read("samples"))


async def test_samples_resumed_at_a_later_now() -> None:
    """A walk over all samples is resumed by a client whose now is later."""
    got: list[bytes] = []
    world = World()
    async with world.client() as lastline:
        await RESOURCES["samples"].ready(lastline)
        items = aiter(RESOURCES["samples"].pager(lastline))
        while len(got) < 1500:
            got += [await anext(items)]
        place = Checkpoint.from_json(items.checkpoint.to_json())
    clock = FakeClock()
    clock.time += 3600
    async with Server(world).client(clock=clock) as lastline:
        await RESOURCES["samples"].ready(lastline)
        got += await RESOURCES["samples"].pager(lastline).resume(place).collect()
    assert len(got) == len(set(got)) == len(METRICS) * (len(RAW) + len(RAW[100:]))


async def test_logs() -> None:
    """All entries come; a time has those that begin in it."""
    assert [int(row["log_entry_uuid"]) for row in await read("logs")] == [4, 3, 2, 1]
    rows = await read("logs", since=at("2026-01-01 00:00:00"), until=at("2026-01-01 00:01:00"), page_size=2)
    assert [int(row["log_entry_uuid"]) for row in rows] == [3, 2]


async def test_filters() -> None:
    """Appliances are selected by their filters; what cannot be is refused."""
    server = Server(good({"log_entries": []}))
    async with server.client() as lastline:
        where = {"appliance_uuids": f"{UUID},{OTHER}", "appliance_type": "SENSOR"}
        await RESOURCES["logs"].pager(lastline, where=where).collect()
        assert {name: server.query[name] for name in where} == where
        with pytest.raises(InputError, match="SENSOR, MANAGER"):
            RESOURCES["metrics"].pager(lastline, where={"appliance_type": "x"})


async def test_checks() -> None:
    """What tells that a server is there, and lets one in."""
    async with World().client() as lastline:
        told = [await check(lastline) for check in BACKEND.checks.values()]
    assert told == [f"at {BASE}", "answers pong"]


def test_an_export(tmp_path: Any) -> None:
    """The whole is exported, in parts side by side, with a receipt for every row."""

    async def work() -> list[int]:
        async with World().client() as lastline:
            results = await Export([Source("edge", lastline, RESOURCES.values())], tmp_path).run()
        assert all(result.complete for result in results), results
        return [result.rows for result in results]

    assert anyio.run(work) == [4, len(METRICS) * (len(RAW) + len(RAW[100:])), 4]
    assert spelled(FIRST) == "2025-12-20 10:00:00"


def test_importing_the_client_loads_little() -> None:
    """No HTTP library and nothing that can wait is loaded before it is needed."""
    loaded = set(printed_by("import sys; from tocsin import LastlineClient; print(*sys.modules)").split())
    assert not loaded & (HTTP_LIBRARIES | LATE | {"xml", "pyexpat", "http.cookies"})
