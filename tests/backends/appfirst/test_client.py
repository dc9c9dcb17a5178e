"""The client: its credentials, its settings, what it says when it is refused, and what it never shows."""

from __future__ import annotations

import logging
import pickle
import traceback
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.backends.appfirst.server import ALERT, API_KEY, BASE, EMAIL, Server, page

from tocsin import AppFirstClient, TocsinError
from tocsin.appfirst import Subscriber, basic_auth
from tocsin.errors import (
    AuthError,
    BadRequestError,
    ConfigError,
    DecodeError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RateLimitedError,
    RedirectError,
    ServerError,
)

pytestmark = pytest.mark.anyio

BASIC = b64encode(f"{EMAIL}:{API_KEY}".encode()).decode()
SECRET = "a-secret-of-the-subscriber"
AUTH = basic_auth("caller", SECRET)


async def test_signs_by_basic_auth() -> None:
    """Every request has the address and key in its Authorization, and asks for version 5."""
    server = Server(httpx.Response(200, json=ALERT))
    async with server.client() as appfirst:
        await appfirst.alerts.get(1)
        await appfirst.request("GET", "/alerts/1/")
    assert [each.headers["authorization"] for each in server.requests] == [f"Basic {BASIC}"] * 2
    assert {each.headers["accept"] for each in server.requests} == {"application/json; version=5"}


async def test_other_version_by_a_header() -> None:
    """A user's own Accept goes before ours."""
    server = Server(httpx.Response(200, json=ALERT))
    async with server.client(headers={"Accept": "application/json; version=4"}) as appfirst:
        await appfirst.alerts.get(1)
    assert server.requests[0].headers["accept"] == "application/json; version=4"


async def test_refusal_is_final() -> None:
    """A 401 is asked for once, and the error says what is wrong and what the server said."""
    server = Server(httpx.Response(401, json={"detail": "Invalid username/password"}))
    async with server.client() as appfirst:
        with pytest.raises(AuthError, match=r"e-mail address and API key.*Invalid username/password") as caught:
            await appfirst.alerts.get(1)
    assert (caught.value.status, len(server.requests)) == (401, 1)


async def test_refusal_that_passes() -> None:
    """A refusal that was a proxy's, say, does not keep later calls from being made."""
    server = Server(httpx.Response(401), httpx.Response(200, json=ALERT))
    async with server.client() as appfirst:
        with pytest.raises(AuthError):
            await appfirst.alerts.get(1)
        assert (await appfirst.alerts.get(1)).id == ALERT["id"]
    assert {each.headers["authorization"] for each in server.requests} == {f"Basic {BASIC}"}


CREDENTIALS: list[tuple[Any, Any, str]] = [
    ("", API_KEY, "email must be a str, and not empty"),
    (None, API_KEY, "email must be a str"),
    ("a:b@example.org", API_KEY, 'email must not have a ":"'),
    (EMAIL, "", "api_key must be a str, and not empty"),
    (EMAIL, f"{API_KEY}\n", "api_key has a character"),
    (EMAIL, API_KEY.encode(), "api_key must be a str"),
    (f"{EMAIL} ", API_KEY, "email has a character"),
]


@pytest.mark.parametrize(("email", "api_key", "why"), CREDENTIALS)
def test_credentials_that_cannot_work(email: Any, api_key: Any, why: str) -> None:
    """What HTTP Basic cannot carry is refused, and not shown."""
    with pytest.raises(ConfigError, match=why) as caught:
        AppFirstClient(BASE, email=email, api_key=api_key)
    assert API_KEY not in str(caught.value)
    assert EMAIL not in str(caught.value)


async def test_key_of_any_letters() -> None:
    """A login password, which the API takes, too, may have letters of all kinds: they are sent as UTF-8."""
    server = Server(httpx.Response(200, json=ALERT))
    async with server.client(api_key="pässword:with colons") as appfirst:
        await appfirst.alerts.get(1)
    expected = b64encode(f"{EMAIL}:pässword:with colons".encode()).decode()
    assert server.requests[0].headers["authorization"] == f"Basic {expected}"


def test_from_env(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three variables make a client; without one of them the error names it, and no other's value."""
    monkeypatch.setenv("APPFIRST_BASE_URL", f"{BASE}/")
    monkeypatch.setenv("APPFIRST_EMAIL", EMAIL)
    monkeypatch.setenv("APPFIRST_API_KEY", API_KEY)
    assert AppFirstClient.from_env().base_url == BASE
    for name in ("APPFIRST_BASE_URL", "APPFIRST_EMAIL", "APPFIRST_API_KEY"):
        with monkeypatch.context() as without:
            without.delenv(name)
            with pytest.raises(ConfigError, match=f"AppFirstClient needs {name}$"):
                AppFirstClient.from_env()


def test_from_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile makes a client; the key must come by reference."""
    config = tmp_path / "tocsin.toml"
    lines = ["[profiles.af]", 'backend = "appfirst"', f'base_url = "{BASE}"', f'email = "{EMAIL}"']
    config.write_text("\n".join([*lines, 'api_key = { env = "KEY_OF_AF" }']))
    monkeypatch.setenv("KEY_OF_AF", API_KEY)
    assert AppFirstClient.from_profile("af", config).base_url == BASE
    config.write_text("\n".join([*lines, f'api_key = "{API_KEY}"']))
    with pytest.raises(ConfigError, match="secret written out"):
        AppFirstClient.from_profile("af", config)
    config.write_text("\n".join(lines))
    with pytest.raises(ConfigError, match="needs api_key"):
        AppFirstClient.from_profile("af", config)


BODIES: list[tuple[Any, str, dict[str, list[str]]]] = [
    ({"detail": "No."}, "HTTP 400: No.", {"": ["No."]}),
    ({"details": "No."}, "HTTP 400: No.", {"": ["No."]}),
    ({"error": "No."}, "HTTP 400: No.", {"": ["No."]}),
    ({"message": "No."}, "HTTP 400: No.", {"": ["No."]}),
    ({"name": ["Too long.", "Bad."]}, "HTTP 400: name: Too long.; name: Bad.", {"name": ["Too long.", "Bad."]}),
    ({"error": {"name": "Bad."}}, "HTTP 400: name: Bad.", {"": ["name: Bad."]}),
    ({"detail": None, "name": []}, "HTTP 400", {}),
    ("No.", "HTTP 400: No.", {"": ["No."]}),
    (["No."], "HTTP 400: No.", {"": ["No."]}),
]


@pytest.mark.parametrize(("body", "message", "errors"), BODIES)
async def test_error_bodies(body: Any, message: str, errors: dict[str, list[str]]) -> None:
    """Whatever shape a refusal has, its sentence and its fields are read."""
    async with Server(httpx.Response(400, json=body)).client() as appfirst:
        with pytest.raises(BadRequestError) as caught:
            await appfirst.alerts.update(1, name="n")
    assert (caught.value.message, caught.value.errors) == (message, errors)


@pytest.mark.parametrize("text", ["plain trouble", "<h1>plain trouble</h1>", ""])
async def test_error_bodies_of_text(text: str) -> None:
    """A refusal that is no JSON is told as it begins."""
    async with Server(httpx.Response(400, text=text)).client() as appfirst:
        with pytest.raises(BadRequestError) as caught:
            await appfirst.alerts.get(1)
    assert caught.value.message == (f"HTTP 400: {text}" if text else "HTTP 400")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, RedirectError),
        (400, BadRequestError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (429, RateLimitedError),
        (500, ServerError),
        (503, ServerError),
    ],
)
async def test_statuses(status: int, error: type[TocsinError]) -> None:
    """Each status has its error."""
    headers = {"retry-after": "999"} if status == 429 else {}
    async with Server(httpx.Response(status, headers=headers)).client() as appfirst:
        with pytest.raises(error):
            await appfirst.alerts.get(1)


async def test_answer_that_is_no_json() -> None:
    """A page of HTML in place of an answer asks after the base URL."""
    async with Server(httpx.Response(200, html="<html>")).client() as appfirst:
        with pytest.raises(DecodeError, match="is the base URL right"):
            await appfirst.alerts.list().first()


async def outcome(call: Any) -> list[str]:
    """All that can be seen of a failed call, and of what the client's own frames keep."""
    try:
        await call
    except TocsinError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        ours = [repr(frame.locals) for frame in shown.stack if "tocsin" in Path(frame.filename).parts]
        assert ours
        return [str(error), repr(error), repr(pickle.dumps(error)), *ours]
    pytest.fail("the call worked")


ECHO = f"not {EMAIL} nor {API_KEY} nor {BASIC} nor {AUTH} nor {SECRET}"
FAILURES: dict[str, Any] = {
    "400": httpx.Response(400, text=ECHO),
    "401": httpx.Response(401, json={"detail": ECHO}),
    "403": httpx.Response(403, json={"users": [ECHO]}),
    "500": httpx.Response(500, html=ECHO),
    "lost": httpx.ReadError(ECHO),
    "html": httpx.Response(200, html=ECHO),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_secrets_are_not_shown(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither half of the credentials, nor both in base64, nor what subscribers sign with, even if echoed."""
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    async with Server(FAILURES[name]).client(observer=lambda event: told.append(repr(event))) as appfirst:
        one = Subscriber("http://x/", AUTH)
        told += await outcome(appfirst.alerts.set_subscribers(1, [one]))
        told += [repr(appfirst), repr(appfirst.alerts), repr(one), caplog.text]
    shown = "".join(told)
    assert ("not ***" in shown) == (name != "lost")  # a lost answer has no words of the server
    for secret in (API_KEY, BASIC, AUTH, SECRET, EMAIL):
        assert secret not in shown


async def test_what_alerts_carry_is_not_shown() -> None:
    """An alert that was read shows its subscribers, and not what they sign with, whoever prints it."""
    said = {**ALERT, "subscribers": [{"url": "http://x/", "auth": AUTH, "type": "get", "event": "BOTH"}]}
    async with Server(httpx.Response(200, json=said)).client() as appfirst:
        alert = await appfirst.alerts.get(1)
    assert alert.subscribers[0].auth == AUTH
    assert "http://x/" in repr(alert)
    assert AUTH not in repr(alert) + str(alert) + repr(alert.subscribers[0].__rich_repr__())


async def test_malformed_subscriber_is_not_shown() -> None:
    """The error for a subscriber that cannot be read says where it is, and not what."""
    said = {**ALERT, "subscribers": [{"url": 7, "auth": AUTH}]}
    async with Server(httpx.Response(200, json=said)).client() as appfirst:
        shown = await outcome(appfirst.alerts.get(1))
    assert AUTH not in "".join(shown)
    assert "subscribers" in shown[0]


@pytest.mark.parametrize("auth", ["user:password-in-clear", "cGFzc3dvcmQtYWxvbmU="])
async def test_auth_that_is_refused_is_not_shown(auth: str) -> None:
    """An `auth` that is not as it must be is refused without being shown."""
    async with Server(page()).client() as appfirst:
        with pytest.raises(InputError, match="in base64") as caught:
            await appfirst.alerts.set_subscribers(1, [Subscriber("http://x/", auth)])
    assert auth not in str(caught.value)


async def test_siblings_share_the_token() -> None:
    """A client with other options signs the same."""
    server = Server(httpx.Response(200, json=ALERT))
    async with server.client() as appfirst:
        await appfirst.with_options(headers={"X-Other": "1"}).alerts.get(1)
    assert server.requests[0].headers["authorization"] == f"Basic {BASIC}"
    assert server.requests[0].headers["accept"] == "application/json; version=5"


async def test_many_subscribers_do_not_uncover_the_key() -> None:
    """However many secrets of subscribers are written, the account's own stay hidden."""
    many = [Subscriber(f"https://{n}.test/", auth=basic_auth("user", f"password-{n}")) for n in range(99)]
    echo = httpx.Response(400, json={"detail": f"{EMAIL} {API_KEY} {BASIC} {many[-1].auth}"})
    server = Server(httpx.Response(200, json=ALERT), echo)
    async with server.client() as appfirst:
        await appfirst.alerts.set_subscribers(1, many)
        with pytest.raises(BadRequestError) as caught:
            await appfirst.alerts.get(1)
    assert caught.value.message == "HTTP 400: *** *** *** ***"
    assert caught.value.body == b'{"detail":"*** *** *** ***"}'
