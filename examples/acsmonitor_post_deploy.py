"""Have a monitor checked after a deployment, and end with 0 if it is up within five minutes, else with 1.

ACSMON_BASE_URL and ACSMON_TOKEN say where; the first argument is the monitor's id, the second the seconds between
two looks (10). Only a result of a check that came after the deployment counts.
"""

import asyncio
import sys

from tocsin import AcsMonitorClient
from tocsin.acsmonitor import CheckTimeoutError


async def main() -> int:
    interval = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    async with AcsMonitorClient.from_env() as acs:
        try:
            monitor = await acs.monitors.check_and_wait(
                int(sys.argv[1]), status="up", timeout=300, interval=interval
            )
        except CheckTimeoutError as error:
            print(error, file=sys.stderr)
            return 1
    print(f"{monitor.name} is up ({monitor.response_time_ms} ms)")
    return 0


sys.exit(asyncio.run(main()))
