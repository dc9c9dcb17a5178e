"""Copy every incident into a database, and go on where it stopped when it is started again.

The rows and the checkpoint behind them are stored in one transaction: so each incident is stored exactly once.
ARGUS_URL and ARGUS_TOKEN say where from; the first argument is the SQLite file.
"""

import asyncio
import json
import os
import sqlite3
import sys

from tocsin import ArgusClient, Checkpoint


async def main() -> None:
    database = sqlite3.connect(sys.argv[1])
    database.execute(
        "CREATE TABLE IF NOT EXISTS incident (pk INTEGER PRIMARY KEY, start_time TEXT, description TEXT)"
    )
    database.execute("CREATE TABLE IF NOT EXISTS place (checkpoint TEXT)")
    saved = database.execute("SELECT checkpoint FROM place").fetchone()

    async with ArgusClient(os.environ["ARGUS_URL"], token=os.environ["ARGUS_TOKEN"]) as argus:
        pager = argus.incidents.list()
        if saved is not None:
            pager = pager.resume(Checkpoint.from_json(json.loads(saved[0])))
        async for page in pager.pages():
            rows = [(row.pk, row.start_time.isoformat(), row.description) for row in page.items]
            with database:
                database.executemany("INSERT INTO incident VALUES (?, ?, ?)", rows)
                database.execute("DELETE FROM place")
                database.execute("INSERT INTO place VALUES (?)", (json.dumps(page.checkpoint.to_json()),))

    print(database.execute("SELECT count(*) FROM incident").fetchone()[0], "incidents")
    database.close()


asyncio.run(main())
