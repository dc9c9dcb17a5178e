"""Who this client is to the server: signing in, signing out."""

from __future__ import annotations

from typing import Any, Unpack

from attrs import evolve

from tocsin.acsmonitor.auth import authorization
from tocsin.acsmonitor.resource import AcsService
from tocsin.errors import StatusError
from tocsin.options import CallOptions
from tocsin.transport.credentials import Token, TokenCache
from tocsin.transport.messages import Request


class AccountService(AcsService):
    """See the methods of `AcsMonitorClient`."""

    async def login(self, **call: Unpack[CallOptions]) -> Token:
        """A new token."""
        return await self._cache.renew(**call)

    async def logout(self, **call: Unpack[CallOptions]) -> None:
        """Revoke the token in use, and forget it."""
        token = self._cache.current
        if token is None:
            return
        # Signed here, lest a token that is dead already brings a new one, which would be revoked in its place.
        request = Request("POST", "/auth/logout", headers=authorization(token), idempotent=True, sign=False)
        try:
            await evolve(self._pipeline, tokens=None).send(request, **call)
        except StatusError as error:
            if error.status != 401:
                raise
        if self._cache.current is token:
            self._cache.forget()

    async def me(self, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """The user."""
        return await self._ask(dict[str, Any], "GET", "/auth/me", call)

    @property
    def _cache(self) -> TokenCache:
        tokens = self._pipeline.tokens
        assert tokens is not None
        return tokens
