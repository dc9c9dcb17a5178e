"""What goes out, and what comes back, byte for byte."""

from __future__ import annotations

import gzip
import socket
import zlib

import anyio
import pytest
from tests.transport.wire.conftest import OpenWire, Serve
from tests.transport.wire.servers import Peer, answering, silent

from tocsin.errors import ConfigError, DecodeError, MaybeSentError, NotSentError
from tocsin.options import Limits, Timeouts

pytestmark = pytest.mark.anyio

TARGETS = [
    "/",
    "/a%2Fb",
    "/%253A/x",
    "/a%2fb/%zz?q=%2f%253A&r=a+b",
    "/%2e%2e/x",
    "/a//b/",
    "/..a/.b/c..",
    "/a:b@c;d=e,f!g$h&i'j(k)l*m",
    "/x?a=b/c?d&path=/../y&e[]=f|g",
    "/x?key=%C3%A9",
    "?a=b",
]


@pytest.mark.parametrize("target", TARGETS)
async def test_target_goes_out_as_given(target: str, wire_of: OpenWire, serve: Serve) -> None:
    """Path and query reach the server neither decoded, encoded nor resolved."""
    server = serve(answering())
    async with wire_of() as wire:
        await wire.send("GET", server.url + target, {}, b"", Timeouts())
    assert server.seen[0].target == (target if target.startswith("/") else f"/{target}")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/a b",
        "http://127.0.0.1:{port}/a\nb",
        "http://127.0.0.1:{port}/é",
        "http://127.0.0.1:{port}/a#b",
        "http://127.0.0.1:{port}/a/../b",
        "http://127.0.0.1:{port}/a/.",
        'http://127.0.0.1:{port}/x?a="',
        "http://user:secret@127.0.0.1:{port}/",
        "http://127.0.0.1:99999/",
        "http://a..b/",
        f"http://{'a' * 64}.example/",
        "ftp://127.0.0.1/",
        "127.0.0.1/",
        "http:///x",
        "",
    ],
)
async def test_url_that_would_be_changed(url: str, wire_of: OpenWire, serve: Serve) -> None:
    """A URL that a library would quote, cut or resolve is refused before anything is sent."""
    server = serve(answering())
    async with wire_of() as wire:
        with pytest.raises(NotSentError, match="absolute and fully encoded") as caught:
            await wire.send("GET", url.replace("{port}", str(server.port)), {}, b"", Timeouts())
    assert "secret" not in str(caught.value)
    assert server.accepted == 0


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX-Evil: 1", "a\0b", "pass\u2013word", " a", "a ", "ä", "\x7f"])
async def test_header_value_that_cannot_be_sent(value: str, wire_of: OpenWire, serve: Serve) -> None:
    """A header value that HTTP cannot carry is refused by name, without its value."""
    server = serve(answering())
    async with wire_of() as wire:
        with pytest.raises(NotSentError) as caught:
            await wire.send("GET", server.url, {"X-Token": value}, b"", Timeouts())
    expected = "the header 'X-Token' has a character that cannot be sent, or a blank at an end"
    assert str(caught.value) == expected
    assert caught.value.__context__ is None
    assert server.accepted == 0


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"X Y": "1"}, "'X Y' has a character"),
        ({"": "1"}, "'' has a character"),
        ({"content-length": "0"}, "'content-length' follows from the body"),
        ({"Transfer-Encoding": "chunked"}, "'Transfer-Encoding' follows from the body"),
    ],
)
async def test_header_that_cannot_be_given(
    headers: dict[str, str], words: str, wire_of: OpenWire, serve: Serve
) -> None:
    """Names that HTTP does not allow, and the framing of the body, are refused."""
    server = serve(answering())
    async with wire_of() as wire:
        with pytest.raises(NotSentError, match=words):
            await wire.send("POST", server.url, headers, b"{}", Timeouts())
    assert server.accepted == 0


async def test_method_that_cannot_be_sent(wire_of: OpenWire, serve: Serve) -> None:
    """CONNECT, and whatever is no method, are refused."""
    server = serve(answering())
    async with wire_of() as wire:
        for method in ("CONNECT", "get", "GET /evil HTTP/1.1\r\nX: ", ""):
            with pytest.raises(NotSentError, match="the method must be one of"):
                await wire.send(method, server.url, {}, b"", Timeouts())
    assert server.accepted == 0


async def test_nothing_is_made_up(wire_of: OpenWire, serve: Serve) -> None:
    """Beside the caller's headers only Host, Accept-Encoding and the body's length go out."""
    server = serve(answering())
    ours = {"User-Agent": "tocsin/1", "Accept": "application/json", "Content-Type": "application/json"}
    async with wire_of() as wire:
        await wire.send("GET", server.url, {}, b"", Timeouts())
        await wire.send("GET", server.url, {"User-Agent": "tocsin/1", "Accept": "a/b"}, b"", Timeouts())
        await wire.send("POST", server.url, {}, b"", Timeouts())
        await wire.send("POST", server.url, ours, b'{"a": 1}', Timeouts())
        await wire.send("DELETE", server.url, ours, b"[1]", Timeouts())
        await wire.send("GET", server.url, {"host": "else.example", "accept-encoding": "br"}, b"", Timeouts())
    always = {"host": f"127.0.0.1:{server.port}", "accept-encoding": "gzip, deflate"}
    lower = {name.lower(): value for name, value in ours.items()}
    assert [seen.headers for seen in server.seen] == [
        always,
        always | {"user-agent": "tocsin/1", "accept": "a/b"},
        always | {"content-length": "0"},
        always | lower | {"content-length": "8"},
        always | lower | {"content-length": "3"},
        {"host": "else.example", "accept-encoding": "br"},
    ]
    assert [seen.body for seen in server.seen][3:5] == [b'{"a": 1}', b"[1]"]


async def test_large_body(wire_of: OpenWire, serve: Serve) -> None:
    """A body past every buffer on the way arrives whole."""
    server = serve(answering())
    body = bytes(range(256)) * 20_000
    async with wire_of() as wire:
        await wire.send("PUT", server.url, {}, body, Timeouts())
    assert server.seen[0].body == body


@pytest.mark.parametrize("status", [200, 201, 304, 401, 404, 429, 500, 503])
async def test_answer(status: int, wire_of: OpenWire, serve: Serve) -> None:
    """Status, headers (a repeated one too) and body come back as they were sent, whatever the status."""
    body = b"" if status == 304 else b"[1]"
    server = serve(answering(body, b"X-A: 1", b"x-a: 2", b"Content-Type: a/b", status=b"%d Word" % status))
    async with wire_of() as wire:
        answer = await wire.send("GET", server.url, {}, b"", Timeouts())
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["X-a"] == "1, 2"
    assert answer.headers["content-type"] == "a/b"


async def test_no_redirect_and_no_cookie(wire_of: OpenWire, serve: Serve) -> None:
    """A redirect is an answer like any other, and a cookie never goes back."""
    server = serve(answering(b"", b"Location: /else", b"Set-Cookie: a=b; Path=/", status=b"302 Found"))
    async with wire_of() as wire:
        for _ in range(2):
            answer = await wire.send("GET", f"{server.url}/x", {}, b"", Timeouts())
            assert answer.status == 302
    assert [seen.target for seen in server.seen] == ["/x", "/x"]
    assert all("cookie" not in seen.headers for seen in server.seen)


async def test_head(wire_of: OpenWire, serve: Serve) -> None:
    """An answer to HEAD has no body, whatever length it names, and the connection is used again."""

    def heads(peer: Peer) -> None:
        while peer.read():
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n")

    server = serve(heads)
    async with wire_of(limits=Limits(max_body=1000)) as wire:
        for _ in range(2):
            answer = await wire.send("HEAD", server.url, {}, b"", Timeouts())
            assert answer.body == b""
    assert server.accepted == 1


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


TEXT = b'{"results": []}' * 100


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("GZip", gzip.compress(TEXT[:700]) + gzip.compress(TEXT[700:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", _raw_deflate(TEXT)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
async def test_content_encoding(encoding: str, packed: bytes, wire_of: OpenWire, serve: Serve) -> None:
    """What was asked for by Accept-Encoding is taken off."""
    server = serve(answering(packed, f"Content-Encoding: {encoding}".encode()))
    async with wire_of() as wire:
        assert (await wire.send("GET", server.url, {}, b"", Timeouts())).body == TEXT


@pytest.mark.parametrize("packed", [gzip.compress(TEXT)[:-9], gzip.compress(TEXT)[:50] + b"?" * 50])
async def test_broken_content_encoding(packed: bytes, wire_of: OpenWire, serve: Serve) -> None:
    """A compressed body that is cut off or broken is a DecodeError, and the wire goes on."""
    server = serve(answering(packed, b"Content-Encoding: gzip"))
    async with wire_of() as wire:
        for _ in range(2):
            with pytest.raises(DecodeError, match="compressed body is"):
                await wire.send("GET", server.url, {}, b"", Timeouts())


@pytest.mark.parametrize(("size", "fits"), [(50_000, True), (50_001, False)])
async def test_bomb(size: int, fits: bool, wire_of: OpenWire, serve: Serve) -> None:
    """The limit of a body holds for what comes out of its compression."""
    server = serve(answering(gzip.compress(b"0" * size), b"Content-Encoding: gzip"))
    async with wire_of(limits=Limits(max_body=50_000)) as wire:
        if fits:
            assert len((await wire.send("GET", server.url, {}, b"", Timeouts())).body) == size
        else:
            with pytest.raises(DecodeError, match=r"larger than max_body \(50000 bytes\)"):
                await wire.send("GET", server.url, {}, b"", Timeouts())


@pytest.mark.parametrize("chunked", [True, False])
async def test_largest_body(chunked: bool, wire_of: OpenWire, serve: Serve) -> None:
    """A body of exactly `max_body` bytes is taken, in chunks or in one."""

    def behave(peer: Peer) -> None:
        while peer.read():
            if chunked:
                peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                peer.send(b"3e8\r\n%s\r\n" % (b"x" * 1000) * 10 + b"0\r\n\r\n")
            else:
                peer.answer(b"x" * 10_000)

    server = serve(behave)
    async with wire_of(limits=Limits(max_body=10_000)) as wire:
        for _ in range(2):
            assert (await wire.send("GET", server.url, {}, b"", Timeouts())).body == b"x" * 10_000
    assert server.accepted == 1


async def test_side_by_side(wire_of: OpenWire, serve: Serve) -> None:
    """Many calls at once each get their own answer, over no more connections than allowed."""

    def echo(peer: Peer) -> None:
        while seen := peer.read():
            peer.answer(seen.target.encode())

    server = serve(echo)
    answers: dict[int, bytes] = {}
    async with wire_of(limits=Limits(concurrency=5, connections=7)) as wire:

        async def one(number: int) -> None:
            answer = await wire.send("GET", f"{server.url}/{number}", {}, b"", Timeouts())
            answers[number] = answer.body

        async with anyio.create_task_group() as group:
            for number in range(50):
                group.start_soon(one, number)
    assert answers == {number: f"/{number}".encode() for number in range(50)}
    assert server.accepted <= 7


async def test_busy_is_not_sent(wire_of: OpenWire, serve: Serve) -> None:
    """A call that gets no connection in time, because all are busy, is NotSentError; the others are not harmed."""

    def slow(peer: Peer) -> None:
        while seen := peer.read():
            if seen.target == "/slow":
                peer.hold()
            else:
                peer.answer()

    server = serve(slow)
    async with wire_of(limits=Limits(concurrency=2, connections=2)) as wire:
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(wire.send, "GET", f"{server.url}/slow", {}, b"", Timeouts())
            await anyio.to_thread.run_sync(server.wait_seen, 2)
            with pytest.raises(NotSentError, match="in time"):
                await wire.send("GET", f"{server.url}/x", {}, b"", Timeouts(connect=0.1))
            group.cancel_scope.cancel()
        assert (await wire.send("GET", f"{server.url}/x", {}, b"", Timeouts())).status == 200
    assert [seen.target for seen in server.seen] == ["/slow", "/slow", "/x"]


async def test_limit_is_for_each_host(wire_of: OpenWire, serve: Serve) -> None:
    """A host whose connections are all busy does not hold up another one."""
    busy, other = serve(silent), serve(answering())
    async with wire_of(limits=Limits(concurrency=1, connections=1)) as wire, anyio.create_task_group() as group:
        group.start_soon(wire.send, "GET", busy.url, {}, b"", Timeouts())
        await anyio.to_thread.run_sync(busy.wait_seen, 1)
        assert (await wire.send("GET", other.url, {}, b"", Timeouts(connect=2))).status == 200
        group.cancel_scope.cancel()


async def test_closing(wire_of: OpenWire, serve: Serve) -> None:
    """Closing ends all connections, can be done twice, and makes every later call a ConfigError."""
    server = serve(answering())
    async with wire_of() as wire:
        await wire.send("GET", server.url, {}, b"", Timeouts())
        await wire.aclose()
        assert await anyio.to_thread.run_sync(server.wait_open, 0)
        with pytest.raises(ConfigError, match="closed"):
            await wire.send("GET", server.url, {}, b"", Timeouts())
        await wire.aclose()
    assert len(server.seen) == 1


async def test_closing_under_way(wire_of: OpenWire, serve: Serve) -> None:
    """A call that is under way when its wire is closed fails as one that may have been sent."""
    server = serve(silent)
    async with wire_of() as wire, anyio.create_task_group() as group:

        async def one() -> None:
            with pytest.raises(MaybeSentError):
                await wire.send("POST", server.url, {}, b"{}", Timeouts())

        group.start_soon(one)
        await anyio.to_thread.run_sync(server.wait_seen, 1)
        await wire.aclose()
    assert await anyio.to_thread.run_sync(server.wait_open, 0)


async def test_write_timeout(wire_of: OpenWire, serve: Serve) -> None:
    """A server that does not take the body in time is MaybeSentError."""

    def deaf(peer: Peer) -> None:
        peer.server.ending.wait(10)

    server = serve(deaf)
    async with wire_of() as wire:
        with pytest.raises(MaybeSentError, match="time"):
            await wire.send("POST", server.url, {}, bytes(20_000_000), Timeouts(write=0.2))
    assert server.seen == []


async def test_connect_timeout(wire_of: OpenWire) -> None:
    """A server that does not take the connection is NotSentError, by `connect` and by `attempt` alike."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        # A full backlog makes the kernel ignore further connections.
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        try:
            async with wire_of() as wire:
                with pytest.raises(NotSentError, match="in time"):
                    await wire.send("POST", url, {}, b"{}", Timeouts(connect=0.2))
                with pytest.raises(NotSentError, match="time ran out"):
                    await wire.send("POST", url, {}, b"{}", Timeouts(connect=30, attempt=0.2))
        finally:
            for filler in fillers:
                filler.close()
