"""Print how often something was counted on each day, as CSV: Lastline tells counters as rates per second.

LASTLINE_URL, LASTLINE_USERNAME and LASTLINE_PASSWORD say where and as whom; the arguments are a counter, as
"counter.mails", and the first and the last day, as 2026-01-31.
"""

import asyncio
import csv
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

from tocsin import LastlineClient


async def main(metric: str, first: str, last: str) -> None:
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    end = datetime.fromisoformat(last).replace(tzinfo=UTC) + timedelta(days=1)
    counts: Counter[tuple[str, str | None]] = Counter()
    async with LastlineClient.from_env() as lastline:
        samples = lastline.metrics.get(metric, start_time=start, end_time=end)
        async with samples.prefetch(4) as pages:
            async for page in pages:
                for sample in page.items:
                    if sample.value is not None:
                        # The width is the sample's own: a server may have nothing as fine as was asked for.
                        count = round(sample.value * sample.width.total_seconds())
                        counts[f"{sample.time:%F}", sample.appliance_uuid] += count

    writer = csv.writer(sys.stdout)
    writer.writerow(["day", "appliance", metric])
    for (day, appliance), count in sorted(counts.items()):
        writer.writerow([day, appliance, count])


asyncio.run(main(*sys.argv[1:]))
