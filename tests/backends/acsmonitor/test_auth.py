"""Signing in and out: when, how often, with what, and what a refusal means."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from tests.backends.acsmonitor.server import (
    ACCOUNT,
    DEVICE,
    PASSWORD,
    ROOT,
    TOKEN,
    UNAUTHENTICATED,
    Server,
    says,
    signed_in,
)

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.errors import (
    AuthError,
    ConfigError,
    DecodeError,
    RateLimitedError,
    StatusError,
    TocsinError,
)
from tocsin.options import RetryPolicy
from tocsin.transport.credentials import Token

pytestmark = pytest.mark.anyio


def accounts(*good: str) -> Callable[[httpx.Request], httpx.Response]:
    """Gives out tokens one after the other, and takes the newest alone; `good` are taken at first."""
    fine, given = list(good), 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal given
        if request.url.path.endswith("/auth/login"):
            given += 1
            fine[:] = [f"{given}|new-token"]
            return signed_in(fine[0])
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in fine:
            return says(UNAUTHENTICATED, 401)
        if request.url.path.endswith("/auth/logout"):
            fine.clear()
            return says({"message": "Logged out"})
        return says(DEVICE)

    return answer


async def test_first_call_signs_in() -> None:
    """Nobody has to call login: the first call signs in, and the second goes on with the token."""
    server = Server(accounts())
    async with server.client(**ACCOUNT) as acs:
        await acs.devices.get(42)
        await acs.devices.get(42)
    assert server.seen == ["POST /auth/login", "GET /devices/42", "GET /devices/42"]


async def test_refused_token_is_replaced_once() -> None:
    """A 401 is followed by one sign-in, and the call goes on; a post that was refused was not done."""
    server = Server(accounts())
    kept: list[Token] = []
    async with server.client(token="9|dead-token", on_token=kept.append, **ACCOUNT) as acs:
        await acs.monitors.create(name="m", type="ping")
    assert server.signed == ["Bearer 9|dead-token", None, "Bearer 1|new-token"]
    assert [token.value for token in kept] == ["1|new-token"]


async def test_given_token_is_used_first() -> None:
    """With a token, e-mail address and password are kept for later."""
    server = Server(accounts(TOKEN))
    async with server.client(token=Token(TOKEN), **ACCOUNT) as acs:
        await acs.devices.get(42)
    assert server.signed == [f"Bearer {TOKEN}"]


async def test_many_calls_sign_in_once() -> None:
    """A hundred calls on a dead token make one sign-in."""
    server = Server(accounts())
    async with server.client(token="9|dead-token", **ACCOUNT) as acs, anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(acs.devices.get, 42)
    assert server.seen.count("POST /auth/login") == 1


async def test_fresh_token_that_is_refused() -> None:
    """A token that is refused when it is fresh is an AuthError, and not a ring of sign-ins."""
    server = Server(signed_in(), says(UNAUTHENTICATED, 401), signed_in(), says(UNAUTHENTICATED, 401))
    async with server.client(**ACCOUNT) as acs:
        with pytest.raises(AuthError, match=r"a fresh token was refused: HTTP 401: Unauthenticated\."):
            await acs.devices.get(42)
    assert server.seen.count("POST /auth/login") == 2


@pytest.mark.parametrize(
    "answer",
    [
        says({"message": "These credentials do not match.", "errors": {"email": ["do not match"]}}, 422),
        says({"message": "These credentials do not match."}, 401),
    ],
)
async def test_wrong_password(answer: httpx.Response) -> None:
    """A wrong password is an AuthError, whichever of the two statuses says so, and is not tried again."""
    server = Server(answer)
    async with server.client(**ACCOUNT) as acs:
        with pytest.raises(AuthError, match=r"the e-mail address or the password: .*do not match") as caught:
            await acs.devices.get(42)
    assert caught.value.status == answer.status_code
    assert server.seen == ["POST /auth/login"]


async def test_wrong_password_after_a_refused_token() -> None:
    """When a token is refused and the password, too, the error has both reasons."""
    server = Server(says(UNAUTHENTICATED, 401), says({"message": "Wrong."}, 422))
    async with server.client(token="9|dead-token", **ACCOUNT) as acs:
        with pytest.raises(AuthError, match=r"Wrong\..*Unauthenticated"):
            await acs.devices.get(42)


async def test_other_trouble_with_signing_in() -> None:
    """What is no refusal comes as it is: a sign-in too many, a server that fails."""
    once = RetryPolicy(attempts=1)
    for status, kind in ((429, RateLimitedError), (500, StatusError)):
        server = Server(says({"message": "no"}, status, retry_after="7"))
        async with server.client(**ACCOUNT, retry=once) as acs:
            with pytest.raises(kind) as caught:
                await acs.devices.get(42)
        assert caught.value.signing_in


@pytest.mark.parametrize(
    ("answer", "keys"),
    [
        ({"two_factor": True, "challenge": "opaque-secret"}, "two_factor, challenge"),
        ({}, "nothing"),
        ({"token": None}, "token"),
        ({"token": ""}, "token"),
        ({"data": {"user": {}}}, "user"),
    ],
)
async def test_answer_without_a_token(answer: dict[str, Any], keys: str) -> None:
    """A sign-in whose answer has no token is an AuthError that names what the answer has, and shows no value."""
    server = Server(says(answer))
    async with server.client(**ACCOUNT) as acs:
        with pytest.raises(AuthError, match=rf"has no token \(it has: {keys}\).*second factor") as caught:
            await acs.login()
    assert "opaque-secret" not in str(caught.value)


async def test_wrapped_token() -> None:
    """A token inside ``data`` is found."""
    server = Server(says({"data": {"token": TOKEN}}))
    async with server.client(**ACCOUNT) as acs:
        assert (await acs.login()).value == TOKEN


async def test_answer_that_should_bring_a_token_is_not_shown() -> None:
    """Of an answer that is no JSON the error shows nothing: there may be a token in it."""
    server = Server(httpx.Response(200, text='token = "cafe-0123"'))
    async with server.client(**ACCOUNT) as acs:
        with pytest.raises(DecodeError) as caught:
            await acs.login()
    assert caught.value.excerpt == ""
    assert "cafe-0123" not in str(caught.value)


async def test_login_again_replaces_the_token() -> None:
    """Each login gets a new token, which is used from then on and handed over."""
    kept: list[Token] = []
    server = Server(accounts())
    async with server.client(on_token=kept.append, **ACCOUNT) as acs:
        first, second = await acs.login(), await acs.login()
        await acs.devices.get(42)
    assert [first.value, second.value] == [token.value for token in kept] == ["1|new-token", "2|new-token"]
    assert server.signed[-1] == "Bearer 2|new-token"


async def test_login_with_a_token_alone() -> None:
    """There is nothing to sign in with: nothing is sent, and the error says so; the token is used on."""
    server = Server(accounts(TOKEN))
    async with server.client() as acs:
        with pytest.raises(AuthError, match="nothing to sign in with"):
            await acs.login()
        assert server.requests == []
        await acs.devices.get(42)


async def test_refused_token_alone() -> None:
    """A token that is refused, with nothing to sign in with, says what to do."""
    server = Server(says(UNAUTHENTICATED, 401))
    async with server.client() as acs:
        with pytest.raises(AuthError, match=r"Profile > API Tokens, or Settings > Users.*Unauthenticated"):
            await acs.devices.get(42)
    assert len(server.requests) == 1


async def test_logout_then_signs_in_again() -> None:
    """After a logout the next call signs in."""
    server = Server(accounts())
    async with server.client(**ACCOUNT) as acs:
        await acs.login()
        await acs.logout()
        await acs.devices.get(42)
    assert server.seen == ["POST /auth/login", "POST /auth/logout", "POST /auth/login", "GET /devices/42"]
    assert server.signed == [None, "Bearer 1|new-token", None, "Bearer 2|new-token"]


async def test_logout_without_a_token() -> None:
    """Where there is no token there is nothing to revoke; twice is fine."""
    server = Server(accounts())
    async with server.client(**ACCOUNT) as acs:
        await acs.logout()
        assert server.requests == []
        await acs.login()
        await acs.logout()
        await acs.logout()
    assert server.seen == ["POST /auth/login", "POST /auth/logout"]


async def test_logout_of_a_dead_token() -> None:
    """A token that the server does not know any more is out already: nobody signs in to be signed out."""
    server = Server(accounts())
    async with server.client(token="9|dead-token", **ACCOUNT) as acs:
        await acs.logout()
    assert server.seen == ["POST /auth/logout"]


async def test_logout_that_fails() -> None:
    """A logout that is refused is an error, and the token stays in use."""
    server = Server(says({"message": "no"}, 403), says(DEVICE))
    async with server.client() as acs:
        with pytest.raises(StatusError):
            await acs.logout()
        await acs.devices.get(42)
    assert server.signed == [f"Bearer {TOKEN}"] * 2


async def test_logout_spares_a_newer_token() -> None:
    """A token that another call got meanwhile is not forgotten with the one that was revoked."""
    server = Server(accounts())
    started, go = anyio.Event(), anyio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/auth/logout"):
            started.set()
            await go.wait()
        return await server.answer(request)

    async with (
        AcsMonitorClient(ROOT, token="9|dead-token", transport=httpx.MockTransport(slow), **ACCOUNT) as acs,
        anyio.create_task_group() as group,
    ):
        group.start_soon(acs.logout)
        await started.wait()
        await acs.login()
        go.set()
    assert server.seen == ["POST /auth/login", "POST /auth/logout"]
    tokens = acs._pipeline.tokens
    assert tokens is not None
    assert tokens.current == Token("1|new-token")


async def test_me() -> None:
    """GET /auth/me tells who one is, in whatever form; it takes a call's own options."""
    server = Server(says({"data": {"id": 1, "name": "Admin"}}), says({"user": {"name": "Admin"}, "roles": []}))
    async with server.client() as acs:
        assert await acs.me(extra_params={"with": "roles"}) == {"id": 1, "name": "Admin"}
        assert await acs.me() == {"user": {"name": "Admin"}, "roles": []}
    assert server.seen == ["GET /auth/me?with=roles", "GET /auth/me"]


@pytest.mark.parametrize(
    "answer", [says({"message": "no"}, 422), says({"message": "no"}, 418), says({"challenge": PASSWORD})]
)
async def test_traceback_of_a_login_has_no_password(answer: httpx.Response) -> None:
    """No frame of the client that an error keeps has the password among its variables."""
    async with Server(answer).client(**ACCOUNT) as acs:
        try:
            await acs.login()
        except TocsinError as error:
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        else:
            pytest.fail("the login worked")
    ours = [frame for frame in shown.stack if "tocsin" in Path(frame.filename).parts]
    assert ours
    assert not [frame for frame in ours if PASSWORD in repr(frame.locals)]


@pytest.mark.parametrize(
    ("credentials", "why"),
    [
        ({}, "takes token=, token_file=, or email= and password="),
        ({"email": "a@example.com"}, "email= and password= together"),
        ({"password": PASSWORD}, "email= and password= together"),
        ({"token": TOKEN, "password": PASSWORD}, "email= and password= together"),
        ({"email": "", "password": PASSWORD}, "email must be a str, and not empty"),
        ({"email": "a@example.com", "password": b"your-strong-password"}, "password must be a str, and not empty"),
        ({"email": "a@example.com", "password": "\ud800 your-strong-password"}, "UTF-8"),
        ({"token": ""}, "token is empty"),
        ({"token": "your-strong-password\n"}, "token has a character"),
        ({"token": 7}, "token must be a str"),
        ({"token_file": ""}, "token_file must be a path"),
        ({"token_file": 7}, "token_file must be a path"),
        ({"token_file": "~no-such-user/token"}, "token_file: ~no-such-user/token cannot be found"),
    ],
)
async def test_credentials_that_cannot_work(credentials: dict[str, Any], why: str) -> None:
    """What cannot work is refused when the client is made, and not shown."""
    with pytest.raises(ConfigError, match=why) as caught:
        AcsMonitorClient(ROOT, **credentials)
    assert PASSWORD not in str(caught.value)
