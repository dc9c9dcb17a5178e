"""Servers: ``appfirst.servers``."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any, Unpack

from tocsin.appfirst import inputs
from tocsin.appfirst.models import Process, Server
from tocsin.appfirst.resource import (
    PAGE,
    SPAN,
    Collection,
    Measured,
    Points,
    Span,
    Unpublished,
    at,
    said_id,
)
from tocsin.forms import Form, filled, text
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class ServerQuery(CallOptions, total=False):
    """Which servers, and what every call takes.

    create_time: an aware time; those that began to send data after it.
    """

    hostname: str
    location_ip: str
    create_time: datetime


class ServerChanges(CallOptions, total=False):
    """What can be changed of a server; either may be empty."""

    nickname: str
    description: str


_FILTERS = Form({"hostname": filled, "location_ip": filled, "create_time": inputs.seconds})
_CHANGES = Form({"nickname": text, "description": text})


class ServerService(Collection[Server], Measured[int]):
    """Servers with a collector, as the API's page on servers has them."""

    _part = "servers"
    _row = Server

    def list(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[ServerQuery]
    ) -> Pager[Server]:
        """Servers.

        Args:
            page_size: 1 to 2500.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            filters: see `ServerQuery`.
        """
        params, call = _FILTERS.query(filters)
        return self._all(Server, params, page_size, on_bad_row, call)

    def rows(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **filters: Unpack[ServerQuery]
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent: nothing is lost, nothing decoded."""
        params, call = _FILTERS.query(filters)
        return self._all(bytes, params, page_size, on_bad_row, call)

    async def count(self, **filters: Unpack[ServerQuery]) -> int:
        """How many `list` would give. Raises NotSupported where the server does not count."""
        params, call = _FILTERS.query(filters)
        return await self._count(at(self._part), params, call)

    async def update(self, id: int, **changes: Unpack[ServerChanges]) -> Server:
        """Change what is given. Raises NotFoundError, BadRequestError."""
        form, call = inputs.read_changes(_CHANGES, changes)
        return await self._send(Server, "PATCH", at(self._part, id), form, call)

    async def delete(self, id: int, **call: Unpack[CallOptions]) -> None:
        """Delete it. Raises NotFoundError."""
        await self._delete(at(self._part, id), call)

    def outages(self, id: int, *, on_bad_row: OnBadRow = "raise", **query: Unpack[Span]) -> Pager[Unpublished]:
        """When it sent no data; the fields are not published."""
        params, call = SPAN.query(query)
        return self._linked(Unpublished, at(self._part, id, "outages"), params, on_bad_row, call)

    def tags(
        self, id: int, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[Unpublished]:
        """The tags that it has; the fields are not published."""
        where = at(self._part, id, "tags")
        return self._pages(Unpublished, where, (), page_size, on_bad_row, call, mark=Unpublished, key=said_id)

    def processes(self, id: int, *, on_bad_row: OnBadRow = "raise", **query: Unpack[Span]) -> Pager[Process]:
        """Its processes, by default those of now."""
        params, call = SPAN.query(query)
        where = at(self._part, id, "processes")
        return self._linked(Process, where, params, on_bad_row, call, mark=Process, key=attrgetter("uid"))

    def processes_data(
        self, id: int, *, on_bad_row: OnBadRow = "raise", **query: Unpack[Points]
    ) -> Pager[Unpublished]:
        """Data points of all of its processes; see `Points`."""
        params, call = self._points.query(query)
        return self._linked(Unpublished, at(self._part, id, "processes", "data"), params, on_bad_row, call)

    async def polled_data_config(self, id: int, **call: Unpack[CallOptions]) -> Any:
        """How its polled data are collected, as the server says it: the fields are not published."""
        return await self._said(at(self._part, id, "polled_data_config"), (), call)
