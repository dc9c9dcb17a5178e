"""Print what is wrong now, worst first: the alarms in state ALARM of one's project.

The OS_* variables say who one is; MONASCA_API_URL where Monasca is, if Keystone's catalog does not.
"""

import asyncio

from tocsin import MonascaClient

WORST_FIRST = ("CRITICAL", "HIGH", "MEDIUM", "LOW")


async def main() -> None:
    async with MonascaClient.from_env() as monasca:
        alarms = await monasca.alarms.list(state="ALARM").collect()
        for alarm in sorted(alarms, key=lambda alarm: WORST_FIRST.index(alarm.alarm_definition.severity)):
            hosts = {metric.dimensions.get("host", "?") for metric in alarm.metrics}
            definition = alarm.alarm_definition
            print(f"{definition.severity:<8} {definition.name} on {', '.join(sorted(hosts))}")


asyncio.run(main())
