"""Source systems and their types: ``argus.sources``, ``argus.source_types``."""

from __future__ import annotations

from typing import Required, Unpack

from tocsin import forms
from tocsin.argus.models import Source, SourceType
from tocsin.argus.resource import Collection, NameMark, at
from tocsin.errors import ForbiddenError, InputError
from tocsin.forms import Form
from tocsin.options import CallOptions
from tocsin.transport.messages import Request


class SourceChanges(CallOptions, total=False):
    """The name is all that can be changed of a source system."""

    name: Required[str]


class SourceReplacement(SourceChanges, total=False):
    """What a source system is made of.

    type: the name of a source type.
    base_url: what a relative `details_url` is put behind.
    """

    type: Required[str]
    base_url: str


_SOURCE = Form({"name": forms.filled, "type": forms.filled, "base_url": forms.text}, required={"name", "type"})
_NAME = Form({"name": forms.filled}, required={"name"})


class SourceService(Collection[Source, int]):
    """Systems that report incidents. Only superusers may write."""

    _parts = ("incidents", "sources")
    _row = Source

    async def create(self, **fields: Unpack[SourceReplacement]) -> Source:
        """Make a source system, and the user that it signs in as.

        Raises ForbiddenError, BadRequestError for a name that its type has already.
        """
        return await self._write("POST", _SOURCE, fields)

    async def replace(self, pk: int, **fields: Unpack[SourceReplacement]) -> Source:
        """Change it by PUT. Raises as `create`."""
        return await self._write("PUT", _SOURCE, fields, pk)

    async def update(self, pk: int, **changes: Unpack[SourceChanges]) -> Source:
        """Rename it. Raises as `create`."""
        return await self._write("PATCH", _NAME, changes, pk)

    async def heartbeat(self, **call: Unpack[CallOptions]) -> None:
        """Tell Argus that the source system which this client signs in as is alive.

        Raises ForbiddenError for a user that is no source system's.
        """
        request = Request("POST", at(*self._parts, "heartbeat"), idempotent=True)
        try:
            await self._pipeline.send(request, **call)
        except ForbiddenError as error:
            if not error.body:
                error.args = (f"{error.message}: only the user of a source system has a heartbeat",)
            raise


class SourceTypeService(Collection[SourceType, str]):
    """Kinds of source systems; the name is the key."""

    _parts = ("incidents", "source-types")
    _row = SourceType
    _mark = NameMark
    _key = "name"

    async def create(self, name: str, **call: Unpack[CallOptions]) -> SourceType:
        """Make a source type.

        Raises InputError for a name that is not in lower case, BadRequestError for one that there is.
        """
        if forms.filled("name", name) != name.lower():
            raise InputError(f"the name of a source type must be in lower case, not {name!r}")
        return await self._ask(SourceType, "POST", at(*self._parts), call, json={"name": name})
