"""A simulated Argus as a source of exports."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tocsin import ArgusClient, RetryPolicy
from tocsin.argus.describe import RESOURCES
from tocsin.export import Source
from tocsin.simulator import Simulator

START = datetime(2025, 12, 1, tzinfo=UTC)
#: Sources of the simulated Argus, in an `async with`.
Open = Callable[..., AbstractAsyncContextManager[Source]]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """An Argus with 2,000 incidents, a minute apart."""
    with Simulator(["argus"], scale=0) as running:
        running.argus.clear()
        running.argus.add_incidents(2000, start_time=START, step=timedelta(minutes=1))
        yield running


@pytest.fixture
def source(sim: Simulator) -> Open:
    """Opens a source for the simulator: `async with source("incidents") as each`."""

    @asynccontextmanager
    async def opened(*names: str, **options: Any) -> AsyncGenerator[Source]:
        endpoint = sim.endpoints["argus"]
        if "username" not in options:
            options.setdefault("token", endpoint["token"])
        options.setdefault("retry", RetryPolicy(base=0.001, cap=0.01))
        async with ArgusClient(endpoint["base_url"], **options) as client:
            yield Source("noc", client, [RESOURCES[name] for name in names or ("incidents",)])

    return opened
