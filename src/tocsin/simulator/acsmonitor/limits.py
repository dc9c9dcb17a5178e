"""Rate limits as Laravel keeps them: windows that begin with the first request, and end a minute later."""

import math
from datetime import datetime, timedelta

import attrs


@attrs.define
class Window:
    """The requests of one caller until ``ends``."""

    ends: datetime
    used: int = 0


@attrs.define(eq=False)
class Limiter:
    """The windows of all callers. ``windows_used`` counts those that were begun, ``throttled`` the refusals."""

    windows_used: int = 0
    throttled: int = 0
    _windows: dict[str, Window] = attrs.field(factory=dict[str, Window])

    def clear(self) -> None:
        """Begin anew, counts and all."""
        self._windows.clear()
        self.windows_used = self.throttled = 0

    def take(self, caller: str, limit: int, length: timedelta, now: datetime) -> bool:
        """Count a request, unless there is no room for it: then it is refused, and does not count."""
        window = self._windows.get(caller)
        if window is None or now >= window.ends:
            window = self._windows[caller] = Window(now + length)
            self.windows_used += 1
        if window.used >= limit:
            self.throttled += 1
            return False
        window.used += 1
        return True

    def told(self, caller: str, limit: int, now: datetime) -> dict[str, str]:
        """The headers that every reply has."""
        window = self._windows.get(caller)
        used = window.used if window and now < window.ends else 0
        return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(max(limit - used, 0))}

    def told_refused(self, caller: str, now: datetime) -> dict[str, str]:
        """The headers that a refusal has besides: whoever waits that long is let in."""
        ends = self._windows[caller].ends
        wait = math.ceil((ends - now).total_seconds())
        return {"Retry-After": str(wait), "X-RateLimit-Reset": str(math.ceil(ends.timestamp()))}
