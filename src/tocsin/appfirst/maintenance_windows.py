"""Maintenance windows: ``appfirst.maintenance_windows``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Required, Unpack

from tocsin.appfirst import inputs
from tocsin.appfirst.models import MaintenanceWindow
from tocsin.appfirst.resource import SPAN_CHECKS, Plain, at
from tocsin.errors import InputError
from tocsin.forms import Form, text
from tocsin.options import CallOptions


class NewMaintenanceWindow(CallOptions, total=False):
    """What a maintenance window is made of, and what every call takes.

    start, end: aware times.
    servers: ids.
    """

    start: Required[datetime]
    end: Required[datetime]
    servers: Required[Iterable[int]]
    reason: str


_NEW = Form({**SPAN_CHECKS, "servers": inputs.ids, "reason": text}, required={"start", "end", "servers"})


class MaintenanceWindowService(Plain[MaintenanceWindow]):
    """Times in which servers are worked on, as the API's page on maintenance windows has them."""

    _part = "maintenance_windows"
    _row = MaintenanceWindow

    async def create(self, **fields: Unpack[NewMaintenanceWindow]) -> MaintenanceWindow:
        """Make one; not sent again once it may have been acted on.

        Times are sent as seconds since 1970, as replies have them and the vendor's own client sends them; the
        page speaks of "yyyy-mm-dd hh:mm".

        Raises BadRequestError.
        """
        form, call = _NEW.read(fields)
        if int(form["start"]) >= int(form["end"]):
            raise InputError("start must be before end")
        return await self._send(MaintenanceWindow, "POST", at(self._part), form, call)

    async def delete(self, id: int, **call: Unpack[CallOptions]) -> None:
        """Delete it. Raises NotFoundError."""
        await self._delete(at(self._part, id), call)
