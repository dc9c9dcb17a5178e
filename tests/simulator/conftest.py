"""A running simulator of Argus, and an admin's client of it."""

from collections.abc import Iterator

import httpx
import pytest

from tocsin.simulator import Simulator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """An Argus with an empty world."""
    with Simulator(["argus"], scale=0) as running:
        running.argus.clear()
        yield running


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client signed by the admin's token, at the API's base URL."""
    endpoint = sim.endpoints["argus"]
    headers = {"Authorization": f"Token {endpoint['token']}"}
    with httpx.Client(base_url=endpoint["base_url"], headers=headers) as client:
        yield client
