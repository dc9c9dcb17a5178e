"""A year of a metric at half an hour: every bucket once, in the fewest requests that 300 points a series allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin import LastlineClient
from tocsin.lastline import Sample
from tocsin.simulator import Simulator

pytestmark = pytest.mark.anyio

START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
BUCKETS = (END - START) // HALF_HOUR
REQUESTS = -(-BUCKETS // 300)


@pytest.mark.parametrize("ahead", [1, 8])
async def test_a_year_at_half_an_hour(ahead: int) -> None:
    """Read side by side or not: 59 requests, 17,520 samples of each appliance, each as wide as was asked for."""
    with Simulator(["lastline"], scale=0) as sim:
        state = sim.lastline
        state.data_from, state.data_until = START, END
        appliances = [state.add_appliance(f"sensor-{number}") for number in range(2)]
        for appliance in appliances:
            state.add_metric(appliance, "counter.mails", lambda at: float(at.timestamp() % 86_400))
        endpoint = sim.endpoints["lastline"]
        samples: list[Sample] = []
        async with LastlineClient(
            endpoint["base_url"], username=endpoint["username"], password=endpoint["password"]
        ) as lastline:
            pager = lastline.metrics.get("counter.mails", start_time=START, end_time=END)
            async with pager.prefetch(ahead) as pages:
                async for page in pages:
                    samples += page.items
        asked = [seen for seen in sim.log if seen.path.endswith("/metric/get.json")]
    times = [START + HALF_HOUR * number for number in range(BUCKETS)]
    for appliance in appliances:
        found = [sample for sample in samples if sample.appliance_uuid == appliance.uuid]
        assert [sample.time for sample in found] == times
        assert {sample.width for sample in found} == {HALF_HOUR}
        assert [sample.value for sample in found[:2]] == [0.0, 1800.0]
    assert len(samples) == 2 * BUCKETS
    assert len(asked) == REQUESTS == 59
