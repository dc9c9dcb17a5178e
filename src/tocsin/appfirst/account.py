"""The account: ``appfirst.account``."""

from __future__ import annotations

from typing import Unpack

from tocsin.appfirst.resource import AppFirstService, Unpublished, at
from tocsin.options import CallOptions


class AccountService(AppFirstService):
    """The account that one signs in to."""

    async def get(self, **call: Unpack[CallOptions]) -> Unpublished:
        """The account, as the server says it: the fields are not published."""
        return await self._ask(Unpublished, "GET", at("account"), call)
