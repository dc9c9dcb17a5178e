"""The two kinds of token: knox ones, of which a user has many, and one legacy token a user."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import attrs

from tocsin.simulator.argus.entities import User

KNOX_LIFE = timedelta(hours=10)
LEGACY_LIFE = timedelta(days=14)


@attrs.define(eq=False)
class Token:
    """A token that signs requests until ``expiry``, unless it is revoked."""

    value: str
    user: User
    expiry: datetime
    legacy: bool = False


class Tokens:
    """All tokens that are valid or have expired; revoked ones are gone."""

    def __init__(self, clock: Callable[[], datetime], seed: int) -> None:
        self._clock = clock
        self._random = random.Random(f"argus tokens {seed}")  # noqa: S311 - tokens of a simulation
        self._tokens: dict[str, Token] = {}
        self.life: timedelta | None = None
        """How long new tokens live, of both kinds; None is the server's own."""

    def issue(self, user: User, *, legacy: bool = False) -> Token:
        """A new token; a legacy one replaces the user's old one."""
        if legacy:
            for token in self.of(user):
                if token.legacy:
                    self.revoke(token.value)
        own_life = LEGACY_LIFE if legacy else KNOX_LIFE
        life = own_life if self.life is None else self.life
        value = f"{self._random.getrandbits(160 if legacy else 256):0{40 if legacy else 64}x}"
        token = self._tokens[value] = Token(value, user, self._clock() + life, legacy)
        return token

    def find(self, value: str) -> Token | None:
        """The token, if it is valid now."""
        token = self._tokens.get(value)
        return token if token and token.expiry > self._clock() else None

    def of(self, user: User) -> list[Token]:
        """Every token of the user that is not revoked, the oldest first."""
        return [token for token in self._tokens.values() if token.user is user]

    def expire(self, value: str) -> None:
        """Let the token's life be over now; KeyError if there is no such token."""
        self._tokens[value].expiry = self._clock()

    def shorten(self, life: timedelta) -> None:
        """Let no token live longer than ``life`` from now."""
        latest = self._clock() + life
        for token in self._tokens.values():
            token.expiry = min(token.expiry, latest)

    def revoke(self, value: str) -> None:
        """Forget the token; KeyError if there is no such token."""
        del self._tokens[value]
