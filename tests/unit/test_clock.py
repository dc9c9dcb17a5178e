"""The machine's own clock."""

import time
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from tocsin.transport.clock import SystemClock


def test_now_is_aware() -> None:
    """Wall time is in UTC, and is now."""
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_monotonic() -> None:
    """Durations are measured on the monotonic clock, which a change of date does not move."""
    before = time.monotonic()
    assert before <= SystemClock().monotonic() <= time.monotonic()


@pytest.mark.anyio
async def test_sleep() -> None:
    """Sleeping takes its time, and can be cancelled."""
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.009
    with anyio.move_on_after(0) as scope:
        await clock.sleep(3600)
    assert scope.cancelled_caught


@pytest.mark.anyio
async def test_wait() -> None:
    """Waiting ends with the event, or with the time."""
    clock = SystemClock()
    event = anyio.Event()
    before = clock.monotonic()
    await clock.wait(event, 0.01)
    assert clock.monotonic() - before >= 0.009
    event.set()
    await clock.wait(event, 3600)
