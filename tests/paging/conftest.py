"""A simulated Argus for the walks that are tried against a server, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tocsin.simulator import Simulator


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """An Argus with an empty world."""
    with Simulator(["argus"], scale=0) as running:
        running.argus.clear()
        yield running
