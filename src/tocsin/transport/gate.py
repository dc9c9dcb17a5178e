"""When a host may be asked again, and how many calls at once: pure decisions, told the time by the caller.

`Gate` is about time: closed after a 429, or because a known rate is used up. `Pressure` is about numbers: one
call after a closure, then twice as many with each success; and, where asked for, concurrency that follows
latency (additive increase, multiplicative decrease).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime

from tocsin.options import Rate

#: Seconds that a host may close its gate for by one answer, unless a call's own policy allows more: a bogus header
#: must not shut a client down for ever.
LONGEST = 120.0


class Gate:
    """The time before which a host must not be asked. Shared by all that talk to that host."""

    def __init__(self, rate: Rate | None = None) -> None:
        self._window = _Window(rate) if rate is not None else None
        self._closed_until = 0.0

    def delay(self, now: float) -> float:
        """Seconds until the next call may go; 0 when it may go now."""
        until = self._closed_until
        if self._window is not None and self._window.full(now):
            until = max(until, self._window.ends)
        return until - now if until > now else 0.0

    def take(self, now: float) -> None:
        """A call goes."""
        if self._window is not None:
            self._window.take(now)

    def give_back(self) -> None:
        """A call that was counted has not reached the host, and will not."""
        if self._window is not None:
            self._window.give_back()

    def settle(self, now: float, since: float, *, answered: bool) -> None:
        """A call that went at `since` has ended; `heed` follows where it was answered."""
        if self._window is not None:
            self._window.settle(now, since, answered=answered)

    def close(self, until: float) -> None:
        """Let nobody through before `until`; an earlier end never shortens a later one."""
        self._closed_until = max(self._closed_until, until)

    def heed(
        self, headers: Mapping[str, str], now: float, since: float, wall: Callable[[], datetime]
    ) -> int | None:
        """Read what the host says of its limit to a call that went at `since`: how many more it allows, or None.

        X-RateLimit-Remaining and -Reset (seconds from now, or since 1970), as Laravel and many others send
        them, and the names without "X-". At 0 the gate closes until the reset, where the host names one.
        """
        remaining = _whole(headers.get("x-ratelimit-remaining") or headers.get("ratelimit-remaining"))
        if self._window is not None:
            self._window.heed(now, since, remaining, _whole(headers.get("retry-after")))
        elif remaining == 0:
            reset = _whole(headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset"))
            if reset is not None:
                after = reset - wall().timestamp() if reset > 1_000_000_000 else reset
                self.close(now + min(max(0.0, after), LONGEST))
        return remaining


class _Window:
    """A host's fixed window, as far as it can be known from here.

    The host's begins when the first call reaches it: after that call went, and before it ended. So it ends
    somewhere between `began` + `per` and `ends`, and calls that were under way in between may count for the window
    after it: they are counted there, too. While nobody else uses the limit up, no call is sent that the host could
    refuse. That some are sent later than they could have been happens only when calls are under way at the very
    end of a window, or end without an answer.
    """

    __slots__ = (
        "_began",
        "_known",
        "_late",
        "_least",
        "_least_at",
        "_open",
        "_rate",
        "_started",
        "_taken",
        "ends",
    )

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        #: When the window was begun here; the earliest that the host can have begun it; the latest that it ends.
        self._started = self._began = self.ends = -math.inf
        #: Calls counted for this window, and those under way.
        self._taken = self._open = 0
        #: When those ended that did when it may have been over.
        self._late: list[float] = []
        #: Whether a call of this window was answered: then the host's had begun by then.
        self._known = False
        #: The fewest calls that the host said it would still allow in this window, and when it said so.
        self._least: int | None = None
        self._least_at = math.inf

    def full(self, now: float) -> bool:
        """Whether the next call has to wait for the end."""
        if now >= self.ends and (self._open or self._late):
            self._begin(now)  # these may fill the next one by themselves
        return self._taken >= self._rate.calls and now < self.ends

    def take(self, now: float) -> None:
        """A call goes."""
        if now >= self.ends:
            self._begin(now)
        self._taken += 1
        self._open += 1

    def give_back(self) -> None:
        """A call did not go."""
        self._open -= 1
        # What the host has counted, it has counted without this one.
        self._taken = max(self._taken - 1, 0 if self._least is None else self._rate.calls - self._least)
        if not self._taken:
            self.ends = -math.inf  # no call has begun the window

    def settle(self, now: float, since: float, *, answered: bool) -> None:
        """A call has ended."""
        self._open -= 1
        if now >= self._began + self._rate.per:
            self._late.append(now)
        if now >= self.ends:
            self._begin(now)
        elif not self._known:
            # Without an answer nobody knows whether it reached the host: another may yet begin the window.
            self.ends, self._known = now + self._rate.per, answered and since >= self._started

    def heed(self, now: float, since: float, remaining: int | None, retry_after: int | None) -> None:
        """What the host said to the call that has just ended."""
        if remaining is None or since < self._started:
            return
        counted = self._rate.calls - remaining
        if self._least is not None and remaining > self._least and since > self._least_at:
            # More than it had left before this call went: its next window has begun. Those under way, and those
            # that ended meanwhile, may have been counted after this call.
            overlapped = sum(end >= since for end in self._late[:-1])
            self._begin(now)
            self._taken, self._known = counted + self._open + overlapped, True
        if self._least is None or remaining <= self._least:
            self._least, self._least_at = remaining, now
        self._taken = max(self._taken, counted)
        if remaining == 0 and retry_after is not None:
            self.ends = min(self.ends, now + retry_after)
            self._began = min(self._began, since + retry_after - self._rate.per)

    def _begin(self, now: float) -> None:
        per = self._rate.per
        self._taken = self._open + sum(end > now - per for end in self._late)
        # One that lasts at the host began less than `per` ago; and behind the one before, if that is known.
        begun = self._began + per if self._known else self._began
        self._began = min(now, max(begun, now - per)) if self._taken else now
        self._started, self.ends = now, now + per
        self._late, self._known = [], False
        self._least, self._least_at = None, math.inf


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
