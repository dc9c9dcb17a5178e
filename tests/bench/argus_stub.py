"""Argus as the benchmarks need it: ``python -m tests.bench.argus_stub PAGES`` prints its port.

Page n+1's cursor stands in page n; behind page PAGES there is nothing. Any other path below /api/v2/incidents/
answers with one incident.
"""

from __future__ import annotations

import json
import re
import sys
from base64 import b64decode, b64encode

from tests.bench.stub_server import host_of, serve

_CURSOR = re.compile(rb"[?&]cursor=([^& ]+)")


def incident(pk: int) -> dict[str, object]:
    """An incident with the fields and sizes of a recorded reply of argus-server 2.10.2 (tests/captures)."""
    return {
        "pk": pk,
        "start_time": f"2026-11-23T05:{pk % 60:02d}:00.{pk % 1000000:06d}+01:00",
        "end_time": "infinity" if pk % 4 else "2026-11-23T06:00:00+01:00",
        "source": {
            "pk": 2,
            "name": "lab-source",
            "type": {"name": "labtype"},
            "user": 4,
            "base_url": "http://lab.invalid/",
        },
        "source_incident_id": f"s-{pk}",
        "details_url": f"http://lab.invalid/a/{pk}",
        "description": f"link down on interface {pk} of the core switch",
        "level": pk % 5 + 1,
        "ticket_url": "",
        "metadata": {"k": [1, 2]},
        "tags": [
            {"added_by": 4, "added_time": "2026-11-23T05:40:57.385727+01:00", "tag": f"host=h{pk % 200}.example"},
            {"added_by": 4, "added_time": "2026-11-23T05:40:57.386876+01:00", "tag": f"room=r{pk % 20}.example"},
            {"added_by": 4, "added_time": "2026-11-23T05:40:57.387389+01:00", "tag": f"url=http://x/?q={pk}"},
        ],
        "stateful": True,
        "open": True,
        "acked": False,
    }


RESULTS = json.dumps([incident(pk) for pk in range(100)], separators=(",", ":")).encode()
ONE = json.dumps(incident(1), separators=(",", ":")).encode()


def page(pages: int, path: bytes, headers: bytes) -> bytes:
    """Page n, with the link to page n+1."""
    found = _CURSOR.search(path)
    number = int(b64decode(found[1].replace(b"%3D", b"=")).partition(b"=")[2]) if found else 1
    if number >= pages:
        link = b"null"
    else:
        cursor = b64encode(b"p=%d" % (number + 1)).replace(b"=", b"%3D")
        link = b'"http://%b/api/v2/incidents/?cursor=%b&page_size=100"' % (host_of(headers), cursor)
    return b'{"next":%b,"previous":null,"results":%b}' % (link, RESULTS)


def main(pages: int) -> None:
    """Serve until killed."""

    def answer(path: bytes, headers: bytes) -> bytes:
        return page(pages, path, headers) if path.partition(b"?")[0].endswith(b"/incidents/") else ONE

    serve(answer, b"Vary: Accept\r\nAllow: GET, POST, HEAD, OPTIONS\r\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
