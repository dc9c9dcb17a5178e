"""Who is told of alerts, and how: ``acs.alert_channels``."""

from __future__ import annotations

from typing import Unpack

from tocsin.acsmonitor.records import Collection, Record
from tocsin.options import CallOptions


class AlertChannelService(Collection):
    """Channels by e-mail, SMS, webhook or Slack."""

    async def test(self, id: int, **call: Unpack[CallOptions]) -> Record:
        """Send a test notification; not sent again where it is unknown whether it was."""
        return await self._do("POST", call, id, "test")
