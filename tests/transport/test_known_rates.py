"""Limits that an API is known to have, kept without being told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.transport.fakes import LOGIN, FakeClock, Password, ToyClient

from tocsin.errors import AuthError
from tocsin.options import Limits, Rate, RetryPolicy

pytestmark = pytest.mark.anyio


class Limited(ToyClient):
    """A client of an API that allows 3 calls a minute, and 2 sign-ins."""

    _rate = Rate(3)
    _sign_in_rate = Rate(2)


class Server:
    """Notes when, on the clock, it was asked for what."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.calls: list[float] = []
        self.sign_ins: list[float] = []
        self.refusing = False
        self.unreachable = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.unreachable:
            self.unreachable -= 1
            raise httpx.ConnectError("nobody there")
        if request.url.path.endswith(LOGIN):
            self.sign_ins.append(self.clock.time - self.clock.began)
            return httpx.Response(401 if self.refusing else 200, json={"token": "token-of-it"})
        self.calls.append(self.clock.time - self.clock.began)
        return httpx.Response(200, json={})

    def client(self, **options: Any) -> Limited:
        transport = httpx.MockTransport(self)
        return Limited(credential=Password(), transport=transport, clock=self.clock, **options)


async def test_calls_keep_to_the_rate_of_the_api() -> None:
    """Of seven calls three go at once, three a minute later, and one a minute after that."""
    server = Server()
    async with server.client() as client:
        for _ in range(7):
            await client.request("GET", "/things")
    assert server.calls == [0, 0, 0, 60, 60, 60, 120]


async def test_a_rate_of_the_caller_goes_before() -> None:
    """`Limits.rate` takes the place of the API's own."""
    server = Server()
    async with server.client(limits=Limits(rate=Rate(5, 10))) as client:
        for _ in range(6):
            await client.request("GET", "/things")
    assert server.calls == [0, 0, 0, 0, 0, 10]


async def test_signing_in_has_a_rate_of_its_own() -> None:
    """Sign-ins wait for each other and not for calls: of three that are refused the last waits for a minute."""
    server = Server()
    server.refusing = True
    async with server.client() as client:
        for _ in range(3):
            with pytest.raises(AuthError):
                await client.request("GET", "/things")
    assert server.sign_ins == [0, 0, 60]
    assert server.calls == []


async def test_calls_that_reached_nobody_do_not_count() -> None:
    """A server that could not be connected to has counted nothing: the calls behind do not wait for a minute."""
    server = Server()
    async with server.client(retry=RetryPolicy(attempts=9, base=0.01)) as client:
        await client.request("GET", "/things")
        server.unreachable = 5
        await client.request("GET", "/things")
        await client.request("GET", "/things")
    assert max(server.calls) < 1
