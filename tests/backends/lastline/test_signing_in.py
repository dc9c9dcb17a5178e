"""Sessions: begun, followed, begun again, ended, and never shown."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import anyio
import httpx
import pytest
from tests.backends.lastline.server import BASE, PASSWORD, USERNAME, Server, bad, good

from tocsin.errors import AuthError, ConfigError, MaybeSentError, ServerError, TocsinError
from tocsin.lastline import LastlineClient, LastlineError
from tocsin.options import RetryPolicy
from tocsin.transport.credentials import Token

pytestmark = pytest.mark.anyio


def setting(value: str) -> dict[str, str]:
    """The header that sets a session."""
    return {"set-cookie": f"PHPSESSID={value}; path=/"}


async def test_login_as_the_vendor_has_it() -> None:
    """An account signs in by a form in a POST; what it sends is in the body, and the session in the cookie."""
    server = Server(good("pong"))
    async with server.client() as lastline:
        assert await lastline.ping() == "pong"
    [login] = server.logins
    assert (login.method, str(login.url)) == ("POST", f"{BASE}/login")
    assert login.headers["content-type"] == "application/x-www-form-urlencoded"
    assert login.content == b"username=alice%40example.org&password=a-secret-of-alice"
    assert "cookie" not in login.headers
    assert server.seen == ["GET /ping.json"]
    assert server.cookies == ["PHPSESSID=session-1"]


@pytest.mark.parametrize(("given", "name"), [({}, "api_key"), ({"licence_parameter": "key"}, "key")])
async def test_login_of_a_licence(given: dict[str, str], name: str) -> None:
    """A licence signs in by its key, under either of the names that the vendor's clients have for it."""
    server = Server(good("pong"))
    async with server.client(api_key="KEY-0123456", api_token="token-0123456", **given) as lastline:
        await lastline.ping()
    assert parse_qs(server.logins[0].content.decode()) == {name: ["KEY-0123456"], "api_token": ["token-0123456"]}


@pytest.mark.parametrize("data", ["true", [], True])
async def test_what_a_login_says(data: object) -> None:
    """The text "true" of the vendor's page and the empty list of its tests are equally good."""
    server = Server(good("pong"), login=good(data, **setting("s-1")))
    async with server.client() as lastline:
        await lastline.ping()
    assert server.cookies == ["PHPSESSID=s-1"]


COOKIES = {
    "alone": ([b"PHPSESSID=abc-1"], "abc-1"),
    "with attributes": ([b"PHPSESSID=abc; expires=Thu, 19-Nov-2026 08:52:00 GMT; path=/; secure"], "abc"),
    "behind another": ([b"lb=x1; expires=Thu, 19-Nov-2026 08:52:00 GMT", b"PHPSESSID=abc; path=/"], "abc"),
    "before another": ([b"PHPSESSID=abc; path=/", b"lb=PHPSESSID"], "abc"),
    "twice": ([b"PHPSESSID=old", b"PHPSESSID=new"], "new"),
    "encoded": ([b"PHPSESSID=a%2Cb-c"], "a%2Cb-c"),
}


@pytest.mark.parametrize("name", COOKIES)
async def test_the_session_among_cookies(name: str) -> None:
    """Of the cookies that a login sets, the session's last one is kept, as it is, and no other is sent."""
    cookies, value = COOKIES[name]
    answer = httpx.Response(
        200, json={"success": 1, "data": "true"}, headers=[(b"set-cookie", each) for each in cookies]
    )
    server = Server(good("pong"), login=lambda _: answer)
    async with server.client() as lastline:
        await lastline.ping()
    assert server.cookies == [f"PHPSESSID={value}"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"set-cookie": "lb=x1"},
        {"set-cookie": "PHPSESSID=deleted; Max-Age=0"},
        {"set-cookie": "XPHPSESSID=abc"},
    ],
)
async def test_login_without_a_session(headers: dict[str, str]) -> None:
    """A login that succeeds but sets no session is an AuthError."""
    server = Server(good("pong"), login=good("true", **headers))
    async with server.client() as lastline:
        with pytest.raises(AuthError, match="set no cookie PHPSESSID"):
            await lastline.ping()
    assert server.requests == []


REFUSALS = {
    "code and text": (bad(3004, "Wrong password"), r"3004 \(LLAPI_ERROR__AUTHENTICATION_ERROR\): Wrong password"),
    "code": (bad(3001), "3001 .LLAPI_ERROR__PERMISSION_DENIED."),
    "text": (bad(error="Permission denied"), "Permission denied"),
    "nothing": (bad(), "the server says only that the call failed"),
    "status": (httpx.Response(403), "HTTP 403"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_login_refused(name: str) -> None:
    """A login that is refused is an AuthError with the name of the code; it is tried once."""
    answer, said = REFUSALS[name]
    server = Server(good("pong"), login=answer)
    async with server.client() as lastline:
        with pytest.raises(AuthError, match=f"Lastline refused the user name or password: .*{said}"):
            await lastline.ping()
    assert (len(server.logins), server.requests) == (1, [])


async def test_login_that_fails_is_no_refusal() -> None:
    """Where the server fails, it is its error, and not the password's."""
    server = Server(good("pong"), login=httpx.Response(500))
    async with server.client(retry=RetryPolicy(attempts=1)) as lastline:
        with pytest.raises(ServerError):
            await lastline.ping()


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_login_that_fails_in_an_envelope_is_no_refusal(status: int) -> None:
    """Nor is it, where the server tells of its failure in an envelope."""
    server = Server(good("pong"), login=bad(error="down for an hour", status=status))
    async with server.client(retry=RetryPolicy(attempts=1)) as lastline:
        with pytest.raises(LastlineError, match="down for an hour") as caught:
            await lastline.ping()
    assert caught.value.status == status


@pytest.mark.parametrize(
    "refusal",
    [bad(code) for code in (3001, 3002, 3003, 3004)]
    + [bad(error="Permission denied for this user"), bad(3004, status=401), httpx.Response(401)],
)
async def test_signs_in_again_once(refusal: httpx.Response) -> None:
    """For the four codes and the text, and for a 401, the client signs in again and sends the call once more."""
    server = Server(refusal, good("pong"))
    async with server.client() as lastline:
        assert await lastline.ping() == "pong"
    assert server.cookies == ["PHPSESSID=session-1", "PHPSESSID=session-2"]


async def test_a_second_refusal_is_an_auth_error() -> None:
    """A session that was just begun and is refused is an AuthError that names the code."""
    server = Server(bad(3001, "no"))
    async with server.client() as lastline:
        with pytest.raises(AuthError, match=r"fresh token was refused: 3001 \(LLAPI_ERROR__PERMISSION_DENIED\)"):
            await lastline.ping()
    assert (len(server.logins), len(server.requests)) == (2, 2)


@pytest.mark.parametrize("code", [None, 1, 9003, 3005])
async def test_other_errors_do_not_sign_in(code: int | None) -> None:
    """Any other code is an error at once."""
    server = Server(bad(code, "bad parameter"))
    async with server.client() as lastline:
        with pytest.raises(LastlineError, match="bad parameter") as caught:
            await lastline.ping()
    assert (caught.value.code, len(server.logins), len(server.requests)) == (code, 1, 1)


async def test_calls_at_once_sign_in_once() -> None:
    """Calls that find the session over together begin one new one."""

    def answer(request: httpx.Request) -> httpx.Response:
        return bad(3004) if request.headers["cookie"] == "PHPSESSID=session-1" else good("pong")

    server = Server(answer)
    async with server.client() as lastline, anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(lastline.ping)
    assert len(server.logins) == 2


async def test_a_changed_cookie_is_taken_over() -> None:
    """Whichever answer sets another session, later calls go on with it; on_token is told, and nobody signs in."""
    kept: list[Token] = []
    server = Server(good("pong", **setting("moved-1")), good("pong", **{"set-cookie": "lb=x1"}), good("pong"))
    async with server.client(on_token=kept.append) as lastline:
        for _ in range(3):
            await lastline.ping()
    assert server.cookies == ["PHPSESSID=session-1", "PHPSESSID=moved-1", "PHPSESSID=moved-1"]
    assert [token.value for token in kept] == ["session-1", "moved-1"]
    assert len(server.logins) == 1


async def test_the_cookie_of_a_refusal_is_not_taken_over() -> None:
    """A refusal may set a session that nobody signed in with, as PHP does: the client signs in all the same."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["cookie"] == "PHPSESSID=session-2":
            return good("pong")
        return httpx.Response(200, json={"success": 0, "error_code": 3004}, headers=setting("anonymous-1"))

    server = Server(answer)
    async with server.client() as lastline:
        assert await lastline.ping() == "pong"
    assert server.cookies == ["PHPSESSID=session-1", "PHPSESSID=session-2"]


async def test_logout() -> None:
    """A logout ends the session, and the next call begins another; without one there is nothing to do."""
    server = Server(good("pong"), good("true"), good("pong"))
    async with server.client() as lastline:
        await lastline.logout()
        assert server.logins == []
        await lastline.ping()
        await lastline.logout()
        await lastline.ping()
    assert server.seen == ["GET /ping.json", "POST /logout.json", "GET /ping.json"]
    assert server.cookies == ["PHPSESSID=session-1", "PHPSESSID=session-1", "PHPSESSID=session-2"]


@pytest.mark.parametrize(
    "said", [*map(bad, [3001, 3002, 3003, 3004]), bad(error="Permission denied"), httpx.Response(401)]
)
async def test_logout_of_a_session_that_is_over(said: httpx.Response) -> None:
    """That the session has ended already is what a logout wants, in whatever words."""
    server = Server(good("pong"), said, good("pong"))
    async with server.client() as lastline:
        await lastline.ping()
        await lastline.logout()
        await lastline.ping()
    assert server.cookies[-1] == "PHPSESSID=session-2"


async def test_logout_that_fails_keeps_the_session() -> None:
    """A logout that fails otherwise is an error, and the session goes on."""
    server = Server(good("pong"), bad(1, "not now"), good("pong"))
    async with server.client() as lastline:
        await lastline.ping()
        with pytest.raises(LastlineError, match="not now"):
            await lastline.logout()
        await lastline.ping()
    assert server.cookies[-1] == "PHPSESSID=session-1"


@pytest.mark.parametrize("what", ["login", "logout", "ping"])
async def test_all_may_be_sent_again(what: str) -> None:
    """Login, logout and every read are sent again when an answer is lost: none of them does harm twice."""
    lost = httpx.ReadError("the connection broke")
    server = Server(lost if what == "ping" else good("pong"), login=lost if what == "login" else None)
    async with server.client() as lastline:
        if what == "logout":
            await lastline.ping()
            server._answers = [lost]
            with pytest.raises(MaybeSentError):
                await lastline.logout()
            assert server.seen.count("POST /logout.json") == 4
        else:
            with pytest.raises(TocsinError):
                await lastline.ping()
            assert len(server.logins if what == "login" else server.requests) == 4


CREDENTIALS: list[dict[str, Any]] = [
    {},
    {"username": USERNAME},
    {"password": PASSWORD},
    {"api_key": "KEY-0123456"},
    {"username": USERNAME, "password": PASSWORD, "api_token": "token-0123456"},
    {"username": USERNAME, "password": ""},
    {"username": USERNAME, "password": b"a-secret-of-alice"},
    {"username": USERNAME, "password": PASSWORD, "licence_parameter": "license"},
]


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_credentials_that_cannot_work(credentials: dict[str, Any]) -> None:
    """A client takes either an account or a licence, whole, and shows neither."""
    with pytest.raises(ConfigError) as caught:
        LastlineClient(BASE, **credentials)
    assert PASSWORD not in str(caught.value)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment gives an address and either an account or a licence; without an address it says which."""
    for name in ("URL", "USERNAME", "PASSWORD", "API_KEY", "API_TOKEN", "LICENCE_PARAMETER"):
        monkeypatch.delenv(f"LASTLINE_{name}", raising=False)
    with pytest.raises(ConfigError, match="LASTLINE_URL"):
        LastlineClient.from_env()
    monkeypatch.setenv("LASTLINE_URL", BASE)
    monkeypatch.setenv("LASTLINE_API_KEY", "KEY-0123456")
    monkeypatch.setenv("LASTLINE_API_TOKEN", "token-0123456")
    assert LastlineClient.from_env().base_url == BASE


def test_from_a_profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile has the password by reference, and is refused with one written out."""
    monkeypatch.setenv("A_PASSWORD", PASSWORD)
    file = tmp_path / "tocsin.toml"
    head = f'[profiles.edge]\nbackend = "lastline"\nbase_url = "{BASE}"\nusername = "{USERNAME}"\npassword = '
    file.write_text(head + '{ env = "A_PASSWORD" }\n')
    assert LastlineClient.from_profile("edge", file).base_url == BASE
    file.write_text(head + f'"{PASSWORD}"\n')
    with pytest.raises(ConfigError, match="written out"):
        LastlineClient.from_profile("edge", file)


async def test_nothing_secret_is_shown() -> None:
    """Password, session and licence key are in no repr, error, traceback or event, even if the server echoes."""
    told: list[str] = []

    def echo(request: httpx.Request) -> httpx.Response:
        return bad(
            1, f"not {PASSWORD} nor {request.headers['cookie']} nor {request.url.query.decode()} nor LICENCE-0123"
        )

    server = Server(echo)
    lastline = server.client(observer=lambda event: told.append(repr(event)))
    async with lastline:
        try:
            await lastline.metrics.list(key="LICENCE-0123:SUBKEY-0123").first()
        except LastlineError as error:
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
            ours = [frame for frame in shown.stack if "lastline" in Path(frame.filename).parts[:-1]]
            told += [str(error), repr(error), repr(error.errors), repr(error.__dict__)]
            told += [repr(frame.locals) for frame in ours if "tests" not in Path(frame.filename).parts]
        with pytest.raises(LastlineError) as caught:
            await lastline.raw("monitoring/log/get", {"key": "RAW-LICENCE-9"})
        told += [str(caught.value), repr(lastline), repr(lastline.metrics)]
    text = "".join(told)
    assert "not ***" in text
    for secret in (PASSWORD, "session-1", "LICENCE-0123", "SUBKEY-0123", "RAW-LICENCE-9"):
        assert secret not in text
