"""How a simulated server of plain requests and replies speaks HTTP, without any framework's habits."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TypeGuard
from urllib.parse import parse_qsl

import attrs
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tocsin.simulator.frame import HANG_UP, Json

_EMPTY: Mapping[str, str] = {}


@attrs.define(slots=False)
class Call:
    """One request. ``headers`` have lower-case names; ``query`` is raw; ``origin`` is scheme and host."""

    method: str
    origin: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def values(self) -> Mapping[str, list[str]]:
        """The query by name; a parameter without a value counts as absent."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.query):
            found.setdefault(name, []).append(value)
        return found

    def value(self, name: str) -> str | None:
        """The first value of a parameter."""
        return self.values[name][0] if name in self.values else None

    @property
    def url(self) -> str:
        """The absolute URL without its query."""
        return f"{self.origin}{self.path}"

    def json(self) -> Json:
        """The decoded body; raises ValueError."""
        return json.loads(self.body.decode("utf-8"))


@attrs.frozen
class Reply:
    """An answer. ``body`` None is an empty one, bytes are sent as they are; ``hang_up`` closes the connection."""

    body: Json = None
    status: int = 200
    headers: Mapping[str, str] = _EMPTY
    hang_up: bool = False


def _is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    return isinstance(value, dict)


def _is_array(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def as_object(value: Json) -> dict[str, Json] | None:
    """The value, if it is a JSON object."""
    return value if _is_object(value) else None


def as_array(value: Json) -> list[Json] | None:
    """The value, if it is a JSON array."""
    return value if _is_array(value) else None


class Refusal(Exception):  # noqa: N818 - it is an answer, not a failure
    """Ends the handling of a request with this answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status, reply.body)
        self.reply = reply


Answer = Callable[[Call], Reply]
"""What a server is: pure but for the state that it holds."""


class Site:
    """A server as an ASGI app, which answers one request at a time, with ``lock`` held."""

    def __init__(self, answer: Answer, lock: AbstractContextManager[object]) -> None:
        self._answer = answer
        self._lock = lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        call = Call(
            method=request.method,
            origin=f"{request.url.scheme}://{request.headers.get('host', '')}",
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=dict(request.headers),
            body=await request.body(),
        )
        with self._lock:
            try:
                reply = self._answer(call)
            except Refusal as refusal:
                reply = refusal.reply
            body = b"" if reply.body is None else reply.body
            content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        scope[HANG_UP] = reply.hang_up
        headers = {"Content-Type": "application/json"} if content else {}
        await Response(content, reply.status, {**headers, **reply.headers})(scope, receive, send)
