"""Notification methods, in both dialects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.backends.monasca.server import Server, elements

from tocsin.errors import ConflictError, InputError, MaybeSentError, NotSupported
from tocsin.monasca.client import MonascaClient
from tocsin.monasca.models.notification_methods import NotificationMethod

pytestmark = pytest.mark.anyio

ID = "35cc6f1c-3a29-49fb-a6fc-d9d97d190508"
#: As monasca-api 11.0.0 answers, and as the specification of 2014 has it.
CURRENT: dict[str, Any] = {
    "id": ID,
    "name": "n1",
    "type": "EMAIL",
    "address": "a@b.c",
    "period": 60,
    "links": [{"href": f"http://192.168.10.4/v2.0/notification-methods/{ID}", "rel": "self"}],
}
OF_2014 = {key: value for key, value in CURRENT.items() if key != "period"}


def numbered(request: httpx.Request) -> httpx.Response:
    """25 methods by the number of a row, with the link that monasca-api 11.0.0 has: to an id, which it refuses."""
    offset, limit = int(request.url.params.get("offset", "0")), int(request.url.params["limit"])
    rows = [{**CURRENT, "id": f"id-{number:02}"} for number in range(25)][offset : offset + limit + 1]
    return elements(*rows[:limit], next=f"offset={rows[limit - 1]['id']}" if len(rows) > limit else None)


@pytest.mark.parametrize("page_size", [2, 10, 25, 1000])
async def test_every_method_comes_once(page_size: int) -> None:
    """Offsets are numbers, counted here: what the link says would be refused."""
    server = Server(numbered)
    async with server.monasca() as monasca:
        got = await monasca.notification_methods.list(page_size=page_size).collect()
        rows = await monasca.notification_methods.rows(page_size=page_size).collect()
    assert [each.id for each in got] == [f"id-{number:02}" for number in range(25)]
    assert len(rows) == 25
    assert rows[0].startswith(b'{"id":"id-00"')


async def test_list_of_2014() -> None:
    """A bare array is all there is, and nothing is asked of pages."""
    server = Server(httpx.Response(200, json=[OF_2014]))
    async with server.monasca(dialect="2014") as monasca:
        (method,) = await monasca.notification_methods.list().collect()
    assert server.seen == ["GET /notification-methods"]
    assert (method.id, method.period, method.links[0].rel) == (ID, 0, "self")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("name", "name"),
        ("name desc", "name desc"),
        ("name desc,type", "name desc,type"),
        (("name", "desc"), "name desc"),
        (("name", "type"), "name,type"),
        ([("created_at", "asc"), "type"], "created_at asc,type"),
    ],
)
async def test_sort_by(given: Any, sent: str) -> None:
    """Fields and directions may be texts or pairs."""
    server = Server(elements())
    async with server.monasca() as monasca:
        await monasca.notification_methods.list(sort_by=given).collect()
    assert server.seen == [f"GET /notification-methods?sort_by={sent}&offset=0&limit=1000"]


@pytest.mark.parametrize(
    "given",
    ["", "period", "name up", "name desc asc", "name,name desc", (), ("name", "up"), [["name"]], [("name",) * 3]],
)
async def test_what_cannot_be_sorted_by(given: Any) -> None:
    """What the server would refuse is not sent, and the message has the fields."""
    server = Server(elements())
    async with server.monasca() as monasca:
        with pytest.raises(
            InputError, match="sort_by must be some of id, name, type, address, created_at, updated_at"
        ):
            monasca.notification_methods.list(sort_by=given)
    with pytest.raises(InputError, match="sort_by must be a list"):
        monasca.notification_methods.list(sort_by=3)  # type: ignore[arg-type] # what callers without types do


#: A call, its request, and the body.
CALLS: dict[str, tuple[Callable[[MonascaClient], Any], Any]] = {
    "POST /notification-methods": (
        lambda monasca: monasca.notification_methods.create("n1", "email", "a@b.c"),
        {"name": "n1", "type": "EMAIL", "address": "a@b.c", "period": 0},
    ),
    f"PUT /notification-methods/{ID}": (
        lambda monasca: monasca.notification_methods.update(ID, "n1", "WEBHOOK", "http://h/p", period=60),
        {"name": "n1", "type": "WEBHOOK", "address": "http://h/p", "period": 60},
    ),
    f"PATCH /notification-methods/{ID}": (
        lambda monasca: monasca.notification_methods.patch(ID, name="n1c"),
        {"name": "n1c"},
    ),
    f"GET /notification-methods/{ID}": (lambda monasca: monasca.notification_methods.get(ID), None),
}


@pytest.mark.parametrize("request_line", CALLS)
async def test_calls(request_line: str) -> None:
    """Each call is the request that monasca-api 11.0.0 takes, and gives the method that it answers."""
    call, body = CALLS[request_line]
    server = Server(httpx.Response(200, json=CURRENT))
    async with server.monasca() as monasca:
        method = await call(monasca)
    assert server.sent == [(request_line, body)]
    assert isinstance(method, NotificationMethod)
    assert (method.name, method.period) == ("n1", 60)
    if body is not None:
        assert server.requests[0].headers["content-type"] == "application/json"


async def test_delete() -> None:
    """An id stays in its part of the path."""
    server = Server(httpx.Response(204))
    async with server.monasca() as monasca:
        await monasca.notification_methods.delete("a/../b")
        with pytest.raises(InputError):
            await monasca.notification_methods.delete("..")
    assert [str(each.url) for each in server.requests] == [
        "http://monasca.test/v2.0/notification-methods/a%2F..%2Fb"
    ]


async def test_types() -> None:
    """The types that the server has, in its order."""
    server = Server(elements({"type": "EMAIL"}, {"type": "WEBHOOK"}))
    async with server.monasca() as monasca:
        assert await monasca.notification_methods.types() == ("EMAIL", "WEBHOOK")
    assert server.seen == ["GET /notification-methods/types"]


async def test_requests_of_2014() -> None:
    """The examples of the specification of 2014, which has no period."""
    server = Server(httpx.Response(200, json=OF_2014))
    async with server.monasca(dialect="2014") as monasca:
        methods = monasca.notification_methods
        await methods.create("Name of notification method", "EMAIL", "john.doe@hp.com")
        await methods.update(ID, "New name of notification method", "EMAIL", "jane.doe@hp.com")
    assert server.sent == [
        (
            "POST /notification-methods",
            {"name": "Name of notification method", "type": "EMAIL", "address": "john.doe@hp.com"},
        ),
        (
            f"PUT /notification-methods/{ID}",
            {"name": "New name of notification method", "type": "EMAIL", "address": "jane.doe@hp.com"},
        ),
    ]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda methods: methods.create("n", "EMAIL", "a@b", 60), NotSupported, "no period"),
        (lambda methods: methods.create("n", "WEBHOOK", "http://h"), NotSupported, "type must be EMAIL"),
        (lambda methods: methods.create("n", "EMAIL", "a@" + "b" * 99), InputError, "at most 100 characters"),
        (lambda methods: methods.patch(ID, name="n"), NotSupported, "PATCH"),
        (lambda methods: methods.types(), NotSupported, "types"),
        (lambda methods: methods.list(sort_by="name").collect(), NotSupported, "sort_by"),
    ],
)
async def test_what_2014_lacks(call: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    """What came after 2014 is refused by name, and nothing is sent."""
    server = Server(httpx.Response(200, json=OF_2014))
    async with server.monasca(dialect="2014") as monasca:
        with pytest.raises(error, match=message):
            await call(monasca.notification_methods)
    assert server.requests == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "n" * 251}, "name must have at most 250 characters, not 251"),
        ({"name": ""}, "name must not be empty"),
        ({"type": 1}, "type must be a str"),
        ({"address": "a" * 513}, "address must have at most 512"),
        ({"period": -1}, "period must be a whole number"),
        ({"period": "60"}, "period must be a whole number"),
    ],
)
async def test_bad_input(fields: Any, message: str) -> None:
    """What the server would refuse is not sent."""
    server = Server(httpx.Response(200, json=CURRENT))
    good = {"name": "n", "type": "EMAIL", "address": "a@b.c"}
    async with server.monasca() as monasca:
        with pytest.raises(InputError, match=message):
            await monasca.notification_methods.create(**{**good, **fields})
        with pytest.raises(InputError, match=message):
            await monasca.notification_methods.patch(ID, **fields)
        with pytest.raises(TypeError, match="color"):
            await monasca.notification_methods.patch(ID, color="red")  # type: ignore[call-arg] # on purpose
    assert server.requests == []


async def test_creation_is_sent_once() -> None:
    """Where the answer is lost, creation is not tried again; a change is."""
    server = Server(httpx.ReadError("gone"), httpx.Response(200, json=CURRENT))
    async with server.monasca() as monasca:
        with pytest.raises(MaybeSentError):
            await monasca.notification_methods.create("n", "EMAIL", "a@b.c")
    assert len(server.requests) == 1
    server = Server(httpx.ReadError("gone"), httpx.Response(200, json=CURRENT))
    async with server.monasca() as monasca:
        await monasca.notification_methods.patch(ID, name="n")
    assert len(server.requests) == 2


async def test_name_taken() -> None:
    """The server's words are in the error."""
    said = {
        "title": "AlreadyExistsException",
        "description": "A notification method with the name n1 already exists",
    }
    server = Server(httpx.Response(409, json=said))
    async with server.monasca() as monasca:
        with pytest.raises(ConflictError, match="with the name n1 already exists"):
            await monasca.notification_methods.create("n1", "EMAIL", "a@b.c")
