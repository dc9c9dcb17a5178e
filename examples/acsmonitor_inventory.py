#!/usr/bin/env python3
"""An Ansible inventory of all active devices: put it into ``inventory/`` and make it executable.

ACSMON_BASE_URL and ACSMON_TOKEN say where from.
"""

import asyncio
import json

from tocsin import AcsMonitorClient


async def main() -> None:
    hosts: dict[str, dict[str, str | None]] = {}
    async with AcsMonitorClient.from_env() as acs:
        async for device in acs.devices.list(is_active=True):
            hosts[device.name] = {
                "ansible_host": device.ip_address,
                "device_type": device.device_type,
                "device_group": device.device_group.name if device.device_group else None,
            }
    print(json.dumps({"_meta": {"hostvars": hosts}, "all": {"hosts": list(hosts)}}))


asyncio.run(main())
