"""Connection pools that are replaced when they have lost their slots.

httpcore (seen in 1.0.9) forgets a slot when the request that holds it is cancelled between being given a
connection and using it; with all slots gone, every later request waits for nothing. Such a pool is told from
a busy one by counting: it makes a request wait although fewer are under way than it has slots. Then it is
replaced, what is under way in it comes to its end there, and the request that had to wait goes out through
the new one. It had not been sent, so the server still sees it once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import anyio
import httpx
from attrs import define

T = TypeVar("T")

#: Connections of one pool.
POOL = 4
#: Seconds that a request waits for a slot which should be free at once. Only a pool that lost slots lets it
#: pass, so it can be short; and a loop that is held up does not count, for a free slot is given at once.
SLOT_WAIT = 0.2


class Transports(Protocol):
    """Where a wire gets the transport for one exchange."""

    async def run(self, exchange: Callable[[httpx.AsyncBaseTransport], Awaitable[T]], patience: float | None) -> T:
        """Do `exchange` with a transport; wait `patience` seconds at most for a busy pool."""
        ...

    async def aclose(self) -> None:
        """Close what is ours to close."""
        ...


class LentTransport:
    """A transport that someone else made: used as it is, neither replaced nor closed."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def run(self, exchange: Callable[[httpx.AsyncBaseTransport], Awaitable[T]], patience: float | None) -> T:
        """See `Transports`."""
        return await exchange(self._transport)

    async def aclose(self) -> None:
        """Leave it open: its maker closes it."""


@define(eq=False)
class _Pool:
    transport: httpx.AsyncBaseTransport
    size: int | None
    under_way: int = 0

    @property
    def load(self) -> float:
        return self.under_way / self.size if self.size else 0.0


class HealingPools:
    """Transports made by `make`, each replaced when it has lost its slots.

    Requests go to the first one with room, so that few connections carry most of them.

    Args:
        make: makes a transport for as many connections as it is told; what it makes is closed here.
        sizes: the number of connections of each; None where nobody knows, so that every PoolTimeout counts
            as a sign of lost slots.
    """

    def __init__(
        self, make: Callable[[int | None], httpx.AsyncBaseTransport], sizes: Sequence[int | None]
    ) -> None:
        self._make = make
        self._pools = [_Pool(make(size), size) for size in sizes]
        self._retired: set[_Pool] = set()
        #: How often a transport was replaced.
        self.replaced = 0

    async def run(
        self, exchange: Callable[[httpx.AsyncBaseTransport], Awaitable[T]], patience: float | None
    ) -> T:
        """See `Transports`. Raises httpx.PoolTimeout when `patience` is at its end."""
        deadline: float | None = None
        while True:
            pool = self._with_room()
            pool.under_way += 1
            try:
                return await exchange(pool.transport)
            except httpx.PoolTimeout:
                now = anyio.current_time()
                if deadline is None:
                    deadline = now + patience if patience is not None else float("inf")
                elif now >= deadline:
                    raise
                if pool.size is None or pool.under_way <= pool.size:
                    self._replace(pool)
            finally:
                pool.under_way -= 1
                if not pool.under_way and pool in self._retired:
                    await self._close(pool)

    def _with_room(self) -> _Pool:
        for pool in self._pools:
            if pool.size is None or pool.under_way < pool.size:
                return pool
        return min(self._pools, key=lambda pool: pool.load)

    def _replace(self, pool: _Pool) -> None:
        if pool in self._retired:
            return
        self._pools[self._pools.index(pool)] = _Pool(self._make(pool.size), pool.size)
        self._retired.add(pool)
        self.replaced += 1

    async def _close(self, pool: _Pool) -> None:
        self._retired.discard(pool)
        with anyio.CancelScope(shield=True):
            await pool.transport.aclose()

    async def aclose(self) -> None:
        """Close all transports, those that were replaced too, whatever is under way in them."""
        for pool in (*self._retired, *self._pools):
            await self._close(pool)


def split(connections: int) -> list[int]:
    """Cut a number of connections into pools of a few.

    httpcore looks at every connection of a pool with every request, so that a large pool costs more for each
    request: with 64 connections twice as much as with 8.
    """
    count = -(-connections // POOL)
    return [connections // count + (number < connections % count) for number in range(count)]
