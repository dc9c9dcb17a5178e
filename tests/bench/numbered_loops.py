"""The loops that read lists by numbers, each run in a process of its own. The first pages are not counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from tests.bench.meter import Figures, Meter, run_loop

WARM_UP = 20
HEADERS = {"Authorization": "Bearer benchmark", "Accept": "application/json"}
#: Of each list: its path, the query of its page number n, its rows and whether there is more behind a page.
LISTS: dict[str, tuple[str, Callable[[int, int], dict[str, int]], str, Callable[[Any], bool]]] = {
    "devices": (
        "/api/v1/devices",
        lambda number, size: {"page": number + 1, "per_page": size},
        "data",
        lambda page: page["next_page_url"] is not None,
    ),
    "alerts": (
        "/api/alerts/",
        lambda number, size: {"page": number, "limit": size},
        "data",
        lambda page: page["pagination"]["next"] is not None,
    ),
    "alarms": (
        "/v2.0/alarms",
        lambda number, size: {"offset": number * size, "limit": size},
        "elements",
        lambda page: any(link["rel"] == "next" for link in page["links"]),
    ),
}


async def counted(rows: AsyncIterator[Any], size: int) -> Figures:
    """Iterate row by row, as an application does."""
    meter, count = Meter(), 0
    async for _ in rows:
        count += 1
        if count == WARM_UP * size:
            meter.start()
    count -= WARM_UP * size
    return meter.stop(count // size, count)


async def tocsin_rows(root: str, name: str, size: int, transport: str) -> Figures:
    """Ours: typed rows."""
    import tocsin

    if name == "devices":
        no_rate = tocsin.Limits(rate=tocsin.Rate(1_000_000, 1))
        async with tocsin.AcsMonitorClient(root, token="benchmark", transport=transport, limits=no_rate) as acs:
            return await counted(aiter(acs.devices.list(page_size=size)), size)
    if name == "alerts":
        async with tocsin.AppFirstClient(
            f"{root}/api", email="noc@example.org", api_key="benchmark", transport=transport
        ) as appfirst:
            return await counted(aiter(appfirst.alerts.list(page_size=size)), size)
    async with tocsin.MonascaClient(f"{root}/v2.0", token="benchmark", transport=transport) as monasca:
        return await counted(aiter(monasca.alarms.list(page_size=size)), size)


async def aiohttp_rows(root: str, name: str, size: int) -> Figures:
    """What one writes by hand: aiohttp, orjson, dicts, and the number counted up."""
    import aiohttp
    import orjson

    path, query, key, more = LISTS[name]

    async def rows() -> AsyncIterator[Any]:
        number = 0
        async with aiohttp.ClientSession(headers=HEADERS) as session:
            while True:
                async with session.get(root + path, params=query(number, size)) as answer:
                    answer.raise_for_status()
                    page = orjson.loads(await answer.read())
                for row in page[key]:
                    yield row
                if not more(page):
                    return
                number += 1

    return await counted(rows(), size)


async def httpx_rows(root: str, name: str, size: int) -> Figures:
    """The same with httpx and its `.json()`."""
    import httpx

    path, query, key, more = LISTS[name]

    async def rows() -> AsyncIterator[Any]:
        number = 0
        async with httpx.AsyncClient(headers=HEADERS) as client:
            while True:
                answer = await client.get(root + path, params=query(number, size))
                answer.raise_for_status()
                page = answer.json()
                for row in page[key]:
                    yield row
                if not more(page):
                    return
                number += 1

    return await counted(rows(), size)


if __name__ == "__main__":
    run_loop({"tocsin": tocsin_rows, "aiohttp": aiohttp_rows, "httpx": httpx_rows})
