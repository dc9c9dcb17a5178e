"""The API's page on monitoring by its own samples: each function as the client asks for it, each reply read whole.

The page is taken like this where it does not agree with itself, or leaves something open:

- It names functions list_metric, get_metric, aggregate_metrics, get_log and get_log_entry; its URLs, which count,
  say metric/list, metric/get, metric/aggregate, log/get and log/get_entry. Their suffix is optional: we send
  .json.
- Its samples are written as Python has them: single quotes, "..." for what is left out, typographic quotes, and
  <start_interval1> for a time. Here they are strict JSON, with a time and a value where a placeholder stood, and
  without "...". That of aggregate_metrics is the inside of an object.
- It does not say how times are written. Those of its sample of a log entry are "2013-09-01 00:05:00", and so we
  write them, in UTC, with timezone=UTC.
- Of get_log_entry it says both that every function takes selectors of appliances and, in its list, that this one
  takes none: we send none. Its list for aggregate_metrics has no customer: we send it if it is given.
- It calls the metric of a sum "metrics" in its text and "metric" in its sample: both are read.
- It shows neither a request nor the envelope; the latter is as the vendor's documentation has it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.backends.lastline.server import BASE, OTHER, UUID, Server, at, bad, good

from tocsin.lastline import Appliance, LogEntry, LogEntryInfo, NoSuchApplianceError

pytestmark = pytest.mark.anyio

START, END = at("2013-09-01 00:00:00"), at("2013-09-01 12:00:00")
TIMES: Any = {"start_time": START, "end_time": END}
#: All selectors that can go together, and how they are sent.
SELECTORS: Any = {
    "appliance_uuids": [UUID, OTHER],
    "appliance_type": "SENSOR",
    "key_id": 12,
    "subkey_id": 3,
    "customer": "main@example.org",
}
SENT = (
    f"appliance_uuids={UUID}%2C{OTHER}&appliance_type=SENSOR&key_id=12&subkey_id=3"
    "&customer=main%40example.org&timezone=UTC&start_time=2013-09-01+00%3A00%3A00&end_time=2013-09-01+12%3A00%3A00"
)
AGGREGATE_SAMPLE = """
"metrics": [
    {
        "metric": "name of requested metric",
        "time_series": [
            [ "2013-09-01 00:00:00", 1.5 ],
            [ "2013-09-01 00:30:00", 2 ]
        ]
    }
]
"""
INFO_SAMPLE = """
{
    "287a0715712a405abbdc42d826f81fb4": {
        "llmail.analysis.submission": {
            "component": "Mail",
            "displayname": "Submission of Artifacts"
        }
    }
}
"""
ENTRY_SAMPLE = """
{
    "log_entry": {
        "log_entry_uuid": "64360bd07ca044038e7e7a829bd646dd",
        "count": 999,
        "start_time": "2013-09-01 00:05:00",
        "end_time": "2013-09-01 00:05:00",
        "impact": 10,
        "log_identifier": "db.replication",
        "message": "OK"
    }
}
"""


def request_of(server: Server, number: int = 0) -> tuple[str, str, bytes]:
    """Method, URL and body of a request, byte for byte."""
    request = server.requests[number]
    return request.method, str(request.url), request.content


async def test_list_metric() -> None:
    """A list of metric identifiers, counters and gauges by their prefix."""
    server = Server(good(["counter.x", "gauge.y"]))
    async with server.client() as lastline:
        metrics = await lastline.metrics.list(**TIMES, **SELECTORS).collect()
    assert request_of(server) == ("GET", f"{BASE}/monitoring/metric/list.json?{SENT}", b"")
    assert [(str(metric), metric.kind) for metric in metrics] == [("counter.x", "counter"), ("gauge.y", "gauge")]


async def test_list_metric_by_key() -> None:
    """A licence's key is sent as access_key:subkey."""
    server = Server(good([]))
    async with server.client() as lastline:
        await lastline.metrics.list(**TIMES, key="ACCESS:SUB").collect()
    assert b"?key=ACCESS%3ASUB&timezone=UTC&" in server.requests[0].url.raw_path


async def test_get_metric() -> None:
    """A dictionary of appliances, with all the keys that the page has for each."""
    answer = {
        UUID: {
            "time_series": [["2013-09-01 00:00:00", 0.25], ["2013-09-01 00:30:00", 1]],
            "appliance_type": "SENSOR",
            "access_key": "ACCESS",
            "subkey": "SUB",
            "subkey_name": "lab",
            "access_key_id": 12,
            "subkey_id": 3,
        },
        OTHER: {"time_series": [["2013-09-01 00:30:00", 7]], "appliance_type": "ANALYST"},
    }
    server = Server(good(answer))
    async with server.client() as lastline:
        samples = await lastline.metrics.get("counter.x", **TIMES, **SELECTORS).collect()
    sent = f"metric=counter.x&{SENT}&max_data_points=24"
    assert request_of(server) == ("GET", f"{BASE}/monitoring/metric/get.json?{sent}", b"")
    first = Appliance(UUID, "SENSOR", "ACCESS", "SUB", "lab", 12, 3)
    assert [(each.time, each.value, each.appliance) for each in samples] == [
        (START, 0.25, first),
        (START + timedelta(minutes=30), 1.0, first),
        (START + timedelta(minutes=30), 7.0, Appliance(OTHER, "ANALYST")),
    ]
    # A counter is a rate per second: with the width it is a number again.
    assert (samples[0].value or 0) * samples[0].width.total_seconds() == 450


async def test_aggregate_metrics() -> None:
    """The page's sample."""
    server = Server(good(json.loads(f"{{{AGGREGATE_SAMPLE}}}")))
    async with server.client() as lastline:
        samples = await lastline.metrics.aggregate(["counter.x", "gauge.y"], **TIMES, **SELECTORS).collect()
    sent = f"metrics=counter.x%2Cgauge.y&{SENT}&max_data_points=24"
    assert request_of(server) == ("GET", f"{BASE}/monitoring/metric/aggregate.json?{sent}", b"")
    assert [(each.metric, each.time, each.value, each.appliance) for each in samples] == [
        ("name of requested metric", START, 1.5, None),
        ("name of requested metric", START + timedelta(minutes=30), 2.0, None),
    ]


async def test_get_log() -> None:
    """Entries with every field that the page lists, and the page's sample of log_entry_info."""
    entry = {
        "appliance_uuid": UUID,
        "start_time": "2013-09-01 00:05:00",
        "end_time": "2013-09-01 00:07:00",
        "message": "OK",
        "impact": 10,
        "count": 999,
        "log_identifier": "llmail.analysis.submission",
    }
    other = {
        **entry,
        "log_identifier": "db.replication",
        "appliance_uuid": OTHER,
        "end_time": "2013-09-01 00:06:00",
    }
    answer = {
        "log_entries": [entry, other],
        "appliances": {UUID: {"appliance_type": "SENSOR"}},
        "log_entry_info": json.loads(INFO_SAMPLE),
    }
    server = Server(good(answer), good({"log_entries": [other], "appliances": {}, "log_entry_info": {}}))
    async with server.client() as lastline:
        entries = await lastline.logs.list(
            **TIMES,
            identifiers=["llmail.analysis.submission", "db.replication"],
            min_impact=1,
            max_impact=50,
            message_contains="OK",
            components=["Mail"],
            page_size=500,
            **SELECTORS,
        ).collect()
    head = (
        "identifiers=llmail.analysis.submission%2Cdb.replication&min_impact=1&max_impact=50&message_contains=OK"
        "&components=Mail"
    )
    assert request_of(server) == ("GET", f"{BASE}/monitoring/log/get.json?{head}&{SENT}&limit=500", b"")
    info = LogEntryInfo(component="Mail", displayname="Submission of Artifacts")
    assert entries == [
        LogEntry(
            start_time=entries[0].start_time,
            end_time=entries[0].end_time,
            message="OK",
            impact=10,
            count=999,
            log_identifier="llmail.analysis.submission",
            appliance_uuid=UUID,
            info=info,
            appliance={"appliance_type": "SENSOR"},
        ),
        entries[1],
    ]
    assert entries[0].start_time == at("2013-09-01 00:05:00")
    assert (entries[1].appliance_uuid, entries[1].info, entries[1].appliance) == (OTHER, None, None)


async def test_get_log_entry() -> None:
    """The page's sample."""
    server = Server(good(json.loads(ENTRY_SAMPLE)))
    async with server.client() as lastline:
        entry = await lastline.logs.get("64360bd07ca044038e7e7a829bd646dd")
    sent = "log_entry_uuid=64360bd07ca044038e7e7a829bd646dd&timezone=UTC"
    assert request_of(server) == ("GET", f"{BASE}/monitoring/log/get_entry.json?{sent}", b"")
    assert entry == LogEntry(
        log_entry_uuid="64360bd07ca044038e7e7a829bd646dd",
        count=999,
        start_time=entry.start_time,
        end_time=entry.end_time,
        impact=10,
        log_identifier="db.replication",
        message="OK",
    )
    assert entry.start_time == entry.end_time == at("2013-09-01 00:05:00")


async def test_appliance_selection_that_is_refused() -> None:
    """LLAPI_APPLIANCE_MGMT_ERROR__NO_SUCH_APPLIANCE (9003), for every function that selects appliances."""
    server = Server(bad(9003))
    async with server.client() as lastline:
        for pager in (
            lastline.metrics.list(**TIMES, **SELECTORS),
            lastline.metrics.get("counter.x", **TIMES, **SELECTORS),
            lastline.metrics.aggregate("counter.x", **TIMES, **SELECTORS),
            lastline.logs.list(**TIMES, **SELECTORS),
        ):
            with pytest.raises(
                NoSuchApplianceError, match="LLAPI_APPLIANCE_MGMT_ERROR__NO_SUCH_APPLIANCE"
            ) as caught:
                await pager.first()
            assert caught.value.code == 9003


@pytest.mark.parametrize("function", ["metric/list", "metric/get", "metric/aggregate", "log/get", "log/get_entry"])
@pytest.mark.parametrize("response_format", ["json", "xml"])
async def test_response_format(function: str, response_format: Any) -> None:
    """Every function answers in either format, as its suffix says."""
    body = b'{"success":1,"data":[]}'
    if response_format == "xml":
        body = b"<result><success>1</success><data></data></result>"
    server = Server(httpx.Response(200, content=body))
    async with server.client() as lastline:
        response = await lastline.raw(f"monitoring/{function}", response_format=response_format)
    assert request_of(server) == ("GET", f"{BASE}/monitoring/{function}.{response_format}", b"")
    assert response.body == body
