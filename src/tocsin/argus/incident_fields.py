"""What incidents can be asked for and made of: each name once, with its type and its check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Required, TypedDict

from tocsin import forms
from tocsin.argus import inputs
from tocsin.argus.tags import TagsInput
from tocsin.forms import Check, Form
from tocsin.options import CallOptions


class MineFilters(TypedDict, total=False):
    """The filters that ``incidents/mine/`` honours; it ignores the others in silence.

    open, acked, stateful: as the incident's own fields.
    ticket: whether it has a ticket.
    hide_closed_acked: True leaves out what is both closed and acknowledged.
    token_expiry: whether it is about a token that runs out.
    tags: a mapping or "key=value"s; the same key is OR, different keys are AND.
    source_incident_id: the id in the source system.
    start_time__gte, start_time__lte, end_time__gte, end_time__lte: aware times; both ends belong to it.
    end_time__isnull: True for stateless incidents.
    duration__gte: minutes.
    filter_pk: those that a stored filter lets through; notificationprofile_pk: those of a profile.
    """

    open: bool
    acked: bool
    stateful: bool
    ticket: bool
    hide_closed_acked: bool
    token_expiry: bool
    tags: TagsInput
    source_incident_id: str
    start_time__gte: datetime
    start_time__lte: datetime
    end_time__gte: datetime
    end_time__lte: datetime
    end_time__isnull: bool
    duration__gte: int
    filter_pk: int
    notificationprofile_pk: int


class IncidentFilters(MineFilters, total=False):
    """All filters of ``incidents/``.

    id__in, source__id__in: pks; source__name__in, source__type__in: names.
    level__lte: 1 to 5: this level and those more severe.
    search: words in the description or the tags.
    """

    id__in: Sequence[int]
    source__id__in: Sequence[int]
    source__name__in: Sequence[str]
    source__type__in: Sequence[str]
    level__lte: int
    search: str


class MineQuery(MineFilters, CallOptions, total=False):
    """The filters of `IncidentService.mine`, and what every call takes."""


class IncidentQuery(IncidentFilters, CallOptions, total=False):
    """The filters of `IncidentService.list`, and what every call takes."""


class _Plain(CallOptions, total=False):
    description: str
    level: int
    details_url: str
    ticket_url: str
    metadata: Any


class IncidentChanges(_Plain, total=False):
    """What can be changed of an incident, and what every call takes.

    tags: all of them: what is not here is taken off.
    level: 1 (critical) to 5 (information).
    details_url: absolute, or relative to the source's base URL.
    metadata: any JSON value.
    """

    tags: TagsInput


class IncidentReplacement(_Plain, total=False):
    """`IncidentChanges`, of which the server wants the tags."""

    tags: Required[TagsInput]


class _New(IncidentChanges, total=False):
    start_time: Required[datetime]
    end_time: datetime | None
    source: int


class NewIncident(_New, total=False):
    """What an incident is made of, besides `IncidentChanges`, and what every call takes.

    start_time: aware.
    end_time: `INFINITY` (as when left out) is open; `STATELESS` (None) is a point in time; else an aware time.
    source_incident_id: its id in the source system, unique there; with one, a lost answer is safely asked again.
    source: the pk of another source system, for superusers.
    """

    source_incident_id: str


class NamedIncident(_New, total=False):
    """`NewIncident` that has an id in the source system."""

    source_incident_id: Required[str]


_MINE: dict[str, Check] = {
    "open": forms.flag,
    "acked": forms.flag,
    "stateful": forms.flag,
    "ticket": forms.flag,
    "hide_closed_acked": forms.flag,
    "token_expiry": forms.flag,
    "tags": inputs.tag_filter,
    "source_incident_id": forms.filled,
    "start_time__gte": inputs.moment,
    "start_time__lte": inputs.moment,
    "end_time__gte": inputs.moment,
    "end_time__lte": inputs.moment,
    "end_time__isnull": forms.flag,
    "duration__gte": forms.whole(0),
    "filter_pk": inputs.pk,
    "notificationprofile_pk": inputs.pk,
}
_names = forms.some(inputs.uncut(forms.filled))
_ALL: dict[str, Check] = {
    **_MINE,
    "id__in": forms.some(inputs.pk),
    "source__id__in": forms.some(inputs.pk),
    "source__name__in": _names,
    "source__type__in": _names,
    "level__lte": inputs.level,
    "search": forms.filled,
}
_CHANGES: dict[str, Check] = {
    "tags": inputs.tags,
    "description": forms.text,
    "level": inputs.level,
    "details_url": forms.text,
    "ticket_url": forms.text,
    "metadata": forms.anything,
}
_NEW: dict[str, Check] = {
    **_CHANGES,
    "start_time": inputs.moment,
    "end_time": inputs.end,
    "source_incident_id": forms.text,
    "source": inputs.pk,
}

MINE = Form(_MINE)
FILTERS = Form(_ALL)
CHANGES = Form(_CHANGES)
REPLACEMENT = Form(_CHANGES, required={"tags"})
NEW = Form(_NEW, required={"start_time"})
NAMED = Form({**_NEW, "source_incident_id": forms.filled}, required={"start_time", "source_incident_id"})
