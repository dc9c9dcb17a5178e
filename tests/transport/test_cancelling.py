"""Cancelling leaks nothing: no place, no waiter, no connection; and each client still answers."""

import asyncio

import anyio
import pytest
from tests.transport.fakes import ToyClient
from tests.transport.loopback import Said, Seen, loopback, until

from tocsin.options import Limits

pytestmark = pytest.mark.anyio

CLIENTS, TASKS = 300, 8


async def slow(seen: Seen) -> Said:
    await asyncio.sleep(0.005)
    return Said()


@pytest.mark.parametrize(
    ("anyio_backend", "wire"), [("asyncio", "httpx"), ("asyncio", "aiohttp"), ("trio", "httpx")]
)
async def test_cancelled_everywhere(wire: str) -> None:
    """Of the 2,400 calls of 300 clients, four fifths are cancelled, each client's at another moment."""
    cancelled = 0
    with loopback(slow) as server:
        for number in range(CLIENTS):
            client = ToyClient(server.url, transport=wire, limits=Limits(concurrency=3))
            lane = client.pipeline.link.lane
            answered = 0

            async def call(scope: anyio.CancelScope, client: ToyClient = client) -> None:
                nonlocal answered
                with scope:
                    await client.request("GET", "/things")
                    answered += 1

            scopes = [anyio.CancelScope() for _ in range(TASKS)]
            async with anyio.create_task_group() as tasks:
                for scope in scopes:
                    tasks.start_soon(call, scope)
                # From before the first connection to after the first answers.
                await anyio.sleep(number / CLIENTS * 0.012)
                some = 7 if number % 5 < 2 else 6
                for turn in range(some):
                    scopes[(number + turn) % TASKS].cancel()
            cancelled += some
            assert answered >= TASKS - some
            assert (lane.in_flight, lane.waiting) == (0, 0)
            with anyio.fail_after(5):
                assert (await client.request("GET", "/things")).status == 200
            await client.aclose()
        await until(lambda: not server.open)
    assert server.opened >= CLIENTS
    assert cancelled == CLIENTS * TASKS * 0.8


async def test_cancelled_while_closing() -> None:
    """A client that is left by cancelling closes all its connections."""
    with loopback(slow) as server:
        with anyio.CancelScope() as scope:
            async with ToyClient(server.url) as client:
                await client.request("GET", "/things")
                assert server.open == 1
                scope.cancel()
        await until(lambda: not server.open)
