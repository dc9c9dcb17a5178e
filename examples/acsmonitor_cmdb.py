"""Print all devices as the records of a CMDB, one JSON object a line, to be piped into its importer.

ACSMON_BASE_URL and ACSMON_TOKEN say where from.
"""

import asyncio
import json
import sys

from tocsin import AcsMonitorClient


async def main() -> None:
    count = 0
    async with AcsMonitorClient.from_env() as acs:
        async for device in acs.devices.list():
            record = {
                "external_id": f"acsmon-{device.id}",
                "hostname": device.name,
                "ip": device.ip_address,
                "status": device.status,
                "last_seen": device.last_polled_at.isoformat() if device.last_polled_at else None,
            }
            json.dump(record, sys.stdout)
            print()
            count += 1
    print(f"Synced {count} devices", file=sys.stderr)


asyncio.run(main())
