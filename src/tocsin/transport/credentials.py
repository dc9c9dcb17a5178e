"""Who we are to a server: credentials, their tokens, and one cache that signs in once for all who wait.

The cache owns no task. The call that finds no usable token fetches one, the others wait for it; when that
call is cancelled, one of those that wait takes over. A token that is still good is renewed early by the call
that notices it, while the others go on with the old one.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from inspect import isawaitable
from typing import Protocol, Unpack

import anyio
from attrs import evolve, field, frozen

from tocsin.errors import AuthError, DecodeError, InputError, TocsinError
from tocsin.options import CallOptions
from tocsin.transport.clock import Clock
from tocsin.transport.messages import Request, Response
from tocsin.transport.observe import Event, Reporter, logger

#: A token is renewed when this share of its life is over: 20-second tokens work as well as 10-hour ones.
RENEW_AT = 0.8
#: Seconds that `on_token` may take, even when the scope of the call it runs in is cancelled.
KEEP_TIME = 10.0
_PLAIN: CallOptions = {}


@frozen
class Token:
    """What a server gave for signing requests.

    Attributes:
        value: the secret itself; never shown.
        issued_at, expires_at: aware times, or None where they are not known.
    """

    value: str = field(repr=False)
    issued_at: datetime | None = None
    expires_at: datetime | None = None

    def __attrs_post_init__(self) -> None:
        for name, when in (("issued_at", self.issued_at), ("expires_at", self.expires_at)):
            if when is not None and when.tzinfo is None:
                raise InputError(f"{name} must be an aware datetime: use .astimezone()")

    def __str__(self) -> str:
        return "Token(***)"


#: Sends one bare request over the sign-in wire, retried as ever; raises TocsinError.
Send = Callable[[Request], Awaitable[Response]]
#: Takes each new token, to store it, before it is used; one that an answer brought, with the call after that.
#: What it raises, the call raises that signed in; the token is used.
OnToken = Callable[[Token], Awaitable[None] | None]


class Credential(Protocol):
    """How to get a token, and how it signs."""

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Get a token; `current` is one that still works, if there is one.

        Raises AuthError where signing in is refused or impossible; other TocsinErrors as they come.
        """
        ...

    def headers(self, token: Token) -> Mapping[str, str]:
        """The headers that sign a request."""
        ...

    def secrets(self) -> Iterable[str]:
        """What must never be shown."""
        ...


#: Of a token and the headers of an answer to it: the token that takes its place, as where each answer may bring
#: another session cookie. A credential has one as its `follow` where the API does so.
Follow = Callable[[Token, Mapping[str, str]], Token | None]


class NoSignInError(AuthError):
    """There is nothing to sign in with. The token that was refused is tried again by the next call."""


@frozen(eq=False)
class Signed:
    """A token at work: its headers, and when it ends on the monotonic clock.

    Attributes:
        session: the same for a token and those that answers brought in its place.
    """

    token: Token
    headers: Mapping[str, str] = field(repr=False)
    renew_at: float
    dies_at: float
    session: object = field(factory=object, repr=False)


class _Flight:
    """One fetch under way, and how it failed, if it did."""

    __slots__ = ("done", "error")

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.error: TocsinError | None = None


class TokenCache:
    """The one token of a client and its siblings.

    Args:
        send: as `Send`; takes a call's options, too.
        first: a token that was given; used until its end, or until a server refuses it.
        exchange: fetch a new one at once even though `first` may still work.
        on_token: is given each new token before the calls that wait for it go on.
    """

    def __init__(
        self,
        credential: Credential,
        send: Callable[..., Awaitable[Response]],
        clock: Clock,
        reporter: Reporter,
        *,
        first: Token | None = None,
        exchange: bool = False,
        on_token: OnToken | None = None,
    ) -> None:
        self._credential = credential
        self._follow: Follow | None = getattr(credential, "follow", None)
        self._send = send
        self._clock = clock
        self._reporter = reporter
        self._on_token = on_token
        self._flight: _Flight | None = None
        #: The newest token, until `on_token` has taken it.
        self._unkept: Token | None = None
        reporter.redactor.learn(*credential.secrets())
        self._signed: Signed | None = None
        self._refused: Signed | None = None
        if first is not None:
            age = (clock.now() - first.issued_at).total_seconds() if first.issued_at else 0.0
            self._signed = self._sign(first, clock.monotonic() - max(0.0, age))
            if exchange:
                self._signed = evolve(self._signed, renew_at=-math.inf)

    async def get(self) -> Signed:
        """A token to sign with.

        Raises AuthError, or what else kept the sign-in from working.
        """
        while True:
            signed, flight = self._alive(), self._flight
            due = signed is None or self._clock.monotonic() >= signed.renew_at
            if signed is not None and (flight is not None or not (due or self._unkept)):
                return signed
            if flight is None:
                error = await self._lead(signed, sign_in=due)
                if error is not None and self._postpone(signed):
                    continue
            else:
                await flight.done.wait()
                error = flight.error
            if error is not None:
                # One refusal answers all who waited for it: a thousand more would lock the account. Each has
                # his copy, without the traceback: the frames in it know the password.
                raise copy.copy(error)

    @property
    def current(self) -> Token | None:
        """The token in use, if there is one."""
        return self._signed.token if self._signed is not None else None

    def usable(self, signed: Signed) -> bool:
        """Whether `signed` is still the token to use."""
        return self._holds(signed) and self._clock.monotonic() < signed.dies_at

    def invalidate(self, signed: Signed) -> None:
        """The server refused `signed`; a newer one is left alone."""
        if self._holds(signed):
            self._signed, self._refused = None, signed

    def follow(self, signed: Signed, headers: Mapping[str, str]) -> None:
        """Go on with the token that an answer to `signed` brings in its place, if it brings one."""
        if self._follow is not None and self._holds(signed):
            token = self._follow(signed.token, headers)
            if token is not None:
                headers = self._sign(token, 0.0).headers
                self._signed = evolve(signed, token=token, headers=headers)
                self._unkept = token if self._on_token is not None else None

    def overtaken(self, signed: Signed) -> bool:
        """Whether an answer to another call has brought a token in the place of `signed`."""
        now = self._signed
        return now is not None and now.token is not signed.token and now.session is signed.session

    def forget(self) -> None:
        """Drop the token, whatever it is."""
        self._signed = self._refused = None

    async def renew(self, **call: Unpack[CallOptions]) -> Token:
        """A new token now, however long the one in use would last; a fetch that is under way is joined as it is.

        Raises AuthError, or what else kept it from working.
        """
        before = self._signed
        while self._signed is before:  # as it is when the call that was joined is cancelled
            flight = self._flight
            if flight is None:
                error = await self._lead(self._alive(), sign_in=True, call=call)
            else:
                await flight.done.wait()
                error = flight.error
            if error is not None:
                raise copy.copy(error)
        return (await self.get()).token

    async def adopt(self, token: Token) -> None:
        """Use a token that was had in another way, and hand it over as any new one."""
        self._use(token, self._clock.monotonic())
        await self._hand_over()

    def _alive(self) -> Signed | None:
        """The token, unless its time is over."""
        signed = self._signed
        return signed if signed is not None and self._clock.monotonic() < signed.dies_at else None

    def _holds(self, signed: Signed) -> bool:
        return self._signed is not None and self._signed.token is signed.token

    async def _lead(self, old: Signed | None, *, sign_in: bool, call: CallOptions = _PLAIN) -> TocsinError | None:
        """Do for all who wait what is to be done: get a new token, hand it over. Or what kept us from it."""
        flight = self._flight = _Flight()
        try:
            if sign_in:
                flight.error = await self._sign_in(old, call)
            await self._hand_over()
        finally:
            self._flight = None
            flight.done.set()
        return flight.error

    async def _sign_in(self, old: Signed | None, call: CallOptions) -> TocsinError | None:
        asked = self._clock.monotonic()
        try:
            send = partial(self._send_bare, call)
            self._use(await self._credential.fetch(send, old.token if old else None), asked)
        except TocsinError as error:
            failure = error
            failure.signing_in = True
        else:
            if self._reporter.listening:
                self._reporter.tell(Event(kind="sign_in", backend=self._reporter.backend))
            return None
        if isinstance(failure, NoSignInError) and self._signed is None:
            # Refusals pass (a proxy's, say), and without another token this one is all there is.
            self._signed = self._refused
        if isinstance(failure, DecodeError):
            failure.excerpt = ""  # of an answer that should bring a token
        failure.args = (self._reporter.redactor.text(failure.message),)
        if self._reporter.listening:
            event = Event(kind="sign_in_failed", backend=self._reporter.backend, error=str(failure))
            self._reporter.tell(event)
        return failure

    async def _send_bare(self, call: CallOptions, request: Request) -> Response:
        # A credential may know its secrets only by now.
        self._reporter.redactor.learn(*self._credential.secrets())
        return await self._send(request, **call)

    def _use(self, token: Token, asked: float) -> None:
        self._signed = self._sign(token, asked)
        self._unkept = token if self._on_token is not None else None

    def _postpone(self, old: Signed | None) -> bool:
        """While the old token works, a failed renewal does no harm: it is tried again later, not at once."""
        now = self._clock.monotonic()
        if old is None or now >= old.dies_at or not self._holds(old):
            return False
        self._signed = evolve(old, renew_at=now + min(30.0, max(1.0, (old.dies_at - now) / 4)))
        return True

    async def _hand_over(self) -> None:
        """Give the newest token to `on_token`. Where cancelling cuts that off, the next call does it again."""
        token, self._unkept = self._unkept, None
        if token is None or self._on_token is None:
            return
        try:
            # A cancelled scope leaves it time to end; only `Task.cancel()` gets through.
            with anyio.move_on_after(KEEP_TIME, shield=True) as time:
                kept = self._on_token(token)
                if isawaitable(kept):
                    await kept
        except anyio.get_cancelled_exc_class():
            self._unkept = self._unkept or token
            raise
        if time.cancelled_caught:
            logger.warning("on_token took longer than %g s and was cut off", KEEP_TIME)

    def _sign(self, token: Token, asked: float) -> Signed:
        """Life counts from when it was asked for: the server's clock and the way back cannot stretch it."""
        # The credential's secrets once more, lest newer tokens push them out of the redactor.
        self._reporter.redactor.learn(*self._credential.secrets(), token.value)
        life = math.inf
        if token.expires_at is not None:
            life = (token.expires_at - (token.issued_at or self._clock.now())).total_seconds()
            if life <= 0:
                life = math.inf  # one of the clocks is wrong: use it until the server refuses it
        headers = {name.lower(): value for name, value in self._credential.headers(token).items()}
        return Signed(token, headers, asked + life * RENEW_AT, asked + life)


@frozen
class FixedToken:
    """A token that was given and cannot be renewed."""

    header: str = "Authorization"
    prefix: str = ""
    hint: str = "the token was refused, and there is nothing to sign in with"

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Never works: raises NoSignInError."""
        raise NoSignInError(self.hint)

    def headers(self, token: Token) -> Mapping[str, str]:
        """The token in its header."""
        return {self.header: f"{self.prefix}{token.value}"}

    def secrets(self) -> Iterable[str]:
        """None but the token itself."""
        return ()


def check_secret(name: str, value: object) -> str:
    """`value` as text that fits into a header; the error never shows it.

    Raises InputError for another type, an empty text, or characters that no header carries.
    """
    if not isinstance(value, str):
        raise InputError(f"{name} must be a str, not {type(value).__name__}")
    if not value:
        raise InputError(f"{name} is empty")
    if not (value.isascii() and value.isprintable() and value == value.strip()):
        raise InputError(f"{name} has a character that no header can carry (a blank or line end at its end?)")
    return value
