"""Tokens: ``argus.tokens``. Seen on argus-server 2.10.2.

There are two kinds. Those of ``auth/token/`` live for 10 hours by default, a user may have many, and a new one
leaves the old ones alone. Legacy ones live for 14 days, and a user has one.
"""

from __future__ import annotations

from copy import copy
from typing import Unpack

from tocsin.argus.auth import LOGIN, NOT_LET_IN, login_request, read_token, refusal
from tocsin.argus.resource import ArgusService, at
from tocsin.errors import InputError, StatusError, TocsinError
from tocsin.forms import text
from tocsin.options import CallOptions
from tocsin.transport.credentials import Token, TokenCache
from tocsin.transport.messages import Request


class TokenService(ArgusService):
    """Getting tokens, renewing them, and giving them up."""

    async def refresh(self, **call: Unpack[CallOptions]) -> Token:
        """Get a new token with the one in use, and use it from now on; `on_token` is told.

        The old one works on until it expires. Of several at once, the first one's `call` counts.

        Raises AuthError if the token in use has expired: Argus renews none that has.
        """
        return await self._cache.renew(**call)

    async def login(self, username: str, password: str, **call: Unpack[CallOptions]) -> Token:
        """A new token for a user. This client goes on with its own.

        Raises AuthError for a name or password that Argus refuses.
        """
        made = await self._log_in(LOGIN, username, password, call)
        del password  # an error's traceback keeps this frame
        if isinstance(made, TocsinError):
            raise made
        return made

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
        made = await self._log_in(at("token-auth"), username, password, call)
        del password  # an error's traceback keeps this frame
        if isinstance(made, TocsinError):
            raise made
        return made

    async def legacy_refresh(self, **call: Unpack[CallOptions]) -> Token:
        """Get a new legacy token, and use it from now on; `on_token` is told.

        A legacy token that the user had stops working, so this is not retried when its answer is lost.
        """
        token = await self._fetch(Request("POST", at("auth", "refresh-token")), call)
        await self._cache.adopt(token)
        return token

    async def _log_in(self, where: str, username: str, password: str, call: CallOptions) -> Token | TocsinError:
        """The token, or an error as a copy without the traceback: the frames in it know the password."""
        text("username", username)
        if not isinstance(password, str) or not password:
            raise InputError("password must be a str, and not empty")
        self._pipeline.reporter.redactor.learn(password)
        try:
            return await self._fetch(login_request(where, username, password), call)
        except StatusError as error:
            return copy(refusal(error, NOT_LET_IN))
        except TocsinError as error:
            return copy(error)

    async def _fetch(self, request: Request, call: CallOptions) -> Token:
        response = await self._pipeline.send(request, **call)
        try:
            token = read_token(response)
        except TocsinError as error:
            failure = self._pipeline.stamp(error, request, response)
        else:
            self._pipeline.reporter.redactor.learn(token.value)
            return token
        raise failure

    @property
    def _cache(self) -> TokenCache:
        tokens = self._pipeline.tokens
        assert tokens is not None
        return tokens
