"""When a host may be asked again, and how many calls at once: pure decisions, told the time by the caller.

`Gate` is about time: closed after a 429, or because a known rate is used up. `Pressure` is about numbers: one
call after a closure, then twice as many with each success; and, where asked for, concurrency that follows
latency (additive increase, multiplicative decrease).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from tocsin.options import Rate

#: Seconds that a host may close its gate for by one answer, unless a call's own policy allows more: a bogus header
#: must not shut a client down for ever.
LONGEST = 120.0


class Gate:
    """The time before which a host must not be asked. Shared by all that talk to that host."""

    def __init__(self, rate: Rate | None = None) -> None:
        self._rate = rate
        self._closed_until = 0.0
        self._window_ends = 0.0
        self._window_seen = True
        self._taken = 0

    def delay(self, now: float) -> float:
        """Seconds until the next call may go; 0 when it may go now."""
        until = self._closed_until
        if self._rate is not None and self._taken >= self._rate.calls and now < self._window_ends:
            until = max(until, self._window_ends)
        return until - now if until > now else 0.0

    def take(self, now: float) -> None:
        """Count one call against the rate."""
        if self._rate is None:
            return
        if now >= self._window_ends:
            self._taken, self._window_ends, self._window_seen = 0, now + self._rate.per, False
        self._taken += 1

    def give_back(self) -> None:
        """The call that was counted last was not made after all."""
        if self._taken:
            self._taken -= 1
            if not self._taken:
                self._window_ends = 0.0  # no call has begun the window

    def close(self, until: float) -> None:
        """Let nobody through before `until`; an earlier end never shortens a later one."""
        self._closed_until = max(self._closed_until, until)

    def heed(self, headers: Mapping[str, str], now: float, wall: Callable[[], datetime]) -> int | None:
        """Read what the host says of its limit; the number of calls that it still allows, if it says so.

        X-RateLimit-Remaining and -Reset (seconds from now, or since 1970), as Laravel and many others send
        them, and the names without "X-". At 0 the gate closes until the reset, where the host names one.
        """
        remaining = _whole(headers.get("x-ratelimit-remaining") or headers.get("ratelimit-remaining"))
        if self._rate is not None and now < self._window_ends:
            if not self._window_seen:
                # The host's window began when the first call reached it: later than ours, but before its answer.
                self._window_ends, self._window_seen = now + self._rate.per, True
            if remaining is not None:
                self._taken = max(self._taken, self._rate.calls - remaining)
        elif remaining == 0:
            reset = _whole(headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset"))
            if reset is not None:
                after = reset - wall().timestamp() if reset > 1_000_000_000 else reset
                self.close(now + min(max(0.0, after), LONGEST))
        return remaining


class Pressure:
    """How many calls may be in flight to one host."""

    #: A call this many times slower than the best of late means that the host is queueing.
    SLOW = 2.0

    def __init__(self, ceiling: int, *, adaptive: bool = False) -> None:
        self.ceiling = ceiling
        self.generation = 0
        self._adaptive = adaptive
        self._ramping = False
        self._allowed = float(min(ceiling, 4)) if adaptive else float(ceiling)
        self._best = 0.0

    @property
    def allowed(self) -> int:
        """Calls that may be in flight now."""
        return max(1, int(self._allowed))

    def throttled(self, generation: int) -> None:
        """The host said "too many" to a call of `generation`: one call next, then more."""
        if generation == self.generation:
            self.generation += 1
            self._ramping, self._allowed = True, 1.0

    def slow_down(self, remaining: int) -> None:
        """The host still allows `remaining` calls: never have more than those in flight."""
        if remaining < self._allowed:
            self._ramping, self._allowed = True, max(1.0, float(remaining))

    def succeeded(self, generation: int, elapsed: float) -> None:
        """A call of `generation` was answered in `elapsed` seconds."""
        if generation != self.generation:
            return  # sent before the host said "too many": proves nothing about now
        if self._ramping:
            self._allowed = min(self.ceiling, self._allowed * 2)
            self._ramping = self._allowed < self.ceiling
        elif self._adaptive:
            # The best is forgotten slowly, so that a host that became slower for good is not blamed for ever.
            self._best = min(elapsed, self._best * 1.01) if self._best else elapsed
            if elapsed > self.SLOW * self._best:
                self._allowed = max(1.0, self._allowed * 0.9)
            else:
                self._allowed = min(self.ceiling, self._allowed + 1 / self._allowed)

    def failed(self, generation: int) -> None:
        """A call of `generation` met a fault that overload could explain."""
        if self._adaptive and generation == self.generation:
            self._allowed = max(1.0, self._allowed / 2)


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 10 else None
