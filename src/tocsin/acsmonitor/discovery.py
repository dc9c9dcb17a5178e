"""Looking for devices in a network: ``acs.discovery``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from tocsin.acsmonitor.records import AnyResource, Creatable, Erasable, Gettable, Listed, Record
from tocsin.options import CallOptions


class DiscoveryService(Listed, Gettable, Creatable, Erasable):
    """Jobs that scan a subnet; `get` has their results."""

    async def run(self, id: int, **call: Unpack[CallOptions]) -> Record:
        """Begin a scan; not sent again where it is unknown whether it was begun."""
        return await self._do("POST", call, id, "run")

    async def import_result(
        self, result_id: int, fields: Mapping[str, Any] | None = None, **call: Unpack[CallOptions]
    ) -> Record:
        """Make a device of a result; not sent again where it is unknown whether it was made."""
        results = AnyResource(self._pipeline, "discovery-results")
        return await results.act(result_id, "import", fields, **call)
