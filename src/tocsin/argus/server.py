"""What a server says of itself: its metadata and its schema."""

from __future__ import annotations

from typing import Any, cast

from attrs import frozen

from tocsin.argus.models import Metadata
from tocsin.argus.resource import ArgusService
from tocsin.errors import DecodeError
from tocsin.options import CallOptions
from tocsin.transport.messages import Request


class ServerService(ArgusService):
    """Calls at the root of an address."""

    async def metadata(self, call: CallOptions) -> Metadata:
        """The metadata. Raises DecodeError if it is not an Argus server's."""
        request = Request("GET", "/", sign=False)
        said = await self._call(_Said, request, call)
        return Metadata(**said)
