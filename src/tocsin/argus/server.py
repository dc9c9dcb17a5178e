"""What a server says of itself: its metadata and its schema."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin.argus.models import Metadata
from tocsin.errors import DecodeError
from tocsin.options import CallOptions
from tocsin.service import Service
from tocsin.transport.messages import Request


class ServerService(Service):
    """Calls at the root of an address."""

    async def metadata(self, call: CallOptions) -> Metadata:
        """The metadata. Raises DecodeError if it is not an Argus server's."""
        request = Request("GET", "/", sign=False)
        said = await self._call(dict[str, Any], request, call)
        try:
            return msgspec.convert({name.replace("-", "_"): value for name, value in said.items()}, Metadata)
        except msgspec.ValidationError as error:
            failure = DecodeError(f"this is not the metadata of an Argus server ({error}): is the base URL right?")
        raise self._pipeline.stamp(failure, request)

    async def schema(self, call: CallOptions) -> dict[str, Any]:
        """The OpenAPI schema."""
        return await self._call(dict[str, Any], Request("GET", "/schema/"), call)
