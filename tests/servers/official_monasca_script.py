"""Use Monasca's official client as its users do; runs in that client's own virtual environment.

Reads `{"call", "access", "arguments"}` from standard input and writes what `OfficialRun` holds.
"""

# mypy: disable-error-code="import-not-found,import-untyped"
# The official client is installed in a virtual environment of its own, not where the types are checked.

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from monascaclient import client


def main() -> None:
    """Measure the calls alone: neither the interpreter's start nor the imports."""
    task = json.load(sys.stdin)
    metrics = client.Client("2_0", **task["access"]).metrics
    wall, cpu = time.perf_counter(), time.process_time()
    rows = CALLS[task["call"]](metrics, **task["arguments"])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    json.dump({"rows": rows, "wall_seconds": wall, "cpu_seconds": cpu}, sys.stdout)


def list_measurements(metrics: Any, *, series: dict[str, Any], limit: int) -> int:
    """Page by page, the offset taken from the link that the client keeps aside."""
    start = datetime.fromtimestamp(series["start_ms"] / 1000, UTC).isoformat().replace("+00:00", "Z")
    wanted = {"name": series["name"], "start_time": start, "limit": limit}
    rows = 0
    offset: dict[str, str] = {}
    while True:
        # The client changes the dimensions it is given.
        page = metrics.list_measurements(**wanted, **offset, dimensions=dict(series["dimensions"]))
        rows += sum(len(element["measurements"]) for element in page)
        if not metrics.next:
            return rows
        offset = {"offset": parse_qs(urlsplit(metrics.next).query)["offset"][0]}


def create_metrics(metrics: Any, *, series: dict[str, Any], batch: int) -> int:
    """Many measurements a request, through the client's `jsonbody`."""
    count, step = series["count"], series["step_ms"]
    for first in range(0, count, batch):
        metrics.create(
            jsonbody=[
                {
                    "name": series["name"],
                    "dimensions": series["dimensions"],
                    "timestamp": series["start_ms"] + number * step,
                    "value": float(number),
                }
                for number in range(first, min(first + batch, count))
            ]
        )
    return int(count)


CALLS = {call.__name__: call for call in (list_measurements, create_metrics)}

if __name__ == "__main__":
    main()
