"""Signing in to ACS Monitor: an e-mail address and a password are traded for a bearer token.

The token has no known end: by the vendor's documents it lives until logout, or until its user is deleted, though
one of them calls a 401 "expired". So it is used until the server refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from tocsin.acsmonitor.replies import one
from tocsin.errors import AuthError, InputError, StatusError
from tocsin.transport import codec
from tocsin.transport.credentials import FixedToken, Send, Token
from tocsin.transport.messages import Request, Response


def authorization(token: Token) -> Mapping[str, str]:
    """The header that signs a request."""
    return {"authorization": f"Bearer {token.value}"}


@frozen
class AcsPassword:
    """An e-mail address and a password."""

    email: str
    password: str = field(repr=False)

    def __attrs_post_init__(self) -> None:
        for name in ("email", "password"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                raise InputError(f"{name} must be a str, and not empty")
            codec.check(value, name)

    async def fetch(self, send: Send, current: Token | None) -> Token:
        """Sign in; doing it twice only makes two tokens.

        Raises AuthError where it is refused: with 401 or 422, which of them is not published.
        """
        body = codec.encode({"email": self.email, "password": self.password})
        headers = {"content-type": "application/json"}
        request = Request("POST", "/auth/login", (), body, headers, idempotent=True, sign=False)
        try:
            return _token_in(await send(request))
        except StatusError as error:
            if error.status not in {401, 422}:
                raise
            why, status = error.message, error.status
        raise AuthError(f"ACS Monitor refused the e-mail address or the password: {why}", status=status)

    def headers(self, token: Token) -> Mapping[str, str]:
        """See `authorization`."""
        return authorization(token)

    def secrets(self) -> Iterable[str]:
        """The password."""
        return (self.password,)


def given_token() -> FixedToken:
    """A token without anything to sign in with."""
    return FixedToken(
        "authorization",
        "Bearer ",
        "the token of ACS Monitor was refused, and there is nothing to sign in with: it was revoked, or its user "
        "deleted; make a new one in the web interface (Profile > API Tokens, or Settings > Users: the vendor's "
        "documents differ), or give email= and password=",
    )


def _token_in(response: Response) -> Token:
    """The token of a sign-in's answer.

    Raises AuthError for an answer without one, which shows no value of it; DecodeError for what is no JSON object.
    """
    said = one(dict[str, Any], response)
    value = said.get("token")
    if isinstance(value, str) and value:
        return Token(value)
    found = ", ".join(said) or "nothing"
    raise AuthError(
        f"the answer to signing in has no token (it has: {found}); does the user need a second factor?"
    )
