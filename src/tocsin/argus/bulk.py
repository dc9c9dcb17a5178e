"""One change to many incidents. A part of it may fail; that is in the result, and no exception."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

import msgspec

from tocsin import forms
from tocsin.argus import inputs
from tocsin.argus.models import BulkResult
from tocsin.argus.resource import ArgusService, at
from tocsin.errors import BadRequestError
from tocsin.options import CallOptions
from tocsin.transport.codec import decoder


class IncidentBulk(ArgusService):
    """Bulk calls. None is retried when its answer is lost."""

    async def acknowledge_many(
        self,
        pks: Sequence[int],
        description: str = "",
        timestamp: datetime | None = None,
        *,
        expiration: datetime | None = None,
        **call: Unpack[CallOptions],
    ) -> BulkResult:
        """Acknowledge incidents; see `IncidentService.acknowledge`.

        Raises ServerError if it repeats an earlier call with the same timestamp (the server fails with a 500).
        """
        ack = {
            "timestamp": self._timestamp(timestamp),
            "description": forms.text("description", description),
            "expiration": forms.maybe(inputs.moment)("expiration", expiration),
        }
        return await self._bulk("acks", {"ids": inputs.ids("pks", pks), "ack": ack}, call)

    async def post_event_many(
        self,
        pks: Sequence[int],
        type: str,
        *,
        timestamp: datetime | None = None,
        description: str = "",
        **call: Unpack[CallOptions],
    ) -> BulkResult:
        """Add an event to incidents; see `IncidentService.post_event`. The server checks less here."""
        event = {
            "type": inputs.event_type("type", type),
            "timestamp": self._timestamp(timestamp),
            "description": forms.text("description", description),
        }
        return await self._bulk("events", {"ids": inputs.ids("pks", pks), "event": event}, call)

    async def set_ticket_url_many(
        self, pks: Sequence[int], ticket_url: str, **call: Unpack[CallOptions]
    ) -> BulkResult:
        """Give incidents one ticket; see `IncidentService.set_ticket_url`."""
        body = {"ids": inputs.ids("pks", pks), "ticket_url": forms.text("ticket_url", ticket_url)}
        return await self._bulk("ticket_url", body, call)

    async def _bulk(self, kind: str, body: dict[str, Any], call: CallOptions) -> BulkResult:
        try:
            return await self._ask(BulkResult, "POST", at("incidents", kind, "bulk"), call, json=body)
        except BadRequestError as error:
            # When all of it fails the status is 400, and the body says why as ever.
            result = _changes(error.body)
            if result is None:
                raise
            return result


def _changes(body: bytes) -> BulkResult | None:
    try:
        return decoder(BulkResult).decode(body)  # type: ignore[no-any-return]
    except msgspec.DecodeError:
        return None
