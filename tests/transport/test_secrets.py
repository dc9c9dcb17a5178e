"""Nothing secret in whatever can be seen of a run that meets every fault."""

import asyncio
import base64
import copy
import logging
import pickle
import traceback
from collections.abc import Awaitable
from typing import Any

import anyio
import msgspec
import pytest
from tests.transport.fakes import Password, ToyClient
from tests.transport.loopback import Said, Seen, loopback

from tocsin.errors import TocsinError
from tocsin.options import RetryPolicy, Timeouts
from tocsin.transport.credentials import Token
from tocsin.transport.messages import Request
from tocsin.transport.observe import Event

pytestmark = pytest.mark.anyio

PASSWORD = 'hunter"7/ü&<two>'
PROXY = "proxy-hunter-three"
CUT = b'{"token": "hunter-cut-off'
#: Each secret has the word in it, however it is quoted; the rest is what a proxy is sent.
FORBIDDEN = ("hunter", base64.b64encode(f"someone:{PROXY}".encode()).decode())


class Faulty:
    """Answers a path by its name, and repeats to the client all that it was sent."""

    def __init__(self) -> None:
        self.logins = 0
        self.sign_in = "fine"

    async def __call__(self, seen: Seen) -> Said:
        path = seen.target.rpartition("/")[2].partition("?")[0]
        sent = f"{seen.target} {seen.token} ".encode() + seen.body
        if path == "login":
            path = self.sign_in
            if path == "fine":
                self.logins += 1
                return Said(body=msgspec.json.encode({"token": f"hunter-token-{self.logins}"}))
        if path == "once":
            return Said(200 if seen.token == "Token hunter-token-2" else 401, sent)
        if path == "redirect":
            return Said(302, sent, {"location": f"https://x.example/?a={seen.token}&key=hunter"})
        if path == "html":
            return Said(200, b"<html>" + sent, {"content-type": "text/html"})
        if path == "drop":
            return Said(raw=b"")
        if path == "truncated":
            return Said(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n" + sent)
        if path == "garbage":
            return Said(raw=b"what is " + sent + b"\r\n\r\n")
        if path == "slow":
            await asyncio.sleep(5)
        if path == "cut":
            return Said(200, CUT)
        if path == "429":
            return Said(429, sent, {"retry-after": "0"})
        cookies = {"set-cookie": f"session={seen.token}", "x-request-id": "r-1"}
        return Said(int(path) if path.isdigit() else 200, sent, cookies)


def told_of(error: BaseException) -> list[str]:
    """All that can be seen of an error."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return [
        str(error),
        repr(error),
        repr(error.__dict__),
        repr(pickle.dumps(error)),
        str(pickle.loads(pickle.dumps(error)).__dict__),
        repr(copy.copy(error).__dict__),
        "".join(shown.format()),
    ]


class Told:
    """Collects texts; its own repr is short, as it is among the locals of each traceback."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def outcome(self, call: Awaitable[Any]) -> str:
        try:
            self.texts.append(repr(await call))
        except TocsinError as error:
            self.texts.extend(told_of(error))
            return type(error).__name__
        return "fine"


PATHS = {
    "fine": "fine", "once": "fine", "400": "BadRequestError", "403": "ForbiddenError", "404": "NotFoundError",
    "500": "ServerError", "503": "ServerError", "429": "RateLimitedError", "redirect": "RedirectError",
    "drop": "MaybeSentError", "truncated": "MaybeSentError", "garbage": "MaybeSentError", "401": "AuthError",
    "slow": "MaybeSentError",
}  # fmt: skip
SIGN_INS = {
    "cut": "DecodeError", "html": "DecodeError", "400": "BadRequestError", "403": "AuthError",
    "500": "ServerError", "drop": "NotSentError", "garbage": "NotSentError", "429": "RateLimitedError",
    "redirect": "RedirectError",
}  # fmt: skip


@pytest.mark.parametrize(
    ("anyio_backend", "wire"), [("asyncio", "httpx"), ("asyncio", "aiohttp"), ("trio", "httpx")]
)
async def test_nothing_secret(wire: str, anyio_backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """Passwords, tokens and the proxy's password are in no repr, error, traceback, event or log record."""
    if anyio_backend == "asyncio":
        asyncio.get_running_loop().set_debug(True)
    for name in (None, "httpcore", "httpx", "aiohttp", "asyncio", "tocsin"):
        caplog.set_level(logging.DEBUG, name)
    told = Told()
    events: list[Event] = []
    faulty = Faulty()
    with loopback(faulty) as server:
        options: dict[str, Any] = {
            "transport": wire,
            "proxy": server.url.replace("http://", f"http://someone:{PROXY}@").removesuffix("/api"),
            "observer": events.append,
            "retry": RetryPolicy(attempts=2, base=0.001),
            "timeouts": Timeouts(attempt=0.5),
        }
        client = ToyClient(credential=Password(PASSWORD), **options)
        for path, expected in PATHS.items():
            request = Request("GET", f"/{path}", (("key", "hunter-key"), ("a", PASSWORD)))
            call = client.pipeline.send(request, extra_headers={"x-a": "b"})
            assert (path, await told.outcome(call)) == (path, expected)
        assert faulty.logins == 3
        pipeline = client.pipeline
        told.texts += [
            repr(thing) for thing in (client, pipeline, pipeline.link, pipeline.tokens, pipeline.reporter)
        ]
        assert pipeline.tokens is not None
        told.texts.append(repr(await pipeline.tokens.get()))
        await client.aclose()
        told.texts.append(repr(client.__dict__))
        for sign_in, expected in SIGN_INS.items():
            faulty.sign_in = sign_in
            async with ToyClient(credential=Password(PASSWORD), **options) as client:
                assert (sign_in, await told.outcome(client.request("GET", "/fine"))) == (sign_in, expected)
        faulty.sign_in = "fine"
        async with ToyClient(credential=Password(PASSWORD), token=Token("hunter-old"), **options) as client:
            assert await told.outcome(client.request("GET", "/slow", timeouts=Timeouts(total=0.05)))
            with anyio.move_on_after(0.05):
                await client.request("GET", "/slow")
    refused = ToyClient(credential=Password(PASSWORD), **options)
    assert await told.outcome(refused.request("GET", "/fine")) == "NotSentError"
    await refused.aclose()
    assert await told.outcome(refused.request("GET", "/fine")) == "ConfigError"
    records = [record for record in caplog.records if record.name.partition(".")[0] != "tests"]
    assert {record.name.partition(".")[0] for record in records} >= {"tocsin"}
    told.texts += [logging.Formatter().format(record) + repr(record.__dict__) for record in records]
    told.texts += [repr(event) for event in events]
    assert {event.kind for event in events} == {"attempt", "retry", "throttled", "sign_in", "sign_in_failed"}
    for text in told.texts:
        for secret in FORBIDDEN:
            assert secret not in text
