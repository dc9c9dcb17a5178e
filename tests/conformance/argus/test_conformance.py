"""The simulator and the real server give the same answers to the same calls of this client."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from tests.conformance.argus.cases import CASES, PRIVATE
from tests.conformance.argus.lab import Lab, World
from tests.conformance.argus.record import ANSWERS
from tests.conformance.argus.worlds import real, simulated

RECORDED = json.loads(ANSWERS.read_text())


@pytest.fixture(scope="module")
def simulator() -> Iterator[World]:
    """A simulated server for all cases."""
    with simulated() as world:
        yield world


@pytest.fixture(scope="module")
def server() -> Iterator[World]:
    """A real server for all cases."""
    with real() as world:
        yield world


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
    """The simulator answers as argus-server 2.10.2 did when it was recorded."""
    assert await ask(simulator, name) == RECORDED[name]


@pytest.mark.real
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("name", CASES)
async def test_real_server(name: str, server: World, simulator: World) -> None:
    """A real server answers as the simulator does."""
    if name in PRIVATE and not server.private:
        pytest.skip("it would disturb the others who use this server")
    assert await ask(server, name) == await ask(simulator, name)
