"""Applications and their templates: ``appfirst.applications``."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any, Unpack

from tocsin.appfirst.models import Application, Process
from tocsin.appfirst.resource import (
    PAGE,
    Measured,
    Plain,
    Unpublished,
    at,
    moment,
    said_id,
)
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class ApplicationService(Plain[Application], Measured[int]):
    """Applications, as the API's page on applications has them."""

    _part = "applications"
    _row = Application

    async def detail(self, id: int, *, time: datetime | None = None, **call: Unpack[CallOptions]) -> Any:
        """What happened in it in one minute, by default the latest, as the server says it: the fields are not
        published."""
        return await self._said(self._where(id, "detail"), moment(time), call)

    def processes(self, id: int, *, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]) -> Pager[Process]:
        """The processes that belong to it."""
        where = self._where(id, "processes")
        return self._linked(Process, where, (), on_bad_row, call, mark=Process, key=attrgetter("uid"))

    def templates(
        self, *, page_size: int = PAGE, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[Unpublished]:
        """The templates that applications are made of; the fields are not published."""
        where = at(self._part, "templates")
        return self._pages(Unpublished, where, (), page_size, on_bad_row, call, mark=Unpublished, key=said_id)

    async def template(self, id: int, **call: Unpack[CallOptions]) -> Unpublished:
        """One template. Raises NotFoundError."""
        return await self._ask(Unpublished, "GET", at(self._part, "templates", id), call)
