"""Stored filters: ``argus.filters``."""

from __future__ import annotations

from typing import Required, Unpack

from tocsin import forms
from tocsin.argus import inputs
from tocsin.argus.models import Filter, FilterBlob, Incident
from tocsin.argus.resource import Erasable, at
from tocsin.forms import Form
from tocsin.options import CallOptions


class FilterChanges(CallOptions, total=False):
    """What a filter is made of.

    name: at most 40 characters.
    filter: replaced as a whole.
    public: whether others see it.
    """

    name: str
    filter: FilterBlob
    public: bool


class NewFilter(CallOptions, total=False):
    """`FilterChanges`, of which the server wants a name and a filter."""

    name: Required[str]
    filter: Required[FilterBlob]
    public: bool


_CHECKS: dict[str, forms.Check] = {"name": forms.filled, "filter": inputs.blob, "public": forms.flag}
_NEW = Form(_CHECKS, required={"name", "filter"})
_CHANGES = Form(_CHECKS)


class FilterService(Erasable[Filter, int]):
    """Filters that profiles and planned maintenances are made of: one's own, and public ones."""

    _parts = ("notificationprofiles", "filters")
    _row = Filter

    async def create(self, **fields: Unpack[NewFilter]) -> Filter:
        """Make a filter."""
        return await self._write("POST", _NEW, fields)

    async def replace(self, pk: int, **fields: Unpack[NewFilter]) -> Filter:
        """Change it by PUT."""
        return await self._write("PUT", _NEW, fields, pk)

    async def update(self, pk: int, **changes: Unpack[FilterChanges]) -> Filter:
        """Change what is given."""
        return await self._write("PATCH", _CHANGES, changes, pk)

    async def preview(self, filter: FilterBlob, **call: Unpack[CallOptions]) -> list[Incident]:
        """The incidents that a filter would let through; nothing is stored."""
        return await self._preview("preview", filter, call)

    async def filterpreview(self, filter: FilterBlob, **call: Unpack[CallOptions]) -> list[Incident]:
        """As `preview`, by the older path ``filterpreview/``."""
        return await self._preview("filterpreview", filter, call)

    async def _preview(self, kind: str, filter: FilterBlob, call: CallOptions) -> list[Incident]:
        where = at("notificationprofiles", kind)
        body = inputs.blob("filter", filter)
        return await self._ask(list[Incident], "POST", where, call, json=body, idempotent=True)
