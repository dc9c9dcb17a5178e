"""Every fault on every wire: which error comes out, and how often the server saw the request."""

from __future__ import annotations

import re

import pytest
from attrs import field, frozen
from tests.transport.wire.conftest import OpenWire, Serve
from tests.transport.wire.servers import (
    Behaviour,
    Peer,
    answering,
    dripping,
    endless,
    refusing,
    reset_read,
    reset_unread,
    sending,
    silent,
)

from tocsin.errors import DecodeError, MaybeSentError, NotSentError, TocsinError
from tocsin.options import Limits, Timeouts

pytestmark = pytest.mark.anyio

SECRET = "s3cr3t-t0ken"
HEADERS = {"Authorization": f"Token {SECRET}"}


@frozen
class Case:
    """What a server does, and what has to come of it."""

    behave: Behaviour
    error: type[TocsinError]
    seen: int = 1
    timeouts: Timeouts = field(factory=lambda: Timeouts(connect=2, read=2))
    limits: Limits = field(factory=Limits)


READ_TIMEOUT = Timeouts(read=0.1)
SMALL = Limits(max_body=100_000)
CASES = {
    "reset before it was read": Case(reset_unread, MaybeSentError, seen=0),
    "reset after it was read": Case(reset_read, MaybeSentError),
    "closed without an answer": Case(sending(b"", then_close=True), MaybeSentError),
    "truncated body": Case(
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", then_close=True), MaybeSentError
    ),
    "truncated chunks": Case(
        sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf", then_close=True),
        MaybeSentError,
    ),
    "no answer": Case(silent, MaybeSentError, timeouts=READ_TIMEOUT),
    "late headers": Case(
        sending(b"HTTP/1.1 200 OK\r\nX-Half: ", then_close=False), MaybeSentError, timeouts=READ_TIMEOUT
    ),
    "late body": Case(
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", then_close=False),
        MaybeSentError,
        timeouts=READ_TIMEOUT,
    ),
    "attempt over, no answer": Case(silent, MaybeSentError, timeouts=Timeouts(attempt=0.8)),
    "attempt over, slow drip": Case(dripping, MaybeSentError, timeouts=Timeouts(attempt=0.8, read=5)),
    "bad HTTP": Case(sending(b"NONSENSE\r\n\r\n", then_close=True), MaybeSentError),
    "bad length": Case(sending(b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n", then_close=True), MaybeSentError),
    "bad chunk": Case(
        sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", then_close=True), MaybeSentError
    ),
    "huge body, announced": Case(answering(b"x" * 100_001), DecodeError, limits=SMALL),
    "huge body, endless": Case(endless, DecodeError, limits=SMALL),
    "not the encoding it says": Case(answering(b"plain", b"Content-Encoding: gzip"), DecodeError),
    "an encoding nobody asked for": Case(answering(b"?", b"Content-Encoding: br"), DecodeError),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_fault(name: str, method: str, wire_of: OpenWire, serve: Serve) -> None:
    """Each fault gives its error, is seen at most once by the server, and shows nothing secret."""
    case = CASES[name]
    server = serve(case.behave)
    async with wire_of(limits=case.limits) as wire:
        body = b'{"a": 1}' if method == "POST" else b""
        with pytest.raises(TocsinError) as caught:
            await wire.send(method, f"{server.url}/x?key={SECRET}", HEADERS, body, case.timeouts)
    assert type(caught.value) is case.error
    assert len(server.seen) == case.seen
    _shows_nothing(caught)


async def test_refused(wire_of: OpenWire) -> None:
    """A port that nobody listens on is NotSentError, and the system's word on it is in the message."""
    with refusing() as origin:
        async with wire_of() as wire:
            with pytest.raises(NotSentError, match=r"cannot connect .*: Connection refused") as caught:
                await wire.send("POST", f"{origin}/x?key={SECRET}", HEADERS, b"{}", Timeouts())
    _shows_nothing(caught)


async def test_unknown_host(wire_of: OpenWire) -> None:
    """A name that cannot be resolved is NotSentError."""
    async with wire_of() as wire:
        with pytest.raises(NotSentError, match="cannot"):
            await wire.send("POST", "http://nowhere.invalid/", HEADERS, b"{}", Timeouts())


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
async def test_kept_connection_drops(method: str, wire_of: OpenWire, serve: Serve) -> None:
    """A kept connection that breaks on its second request is not used to send that request once more."""

    def once(peer: Peer) -> None:
        if peer.read():
            peer.answer(b"first")
            peer.read()
            peer.reset()

    server = serve(once)
    async with wire_of() as wire:
        first = await wire.send("GET", f"{server.url}/1", HEADERS, b"", Timeouts())
        assert first.body == b"first"
        with pytest.raises(MaybeSentError):
            await wire.send(method, f"{server.url}/2", HEADERS, b"", Timeouts())
    assert [seen.target for seen in server.seen] == ["/1", "/2"]
    assert server.seen[1].connection == 1


def _shows_nothing(caught: pytest.ExceptionInfo[TocsinError]) -> None:
    from traceback import TracebackException

    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    # The test's own frames know the secret: those of the wires must not show it.
    shown = str(error) + repr(error)
    for frame in TracebackException.from_exception(error, capture_locals=True).stack:
        if "/tocsin/" in frame.filename:
            shown += repr(frame.locals)
    assert SECRET not in shown
    assert not re.search(r"https?://", str(error))
