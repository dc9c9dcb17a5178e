"""The loops that read and write Monasca, each run in a process of its own.

Of the loops over the stub the first pages are not counted; every measurement is touched, in ours and in theirs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.meter import Figures, Growth, Meter, run_loop

WARM_UP = 10
NAME = "cpu.user_perc"
DIMENSIONS = {"hostname": "devstack"}
START = "2026-01-01T00:00:00Z"
QUERY = {"name": NAME, "dimensions": "hostname:devstack", "start_time": START, "limit": "10000"}
HEADERS = {"X-Auth-Token": "benchmark", "Accept": "application/json"}


async def counted(pages: AsyncIterator[list[Any]]) -> Figures:
    """Take every measurement in hand, as an application does."""
    meter, count, rows = Meter(), 0, 0
    async for page in pages:
        for _ in page:
            rows += 1
        count += 1
        if count == WARM_UP:
            rows = 0
            meter.start()
    return meter.stop(count - WARM_UP, rows)


async def tocsin_rows(url: str, transport: str) -> Figures:
    """Ours: typed measurements."""
    from tocsin import MonascaClient

    async def pages() -> AsyncIterator[Any]:
        async with MonascaClient(url, token="benchmark", transport=transport) as monasca:
            start = datetime.fromisoformat(START)
            async for series in monasca.metrics.measurements(NAME, dimensions=DIMENSIONS, start_time=start):
                yield series.measurements

    return await counted(pages())


def next_query(page: dict[str, Any]) -> dict[str, str] | None:
    """The query for the next page, if there is one: its offset is all that is right in the link to it."""
    link: str | None = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    return {**QUERY, "offset": parse_qs(urlsplit(link).query)["offset"][0]} if link else None


async def aiohttp_rows(url: str) -> Figures:
    """What one writes by hand: aiohttp, orjson, lists, and the next link's offset passed on."""
    import aiohttp
    import orjson

    async def pages() -> AsyncIterator[Any]:
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            query: dict[str, str] | None = QUERY
            while query:
                async with session.get(f"{url}/metrics/measurements", params=query) as answer:
                    answer.raise_for_status()
                    page = orjson.loads(await answer.read())
                for series in page["elements"]:
                    yield series["measurements"]
                query = next_query(page)

    return await counted(pages())


async def httpx_rows(url: str) -> Figures:
    """The same with httpx and its `.json()`."""
    import httpx

    async def pages() -> AsyncIterator[Any]:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            query: dict[str, str] | None = QUERY
            while query:
                answer = await client.get(f"{url}/metrics/measurements", params=query)
                answer.raise_for_status()
                page = answer.json()
                for series in page["elements"]:
                    yield series["measurements"]
                query = next_query(page)

    return await counted(pages())


async def memory(url: str) -> Figures:
    """Millions of measurements."""
    from tocsin import MonascaClient

    growth, count, rows = Growth(), 0, 0
    start = datetime.fromisoformat(START)
    async with MonascaClient(url, token="benchmark") as monasca:
        async for series in monasca.metrics.measurements(NAME, dimensions=DIMENSIONS, start_time=start):
            rows += len(series.measurements)
            count += 1
            if count == WARM_UP:
                growth.start()
        return growth.stop(rows)


async def client_of(base_url: str, **identity: str) -> Any:
    """A client of a real server. What it would load late is loaded here: a peer's imports are not timed either."""
    from anyio.lowlevel import checkpoint

    from tocsin import KeystonePassword, MonascaClient

    import_module("tocsin.transport.wire.aiohttp_wire")
    await checkpoint()
    return MonascaClient(base_url, auth=KeystonePassword(**identity), transport="aiohttp")


async def one_series(monasca: Any, series: dict[str, Any]) -> int:
    """How many measurements it has, all read."""
    start = datetime.fromtimestamp(series["start_ms"] / 1000, UTC)
    rows = 0
    pager = monasca.metrics.measurements(series["name"], dimensions=series["dimensions"], start_time=start)
    async for chunk in pager:
        rows += len(chunk.measurements)
    return rows


async def one_by_one(monasca: Any, many: list[dict[str, Any]]) -> int:
    """Each series when the one before is done."""
    return sum([await one_series(monasca, series) for series in many])


async def side_by_side(monasca: Any, many: list[dict[str, Any]]) -> int:
    """A task for each series."""
    import anyio

    counts: list[int] = []

    async def count(series: dict[str, Any]) -> None:
        counts.append(await one_series(monasca, series))

    async with anyio.create_task_group() as tasks:
        for series in many:
            tasks.start_soon(count, series)
    return sum(counts)


async def grouped(monasca: Any, many: list[dict[str, Any]]) -> int:
    """One query, each series for itself, pages read ahead."""
    start = datetime.fromtimestamp(many[0]["start_ms"] / 1000, UTC)
    pager = monasca.metrics.measurements(many[0]["name"], start_time=start, group_by="*")
    rows = 0
    async with pager.prefetch(len(many)) as pages:
        async for page in pages:
            rows += sum([len(chunk.measurements) for chunk in page.items])
    return rows


WAYS = {way.__name__: way for way in (one_by_one, side_by_side, grouped)}


async def read(access: dict[str, str], series: list[dict[str, Any]], way: str) -> Figures:
    """Series of a real server, from the sign-in on."""
    async with await client_of(**access) as monasca:
        meter = Meter()
        return meter.stop(len(series), await WAYS[way](monasca, series))


async def create(access: dict[str, str], series: list[dict[str, Any]], batch: int, concurrency: int) -> Figures:
    """Write series to a real server, from the sign-in on."""
    from tocsin.monasca.metric_writing import NewMetric

    def metrics() -> Iterator[NewMetric]:
        for one in series:
            start = datetime.fromtimestamp(one["start_ms"] / 1000, UTC)
            for number in range(one["count"]):
                when = start + timedelta(milliseconds=number * one["step_ms"])
                yield NewMetric(one["name"], float(number), one["dimensions"], when)

    async with await client_of(**access) as monasca:
        meter = Meter()
        rows = await monasca.metrics.create_stream(metrics(), batch=batch, concurrency=concurrency)
        return meter.stop(len(series), rows)


if __name__ == "__main__":
    run_loop(
        {
            "tocsin": tocsin_rows,
            "aiohttp": aiohttp_rows,
            "httpx": httpx_rows,
            "memory": memory,
            "read": read,
            "create": create,
        }
    )
