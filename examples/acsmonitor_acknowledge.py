"""Acknowledge every open critical alert event, with a note that says who did.

What somebody else took or deleted meanwhile is told, and keeps nothing else from being acknowledged.
ACSMON_BASE_URL and ACSMON_TOKEN (or ACSMON_EMAIL and ACSMON_PASSWORD) say where and as whom.
"""

import asyncio
import socket
import sys

import anyio

from tocsin import AcsMonitorClient
from tocsin.acsmonitor import AlertEvent
from tocsin.errors import BadRequestError, ConflictError, NotFoundError


async def main() -> None:
    async with AcsMonitorClient.from_env() as acs:

        async def acknowledge(event: AlertEvent) -> None:
            try:
                await acs.alert_events.acknowledge(event.id, note=f"Auto-ack from {socket.gethostname()}")
            except (BadRequestError, ConflictError, NotFoundError) as error:
                print(error, file=sys.stderr)
                return
            print(event.id, event.subject.name if event.subject else "-", event.current_value)

        # All of them first: what is acknowledged leaves the list, and would move its pages under the walk.
        events = await acs.alert_events.list(status="open", severity="critical").collect()
        async with anyio.create_task_group() as tasks:
            for event in events:
                tasks.start_soon(acknowledge, event)


asyncio.run(main())
