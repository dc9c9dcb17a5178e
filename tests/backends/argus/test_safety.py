"""What is sent again when an answer is lost, and what then becomes of the second answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.backends.argus.server import DUPLICATE, EVENT, INCIDENT, Server, page

from tocsin.argus import ArgusClient, BulkResult, Incident
from tocsin.errors import BadRequestError, ForbiddenError, MaybeSentError, NotFoundError, ServerError

START = datetime(2026, 11, 23, 4, tzinfo=UTC)
LOST = httpx.ReadError("the connection broke")
NEW: dict[str, Any] = {"start_time": START, "source_incident_id": "s-1", "description": "link down", "level": 2}

pytestmark = pytest.mark.anyio


def duplicate() -> httpx.Response:
    """The answer to a second incident of one id."""
    return httpx.Response(400, json=DUPLICATE)


async def test_create_with_an_id_is_sent_again() -> None:
    """A create with a source_incident_id whose answer was lost is sent again."""
    server = Server(LOST, httpx.Response(201, json=INCIDENT))
    async with server.client() as argus:
        assert (await argus.incidents.create(**NEW)).pk == 7
    assert server.seen == ["POST /incidents/"] * 2


async def test_create_that_had_worked_gives_the_incident() -> None:
    """If the create whose answer was lost had worked, the incident that is there is returned."""
    server = Server(LOST, duplicate(), page(INCIDENT))
    async with server.client() as argus:
        assert (await argus.incidents.create(**NEW)).pk == 7
    assert server.seen == ["POST /incidents/", "POST /incidents/", "GET /incidents/mine/"]
    assert server.requests[-1].url.params["source_incident_id"] == "s-1"


async def test_create_that_had_worked_for_another_source() -> None:
    """A superuser's incident is looked for at the source that it was made for."""
    server = Server(LOST, duplicate(), page(INCIDENT))
    async with server.client() as argus:
        assert (await argus.incidents.create(**NEW, source=2)).pk == 7
    assert server.seen[-1] == "GET /incidents/"
    assert server.requests[-1].url.params["source__id__in"] == "2"


@pytest.mark.parametrize(
    "other",
    [{"start_time": "2026-11-22T05:00:00+01:00"}, {"description": "other"}, {"level": 5}],
)
async def test_create_that_meets_another_incident_fails(other: dict[str, Any]) -> None:
    """If what is there is not what was to be made, the id was taken before: an error."""
    server = Server(LOST, duplicate(), page(INCIDENT | other))
    async with server.client() as argus:
        with pytest.raises(BadRequestError, match="already exists"):
            await argus.incidents.create(**NEW)


async def test_create_of_a_duplicate_fails_at_the_first_try() -> None:
    """A duplicate at the first try is an error, and nothing is looked up."""
    server = Server(duplicate())
    async with server.client() as argus:
        with pytest.raises(BadRequestError, match="already exists"):
            await argus.incidents.create(**NEW)
    assert server.seen == ["POST /incidents/"]


def throttled() -> httpx.Response:
    """An answer that says that nothing was done."""
    return httpx.Response(429, headers={"retry-after": "0"})


async def test_create_of_a_duplicate_fails_after_a_refusal() -> None:
    """A duplicate after a try that did nothing is somebody else's incident: an error, and not looked up."""
    server = Server(throttled(), duplicate())
    async with server.client() as argus:
        with pytest.raises(BadRequestError, match="already exists"):
            await argus.incidents.create(**NEW)
    assert server.seen == ["POST /incidents/"] * 2


async def test_delete_of_nothing_fails_after_a_refusal() -> None:
    """A 404 after a try that did nothing is an error."""
    server = Server(throttled(), httpx.Response(404, json={"detail": "No Filter matches the given query."}))
    async with server.client() as argus:
        with pytest.raises(NotFoundError):
            await argus.filters.delete(1)


async def test_create_that_is_refused_at_the_second_try_fails() -> None:
    """Another refusal than a duplicate is an error at any try."""
    server = Server(LOST, httpx.Response(400, json={"level": ["no"]}))
    async with server.client() as argus:
        with pytest.raises(BadRequestError) as caught:
            await argus.incidents.create(**NEW)
    assert (caught.value.attempts, caught.value.errors) == (2, {"level": ["no"]})


async def test_create_that_vanished_fails() -> None:
    """A duplicate that cannot be found is an error."""
    server = Server(LOST, duplicate(), page())
    async with server.client() as argus:
        with pytest.raises(BadRequestError, match="already exists"):
            await argus.incidents.create(**NEW)


UNREPEATABLE: dict[str, Callable[[ArgusClient], Awaitable[object]]] = {
    "create without an id": lambda argus: argus.incidents.create(start_time=START),
    "create with an empty id": lambda argus: argus.incidents.create(start_time=START, source_incident_id=""),
    "post_event": lambda argus: argus.incidents.post_event(7, "OTH"),
    "resolve": lambda argus: argus.incidents.resolve(7),
    "acknowledge": lambda argus: argus.incidents.acknowledge(7),
    "acknowledge_many": lambda argus: argus.incidents.acknowledge_many([7]),
    "post_event_many": lambda argus: argus.incidents.post_event_many([7], "CLO"),
    "set_ticket_url_many": lambda argus: argus.incidents.set_ticket_url_many([7], ""),
    "create_ticket": lambda argus: argus.incidents.create_ticket(7),
    "filters.create": lambda argus: argus.sources.create(name="n", type="t"),
    "legacy_refresh": lambda argus: argus.tokens.legacy_refresh(),
}


@pytest.mark.parametrize("name", UNREPEATABLE)
async def test_not_sent_again(name: str) -> None:
    """What would be done twice is not sent again when its answer is lost."""
    server = Server(LOST)
    async with server.client() as argus:
        with pytest.raises(MaybeSentError):
            await UNREPEATABLE[name](argus)
    assert len(server.requests) == 1


REPEATABLE: dict[str, Callable[[ArgusClient], Awaitable[object]]] = {
    "get": lambda argus: argus.incidents.get(7),
    "update": lambda argus: argus.incidents.update(7, level=1),
    "replace": lambda argus: argus.incidents.replace(7, tags=[]),
    "list": lambda argus: argus.incidents.list().first(),
    "add_tag": lambda argus: argus.incidents.add_tag(7, "a=1"),
    "set_ticket_url": lambda argus: argus.incidents.set_ticket_url(7, ""),
    "heartbeat": lambda argus: argus.sources.heartbeat(),
    "source update": lambda argus: argus.sources.update(1, name="n"),
    "delete": lambda argus: argus.filters.delete(1),
    "login": lambda argus: argus.tokens.login("alice", "secret-of-alice"),
}


@pytest.mark.parametrize("name", REPEATABLE)
async def test_sent_again(name: str) -> None:
    """What can be done twice is sent again when its answer is lost."""
    server = Server(LOST)
    async with server.client() as argus:
        with pytest.raises(MaybeSentError):
            await REPEATABLE[name](argus)
    assert len(server.requests) == 4


async def test_delete_that_had_worked_is_done() -> None:
    """A 404 after a lost answer means that the first try had worked."""
    server = Server(LOST, httpx.Response(404, json={"detail": "No Filter matches the given query."}))
    async with server.client() as argus:
        await argus.filters.delete(1)
    assert server.seen == ["DELETE /notificationprofiles/filters/1/"] * 2


async def test_delete_of_nothing_fails() -> None:
    """A 404 at the first try is an error."""
    server = Server(httpx.Response(404, json={"detail": "No Tag matches the given query."}))
    async with server.client() as argus:
        with pytest.raises(NotFoundError):
            await argus.incidents.remove_tag(7, "a=1")


async def test_bulk_that_fails_whole_is_a_result() -> None:
    """A 400 with changes in it is a result like any other; the changes that failed say why."""
    change = {"ack": None, "status": 400, "errors": {"ids": "Incident with id 9 could not be found."}}
    server = Server(httpx.Response(400, json={"changes": {"9": change}}))
    async with server.client() as argus:
        result = await argus.incidents.acknowledge_many([9, 9])
    assert isinstance(result, BulkResult)
    assert (result.ok, result.failed[9].errors) == (False, change["errors"])
    assert server.body["ids"] == [9]


async def test_bulk_that_is_refused_fails() -> None:
    """A 400 without changes is an error."""
    server = Server(httpx.Response(400, json={"ids": ["This list may not be empty."]}))
    async with server.client() as argus:
        with pytest.raises(BadRequestError, match="may not be empty"):
            await argus.incidents.set_ticket_url_many([9], "")


async def test_bulk_that_fails_at_the_server_fails() -> None:
    """A repeated bulk acknowledgement is a 500 of the server, and is not sent again."""
    server = Server(httpx.Response(500, html="<head>\n  <title>500 - Internal Server Error</title>\n</head>"))
    async with server.client() as argus:
        with pytest.raises(ServerError, match="HTTP 500: 500 - Internal Server Error"):
            await argus.incidents.acknowledge_many([9])
    assert len(server.requests) == 1


async def test_heartbeat_of_a_person_says_why() -> None:
    """The server's 403 is empty; the error says what it means."""
    server = Server(httpx.Response(403))
    async with server.client() as argus:
        with pytest.raises(ForbiddenError, match="only the user of a source system"):
            await argus.sources.heartbeat()


async def upsert(*answers: httpx.Response, **fields: Any) -> tuple[Incident, Server]:
    """An upsert and its server."""
    server = Server(*answers)
    async with server.client() as argus:
        return await argus.incidents.upsert(**NEW, **fields), server


async def test_upsert_makes_what_is_not_there() -> None:
    """Without an incident of the id, one is made."""
    _, server = await upsert(page(), httpx.Response(201, json=INCIDENT))
    assert server.seen == ["GET /incidents/mine/", "POST /incidents/"]


@pytest.mark.parametrize("details_url", ["/a/1", "a/1", "http://nms.test/a/1"])
async def test_upsert_leaves_what_is_the_same(details_url: str) -> None:
    """An incident that has all the fields already is left alone."""
    found, server = await upsert(page(INCIDENT), tags={"host": "a.example"}, details_url=details_url)
    assert (found.pk, server.seen) == (7, ["GET /incidents/mine/"])


async def test_upsert_leaves_an_address_that_was_not_joined() -> None:
    """Where its source has no base URL, or is not told, an address is as it was given."""
    bare = INCIDENT | {"details_url": "a/1", "source": None}
    _, server = await upsert(page(bare), details_url="a/1")
    assert server.seen == ["GET /incidents/mine/"]


async def test_parameters_of_a_call_are_not_for_its_look_ups() -> None:
    """What a create or an upsert adds to the query is not added to the look-up that it makes; headers are."""
    more: dict[str, Any] = {"extra_params": {"open": "false"}, "extra_headers": {"X-Trace": "1"}}
    for server, found in (
        (Server(LOST, duplicate(), page(INCIDENT)), "create"),
        (Server(page(INCIDENT)), "upsert"),
    ):
        async with server.client() as argus:
            await getattr(argus.incidents, found)(**NEW, **more)
        assert server.seen[-1] == "GET /incidents/mine/"
        assert "open" not in server.requests[-1].url.params
        assert server.requests[-1].headers["x-trace"] == "1"


@pytest.mark.parametrize(
    ("field", "value", "sent"),
    [
        ("tags", {"host": "b"}, [{"tag": "host=b"}]),
        ("details_url", "/b", "/b"),
        ("details_url", "", ""),
        ("details_url", "/1", "/1"),
        ("details_url", "1", "1"),
        ("details_url", "http://other.test/a/1", "http://other.test/a/1"),
        ("ticket_url", "https://t.example/1", "https://t.example/1"),
        ("metadata", {"k": 1}, {"k": 1}),
    ],
)
async def test_upsert_changes_what_differs(field: str, value: Any, sent: Any) -> None:
    """Of an incident that is there, the fields that differ are changed, and no others."""
    _, server = await upsert(page(INCIDENT), httpx.Response(200, json=INCIDENT), **{field: value})
    assert server.seen == ["GET /incidents/mine/", "PATCH /incidents/7/"]
    assert server.body == {field: sent}


async def test_upsert_that_is_overtaken_changes() -> None:
    """If somebody else makes the incident in between, it is changed."""
    changed = httpx.Response(200, json=INCIDENT)
    _, server = await upsert(page(), duplicate(), page(INCIDENT | {"level": 5}), changed)
    assert server.seen == [
        "GET /incidents/mine/",
        "POST /incidents/",
        "GET /incidents/mine/",
        "PATCH /incidents/7/",
    ]
    assert server.body == {"level": 2}


async def test_upsert_that_is_refused_fails() -> None:
    """A refusal is an error."""
    with pytest.raises(BadRequestError, match="connected source"):
        await upsert(
            page(), httpx.Response(400, json=["The requesting user must have a connected source system."])
        )


async def test_upsert_that_is_overtaken_and_finds_nothing_fails() -> None:
    """A duplicate that cannot be found is an error."""
    with pytest.raises(BadRequestError, match="already exists"):
        await upsert(page(), duplicate(), page())


async def test_resolve_sends_now_unless_told() -> None:
    """Without a timestamp an event has the client's time, aware."""
    server = Server(httpx.Response(201, json=EVENT))
    before = datetime.now(UTC)
    async with server.client() as argus:
        await argus.incidents.resolve(7)
    assert before <= datetime.fromisoformat(server.body["timestamp"]) <= datetime.now(UTC)
    assert (server.body["type"], server.body["description"]) == ("END", "")
