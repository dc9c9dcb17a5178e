"""Server tags: ``appfirst.server_tags``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Required, Unpack

from tocsin.appfirst import inputs
from tocsin.appfirst.models import ServerTag
from tocsin.appfirst.named import Named
from tocsin.appfirst.resource import at
from tocsin.forms import Check, Form
from tocsin.options import CallOptions


class ServerTagChanges(CallOptions, total=False):
    """What can be changed of a server tag.

    name: 1 to 256 characters.
    servers: the ids of all servers that have it.
    """

    name: str
    servers: Iterable[int]


class NewServerTag(CallOptions, total=False):
    """What a server tag is made of; see `ServerTagChanges`."""

    name: Required[str]
    servers: Required[Iterable[int]]


_CHECKS: dict[str, Check] = {"name": inputs.length(1, 256), "servers": inputs.ids}
_NEW = Form(_CHECKS, required=_CHECKS.keys())
_CHANGES = Form(_CHECKS)


class ServerTagService(Named[ServerTag]):
    """Tags of servers, as the API's page on server tags has them."""

    _part = "server_tags"
    _row = ServerTag

    async def create(self, **fields: Unpack[NewServerTag]) -> ServerTag:
        """Make a tag; not sent again once it may have been acted on. Raises BadRequestError."""
        form, call = _NEW.read(fields)
        return await self._send(ServerTag, "POST", at(self._part), form, call)

    async def update(self, id: int, **changes: Unpack[ServerTagChanges]) -> ServerTag:
        """Change what is given. Raises NotFoundError, BadRequestError."""
        form, call = inputs.read_changes(_CHANGES, changes)
        return await self._send(ServerTag, "PUT", at(self._part, id), form, call)

    async def delete(self, id: int, **call: Unpack[CallOptions]) -> None:
        """Delete it. Raises NotFoundError."""
        await self._delete(at(self._part, id), call)
