"""The readable resources of Argus in one table: for export, demo and check.

Left out is what has no list of its own: acknowledgements (they are events of type ACK, too) and other users.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import frozen

from tocsin.errors import InputError
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager

if TYPE_CHECKING:
    from tocsin.argus.client import ArgusClient
    from tocsin.argus.incident_fields import IncidentQuery

#: Rows a page: 1,000 was a third faster than the server's own 100 on argus-server 2.10.2, and 500 nearly is.
PAGE_SIZE = 500
#: The smallest step of the server's clock.
_TICK = timedelta(microseconds=1)


@frozen(kw_only=True)
class _Selection:
    since: datetime | None
    until: datetime | None
    page_size: int
    on_bad_row: OnBadRow

    @property
    def window(self) -> IncidentQuery:
        window: IncidentQuery = {}
        if self.since is not None:
            window["start_time__gte"] = self.since
        if self.until is not None:
            # Both of the server's filters include their end.
            window["start_time__lte"] = self.until - _TICK
        return window


@frozen
class Resource:
    """What can be read whole.

    Attributes:
        name: as the client calls its service object, or the thing.
        key: the field that tells rows apart.
        time: the field that windows bound; None where the API has no such filter.
        read, total: how its rows are had and counted; see `pager` and `count`.
    """

    name: str
    read: Callable[[ArgusClient, _Selection], Pager[bytes]]
    key: str = "pk"
    time: str | None = None
    total: Callable[[ArgusClient, _Selection], Awaitable[int]] | None = None

    def pager(
        self,
        client: ArgusClient,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int | None = None,
        on_bad_row: OnBadRow = "raise",
    ) -> Pager[bytes]:
        """The rows with ``since <= time < until``, each as the JSON that the server sent, newest first.

        Args:
            since, until: aware times.
            page_size: where there are pages.

        Raises InputError for times where there is no `time`.
        """
        return self.read(client, self._select(since, until, page_size or PAGE_SIZE, on_bad_row))

    async def count(
        self, client: ArgusClient, *, since: datetime | None = None, until: datetime | None = None
    ) -> int | None:
        """How many rows that is; None where the server does not tell."""
        if self.total is None:
            return None
        return await self.total(client, self._select(since, until, PAGE_SIZE, "raise"))

    def _select(
        self, since: datetime | None, until: datetime | None, page_size: int, on_bad_row: OnBadRow
    ) -> _Selection:
        if self.time is None and (since is not None or until is not None):
            raise InputError(f"the server cannot select {self.name} by time")
        return _Selection(since=since, until=until, page_size=page_size, on_bad_row=on_bad_row)


#: A page of incidents costs the server half a second, a connection next to nothing. Kept ones tend to lie with one
#: worker of the server, and the others idle; a new one goes to whoever is free (450 and 720 rows/s with two).
_ANEW = {"connection": "close"}


def _incidents(argus: ArgusClient, select: _Selection) -> Pager[bytes]:
    query: IncidentQuery = {**select.window, "extra_headers": _ANEW}
    return argus.incidents.rows(page_size=select.page_size, on_bad_row=select.on_bad_row, **query)


def _incident_count(argus: ArgusClient, select: _Selection) -> Awaitable[int]:
    return argus.incidents.count(**select.window)


def _events(argus: ArgusClient, select: _Selection) -> Pager[bytes]:
    return argus.incidents.all_event_rows(page_size=select.page_size, on_bad_row=select.on_bad_row)


_ALL = (
    Resource("incidents", _incidents, time="start_time", total=_incident_count),
    Resource("events", _events),
    Resource("sources", lambda argus, how: argus.sources.rows(on_bad_row=how.on_bad_row)),
    Resource("source_types", lambda argus, how: argus.source_types.rows(on_bad_row=how.on_bad_row), key="name"),
    Resource(
        "notification_profiles",
        lambda argus, how: argus.notification_profiles.rows(on_bad_row=how.on_bad_row),
    ),
    Resource("filters", lambda argus, how: argus.filters.rows(on_bad_row=how.on_bad_row)),
    Resource("timeslots", lambda argus, how: argus.timeslots.rows(on_bad_row=how.on_bad_row)),
    Resource("destinations", lambda argus, how: argus.destinations.rows(on_bad_row=how.on_bad_row)),
    Resource("media", lambda argus, how: argus.media.rows(on_bad_row=how.on_bad_row), key="slug"),
    Resource("planned_maintenance", lambda argus, how: argus.planned_maintenance.rows(on_bad_row=how.on_bad_row)),
    Resource("user", lambda argus, how: argus.users.rows(on_bad_row=how.on_bad_row), key="username"),
)

#: By name, in the order of the table.
RESOURCES: Mapping[str, Resource] = MappingProxyType({resource.name: resource for resource in _ALL})


async def _server(argus: ArgusClient) -> str:
    return f"Argus {(await argus.metadata()).server_version}"


async def _sign_in(argus: ArgusClient) -> str:
    return f"as {(await argus.users.me()).username}"


#: What tells, in a few words, that a server is there and lets the client in.
CHECKS: Mapping[str, Callable[[ArgusClient], Awaitable[str]]] = MappingProxyType(
    {"server": _server, "sign-in": _sign_in}
)
