"""The readable resources of Argus in one table: for export, demo and check.

Left out is what has no list of its own: acknowledgements (they are events of type ACK, too) and other users.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Protocol

from tocsin.argus.client import ArgusClient
from tocsin.describe import Backend, Resource, Selection
from tocsin.errors import InputError
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager

if TYPE_CHECKING:
    from tocsin.argus.incident_fields import IncidentQuery

#: Rows a page: 1,000 was a third faster than the server's own 100 on argus-server 2.10.2, and 500 nearly is.
PAGE_SIZE = 500
#: The smallest step of the server's clock.
_TICK = timedelta(microseconds=1)
_FLAGS: tuple[Literal["open", "acked", "stateful"], ...] = ("open", "acked", "stateful")


def _query(select: Selection) -> IncidentQuery:
    query: IncidentQuery = {}
    if select.since is not None:
        query["start_time__gte"] = select.since
    if select.until is not None:
        # Both of the server's filters include their end.
        query["start_time__lte"] = select.until - _TICK
    for name in [each for each in _FLAGS if each in select.where]:
        query[name] = _flag(name, select.where[name])
    return query


def _flag(name: str, text: str) -> bool:
    if text not in {"true", "false"}:
        raise InputError(f"{name} must be true or false, not {text!r}")
    return text == "true"


#: A page of incidents costs the server half a second, a connection next to nothing. Kept ones tend to lie with one
#: worker of the server, and the others idle; a new one goes to whoever is free (450 and 720 rows/s with two).
_ANEW = {"connection": "close"}


def _incidents(argus: ArgusClient, select: Selection) -> Pager[bytes]:
    query: IncidentQuery = {**_query(select), "extra_headers": _ANEW}
    return argus.incidents.rows(page_size=select.page_size or PAGE_SIZE, on_bad_row=select.on_bad_row, **query)


def _incident_count(argus: ArgusClient, select: Selection) -> Awaitable[int]:
    return argus.incidents.count(**_query(select))


def _events(argus: ArgusClient, select: Selection) -> Pager[bytes]:
    return argus.incidents.all_event_rows(page_size=select.page_size or PAGE_SIZE, on_bad_row=select.on_bad_row)


class _Listed(Protocol):
    def rows(self, *, on_bad_row: OnBadRow) -> Pager[bytes]: ...


def _whole(name: str, service: Callable[[ArgusClient], _Listed], key: str = "pk") -> Resource[ArgusClient]:
    """A list that comes in one piece."""
    return Resource(name=name, read=lambda argus, how: service(argus).rows(on_bad_row=how.on_bad_row), key=key)


_RESOURCES: tuple[Resource[ArgusClient], ...] = (
    Resource(
        name="incidents",
        read=_incidents,
        key="pk",
        time="start_time",
        total=_incident_count,
        filters=frozenset(_FLAGS),
        columns=("pk", "start_time", "level", "open", "acked", "description"),
    ),
    Resource(
        name="events", read=_events, key="pk", columns=("pk", "timestamp", "type.value", "incident", "description")
    ),
    _whole("sources", lambda argus: argus.sources),
    _whole("source_types", lambda argus: argus.source_types, key="name"),
    _whole("notification_profiles", lambda argus: argus.notification_profiles),
    _whole("filters", lambda argus: argus.filters),
    _whole("timeslots", lambda argus: argus.timeslots),
    _whole("destinations", lambda argus: argus.destinations),
    _whole("media", lambda argus: argus.media, key="slug"),
    _whole("planned_maintenance", lambda argus: argus.planned_maintenance),
    _whole("user", lambda argus: argus.users, key="username"),
)


async def _server(argus: ArgusClient) -> str:
    return f"Argus {(await argus.metadata()).server_version}"


async def _sign_in(argus: ArgusClient) -> str:
    return f"as {(await argus.users.me()).username}"


BACKEND = Backend(
    client=ArgusClient,
    resources=_RESOURCES,
    checks={"server": _server, "sign-in": _sign_in},
    lists={"alarms": "incidents", "notification-methods": "destinations", "logs": "events"},
    at=lambda endpoint: ArgusClient(endpoint["base_url"], token=endpoint["token"]),
)
#: By name, in the order of the table.
RESOURCES = BACKEND.resources
