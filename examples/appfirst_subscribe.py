"""Have every alert of a server call an address when it triggers and when it is resolved.

APPFIRST_BASE_URL, APPFIRST_EMAIL and APPFIRST_API_KEY say where and as whom; the first argument is the server's
hostname, the second the address, as of appfirst_receiver.py. CALLBACK_USER and CALLBACK_PASSWORD are what AppFirst
signs its calls with. Run again, it changes nothing.
"""

import asyncio
import os
import sys

from tocsin import AppFirstClient
from tocsin.appfirst import Subscriber, basic_auth


async def main(hostname: str, url: str) -> None:
    auth = basic_auth(os.environ["CALLBACK_USER"], os.environ["CALLBACK_PASSWORD"])
    subscriber = Subscriber(url, auth=auth, type="post", event="BOTH")
    async with AppFirstClient.from_env() as appfirst:
        server = await appfirst.servers.list(hostname=hostname).first()
        if server is None:
            sys.exit(f"there is no server {hostname}")
        async for alert in appfirst.alerts.list(server_id=server.id):
            if subscriber not in alert.subscribers:
                await appfirst.alerts.subscribe(alert.id, subscriber)
            print(f"{alert.name} calls {url}")


asyncio.run(main(*sys.argv[1:]))
