"""Lists by numbers, as the benchmarks need them: ``python -m tests.bench.numbered_stub PAGES`` prints its port.

By page number the devices of ACS Monitor and the alerts of AppFirst, by offset the alarms of Monasca: PAGES pages
of the size that is asked for, whose rows have ids of their own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from tests.bench.stub_server import host_of, serve

_ID = "@id"

#: A row as the vendor's documentation shows it.
_DEVICE = {
    "id": _ID,
    "name": "core-switch-01",
    "ip_address": "10.0.0.1",
    "snmp_version": "2c",
    "device_type": "cisco_ios",
    "status": "up",
    "last_polled_at": "2026-04-22T10:14:33Z",
    "poll_interval_seconds": 60,
    "is_active": True,
    "device_group": {"id": 3, "name": "Core network", "color": "#3b82f6"},
}
_ALERT = {
    "id": _ID,
    "name": "High CPU on e6bf3f881d3b",
    "type": "Server",
    "target": "e6bf3f881d3b",
    "target_id": 265792,
    "trigger_type": "CPU",
    "trigger": "CPU above 75.00 % for 3 min",
    "band_value": 0.0,
    "threshold": 75.0,
    "direction": "above",
    "active": True,
    "last_triggered": 1262304000,
    "window_length": 0,
    "window_units": "h",
    "time_above_threshold": 3,
    "num_of_servers": 1,
    "interval": 10,
    "reg_exp": "",
    "part_name": "",
    "ip_details": "",
    "in_incident": False,
    "users": [{"id": 1, "sendemail": True, "sendsms": False, "pushnotification": False}],
    "subscribers": None,
    "url": "/api/v5/alerts/609777/",
}
#: A row as monasca-api 11.0.0 sends it (tests/captures), with one metric.
_ALARM = {
    "id": _ID,
    "links": [{"rel": "self", "href": "http://lab.invalid:8070/v2.0/alarms/f9935bcc-9641-4cbf-8224-0993a947ea83"}],
    "alarm_definition": {
        "id": "ad837fca-5564-4cbf-8224-0993a947ea83",
        "name": "CPU percent greater than 10",
        "severity": "LOW",
        "links": [{"rel": "self", "href": "http://lab.invalid:8070/v2.0/alarm-definitions/ad837fca"}],
    },
    "metrics": [
        {"id": None, "name": "cpu.user_perc", "dimensions": {"hostname": "devstack", "service": "monitoring"}}
    ],
    "state": "OK",
    "lifecycle_state": "OPEN",
    "link": "http://somesite.com/this-alarm-info",
    "state_updated_timestamp": "2015-03-20T21:04:49.000Z",
    "updated_timestamp": "2015-03-20T21:04:49.000Z",
    "created_timestamp": "2015-03-20T21:03:34.000Z",
}


def _rows(row: Mapping[str, object], first: int, count: int) -> bytes:
    """`count` rows, whose ids are numbers from `first` on."""
    before, after = json.dumps(row, separators=(",", ":")).encode().split(f'"{_ID}"'.encode())
    quoted = b'"%d"' if row is _ALARM else b"%d"
    return b",".join([before + quoted % number + after for number in range(first, first + count)])


def _devices(query: dict[str, int], pages: int, host: bytes) -> bytes:
    page, size = query.get("page", 1), query["per_page"]
    link = b'"http://%b/api/v1/devices?page=%d"' % (host, page + 1) if page < pages else b"null"
    first = (page - 1) * size + 1
    return (
        b'{"data":[%b],"links":{"first":null,"last":null,"prev":null,"next":%b},"meta":{"current_page":%d,'
        b'"from":%d,"to":%d,"per_page":%d,"total":%d,"last_page":%d},"next_page_url":%b}'
    ) % (
        *(_rows(_DEVICE, first, size), link, page),
        *(first, page * size, size, pages * size, pages, link),
    )


def _alerts(query: dict[str, int], pages: int, host: bytes) -> bytes:
    page, size = query.get("page", 0), query["limit"]
    link = b'"http://%b/api/alerts/?limit=%d&page=%d"' % (host, size, page + 1) if page + 1 < pages else b"null"
    rows = _rows(_ALERT, page * size, size)
    return b'{"pagination":{"count":%d,"next":%b,"previous":null},"data":[%b]}' % (pages * size, link, rows)


def _alarms(query: dict[str, int], pages: int, host: bytes) -> bytes:
    offset, size = query.get("offset", 0), query["limit"]
    count = min(size, pages * size - offset)
    href = b"http://%b/v2.0/alarms?limit=%d" % (host, size)
    links = b'{"rel":"self","href":"%b"}' % href
    if offset + count < pages * size:
        links += b',{"rel":"next","href":"%b&offset=%d"}' % (href, offset + count)
    return b'{"links":[%b],"elements":[%b]}' % (links, _rows(_ALARM, offset, count))


def answer(pages: int, path: bytes, headers: bytes) -> bytes:
    """A page of the list that the path names."""
    url = urlsplit(path.decode())
    query = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
    lists = {"/api/v1/devices": _devices, "/api/alerts/": _alerts, "/v2.0/alarms": _alarms}
    return lists[url.path](query, pages, host_of(headers))


def main(pages: int) -> None:
    """Serve until killed."""
    serve(lambda path, headers: answer(pages, path, headers), b"Vary: Accept\r\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
