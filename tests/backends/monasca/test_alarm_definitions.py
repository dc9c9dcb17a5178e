"""Alarm definitions, of the current dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.backends.monasca.server import Server, elements

from tocsin.errors import InputError, MaybeSentError, NotSupported, StatusError
from tocsin.monasca.client import MonascaClient
from tocsin.monasca.expressions import avg

pytestmark = pytest.mark.anyio

ID = "ba63ba78-ba6f-463d-98fd-fc931f5c435f"
EXPRESSION = "avg(cpu.user_perc{hostname=devstack}, 120) > 10 times 3 and max(disk.read_ops) lt 5"
#: As monasca-api 11.0.0 answers.
DEFINITION: dict[str, Any] = {
    "actions_enabled": True,
    "alarm_actions": ["3f046a94-fdf5-4685-99c4-b8e46e763ac5"],
    "undetermined_actions": [],
    "ok_actions": [],
    "description": "d",
    "expression": EXPRESSION,
    "deterministic": False,
    "id": ID,
    "match_by": ["hostname"],
    "name": "cpu high",
    "severity": "HIGH",
    "links": [{"href": f"http://127.0.0.1:8103/v2.0/alarm-definitions/{ID}", "rel": "self"}],
}
WHOLE: dict[str, Any] = {
    "name": "cpu high",
    "expression": EXPRESSION,
    "description": "",
    "severity": "LOW",
    "match_by": ["hostname"],
    "alarm_actions": ["a", "b"],
    "ok_actions": [],
    "undetermined_actions": [],
    "actions_enabled": False,
}

#: A call, its request, and the body.
CALLS: dict[str, tuple[Callable[[MonascaClient], Any], Any]] = {
    "POST /alarm-definitions": (
        lambda monasca: monasca.alarm_definitions.create(
            name="cpu high", expression=EXPRESSION, severity="low", match_by=("hostname",), alarm_actions=["a"]
        ),
        {
            "name": "cpu high",
            "expression": EXPRESSION,
            "severity": "LOW",
            "match_by": ["hostname"],
            "alarm_actions": ["a"],
        },
    ),
    f"PUT /alarm-definitions/{ID}": (lambda monasca: monasca.alarm_definitions.replace(ID, **WHOLE), WHOLE),
    f"PATCH /alarm-definitions/{ID}": (
        lambda monasca: monasca.alarm_definitions.patch(ID, severity="HIGH", actions_enabled=False),
        {"severity": "HIGH", "actions_enabled": False},
    ),
    f"GET /alarm-definitions/{ID}": (lambda monasca: monasca.alarm_definitions.get(ID), None),
}


@pytest.mark.parametrize("request_line", CALLS)
async def test_calls(request_line: str) -> None:
    """Each call is the request that monasca-api 11.0.0 takes, and gives the definition that it answers."""
    call, body = CALLS[request_line]
    server = Server(httpx.Response(200, json=DEFINITION))
    async with server.monasca() as monasca:
        definition = await call(monasca)
    assert server.sent == [(request_line, body)]
    assert (definition.name, definition.severity, definition.match_by) == ("cpu high", "HIGH", ("hostname",))
    assert (definition.expression, definition.actions_enabled) == (EXPRESSION, True)


async def test_delete() -> None:
    """Deleted by its id."""
    server = Server(httpx.Response(204))
    async with server.monasca() as monasca:
        await monasca.alarm_definitions.delete(ID)
    assert server.seen == [f"DELETE /alarm-definitions/{ID}"]


async def test_filters() -> None:
    """Filters are said as the server reads them, pages by the number of a row."""
    server = Server(elements({**DEFINITION, "id": "1"}, {**DEFINITION, "id": "2"}, next="offset=9"), elements())
    async with server.monasca() as monasca:
        query: Any = {
            "name": "cpu high",
            "dimensions": {"hostname": "devstack", "a": "b"},
            "severity": ["low", "HIGH"],
        }
        pager = monasca.alarm_definitions.list(page_size=2, **query, sort_by="severity desc")
        assert await pager.collect(2) != []
        assert len(await monasca.alarm_definitions.rows(**query).collect()) == 0
    filters = "name=cpu high&dimensions=hostname:devstack,a:b&severity=LOW|HIGH"
    assert server.seen == [
        f"GET /alarm-definitions?{filters}&sort_by=severity desc&offset=0&limit=2",
        f"GET /alarm-definitions?{filters}&offset=0&limit=1000",
    ]


async def test_several_matching_comparisons() -> None:
    """By dimensions, the server sends a definition once for each comparison that has them; it comes once."""
    one, other = {**DEFINITION, "id": "1"}, {**DEFINITION, "id": "2"}
    server = Server(elements(one, one, other, next="offset=9"), elements(other, other))
    async with server.monasca() as monasca:
        found = await monasca.alarm_definitions.list(dimensions={"hostname": "devstack"}, page_size=3).collect()
    assert [definition.id for definition in found] == ["1", "2"]


async def test_expression_object() -> None:
    """An expression that was built is sent as its text."""
    server = Server(httpx.Response(201, json=DEFINITION))
    async with server.monasca() as monasca:
        await monasca.alarm_definitions.create(name="n", expression=avg("cpu", {"hostname": "devstack"}) > 90)
    assert server.sent[0][1] == {"name": "n", "expression": "avg(cpu{hostname=devstack}) > 90"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "n" * 256}, "name must have at most 255 characters"),
        ({"description": "n" * 256}, "description must have at most 255 characters"),
        ({"severity": "BAD"}, "severity must be one of LOW, MEDIUM, HIGH, CRITICAL"),
        ({"severity": None}, "severity must be one of"),
        ({"match_by": "hostname"}, "match_by must be a list"),
        ({"match_by": [""]}, r"match_by\[0\] must have 1 to 255"),
        ({"alarm_actions": ["a", "a"]}, "alarm_actions must not have an id twice"),
        ({"ok_actions": ["a" * 51]}, r"ok_actions\[0\] must have at most 50 characters"),
        ({"undetermined_actions": [1]}, r"undetermined_actions\[0\] must be a str"),
        ({"expression": "avg(cpu > 1"}, "expression|expected"),
        ({"expression": 5}, "expression must be a str or an Expression"),
    ],
)
async def test_bad_input(fields: Any, message: str) -> None:
    """What the server would refuse is not sent, and the message says what is allowed."""
    server = Server(httpx.Response(200, json=DEFINITION))
    async with server.monasca() as monasca:
        with pytest.raises(InputError, match=message):
            await monasca.alarm_definitions.create(**{"name": "n", "expression": "x > 1", **fields})
        with pytest.raises(InputError, match=message):
            await monasca.alarm_definitions.patch(ID, **fields)
    assert server.requests == []


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"name": ""}, "name must not be empty"),
        ({"severity": []}, "severity must have at least one entry"),
        ({"severity": "LOW|BAD"}, "must be one of LOW"),
        ({"dimensions": {"hostname": ["a", "b"]}}, r"dimensions\['hostname'\] must be one value"),
        ({"dimensions": {"hostname": None}}, r"dimensions\['hostname'\] must be one value"),
        ({"dimensions": {"hostname": "a|b"}}, r"dimensions\['hostname'\] must be one value"),
        ({"sort_by": "state"}, "sort_by must be some of id, name, severity"),
    ],
)
async def test_bad_filters(filters: Any, message: str) -> None:
    """What the server would ignore, or find nothing by, is not sent."""
    async with Server(elements()).monasca() as monasca:
        with pytest.raises(InputError, match=message):
            monasca.alarm_definitions.list(**filters)
        with pytest.raises(TypeError, match="unknown argument state"):
            monasca.alarm_definitions.list(state="OK")  # type: ignore[call-arg] # on purpose


@pytest.mark.parametrize("missing", WHOLE)
async def test_replacement_needs_all(missing: str) -> None:
    """PUT must have every field, else monasca-api 11.0.0 refuses it."""
    server = Server(httpx.Response(200, json=DEFINITION))
    fields = {name: value for name, value in WHOLE.items() if name != missing}
    async with server.monasca() as monasca:
        with pytest.raises(TypeError, match=f"missing argument {missing}"):
            await monasca.alarm_definitions.replace(ID, **fields)
    assert server.requests == []


async def test_no_actions_enabled_at_creation() -> None:
    """The server would ignore it: actions of a new definition are enabled."""
    async with Server(httpx.Response(201, json=DEFINITION)).monasca() as monasca:
        with pytest.raises(TypeError, match="unknown argument actions_enabled"):
            await monasca.alarm_definitions.create(name="n", expression="x > 1", actions_enabled=False)  # type: ignore[call-arg] # on purpose


async def test_2014() -> None:
    """In the dialect of 2014 there are no alarm definitions."""
    server = Server(elements())
    async with server.monasca(dialect="2014") as monasca:
        for call, _ in CALLS.values():
            with pytest.raises(NotSupported, match="/alarm-definitions"):
                await call(monasca)
        with pytest.raises(NotSupported, match="/alarm-definitions"):
            await monasca.alarm_definitions.list().collect()
    assert server.requests == []


async def test_what_the_server_says() -> None:
    """Its description is in the error."""
    said = {"title": "InvalidUpdateException", "description": "match_by must not change"}
    async with Server(httpx.Response(422, json=said)).monasca() as monasca:
        with pytest.raises(StatusError, match="match_by must not change"):
            await monasca.alarm_definitions.patch(ID, match_by=["x"])


async def test_creation_is_sent_once() -> None:
    """Where the answer is lost, creation is not tried again: the second would be refused for its name."""
    server = Server(httpx.ReadError("gone"), httpx.Response(201, json=DEFINITION))
    async with server.monasca() as monasca:
        with pytest.raises(MaybeSentError):
            await monasca.alarm_definitions.create(name="n", expression="x > 1")
    assert len(server.requests) == 1
