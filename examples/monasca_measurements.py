"""Write all measurements of one metric to standard output as CSV: host, time, value.

The first argument is the metric's name, the second a time to begin at; OS_* variables say who one is.
Each series comes in chunks, and the next ones are read while one is written.
"""

import asyncio
import csv
import sys
from datetime import datetime

from tocsin import MonascaClient


async def main(name: str, since: datetime) -> None:
    table = csv.writer(sys.stdout, lineterminator="\n")
    async with MonascaClient.from_env() as monasca:
        listing = monasca.metrics.measurements(name, start_time=since, group_by="*")
        async with listing.prefetch(4) as pages:
            async for page in pages:
                for series in page.items:
                    host = series.dimensions.get("host", "")
                    for measurement in series.measurements:
                        table.writerow([host, measurement.timestamp.isoformat(), measurement.value])


asyncio.run(main(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
