"""The API's specification of 2014 by its own examples: each request as it stands there, each reply read whole.

Where the specification does not agree with itself, it is taken like this:

- ``alarmActions``, ``okActions``, ``undeterminedActions`` and ``enabled`` stand in its tables, ``alarm_actions``,
  ``ok_actions``, ``undetermined_actions`` and ``actions_enabled`` in its examples: we send the latter.
- Its tables have states in lower case, its examples in capitals: we send capitals.
- Its tables ask for Accept, its examples never send it; its examples send Content-Type with GET and DELETE, which
  have no body. We send Accept always, and Content-Type where there is a body.
- A timestamp is a string in the table of metrics, and a number in the examples: we send a number.
- The example of getting a notification method is a bare URL; four more operations (the versions, an alarm, the
  histories of all alarms) have no example request. They are taken as their headings and replies have them.
- The query of the list of alarms has blanks in it: they are encoded. Queries are compared decoded.
- Its replies need not fit its requests, and are read as they are: of the metric "metric1" there come "name1" and
  "name2"; to replace an alarm without a severity, which makes it LOW by the table, is answered with CRITICAL; the
  link "history" of an alarm ends in ``/history``, where the operation is ``/state-history``.
- A period must be a multiple of 60, and its own example has 85; its grammar has a colon between a metric and its
  dimensions, a closing parenthesis too many, and an example that breaks off, and the examples of alarms have
  neither colon nor period.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from attrs import field, frozen
from msgspec.structs import replace
from tests.transport.loopback import Said, Seen, loopback

from tocsin.monasca import (
    Alarm,
    AlarmTransition,
    Link,
    Measurement,
    MeasurementSeries,
    Metric,
    MonascaClient,
    NewMetric,
    NotificationMethod,
    Statistic,
    StatisticSeries,
    Version,
)
from tocsin.monasca.dialect import OPERATIONS

pytestmark = pytest.mark.anyio

#: In the order of the specification.
EXAMPLES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("specification_2014.json").read_text())
TOKEN = "2b8882ba2ec44295bf300aecb2caa4f7"
ROOT = "http://192.168.10.4:8080/v2.0"
JOHN = "35cc6f1c-3a29-49fb-a6fc-d9d97d190508"
JANE = "c60ec47e-5038-4bf1-9f95-4046c6e9a759"
ALARM = "f9935bcc-9641-4cbf-8224-0993a947ea83"
AVERAGE = "b461d659-577b-4d63-9782-a99194d4a472"
START = datetime(2014, 7, 18, 3, tzinfo=UTC)
WHEN = datetime(2014, 7, 17, 20, 49, 34, tzinfo=UTC)
DEVSTACK = {"hostname": "devstack"}
TWO_KEYS = {"key1": "value1", "key2": "value2"}


def at(text: str) -> datetime:
    """A time of the day of the examples."""
    return datetime.fromisoformat(f"2014-07-{text}+00:00")


def version(href: str) -> Version:
    """Version 2.0, with its link."""
    return Version("v2.0", "CURRENT", at("18T03:25:02.423"), (Link("self", href),))


def method(id: str, name: str, address: str) -> NotificationMethod:
    """A notification method by e-mail."""
    link = Link("self", f"{ROOT}/notification-methods/{id}")
    return NotificationMethod(id=id, name=name, type="EMAIL", address=address, links=(link,))


def alarm(id: str, name: str, description: str, threshold: int, severity: str) -> Alarm:
    """An alarm of which everybody is told."""
    url = f"{ROOT}/alarms/{id}"
    return Alarm(
        id=id,
        links=(Link("self", url), Link("history", f"{url}/history")),
        name=name,
        description=description,
        expression=f"(avg(cpu_user_perc{{hostname=devstack}}) > {threshold})",
        expression_data={
            "function": "AVG",
            "metric_name": "cpu_user_perc",
            "dimensions": DEVSTACK,
            "operator": "GT",
            "threshold": threshold,
            "period": 60,
            "periods": 1,
        },
        state="UNDETERMINED",
        severity=severity,
        actions_enabled=True,
        alarm_actions=(JANE,),
        ok_actions=(JANE,),
        undetermined_actions=(JANE,),
    )


ABOVE_10 = alarm(ALARM, "CPU percent greater than 10", "Release the hounds", 10, "CRITICAL")
ABOVE_15 = alarm(ALARM, "CPU percent greater than 15", "Release the hounds", 15, "CRITICAL")
_BY_HAND = AlarmTransition(
    alarm_id=ALARM,
    timestamp=at("19T03:38:15"),
    old_state="ALARM",
    new_state="UNDETERMINED",
    reason="Alarm state updated via API",
    reason_data="{}",
)
_TO_ALARM = replace(_BY_HAND, old_state="UNDETERMINED", new_state="ALARM")
_NO_DATA = replace(
    _BY_HAND, reason="No data was present for the sub-alarms: [avg(cpu_user_perc{hostname=devstack}) > 15.0]"
)
HISTORY = [
    _BY_HAND,
    replace(_TO_ALARM, timestamp=at("19T03:37:42")),
    replace(_NO_DATA, timestamp=at("19T03:37:26")),
    replace(_TO_ALARM, timestamp=at("19T03:37:18")),
    replace(_NO_DATA, timestamp=at("19T03:26:26")),
    replace(_TO_ALARM, timestamp=at("19T03:26:20")),
]


@frozen
class Proof:
    """How the client makes an example's request, and what it reads in the reply."""

    operation: str
    call: Callable[[MonascaClient], Awaitable[object]]
    reads: object = None
    content_type: str | None = None


@frozen
class _WithBody(Proof):
    content_type: str | None = field(default="application/json", kw_only=True)


def metric(number: int) -> NewMetric:
    """One of the two that are written together."""
    return NewMetric(f"name{number}", float(number), TWO_KEYS, WHEN)


#: The 19 operations, in the order of the examples; there are two of creating metrics.
PROOFS = [
    Proof("GET /versions", lambda api: api.versions.list(), (version(ROOT),)),
    Proof("GET /versions/*", lambda api: api.versions.get("v2.0"), version(f"{ROOT}/")),
    _WithBody("POST /metrics", lambda api: api.metrics.create("name1", 1.0, dimensions=TWO_KEYS, timestamp=WHEN)),
    _WithBody("POST /metrics", lambda api: api.metrics.create_many([metric(1), metric(2)]), 2),
    Proof(
        "GET /metrics",
        lambda api: api.metrics.list(name="metric1", dimensions={"key1": "value1"}).collect(),
        [Metric(name=name, dimensions={"key1": "value1"}) for name in ("name1", "name2")],
    ),
    Proof(
        "GET /metrics/measurements",
        lambda api: api.metrics.measurements("cpu_user_perc", dimensions=DEVSTACK, start_time=START).collect(),
        [
            MeasurementSeries(
                name="cpu_user_perc",
                dimensions=DEVSTACK,
                columns=["id", "timestamp", "value"],
                measurements=[
                    Measurement(at("18T03:24:25"), 2.54),
                    Measurement(at("18T03:23:50"), 2.21),
                    Measurement(at("18T03:23:14"), 3.17),
                    Measurement(at("18T03:22:38"), 2.12),
                ],
            )
        ],
    ),
    Proof(
        "GET /metrics/statistics",
        lambda api: api.metrics.statistics(
            "cpu_user_perc",
            dimensions=DEVSTACK,
            start_time=START,
            statistics=["avg", "min", "max", "sum", "count"],
        ).collect(),
        [
            StatisticSeries(
                name="cpu_user_perc",
                dimensions=DEVSTACK,
                columns=["timestamp", "avg", "min", "max", "sum", "count"],
                statistics=[
                    Statistic(at("18T03:20:00"), 2.765, 1.95, 4.93, 22.119999999999997, 8.0),
                    Statistic(at("18T03:10:00"), 2.412941176470588, 1.71, 4.09, 41.019999999999996, 17.0),
                    Statistic(at("18T03:00:00"), 2.1135294117647065, 1.62, 3.85, 35.93000000000001, 17.0),
                ],
            )
        ],
    ),
    _WithBody(
        "POST /notification-methods",
        lambda api: api.notification_methods.create("Name of notification method", "EMAIL", "john.doe@hp.com"),
        method(JOHN, "Name of notification method", "john.doe@hp.com"),
    ),
    Proof(
        "GET /notification-methods",
        lambda api: api.notification_methods.list().collect(),
        [
            method(JOHN, "Name of notification method", "john.doe@hp.com"),
            method(JANE, "Name of notification method", "jane.doe@hp.com"),
        ],
    ),
    Proof(
        "GET /notification-methods/*",
        lambda api: api.notification_methods.get(JOHN),
        method(JOHN, "Name of notification method", "john.doe@hp.com"),
    ),
    _WithBody(
        "PUT /notification-methods/*",
        lambda api: api.notification_methods.update(
            JOHN, "New name of notification method", "EMAIL", "jane.doe@hp.com"
        ),
        method(JOHN, "New name of notification method", "jane.doe@hp.com"),
    ),
    Proof("DELETE /notification-methods/*", lambda api: api.notification_methods.delete(JOHN)),
    _WithBody(
        "POST /alarms",
        lambda api: api.alarms.create(
            name="Average CPU percent greater than 10",
            description="The average CPU percent is greater than 10",
            severity="LOW",
            expression="(avg(cpu_user_perc{hostname=devstack}) > 10)",
            alarm_actions=[JANE],
            ok_actions=[JANE],
            undetermined_actions=[JANE],
        ),
        alarm(
            AVERAGE,
            "Average CPU percent greater than 10",
            "The average CPU percent is greater than 10",
            10,
            "LOW",
        ),
    ),
    Proof(
        "GET /alarms",
        lambda api: api.alarms.list(
            name="CPU percent greater than 10", dimensions=DEVSTACK, state="UNDETERMINED"
        ).collect(),
        [ABOVE_10],
    ),
    Proof("GET /alarms/state-history", lambda api: api.alarms.state_histories().collect(), HISTORY),
    Proof("GET /alarms/*", lambda api: api.alarms.get(ALARM), ABOVE_10),
    _WithBody(
        "PUT /alarms/*",
        lambda api: api.alarms.replace(
            ALARM,
            name="CPU percent greater than 15",
            description="Release the hounds",
            expression="(avg(cpu_user_perc{hostname=devstack}) > 15)",
            state="UNDETERMINED",
            actions_enabled=True,
            alarm_actions=[JANE],
            ok_actions=[JANE],
            undetermined_actions=[JANE],
        ),
        ABOVE_15,
    ),
    _WithBody(
        "PATCH /alarms/*",
        lambda api: api.alarms.patch(
            ALARM,
            name="CPU percent greater than 15",
            description="Release the hounds",
            expression="(avg(cpu_user_perc{hostname=devstack}) > 15)",
            state="UNDETERMINED",
            actions_enabled=True,
            severity="CRITICAL",
            alarm_actions=[JANE],
            ok_actions=[JANE],
            undetermined_actions=[JANE],
        ),
        ABOVE_15,
        content_type="application/json-patch+json",
    ),
    Proof("DELETE /alarms/*", lambda api: api.alarms.delete(AVERAGE)),
    Proof("GET /alarms/*/state-history", lambda api: api.alarms.state_history(ALARM).collect(), HISTORY),
]


def test_each_of_the_19_operations_is_proven() -> None:
    """Every operation of the dialect of 2014 has an example, and every example a proof."""
    operations = {" ".join(key) for key, operation in OPERATIONS.items() if operation.of_2014 is not None}
    assert len(operations) == 19
    assert {proof.operation for proof in PROOFS} == operations
    assert [proof.operation for proof in PROOFS] == [example["operation"] for example in EXAMPLES]


@pytest.mark.parametrize("number", range(len(PROOFS)), ids=[proof.operation for proof in PROOFS])
async def test_example(number: int, anyio_backend: str) -> None:
    """The request is the example's, with the token, Accept, and Content-Type where there is a body; the reply is
    read with all its values."""
    example, proof = EXAMPLES[number], PROOFS[number]
    transports = ["httpx", "aiohttp"] if anyio_backend == "asyncio" else ["httpx"]
    body = json.dumps(example["answer"]).encode() if example["answer"] is not None else b""

    async def answer(_: Seen) -> Said:
        return Said(example["status"], body)

    with loopback(answer) as server:
        base_url = server.url.replace("/api", "/v2.0")
        for transport in transports:
            async with MonascaClient(base_url, token=TOKEN, dialect="2014", transport=transport) as api:
                assert await proof.call(api) == proof.reads
    assert len(server.seen) == len(transports)
    target: str = example["target"]
    for sent in server.seen:
        assert sent.method == example["operation"].split()[0]
        assert urlsplit(sent.target).path == urlsplit(target).path
        assert query(sent.target) == query(target)
        assert (json.loads(sent.body) if sent.body else None) == example["body"]
        assert sent.headers["x-auth-token"] == TOKEN
        assert sent.headers["accept"] == "application/json"
        assert sent.headers.get("content-type") == proof.content_type


def query(target: str) -> list[tuple[str, str]]:
    """The query of a URL, decoded."""
    return sorted(parse_qsl(urlsplit(target).query, keep_blank_values=True))
