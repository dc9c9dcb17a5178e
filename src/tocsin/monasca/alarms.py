"""Alarms: ``monasca.alarms``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, Unpack

from attrs import evolve

from tocsin.errors import NotSupported
from tocsin.monasca import alarm_count
from tocsin.monasca.alarm_fields import (
    CHANGEABLE,
    CHANGES,
    COUNT,
    FILTERS,
    NEW,
    REPLACEMENT,
    STATE,
    AlarmChanges,
    AlarmQuery,
    AlarmReplacement,
    CountQuery,
    NewAlarm,
)
from tocsin.monasca.collection import PAGE, Collection
from tocsin.monasca.dialect import CURRENT, OF_2014, Dialect
from tocsin.monasca.models.alarms import Alarm, AlarmCount
from tocsin.monasca.resource import check_page_size
from tocsin.monasca.state_history import StateHistories
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import ListPager, Pager
from tocsin.paging.strategies import Offset
from tocsin.paging.walk import Listing
from tocsin.service import build
from tocsin.transport.messages import Request, path

T = TypeVar("T")


class AlarmService(StateHistories, Collection[Alarm]):
    """Alarms, and how they came to be what they are.

    In the current dialect the server makes them, by alarm definitions; in that of 2014 an alarm is its own
    definition, and is made by `create`.
    """

    _part = "alarms"
    _row = Alarm

    def list(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[AlarmQuery]
    ) -> Pager[Alarm]:
        """Alarms of the project.

        Args:
            page_size: rows a page, from 2 to 10000; the dialect of 2014 has no pages.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            filters: see `AlarmFilters`.

        Raises TypeError for a filter that there is none of, InputError for a value; NotSupported, when it is
        read, for a filter of the other dialect.
        """
        params, call = FILTERS.query(filters)
        return self._all(Alarm, params, page_size, on_bad_row, call)

    def rows(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[AlarmQuery]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        params, call = FILTERS.query(filters)
        return self._all(bytes, params, page_size, on_bad_row, call)

    async def count(
        self, *, group_by: Sequence[str] = (), page_size: int = PAGE, **filters: Unpack[CountQuery]
    ) -> Sequence[AlarmCount]:
        """How many alarms there are (current dialect only): of each group that has any, or in all.

        Args:
            group_by: some of alarm_definition_id, name, state, severity, link, lifecycle_state, metric_name,
                dimension_name, dimension_value. By the last three, an alarm of many metrics counts for each group
                that one of them is in. Without it, there is one row.
            page_size: groups asked for at once, from 2 to 10000.
            filters: see `CountQuery`.

        Raises TypeError for a filter that there is none of, InputError for a value; NotSupported.
        """
        given: dict[str, object] = {**filters, **({"group_by": group_by} if group_by else {})}
        params, call = COUNT.query(given)
        strategy = Offset(check_page_size(page_size), linked=True)
        request = Request("GET", path(self._part, "count"), params)
        listing = Listing(request, alarm_count.SHAPE, strategy, alarm_count.key)
        return await ListPager(self._pipeline, listing, call).collect()

    async def create(self, **fields: Unpack[NewAlarm]) -> Alarm:
        """Make an alarm (dialect of 2014 only; now see `AlarmDefinitionService.create`).

        It is not sent again where it is unknown whether it was made. Raises InputError for an expression that the
        server could not read, ConflictError for a name that there is already; NotSupported.
        """
        body, call = NEW.read(fields)
        return await self._create(body, call)

    async def replace(self, id: str, **fields: Unpack[AlarmReplacement]) -> Alarm:
        """Change all of it, by PUT (dialect of 2014 only; now see `update`).

        Raises InputError for an expression that the server could not read, NotFoundError; NotSupported.
        """
        body, call = REPLACEMENT.read(fields)
        await self._must_be(OF_2014, "replace")
        return await self._change("PUT", id, body, call)

    async def update(
        self, id: str, state: str, lifecycle_state: str, link: str, **call: Unpack[CallOptions]
    ) -> Alarm:
        """Set all that can be set, by PUT (current dialect only; in that of 2014 see `replace`).

        Args:
            state, lifecycle_state, link: see `AlarmState`; none may be empty.

        Raises NotFoundError; NotSupported.
        """
        body, _ = STATE.read({"state": state, "lifecycle_state": lifecycle_state, "link": link})
        await self._must_be(CURRENT, "update")
        return await self._change("PUT", id, body, call)

    async def patch(self, id: str, **changes: Unpack[AlarmChanges]) -> Alarm:
        """Change what is given. In the current dialect a `link` or `lifecycle_state` that is empty takes it away.

        Args:
            changes: see `AlarmChanges`.

        Raises InputError for an expression that the server could not read, NotFoundError; NotSupported for what
        the dialect cannot change.
        """
        body, call = CHANGES.read(changes)
        dialect = await self._dialect()
        if foreign := body.keys() - CHANGEABLE[dialect]:
            raise NotSupported(
                f"alarms have no {', '.join(sorted(foreign))} to change in the {dialect} dialect of Monasca"
            )
        request = build("PATCH", path(self._part, id), json=body, idempotent=True)
        if dialect == OF_2014:
            request = evolve(request, headers={"content-type": "application/json-patch+json"})
        return await self._call(Alarm, request, call)

    async def _must_be(self, dialect: Dialect, what: str) -> None:
        spoken = await self._dialect()
        if spoken != dialect:
            raise NotSupported(f"alarms cannot {what} in the {spoken} dialect of Monasca")
