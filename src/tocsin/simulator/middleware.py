"""The ASGI layer around a backend: writes the log and commits the faults."""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tocsin.simulator.faults import Dice, Fault
from tocsin.simulator.frame import HANG_UP, Backend, Log, Seen, wall_clock

if TYPE_CHECKING:
    from asyncio import Transport

HTML = b"<!DOCTYPE html>\n<html><head><title>Portal</title></head><body><h1>Please sign in</h1></body></html>\n"

_STATUS = {
    Fault.THROTTLE: (429, True),
    Fault.THROTTLE_BARE: (429, False),
    Fault.SERVER_ERROR: (500, False),
    Fault.BAD_GATEWAY: (502, False),
    Fault.UNAVAILABLE: (503, True),
    Fault.UNAVAILABLE_BARE: (503, False),
}

Headers = list[tuple[bytes, bytes]]


class Faulty:
    """Wraps one backend; ``transport_of`` finds the connection of a request."""

    def __init__(
        self,
        backend: Backend,
        log: Log,
        dice: Callable[[], Dice],
        transport_of: Callable[[Scope], "Transport | None"],
    ) -> None:
        self._backend = backend
        self._app: ASGIApp = backend.app
        self._log = log
        self._dice = dice
        self._transport_of = transport_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, with at most one fault."""
        body = await _read(receive)
        if body is None:
            return  # the client went away in the middle of its request
        method, path = scope["method"], scope["path"]
        dice = self._dice()
        backend = self._backend
        fault = dice.throw(page=backend.is_page(method, path), sign_in=backend.is_sign_in(method, path))
        if dice.faults.latency:
            await asyncio.sleep(dice.faults.latency)
        if fault is Fault.DROP_BEFORE:
            self._record(scope, body, None)
            await self._hang_up(scope, receive)
            return
        if fault and (fault is Fault.HTML or fault in _STATUS):
            status, headers, reply = _instead(fault, dice.faults.retry_after)
        else:
            if fault is Fault.SHIFT:
                backend.shift()
            status, headers, reply = await _call(self._app, scope, body)
        if fault is Fault.DROP_AFTER:
            self._record(scope, body, None)
            await self._hang_up(scope, receive)
            return
        if status == 200 and (fault is Fault.REPEAT_CURSOR or fault is Fault.BAD_ROW):
            reply = self._spoil(fault, scope, reply)
        self._record(scope, body, status)
        cut = fault is Fault.TRUNCATE and len(reply) > 1
        headers = [(name, value) for name, value in headers if name != b"content-length"]
        if status != 204:
            headers.append((b"content-length", str(len(reply)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if cut:
            await send({"type": "http.response.body", "body": reply[: len(reply) // 2], "more_body": True})
            await self._hang_up(scope, receive)
            return
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else reply})
        if scope.get(HANG_UP):
            await self._hang_up(scope, receive)

    def _spoil(self, fault: Fault, scope: Scope, reply: bytes) -> bytes:
        try:
            page = json.loads(reply)
        except ValueError:
            return reply  # a page in another format has no rows to spoil
        if fault is Fault.BAD_ROW:
            page = self._backend.break_row(page)
        else:
            page = self._backend.repeat_cursor(_url(scope), page)
        return json.dumps(page, separators=(",", ":")).encode()

    async def _hang_up(self, scope: Scope, receive: Receive) -> None:
        """Close the connection, what was written being flushed, and wait until it is closed."""
        transport = self._transport_of(scope)
        if transport:  # else the client was faster
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass

    def _record(self, scope: Scope, body: bytes, status: int | None) -> None:
        self._log.add(
            Seen(
                backend=self._backend.name,
                method=scope["method"],
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                status=status,
                headers=_headers(scope["headers"]),
                body=body,
                when=wall_clock(),
            )
        )


async def _read(receive: Receive) -> bytes | None:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _call(app: ASGIApp, scope: Scope, body: bytes) -> tuple[int, Headers, bytes]:
    """The whole reply, so that a fault can still change it or swallow it."""
    status, headers, chunks = 500, list[tuple[bytes, bytes]](), list[bytes]()
    request: Message = {"type": "http.request", "body": body, "more_body": False}

    async def receive() -> Message:
        return request

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message["headers"])
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, headers, b"".join(chunks)


def _instead(fault: Fault, retry_after: float) -> tuple[int, Headers, bytes]:
    if fault is Fault.HTML:
        return 200, [(b"content-type", b"text/html; charset=utf-8")], HTML
    status, says_when = _STATUS[fault]
    headers: Headers = [(b"content-type", b"application/json")]
    if says_when:
        headers.append((b"retry-after", f"{retry_after:g}".encode()))
    return status, headers, json.dumps({"detail": f"Simulated fault {fault}."}).encode()


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}


def _url(scope: Scope) -> str:
    host = _headers(scope["headers"]).get("host", "")
    query = scope["query_string"].decode("latin-1")
    return f"{scope['scheme']}://{host}{scope['path']}" + (f"?{query}" if query else "")
