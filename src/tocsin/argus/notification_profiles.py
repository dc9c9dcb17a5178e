"""Notification profiles: ``argus.notification_profiles``. Each user sees and writes their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, Unpack

from tocsin import forms
from tocsin.argus import inputs
from tocsin.argus.models import Incident, NotificationProfile
from tocsin.argus.resource import Erasable, at
from tocsin.forms import Form
from tocsin.options import CallOptions
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager


class _Profile(CallOptions, total=False):
    name: str | None
    destinations: Sequence[int]
    active: bool
    timeslot: Required[int]


class ProfileChanges(_Profile, total=False):
    """What a profile is made of.

    name: unique for its user; may be None.
    timeslot, filters, destinations: pks; a filter lets through what is notified of.
    """

    filters: Sequence[int]


class NewProfile(_Profile, total=False):
    """`ProfileChanges`, of which the server wants a timeslot and filters."""

    filters: Required[Sequence[int]]


_CHECKS: dict[str, forms.Check] = {
    "name": forms.maybe(forms.text),
    "timeslot": inputs.pk,
    "filters": forms.some(inputs.pk),
    "destinations": forms.many(inputs.pk),
    "active": forms.flag,
}
_NEW = Form(_CHECKS, required={"timeslot", "filters"})
_CHANGES = Form(_CHECKS, required={"timeslot"})


class NotificationProfileService(Erasable[NotificationProfile, int]):
    """Who is notified of what, when, and where."""

    _parts = ("notificationprofiles",)
    _row = NotificationProfile

    async def create(self, **fields: Unpack[NewProfile]) -> NotificationProfile:
        """Make a profile.

        Raises BadRequestError for a name that one has already, or a pk that is not one's own.
        """
        return await self._write("POST", _NEW, fields)

    async def replace(self, pk: int, **fields: Unpack[NewProfile]) -> NotificationProfile:
        """Change it by PUT. Raises as `create`."""
        return await self._write("PUT", _NEW, fields, pk)

    async def update(self, pk: int, **changes: Unpack[ProfileChanges]) -> NotificationProfile:
        """Change what is given. It must have the timeslot: without, argus-server 2.10.2 fails with a 500."""
        return await self._write("PATCH", _CHANGES, changes, pk)

    def incidents(
        self, pk: int, *, on_bad_row: OnBadRow = "raise", **call: Unpack[CallOptions]
    ) -> Pager[Incident]:
        """The incidents that the profile's filters let through, in one page."""
        return self._array(Incident, at(*self._parts, pk, "incidents"), call, on_bad_row=on_bad_row)
