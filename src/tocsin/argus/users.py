"""Users: ``argus.users``."""

from __future__ import annotations

from operator import attrgetter
from typing import Unpack

from tocsin.argus.models import User
from tocsin.argus.paging import single_shape
from tocsin.argus.resource import ArgusService, at
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.paging.strategies import Strategy
from tocsin.transport.codec import Model


class _Mark(Model, frozen=True):
    username: str


class UserService(ArgusService):
    """The user that this client signs in as, and others."""

    async def me(self, **call: Unpack[CallOptions]) -> User:
        """The user that this client signs in as."""
        return await self._ask(User, "GET", at("auth", "user"), call)

    async def get(self, pk: int, **call: Unpack[CallOptions]) -> User:
        """Another user, of whom `admin_url` is not told. Raises NotFoundError."""
        return await self._ask(User, "GET", at("auth", "users", pk), call)

    def rows(self, *, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]) -> Pager[bytes]:
        """What `me` gives as the one row of a list, as the JSON that the server sent."""
        shape, key = single_shape(bytes, _Mark), attrgetter("username")
        return self._list(shape, at("auth", "user"), (), Strategy(), call, key=key, on_bad_row=on_bad_row)
