"""The limits that the server is known to have, kept before it has to say so."""

from __future__ import annotations

from collections import deque
from typing import Any

import anyio
import httpx
import pytest
from tests.backends.acsmonitor.server import ACCOUNT, DEVICE, Server, hybrid, says
from tests.transport.fakes import FakeClock

from tocsin.options import Limits, Rate

pytestmark = pytest.mark.anyio


class Throttled:
    """A fixed window for each of two limits, as Laravel counts them: 60 calls a minute, 6 sign-ins."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.refused = 0
        self.windows = {"login": 0, "api": 0}
        self._ends = {"login": 0.0, "api": 0.0}
        self._left = {"login": 0, "api": 0}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = "login" if request.url.path.endswith("/auth/login") else "api"
        limit = 6 if name == "login" else 60
        if self.clock.time >= self._ends[name]:
            self._ends[name], self._left[name] = self.clock.time + 60, limit
            self.windows[name] += 1
        if not self._left[name]:
            self.refused += 1
            wait = str(int(self._ends[name] - self.clock.time) + 1)
            return says({"message": "Too Many Attempts."}, 429, retry_after=wait, x_ratelimit_remaining="0")
        self._left[name] -= 1
        left: dict[str, Any] = {"x_ratelimit_limit": str(limit), "x_ratelimit_remaining": str(self._left[name])}
        if name == "login":
            return says({"token": f"{self.windows[name]}|{self._left[name]}-token"}, **left)
        count = 593 if "devices" in request.url.path else 10_000
        if "per_page" not in request.url.params:
            return says(DEVICE, **left)
        rows = range(1, count + 1)
        return says(hybrid(request, [{"id": row} for row in rows], int(request.url.params["per_page"])), **left)


async def test_everything_in_as_few_windows_as_can_be() -> None:
    """593 devices and 10,000 events at 50 a page are 212 requests: four windows, not one 429, not one too many."""
    clock = FakeClock()
    throttle = Throttled(clock)
    server = Server(throttle)
    async with server.client(clock=clock, **ACCOUNT) as acs:
        devices = await acs.devices.rows(page_size=50).collect()
        events = [event.id async for event in acs.alert_events.list(page_size=50)]
    assert (len(devices), len(events), len(set(events))) == (593, 10_000, 10_000)
    assert len(server.requests) == 1 + 12 + 200
    assert (throttle.refused, throttle.windows) == (0, {"login": 1, "api": 4})


async def test_calls_side_by_side_keep_the_limit() -> None:
    """150 calls at once are three windows, and no 429."""
    clock = FakeClock()
    throttle = Throttled(clock)
    server = Server(throttle)
    async with server.client(clock=clock, **ACCOUNT) as acs, anyio.create_task_group() as group:
        for _ in range(150):
            group.start_soon(acs.devices.get, 42)
    assert (throttle.refused, throttle.windows) == (0, {"login": 1, "api": 3})


async def test_sign_ins_have_a_limit_of_their_own() -> None:
    """Seven sign-ins are two windows, and leave the calls theirs."""
    clock = FakeClock()
    throttle = Throttled(clock)
    server = Server(throttle)
    async with server.client(clock=clock, **ACCOUNT) as acs:
        for _ in range(7):
            await acs.login()
        await acs.devices.get(42)
    assert (throttle.refused, throttle.windows) == (0, {"login": 2, "api": 1})


async def test_another_limit_may_be_set() -> None:
    """`Limits.rate` goes before the known one."""
    clock = FakeClock()
    server = Server(says(DEVICE))
    async with server.client(clock=clock, limits=Limits(rate=Rate(2, per=10))) as acs:
        for _ in range(5):
            await acs.devices.get(42)
    assert clock.time - clock.began == 20


async def test_another_process_on_the_same_account() -> None:
    """What others have used up of the limit is read from the answers, and waited for."""
    clock = FakeClock()
    remaining = deque(["3", "0", "59"])
    server = Server(lambda _: says(DEVICE, x_ratelimit_remaining=remaining.popleft()))
    async with server.client(clock=clock) as acs:
        for _ in range(3):
            await acs.devices.get(42)
    assert clock.time - clock.began == 60
