"""The loops that read Argus, each run in a process of its own. The first pages are not counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from tests.bench.meter import Figures, Growth, Meter, run_loop

WARM_UP = 20


async def counted(rows: AsyncIterator[Any]) -> Figures:
    """Iterate row by row, as an application does."""
    meter, count = Meter(), 0
    async for _ in rows:
        count += 1
        if count == WARM_UP * 100:
            meter.start()
    count -= WARM_UP * 100
    return meter.stop(count // 100, count)


async def tocsin_rows(url: str, transport: str) -> Figures:
    """Ours: typed incidents."""
    from tocsin import ArgusClient

    async with ArgusClient(url, token="benchmark", transport=transport) as argus:
        return await counted(aiter(argus.incidents.list(page_size=100)))


async def aiohttp_rows(url: str) -> Figures:
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


async def httpx_rows(url: str) -> Figures:
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


async def in_flight(url: str, count: int, transport: str, width: int) -> Figures:
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


async def memory(url: str) -> Figures:
    """A million rows."""
    from tocsin import ArgusClient

    growth, count = Growth(), 0
    async with ArgusClient(url, token="benchmark") as argus:
        async for _ in argus.incidents.list(page_size=100):
            count += 1
            if count == 10_000:
                growth.start()
        return growth.stop(count)


if __name__ == "__main__":
    run_loop(
        {
            "tocsin": tocsin_rows,
            "aiohttp": aiohttp_rows,
            "httpx": httpx_rows,
            "in_flight": in_flight,
            "memory": memory,
        }
    )
