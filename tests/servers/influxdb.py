"""A private InfluxDB 1.x that lives in one folder."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from tests.servers.installs import need_program, provide
from tests.servers.processes import Process, ServerError, free_port, server_environment

START_SECONDS = 60
QUERY_SECONDS = 60
# Everything it reports, limits or does by itself is off; the rest is Debian's default.
CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "inmem"
  query-log-enabled = false
  max-series-per-database = 0
  max-values-per-tag = 0
[retention]
  enabled = false
[shard-precreation]
  enabled = false
[continuous_queries]
  enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  auth-enabled = false
  log-enabled = false
  max-row-limit = 0
  max-body-size = 0
"""


class InfluxDB:
    """The server whose files are in `folder`, with one empty database; started by `running`."""

    def __init__(self, folder: Path, database: str) -> None:
        provide([need_program("influxd", "influxdb")])
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        folder.mkdir()

    @contextmanager
    def running(self) -> Generator[Process, None, None]:
        """Run the server; inside, the database is there."""
        configuration = self._folder / "influxdb.conf"
        text = CONFIGURATION.format(folder=self._folder, port=self.port)
        configuration.write_text(text, encoding="utf-8")
        process = Process(
            ["influxd", "-config", configuration],
            log=self._folder / "influxdb.log",
            environment=server_environment(HOME=str(self._folder)),
            folder=self._folder,
        )
        with process:
            process.wait_until(self._answers, "answering", seconds=START_SECONDS)
            self.query(f'create database "{self.database}"')
            yield process

    def write(self, lines: Iterable[str]) -> None:
        """Write points in InfluxDB's line protocol, times in milliseconds; ServerError if one is refused."""
        answer = httpx.post(
            f"{self.url}/write",
            params={"db": self.database, "precision": "ms"},
            content="\n".join(lines).encode(),
            timeout=QUERY_SECONDS,
            trust_env=False,
        )
        if answer.status_code != HTTPStatus.NO_CONTENT:
            raise ServerError(f"InfluxDB refused points: {answer.text}")

    def query(self, query: str) -> list[Mapping[str, Any]]:
        """The rows of a query in InfluxQL, as columns (and tags, when grouped); times in epoch milliseconds.

        ServerError with the database's words if it refuses.
        """
        answer = httpx.post(
            f"{self.url}/query",
            params={"db": self.database, "epoch": "ms"},
            data={"q": query},
            timeout=QUERY_SECONDS,
            trust_env=False,
        )
        [result] = answer.json().get("results") or [answer.json()]
        if "error" in result:
            raise ServerError(f"InfluxDB refused {query!r}: {result['error']}")
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in result.get("series", [])
            for row in series.get("values", [])
        ]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ping", trust_env=False).status_code == HTTPStatus.NO_CONTENT
        except httpx.TransportError:
            return False
