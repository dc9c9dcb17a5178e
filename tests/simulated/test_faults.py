"""Servers that fail now and then, and lists that grow while they are read: what was there comes once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from tests.simulated.test_moods import CLIENTS

from tocsin import RetryPolicy
from tocsin.cli.backends import backend
from tocsin.describe import row_key
from tocsin.simulator import Simulator

pytestmark = pytest.mark.anyio

EAGER = RetryPolicy(attempts=30, base=0, cap=0)
#: Each call may fail in all these ways, and is tried again.
FAILING = "429=0.05,500=0.05,502=0.05,503=0.05,drop-before=0.05,drop-after=0.05,truncate=0.05,retry-after=0"


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_failing_servers_lose_nothing(name: str, seed: int) -> None:
    """Errors, refusals and connections that break are got past: every row once."""
    with Simulator([name], faults=f"{FAILING},seed={seed}") as sim:
        if name == "acsmonitor":
            sim.acsmonitor.rate_limit = None
        found = await read(name, sim, page_size=20)
        assert found == held(name, sim)
        assert len({seen.status for seen in sim.log}) > 3


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", ["acsmonitor", "appfirst"])
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_growing_lists_lose_and_double_nothing(name: str, seed: int) -> None:
    """Rows that come at the front while pages are read move all behind them: none is lost or comes twice."""
    with Simulator([name], faults=f"shift=0.3,seed={seed}") as sim:
        if name == "acsmonitor":
            sim.acsmonitor.rate_limit = None
        before = held(name, sim)
        found = await read(name, sim, page_size=20)
        assert all(rows <= found[resource] for resource, rows in before.items())
        assert all(set(rows.values()) == {1} for rows in found.values())
        assert held(name, sim) != before


def held(name: str, sim: Simulator) -> dict[str, Counter[Any]]:
    """What the server has."""
    return {resource: Counter(map(row_key, keys)) for resource, keys in sim.held(name).items()}


async def read(name: str, sim: Simulator, page_size: int) -> Mapping[str, Counter[Any]]:
    """What the client reads of each resource, one after the other."""
    found: dict[str, Counter[Any]] = {}
    async with CLIENTS[name](sim.endpoints[name]) as client:
        patient = client.with_options(retry=EAGER)
        for resource in backend(name).resources.values():
            await resource.ready(patient)
            rows = await resource.pager(patient, page_size=page_size).collect()
            found[resource.name] = Counter(resource.key_of(msgspec.json.decode(row)) for row in rows)
    return found
