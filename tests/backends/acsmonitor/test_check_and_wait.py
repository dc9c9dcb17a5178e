"""Waiting for the result of a check: the README's recipe for behind a deployment, as a method."""

from __future__ import annotations

import pickle
from typing import Any

import httpx
import pytest
from tests.backends.acsmonitor.server import MONITOR, Server, says
from tests.transport.fakes import FakeClock

from tocsin.acsmonitor import CheckTimeoutError
from tocsin.errors import NotFoundError, TocsinError

pytestmark = pytest.mark.anyio

OLDER, OLD, NEW = "2026-04-22T10:14:01Z", "2026-04-22T10:15:01Z", "2026-04-22T10:16:09Z"


def monitor(when: str | None = OLD, status: str = "up") -> httpx.Response:
    """The monitor, last checked at some time."""
    return says({**MONITOR, "last_checked_at": when, "status": status})


async def test_old_status_is_not_taken() -> None:
    """While the last check is the one before the call, "up" is of yesterday: the recipe would have taken it."""
    clock = FakeClock()
    server = Server(monitor(), says({"queued": True}), monitor(), monitor(OLDER), monitor(NEW, "down"))
    async with server.client(clock=clock) as acs:
        found = await acs.monitors.check_and_wait(117, interval=10)
    assert found.status == "down"
    assert clock.time - clock.began == 30
    assert server.seen == ["GET /monitors/117", "POST /monitors/117/check", *["GET /monitors/117"] * 3]


async def test_monitor_that_was_never_checked() -> None:
    """The first result of a new monitor counts; none does not."""
    server = Server(monitor(None), says({"queued": True}), monitor(None), monitor(NEW))
    async with server.client() as acs:
        assert (await acs.monitors.check_and_wait(117)).last_checked_at is not None
    assert len(server.requests) == 4


async def test_waits_for_a_status() -> None:
    """With a status, results with another are waited out."""
    server = Server(monitor(), says({"queued": True}), monitor(NEW, "down"), monitor(), monitor(NEW, "up"))
    async with server.client() as acs:
        assert (await acs.monitors.check_and_wait(117, status="up")).status == "up"
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        (monitor(), None, "monitor 117 has no new result 25 s after it was told to check"),
        (monitor(NEW, "down"), "up", "monitor 117 is 'down', not 'up', 25 s after it was told to check"),
    ],
)
async def test_gives_up(answer: httpx.Response, status: str | None, why: str) -> None:
    """When the time is over it looks once more, and raises what is both a TocsinError and a TimeoutError."""
    clock = FakeClock()
    server = Server(monitor(), says({"queued": True}), answer)
    async with server.client(clock=clock) as acs:
        with pytest.raises(CheckTimeoutError, match=why) as caught:
            await acs.monitors.check_and_wait(117, timeout=25, interval=10, status=status)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, TocsinError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value) == caught.value.message
    assert clock.time - clock.began == 25
    assert server.seen.count("GET /monitors/117") == 4


async def test_no_such_monitor() -> None:
    """What is not there is not checked."""
    server = Server(says({"message": "no"}, 404))
    async with server.client() as acs:
        with pytest.raises(NotFoundError):
            await acs.monitors.check_and_wait(117)
    assert server.seen == ["GET /monitors/117"]


async def test_options_of_the_call_are_for_all_its_requests() -> None:
    """Headers of the call go with each request that it makes."""
    server = Server(monitor(), says({"queued": True}), monitor(NEW))
    more: dict[str, Any] = {"extra_headers": {"X-Trace": "1"}}
    async with server.client() as acs:
        await acs.monitors.check_and_wait(117, **more)
    assert [request.headers["x-trace"] for request in server.requests] == ["1"] * 3
