"""List all incidents with Argus' official client; runs in that client's own virtual environment.

Reads `{"base_url", "token", "mode", "page_size"}` from standard input and writes what `OfficialRun` holds.
"""

# mypy: disable-error-code="import-not-found,import-untyped"
# The official client is installed in a virtual environment of its own, not where the types are checked.

import asyncio
import json
import sys
import time

from pyargus.async_client import AsyncClient
from pyargus.client import Client

# The client's own 2 s are too short for a page of 1,000 incidents on a small machine.
TIMEOUT_SECONDS = 120.0


def main() -> None:
    """Measure the listing alone: neither the interpreter's start nor the imports."""
    task = json.load(sys.stdin)
    filters = {} if task["page_size"] is None else {"page_size": task["page_size"]}
    wall, cpu = time.perf_counter(), time.process_time()
    if task["mode"] == "async":
        rows = asyncio.run(count_async(task["base_url"], task["token"], filters))
    else:
        client = Client(task["base_url"], task["token"], timeout=TIMEOUT_SECONDS)
        rows = sum(1 for _ in client.get_incidents(**filters))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    json.dump({"rows": rows, "wall_seconds": wall, "cpu_seconds": cpu}, sys.stdout)


async def count_async(base_url: str, token: str, filters: dict[str, int]) -> int:
    """The same with its AsyncClient."""
    client = AsyncClient(base_url, token, timeout=TIMEOUT_SECONDS)
    rows = 0
    async for _ in client.get_incidents(**filters):
        rows += 1
    return rows


if __name__ == "__main__":
    main()
