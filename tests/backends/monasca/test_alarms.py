"""Alarms, in both dialects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.backends.monasca.server import Server, elements

from tocsin.errors import DecodeError, InputError, MaybeSentError, NotSupported
from tocsin.monasca.expressions import avg
from tocsin.monasca.models.alarms import Alarm, AlarmCount, AlarmDefinition, AlarmTransition
from tocsin.monasca.models.notification_methods import NotificationMethod
from tocsin.transport.codec import decoder

pytestmark = pytest.mark.anyio

ID = "f9935bcc-9641-4cbf-8224-0993a947ea83"
ACTION = "c60ec47e-5038-4bf1-9f95-4046c6e9a759"
WHEN = datetime(2026, 11, 23, 5, 49, 24, tzinfo=timezone(timedelta(hours=1)))
#: As monasca-api 11.0.0 answers.
ALARM: dict[str, Any] = {
    "id": ID,
    "metrics": [{"name": "cpu.user_perc", "dimensions": {"hostname": "host0", "service": "monitoring"}}],
    "state": "ALARM",
    "lifecycle_state": "OPEN",
    "link": "http://x/y",
    "state_updated_timestamp": "2026-11-23T04:49:30Z",
    "updated_timestamp": "2026-11-23T04:49:30Z",
    "created_timestamp": "2026-11-23T04:49:24.505494Z",
    "alarm_definition": {
        "id": "ba63ba78-ba6f-463d-98fd-fc931f5c435f",
        "name": "cpu high",
        "severity": "LOW",
        "links": [{"href": "http://127.0.0.1:8103/v2.0/alarm-definitions/ba63ba78", "rel": "self"}],
    },
    "links": [{"href": f"http://127.0.0.1:8103/v2.0/alarms/{ID}", "rel": "self"}],
}
DATA = {
    "function": "AVG",
    "metric_name": "cpu_user_perc",
    "dimensions": {"hostname": "devstack"},
    "operator": "GT",
    "threshold": 10.0,
    "period": 60,
    "periods": 1,
}
#: As the specification of 2014 has it.
OF_2014: dict[str, Any] = {
    "id": ID,
    "links": [
        {"rel": "self", "href": f"http://192.168.10.4:8080/v2.0/alarms/{ID}"},
        {"rel": "history", "href": f"http://192.168.10.4:8080/v2.0/alarms/{ID}/history"},
    ],
    "name": "CPU percent greater than 10",
    "description": "Release the hounds",
    "expression": "(avg(cpu_user_perc{hostname=devstack}) > 10)",
    "expression_data": DATA,
    "state": "UNDETERMINED",
    "severity": "CRITICAL",
    "actions_enabled": True,
    "alarm_actions": [ACTION],
    "ok_actions": [ACTION],
    "undetermined_actions": [ACTION],
}
ACTIONS: dict[str, Any] = {"ok_actions": [ACTION], "alarm_actions": [ACTION], "undetermined_actions": [ACTION]}
HOUNDS: dict[str, Any] = {
    "name": "CPU percent greater than 15",
    "description": "Release the hounds",
    "expression": "(avg(cpu_user_perc{hostname=devstack}) > 15)",
    "state": "UNDETERMINED",
    "actions_enabled": True,
    **ACTIONS,
}


# The current dialect


async def test_alarm() -> None:
    """All that monasca-api 11.0.0 says of an alarm; its times have no fraction, or one of six digits."""
    server = Server(httpx.Response(200, json=ALARM))
    async with server.monasca() as monasca:
        alarm = await monasca.alarms.get(ID)
    assert server.seen == [f"GET /alarms/{ID}"]
    assert (alarm.state, alarm.lifecycle_state, alarm.link) == ("ALARM", "OPEN", "http://x/y")
    assert alarm.metrics[0].dimensions == {"hostname": "host0", "service": "monitoring"}
    assert alarm.state_updated_timestamp == datetime(2026, 11, 23, 4, 49, 30, tzinfo=UTC)
    assert alarm.created_timestamp == datetime(2026, 11, 23, 4, 49, 24, 505494, tzinfo=UTC)
    assert (alarm.alarm_definition.name, alarm.alarm_definition.severity) == ("cpu high", "LOW")
    assert alarm.expression is None


async def test_alarm_without_a_keeper() -> None:
    """Where nobody has set a lifecycle state or a link, they are None."""
    server = Server(httpx.Response(200, json={**ALARM, "lifecycle_state": None, "link": None}))
    async with server.monasca() as monasca:
        alarm = await monasca.alarms.get(ID)
    assert (alarm.lifecycle_state, alarm.link) == (None, None)


async def test_filters() -> None:
    """Each filter is said as monasca-api 11.0.0 reads it: a time with a fraction, without which it fails."""
    server = Server(elements(ALARM))
    filters: dict[str, Any] = {
        "alarm_definition_id": "ba63",
        "metric_name": "cpu.user_perc",
        "metric_dimensions": {"hostname": ["a", "b"], "service": None},
        "state": "ok",
        "severity": ("low", "HIGH"),
        "lifecycle_state": "OPEN",
        "link": "http://x/y",
        "state_updated_start_time": WHEN,
        "sort_by": ["state", ("created_timestamp", "desc")],
    }
    async with server.monasca() as monasca:
        (alarm,) = await monasca.alarms.list(**filters).collect()
        (row,) = await monasca.alarms.rows(**filters).collect()
    assert isinstance(alarm, Alarm)
    assert row.startswith(b'{"id":"' + ID.encode())
    query = (
        "alarm_definition_id=ba63&metric_name=cpu.user_perc&metric_dimensions=hostname:a|b,service&state=OK"
        "&severity=LOW|HIGH&lifecycle_state=OPEN&link=http://x/y"
        "&state_updated_start_time=2026-11-23T04:49:24.000000Z&sort_by=state,created_timestamp desc"
        "&offset=0&limit=1000"
    )
    assert server.seen == [f"GET /alarms?{query}"] * 2


@pytest.mark.parametrize("page_size", [2, 3, 10])
async def test_every_alarm_comes_once(page_size: int) -> None:
    """The number of a row is counted here, and the link's never used."""

    def answer(request: httpx.Request) -> httpx.Response:
        offset, limit = int(request.url.params["offset"]), int(request.url.params["limit"])
        rows = [{**ALARM, "id": str(number)} for number in range(7)][offset : offset + limit + 1]
        return elements(*rows[:limit], next="offset=999" if len(rows) > limit else None)

    async with Server(answer).monasca() as monasca:
        assert [each.id async for each in monasca.alarms.list(page_size=page_size)] == list("0123456")


async def test_update_and_patch() -> None:
    """States are sent in capitals: for small ones monasca-api 11.0.0 fails. An empty link takes it away."""
    server = Server(httpx.Response(200, json=ALARM))
    async with server.monasca() as monasca:
        await monasca.alarms.update(ID, "alarm", "ACK", "http://z")
        await monasca.alarms.patch(ID, state="ok")
        await monasca.alarms.patch(ID, lifecycle_state="", link="")
    assert server.sent == [
        (f"PUT /alarms/{ID}", {"state": "ALARM", "lifecycle_state": "ACK", "link": "http://z"}),
        (f"PATCH /alarms/{ID}", {"state": "OK"}),
        (f"PATCH /alarms/{ID}", {"lifecycle_state": "", "link": ""}),
    ]
    assert {each.headers["content-type"] for each in server.requests} == {"application/json"}


async def test_delete() -> None:
    """Deleted by its id, which stays in its part of the path."""
    server = Server(httpx.Response(204))
    async with server.monasca() as monasca:
        await monasca.alarms.delete("../metrics")
    assert [each.url.raw_path for each in server.requests] == [b"/v2.0/alarms/..%2Fmetrics"]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"state": "FIRING"}, "state must be one of OK, ALARM, UNDETERMINED"),
        ({"severity": "worst"}, "must be one of LOW, MEDIUM, HIGH, CRITICAL"),
        ({"lifecycle_state": ""}, "lifecycle_state must not be empty"),
        ({"lifecycle_state": "x" * 51}, "lifecycle_state must have at most 50 characters"),
        ({"link": "x" * 513}, "link must have at most 512 characters"),
        ({"state_updated_start_time": WHEN.replace(tzinfo=None)}, "naive"),
        ({"sort_by": "name"}, "sort_by must be some of alarm_id"),
        ({"metric_name": ""}, "metric_name must not be empty"),
        ({"dimensions": {"hostname": ["a", "b"]}}, "must be one value"),
    ],
)
async def test_bad_filters(filters: Any, message: str) -> None:
    """What the server would refuse, ignore or fail at is not sent."""
    async with Server(elements()).monasca() as monasca:
        with pytest.raises(InputError, match=message):
            monasca.alarms.list(**filters)
        with pytest.raises(TypeError, match="unknown argument color"):
            monasca.alarms.list(color="red")  # type: ignore[call-arg] # on purpose


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"state": ""}, "state must be one of"),
        ({"lifecycle_state": ""}, "lifecycle_state must not be empty"),
        ({"link": ""}, "link must not be empty"),
        ({"link": "x" * 513}, "link must have at most 512"),
    ],
)
async def test_bad_update(fields: Any, message: str) -> None:
    """PUT must have all, and nothing empty."""
    server = Server(httpx.Response(200, json=ALARM))
    async with server.monasca() as monasca:
        with pytest.raises(InputError, match=message):
            await monasca.alarms.update(ID, **{"state": "OK", "lifecycle_state": "OPEN", "link": "l", **fields})
    assert server.requests == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda alarms: alarms.create(name="n", expression="x > 1"), "POST /alarms"),
        (lambda alarms: alarms.replace(ID, **HOUNDS), "cannot replace in the current"),
        (lambda alarms: alarms.patch(ID, name="n", state="OK"), "no name to change in the current"),
        (lambda alarms: alarms.list(name="n").collect(), "no name in the current"),
        (lambda alarms: alarms.list(dimensions={"a": "b"}).collect(), "no dimensions in the current"),
    ],
)
async def test_what_the_current_dialect_lacks(call: Callable[[Any], Any], message: str) -> None:
    """What was dropped since 2014 is refused by name, and nothing is sent."""
    server = Server(elements())
    async with server.monasca() as monasca:
        with pytest.raises(NotSupported, match=message):
            await call(monasca.alarms)
    assert server.requests == []


# What was recorded

RECORDED = json.loads((Path(__file__).parents[2] / "captures" / "monasca.json").read_text())
ROWS: dict[str, Any] = {
    "alarms": Alarm,
    "alarm-definitions": AlarmDefinition,
    "notification-methods": NotificationMethod,
    "state-history": AlarmTransition,
}


def recorded() -> Iterator[Any]:
    """Things of these kinds in answers of monasca-api 11.0.0, each with its kind."""
    for pair in RECORDED:
        parts = pair["request"]["url"].partition("/v2.0/")[2].partition("?")[0].split("/")
        kind = "state-history" if parts[-1] == "state-history" else parts[0]
        said = pair["response"].get("body")
        if kind in ROWS and isinstance(said, dict) and parts[1:] not in (["types"], ["count"]):
            things = said.get("elements") or ([said] if "id" in said else [])
            yield from (pytest.param(kind, thing, id=f"{pair['label']} {at}") for at, thing in enumerate(things))


def said_again(thing: Any, model: Any) -> bool:
    """Whether a model has all that the JSON has."""
    if isinstance(thing, dict):
        return all(said_again(value, model[name]) for name, value in thing.items())
    if isinstance(thing, list):
        return len(thing) == len(model) and all(map(said_again, thing, model))
    if isinstance(thing, str) and thing.endswith("Z"):
        return datetime.fromisoformat(thing) == datetime.fromisoformat(model)
    return bool(thing == model)


@pytest.mark.parametrize(("kind", "thing"), [*recorded()])
def test_recorded(kind: str, thing: Any) -> None:
    """Nothing that monasca-api 11.0.0 said is lost."""
    model = decoder(ROWS[kind]).decode(json.dumps(thing).encode())
    assert said_again(thing, msgspec.to_builtins(model))


# Counting


def table(columns: list[str], *counts: list[Any], next: bool = False) -> httpx.Response:
    """A count as monasca-api 11.0.0 sends it."""
    links = [
        {"rel": "self", "href": "http://x"},
        *([{"rel": "next", "href": "http://x?offset=1"}] if next else []),
    ]
    return httpx.Response(200, json={"links": links, "columns": columns, "counts": counts})


async def test_count() -> None:
    """Without groups there is one row."""
    server = Server(table(["count"], [5]))
    async with server.monasca() as monasca:
        assert await monasca.alarms.count(state="ok") == [AlarmCount(5)]
    assert server.seen == ["GET /alarms/count?state=OK&offset=0&limit=1000"]


async def test_count_of_groups() -> None:
    """All pages of the groups are read, each group comes once."""
    groups = [[2, "ALARM", "LOW"], [2, "OK", None], [1, "UNDETERMINED", "LOW"]]

    def answer(request: httpx.Request) -> httpx.Response:
        offset, limit = int(request.url.params["offset"]), int(request.url.params["limit"])
        columns = ["count", "state", "severity"]
        return table(columns, *groups[offset : offset + limit], next=offset + limit < len(groups))

    server = Server(answer)
    async with server.monasca() as monasca:
        found = await monasca.alarms.count(group_by=["state", "severity"], page_size=2)
    assert [(each.count, each.group) for each in found] == [
        (2, {"state": "ALARM", "severity": "LOW"}),
        (2, {"state": "OK", "severity": None}),
        (1, {"state": "UNDETERMINED", "severity": "LOW"}),
    ]
    assert server.seen[0] == "GET /alarms/count?group_by=state,severity&offset=0&limit=2"


async def test_count_of_nothing() -> None:
    """Where there is no group, the server's line of nulls is none; without groups, the count is 0."""
    async with Server(table(["count", "state"], [0, None]), table(["count"], [0])).monasca() as monasca:
        assert await monasca.alarms.count(group_by=["state"]) == []
        assert await monasca.alarms.count() == [AlarmCount(0)]


@pytest.mark.parametrize("line", [[], ["5"], [1, 2], {"count": 1}])
async def test_malformed_count(line: Any) -> None:
    """A line that is none is an error that says where it stands."""
    async with Server(table(["count", "state"], line)).monasca() as monasca:
        with pytest.raises(DecodeError) as info:
            await monasca.alarms.count(group_by=["state"])
    assert info.value.path == "$.counts[0]"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"group_by": ["color"]}, InputError, "group_by must have some of alarm_definition_id"),
        ({"group_by": ["state", "state"]}, InputError, "each once"),
        ({"group_by": "state"}, InputError, "group_by must be a list"),
        ({"metric_dimensions": {"hostname": None}}, InputError, "must be one value"),
        ({"metric_dimensions": {"hostname": "a|b"}}, InputError, "must be one value"),
        ({"page_size": 1}, InputError, "page_size"),
        ({"sort_by": "state"}, TypeError, "unknown argument sort_by"),
    ],
)
async def test_bad_count(given: Any, error: type[Exception], message: str) -> None:
    """What the server would refuse, count as nothing or fail at is not sent."""
    server = Server(table(["count"], [5]))
    async with server.monasca() as monasca:
        with pytest.raises(error, match=message):
            await monasca.alarms.count(**given)
    assert server.requests == []


# The dialect of 2014


async def test_alarm_of_2014() -> None:
    """An alarm is its own definition; its links are "self" and "history"; its expression comes as data, too."""
    compound = {"operator": "AND", "operands": [DATA, {"operator": "OR", "operands": [DATA, DATA]}]}
    answers = [httpx.Response(200, json={**OF_2014, "expression_data": data}) for data in (DATA, compound)]
    async with Server(*answers).monasca(dialect="2014") as monasca:
        alarm = await monasca.alarms.get(ID)
        nested = await monasca.alarms.get(ID)
    assert (alarm.name, alarm.description, alarm.severity) == (OF_2014["name"], "Release the hounds", "CRITICAL")
    assert (alarm.actions_enabled, alarm.alarm_actions) == (True, (ACTION,))
    assert [link.rel for link in alarm.links] == ["self", "history"]
    assert alarm.links[1].href.endswith("/history")
    assert alarm.expression_data == DATA
    assert nested.expression_data == compound
    assert (alarm.alarm_definition.id, alarm.metrics, alarm.created_timestamp) == ("", (), None)


async def test_requests_of_2014() -> None:
    """The examples of the specification of 2014: methods, paths, queries, bodies and types of content."""
    server = Server(httpx.Response(200, json=[OF_2014]), httpx.Response(200, json=OF_2014))
    async with server.monasca(dialect="2014") as monasca:
        alarms = monasca.alarms
        (alarm,) = await alarms.list(
            name="CPU percent greater than 10", dimensions={"hostname": "devstack"}, state="UNDETERMINED"
        ).collect()
        await alarms.create(
            name="Average CPU percent greater than 10",
            description="The average CPU percent is greater than 10",
            severity="LOW",
            expression="(avg(cpu_user_perc{hostname=devstack}) > 10)",
            **ACTIONS,
        )
        await alarms.replace(ID, **HOUNDS)
        await alarms.patch(ID, severity="CRITICAL", **HOUNDS)
        await alarms.delete(ID)
    assert alarm.id == ID
    assert server.sent == [
        (
            "GET /alarms?name=CPU percent greater than 10&dimensions=hostname:devstack&state=UNDETERMINED",
            None,
        ),
        (
            "POST /alarms",
            {
                "name": "Average CPU percent greater than 10",
                "description": "The average CPU percent is greater than 10",
                "severity": "LOW",
                "expression": "(avg(cpu_user_perc{hostname=devstack}) > 10)",
                **ACTIONS,
            },
        ),
        (f"PUT /alarms/{ID}", HOUNDS),
        (f"PATCH /alarms/{ID}", {**HOUNDS, "severity": "CRITICAL"}),
        (f"DELETE /alarms/{ID}", None),
    ]
    kinds = [each.headers.get("content-type") for each in server.requests[1:4]]
    assert kinds == ["application/json", "application/json", "application/json-patch+json"]


async def test_expression_object_of_2014() -> None:
    """An expression that was built is sent as its text."""
    server = Server(httpx.Response(201, json=OF_2014))
    async with server.monasca(dialect="2014") as monasca:
        await monasca.alarms.create(name="n", expression=avg("cpu", {"hostname": "devstack"}) > 10)
    assert server.sent[0][1] == {"name": "n", "expression": "avg(cpu{hostname=devstack}) > 10"}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda alarms: alarms.update(ID, "OK", "OPEN", "l"), "cannot update in the 2014"),
        (lambda alarms: alarms.patch(ID, link="l", state="OK"), "no link to change in the 2014"),
        (lambda alarms: alarms.list(severity="LOW").collect(), "no severity in the 2014"),
        (lambda alarms: alarms.list(metric_dimensions={"a": "b"}).collect(), "no metric_dimensions"),
        (lambda alarms: alarms.list(sort_by="state").collect(), "no sort_by"),
        (lambda alarms: alarms.count(), "/alarms/count is not in the 2014"),
    ],
)
async def test_what_2014_lacks(call: Callable[[Any], Any], message: str) -> None:
    """What came after 2014 is refused by name, and nothing is sent."""
    server = Server(httpx.Response(200, json=[]))
    async with server.monasca(dialect="2014") as monasca:
        with pytest.raises(NotSupported, match=message):
            await call(monasca.alarms)
    assert server.requests == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "n" * 256}, "name must have at most 255"),
        ({"expression": "avg(cpu > 1"}, "expression|expected"),
        ({"severity": "worst"}, "severity must be one of"),
        ({"alarm_actions": "id"}, "alarm_actions must be a list"),
        ({"actions_enabled": "true"}, "actions_enabled must be True or False"),
    ],
)
async def test_bad_input_of_2014(fields: Any, message: str) -> None:
    """What the server would refuse is not sent."""
    server = Server(httpx.Response(200, json=OF_2014))
    async with server.monasca(dialect="2014") as monasca:
        with pytest.raises(InputError, match=message):
            await monasca.alarms.patch(ID, **fields)
        with pytest.raises(InputError, match=message):
            await monasca.alarms.replace(ID, **{**HOUNDS, **fields})
        with pytest.raises(TypeError, match="missing argument"):
            await monasca.alarms.replace(ID, name="n", expression="x > 1")  # type: ignore[call-arg] # on purpose
    assert server.requests == []


async def test_creation_is_sent_once() -> None:
    """Where the answer is lost, creation is not tried again; a change is."""
    server = Server(httpx.ReadError("gone"), httpx.Response(200, json=OF_2014))
    async with server.monasca(dialect="2014") as monasca:
        with pytest.raises(MaybeSentError):
            await monasca.alarms.create(name="n", expression="x > 1")
    assert len(server.requests) == 1
    server = Server(httpx.ReadError("gone"), httpx.Response(200, json=OF_2014))
    async with server.monasca(dialect="2014") as monasca:
        await monasca.alarms.patch(ID, name="n")
    assert len(server.requests) == 2
