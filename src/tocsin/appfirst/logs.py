"""Logs that are collected: ``appfirst.logs``."""

from __future__ import annotations

from typing import Any, Unpack

from tocsin.appfirst.models import Log
from tocsin.appfirst.resource import Measured, Plain, points
from tocsin.forms import Form, filled
from tocsin.options import CallOptions

_DETAIL = Form({"filter": filled})


class DetailQuery(CallOptions, total=False):
    """Which messages, and what every call takes.

    filter: what they are to hold; how is not published.
    """

    filter: str


class LogService(Plain[Log], Measured[int]):
    """Logs, as the API's page on logs has them. Their data points are of minutes alone."""

    _part = "logs"
    _row = Log
    _points = points("Minute")

    async def detail(self, id: int, **query: Unpack[DetailQuery]) -> Any:
        """What it holds, as the server says it: the fields are not published."""
        params, call = _DETAIL.query(query)
        return await self._said(self._where(id, "detail"), params, call)
