"""Looking for devices in a network: ``acs.discovery``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from tocsin.acsmonitor.records import Creatable, Erasable, Gettable, Listed, Record, Records
from tocsin.options import CallOptions


class _Results(Records):
    async def adopt(self, id: int, fields: Mapping[str, Any] | None, call: CallOptions) -> Record:
        return await self._do("POST", call, id, "import", fields=fields)


class DiscoveryService(Listed, Gettable, Creatable, Erasable):
    """Jobs that scan a subnet; `get` has their results."""

    async def run(self, id: int, **call: Unpack[CallOptions]) -> Record:
        """Begin a scan; not sent again where it is unknown whether it was begun."""
        return await self._do("POST", call, id, "run")

    async def import_result(
        self, result_id: int, fields: Mapping[str, Any] | None = None, **call: Unpack[CallOptions]
    ) -> Record:
        """Make a device of a result; not sent again where it is unknown whether it was made."""
        return await _Results(self._pipeline, "discovery-results").adopt(result_id, fields, call)
