"""Devices: ``acs.devices``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required, Unpack

from tocsin import forms
from tocsin.acsmonitor import queries
from tocsin.acsmonitor.fields import MORE, body_of
from tocsin.acsmonitor.models import AlertEvent, Device, Queued
from tocsin.acsmonitor.queries import DeviceQuery, EventQuery
from tocsin.acsmonitor.resource import PAGE_SIZE, AcsService, at
from tocsin.forms import Check, Form
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class _Fields(CallOptions, total=False):
    snmp_version: str
    device_type: str
    poll_interval_seconds: int
    is_active: bool
    more: Mapping[str, Any]


class DeviceChanges(_Fields, total=False):
    """What can be changed of a device; see `Device`.

    more: fields by their names in the API, for those that have no keyword here: it publishes none for writing.
    """

    name: str
    ip_address: str


class NewDevice(_Fields, total=False):
    """`DeviceChanges`, of which name and ip_address must be there."""

    name: Required[str]
    ip_address: Required[str]


_CHECKS: Mapping[str, Check] = {
    "name": forms.filled,
    "ip_address": forms.filled,
    "snmp_version": forms.filled,
    "device_type": forms.filled,
    "poll_interval_seconds": forms.whole(1),
    "is_active": forms.flag,
    **MORE,
}
_CHANGES = Form(_CHECKS)
_NEW = Form(_CHECKS, required={"name", "ip_address"})


class DeviceService(AcsService):
    """Devices that are polled by SNMP."""

    def list(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[DeviceQuery]
    ) -> Pager[Device]:
        """Devices.

        Args:
            page_size: devices a page; the server's largest is not published.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            query: see `DeviceQuery`.

        Raises TypeError for a filter that there is none of, InputError for a value.
        """
        params, call = queries.read(queries.DEVICES, query)
        return self._pages(Device, "/devices", params, page_size, on_bad_row, call)

    def rows(
        self, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[DeviceQuery]
    ) -> Pager[bytes]:
        """As `list`, each device as the JSON that the server sent: nothing is lost, nothing decoded."""
        params, call = queries.read(queries.DEVICES, query)
        return self._pages(bytes, "/devices", params, page_size, on_bad_row, call)

    async def get(self, id: int, **call: Unpack[CallOptions]) -> Device:
        """One device. Raises NotFoundError."""
        return await self._ask(Device, "GET", at("devices", id), call)

    async def create(self, **fields: Unpack[NewDevice]) -> Device:
        """Make a device; needs the permission devices.create.

        It is not sent again where it is unknown whether it was made.

        Raises BadRequestError, with messages by field.
        """
        body, call = body_of(_NEW, fields)
        return await self._ask(Device, "POST", "/devices", call, json=body)

    async def update(self, id: int, **changes: Unpack[DeviceChanges]) -> Device:
        """Change what is given; needs the permission devices.edit. Raises as `create`, and NotFoundError."""
        body, call = body_of(_CHANGES, changes)
        where = at("devices", id)
        return await self._change(Device, "PUT", where, where, call, json=body)

    async def delete(self, id: int, **call: Unpack[CallOptions]) -> None:
        """Delete a device; needs the permission devices.delete. Raises NotFoundError."""
        await self._delete(at("devices", id), call)

    async def poll(self, id: int, **call: Unpack[CallOptions]) -> Queued:
        """Have a device polled now; needs the permission devices.edit.

        It may be sent twice: to poll once more does no harm. What the server answers is not published.
        """
        return await self._ask(Queued, "POST", at("devices", id, "poll"), call, idempotent=True)

    async def walk(self, id: int, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """Have a device walked by SNMP to find its OIDs; needs the permission devices.edit.

        It is not sent again where it is unknown whether it was begun. What the server answers is not published.
        """
        return await self._ask(dict[str, Any], "POST", at("devices", id, "walk"), call)

    async def metrics(self, id: int, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """What was measured of a device, as the server sends it: its form is not published, nor is what may be
        asked for (`extra_params`)."""
        return await self._mapping(at("devices", id, "metrics"), (), call)

    def alerts(
        self, id: int, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[EventQuery]
    ) -> Pager[AlertEvent]:
        """The alert events of a device; see `AlertEventService.list`.

        Only the vendor's Python client knows this call. NotFoundError, where the server has neither it nor, maybe,
        the device.
        """
        params, call = queries.read(queries.EVENTS, query)
        return self._pages(AlertEvent, at("devices", id, "alerts"), params, page_size, on_bad_row, call)

    def alert_rows(
        self, id: int, *, page_size: int = PAGE_SIZE, on_bad_row: OnBadRow = "raise", **query: Unpack[EventQuery]
    ) -> Pager[bytes]:
        """As `alerts`, each as the JSON that the server sent."""
        params, call = queries.read(queries.EVENTS, query)
        return self._pages(bytes, at("devices", id, "alerts"), params, page_size, on_bad_row, call)

    async def alerts_page(self, id: int, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """One page of `alerts`, whole and as the server sends it; which one, `extra_params` say."""
        return await self._mapping(at("devices", id, "alerts"), (), call)
