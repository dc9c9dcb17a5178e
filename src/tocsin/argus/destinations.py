"""Destinations of notifications: ``argus.destinations``. Each user sees and writes their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required, Unpack

from tocsin import forms
from tocsin.argus.models import Destination
from tocsin.argus.resource import Erasable, at
from tocsin.forms import Form
from tocsin.options import CallOptions
from tocsin.transport.codec import Model


class _Label(CallOptions, total=False):
    label: str | None


class DestinationChanges(_Label, total=False):
    """What can be changed of a destination.

    label: at most 50 characters; may be None.
    settings: what its media needs; see `MediaService.json_schema`.
    """

    settings: Mapping[str, Any]


class NewDestination(_Label, total=False):
    """`DestinationChanges` and `media`, a slug."""

    media: Required[str]
    settings: Required[Mapping[str, Any]]


class _Duplicate(Model, frozen=True):
    is_duplicate: bool


_CHECKS: dict[str, forms.Check] = {"label": forms.maybe(forms.text), "settings": forms.mapping}
_NEW = Form({**_CHECKS, "media": forms.filled}, required={"media", "settings"})
_CHANGES = Form(_CHECKS)


class DestinationService(Erasable[Destination, int]):
    """Where notifications go."""

    _parts = ("notificationprofiles", "destinations")
    _row = Destination

    async def create(self, **fields: Unpack[NewDestination]) -> Destination:
        """Make a destination. Raises BadRequestError for settings that its media does not take."""
        return await self._write("POST", _NEW, fields)

    async def update(self, pk: int, **changes: Unpack[DestinationChanges]) -> Destination:
        """Change what is given. Raises as `create`."""
        return await self._write("PATCH", _CHANGES, changes, pk)

    async def duplicate(self, pk: int, **call: Unpack[CallOptions]) -> bool:
        """Whether one has another destination with the same settings."""
        found = await self._ask(_Duplicate, "GET", at(*self._parts, pk, "duplicate"), call)
        return found.is_duplicate
