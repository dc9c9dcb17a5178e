"""Time for a client and the simulated servers that it talks to, which passes when the client waits for it."""

from __future__ import annotations

import anyio
from tests.transport.fakes import FakeClock


class SharedClock(FakeClock):
    """`now` is the servers' time, too. Each look at it takes `tick` seconds, and a wait is over at once.

    As in life, where a window is long and a call is short, no wait is over while calls are under way: `busy` tells
    how many are.
    """

    def __init__(self, tick: float = 0.0) -> None:
        super().__init__(auto=True)
        self.tick = tick
        self.busy = lambda: 0

    def monotonic(self) -> float:
        """A look at the clock."""
        self.time += self.tick
        return self.time

    async def wait(self, event: anyio.Event, seconds: float) -> None:
        """Over once no call is under way."""
        while self.busy():  # noqa: ASYNC110 - what it waits for is in another thread
            await anyio.sleep(0.001)
        await super().wait(event, seconds)
