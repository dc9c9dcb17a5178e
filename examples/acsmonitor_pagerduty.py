"""Forward every open critical alert event to PagerDuty, and acknowledge what was taken.

ACSMON_BASE_URL and ACSMON_TOKEN say where from; PAGERDUTY_KEY is the routing key, PAGERDUTY_URL another address
than PagerDuty's own. An event that is sent twice is one incident there: it goes by the deduplication key.
"""

import asyncio
import os

import httpx
import msgspec

from tocsin import AcsMonitorClient
from tocsin.acsmonitor import AlertEvent

URL = os.environ.get("PAGERDUTY_URL", "https://events.pagerduty.com/v2/enqueue")


def message(event: AlertEvent) -> dict[str, object]:
    return {
        "routing_key": os.environ["PAGERDUTY_KEY"],
        "event_action": "trigger",
        "dedup_key": f"acsmon-{event.id}",
        "payload": {
            "summary": f"{event.subject.name if event.subject else 'ACS Monitor'}: {event.current_value}",
            "severity": "critical",
            "source": "ACS Monitor",
            "custom_details": msgspec.to_builtins(event),
        },
    }


async def main() -> None:
    async with AcsMonitorClient.from_env() as acs, httpx.AsyncClient() as pagerduty:
        # All of them first: what is acknowledged leaves the list, and would move its pages under the walk.
        for event in await acs.alert_events.list(status="open", severity="critical").collect():
            answer = await pagerduty.post(URL, json=message(event))
            answer.raise_for_status()
            await acs.alert_events.acknowledge(event.id, note="Forwarded to PagerDuty")
            print(f"acsmon-{event.id}")


asyncio.run(main())
