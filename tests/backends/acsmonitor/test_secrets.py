"""No secret in whatever a client of ACS Monitor shows."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import httpx
import pytest
from tests.backends.acsmonitor.server import ACCOUNT, PASSWORD, TOKEN, Server, says, signed_in

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.acsmonitor.auth import AcsPassword
from tocsin.errors import TocsinError
from tocsin.options import RetryPolicy
from tocsin.transport.observe import Event

pytestmark = pytest.mark.anyio

WEBHOOK = "wh/secret token"
#: As they are, and as they stand in a URL and in JSON.
SECRETS = [
    PASSWORD,
    TOKEN,
    TOKEN.replace("|", "%7C"),
    WEBHOOK,
    "wh%2Fsecret%20token",
    "wh%2Fsecret+token",
    "wh\\/secret token",
]

Call = Callable[[AcsMonitorClient], Awaitable[object]]
CALLS: list[Call] = [
    lambda acs: acs.login(),
    lambda acs: acs.logout(),
    lambda acs: acs.me(),
    lambda acs: acs.devices.list(search="core").first(),
    lambda acs: acs.webhook_ingest(WEBHOOK, {"up": True}),
    lambda acs: acs.monitors.create(name="m", type="ping"),
]


def told_of(error: TocsinError) -> list[str]:
    """All that can be seen of an error, the variables of the client's frames included."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [frame for frame in shown.stack if "tocsin" in Path(frame.filename).parts]
    assert ours
    return [
        *[repr(frame.locals) for frame in ours],
        str(error),
        repr(error),
        repr(error.__dict__),
        repr(pickle.dumps(error)),
        repr(copy.copy(error).__dict__),
        "".join(traceback.format_exception(error)),
    ]


def echo(request: httpx.Request) -> str:
    """All that the server was told."""
    sent = f"{request.url} {request.url.path} {request.headers.get('authorization')} {request.content.decode()}"
    return f"{sent} {sent!r}"


def _lost(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError(echo(request))


ANSWERS: list[Callable[[httpx.Request], httpx.Response]] = [
    lambda request: says({"message": echo(request), "errors": {"x": [echo(request)]}}, 422),
    lambda request: says({"message": echo(request)}, 401),
    lambda request: httpx.Response(500, text=echo(request)),
    lambda request: httpx.Response(404, html=f"<title>{echo(request)}</title>"),
    lambda request: httpx.Response(200, text=echo(request)),
    lambda request: httpx.Response(302, headers={"location": f"/login?token={TOKEN}"}),
    lambda request: httpx.Response(200, json={"data": [echo(request)], "id": None}),
    _lost,
]


@pytest.mark.parametrize("number", range(len(ANSWERS)))
@pytest.mark.parametrize("account", [False, True])
async def test_server_that_repeats_all(number: int, account: bool, caplog: pytest.LogCaptureFixture) -> None:
    """A server that repeats all that it was sent puts no secret into an error, an event, a record or a repr."""
    caplog.set_level(logging.DEBUG, "tocsin")
    told: list[str] = []
    events: list[Event] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if account and request.url.path.endswith("/auth/login") and len(server.requests) < 3:
            return signed_in()
        return ANSWERS[number](request)

    server = Server(answer)
    credentials = ACCOUNT if account else {"token": TOKEN}
    once = RetryPolicy(attempts=1)
    async with server.client(observer=events.append, retry=once, **credentials) as acs:
        for call in CALLS:
            try:
                await call(acs)
            except TocsinError as error:
                told += told_of(error)
        told += [repr(acs), str(acs), repr(acs.webhooks(1)), repr(acs.__dict__)]
    told += [repr(event) for event in events]
    told += [logging.Formatter().format(record) + repr(record.__dict__) for record in caplog.records]
    assert len(told) > 30
    for text in told:
        assert not any(secret in text for secret in SECRETS), text


def test_credentials_hide_the_password() -> None:
    """A repr of what signs in shows the address alone."""
    shown = repr(AcsPassword(**ACCOUNT))
    assert ACCOUNT["email"] in shown
    assert PASSWORD not in shown


async def test_token_of_a_webhook_is_one_part_of_the_path() -> None:
    """A token stays in its place, and nothing else of the client goes there."""
    server = Server(says({}))
    async with server.client() as acs:
        await acs.webhook_ingest(WEBHOOK, {})
    assert server.requests[0].url.raw_path == b"/api/v1/webhook-ingest/wh%2Fsecret%20token"
    assert "authorization" not in server.requests[0].headers


async def test_many_webhooks_push_out_no_secret() -> None:
    """Reports to a hundred webhooks at once show none of their tokens, and the client's own stays hidden."""
    events: list[Event] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/auth/login"):
            return signed_in()
        if "webhook-ingest" in request.url.path:
            return says({})
        return says({"message": echo(request) + PASSWORD}, 422)

    server = Server(answer)
    async with server.client(observer=events.append, **ACCOUNT) as acs:
        await acs.login()
        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(acs.webhook_ingest, f"wh-token-{number:04}", {})
        with pytest.raises(TocsinError) as caught:
            await acs.devices.get(42)
    assert sum(event.url.endswith("/webhook-ingest/***") for event in events) == 100
    assert not [event for event in events if "wh-token" in repr(event)]
    assert not [text for text in told_of(caught.value) if TOKEN in text or PASSWORD in text]


async def test_token_goes_to_its_origin_alone() -> None:
    """Whatever a page links to, the token goes where the client was told."""
    rows = says({"data": [{"id": 1}], "next_page_url": "http://elsewhere.test/api/v1/devices?page=2"})
    server = Server(rows, says({"data": []}))
    async with server.client() as acs:
        await acs.devices.list().collect()
    assert {str(request.url.host) for request in server.requests} == {"monitoring.example.com"}
    assert {request.url.scheme for request in server.requests} == {"https"}
