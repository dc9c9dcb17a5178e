"""A running simulator of ACS Monitor, and an admin's client of it."""

from collections.abc import Iterator

import httpx
import pytest
from tests.simulator.acsmonitor.clock import Clock

from tocsin.simulator import Simulator
from tocsin.simulator.acsmonitor import AcsMonitorState


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sim(clock: Clock) -> Iterator[Simulator]:
    """An ACS Monitor with an empty world, and a clock that stands still."""
    with Simulator(["acsmonitor"], scale=0, clock=clock) as running:
        running.acsmonitor.clear()
        yield running


@pytest.fixture
def acs(sim: Simulator) -> AcsMonitorState:
    return sim.acsmonitor


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client signed by the admin's token, below the API's root."""
    endpoint = sim.endpoints["acsmonitor"]
    headers = {"Authorization": f"Bearer {endpoint['token']}", "Accept": "application/json"}
    with httpx.Client(base_url=f"{endpoint['base_url']}/api/v1", headers=headers) as client:
        yield client
