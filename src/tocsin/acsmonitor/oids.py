"""What is polled of devices: ``acs.oids``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from tocsin.acsmonitor.queries import ListQuery
from tocsin.acsmonitor.records import Creatable, Erasable, Gettable, Listed, Record, Updatable
from tocsin.acsmonitor.resource import PAGE_SIZE
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class _OfDevice(Listed, Creatable):
    """The OIDs of one device."""


class OidService(Gettable, Updatable, Erasable):
    """OIDs: listed and made below their device, and else found by their own id."""

    def list(
        self,
        device_id: int,
        *,
        page_size: int = PAGE_SIZE,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[ListQuery],
    ) -> Pager[Record]:
        """The OIDs of a device; otherwise as `Listed.list`."""
        return self._of(device_id).list(page_size=page_size, on_bad_row=on_bad_row, **query)

    def rows(
        self,
        device_id: int,
        *,
        page_size: int = PAGE_SIZE,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[ListQuery],
    ) -> Pager[bytes]:
        """As `list`, each as the JSON that the server sent."""
        return self._of(device_id).rows(page_size=page_size, on_bad_row=on_bad_row, **query)

    async def create(self, device_id: int, fields: Mapping[str, Any], **call: Unpack[CallOptions]) -> Record:
        """Make an OID of a device; see `Creatable.create`."""
        return await self._of(device_id).create(fields, **call)

    async def toggle_monitor(self, id: int, **call: Unpack[CallOptions]) -> Record:
        """Begin to monitor an OID, or stop; not sent again where it is unknown whether it was done."""
        return await self._do("POST", call, id, "toggle-monitor")

    def _of(self, device_id: int) -> _OfDevice:
        return _OfDevice(self._pipeline, "devices", device_id, "oids")
