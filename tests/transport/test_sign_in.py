"""One sign-in for all, through real clients: over a scripted transport and over real sockets."""

import asyncio
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from anyio.lowlevel import checkpoint
from tests.transport.fakes import Password, ToyClient
from tests.transport.loopback import Loopback, Said, Seen, TokenServer, loopback, until

from tocsin.errors import AuthError, TocsinError
from tocsin.options import Limits
from tocsin.transport.credentials import Token

pytestmark = pytest.mark.anyio

WIRES = [("asyncio", "httpx"), ("asyncio", "aiohttp"), ("trio", "httpx")]
on_each_wire = pytest.mark.parametrize(("anyio_backend", "wire"), WIRES)
EXPIRED = Token("expired-long-ago")


class Scripted(httpx.AsyncBaseTransport):
    """`TokenServer` without sockets."""

    def __init__(self, server: TokenServer) -> None:
        self.server = server
        self.posted: list[tuple[str | None, bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        await checkpoint()
        seen = Seen(request.method, request.url.path, dict(request.headers), body)
        if request.url.path.endswith("/things"):
            self.posted.append((seen.token, body))
        said = await self.server(seen)
        return httpx.Response(said.status, headers=dict(said.headers), content=said.body)


@pytest.fixture
def server() -> Iterator[tuple[Loopback, TokenServer]]:
    tokens = TokenServer(good="another")
    with loopback(tokens) as running:
        yield running, tokens


async def call_all(client: ToyClient, count: int) -> list[Any]:
    results: list[Any] = []

    async def call() -> None:
        try:
            results.append((await client.request("POST", "/things", content=b"[1]")).status)
        except TocsinError as error:
            results.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(call)
    return results


@pytest.mark.parametrize("concurrency", [3, 1000])
async def test_thousand_calls_scripted(concurrency: int) -> None:
    """A thousand calls on one token that the server refuses: one sign-in; each body is sent again as it was."""
    server = TokenServer(good="another")
    transport = Scripted(server)
    async with ToyClient(
        credential=Password(), token=EXPIRED, transport=transport, limits=Limits(concurrency=concurrency)
    ) as client:
        assert await call_all(client, 1000) == [200] * 1000
    assert server.logins == 1
    assert {body for _, body in transport.posted} == {b"[1]"}
    refused = [token for token, _ in transport.posted if token == "Token expired-long-ago"]
    assert len(refused) <= concurrency
    assert len(transport.posted) == 1000 + len(refused)


@on_each_wire
async def test_thousand_calls_on_sockets(wire: str, server: tuple[Loopback, TokenServer]) -> None:
    """The same over real sockets, as the server saw it."""
    running, tokens = server
    async with ToyClient(
        running.url, credential=Password(), token=EXPIRED, transport=wire, limits=Limits(concurrency=50)
    ) as client:
        assert await call_all(client, 1000) == [200] * 1000
        assert client.pipeline.link.lane.in_flight == 0
    assert tokens.logins == 1
    refused = sum(seen.token == "Token expired-long-ago" for seen in running.seen)
    assert len(running.seen) == 1000 + refused + 1
    assert refused <= 50


@on_each_wire
async def test_fetching_call_cancelled(wire: str, server: tuple[Loopback, TokenServer]) -> None:
    """The call that signs in is cancelled by its scope: at most two sign-ins, and no other call fails."""
    running, tokens = server
    tokens.hold.clear()
    scope = anyio.CancelScope()
    cancelled = False
    async with ToyClient(running.url, credential=Password(), transport=wire) as client:

        async def first() -> None:
            nonlocal cancelled
            with scope:
                await client.request("GET", "/things")
            cancelled = scope.cancelled_caught

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first)
            await until(lambda: tokens.logins)
            results: list[int] = []

            async def others() -> None:
                results.extend(await call_all(client, 200))

            tasks.start_soon(others)
            for _ in range(10):
                await checkpoint()
            scope.cancel()
            tokens.hold.set()
        assert results == [200] * 200
        assert cancelled
        assert [link.lane.in_flight for link in client._links] == [0, 0]
    assert tokens.logins == 2


@pytest.mark.parametrize(("anyio_backend", "wire"), WIRES[:2])
async def test_fetching_task_cancelled(wire: str, server: tuple[Loopback, TokenServer]) -> None:
    """The same with `Task.cancel()`."""
    running, tokens = server
    tokens.hold.clear()
    async with ToyClient(running.url, credential=Password(), transport=wire) as client:
        first = asyncio.create_task(client.request("GET", "/things"))
        await until(lambda: tokens.logins)
        others = [asyncio.create_task(client.request("GET", "/things")) for _ in range(200)]
        await asyncio.sleep(0)
        first.cancel()
        tokens.hold.set()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert {response.status for response in await asyncio.gather(*others)} == {200}
        assert [link.lane.in_flight for link in client._links] == [0, 0]
    assert tokens.logins == 2


@on_each_wire
async def test_refused_sign_in(wire: str) -> None:
    """A refused sign-in is one request, and each call gets an AuthError of its own that names its request."""

    async def refuse(seen: Seen) -> Said:
        await asyncio.sleep(0.05)
        return Said(403, b'{"detail": "wrong password"}')

    with loopback(refuse) as running:
        async with ToyClient(running.url, credential=Password(), transport=wire) as client:
            errors = await call_all(client, 100)
    assert [seen.target for seen in running.seen] == ["/api/login"]
    assert len({id(error) for error in errors}) == 100
    assert {type(error) for error in errors} == {AuthError}
    assert {str(error) for error in errors} == {f"refused: HTTP 403: wrong password (POST {running.url}/things)"}


async def test_sign_in_has_places_of_its_own() -> None:
    """With every place taken by calls that were refused, signing in still gets through."""
    server = TokenServer(good="another")
    async with ToyClient(
        credential=Password(), token=EXPIRED, transport=Scripted(server), limits=Limits(concurrency=1)
    ) as client:
        main, sign_in = client._links
        assert main.lane is not sign_in.lane
        assert main.lane.gate is sign_in.lane.gate
        await main.lane.enter(0)
        assert client.pipeline.tokens is not None
        client.pipeline.tokens.forget()
        with anyio.fail_after(5):
            assert (await client.pipeline.tokens.get()).token.value == "token-1"
        main.lane.leave()
    assert server.logins == 1


async def test_siblings_share_the_token() -> None:
    """Siblings sign in once between them."""
    server = TokenServer(good="another")
    async with ToyClient(credential=Password(), transport=Scripted(server)) as client:
        sibling = client.with_options(headers={"x": "y"})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call_all, client, 10)
            tasks.start_soon(call_all, sibling, 10)
    assert server.logins == 1
