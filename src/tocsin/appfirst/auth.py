"""Who one is to AppFirst: an e-mail address and an API key, by HTTP Basic in every request.

The vendor's overview writes "HTTP_AUTHENTICATION" for the header, which is how CGI calls Authorization.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping

from attrs import field, frozen

from tocsin.errors import InputError
from tocsin.transport.credentials import NoSignInError, Send, Token


def basic_auth(username: str, password: str) -> str:
    """A name and password as HTTP Basic writes them, in base64 (RFC 7617, in UTF-8).

    Raises InputError, which shows neither, for what cannot be one of them.
    """
    return _basic("username", username, "password", password)


def _basic(name: str, username: object, word: str, password: object) -> str:
    """The same, by what errors call the two."""
    pair = f"{_half(name, username)}:{_half(word, password)}"
    if ":" in str(username):
        raise InputError(f'{name} must not have a ":", where HTTP Basic cuts')
    return b64encode(pair.encode()).decode()


def _half(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{name} must be a str, and not empty")
    if not value.isprintable() or value != value.strip():
        raise InputError(f"{name} has a character that cannot be sent (a blank or line end at its end?)")
    return value


@frozen
class EmailAndKey:
    """An e-mail address and an API key. There is nothing to sign in to: what is refused stays refused."""

    email: str = field(repr=False)
    api_key: str = field(repr=False)

    def token(self) -> Token:
        """What signs. Raises InputError for what no header carries, and shows nothing of it."""
        return Token(_basic("email", self.email, "api_key", self.api_key))

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Never works: raises NoSignInError."""
        raise NoSignInError(
            "AppFirst refused the e-mail address and API key, which do not change by themselves: "
            "the address is the account owner's, the key stands under Administration, Profile"
        )

    def headers(self, token: Token) -> Mapping[str, str]:
        """The token in its header."""
        return {"authorization": f"Basic {token.value}"}

    def secrets(self) -> Iterable[str]:
        """Both halves; what they are together is the token."""
        return (self.email, self.api_key)
