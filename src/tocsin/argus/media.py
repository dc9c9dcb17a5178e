"""Ways to notify: ``argus.media``."""

from __future__ import annotations

from typing import Any, Unpack

from tocsin import forms
from tocsin.argus.models import Media
from tocsin.argus.resource import Collection, SlugMark, at
from tocsin.options import CallOptions
from tocsin.transport.codec import Model


class _JsonSchema(Model, frozen=True):
    json_schema: dict[str, Any]


class MediaService(Collection[Media, str]):
    """Ways to notify, such as email; the slug is the key."""

    _parts = ("notificationprofiles", "media")
    _row = Media
    _mark = SlugMark
    _key = "slug"

    async def json_schema(self, slug: str, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """The JSON schema of the settings that a destination of this media has. Raises NotFoundError."""
        where = at(*self._parts, forms.filled("slug", slug), "json_schema")
        return (await self._ask(_JsonSchema, "GET", where, call)).json_schema
