"""A clock that obeys, a wire that follows a script, and the smallest client there is."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from inspect import isawaitable
from typing import Any

import anyio
import anyio.lowlevel
from attrs import define, evolve, field, frozen

from tocsin.errors import AuthError, StatusError
from tocsin.options import Limits, RetryPolicy, Timeouts
from tocsin.service import Client
from tocsin.transport import codec
from tocsin.transport.credentials import Credential, Send, Token, TokenCache
from tocsin.transport.gate import Gate
from tocsin.transport.judge import Verdict, judge_status
from tocsin.transport.messages import Headers, Request
from tocsin.transport.observe import Event, Redactor, Reporter
from tocsin.transport.pipeline import Link, Pipeline
from tocsin.transport.wire import Answer

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock:
    """Time that passes when somebody sleeps (`auto`), or only when `advance` is called."""

    def __init__(self, *, auto: bool = True, at: float = 100.0) -> None:
        self.auto = auto
        self.time = at
        self.began = at
        self.slept: list[float] = []
        self.sleepers: list[tuple[float, int, anyio.CancelScope]] = []
        self._count = itertools.count()

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time - self.began)

    async def sleep(self, seconds: float) -> None:
        await self.wait(anyio.Event(), seconds)

    async def wait(self, event: anyio.Event, seconds: float) -> None:
        self.slept.append(seconds)
        if self.auto:
            self.time += seconds
            await anyio.lowlevel.checkpoint()
            return
        with anyio.CancelScope() as scope:
            heapq.heappush(self.sleepers, (self.time + seconds, next(self._count), scope))
            await event.wait()

    def advance(self, seconds: float) -> None:
        self.time += seconds
        while self.sleepers and self.sleepers[0][0] <= self.time:
            heapq.heappop(self.sleepers)[2].cancel()


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Answer:
    """An answer; headers by keyword, with "_" for "-"."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Answer(status, Headers(raw), body)


@define
class Sent:
    """One request as the wire saw it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")


Reply = Answer | BaseException
Script = Callable[[Sent], Reply | Awaitable[Reply]]


class ScriptedWire:
    """Answers as told: from a list, one after the other, or by a function of what was sent."""

    def __init__(self, script: Script | Iterable[Reply]) -> None:
        self.sent: list[Sent] = []
        self.in_flight = 0
        self.most = 0
        self.closed = 0
        if callable(script):
            self._script: Script = script
        else:
            replies = iter(script)
            self._script = lambda _sent: next(replies)

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, timeouts: Timeouts
    ) -> Answer:
        sent = Sent(method, url, headers, body)
        self.sent.append(sent)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            reply = self._script(sent)
            if isawaitable(reply):
                reply = await reply
        finally:
            self.in_flight -= 1
        if isinstance(reply, BaseException):
            raise reply
        return reply

    async def aclose(self) -> None:
        self.closed += 1


def explain(body: Any) -> tuple[str, Mapping[str, list[str]]]:
    return str(body.get("detail", "")), body.get("errors", {})


def judge(request: Request, got: Answer) -> Verdict | None:
    """By the status alone."""
    return judge_status(request, got, explain)


@frozen
class Login:
    token: str
    expires_at: datetime | None = None


LOGIN = "/login"


@frozen
class Password:
    """Signs in by POST to /login, as most APIs have it."""

    password: str = field(default="open-sesame-123", repr=False)

    async def fetch(self, send: Send, current: Token | None) -> Token:
        body = codec.encode({"password": self.password, "current": current.value if current else None})
        try:
            response = await send(Request("POST", LOGIN, body=body, idempotent=True, sign=False))
        except StatusError as error:
            if error.status not in {401, 403}:
                raise
            failure = AuthError(f"refused: {error.message}", status=error.status)
        else:
            login = codec.decode(Login, response)
            return Token(login.token, None, login.expires_at)
        raise failure

    def headers(self, token: Token) -> Mapping[str, str]:
        return {"Authorization": f"Token {token.value}"}

    def secrets(self) -> Iterable[str]:
        return (self.password,)


class ToyClient(Client):
    """A client without service objects."""

    backend = "toy"

    def __init__(
        self,
        base_url: str = "http://toy.example/api",
        *,
        credential: Credential | None = None,
        token: Token | None = None,
        exchange: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(
            base_url, judge=judge, credential=credential, token=token, exchange=exchange, options=options
        )

    def _bind(self) -> None: ...

    @property
    def pipeline(self) -> Pipeline:
        return self._pipeline


@define
class Rig:
    """A pipeline over a scripted wire, and all that it is made of."""

    wire: ScriptedWire
    clock: FakeClock
    events: list[Event]
    pipeline: Pipeline

    @property
    def link(self) -> Link:
        return self.pipeline.link

    async def get(self, path: str = "/things", **options: Any) -> Any:
        return await self.pipeline.send(Request("GET", path), **options)

    async def post(self, body: bytes = b"{}", **options: Any) -> Any:
        return await self.pipeline.send(Request("POST", "/things", body=body), **options)


def rig(
    script: Script | Iterable[Reply],
    *,
    clock: FakeClock | None = None,
    credential: Credential | None = None,
    first: Token | None = None,
    limits: Limits | None = None,
    retry: RetryPolicy | None = None,
    timeouts: Timeouts | None = None,
    draw: float = 1.0,
    **tokens: Any,
) -> Rig:
    """A pipeline whose jitter is `draw`; with a credential it signs in over the same wire."""
    clock = clock or FakeClock()
    wire = ScriptedWire(script)
    events: list[Event] = []
    limits = limits or Limits()
    gate = Gate(limits.rate)

    def link(limits: Limits) -> Link:
        return Link("http://toy.example/api", limits, clock, gate, lambda: wire)

    pipeline = Pipeline(
        link=link(limits),
        judge=judge,
        reporter=Reporter("toy", events.append, Redactor()),
        retry=retry or RetryPolicy(),
        timeouts=timeouts or Timeouts(),
        headers={"accept": "application/json"},
        draw=lambda: draw,
    )
    if credential is not None:
        sign_in = evolve(pipeline, link=link(Limits(concurrency=2)))
        cache = TokenCache(credential, sign_in.send, clock, pipeline.reporter, first=first, **tokens)
        pipeline = evolve(pipeline, tokens=cache)
    return Rig(wire, clock, events, pipeline)


def login(token: str, expires_at: datetime | None = None) -> Answer:
    """A good answer to a sign-in."""
    return answer(200, codec.encode({"token": token, "expires_at": expires_at}))
