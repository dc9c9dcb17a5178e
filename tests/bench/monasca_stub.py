"""Monasca as the benchmarks need it: ``python -m tests.bench.monasca_stub PAGES`` prints its port.

It has the measurements of one series, 10,000 a day from FIRST on for PAGES days. A page is a day: the first that
begins at `start_time` or later, or behind `offset`.
"""

from __future__ import annotations

import sys
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, quote, urlsplit

from tests.bench.stub_server import host_of, serve

FIRST = date(2026, 1, 1)
ROWS = 10_000
STEP = timedelta(days=1) / ROWS


def measurement(number: int) -> str:
    """A row as json.dumps writes it, and monasca-api 11.0.0 sends it (tests/captures)."""
    when = datetime.combine(FIRST, time()) + number * STEP
    return f'["{when.isoformat(timespec="milliseconds")}Z", {number % 4000 + 0.25}, {{}}]'


_DAY = FIRST.isoformat().encode()
_ELEMENT = (
    '{"dimensions": {"hostname": "devstack", "service": "monitoring"}, "measurements": ['
    + ", ".join(map(measurement, range(ROWS)))
    + '], "name": "cpu.user_perc", "columns": ["timestamp", "value", "value_meta"], "id": "0"}'
).encode()


def page(pages: int, path: bytes, headers: bytes) -> bytes:
    """A day, with the link to the next as the server makes it: what was asked for is encoded twice."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(path.decode()).query).items()}
    after = datetime.fromisoformat(query["offset"].partition("_")[2] if "offset" in query else query["start_time"])
    starts = "offset" not in query and after.time() == time()
    day = after.date() if starts else after.date() + timedelta(days=1)
    last = FIRST + timedelta(days=pages - 1)
    href = f"http://{host_of(headers).decode()}/v2.0/metrics/measurements?"
    own = "&".join([f"{name}={quote(quote(value, safe=''))}" for name, value in query.items() if name != "offset"])
    links = f'{{"rel": "self", "href": "{href}{own}"}}'
    if day < last:
        offset = quote(f"0_{day}T{(datetime.combine(day, time()) - STEP).time().isoformat('milliseconds')}Z")
        links += f', {{"rel": "next", "href": "{href}offset={offset}&{own}"}}'
    elements = _ELEMENT.replace(_DAY, day.isoformat().encode()) if day <= last else b""
    return b'{"links": [%b], "elements": [%b]}' % (links.encode(), elements)


def main(pages: int) -> None:
    """Serve until killed."""
    serve(
        lambda path, headers: page(pages, path, headers),
        b"x-openstack-request-id: req-5a4d21b6-12c3-480b-be52-0c92002f8ddf\r\n",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
