"""The server itself: ``acs.system``.

All calls need the permission settings.view, which viewers and operators lack: whether one is let in at all,
`AcsMonitorClient.me` tells.
"""

from __future__ import annotations

from typing import Any, Unpack

from tocsin.acsmonitor.resource import AcsService
from tocsin.options import CallOptions


class SystemService(AcsService):
    """How the server is; what it answers is not published."""

    async def health(self, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """How its services, queues and database are."""
        return await self._mapping("/system/health", (), call)

    async def stats(self, **call: Unpack[CallOptions]) -> dict[str, Any]:
        """How many devices and monitors there are."""
        return await self._mapping("/system/stats", (), call)
