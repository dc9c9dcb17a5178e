"""Cancelling at every kind of moment loses no connection, and every wire answers afterwards."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
from tests.transport.wire.conftest import OpenWire, Serve
from tests.transport.wire.servers import Peer, answering

from tocsin.errors import NotSentError
from tocsin.options import Limits, Timeouts
from tocsin.transport.wire import Wire, WireSettings
from tocsin.transport.wire.healing import Connections, MadeTransport
from tocsin.transport.wire.httpx_wire import HttpxWire

pytestmark = pytest.mark.anyio

FEW = Limits(concurrency=4, connections=4)


def teasing(peer: Peer) -> None:
    """Answer in two halves, and to some requests only after the next one has come on another connection."""
    while seen := peer.read():
        if seen.target.endswith("7"):
            peer.server.wait_seen(len(peer.server.seen) + 1, 0.02)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[1")
        if seen.target.endswith("3"):
            peer.server.wait_seen(len(peer.server.seen) + 1, 0.02)
        peer.send(b"]\n")


async def _all_answer(wire: Wire, url: str, count: int) -> None:
    async def one() -> None:
        answer = await wire.send("GET", f"{url}/after", {}, b"", Timeouts(connect=2, read=2))
        assert answer.status == 200

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(one)


async def test_cancelled_after_some_ticks(wire_of: OpenWire, serve: Serve) -> None:
    """A scope that ends after 0, 1, 2 ... turns of the loop, so while connecting, waiting, sending and reading."""
    server = serve(teasing)
    async with wire_of(limits=FEW) as wire:

        async def one(number: int, ticks: int) -> None:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(wire.send, "GET", f"{server.url}/{number}", {}, b"", Timeouts())
                    for _ in range(ticks):
                        await anyio.lowlevel.checkpoint()
                    scope.cancel()

        for start in range(0, 120, 8):
            async with anyio.create_task_group() as group:
                for number in range(start, start + 8):
                    group.start_soon(one, number, number % 40)
        await _all_answer(wire, server.url, 4)
        assert await anyio.to_thread.run_sync(server.wait_open, 4)
    assert await anyio.to_thread.run_sync(server.wait_open, 0)


async def test_cancelled_by_the_clock(wire_of: OpenWire, serve: Serve) -> None:
    """Deadlines spread over the time that a request takes."""
    server = serve(teasing)
    moments = random.Random(7)
    async with wire_of(limits=FEW) as wire:

        async def one(number: int) -> None:
            with anyio.move_on_after(moments.uniform(0, 0.01)):
                await wire.send("GET", f"{server.url}/{number}", {}, b"", Timeouts())

        for start in range(0, 200, 10):
            async with anyio.create_task_group() as group:
                for number in range(start, start + 10):
                    group.start_soon(one, number)
        await _all_answer(wire, server.url, 4)
        assert await anyio.to_thread.run_sync(server.wait_open, 4)
    assert await anyio.to_thread.run_sync(server.wait_open, 0)


@pytest.mark.parametrize("kind", ["httpx-asyncio", "aiohttp"])
async def test_cancelled_tasks(kind: str, wire_of: OpenWire, serve: Serve) -> None:
    """Task.cancel(), which anyio's shields do not hold off, and twice in a row."""
    server = serve(teasing)
    moments = random.Random(11)
    async with wire_of(limits=FEW) as wire:
        for start in range(0, 200, 8):
            tasks = [
                asyncio.ensure_future(wire.send("GET", f"{server.url}/{number}", {}, b"", Timeouts()))
                for number in range(start, start + 8)
            ]
            for task in tasks:
                for _ in range(moments.randrange(12)):
                    await asyncio.sleep(0)
                task.cancel()
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        await _all_answer(wire, server.url, 4)
        assert await anyio.to_thread.run_sync(server.wait_open, 4)
    assert await anyio.to_thread.run_sync(server.wait_open, 0)


def _pool() -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=2, max_keepalive_connections=2))


def _doomed(url: str, scope: anyio.CancelScope) -> httpx.Request:
    """A request that is cancelled between having its connection and using it."""

    async def note(event: str, _info: Any) -> None:
        if event == "connection.connect_tcp.complete":
            scope.cancel()

    return httpx.Request("GET", url, extensions={"trace": note})


async def _poison(transport: httpx.AsyncBaseTransport, url: str) -> None:
    """Take both slots of `_pool` away, and see that they are lost."""
    for _ in range(2):
        with anyio.CancelScope() as scope:
            await transport.handle_async_request(_doomed(url, scope))
    lost = httpx.Request("GET", url, extensions={"timeout": {"pool": 0.05}})
    with pytest.raises(httpx.PoolTimeout):
        await transport.handle_async_request(lost)


@pytest.mark.parametrize("kind", ["httpx-asyncio", "httpx-trio"])
async def test_our_connections_lose_no_slot(kind: str, serve: Serve) -> None:
    """What takes a slot from httpcore's pool takes none from ours, and no connection stays open for it."""
    server = serve(answering())
    connections = Connections(_pool, 2, 5.0)
    for _ in range(6):
        with anyio.CancelScope() as scope:
            doomed = _doomed(server.url, scope)
            await connections.run(lambda transport: transport.handle_async_request(doomed), 1)  # noqa: B023 - run at once
    assert await anyio.to_thread.run_sync(server.wait_open, 0)

    async def exchange(transport: httpx.AsyncBaseTransport) -> int:
        response = await transport.handle_async_request(httpx.Request("GET", server.url))
        await response.aread()
        await response.aclose()
        return response.status_code

    with anyio.fail_after(2):
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(connections.run, exchange, 1)
    assert len(server.seen) == 4
    assert 1 <= server.open <= 2
    await connections.aclose()
    assert await anyio.to_thread.run_sync(server.wait_open, 0)


@pytest.mark.parametrize("kind", ["httpx-asyncio", "httpx-trio"])
async def test_idle_for_too_long(kind: str, serve: Serve) -> None:
    """A connection that nobody has used for `keepalive` seconds is closed when another is given back."""
    server = serve(answering())
    connections = Connections(_pool, 5, 0.0)

    async def exchange(transport: httpx.AsyncBaseTransport) -> None:
        response = await transport.handle_async_request(httpx.Request("GET", server.url))
        await response.aread()
        await response.aclose()

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(connections.run, exchange, 1)
    for _ in range(5):
        await connections.run(exchange, 1)
    assert await anyio.to_thread.run_sync(server.wait_open, 1)
    await connections.aclose()


@pytest.mark.parametrize("kind", ["httpx-asyncio", "httpx-trio"])
async def test_pool_that_lost_its_slots(kind: str, serve: Serve) -> None:
    """httpcore's pool does lose them; one from a factory is replaced, and each request is seen once."""
    server = serve(answering(b"fine"))
    made: list[httpx.AsyncHTTPTransport] = []

    def factory() -> httpx.AsyncHTTPTransport:
        made.append(_pool())
        return made[-1]

    wire = HttpxWire(WireSettings(), factory)
    patient = Timeouts(connect=0.2)
    await _poison(made[0], server.url)
    async with anyio.create_task_group() as group:
        for number in range(3):
            group.start_soon(wire.send, "POST", f"{server.url}/{number}", {}, b"{}", patient)
    assert len(made) == 2
    assert sorted(seen.target for seen in server.seen) == ["/0", "/1", "/2"]
    await wire.aclose()
    assert await anyio.to_thread.run_sync(server.wait_open, 0)


@pytest.mark.parametrize("kind", ["httpx-asyncio", "httpx-trio"])
async def test_old_pool_comes_to_its_end(kind: str, serve: Serve) -> None:
    """What is under way in a pool that is replaced gets its answer; then the old pool is closed."""

    def behave(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/slow":
                peer.server.wait_seen(2)
            peer.answer(seen.target.encode())

    class Noted(httpx.AsyncHTTPTransport):
        closed = False

        async def aclose(self) -> None:
            self.closed = True
            await super().aclose()

    server = serve(behave)
    made: list[Noted] = []

    def factory() -> Noted:
        made.append(Noted(limits=httpx.Limits(max_connections=1)))
        return made[-1]

    wire = HttpxWire(WireSettings(), factory)
    answers: list[bytes] = []

    async def one(target: str) -> None:
        answer = await wire.send("GET", server.url + target, {}, b"", Timeouts(connect=0.1))
        answers.append(answer.body)

    async with anyio.create_task_group() as group:
        group.start_soon(one, "/slow")
        await anyio.to_thread.run_sync(server.wait_seen, 1)
        group.start_soon(one, "/quick")
    assert sorted(answers) == [b"/quick", b"/slow"]
    assert [transport.closed for transport in made] == [True, False]
    await wire.aclose()
    assert [transport.closed for transport in made] == [True, True]


@pytest.mark.parametrize("kind", ["httpx-asyncio", "httpx-trio"])
async def test_lent_transport_is_neither_replaced_nor_closed(kind: str, serve: Serve) -> None:
    """A passed instance stays its maker's: with its slots lost it gives NotSentError, and it is not closed."""
    server = serve(answering())
    transport = _pool()
    wire = HttpxWire(WireSettings(), transport)
    await _poison(transport, server.url)
    with pytest.raises(NotSentError, match="no free connection in time"):
        await wire.send("POST", server.url, {}, b"{}", Timeouts(connect=0.1))
    await transport.aclose()
    fresh = _pool()
    wire = HttpxWire(WireSettings(), fresh)
    await wire.send("POST", server.url, {}, b"{}", Timeouts())
    await wire.aclose()
    assert server.open == 1
    await fresh.aclose()


@pytest.mark.parametrize("kind", ["httpx-asyncio", "httpx-trio"])
async def test_second_pool_lost_too(kind: str) -> None:
    """A factory whose pools never have room ends in PoolTimeout after its second one."""

    class Full(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.PoolTimeout("full")

    made: list[Full] = []

    def factory() -> Full:
        made.append(Full())
        return made[-1]

    transports = MadeTransport(factory)

    async def exchange(transport: httpx.AsyncBaseTransport) -> httpx.Response:
        return await transport.handle_async_request(httpx.Request("GET", "http://a/"))

    with pytest.raises(httpx.PoolTimeout):
        await transports.run(exchange, None)
    assert len(made) == 3
