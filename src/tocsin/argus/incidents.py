"""Incidents: ``argus.incidents``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar, Unpack
from urllib.parse import urljoin

from tocsin.argus.bulk import IncidentBulk
from tocsin.argus.incident_fields import (
    CHANGES,
    FILTERS,
    MINE,
    NAMED,
    NEW,
    REPLACEMENT,
    IncidentChanges,
    IncidentQuery,
    IncidentReplacement,
    MineQuery,
    NamedIncident,
    NewIncident,
)
from tocsin.argus.incident_parts import IncidentParts
from tocsin.argus.models import Incident
from tocsin.argus.resource import at
from tocsin.argus.tags import Tags
from tocsin.errors import BadRequestError
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.transport.codec import Model
from tocsin.transport.messages import Params

T = TypeVar("T")

#: In the answer to a second incident of the same source and source_incident_id (a 400).
_DUPLICATE = b"incident_unique_source_incident_id_per_source"


class _Mark(Model, frozen=True):
    """What a walk needs of an incident that is left as JSON."""

    pk: int
    start_time: datetime


class _Count(Model, frozen=True):
    count: int


class IncidentService(IncidentParts, IncidentBulk):
    """Incidents, with their events, acknowledgements, tags and tickets. Seen on argus-server 2.10.2."""

    def list(
        self, *, page_size: int = 100, on_bad_row: OnBadRow = "raise", **filters: Unpack[IncidentQuery]
    ) -> Pager[Incident]:
        """Incidents, newest `start_time` first.

        Args:
            page_size: incidents a page; the server knows no maximum.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            filters: see `IncidentFilters`.

        Raises TypeError for a filter that there is none of, InputError for a value: the server would ignore
        either in silence.
        """
        params, call = FILTERS.query(filters)
        return self._incidents(Incident, ("incidents",), params, page_size, on_bad_row, call)

    def mine(
        self, *, page_size: int = 100, on_bad_row: OnBadRow = "raise", **filters: Unpack[MineQuery]
    ) -> Pager[Incident]:
        """The incidents of the source system that this client signs in as, newest first; none for a person.

        Takes fewer filters than `list`: see `MineFilters`.
        """
        params, call = MINE.query(filters)
        return self._incidents(Incident, ("incidents", "mine"), params, page_size, on_bad_row, call)

    def _incidents(
        self,
        row: type[T],
        parts: tuple[str, ...],
        params: Params,
        page_size: int,
        on_bad_row: OnBadRow,
        call: CallOptions,
    ) -> Pager[T]:
        return self._cursor(
            row,
            at(*parts),
            params,
            call,
            order="start_time",
            mark=_Mark,
            page_size=page_size,
            on_bad_row=on_bad_row,
        )

    def rows(
        self, *, page_size: int = 100, on_bad_row: OnBadRow = "raise", **filters: Unpack[IncidentQuery]
    ) -> Pager[bytes]:
        """As `list`, each incident as the JSON that the server sent: nothing is lost, nothing decoded."""
        params, call = FILTERS.query(filters)
        return self._incidents(bytes, ("incidents",), params, page_size, on_bad_row, call)

    async def count(self, **filters: Unpack[IncidentQuery]) -> int:
        """How many incidents `list` would give."""
        params, call = FILTERS.query(filters)
        answer = await self._ask(_Count, "GET", at("incidents"), call, params=(*params, ("count", "1")))
        return answer.count

    async def get(self, pk: int, **call: Unpack[CallOptions]) -> Incident:
        """One incident. Raises NotFoundError."""
        return await self._ask(Incident, "GET", at("incidents", pk), call)

    async def create(self, **fields: Unpack[NewIncident]) -> Incident:
        """Report an incident; needs to be signed in as a source system, or as a superuser with `source`.

        With a `source_incident_id` it is retried when an answer is lost, and no second one comes of it: if the
        server then says that it is there already, that one is returned. Without, a lost answer is a
        MaybeSentError.

        Args:
            fields: see `NewIncident`; `start_time` must be there.

        Raises BadRequestError, also for a `source_incident_id` that another incident has.
        """
        return await self._create(at("incidents"), fields)

    async def create_mine(self, **fields: Unpack[NewIncident]) -> Incident:
        """As `create`, by the path ``incidents/mine/``."""
        return await self._create(at("incidents", "mine"), fields)

    async def _create(self, where: str, fields: Mapping[str, object]) -> Incident:
        body, call = NEW.read(fields)
        name = body.get("source_incident_id")
        try:
            return await self._ask(Incident, "POST", where, call, json={"tags": [], **body}, idempotent=bool(name))
        except BadRequestError as error:
            if not name or not error.maybe_done or _DUPLICATE not in error.body:
                raise
            existing = await self._find(name, body.get("source"), call)
            if existing is None or not _same(existing, body):
                raise
            return existing

    async def _find(self, name: str, source: int | None, call: CallOptions) -> Incident | None:
        """The incident of one's own source, or of `source`, that has this id there."""
        call = call.copy()
        call.pop("extra_params", None)  # meant for the request that this one is made for
        parts: tuple[str, ...] = ("incidents",)
        if source is None:
            params, parts = MINE.query({"source_incident_id": name})[0], (*parts, "mine")
        else:
            params, _ = FILTERS.query({"source_incident_id": name, "source__id__in": [source]})
        return await self._incidents(Incident, parts, params, 1, "raise", call).first()

    async def upsert(self, **fields: Unpack[NamedIncident]) -> Incident:
        """Report an incident, or bring the one with this `source_incident_id` up to date.

        An incident that is there is given the fields that differ, if any do; whether it is open is left alone:
        see `resolve` and `post_event`.

        Args:
            fields: see `NewIncident`; `start_time` and `source_incident_id` must be there.
        """
        body, call = NAMED.read(fields)
        name, source = body["source_incident_id"], body.get("source")
        existing = await self._find(name, source, call)
        if existing is None:
            try:
                return await self._create(at("incidents"), fields)
            except BadRequestError as error:
                if _DUPLICATE not in error.body:
                    raise
                existing = await self._find(name, source, call)
                if existing is None:
                    raise
        changes = {
            key: value for key, value in body.items() if key in CHANGES.checks and _differs(existing, key, value)
        }
        if not changes:
            return existing
        return await self._change("PATCH", existing.pk, changes, call)

    async def update(self, pk: int, **changes: Unpack[IncidentChanges]) -> Incident:
        """Change what is given, empty values included, and nothing else.

        The server has no versions: of two changes at once, the last one stays.

        Args:
            changes: see `IncidentChanges`; tags are replaced as a whole.

        Raises BadRequestError, also when a tag of somebody else would have to go, and for an empty `ticket_url`
        (see `set_ticket_url`); NotFoundError.
        """
        body, call = CHANGES.read(changes)
        return await self._change("PATCH", pk, body, call)

    async def replace(self, pk: int, **fields: Unpack[IncidentReplacement]) -> Incident:
        """Change it by PUT, which must have tags. Raises as `update`."""
        body, call = REPLACEMENT.read(fields)
        return await self._change("PUT", pk, body, call)

    async def _change(self, method: str, pk: int, body: Mapping[str, Any], call: CallOptions) -> Incident:
        return await self._ask(Incident, method, at("incidents", pk), call, json=dict(body), idempotent=True)

    async def delete(self, pk: int, **call: Unpack[CallOptions]) -> None:
        """Delete it, where the server's setting INDELIBLE_INCIDENTS allows (by default a 405 StatusError)."""
        await self._delete(at("incidents", pk), call)


def _same(incident: Incident, body: Mapping[str, Any]) -> bool:
    """Whether an incident can be the one that this body made."""
    return incident.start_time == datetime.fromisoformat(body["start_time"]) and not any(
        _differs(incident, key, body[key]) for key in ("description", "level", "tags") if key in body
    )


def _differs(incident: Incident, key: str, value: Any) -> bool:
    if key == "tags":
        return incident.tags != Tags([item["tag"] for item in value])
    if key == "details_url":
        # The server joins a relative one to the source's base URL.
        base = incident.source.base_url if incident.source is not None else ""
        joined = urljoin(base, value) if value else ""
        return (incident.details_url or "") not in {value, joined}
    return bool(getattr(incident, key) != value)
