"""Print the open incidents that nobody has acknowledged, worst first.

ARGUS_URL and ARGUS_TOKEN say where: ARGUS_URL=https://argus.example.org/api/v2 python argus_open_incidents.py
"""

import asyncio
import os

from tocsin import ArgusClient


async def main() -> None:
    async with ArgusClient(os.environ["ARGUS_URL"], token=os.environ["ARGUS_TOKEN"]) as argus:
        incidents = await argus.incidents.list(open=True, acked=False, page_size=500).collect()
    for incident in sorted(incidents, key=lambda incident: incident.level):
        when, host = f"{incident.start_time:%F %T}", incident.tags.get("host", "-")
        print(f"{incident.pk:>6}  level {incident.level}  {when}  {host:<24} {incident.description}")


asyncio.run(main())
