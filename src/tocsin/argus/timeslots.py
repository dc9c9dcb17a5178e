"""Timeslots: ``argus.timeslots``. Each user sees and writes their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from tocsin import forms
from tocsin.argus import inputs
from tocsin.argus.models import TimeRecurrence, Timeslot
from tocsin.argus.resource import Erasable
from tocsin.forms import Form
from tocsin.options import CallOptions


class TimeslotChanges(CallOptions, total=False):
    """What a timeslot is made of.

    name: at most 40 characters.
    time_recurrences: replaced as a whole; in the server's local time.
    """

    name: str
    time_recurrences: Sequence[TimeRecurrence]


class NewTimeslot(CallOptions):
    """`TimeslotChanges`, all of it."""

    name: str
    time_recurrences: Sequence[TimeRecurrence]


_CHECKS: dict[str, forms.Check] = {
    "name": forms.filled,
    "time_recurrences": forms.many(inputs.recurrence),
}
_NEW = Form(_CHECKS, required=_CHECKS)
_CHANGES = Form(_CHECKS)


class TimeslotService(Erasable[Timeslot, int]):
    """When users want to be notified."""

    _parts = ("notificationprofiles", "timeslots")
    _row = Timeslot

    async def create(self, **fields: Unpack[NewTimeslot]) -> Timeslot:
        """Make a timeslot. Raises BadRequestError for an end that is before its start."""
        return await self._write("POST", _NEW, fields)

    async def replace(self, pk: int, **fields: Unpack[NewTimeslot]) -> Timeslot:
        """Change it by PUT. Raises as `create`."""
        return await self._write("PUT", _NEW, fields, pk)

    async def update(self, pk: int, **changes: Unpack[TimeslotChanges]) -> Timeslot:
        """Change what is given. Raises as `create`."""
        return await self._write("PATCH", _CHANGES, changes, pk)
