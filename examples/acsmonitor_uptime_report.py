"""Print the uptime of every monitor over the last seven days as CSV.

ACSMON_BASE_URL and ACSMON_TOKEN say where from. One request a monitor, of the 60 a minute that the server allows:
the client waits by itself. A monitor that is deleted meanwhile has no figures.
"""

import asyncio
import csv
import sys

import anyio

from tocsin import AcsMonitorClient
from tocsin.acsmonitor import Monitor, Uptime
from tocsin.errors import NotFoundError


async def main() -> None:
    async with AcsMonitorClient.from_env() as acs:
        monitors = await acs.monitors.list().collect()
        found: dict[int, Uptime] = {}

        async def ask(monitor: Monitor) -> None:
            try:
                found[monitor.id] = await acs.monitors.uptime(monitor.id, window="7d")
            except NotFoundError:
                found[monitor.id] = Uptime()

        async with anyio.create_task_group() as tasks:
            for monitor in monitors:
                tasks.start_soon(ask, monitor)

    writer = csv.writer(sys.stdout)
    writer.writerow(["monitor", "type", "uptime_pct_7d", "failed_checks_7d"])
    for monitor in monitors:
        uptime = found[monitor.id]
        writer.writerow([monitor.name, monitor.type, uptime.uptime_percent, uptime.failed_checks])


asyncio.run(main())
