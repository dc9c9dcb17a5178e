"""THE one order in which things happen to a request. Read this file first.

    prepare it, where an API has dialects
    -> sign in if there is no usable token        (nothing held)
    -> a place in the host's lane: slot and gate
    -> look at the token again: gone stale, give the place back and start over
    -> sign -> wire, body read whole
    -> leave the lane
    -> judge: good | sign in again, once | throttled | failed
    -> failed or throttled: decide whether to try once more

Time: `Timeouts.total` bounds everything; a try's own limits are the wire's. Waiting in the lane spends none
of `RetryPolicy.total`: only our own back-off does.
"""

from __future__ import annotations

import math
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Unpack

import anyio
from anyio.lowlevel import current_token
from attrs import evolve, field, frozen

from tocsin.errors import (
    AuthError,
    ConfigError,
    DecodeError,
    MaybeSentError,
    NotSentError,
    RateLimitedError,
    StatusError,
    TocsinError,
    TransportError,
)
from tocsin.options import CallOptions, Limits, RetryPolicy, Timeouts
from tocsin.transport.clock import Clock
from tocsin.transport.credentials import Signed, TokenCache
from tocsin.transport.gate import LONGEST, Gate, Pressure
from tocsin.transport.judge import Failed, Judge, SignInAgain, Throttled, Verdict, excerpt
from tocsin.transport.lane import GateClosedError, Lane
from tocsin.transport.messages import Meta, Request, Response, request_id, with_call
from tocsin.transport.observe import Event, Reporter
from tocsin.transport.retry import RetryBudget, decide, throttles
from tocsin.transport.wire import Answer, Wire

#: Seconds that a host's gate stays closed after a 429 that names no time.
THROTTLE_DEFAULT = 1.0


class Link:
    """The one connection to a host that a client and its siblings share: wire, lane, retry budget.

    The wire is opened by the first request, in the loop that will use it; in another loop it is refused.
    """

    def __init__(
        self, base_url: str, limits: Limits, clock: Clock, gate: Gate, opener: Callable[[], Wire]
    ) -> None:
        self.base_url = base_url
        self.clock = clock
        self.lane = Lane(Pressure(limits.concurrency, adaptive=limits.adaptive), gate, clock)
        self.budget = RetryBudget()
        self._opener = opener
        self._wire: Wire | None = None
        self._loop: object = None
        self._closed = False

    @property
    def host(self) -> str:
        """Where requests go: host and port."""
        return self.base_url.partition("://")[2].partition("/")[0]

    def place(self, base_url: str) -> None:
        """Give an address to a link that was made without one. The first stays: what was begun goes on there."""
        self.base_url = self.base_url or base_url

    def at(self, base_url: str) -> Link:
        """A link to another address of the same host: it shares lane, gate and retry budget, not the connections.

        It has to be closed by itself.
        """
        other = Link(base_url, Limits(), self.clock, self.lane.gate, self._opener)
        other.lane, other.budget = self.lane, self.budget
        return other

    def wire(self) -> Wire:
        """The open wire.

        Raises ConfigError after `aclose`, and in another event loop than the first request's.
        """
        if self._wire is None:
            if self._closed:
                raise ConfigError("the client is closed")
            self._loop, self._wire = current_token(), self._opener()
        else:
            self._check_loop()
        return self._wire

    async def aclose(self) -> None:
        """Close the connections. Closing twice is fine; a request after it is refused.

        Raises ConfigError in another event loop than the first request's, which alone can close them.
        """
        if self._wire is not None:
            self._check_loop()
        self._closed = True
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.aclose()

    def _check_loop(self) -> None:
        if current_token() != self._loop:
            raise ConfigError("a client belongs to the event loop of its first request: make one for each loop")


@frozen(eq=False)
class Pipeline:
    """Sends requests of one client: the shared link and token, and this client's own settings.

    Attributes:
        prepare: what a request is put through before its first try; raises what the call is to raise.
    """

    link: Link
    judge: Judge
    reporter: Reporter
    retry: RetryPolicy
    timeouts: Timeouts
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    tokens: TokenCache | None = None
    draw: Callable[[], float] = random.random
    prepare: Callable[[Pipeline, Request], Awaitable[Request]] | None = None

    async def send(self, request: Request, **options: Unpack[CallOptions]) -> Response:
        """The good answer to `request`.

        Raises NotSentError, MaybeSentError, StatusError, AuthError, DecodeError, ConfigError.
        """
        request = with_call(request, options) if options else request
        self.reporter.redactor.learn_headers(request.headers)
        call = _Call(
            self,
            request,
            options.get("retry", self.retry),
            options.get("timeouts", self.timeouts),
        )
        total = call.timeouts.total
        if total is None:
            return await call.run()
        call.deadline = self.link.clock.monotonic() + total
        with anyio.move_on_after(total):
            return await call.run()
        kind = MaybeSentError if call.maybe_sent else NotSentError
        raise call.stamp(kind(f"the total time of {total:g} s is over"))

    def stamp(self, error: TocsinError, request: Request, response: Response | None = None) -> TocsinError:
        """The error with what is known of its request, and with every secret taken out."""
        redact = self.reporter.redactor
        error.args = (redact.text(error.message),)
        error.method, error.url = request.method, self.url(request)
        if response is not None:
            error.attempts, error.request_id = response.meta.attempts, response.meta.request_id
        if isinstance(error, DecodeError) and error.excerpt:
            # Cut once more from the whole: what ends in half a secret is not known for one.
            error.excerpt = excerpt(redact.body(response.body), 80) if response else redact.text(error.excerpt)
        if isinstance(error, StatusError):
            error.errors = {name: [redact.text(text) for text in texts] for name, texts in error.errors.items()}
        return error

    def url(self, request: Request) -> str:
        """The request's URL, without secrets."""
        return self.reporter.redactor.text(self.link.base_url + request.target)


class _Call:
    """One request on its way: what has been tried, waited and spent."""

    __slots__ = (
        "_pipe",
        "attempts",
        "deadline",
        "earlier",
        "maybe_done",
        "maybe_sent",
        "policy",
        "request",
        "started",
        "timeouts",
        "waited",
    )

    def __init__(self, pipe: Pipeline, request: Request, policy: RetryPolicy, timeouts: Timeouts) -> None:
        self._pipe = pipe
        self.request = request
        self.policy = policy
        self.timeouts = timeouts
        self.attempts = 0
        self.waited = 0.0
        self.earlier: tuple[str, ...] = ()
        #: Whether any try, or any but the last, may have been acted on.
        self.maybe_sent = self.maybe_done = False
        self.deadline = math.inf
        self.started = pipe.link.clock.monotonic()

    async def run(self) -> Response:
        wire = self._pipe.link.wire()
        if self._pipe.prepare is not None:
            self.request = await self._pipe.prepare(self._pipe, self.request)
        refused: TocsinError | None = None
        while True:
            signed = await self._sign_in(refused)
            outcome = await self._attempt(wire, signed)
            if isinstance(outcome, Answer):
                self._pipe.link.budget.earn()
                return self._response(outcome)
            if outcome is None:
                continue  # the token went stale in the line
            error = self.stamp(outcome.error)
            if isinstance(outcome, SignInAgain):
                refused = self._refused(signed, error, refused)
            else:
                await self._again_or_raise(error)

    async def _sign_in(self, refused: TocsinError | None) -> Signed | None:
        tokens = self._pipe.tokens
        if tokens is None or (self._pipe.link.base_url and not self.request.sign):
            return None
        try:
            signed = await tokens.get()
        except AuthError as error:
            why = f"{error.message} ({refused.message})" if refused is not None else error.message
            failure: TocsinError = AuthError(why, status=error.status or getattr(refused, "status", None))
        except TransportError as error:
            failure = NotSentError(f"could not sign in: {error.message}")
        except TocsinError as error:
            error.maybe_done = self.maybe_done
            raise
        else:
            return signed if self.request.sign else None
        failure = self.stamp(failure)
        failure.signing_in = True
        raise failure

    def _refused(
        self, signed: Signed | None, error: TocsinError, before: TocsinError | None
    ) -> TocsinError | None:
        """The server wants another token: drop this one, unless there is none, or it was fresh.

        The error to remember; that of `before` where the token is out of date and was not refused for itself.
        """
        tokens = self._pipe.tokens
        if signed is None or tokens is None:
            raise self.stamp(AuthError(f"not signed in: {error.message}", status=401))
        if tokens.overtaken(signed):
            self.attempts -= 1
            return before
        if before is not None:
            # It is kept: to drop it would make each call that is refused for good sign in twice.
            raise self.stamp(AuthError(f"a fresh token was refused: {error.message}", status=401))
        tokens.invalidate(signed)
        self.attempts -= 1  # the replay is no retry
        return error

    async def _attempt(self, wire: Wire, signed: Signed | None) -> Answer | Verdict | None:
        """One try: a good answer, a verdict, or None if `signed` went stale before it could be used."""
        pipe, link, request = self._pipe, self._pipe.link, self.request
        generation = await self._enter()
        if signed is not None and pipe.tokens is not None and not pipe.tokens.usable(signed):
            link.lane.give_back()
            return None
        self.attempts += 1
        self.maybe_sent = True
        answer: Answer | None = None
        verdict: Verdict | None = None
        began = link.clock.monotonic()
        try:
            answer = await wire.send(
                request.method,
                link.base_url + request.target,
                # Without a name here, lest a traceback shows the token.
                {**pipe.headers, **request.headers, **(signed.headers if signed else {})},
                request.body,
                self.timeouts,
            )
            if answer.status >= 300:
                # Before anything is cut out of it: half a secret would not be known for one.
                answer = evolve(answer, body=pipe.reporter.redactor.body(answer.body))
            verdict = pipe.judge(request, answer)
            if signed is not None and pipe.tokens is not None and not isinstance(verdict, SignInAgain):
                # A refusal may bring a token, too: one that nobody has signed in with.
                pipe.tokens.follow(signed, answer.headers)
        except TocsinError as error:
            verdict = Failed(error)
        finally:
            now = link.clock.monotonic()
            elapsed = now - began
            self._settle(generation, answer, verdict, began, now)
            link.lane.leave()
        if isinstance(verdict, SignInAgain | Throttled) or (verdict and isinstance(verdict.error, NotSentError)):
            self.maybe_sent = self.maybe_done  # this try has done nothing
        if pipe.reporter.listening:
            error_text = verdict.error.message if verdict else None
            status = answer.status if answer else None
            self._tell(
                "attempt",
                status=status,
                elapsed=elapsed,
                error=error_text,
                request_id=request_id(answer.headers) if answer else None,
            )
        return verdict or answer

    async def _enter(self) -> int:
        """A place in the lane, or at once an error that says how long the host wants to be left alone."""
        try:
            return await self._pipe.link.lane.enter(self.policy.max_retry_after, self.deadline)
        except GateClosedError as closed:
            delay = closed.delay
        message = f"the host wants no request for {delay:.1f} s, longer than this call may wait"
        raise self.stamp(RateLimitedError(message, status=429, retry_after=delay))

    def _settle(
        self, generation: int, answer: Answer | None, verdict: Verdict | None, began: float, now: float
    ) -> None:
        """Let the lane learn from the try."""
        link = self._pipe.link
        pressure, gate = link.lane.pressure, link.lane.gate
        if verdict and isinstance(verdict.error, NotSentError):
            gate.give_back()
        else:
            gate.settle(now, began, answered=answer is not None)
        if answer is None:
            if verdict is not None:
                pressure.failed(generation)
            return
        if isinstance(verdict, Throttled):
            gate.close(now + min(_closed_for(verdict.error), max(self.policy.max_retry_after, LONGEST)))
            pressure.throttled(generation)
        else:
            pressure.succeeded(generation, now - began)
        remaining = gate.heed(answer.headers, now, began, link.clock.now)
        if remaining is not None:
            pressure.slow_down(remaining)

    async def _again_or_raise(self, error: TocsinError) -> None:
        pipe, clock = self._pipe, self._pipe.link.clock
        again = decide(self.policy, self.request, error, attempt=self.attempts, waited=self.waited, draw=pipe.draw)
        throttled = throttles(error)
        if again is None or clock.monotonic() + (_closed_for(error) if throttled else again.wait) > self.deadline:
            raise error
        if not throttled and not pipe.link.budget.take():
            raise error
        self.earlier = (*self.earlier, error.message)
        self.maybe_done = self.maybe_sent
        self.waited += again.wait
        if pipe.reporter.listening:
            kind: Literal["throttled", "retry"] = "throttled" if throttled else "retry"
            self._tell(kind, wait=_closed_for(error) if throttled else again.wait, error=error.message)
        if not throttled:
            await clock.sleep(again.wait)

    def _response(self, answer: Answer) -> Response:
        link = self._pipe.link
        elapsed = link.clock.monotonic() - self.started
        meta = Meta(self.attempts, elapsed, request_id(answer.headers), link.host)
        return Response(answer.status, answer.headers, answer.body, meta)

    def stamp(self, error: TocsinError) -> TocsinError:
        if isinstance(error, NotSentError) and self.maybe_done:
            error = MaybeSentError(error.message)
        error.attempts, error.earlier, error.maybe_done = self.attempts, self.earlier, self.maybe_done
        return self._pipe.stamp(error, self.request)

    def _tell(self, kind: Literal["attempt", "retry", "throttled"], **facts: Any) -> None:
        reporter = self._pipe.reporter
        if facts.get("error"):
            facts["error"] = reporter.redactor.text(facts["error"])
        reporter.tell(
            Event(
                kind=kind,
                backend=reporter.backend,
                method=self.request.method,
                url=self._pipe.url(self.request),
                attempt=self.attempts,
                **facts,
            )
        )


def _closed_for(error: TocsinError) -> float:
    """Seconds that a host's gate stays closed after it throttled a call."""
    return THROTTLE_DEFAULT if error.retry_after is None else error.retry_after
