"""Walks over a simulated Argus with very many incidents of one time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.paging.model import reloaded

from tocsin import ArgusClient
from tocsin.simulator import Faults, Simulator

START = datetime(2026, 1, 1, tzinfo=UTC)


def client(sim: Simulator) -> ArgusClient:
    return ArgusClient(sim.endpoints["argus"]["base_url"], token=sim.endpoints["argus"]["token"])


@pytest.mark.anyio
@pytest.mark.parametrize("page_size", [100, 700])
async def test_1500_incidents_of_one_time(sim: Simulator, page_size: int) -> None:
    """Where the server repeats its cursor for ever, every incident comes once, those around it as well."""
    expected = sim.argus.add_incidents(30, start_time=START - timedelta(days=1), step=timedelta(minutes=1))
    expected += sim.argus.add_incidents(1500, start_time=START)
    expected += sim.argus.add_incidents(30, start_time=START + timedelta(days=1), step=timedelta(minutes=1))
    async with client(sim) as argus:
        rows = await argus.incidents.list(page_size=page_size).collect()
    assert sorted(row.pk for row in rows) == sorted(expected)
    assert [row.start_time for row in rows] == sorted([row.start_time for row in rows], reverse=True)


@pytest.mark.anyio
async def test_resumed_among_them(sim: Simulator) -> None:
    """A walk that is ended among them goes on, each incident once."""
    expected = sim.argus.add_incidents(1500, start_time=START)
    async with client(sim) as argus:
        listing = argus.incidents.list(page_size=100)
        got: list[Any] = []
        while len(got) < len(expected):
            items = aiter(listing)
            got += [(await anext(items)).pk for _ in range(min(370, len(expected) - len(got)))]
            listing = listing.resume(reloaded(items.checkpoint))
    assert sorted(got) == expected


@pytest.mark.anyio
async def test_cursors_that_lead_back(sim: Simulator) -> None:
    """Next links that lead to their own page cost requests, and no incident."""
    expected = sim.argus.add_incidents(50, start_time=START)
    expected += sim.argus.add_incidents(100, start_time=START + timedelta(days=1), step=timedelta(minutes=1))
    sim.faults = Faults.parse("repeat-cursor=0.5")
    async with client(sim) as argus:
        rows = await argus.incidents.list(page_size=10).collect()
    assert sorted(row.pk for row in rows) == expected
