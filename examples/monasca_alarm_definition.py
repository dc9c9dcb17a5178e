"""Have somebody told by mail when a host's CPU is busy: a notification method, and a definition that uses it.

The first argument is the address. Run twice, it finds what it made the first time. OS_* variables say who one is.
"""

import asyncio
import sys

from tocsin import MonascaClient
from tocsin.monasca.expressions import avg

NAME = "CPU busy"


async def main(address: str) -> None:
    async with MonascaClient.from_env() as monasca:
        methods = [each async for each in monasca.notification_methods.list() if each.address == address]
        method = methods[0] if methods else await monasca.notification_methods.create(address, "EMAIL", address)

        definition = await monasca.alarm_definitions.list(name=NAME).first()
        if definition is None:
            definition = await monasca.alarm_definitions.create(
                name=NAME,
                expression=(avg("cpu.user_perc", period=120) > 90).times(3),
                match_by=["hostname"],
                severity="HIGH",
                alarm_actions=[method.id],
            )
        print(f"{definition.name}: {definition.expression}, tells {method.address}")


asyncio.run(main(sys.argv[1]))
