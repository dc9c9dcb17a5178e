"""Load all alert events into a database, 500 at a time: memory does not grow with their number.

ACSMON_BASE_URL and ACSMON_TOKEN say where from; the first argument is the SQLite file. Run again, it brings up to
date what is there.
"""

import asyncio
import sqlite3
import sys

from tocsin import AcsMonitorClient


async def main() -> None:
    database = sqlite3.connect(sys.argv[1])
    database.execute(
        "CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, severity TEXT, status TEXT, triggered_at TEXT)"
    )
    async with AcsMonitorClient.from_env() as acs:
        async for batch in acs.alert_events.list(page_size=100).batches(500):
            rows = [
                (event.id, event.severity, event.status, event.triggered_at and event.triggered_at.isoformat())
                for event in batch
            ]
            with database:
                database.executemany("INSERT OR REPLACE INTO event VALUES (?, ?, ?, ?)", rows)
    print(database.execute("SELECT count(*) FROM event").fetchone()[0], "events")
    database.close()


asyncio.run(main())
