"""Transports that stay whole when requests are cancelled.

httpcore (seen in 1.0.9) forgets a slot of its pool when a request is cancelled between being given a
connection and using it; with all slots gone, every later request waits for nothing. Two remedies:

- `Connections`: our own transports have one connection each, and only one that brought a whole answer is used
  again. Nothing is left to be lost, and no request pays for looking at all connections of a large pool, which
  doubles httpcore's CPU time at 64 connections.
- `MadeTransport`: a pool from a user's factory is replaced when it makes a request wait until the time is up.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import anyio
import httpx
from attrs import define

from tocsin.errors import ConfigError

T = TypeVar("T")


class Transports(Protocol):
    """Where a wire gets the transport for one exchange."""

    async def run(self, exchange: Callable[[httpx.AsyncBaseTransport], Awaitable[T]], patience: float | None) -> T:
        """Do `exchange` with a transport; wait `patience` seconds at most for one that is free.

        Raises httpx.PoolTimeout when they are over.
        """
        ...

    async def aclose(self) -> None:
        """Close what is ours to close, whatever is under way in it."""
        ...


class Connections:
    """Transports of one connection each: at most `limit`, idle ones kept for `keepalive` seconds."""

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport], limit: int, keepalive: float) -> None:
        self._make = make
        self._keepalive = keepalive
        self._free = anyio.Semaphore(limit)
        #: With the time of their last use, oldest first.
        self._idle: deque[tuple[httpx.AsyncBaseTransport, float]] = deque()
        self._busy: set[httpx.AsyncBaseTransport] = set()
        self._closed = False

    async def run(self, exchange: Callable[[httpx.AsyncBaseTransport], Awaitable[T]], patience: float | None) -> T:
        """See `Transports`."""
        try:
            self._free.acquire_nowait()
        except anyio.WouldBlock:
            await self._wait(patience)
        try:
            if self._closed:
                raise ConfigError("this client is closed")
            # The last one used is the likeliest to be alive still.
            transport = self._idle.pop()[0] if self._idle else self._make()
            self._busy.add(transport)
            try:
                answer = await exchange(transport)
                await self._keep(transport)
                return answer
            finally:
                if transport in self._busy:
                    self._busy.discard(transport)
                    await _close(transport)
        finally:
            self._free.release()

    async def _wait(self, patience: float | None) -> None:
        with anyio.move_on_after(patience):
            await self._free.acquire()
            return
        raise httpx.PoolTimeout("all connections are busy")

    async def _keep(self, transport: httpx.AsyncBaseTransport) -> None:
        if transport not in self._busy:  # closed meanwhile
            return
        self._busy.discard(transport)
        now = time.monotonic()
        self._idle.append((transport, now))
        oldest, last_used = self._idle[0]
        # The server may have closed that one long ago: it would stay half open for as long as it is not used.
        if last_used + self._keepalive < now:
            self._idle.popleft()
            await _close(oldest)

    async def aclose(self) -> None:
        """See `Transports`."""
        self._closed = True
        transports = [*self._busy, *(transport for transport, _ in self._idle)]
        self._busy.clear()
        self._idle.clear()
        for transport in transports:
            await _close(transport)


@define(eq=False)
class _Pool:
    transport: httpx.AsyncBaseTransport
    under_way: int = 0


class MadeTransport:
    """What a user's factory makes: one transport for all, made anew when its pool has lost its slots.

    After a PoolTimeout a new one is made, what is under way in the old one comes to its end there, and the
    request goes out through the new one. It had not been sent, so the server sees it once. A pool with fewer
    connections than Limits.concurrency makes requests wait without having lost anything: it is
    replaced all the same if none gets free in time, which does no harm but for the new connections.
    """

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._pool = _Pool(make())
        self._draining: set[_Pool] = set()

    async def run(self, exchange: Callable[[httpx.AsyncBaseTransport], Awaitable[T]], patience: float | None) -> T:
        """See `Transports`."""
        try:
            return await self._run(exchange)
        except httpx.PoolTimeout:
            pass
        return await self._run(exchange)

    async def _run(self, exchange: Callable[[httpx.AsyncBaseTransport], Awaitable[T]]) -> T:
        pool = self._pool
        pool.under_way += 1
        try:
            return await exchange(pool.transport)
        except httpx.PoolTimeout:
            if pool is self._pool:
                self._pool = _Pool(self._make())
                self._draining.add(pool)
            raise
        finally:
            pool.under_way -= 1
            if not pool.under_way and pool in self._draining:
                self._draining.discard(pool)
                await _close(pool.transport)

    async def aclose(self) -> None:
        """See `Transports`."""
        draining, self._draining = self._draining, set()
        for pool in (*draining, self._pool):
            await _close(pool.transport)


class LentTransport:
    """A transport that someone else made: used as it is, neither replaced nor closed."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def run(self, exchange: Callable[[httpx.AsyncBaseTransport], Awaitable[T]], patience: float | None) -> T:
        """See `Transports`."""
        return await exchange(self._transport)

    async def aclose(self) -> None:
        """Leave it open: its maker closes it."""


async def _close(transport: httpx.AsyncBaseTransport) -> None:
    with anyio.CancelScope(shield=True):
        await transport.aclose()
