"""Signing in to Argus: a given token, renewed while it still works, or a user name and password.

Seen on argus-server 2.10.2: ``POST auth/token/login/`` with an empty body and a token that still works answers
with a new token and its expiry, and leaves the old one alone; with a body it is a login, refused with 403. An
expired token cannot be renewed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import field, frozen

from tocsin.errors import AuthError, DecodeError, StatusError
from tocsin.transport import codec
from tocsin.transport.codec import Model
from tocsin.transport.credentials import NoSignInError, Send, Token
from tocsin.transport.messages import Request, Response

LOGIN = "/auth/token/login/"
NOT_LET_IN = "Argus refused the user name or password"


class _Login(Model, frozen=True):
    token: str
    expiry: datetime | None = None


def read_token(response: Response) -> Token:
    """The token of a sign-in's answer, issued at the time the answer is dated; legacy ones tell no expiry.

    Raises DecodeError, which shows nothing of an answer that should bring a token.
    """
    from email.utils import parsedate_to_datetime  # late: a tenth of the time that importing a client takes

    try:
        login = codec.decode(_Login, response)
    except DecodeError as error:
        failure = error
    else:
        date = response.headers.get("date")
        return Token(login.token, parsedate_to_datetime(date) if date else None, login.expiry)
    failure.excerpt = ""
    raise failure


def authorization(token: Token) -> Mapping[str, str]:
    """The header; Argus refuses "Bearer"."""
    return {"authorization": f"Token {token.value}"}


def refresh_request(token: Token) -> Request:
    """Asks for a new token with one that still works; doing it twice only makes two."""
    return Request("POST", LOGIN, headers=authorization(token), idempotent=True, sign=False)


def login_request(where: str, username: str, password: str) -> Request:
    """Asks for a token with a user name and password; doing it twice does no harm."""
    body = codec.encode({"username": username, "password": password})
    return Request("POST", where, (), body, {"content-type": "application/json"}, idempotent=True, sign=False)


@frozen
class ArgusPassword:
    """A user name and password."""

    username: str
    password: str = field(repr=False)

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Sign in, whether or not a token still works.

        Raises AuthError for a name or password that Argus refuses.
        """
        try:
            return read_token(await send(login_request(LOGIN, self.username, self.password)))
        except StatusError as error:
            failure = refusal(error, NOT_LET_IN)
        raise failure

    def headers(self, token: Token) -> Mapping[str, str]:
        """See `authorization`."""
        return authorization(token)

    def secrets(self) -> Iterable[str]:
        """The password."""
        return (self.password,)


@frozen
class ArgusToken:
    """A token that was given, exchanged for a new one ahead of its expiry."""

    first: Token

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Renew a token that still works.

        Raises AuthError where none does: Argus renews no token that has expired.
        """
        if current is None:
            raise NoSignInError(
                "the Argus token has expired or was revoked, and can no longer be renewed: "
                "make a new one, or give username= and password="
            )
        try:
            return read_token(await send(refresh_request(current)))
        except StatusError as error:
            failure = refusal(error, "Argus did not renew the token, which it does only while it works")
        raise failure

    def headers(self, token: Token) -> Mapping[str, str]:
        """See `authorization`."""
        return authorization(token)

    def secrets(self) -> Iterable[str]:
        """The token."""
        return (self.first.value,)


def refusal(error: StatusError, what: str) -> StatusError | AuthError:
    """400, 401 and 403 are a refusal; anything else is as it is."""
    if error.status in {400, 401, 403}:
        return AuthError(f"{what}: {error.message}", status=error.status)
    return error
