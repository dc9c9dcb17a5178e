"""The table of readable resources, on the simulated server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tocsin.argus import ArgusClient
from tocsin.argus.describe import RESOURCES
from tocsin.errors import InputError
from tocsin.simulator import Simulator

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A populated Argus."""
    with Simulator(["argus"]) as running:
        yield running


def client(sim: Simulator) -> ArgusClient:
    """Alice's client: it is she who has a profile."""
    return ArgusClient(sim.endpoints["argus"]["base_url"], token=sim.argus.tokens["alice"], transport="httpx")


@pytest.mark.parametrize("name", RESOURCES)
async def test_rows_are_the_servers_own(name: str, sim: Simulator) -> None:
    """Each resource has rows, each a JSON object with a key of its own."""
    async with client(sim) as argus:
        rows = [json.loads(row) async for row in RESOURCES[name].pager(argus, page_size=50)]
    assert rows
    assert len({row[RESOURCES[name].key] for row in rows}) == len(rows)


async def test_windows_are_half_open(sim: Simulator) -> None:
    """Windows that touch at the time of a row share no row and lose none."""
    incidents = RESOURCES["incidents"]
    async with client(sim) as argus:
        rows = [json.loads(row) async for row in incidents.pager(argus)]
        times = sorted(datetime.fromisoformat(row["start_time"]) for row in rows)
        middle, after = times[len(times) // 2], times[-1] + timedelta(microseconds=1)
        early = [json.loads(row)["pk"] async for row in incidents.pager(argus, until=middle)]
        late = [json.loads(row)["pk"] async for row in incidents.pager(argus, since=middle, until=after)]
        assert sorted(early + late) == sorted(row["pk"] for row in rows)
        assert min(len(early), len(late)) > 0
        assert await incidents.count(argus, since=middle, until=after) == len(late)
        assert await incidents.count(argus) == len(rows)


async def test_what_has_no_time_has_no_window(sim: Simulator) -> None:
    """A window for a resource without a time is refused, and its count is unknown."""
    async with client(sim) as argus:
        with pytest.raises(InputError, match="cannot select events by time"):
            RESOURCES["events"].pager(argus, since=datetime.now().astimezone())
        assert await RESOURCES["events"].count(argus) is None
