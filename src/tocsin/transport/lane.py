"""One host's line: calls wait in it, first come first served, for a place in flight and for an open gate.

Nothing is held while waiting, and a call that is cancelled anywhere in here leaves no trace.
"""

from __future__ import annotations

import math
from collections import deque

import anyio

from tocsin.transport.clock import Clock
from tocsin.transport.gate import Gate, Pressure


class GateClosedError(Exception):
    """The gate stays closed for longer than the call may wait; `delay` is the time in seconds."""

    def __init__(self, delay: float) -> None:
        super().__init__(delay)
        self.delay = delay


class _Turn:
    """One call's place in the line."""

    __slots__ = ("event", "granted")

    def __init__(self) -> None:
        self.event = anyio.Event()
        self.granted = False


class Lane:
    """Places in flight to one host, behind the host's gate."""

    def __init__(self, pressure: Pressure, gate: Gate, clock: Clock) -> None:
        self.pressure = pressure
        self.gate = gate
        self._clock = clock
        self._line: deque[_Turn] = deque()
        self.in_flight = 0

    @property
    def waiting(self) -> int:
        """Calls that wait in the line."""
        return len(self._line)

    async def enter(self, max_wait: float, deadline: float = math.inf) -> int:
        """Wait for a place; the generation of the call (see `Pressure`).

        Raises GateClosedError at once if the gate stays closed for more than `max_wait` seconds, or past
        `deadline` on the clock.
        """
        now = self._clock.monotonic()
        delay = self.gate.delay(now)
        if not delay and not self._line and self.in_flight < self.pressure.allowed:
            self._admit(now)
            return self.pressure.generation
        if delay > min(max_wait, deadline - now):
            raise GateClosedError(delay)
        turn = _Turn()
        self._line.append(turn)
        try:
            await self._wait(turn, max_wait, deadline)
        except BaseException:
            if turn.granted:
                self.give_back()
            else:
                self._line.remove(turn)
                self._advance()
            raise
        return self.pressure.generation

    def leave(self) -> None:
        """Give the place up after the call was made."""
        self.in_flight -= 1
        if self._line:
            self._advance()

    def give_back(self) -> None:
        """Give the place up without having made the call."""
        self.gate.give_back()
        self.leave()

    async def _wait(self, turn: _Turn, max_wait: float, deadline: float) -> None:
        while not turn.granted:
            now = self._clock.monotonic()
            if self._line[0] is turn and (delay := self.gate.delay(now)):
                # Only the first in line watches the clock; the others wait behind it.
                if delay > min(max_wait, deadline - now):
                    raise GateClosedError(delay)
                await self._clock.wait(turn.event, delay)
                self._advance()
            else:
                await turn.event.wait()
            if not turn.granted:
                turn.event = anyio.Event()

    def _admit(self, now: float) -> None:
        self.in_flight += 1
        self.gate.take(now)

    def _advance(self) -> None:
        """Let in whom the host allows; while the gate is closed, wake the first in line to watch the clock."""
        line = self._line
        while line:
            now = self._clock.monotonic()
            if self.gate.delay(now):
                line[0].event.set()
                return
            if self.in_flight >= self.pressure.allowed:
                return
            self._admit(now)
            turn = line.popleft()
            turn.granted = True
            turn.event.set()
