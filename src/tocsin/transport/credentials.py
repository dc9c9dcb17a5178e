"""Who we are to a server: credentials, their tokens, and one cache that signs in once for all who wait.

The cache owns no task. The call that finds no usable token fetches one, the others wait for it; when that
call is cancelled, one of those that wait takes over. A token that is still good is renewed early by the call
that notices it, while the others go on with the old one.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from inspect import isawaitable
from typing import Protocol

import anyio
from attrs import evolve, field, frozen

from tocsin.errors import AuthError, InputError, TocsinError
from tocsin.transport.clock import Clock
from tocsin.transport.messages import Request, Response
from tocsin.transport.observe import Event, Reporter

#: A token is renewed when this share of its life is over: 20-second tokens work as well as 10-hour ones.
RENEW_AT = 0.8
#: Seconds that `on_token` may take, even when the call it runs in is cancelled.
KEEP_TIME = 10.0


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
#: Takes each new token, to store it.
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


@frozen(eq=False)
class Signed:
    """A token at work: its headers, and when it ends on the monotonic clock."""

    token: Token
    headers: Mapping[str, str] = field(repr=False)
    renew_at: float
    dies_at: float


class _Flight:
    """One fetch under way, and how it failed, if it did."""

    __slots__ = ("done", "error")

    def __init__(self) -> None:
        self.done = anyio.Event()
        self.error: TocsinError | None = None


class TokenCache:
    """The one token of a client and its siblings.

    Args:
        first: a token that was given; used until its end, or until a server refuses it.
        exchange: fetch a new one at once even though `first` may still work.
        on_token: is given each new token before any call waits no more for it.
    """

    def __init__(
        self,
        credential: Credential,
        send: Send,
        clock: Clock,
        reporter: Reporter,
        *,
        first: Token | None = None,
        exchange: bool = False,
        on_token: OnToken | None = None,
    ) -> None:
        self._credential = credential
        self._send = send
        self._clock = clock
        self._reporter = reporter
        self._on_token = on_token
        self._flight: _Flight | None = None
        reporter.redactor.learn(*credential.secrets())
        self._signed = self._sign(first, clock.monotonic()) if first else None
        if self._signed is not None and exchange:
            self._signed = evolve(self._signed, renew_at=0.0)

    async def get(self) -> Signed:
        """A token to sign with.

        Raises AuthError, or what else kept the sign-in from working.
        """
        while True:
            signed, now = self._signed, self._clock.monotonic()
            if signed is not None and now < signed.dies_at:
                if now < signed.renew_at or self._flight is not None:
                    return signed
                return await self._renew(signed)
            if self._flight is None:
                return await self._fetch(None)
            flight = self._flight
            await flight.done.wait()
            if flight.error is not None:
                # One refusal answers all who waited for it: a thousand more would lock the account.
                raise copy.copy(flight.error)

    def usable(self, signed: Signed) -> bool:
        """Whether `signed` is still the token to use."""
        return signed is self._signed and self._clock.monotonic() < signed.dies_at

    def invalidate(self, signed: Signed) -> None:
        """The server refused `signed`; a newer one is left alone."""
        if self._signed is signed:
            self._signed = None

    def forget(self) -> None:
        """Drop the token, whatever it is."""
        self._signed = None

    async def renew(self) -> Token:
        """A new token now, however long the one in use would last; a fetch that is under way is joined.

        Raises AuthError, or what else kept it from working.
        """
        flight = self._flight
        if flight is None:
            signed = self._signed
            alive = signed is not None and self._clock.monotonic() < signed.dies_at
            return (await self._fetch(signed.token if signed is not None and alive else None)).token
        await flight.done.wait()
        if flight.error is not None:
            raise copy.copy(flight.error)
        return (await self.get()).token

    async def adopt(self, token: Token) -> None:
        """Use a token that was had in another way, and hand it over as any new one."""
        self._signed = self._sign(token, self._clock.monotonic())
        await self._hand_over(token)

    async def _renew(self, signed: Signed) -> Signed:
        """Renew ahead of the end; while the old token works, a failure is told and tried again later."""
        try:
            return await self._fetch(signed.token)
        except TocsinError:
            now = self._clock.monotonic()
            if now >= signed.dies_at or self._signed is not signed:
                raise
            later = now + min(30.0, (signed.dies_at - now) / 4)
            self._signed = evolve(signed, renew_at=later)
            return self._signed

    async def _fetch(self, current: Token | None) -> Signed:
        flight = self._flight = _Flight()
        asked = self._clock.monotonic()
        try:
            token = await self._credential.fetch(self._send, current)
            signed = self._signed = self._sign(token, asked)
            if self._reporter.listening:
                self._reporter.tell(Event(kind="sign_in", backend=self._reporter.backend))
            await self._hand_over(token)
        except TocsinError as error:
            flight.error = error
            if self._reporter.listening:
                event = Event(kind="sign_in_failed", backend=self._reporter.backend, error=str(error))
                self._reporter.tell(event)
            raise
        finally:
            self._flight = None
            flight.done.set()
        return signed

    async def _hand_over(self, token: Token) -> None:
        if self._on_token is None:
            return
        # The old token may be gone by now: a cancelled call must not lose the new one.
        with anyio.move_on_after(KEEP_TIME, shield=True):
            kept = self._on_token(token)
            if isawaitable(kept):
                await kept

    def _sign(self, token: Token, asked: float) -> Signed:
        """Life counts from when it was asked for: the server's clock and the way back cannot stretch it."""
        self._reporter.redactor.learn(token.value)
        if token.expires_at is None:
            renew_at = dies_at = float("inf")
        else:
            life = (token.expires_at - (token.issued_at or self._clock.now())).total_seconds()
            renew_at, dies_at = asked + life * RENEW_AT, asked + life
        return Signed(token, self._credential.headers(token), renew_at, dies_at)


@frozen
class FixedToken:
    """A token that was given and cannot be renewed."""

    header: str = "Authorization"
    prefix: str = ""
    hint: str = "the token was refused, and there is nothing to sign in with"

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Never works: raises AuthError."""
        raise AuthError(self.hint)

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
    if not (value.isascii() and value.isprintable()):
        raise InputError(f"{name} has a character that no header can carry (a line end at its end?)")
    return value
