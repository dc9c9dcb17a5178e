"""Transports that a user brings along, and the choice of a wire."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
import respx
from tests.transport.wire.conftest import OpenWire, Serve
from tests.transport.wire.servers import answering

from tocsin.errors import ConfigError, DecodeError, MaybeSentError, NotSentError
from tocsin.options import Limits, Timeouts
from tocsin.transport.wire import WireSettings, open_wire
from tocsin.transport.wire.aiohttp_wire import AiohttpWire
from tocsin.transport.wire.httpx_wire import HttpxWire

pytestmark = pytest.mark.anyio

HTTPX = ["httpx-asyncio", "httpx-trio"]
both_loops = pytest.mark.parametrize("kind", HTTPX)
URL = "https://argus.example/api/v2/incidents/?a=b%2Fc"


def _echo(request: httpx.Request) -> httpx.Response:
    assert request.url.params["a"] == "b/c"
    return httpx.Response(201, content=request.content + b"!", headers={"X-Path": request.url.path})


@both_loops
@pytest.mark.parametrize("made", [True, False])
async def test_mock_transport(kind: str, made: bool) -> None:
    """httpx.MockTransport works, as an instance and from a factory."""
    transport: Any = (lambda: httpx.MockTransport(_echo)) if made else httpx.MockTransport(_echo)
    wire = open_wire(WireSettings(transport=transport))
    answer = await wire.send("POST", URL, {}, b"body", Timeouts())
    assert (answer.status, answer.body, answer.headers["x-path"]) == (201, b"body!", "/api/v2/incidents/")
    await wire.aclose()
    with pytest.raises(ConfigError, match="closed"):
        await wire.send("POST", URL, {}, b"body", Timeouts())


@both_loops
async def test_mocked_gzip(kind: str) -> None:
    """A mocked answer's content encoding is taken off once."""
    import gzip

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=gzip.compress(b"[1]"), headers={"Content-Encoding": "gzip"})

    wire = HttpxWire(WireSettings(), httpx.MockTransport(handler))
    assert (await wire.send("GET", URL, {}, b"", Timeouts())).body == b"[1]"


@both_loops
@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (httpx.ConnectError("x"), NotSentError),
        (httpx.ReadTimeout("x"), MaybeSentError),
        (httpx.DecodingError("x"), DecodeError),
        (TimeoutError(), MaybeSentError),
    ],
)
async def test_mocked_errors(kind: str, error: Exception, ours: type[Exception]) -> None:
    """What a mock raises is mapped like what a real transport raises."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    wire = HttpxWire(WireSettings(), httpx.MockTransport(handler))
    with pytest.raises(ours):
        await wire.send("GET", URL, {}, b"", Timeouts())


@both_loops
async def test_mocks_own_failure(kind: str) -> None:
    """A failed assertion in a user's mock comes out as it is."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise AssertionError("the user's own")

    wire = HttpxWire(WireSettings(), httpx.MockTransport(handler))
    with pytest.raises(AssertionError, match="the user's own"):
        await wire.send("GET", URL, {}, b"", Timeouts())


@both_loops
async def test_huge_mocked_stream(kind: str) -> None:
    """An answer past the limit from a generator ends the generator, and is a DecodeError."""
    ended: list[bool] = []

    async def stream() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 1000
                await anyio.lowlevel.checkpoint()
        finally:
            ended.append(True)

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=stream())

    wire = HttpxWire(WireSettings(limits=Limits(max_body=5000)), httpx.MockTransport(handler))
    with pytest.raises(DecodeError, match="larger than max_body"):
        await wire.send("GET", URL, {}, b"", Timeouts())
    assert ended == [True]


@both_loops
async def test_asgi_transport(kind: str) -> None:
    """An ASGI application can be called without a socket."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-raw", scope["raw_path"])]})
        await send({"type": "http.response.body", "body": message["body"]})

    wire = HttpxWire(WireSettings(), httpx.ASGITransport(app))
    answer = await wire.send("PUT", "http://app/a%2Fb?c=d", {}, b"[1]", Timeouts())
    assert (answer.body, answer.headers["x-raw"]) == (b"[1]", "/a%2Fb")


@both_loops
async def test_respx(kind: str) -> None:
    """respx works as its users know it: routes, calls, side effects, and a stop for what was not routed."""
    with respx.mock(assert_all_called=True) as router:
        route = router.post("https://argus.example/api/v2/incidents/", params={"a": "b/c"}).respond(
            201, json={"pk": 1}
        )
        broken = router.get("https://argus.example/down").mock(side_effect=httpx.ConnectError)
        wire = open_wire(WireSettings(transport="httpx"))
        answer = await wire.send("POST", URL, {"X-A": "1"}, b'{"a": 1}', Timeouts(attempt=5))
        assert (answer.status, answer.body) == (201, b'{"pk":1}')
        assert route.calls.last.request.headers["x-a"] == "1"
        assert route.calls.last.request.content == b'{"a": 1}'
        with pytest.raises(NotSentError):
            await wire.send("GET", "https://argus.example/down", {}, b"", Timeouts())
        assert broken.call_count == 1
        with pytest.raises(AssertionError, match="not mocked"):
            await wire.send("GET", "https://argus.example/else", {}, b"", Timeouts())
        await wire.aclose()


@both_loops
@pytest.mark.parametrize("setting", [{"verify": False}, {"cert": "a.pem"}, {"proxy": "http://a"}])
async def test_transport_with_what_it_must_know_itself(kind: str, setting: dict[str, Any]) -> None:
    """verify, cert and proxy are the transport's own affair: together with one they are a ConfigError."""
    for transport in (httpx.MockTransport(_echo), lambda: httpx.MockTransport(_echo)):
        with pytest.raises(ConfigError, match="together with a transport"):
            open_wire(WireSettings(transport=transport, **setting))


@both_loops
async def test_not_a_transport(kind: str) -> None:
    """What is neither a name, a transport nor a factory is a ConfigError."""
    nonsense: Any = 7
    with pytest.raises(ConfigError, match="not int"):
        open_wire(WireSettings(transport=nonsense))
    with pytest.raises(ConfigError, match="not 'requests'"):
        open_wire(WireSettings(transport="requests"))


async def test_choice(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "auto" is aiohttp on asyncio and httpx on trio; TOCSIN_TRANSPORT overrides "auto" alone."""
    trio = kind == "httpx-trio"
    assert type(open_wire(WireSettings())) is (HttpxWire if trio else AiohttpWire)
    monkeypatch.setenv("TOCSIN_TRANSPORT", "httpx")
    assert type(open_wire(WireSettings())) is HttpxWire
    monkeypatch.setenv("TOCSIN_TRANSPORT", "aiohttp")
    assert type(open_wire(WireSettings(transport="httpx"))) is HttpxWire
    if trio:
        with pytest.raises(ConfigError, match="asyncio only"):
            open_wire(WireSettings())


@pytest.mark.parametrize("kind", ["httpx-asyncio"])
async def test_without_aiohttp(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where aiohttp is not installed, "auto" is httpx, and "aiohttp" says what to install."""
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "tocsin.transport.wire.aiohttp_wire")
    with pytest.raises(ConfigError, match=r"pip install \"tocsin\[fast\]\""):
        open_wire(WireSettings(transport="aiohttp"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert type(open_wire(WireSettings())) is HttpxWire


async def test_logs(wire_of: OpenWire, serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, with the lower libraries' loggers open, no record of ours shows a header, a URL or a body."""
    caplog.set_level(logging.DEBUG)
    headers = (b"Set-Cookie: session=s3cr3t; Path=/", b"Set-Cookie: b\xe9d[]=s3cr3t", b"X-Subject-Token: s3cr3t")
    server = serve(answering(b"s3cr3t", *headers))
    async with wire_of() as wire:
        await wire.send(
            "POST", f"{server.url}/?key=s3cr3t", {"Authorization": "Token s3cr3t"}, b"s3cr3t", Timeouts(attempt=9)
        )
    assert "s3cr3t" not in caplog.text
    assert "?key" not in caplog.text


@both_loops
async def test_logs_of_others(kind: str, serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Someone else's httpx requests are logged as ever while a wire exists."""
    caplog.set_level(logging.DEBUG)
    server = serve(answering(b"", b"X-Mine: visible"))
    wire = open_wire(WireSettings(transport="httpx"))
    await wire.send("GET", server.url, {}, b"", Timeouts())
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("httpcore")]
    assert "receive_response_headers.complete" in ours
    async with httpx.AsyncClient() as client:
        await client.get(server.url)
    assert "visible" in caplog.text
    await wire.aclose()


def test_plain_http_pays_for_no_tls() -> None:
    """Making a wire and talking http reads no CA bundle."""
    code = (
        "import aiohttp, asyncio, ssl\n"  # aiohttp makes a context of its own when it is imported
        "from tocsin.options import Timeouts\n"
        "from tocsin.transport.wire import WireSettings, open_wire\n"
        "def never(*a, **k): raise AssertionError('a bundle was read')\n"
        "ssl.create_default_context = ssl.SSLContext.load_verify_locations = never\n"
        "async def main():\n"
        "    for name in ('httpx', 'aiohttp'):\n"
        "        wire = open_wire(WireSettings(transport=name))\n"
        "        try:\n"
        "            await wire.send('GET', 'http://127.0.0.1:9/', {}, b'', Timeouts())\n"
        "        except Exception as error: print(type(error).__name__)\n"
        "        await wire.aclose()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["NotSentError", "NotSentError"], "")


@pytest.mark.parametrize("kind", ["aiohttp"])
async def test_a_connection_that_was_read_is_left_alone(wire_of: OpenWire, serve: Serve) -> None:
    """A failure behind the last byte of an answer does not break a connection that may serve others by then."""
    server = serve(answering(b"plain", b"Content-Encoding: gzip"))
    async with wire_of() as wire:
        for _ in range(3):
            with pytest.raises(DecodeError):
                await wire.send("GET", server.url, {}, b"", Timeouts(attempt=5))
    assert server.accepted == 1
