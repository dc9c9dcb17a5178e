"""Monitors: ``acs.monitors``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Required, TypeVar, Unpack

from tocsin import forms
from tocsin.acsmonitor import queries
from tocsin.acsmonitor.errors import CheckTimeoutError
from tocsin.acsmonitor.fields import MORE, body_of
from tocsin.acsmonitor.models import Monitor, MonitorResult, Queued, Uptime
from tocsin.acsmonitor.queries import MonitorQuery
from tocsin.acsmonitor.resource import PAGE_SIZE, AcsService, at
from tocsin.errors import InputError
from tocsin.forms import Check, Form
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.transport.messages import Params

T = TypeVar("T")


class _Fields(CallOptions, total=False):
    host: str
    port: int
    check_interval_seconds: int
    timeout_ms: int
    config: Mapping[str, Any]
    more: Mapping[str, Any]


class MonitorChanges(_Fields, total=False):
    """What can be changed of a monitor.

    type: see `Monitor`.
    port: 1 to 65535.
    check_interval_seconds: seconds between checks.
    timeout_ms: milliseconds that a check may take.
    config: what the type needs, such as ``{"method": "GET", "path": "/", "expected_status": 200}`` for "https"; it
        is passed on as it is.
    more: fields by their names in the API, for those that have no keyword here.
    """

    name: str
    type: str


class NewMonitor(_Fields, total=False):
    """`MonitorChanges`, of which name and type must be there."""

    name: Required[str]
    type: Required[str]


_CHECKS: Mapping[str, Check] = {
    "name": forms.filled,
    "type": forms.filled,
    "host": forms.filled,
    "port": forms.whole(1, 65535),
    "check_interval_seconds": forms.whole(1),
    "timeout_ms": forms.whole(1),
    "config": forms.mapping,
    **MORE,
}
_CHANGES = Form(_CHECKS)
_NEW = Form(_CHECKS, required={"name", "type"})
_WINDOW = Form({"window": forms.filled})


class MonitorService(AcsService):
    """Checks of services."""

    def list(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[MonitorQuery]
    ) -> Pager[Monitor]:
        """Monitors.

        Args:
            page_size: monitors a page; the server's largest is not published.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            query: see `MonitorQuery`.

        Raises TypeError for a filter that there is none of, InputError for a value.
        """
        params, call = queries.read(queries.MONITORS, query)
        return self._pages(Monitor, "/monitors", params, page_size, on_bad_row, call)

    def rows(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[MonitorQuery]
    ) -> Pager[bytes]:
        """As `list`, each monitor as the JSON that the server sent: nothing is lost, nothing decoded."""
        params, call = queries.read(queries.MONITORS, query)
        return self._pages(bytes, "/monitors", params, page_size, on_bad_row, call)

    async def get(self, id: int, **call: Unpack[CallOptions]) -> Monitor:
        """One monitor. Raises NotFoundError."""
        return await self._ask(Monitor, "GET", at("monitors", id), call)

    async def create(self, **fields: Unpack[NewMonitor]) -> Monitor:
        """Make a monitor; needs the permission monitors.create.

        It is not sent again where it is unknown whether it was made.

        Raises BadRequestError, with messages by field.
        """
        body, call = body_of(_NEW, fields)
        return await self._ask(Monitor, "POST", "/monitors", call, json=body)

    async def update(self, id: int, **changes: Unpack[MonitorChanges]) -> Monitor:
        """Change what is given; needs the permission monitors.edit. Raises as `create`, and NotFoundError."""
        body, call = body_of(_CHANGES, changes)
        where = at("monitors", id)
        return await self._change(Monitor, "PUT", where, where, call, json=body)

    async def delete(self, id: int, **call: Unpack[CallOptions]) -> None:
        """Delete a monitor; needs the permission monitors.delete. Raises NotFoundError."""
        await self._delete(at("monitors", id), call)

    async def check(self, id: int, **call: Unpack[CallOptions]) -> Queued:
        """Have a monitor checked now; needs the permission monitors.edit.

        The answer comes before the check is done: see `check_and_wait`. It may be sent twice: to check once more
        does no harm.
        """
        return await self._ask(Queued, "POST", at("monitors", id, "check"), call, idempotent=True)

    async def check_and_wait(
        self,
        id: int,
        *,
        timeout: float = 300,
        interval: float = 10,
        status: str | None = None,
        **call: Unpack[CallOptions],
    ) -> Monitor:
        """Have a monitor checked now, and the monitor with the result.

        A result counts if `last_checked_at` is later than before the call: until then, `status` is of an older
        check. Times are compared as the server writes them, to the second. The server allows 60 requests a minute;
        this makes two, and one more each `interval`.

        Args:
            timeout: seconds to wait; then it looks for the last time.
            interval: seconds between looking.
            status: wait on for a result with this status, such as "up".

        Raises CheckTimeoutError.
        """
        _above_zero("timeout", timeout)
        _above_zero("interval", interval)
        forms.maybe(forms.filled)("status", status)
        clock = self._pipeline.link.clock
        before = await self.get(id, **call)
        await self.check(id, **call)
        deadline = clock.monotonic() + timeout
        while True:
            await clock.sleep(min(interval, max(0.0, deadline - clock.monotonic())))
            monitor = await self.get(id, **call)
            fresh = _later(monitor.last_checked_at, before.last_checked_at)
            if fresh and status in {None, monitor.status}:
                return monitor
            if clock.monotonic() >= deadline:
                found = f"is {monitor.status!r}, not {status!r}," if fresh else "has no new result"
                raise CheckTimeoutError(f"monitor {id} {found} {timeout:g} s after it was told to check")

    def results(
        self, id: int, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[MonitorResult]:
        """The checks of a monitor, by the vendor's sample the last ones first. Arguments as of `list`."""
        return self._results(MonitorResult, id, page_size, on_bad_row, call)

    def result_rows(
        self, id: int, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[bytes]:
        """As `results`, each as the JSON that the server sent."""
        return self._results(bytes, id, page_size, on_bad_row, call)

    def _results(self, row: type[T], id: int, page_size: int, on_bad_row: OnBadRow, call: CallOptions) -> Pager[T]:
        where = at("monitors", id, "results")
        return self._pages(row, where, (), page_size, on_bad_row, call, mark=MonitorResult, key=_result_key)

    async def results_page(
        self, id: int, *, page: int | None = None, page_size: int | None = None, **call: Unpack[CallOptions]
    ) -> dict[str, Any]:
        """One page of `results`, whole and as the server sends it: ``(await …)["data"]`` has the rows.

        Args:
            page: from 1; by default the first.
            page_size: results a page; by default the server's own.
        """
        params: Params = ()
        if page is not None:
            params = (("page", str(forms.whole(1)("page", page))),)
        if page_size is not None:
            params = (*params, ("per_page", str(forms.whole(1)("page_size", page_size))))
        return await self._mapping(at("monitors", id, "results"), params, call)

    async def uptime(self, id: int, window: str | None = None, **call: Unpack[CallOptions]) -> Uptime:
        """How much of a time a monitor was up.

        Args:
            window: "7d" or "30d"; which one the server takes by itself is not published.
        """
        params, _ = _WINDOW.query({} if window is None else {"window": window})
        return await self._ask(Uptime, "GET", at("monitors", id, "uptime"), call, params=params)


def _later(now: datetime | None, before: datetime | None) -> bool:
    return now is not None and (before is None or now > before)


def _result_key(result: MonitorResult) -> str:
    """Results are not known to have ids."""
    return f"{result.checked_at.isoformat()} {result.status} {result.response_time_ms}"


def _above_zero(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < math.inf:
        raise InputError(f"{name} must be a number of seconds above 0, not {value!r}")
