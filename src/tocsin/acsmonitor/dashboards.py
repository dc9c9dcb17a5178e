"""Dashboards and what is on them: ``acs.dashboards``, ``acs.widgets``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from tocsin import forms
from tocsin.acsmonitor.records import Collection, Creatable, Erasable, Listed, Record, Updatable
from tocsin.options import CallOptions


class DashboardWidgetService(Listed, Creatable):
    """The widgets of one dashboard; ``acs.widgets`` changes and deletes them."""


class DashboardService(Collection):
    """Dashboards; a dashboard goes with all its widgets."""

    def widgets(self, id: int) -> DashboardWidgetService:
        """The widgets of a dashboard."""
        return DashboardWidgetService(self._pipeline, *self._parts, id, "widgets")


_positions = forms.some(forms.mapping)


class WidgetService(Updatable, Erasable):
    """Widgets by their own id; ``acs.dashboards.widgets(id)`` lists and makes them."""

    async def set_positions(self, positions: Sequence[Mapping[str, Any]], **call: Unpack[CallOptions]) -> Record:
        """Move many widgets at once.

        It may be sent twice: they come to stand where it says. The form of its body is not published;
        ``{"positions": […]}`` is this client's reading of it, and `AcsMonitorClient.request` sends any other.
        """
        body = {"positions": _positions("positions", positions)}
        return await self._do("POST", call, "positions", fields=body, idempotent=True)
