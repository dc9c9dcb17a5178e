"""What belongs to one incident: events, acknowledgements, tags, the ticket."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar, Unpack

from tocsin import forms
from tocsin.argus import inputs
from tocsin.argus.models import Acknowledgement, Event, TicketUrl
from tocsin.argus.resource import ArgusService, at
from tocsin.argus.tags import Tag, Tags, check_tag
from tocsin.errors import InputError
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.transport.codec import Model

T = TypeVar("T")


class _EventMark(Model, frozen=True):
    """What a walk needs of an event that is left as JSON."""

    pk: int
    timestamp: datetime


class IncidentParts(ArgusService):
    """The parts of incidents. `pk` is always the incident's."""

    # --- events

    def events(self, pk: int, *, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]) -> Pager[Event]:
        """One incident's events, newest first, in one page."""
        return self._array(Event, at("incidents", pk, "events"), call, on_bad_row=on_bad_row)

    def all_events(
        self, *, page_size: int = 100, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[Event]:
        """The events of all incidents, newest `timestamp` first."""
        return self._all_events(Event, page_size, on_bad_row, call)

    def all_event_rows(
        self, *, page_size: int = 100, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[bytes]:
        """As `all_events`, each event as the JSON that the server sent."""
        return self._all_events(bytes, page_size, on_bad_row, call)

    def _all_events(self, row: type[T], page_size: int, on_bad_row: OnBadRow, call: CallOptions) -> Pager[T]:
        return self._cursor(
            row,
            at("incidents", "events"),
            (),
            call,
            order="timestamp",
            mark=_EventMark,
            page_size=page_size,
            on_bad_row=on_bad_row,
        )

    async def get_event(self, pk: int, event_pk: int, **call: Unpack[CallOptions]) -> Event:
        """One event. Raises NotFoundError."""
        return await self._ask(Event, "GET", at("incidents", pk, "events", event_pk), call)

    async def post_event(
        self,
        pk: int,
        type: str,
        *,
        timestamp: datetime | None = None,
        description: str = "",
        **call: Unpack[CallOptions],
    ) -> Event:
        """Add an event; it is not retried when its answer is lost, for it would be added twice.

        Args:
            type: a source system may post STA, END, RES, OTH, CHI and LES; a person CLO, REO and OTH; for ACK
                see `acknowledge`.
            timestamp: when it happened, aware; now if it is left out.

        Raises BadRequestError for a type that one may not post, or that does not fit the incident's state;
        ServerError for an incident that does not exist (the server fails with a 500).
        """
        body = {
            "type": inputs.event_type("type", type),
            "timestamp": self._timestamp(timestamp),
            "description": forms.text("description", description),
        }
        return await self._ask(Event, "POST", at("incidents", pk, "events"), call, json=body)

    async def resolve(
        self,
        pk: int,
        description: str = "",
        timestamp: datetime | None = None,
        **call: Unpack[CallOptions],
    ) -> Event:
        """End an incident, as its source system: an END event. See `post_event`."""
        return await self.post_event(pk, "END", timestamp=timestamp, description=description, **call)

    async def close(
        self,
        pk: int,
        description: str = "",
        timestamp: datetime | None = None,
        **call: Unpack[CallOptions],
    ) -> Event:
        """Close an incident, as a person: a CLO event. See `post_event`."""
        return await self.post_event(pk, "CLO", timestamp=timestamp, description=description, **call)

    async def reopen(
        self,
        pk: int,
        description: str = "",
        timestamp: datetime | None = None,
        **call: Unpack[CallOptions],
    ) -> Event:
        """Open an incident again, as a person: a REO event. See `post_event`."""
        return await self.post_event(pk, "REO", timestamp=timestamp, description=description, **call)

    # --- acknowledgements

    def acks(
        self, pk: int, *, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[Acknowledgement]:
        """One incident's acknowledgements, in one page."""
        return self._array(Acknowledgement, at("incidents", pk, "acks"), call, on_bad_row=on_bad_row)

    async def get_ack(self, pk: int, ack_pk: int, **call: Unpack[CallOptions]) -> Acknowledgement:
        """One acknowledgement. Raises NotFoundError."""
        return await self._ask(Acknowledgement, "GET", at("incidents", pk, "acks", ack_pk), call)

    async def acknowledge(
        self,
        pk: int,
        description: str = "",
        timestamp: datetime | None = None,
        *,
        expiration: datetime | None = None,
        **call: Unpack[CallOptions],
    ) -> Acknowledgement:
        """Acknowledge an incident; not retried when its answer is lost.

        Args:
            timestamp: from when on, aware; now if it is left out.
            expiration: until when, aware; None is for ever.

        Raises BadRequestError for an expiration before the timestamp, NotFoundError.
        """
        body = {
            "timestamp": self._timestamp(timestamp),
            "description": forms.text("description", description),
            "expiration": forms.maybe(inputs.moment)("expiration", expiration),
        }
        return await self._ask(Acknowledgement, "POST", at("incidents", pk, "acks"), call, json=body)

    async def update_ack(
        self, pk: int, ack_pk: int, *, expiration: datetime | None, **call: Unpack[CallOptions]
    ) -> Acknowledgement:
        """Change until when an acknowledgement counts: an aware time still to come, or None for ever."""
        return await self._change_ack("PATCH", pk, ack_pk, expiration, call)

    async def replace_ack(
        self, pk: int, ack_pk: int, *, expiration: datetime | None, **call: Unpack[CallOptions]
    ) -> Acknowledgement:
        """As `update_ack`, by PUT."""
        return await self._change_ack("PUT", pk, ack_pk, expiration, call)

    async def _change_ack(
        self, method: str, pk: int, ack_pk: int, expiration: datetime | None, call: CallOptions
    ) -> Acknowledgement:
        body = {"expiration": forms.maybe(inputs.moment)("expiration", expiration)}
        where = at("incidents", pk, "acks", ack_pk)
        return await self._ask(Acknowledgement, method, where, call, json=body, idempotent=True)

    # --- tags

    async def tags(self, pk: int, **call: Unpack[CallOptions]) -> Tags:
        """One incident's tags. Raises BadRequestError for an incident that does not exist."""
        return Tags(await self._ask(list[Tag], "GET", at("incidents", pk, "tags"), call))

    async def get_tag(self, pk: int, tag: str, **call: Unpack[CallOptions]) -> Tag:
        """One tag, by its text "key=value". Raises NotFoundError; InputError for one with a slash in it."""
        return await self._ask(Tag, "GET", self._tag_at(pk, tag), call)

    async def add_tag(self, pk: int, tag: str, **call: Unpack[CallOptions]) -> Tag:
        """Put a tag "key=value" on an incident; one that it has stays as it is."""
        body = {"tag": inputs.tag("tag", tag)}
        return await self._ask(Tag, "POST", at("incidents", pk, "tags"), call, json=body, idempotent=True)

    async def remove_tag(self, pk: int, tag: str, **call: Unpack[CallOptions]) -> None:
        """Take a tag "key=value" off an incident.

        Raises NotFoundError; InputError for a tag with a slash in it, which the server cannot be asked for:
        use `update` with the tags that shall stay.
        """
        await self._delete(self._tag_at(pk, tag), call)

    def _tag_at(self, pk: int, tag: str) -> str:
        if "/" in check_tag(tag):
            raise InputError(f"a tag with a slash has no path of its own on the server: {tag!r}")
        # The server's own routes carry "=" as it is.
        return at("incidents", pk, "tags", tag).replace("%3D", "=")

    # --- tickets

    async def set_ticket_url(self, pk: int, ticket_url: str, **call: Unpack[CallOptions]) -> str:
        """Say where the incident's ticket is; "" takes it away. The server does not check it."""
        body = {"ticket_url": forms.text("ticket_url", ticket_url)}
        found = await self._ask(TicketUrl, "PUT", at("incidents", pk, "ticket_url"), call, json=body)
        return found.ticket_url

    async def create_ticket(self, pk: int, **call: Unpack[CallOptions]) -> str:
        """Have the server's ticket plugin make a ticket; the URL of it, or of the one that there is.

        Not retried when its answer is lost: there could be two tickets.

        Raises BadRequestError where the server has no such plugin.
        """
        where = at("incidents", pk, "automatic-ticket")
        found = await self._ask(TicketUrl, "PUT", where, call, idempotent=False)
        return found.ticket_url
