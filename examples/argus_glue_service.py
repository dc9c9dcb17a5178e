"""Bring Argus in line with the alarms of a source system: report new ones, resolve those that are gone.

An alarm that comes back restarts its incident: a source system has one incident for each source_incident_id.
Signs in as a source system: ARGUS_URL, ARGUS_TOKEN. The alarms come as lines "id text" on standard input.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime

from tocsin import ArgusClient


async def reconcile(argus: ArgusClient, alarms: dict[str, str]) -> None:
    reported = {incident.source_incident_id: incident async for incident in argus.incidents.mine(open=True)}
    now = datetime.now(UTC)
    for name in alarms.keys() - reported.keys():
        incident = await argus.incidents.upsert(
            description=alarms[name], start_time=now, source_incident_id=name, tags={"alarm": name}
        )
        if incident.open:
            print(f"reported {incident.pk}: {incident.description}")
        else:
            # REO ("reopen") is for people only.
            await argus.incidents.post_event(incident.pk, "RES", description="back at the source", timestamp=now)
            print(f"restarted {incident.pk}: {incident.description}")
    for name in reported.keys() - alarms.keys():
        await argus.incidents.resolve(reported[name].pk, description="gone from the source", timestamp=now)
        print(f"resolved {reported[name].pk}: {reported[name].description}")


async def main() -> None:
    alarms = dict(line.strip().split(" ", 1) for line in sys.stdin if " " in line)
    async with ArgusClient(os.environ["ARGUS_URL"], token=os.environ["ARGUS_TOKEN"]) as argus:
        await reconcile(argus, alarms)


asyncio.run(main())
