"""The two dialects: what each has, and how a client finds out which one a server speaks."""

from __future__ import annotations

from collections.abc import Mapping

import anyio
import httpx
import pytest
from tests.backends.monasca.keystone_cloud import BASE, Cloud
from tests.backends.monasca.server import Server

from tocsin import ConfigError, DecodeError, NotSupported, RetryPolicy, ServerError
from tocsin.monasca.dialect import OPERATIONS, Dialect, operation_of, say_in
from tocsin.transport.messages import Request

pytestmark = pytest.mark.anyio

VERSION = {"id": "v2.0", "links": [], "status": "CURRENT", "updated": "2014-07-18T03:25:02.423Z"}
OF_2014 = httpx.Response(200, json=[VERSION])
CURRENT = httpx.Response(404, json={"title": "404 Not Found"})
GOOD = httpx.Response(200, json=[])


def test_the_2014_dialect_has_its_19_operations() -> None:
    """As many as the specification of 2014 has."""
    assert len([each for each in OPERATIONS.values() if each.names("2014") is not None]) == 19


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/alarms", "/alarms"),
        ("GET", "/alarms/a%2Fb", "/alarms/*"),
        ("GET", "/alarms/count", "/alarms/count"),
        ("GET", "/alarms/state-history", "/alarms/state-history"),
        ("GET", "/alarms/a1/state-history", "/alarms/*/state-history"),
        ("DELETE", "/alarms/count", "/alarms/*"),
        ("GET", "/notification-methods/types", "/notification-methods/types"),
        ("PUT", "/notification-methods/types", "/notification-methods/*"),
        ("GET", "/versions/v2.0", "/versions/*"),
        ("GET", "/metrics/names", "/metrics/names"),
        ("DELETE", "/metrics", None),
        ("GET", "/alarms/a1/other", None),
        ("GET", "/new", None),
    ],
)
def test_requests_are_known_by_method_and_path(method: str, path: str, expected: str | None) -> None:
    """Ids stand for any; an operation that neither dialect has is none."""
    assert operation_of(method, path) == (expected and (method, expected))


REFUSED: Mapping[str, tuple[Dialect, Request, str]] = {
    "definitions": ("2014", Request("GET", "/alarm-definitions"), "GET /alarm-definitions is not in the 2014"),
    "names": ("2014", Request("GET", "/metrics/names"), "GET /metrics/names is not in the 2014 dialect"),
    "count": ("2014", Request("GET", "/alarms/count"), "not in the 2014 dialect"),
    "types": ("2014", Request("GET", "/notification-methods/types"), "not in the 2014 dialect"),
    "patch": ("2014", Request("PATCH", "/notification-methods/n1"), "not in the 2014 dialect"),
    "logs": ("2014", Request("POST", "/logs"), "not in the 2014 dialect"),
    "grouping": (
        "2014",
        Request("GET", "/metrics/measurements", (("group_by", "*"), ("merge_metrics", "true"))),
        "GET /metrics/measurements has no group_by, merge_metrics in the 2014 dialect",
    ),
    "another tenant": ("2014", Request("POST", "/metrics", (("tenant_id", "t"),)), "has no tenant_id in the 2014"),
    "a new filter": ("2014", Request("GET", "/alarms", (("severity", "LOW"),)), "has no severity in the 2014"),
    "several values": ("2014", Request("GET", "/metrics", (("dimensions", "a:b,c:d|e"),)), "one value each"),
    "any value": ("2014", Request("GET", "/alarms", (("dimensions", "a,b:c"),)), "one value each in the 2014"),
    "making alarms": ("current", Request("POST", "/alarms"), "POST /alarms is not in the current dialect"),
    "versions": ("current", Request("GET", "/versions"), "not in the current dialect"),
    "an old filter": (
        "current",
        Request("GET", "/alarms", (("name", "x"), ("state", "OK"))),
        "GET /alarms has no name in the current dialect",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_dialect_lacks_is_not_sent(case: str) -> None:
    """A server takes no notice of a parameter it does not know, and would answer with the wrong rows."""
    dialect, request, why = REFUSED[case]
    with pytest.raises(NotSupported, match=why):
        say_in(dialect, request)


@pytest.mark.parametrize("path", ["/notification-methods", "/metrics", "/metrics/measurements", "/alarms"])
def test_walks_are_said_without_pages(path: str) -> None:
    """A server of 2014 sends every list whole: what walks add is left out; in the current dialect it stays."""
    request = Request("GET", path, (("limit", "10"), ("offset", "5")))
    assert say_in("2014", request).params == ()
    assert say_in("current", request) is request


def test_dimensions_of_2014() -> None:
    """With one value each they are sent as they are."""
    request = Request("GET", "/metrics", (("dimensions", "a:b,c:http://d:80"),))
    assert say_in("2014", request) is request


def test_unknown_requests_are_let_through() -> None:
    """An operation or a parameter that neither dialect has is for the caller to know."""
    for request in (Request("GET", "/new", (("a", "b"),)), Request("GET", "/alarms", (("new", "b"),))):
        assert say_in("current", request) is request
        assert say_in("2014", request) is request


def test_there_are_three_dialects_to_choose_from() -> None:
    """Any other is refused."""
    with pytest.raises(ConfigError, match='must be "current", "2014" or "auto"'):
        Cloud().client(BASE, dialect="2015")


async def test_a_dialect_that_is_given_is_not_asked_for() -> None:
    """Nothing is sent to find it."""
    server = Server(GOOD)
    for dialect in ("current", "2014"):
        async with server.monasca(dialect=dialect) as client:
            assert client.dialect == dialect
            assert await client.find_dialect() == dialect
    assert server.seen == []


@pytest.mark.parametrize(("answer", "expected"), [(OF_2014, "2014"), (CURRENT, "current")])
async def test_the_dialect_is_found_by_one_request(answer: httpx.Response, expected: str) -> None:
    """Before the first call, once for a client and its siblings; it can be asked what was found."""
    server = Server(answer, GOOD)
    async with server.monasca(dialect="auto") as client:
        sibling = client.with_options(retry=RetryPolicy(attempts=1))
        assert client.dialect is None
        await sibling.request("GET", "/alarms")
        await client.request("GET", "/alarms")
        assert client.dialect == sibling.dialect == expected
        assert await client.find_dialect() == expected
    assert server.seen == ["GET /versions", "GET /alarms", "GET /alarms"]


async def test_many_calls_ask_once() -> None:
    """Fifty calls at once wait for the one that asks."""
    server = Server(OF_2014, GOOD)
    async with server.monasca(dialect="auto") as client, anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(client.request, "GET", "/alarms")
    assert server.seen == ["GET /versions"] + ["GET /alarms"] * 50


async def test_a_failure_is_not_kept() -> None:
    """It is told to those who waited for it; the next call asks again."""
    server = Server(httpx.Response(500), CURRENT, GOOD)
    errors: list[ServerError] = []
    async with server.monasca(dialect="auto", retry=RetryPolicy(attempts=1)) as client:

        async def call() -> None:
            try:
                await client.request("GET", "/alarms")
            except ServerError as error:
                errors.append(error)

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(call)
        assert server.seen == ["GET /versions"]
        assert len({id(error) for error in errors}) == 5
        assert client.dialect is None
        await client.request("GET", "/alarms")
    assert server.seen == ["GET /versions", "GET /versions", "GET /alarms"]


async def test_one_that_waits_takes_over_from_one_that_is_cancelled() -> None:
    """Cancelling the call that asks fails no other."""
    asked = anyio.Event()
    cloud = Cloud(monasca=lambda request: CURRENT if "/versions" in request.url.path else GOOD)
    answer = cloud.answer

    async def slow(request: httpx.Request) -> httpx.Response:
        if "/versions" in request.url.path and not asked.is_set():
            asked.set()
            await anyio.sleep_forever()
        return await answer(request)

    cloud.answer = slow  # type: ignore[method-assign] # one request of it waits
    first = anyio.CancelScope()
    async with cloud.client(BASE, dialect="auto") as client, anyio.create_task_group() as group:

        async def ask() -> None:
            with first:
                await client.find_dialect()

        group.start_soon(ask)
        await asked.wait()
        group.start_soon(client.request, "GET", "/alarms")
        await anyio.wait_all_tasks_blocked()
        first.cancel()
    assert first.cancelled_caught
    assert client.dialect == "current"
    assert cloud.seen[-1] == f"GET {BASE}/alarms"


async def test_an_answer_that_is_no_list_decides_nothing() -> None:
    """Something else than Monasca answers there."""
    async with Server(httpx.Response(200, json={"hello": 1})).monasca(dialect="auto") as client:
        with pytest.raises(DecodeError, match="no list of versions"):
            await client.find_dialect()
        assert client.dialect is None
