"""Tokens: renewed, given up, stored, and never shown."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from tests.backends.argus.server import TOKEN, Server

from tocsin.argus import ArgusClient
from tocsin.errors import AuthError, ConfigError, DecodeError, InputError, ServerError, TocsinError
from tocsin.options import RetryPolicy
from tocsin.transport.credentials import Token

ME = {"username": "alice", "admin_url": None}
PASSWORD = "a-secret-of-alice"

pytestmark = pytest.mark.anyio


def issue(number: int, hours: float = 10) -> httpx.Response:
    """A new token, as the server gives it out."""
    now = datetime.now(UTC).replace(microsecond=0)
    headers = {"date": now.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    expiry = (now + timedelta(hours=hours)).isoformat()
    return httpx.Response(200, json={"token": f"new-token-{number}", "expiry": expiry}, headers=headers)


def signed(server: Server) -> list[str | None]:
    """What each request was signed with."""
    return [each.headers.get("authorization") for each in server.requests]


async def test_refresh_installs_the_new_token() -> None:
    """A refresh has an empty body and the old token; on_token and all later calls get the new one."""
    kept: list[Token] = []
    server = Server(issue(1), httpx.Response(200, json=ME))
    first = Token(TOKEN, datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1))
    async with server.client(token=first, on_token=kept.append) as argus:
        token = await argus.tokens.refresh()
        await argus.users.me()
    assert server.requests[0].content == b""
    assert signed(server) == [f"Token {TOKEN}", "Token new-token-1"]
    assert kept == [token]
    assert token.expires_at is not None


async def test_refreshes_at_once_are_one() -> None:
    """A refresh while another one runs waits for it, and gives the same token."""
    server = Server(issue(1), issue(2))
    tokens: list[Token] = []
    async with server.client() as argus:

        async def refresh() -> None:
            tokens.append(await argus.tokens.refresh())

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(refresh)
    assert len(server.requests) == 1
    assert {token.value for token in tokens} == {"new-token-1"}


async def test_refusal_reaches_all_who_wait() -> None:
    """A refresh that is refused is refused for those who waited for it, and says that it is too late."""
    server = Server(httpx.Response(403, json={"detail": "Invalid token."}))
    errors: list[AuthError] = []
    async with server.client() as argus:

        async def refresh() -> None:
            try:
                await argus.tokens.refresh()
            except AuthError as error:
                errors.append(error)

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(refresh)
    assert len(server.requests) == 1
    assert [error.status for error in errors] == [403] * 3
    assert "only while it works" in str(errors[0])


async def test_expired_token_says_so() -> None:
    """A token that the server refuses cannot be renewed, which the error says; it is not asked again and again."""
    server = Server(httpx.Response(401, json={"detail": "Invalid token."}))
    async with server.client() as argus:
        with pytest.raises(AuthError, match=r"expired or was revoked.*Invalid token"):
            await argus.users.me()
    assert len(server.requests) == 1


async def test_given_token_is_exchanged_for_one_that_is_kept() -> None:
    """With on_token, a token of unknown expiry is exchanged at the first call."""
    kept: list[Token] = []
    server = Server(issue(1), httpx.Response(200, json=ME))
    async with server.client(on_token=kept.append) as argus:
        await argus.users.me()
    assert signed(server) == [f"Token {TOKEN}", "Token new-token-1"]
    assert [token.value for token in kept] == ["new-token-1"]


async def test_password_signs_in_again() -> None:
    """With a password, a refused token is followed by a new sign-in, and the call goes on."""
    refused = httpx.Response(401, json={"detail": "Invalid token."})
    server = Server(issue(1), refused, issue(2), httpx.Response(200, json=ME))
    async with server.client(username="alice", password=PASSWORD) as argus:
        assert (await argus.users.me()).username == "alice"
    assert signed(server) == [None, "Token new-token-1", None, "Token new-token-2"]


async def test_login_leaves_the_client_alone() -> None:
    """A login for somebody gives a token; the client goes on with its own."""
    server = Server(issue(1), httpx.Response(200, json=ME))
    async with server.client() as argus:
        token = await argus.tokens.login("bob", PASSWORD)
        await argus.users.me()
    assert token.value == "new-token-1"
    assert signed(server) == [None, f"Token {TOKEN}"]


async def test_logout_forgets_the_token() -> None:
    """After a logout the token is not sent any more."""
    server = Server(httpx.Response(204))
    async with server.client() as argus:
        await argus.tokens.logout()
        with pytest.raises(AuthError):
            await argus.users.me()
    assert server.seen == ["POST /auth/token/logout/"]


async def test_logout_all_has_no_slash() -> None:
    """The path of the logout of all tokens ends without a slash."""
    server = Server(httpx.Response(204))
    async with server.client() as argus:
        await argus.tokens.logout_all()
    assert server.seen == ["POST /auth/token/logoutall"]


async def test_legacy_refresh_installs_the_new_token() -> None:
    """A legacy refresh is used from then on and handed to on_token, for the old token is gone."""
    kept: list[Token] = []
    server = Server(httpx.Response(200, json={"token": "legacy-token-2"}), httpx.Response(200, json=ME))
    first = Token(TOKEN, datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1))
    async with server.client(token=first, on_token=kept.append) as argus:
        token = await argus.tokens.legacy_refresh()
        await argus.users.me()
    assert signed(server) == [f"Token {TOKEN}", "Token legacy-token-2"]
    assert kept == [token]


@pytest.mark.parametrize("status", [400, 403])
async def test_legacy_login_refused(status: int) -> None:
    """A legacy login that is refused is an AuthError."""
    server = Server(httpx.Response(status, json={"non_field_errors": ["Unable to log in."]}))
    async with server.client() as argus:
        with pytest.raises(AuthError, match="Unable to log in") as caught:
            await argus.tokens.legacy_login("alice", PASSWORD)
    assert caught.value.status == status


LOGINS: dict[str, Callable[[ArgusClient], Awaitable[Token]]] = {
    "login": lambda argus: argus.tokens.login("alice", PASSWORD),
    "legacy_login": lambda argus: argus.tokens.legacy_login("alice", PASSWORD),
    "legacy_refresh": lambda argus: argus.tokens.legacy_refresh(),
    "refresh": lambda argus: argus.tokens.refresh(),
}


@pytest.mark.parametrize("name", LOGINS)
async def test_answer_that_should_bring_a_token_is_not_shown(name: str) -> None:
    """Of an answer that is no JSON the error shows nothing: there may be a token in it."""
    server = Server(httpx.Response(200, text='token = "cafe-0123"'))
    async with server.client() as argus:
        with pytest.raises(DecodeError) as caught:
            await LOGINS[name](argus)
    assert caught.value.excerpt == ""
    assert "cafe-0123" not in str(caught.value)
    if name != "refresh":  # asked for by the token cache, on behalf of whichever call comes
        assert (caught.value.method, caught.value.url) == ("POST", str(server.requests[0].url))


@pytest.mark.parametrize("name", ["login", "legacy_login"])
@pytest.mark.parametrize(
    "answer", [httpx.Response(403, json={"detail": "no"}), httpx.Response(418), httpx.Response(200, text="no")]
)
async def test_traceback_of_a_login_has_no_password(name: str, answer: httpx.Response) -> None:
    """No frame of the client that an error keeps has the password among its variables."""
    async with Server(answer).client() as argus:
        try:
            await LOGINS[name](argus)
        except TocsinError as error:
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        else:
            pytest.fail("the login worked")
    ours = [frame for frame in shown.stack if "tocsin" in Path(frame.filename).parts]
    assert ours
    assert not [frame for frame in ours if PASSWORD in repr(frame.locals)]


@pytest.mark.parametrize("name", ["login", "legacy_login"])
@pytest.mark.parametrize("password", ["", None, b"bytes-of-a-secret"])
async def test_password_that_is_none(name: str, password: Any) -> None:
    """What cannot be a password is not sent, nor shown."""
    server = Server(issue(1))
    async with server.client() as argus:
        with pytest.raises(InputError, match="password must be a str, and not empty") as caught:
            await getattr(argus.tokens, name)("alice", password)
    assert (server.requests, "bytes-of" in str(caught.value)) == ([], False)


@pytest.mark.parametrize("name", LOGINS)
async def test_calls_for_tokens_take_call_options(name: str) -> None:
    """Whatever gets a token takes a call's own retries, headers and parameters."""
    calls: dict[str, Callable[..., Awaitable[Token]]] = {
        "login": lambda argus, **call: argus.tokens.login("alice", PASSWORD, **call),
        "legacy_login": lambda argus, **call: argus.tokens.legacy_login("alice", PASSWORD, **call),
        "legacy_refresh": lambda argus, **call: argus.tokens.legacy_refresh(**call),
        "refresh": lambda argus, **call: argus.tokens.refresh(**call),
    }
    server = Server(httpx.Response(503), issue(1))
    once = RetryPolicy(attempts=1)
    async with server.client() as argus:
        with pytest.raises(ServerError):
            await calls[name](argus, retry=once, extra_headers={"X-Trace": "1"}, extra_params={"debug": "1"})
    assert len(server.requests) == 1
    assert (server.requests[0].headers["x-trace"], server.requests[0].url.params["debug"]) == ("1", "1")


async def test_secrets_are_not_shown() -> None:
    """No password or token is in a repr, an error or an event, even where the server repeats it."""
    told: list[str] = []
    echo = httpx.Response(403, json={"detail": f"not {PASSWORD} nor {TOKEN}"})
    server = Server(echo)
    async with server.client(observer=lambda event: told.append(repr(event))) as argus:
        for call in (argus.tokens.login, argus.tokens.legacy_login):
            with pytest.raises(AuthError) as caught:
                await call("alice", PASSWORD)
            told.append(repr(caught.value) + str(caught.value))
        told.append(repr(argus) + repr(argus.tokens) + repr(Token(TOKEN)))
    shown = "".join(told)
    assert "Argus refused" in shown
    assert PASSWORD not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize(
    "credentials",
    [
        {"token": None},
        {"token": TOKEN, "username": "alice", "password": PASSWORD},
        {"username": "alice"},
        {"token": "with\n"},
    ],
)
async def test_credentials_that_cannot_work(credentials: dict[str, str]) -> None:
    """A client takes either a token or a name and a password, and shows neither."""
    with pytest.raises(ConfigError) as caught:
        Server(httpx.Response(200)).client(**{"token": None, **credentials})
    assert PASSWORD not in str(caught.value)
