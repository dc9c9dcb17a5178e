"""Tokens: ``argus.tokens``. Seen on argus-server 2.10.2.

There are two kinds. Those of ``auth/token/`` live for 10 hours by default, a user may have many, and a new one
leaves the old ones alone. Legacy ones live for 14 days, and a user has one.
"""

from __future__ import annotations

from typing import Unpack

from attrs import evolve, frozen

from tocsin.argus.auth import ArgusPassword
from tocsin.argus.inputs import text
from tocsin.argus.resource import ArgusService, at
from tocsin.errors import AuthError, BadRequestError, ForbiddenError
from tocsin.options import CallOptions
from tocsin.service import build
from tocsin.transport.credentials import Token, TokenCache, check_secret
from tocsin.transport.messages import Request


@frozen
class _Legacy:
    token: str


class TokenService(ArgusService):
    """Getting tokens, renewing them, and giving them up."""

    async def refresh(self) -> Token:
        """Get a new token with the one in use, and use it from now on; `on_token` is told.

        The old one works on until it expires.

        Raises AuthError if the token in use has expired: Argus renews none that has.
        """
        return await self._cache.renew()

    async def login(self, username: str, password: str) -> Token:
        """A new token for a user. This client goes on with its own.

        Raises AuthError for a name or password that Argus refuses.
        """
        credential = ArgusPassword(username, password)
        redactor = self._pipeline.reporter.redactor
        redactor.learn(password)
        token = await credential.fetch(self._pipeline.send, None)
        redactor.learn(token.value)
        return token

    async def logout(self, **call: Unpack[CallOptions]) -> None:
        """Give up the token in use. With a user name and password, the next call signs in again."""
        await self._give_up(at("auth", "token", "logout"), call)

    async def logout_all(self, **call: Unpack[CallOptions]) -> None:
        """Give up all tokens of the user, legacy ones apart."""
        await self._give_up("/auth/token/logoutall", call)

    async def _give_up(self, where: str, call: CallOptions) -> None:
        await self._pipeline.send(Request("POST", where), **call)
        self._cache.forget()

    async def legacy_login(self, username: str, password: str, **call: Unpack[CallOptions]) -> Token:
        """The user's legacy token, which lives for 14 days by default. This client goes on with its own.

        Raises AuthError for a name or password that Argus refuses.
        """
        self._pipeline.reporter.redactor.learn(password)
        body = {"username": text("username", username), "password": check_secret("password", password)}
        request = build("POST", at("token-auth"), json=body, idempotent=True)
        try:
            found = await self._call(_Legacy, evolve(request, sign=False), call)
        except (BadRequestError, ForbiddenError) as error:
            failure = AuthError(f"Argus refused the user name or password: {error.message}", status=error.status)
        else:
            self._pipeline.reporter.redactor.learn(found.token)
            return Token(found.token)
        raise failure

    async def legacy_refresh(self, **call: Unpack[CallOptions]) -> Token:
        """Get a new legacy token, and use it from now on; `on_token` is told.

        A legacy token that the user had stops working, so this is not retried when its answer is lost.
        """
        found = await self._ask(_Legacy, "POST", at("auth", "refresh-token"), call, idempotent=False)
        token = Token(found.token)
        await self._cache.adopt(token)
        return token

    @property
    def _cache(self) -> TokenCache:
        tokens = self._pipeline.tokens
        assert tokens is not None
        return tokens
