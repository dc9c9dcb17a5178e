"""The loops that are compared, each run in a process of its own: ``python -m tests.bench.clients NAME URL COUNT``.

Prints JSON: pages or calls, rows, client CPU and wall seconds. The first pages are not counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

WARM_UP = 20


class Meter:
    """CPU and wall time from the end of the warm-up on."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin to count."""
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def stop(self, pages: int, rows: int) -> dict[str, float]:
        """What was counted."""
        cpu, wall = time.process_time() - self.cpu, time.perf_counter() - self.wall
        return {"pages": pages, "rows": rows, "cpu": cpu, "wall": wall}


async def counted(rows: AsyncIterator[Any]) -> dict[str, float]:
    """Iterate row by row, as an application does."""
    meter, count = Meter(), 0
    async for _ in rows:
        count += 1
        if count == WARM_UP * 100:
            meter.start()
    count -= WARM_UP * 100
    return meter.stop(count // 100, count)


async def tocsin_rows(url: str, transport: str) -> dict[str, float]:
    """Ours: typed incidents."""
    from tocsin import ArgusClient

    async with ArgusClient(url, token="benchmark", transport=transport) as argus:
        return await counted(aiter(argus.incidents.list(page_size=100)))


async def aiohttp_rows(url: str) -> dict[str, float]:
    """What one writes by hand: aiohttp, orjson, dicts, and the next link followed."""
    import aiohttp
    import orjson

    async def rows() -> AsyncIterator[Any]:
        headers = {"Authorization": "Token benchmark", "Accept": "application/json"}
        async with aiohttp.ClientSession(headers=headers) as session:
            link = f"{url}/incidents/?page_size=100"
            while link:
                async with session.get(link) as answer:
                    answer.raise_for_status()
                    page = orjson.loads(await answer.read())
                for row in page["results"]:
                    yield row
                link = page["next"]

    return await counted(rows())


async def httpx_rows(url: str) -> dict[str, float]:
    """The same with httpx and its `.json()`."""
    import httpx

    async def rows() -> AsyncIterator[Any]:
        headers = {"Authorization": "Token benchmark", "Accept": "application/json"}
        async with httpx.AsyncClient(headers=headers) as client:
            link = f"{url}/incidents/?page_size=100"
            while link:
                answer = await client.get(link)
                answer.raise_for_status()
                page = answer.json()
                for row in page["results"]:
                    yield row
                link = page["next"]

    return await counted(rows())


async def in_flight(url: str, count: int, transport: str, width: int) -> dict[str, float]:
    """`count` single calls, `width` of them at a time."""
    import anyio

    from tocsin import ArgusClient, Limits

    async with ArgusClient(url, token="benchmark", transport=transport, limits=Limits(concurrency=width)) as argus:

        async def some(number: int) -> None:
            for _ in range(number):
                await argus.incidents.get(1)

        async def all_of(number: int) -> None:
            async with anyio.create_task_group() as tasks:
                for _ in range(width):
                    tasks.start_soon(some, number // width)

        await all_of(width * 10)
        meter = Meter()
        await all_of(count)
        return meter.stop(count, count)


async def memory(url: str) -> dict[str, float]:
    """Growth while a million rows are listed, after the first 10,000; in MB."""
    import gc
    import resource
    import tracemalloc

    from tocsin import ArgusClient

    tracemalloc.start()
    count, at_first, rss_at_first = 0, 0, 0

    def rss() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()

    async with ArgusClient(url, token="benchmark") as argus:
        async for _ in argus.incidents.list(page_size=100):
            count += 1
            if count == 10_000:
                rss_at_first = rss()
                at_first = tracemalloc.get_traced_memory()[0]
                tracemalloc.reset_peak()
    rss_growth = rss() - rss_at_first
    now, peak = tracemalloc.get_traced_memory()
    return {
        "rows": count,
        "growth": (now - at_first) / 1e6,
        "peak_growth": (peak - at_first) / 1e6,
        "rss_growth": rss_growth / 1e6,
    }


LOOPS: dict[str, Callable[[str, int], Awaitable[dict[str, float]]]] = {
    "tocsin-aiohttp": lambda url, _: tocsin_rows(url, "aiohttp"),
    "tocsin-httpx": lambda url, _: tocsin_rows(url, "httpx"),
    "aiohttp": lambda url, _: aiohttp_rows(url),
    "httpx": lambda url, _: httpx_rows(url),
    "flight-8": lambda url, count: in_flight(url, count, "aiohttp", 8),
    "flight-64": lambda url, count: in_flight(url, count, "aiohttp", 64),
    "memory": lambda url, _: memory(url),
}


async def main(name: str, url: str, count: int) -> None:
    """Run one loop."""
    print(json.dumps(await LOOPS[name](url, count)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
