"""Reading all of an ACS Monitor that allows 60 requests a minute: no 429, and no minute more than it takes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from tests.simulated.clocks import SharedClock

from tocsin import AcsMonitorClient, Limits
from tocsin.simulator import Simulator

pytestmark = pytest.mark.anyio

DEVICES, EVENTS, SIZE = 593, 10_000, 50
REQUESTS = -(-DEVICES // SIZE) + -(-EVENTS // SIZE)
WINDOWS = -(-REQUESTS // 60)


@pytest.fixture(params=[0.0, 0.001], ids=["calls take no time", "calls take their time"])
async def acs(request: pytest.FixtureRequest) -> AsyncIterator[tuple[AcsMonitorClient, Simulator]]:
    """A client, and a server with as many devices and events."""
    clock = SharedClock(request.param)
    with Simulator(["acsmonitor"], scale=0, clock=clock.now) as sim:
        sim.acsmonitor.add_devices(DEVICES)
        sim.acsmonitor.add_alert_events(EVENTS)
        endpoint = sim.endpoints["acsmonitor"]
        async with AcsMonitorClient(
            endpoint["base_url"], token=endpoint["token"], clock=clock, limits=Limits(concurrency=8)
        ) as client:
            lane = client.devices._pipeline.link.lane
            clock.busy = lambda: lane.in_flight
            yield client, sim


async def test_page_by_page(acs: tuple[AcsMonitorClient, Simulator]) -> None:
    """One list after the other: as many requests as pages, in the fewest windows that these fit into."""
    client, sim = acs
    devices = [device.id async for device in client.devices.list(page_size=SIZE)]
    events = [event.id async for event in client.alert_events.list(page_size=SIZE)]
    assert len(set(devices)) == len(devices) == DEVICES
    assert len(set(events)) == len(events) == EVENTS
    check(sim)


async def test_side_by_side(acs: tuple[AcsMonitorClient, Simulator]) -> None:
    """Both lists at once, pages read ahead side by side: the same."""
    client, sim = acs
    found: dict[str, list[int]] = {"devices": [], "events": []}

    async def devices() -> None:
        async with client.devices.list(page_size=SIZE).prefetch(4) as pages:
            async for page in pages:
                found["devices"] += [device.id for device in page.items]

    async def events() -> None:
        async with client.alert_events.list(page_size=SIZE).prefetch(6) as pages:
            async for page in pages:
                found["events"] += [event.id for event in page.items]

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(devices)
        tasks.start_soon(events)
    assert len(set(found["devices"])) == len(found["devices"]) == DEVICES
    assert len(set(found["events"])) == len(found["events"]) == EVENTS
    check(sim)


def check(sim: Simulator) -> None:
    """What the server saw."""
    assert sim.acsmonitor.throttled == 0
    assert [seen.status for seen in sim.log] == [200] * REQUESTS
    assert sim.acsmonitor.windows_used == WINDOWS
