"""Planned maintenance: ``argus.planned_maintenance``. Only administrators may write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Required, Unpack

from tocsin import forms
from tocsin.argus import inputs
from tocsin.argus.models import PlannedMaintenance
from tocsin.argus.resource import Erasable
from tocsin.forms import Form
from tocsin.options import CallOptions


class _Maintenance(CallOptions, total=False):
    start_time: datetime
    end_time: datetime
    description: str


class MaintenanceChanges(_Maintenance, total=False):
    """What a planned maintenance is made of.

    start_time: aware.
    end_time: aware, or `INFINITY` (as when left out of a new one).
    description: at most 255 characters.
    filters: pks of the filters whose incidents notify nobody.
    """

    filters: Sequence[int]


class NewMaintenance(_Maintenance, total=False):
    """`MaintenanceChanges`, of which the server wants filters."""

    filters: Required[Sequence[int]]


_CHECKS: dict[str, forms.Check] = {
    "start_time": inputs.moment,
    "end_time": inputs.planned_end,
    "description": forms.text,
    "filters": forms.some(inputs.pk),
}
_NEW = Form(_CHECKS, required={"filters"})
_CHANGES = Form(_CHECKS)


class PlannedMaintenanceService(Erasable[PlannedMaintenance, int]):
    """Times in which some incidents notify nobody."""

    _parts = ("plannedmaintenance",)
    _row = PlannedMaintenance

    async def create(self, **fields: Unpack[NewMaintenance]) -> PlannedMaintenance:
        """Plan a maintenance. Raises ForbiddenError, BadRequestError for an end that is before its start."""
        return await self._write("POST", _NEW, fields)

    async def replace(self, pk: int, **fields: Unpack[NewMaintenance]) -> PlannedMaintenance:
        """Change it by PUT. Raises as `create`."""
        return await self._write("PUT", _NEW, fields, pk)

    async def update(self, pk: int, **changes: Unpack[MaintenanceChanges]) -> PlannedMaintenance:
        """Change what is given. Raises as `create`."""
        return await self._write("PATCH", _CHANGES, changes, pk)
