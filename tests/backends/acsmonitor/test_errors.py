"""What the client makes of refusals, and of answers that are no answers of ACS Monitor."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import httpx
import pytest
from tests.backends.acsmonitor.server import ACCOUNT, API, EVENT, MONITOR, Server, says

from tocsin.acsmonitor.errors import explain, judge_at
from tocsin.errors import (
    AuthError,
    BadRequestError,
    DecodeError,
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    RedirectError,
    ServerError,
    StatusError,
)
from tocsin.options import RetryPolicy
from tocsin.transport.messages import Headers, Request
from tocsin.transport.wire import Answer

pytestmark = pytest.mark.anyio

NAME = "The name field is required."
SHAPES: list[tuple[Any, str, dict[str, list[str]]]] = [
    ({"message": "Unauthenticated."}, "Unauthenticated.", {}),
    ({"message": NAME, "errors": {"name": [NAME]}}, NAME, {"name": [NAME]}),
    (
        {"message": f"{NAME} (and 1 more error)", "errors": {"name": [NAME], "port": ["no"]}},
        f"{NAME} (and 1 more error); name: {NAME}; port: no",
        {"name": [NAME], "port": ["no"]},
    ),
    ({"errors": {"name": "no"}}, "name: no", {"name": ["no"]}),
    ({"message": None, "errors": ["no"]}, "", {}),
    ({"error": "no"}, "", {}),
    ("Too Many Attempts.", "Too Many Attempts.", {}),
    (["no"], "['no']", {}),
]


@pytest.mark.parametrize(("body", "message", "errors"), SHAPES)
def test_shapes(body: Any, message: str, errors: dict[str, list[str]]) -> None:
    """An error body becomes a sentence, and messages by field; one of another shape breaks nothing."""
    assert explain(body) == (message, errors)


async def test_refusal_tells_by_field() -> None:
    """A 422 is a BadRequestError with its messages by field, and the request."""
    server = Server(says({"message": NAME, "errors": {"name": [NAME]}}, 422))
    async with server.client() as acs:
        with pytest.raises(
            BadRequestError, match=r"HTTP 422: The name field is required\. \(POST .*/api/v1/monitors\)"
        ) as caught:
            await acs.monitors.create(name="m", type="ping")
    assert caught.value.errors == {"name": [NAME]}


async def test_forbidden() -> None:
    """A 403 is a ForbiddenError, and no reason to sign in again."""
    server = Server(says({"message": "This action is unauthorized."}, 403))
    async with server.client(token="1|abc123", **ACCOUNT) as acs:
        with pytest.raises(ForbiddenError, match="This action is unauthorized"):
            await acs.system.health()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        says({"message": "Too Many Attempts."}, 429, retry_after="500"),
        httpx.Response(429, text="Too Many Attempts.", headers={"retry-after": "500"}),
        httpx.Response(429, html="Too Many Attempts.", headers={"retry-after": "500"}),
        httpx.Response(429, json="Too Many Attempts.", headers={"retry-after": "500"}),
    ],
)
async def test_throttled_for_longer_than_is_allowed(answer: httpx.Response) -> None:
    """A 429 is a RateLimitedError that tells how long to wait, also where its body is plain text of any type."""
    server = Server(answer)
    async with server.client() as acs:
        with pytest.raises(RateLimitedError, match="Too Many Attempts") as caught:
            await acs.devices.get(42)
    assert caught.value.retry_after == 500
    assert len(server.requests) == 1


async def test_server_error_of_html() -> None:
    """A 5xx is HTML as often as not: its title is the message, and the base URL is not blamed."""
    server = Server(httpx.Response(503, html="<html><title> Service\nUnavailable </title>"))
    async with server.client(retry=RetryPolicy(attempts=1)) as acs:
        with pytest.raises(ServerError) as caught:
            await acs.devices.get(42)
    assert caught.value.message == "HTTP 503: Service\nUnavailable"


ODD: list[tuple[httpx.Response, type[Exception], str]] = [
    (httpx.Response(302, headers={"location": "/login"}), RedirectError, "redirected to '/login'"),
    (
        httpx.Response(301, headers={"location": "https://x.test/?t=1"}, html="<title>301 Moved</title>"),
        RedirectError,
        "HTTP 301: redirected to 'https://x.test/'; redirects are not followed",
    ),
    (httpx.Response(200, html="<title>ACS Monitor</title>"), DecodeError, "the answer is HTML"),
    (httpx.Response(404, html="<title>Not Found</title>"), NotFoundError, "HTTP 404: Not Found"),
    (httpx.Response(404, html="<p>nothing"), NotFoundError, "HTTP 404: an HTML page"),
    (httpx.Response(405, html="<p>nothing"), StatusError, "HTTP 405: an HTML page"),
]


@pytest.mark.parametrize(("answer", "kind", "why"), ODD)
async def test_wrong_base_url(answer: httpx.Response, kind: type[Exception], why: str) -> None:
    """What is no answer of the API names the base URL, and is not followed."""
    server = Server(answer)
    async with server.client("https://monitoring.example.com/app") as acs:
        for call in (acs.devices.list().first, lambda: acs.devices.get(42), lambda: acs.devices.delete(42)):
            with pytest.raises(
                kind, match=rf"{why}.*It is https://monitoring\.example\.com/app/api/v1, and should"
            ):
                await call()
    assert len(server.requests) == 3


def test_page_that_is_all_titles() -> None:
    """A page is looked through once, whatever is in it: here once for each title would take hours."""
    headers = Headers([(b"content-type", b"Text/HTML")])
    answer = Answer(500, headers, b"<title>" * 1_000_000)
    verdict = judge_at(API)(Request("GET", "/devices"), answer)
    assert verdict is not None
    assert verdict.error.message == "HTTP 500: an HTML page"


@pytest.mark.parametrize("status", [200, 204])
async def test_empty_answer_is_no_page(status: int) -> None:
    """What answers nothing has done what it was told: PHP calls that HTML, as all that has no type."""
    nothing = httpx.Response(status, headers={"content-type": "text/html; charset=UTF-8"})
    server = Server(nothing, nothing, nothing, nothing, says(EVENT), nothing)
    async with server.client() as acs:
        await acs.devices.delete(42)
        assert await acs.alert_channels.test(1) == {}
        assert await acs.webhook_ingest("wh-token-1", {}) == {}
        assert (await acs.alert_events.resolve(9821)).id == 9821
        await acs.logout()
        with pytest.raises(AuthError):
            await acs.devices.get(42)
    assert len(server.requests) == 6


async def test_empty_answer_is_no_thing() -> None:
    """Where a thing or a page is asked for, nothing is a DecodeError."""
    server = Server(httpx.Response(200, headers={"content-type": "text/html; charset=UTF-8"}))
    async with server.client() as acs:
        for call in (acs.devices.list().first, lambda: acs.devices.get(42), acs.system.health):
            with pytest.raises(DecodeError):
                await call()


async def test_sign_in_at_a_wrong_base_url() -> None:
    """A sign-in that is led elsewhere names the base URL, too, and goes nowhere else."""
    server = Server(httpx.Response(302, headers={"location": "https://elsewhere.test/login"}))
    async with server.client(**ACCOUNT) as acs:
        with pytest.raises(RedirectError, match="is the base URL right"):
            await acs.login()
    assert {request.url.host for request in server.requests} == {"monitoring.example.com"}


async def test_refused_in_html() -> None:
    """A 401 is one, whatever its body."""
    server = Server(httpx.Response(401, html="<title>Unauthorized</title>"))
    async with server.client() as acs:
        with pytest.raises(AuthError, match="Unauthorized"):
            await acs.devices.get(42)


async def test_cut_off_answer() -> None:
    """JSON that ends too early is a DecodeError with the request."""
    server = Server(httpx.Response(200, content=b'{"id": 42, "na', headers={"content-type": "application/json"}))
    async with server.client() as acs:
        with pytest.raises(DecodeError, match=r"not whole JSON.*GET .*/devices/42"):
            await acs.devices.get(42)


@pytest.mark.parametrize(
    ("thing", "path"),
    [
        ({"name": "x"}, "$"),
        ({**MONITOR, "port": "x"}, "$.port"),
        ({"data": {**MONITOR, "id": None}}, "$.id"),
        ([1], "$"),
    ],
)
async def test_thing_that_cannot_be_read(thing: Any, path: str) -> None:
    """A thing of another shape is a DecodeError that says where."""
    server = Server(says(thing))
    async with server.client() as acs:
        with pytest.raises(DecodeError) as caught:
            await acs.monitors.get(117)
    assert caught.value.path == path


async def test_nulls_and_what_is_missing() -> None:
    """All but ids and names may be null, all but ids missing, and what is new is passed over."""
    nothing = dict.fromkeys(MONITOR) | {"id": 117, "name": "m", "tags": ["new"]}
    server = Server(says(nothing), says({"id": 117}), says({"id": 9821, "device": {"id": 1}}), says({}))
    async with server.client() as acs:
        full, empty = await acs.monitors.get(117), await acs.monitors.get(117)
        event = await acs.alert_events.get(9821)
        queued = await acs.monitors.check(117)
    assert (full.response_time_ms, full.last_checked_at, full.status, full.config) == (None,) * 4
    assert (empty.name, empty.port) == ("", None)
    assert event.subject == event.device
    assert (queued.queued, queued.job_id) == (None, None)


async def test_empty_config() -> None:
    """PHP writes an empty object as an empty array; an array with something in it is none."""
    server = Server(
        says({"id": 117, "config": []}), says({"id": 117, "config": [1]}), says({"id": 1, "config": 7})
    )
    async with server.client() as acs:
        assert (await acs.monitors.get(117)).config == {}
        for _ in range(2):
            with pytest.raises(DecodeError, match="expected an object") as caught:
                await acs.monitors.get(117)
            assert caught.value.path == "$.config"


@pytest.mark.parametrize("text", ["2026-04-22T10:15:01.500Z", "2026-04-22T12:15:01.5+02:00"])
async def test_times(text: str) -> None:
    """Times come with fractions and with offsets: they are aware."""
    server = Server(says({"id": 117, "last_checked_at": text}))
    async with server.client() as acs:
        when = (await acs.monitors.get(117)).last_checked_at
    assert when is not None
    assert when.astimezone(UTC).isoformat() == "2026-04-22T10:15:01.500000+00:00"


async def test_a_time_without_a_zone_is_no_time() -> None:
    """No naive time is handed out: the error says where it stands."""
    server = Server(says({"id": 117, "last_checked_at": "2026-04-22T10:15:01"}))
    async with server.client() as acs:
        with pytest.raises(DecodeError, match="timezone") as caught:
            await acs.monitors.get(117)
    assert caught.value.path == "$.last_checked_at"
