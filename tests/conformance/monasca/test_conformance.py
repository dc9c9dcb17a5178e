"""The simulator and the real servers give the same answers to the same calls of this client."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.conformance.monasca.cases import CASES
from tests.conformance.monasca.lab import Lab, World
from tests.conformance.monasca.record import ANSWERS
from tests.conformance.monasca.worlds import real, simulated
from tests.servers.monasca import RealMonasca

RECORDED = json.loads(ANSWERS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def simulator() -> Iterator[World]:
    """A simulated server for all cases."""
    with simulated() as world:
        yield world


@pytest.fixture(scope="module")
def server(monasca: RealMonasca) -> World:
    """A real server for all cases."""
    return real(monasca)


async def ask(world: World, name: str) -> object:
    """A server's answer, as JSON has it."""
    async with Lab(world) as lab:
        return json.loads(json.dumps(await lab.answer(CASES[name])))


def test_every_case_was_recorded() -> None:
    """There is an answer of the real server for each case, and none too many."""
    assert RECORDED.keys() == CASES.keys()


@pytest.mark.anyio
@pytest.mark.parametrize("name", CASES)
async def test_simulator(name: str, simulator: World) -> None:
    """The simulator answers as monasca-api 11.0.0 and Keystone 30.0.0 did when they were recorded."""
    assert await ask(simulator, name) == RECORDED[name]


@pytest.mark.real
@pytest.mark.anyio
@pytest.mark.timeout(900)
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", CASES)
async def test_real_server(name: str, server: World, simulator: World) -> None:
    """A real server answers as the simulator does."""
    assert await ask(server, name) == await ask(simulator, name)
