"""What Argus says, with its own field names. Seen on argus-server 2.10.2.

A field that an older server leaves out has a default; one that a newer server adds is ignored. Open enumerations
are plain texts, with the values known today in their docstring.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, Final

from msgspec import field

from tocsin.argus.tags import Tag, Tags
from tocsin.transport.codec import Model


class EndTime(datetime):
    """An aware time that may be `INFINITY`: a datetime in all it does, so it compares and sorts."""

    __slots__ = ()

    @classmethod
    def from_json(cls, value: object) -> EndTime:
        """From ``"infinity"``, any time in the year 9999, which some servers write for it, or an ISO 8601 time.

        Raises ValueError for anything else, a naive time included.
        """
        if value == "infinity":
            return INFINITY
        if not isinstance(value, str):
            raise ValueError('expected a time or "infinity"')  # noqa: TRY004 - the codec takes a ValueError
        when = cls.fromisoformat(value)
        if when.tzinfo is None:
            raise ValueError("expected a time with a zone")
        return INFINITY if when.year == 9999 else when

    @property
    def infinite(self) -> bool:
        """Whether it is `INFINITY`: there is no end yet."""
        return self == INFINITY


#: The end of what has not ended. It sorts behind every other time; it cannot be moved to another zone.
INFINITY: Final = EndTime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
#: The end of an incident that is a point in time and never was open.
STATELESS: Final = None


class SourceType(Model, frozen=True):
    """A kind of source system; its name is its key."""

    name: str


class Source(Model, frozen=True):
    """A system that reports incidents.

    Attributes:
        user: the pk of the user that it signs in as.
        base_url: what a relative `details_url` is put behind.
    """

    pk: int
    name: str
    type: SourceType
    user: int | None = None
    base_url: str = ""


class Incident(Model, frozen=True):
    """An incident.

    Attributes:
        start_time: aware, in the server's zone.
        end_time: `INFINITY` while it is open, `STATELESS` (None) if it never was open, else aware.
        source_incident_id: its id in the source system; unique for each source unless empty.
        level: from 1 (critical) to 5 (information).
        metadata: any JSON value.
        tag_entries: its tags as the API has them; as a mapping they are `tags`.
        stateful, open, acked: as the server has worked them out.
    """

    pk: int
    start_time: datetime
    end_time: EndTime | None = INFINITY
    source: Source | None = None
    source_incident_id: str = ""
    details_url: str | None = ""
    description: str = ""
    level: int = 5
    ticket_url: str | None = ""
    metadata: Any = None
    tag_entries: tuple[Tag, ...] = field(name="tags", default=())
    stateful: bool = True
    open: bool = False
    acked: bool = False

    @property
    def tags(self) -> Tags:
        """Its tags, as a mapping that keeps repeated keys."""
        return Tags(self.tag_entries)


class Actor(Model, frozen=True):
    """Who did something: a user, by pk and name."""

    pk: int
    username: str


class EventType(Model, frozen=True):
    """What an event is.

    Attributes:
        value: STA (incident start), END (incident end), CHI (incident change), RES (incident restart),
            CLO (close), REO (reopen), ACK (acknowledge), OTH (other), LES (stateless), or what a newer server
            adds.
        display: the same for people.
    """

    value: str
    display: str = ""


class Event(Model, frozen=True):
    """One entry in an incident's log.

    Attributes:
        timestamp: when it happened, aware.
        received: when the server heard of it, aware.
    """

    pk: int
    incident: int
    timestamp: datetime
    type: EventType
    actor: Actor | None = None
    received: datetime | None = None
    description: str = ""


class Acknowledgement(Model, frozen=True):
    """That somebody has seen an incident.

    Attributes:
        pk: the same as its event's.
        expiration: until when it counts, aware; None is for ever.
    """

    pk: int
    event: Event
    expiration: datetime | None = None


class Change(Model, frozen=True):
    """What a bulk call did to one incident.

    Attributes:
        status: the HTTP status that the change alone would have had.
        errors: why it failed, as the server puts it; None where it did not.
        ack, event, ticket_url: what was made, by the kind of call.
    """

    status: int
    errors: Any = None
    ack: Acknowledgement | None = None
    event: Event | None = None
    ticket_url: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status < 400


class BulkResult(Model, frozen=True):
    """What a bulk call did: a part of it may have failed, which is no exception.

    Attributes:
        changes: by the incident's pk.
    """

    changes: dict[int, Change]

    @property
    def ok(self) -> bool:
        """Whether all of it was done."""
        return not self.failed

    @property
    def failed(self) -> dict[int, Change]:
        """The incidents that were not changed, and why."""
        return {pk: change for pk, change in self.changes.items() if not change.ok}


class TicketUrl(Model, frozen=True):
    """Where an incident's ticket is."""

    ticket_url: str


class Media(Model, frozen=True):
    """A way to notify, such as email; its slug is its key."""

    slug: str
    name: str = ""
    installed: bool = True


class Destination(Model, frozen=True):
    """Where one user's notifications go.

    Attributes:
        settings: what its media needs; see `MediaService.json_schema`.
    """

    pk: int
    media: Media
    label: str | None = None
    suggested_label: str = ""
    settings: dict[str, Any] = field(default_factory=dict[str, Any])


class FilterBlob(Model, frozen=True, kw_only=True):
    """Which incidents a filter lets through; None and () do not restrict.

    Attributes:
        sourceSystemIds: pks of sources.
        source_types: names of source types.
        tags: "key=value"; the same key is OR, different keys are AND.
        maxlevel: 1 to 5: this level and those more severe.
        event_types: see `EventType`.
    """

    sourceSystemIds: tuple[int, ...] = ()  # noqa: N815 - the API's own name
    source_types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    open: bool | None = None
    acked: bool | None = None
    stateful: bool | None = None
    maxlevel: int | None = None
    event_types: tuple[str, ...] = ()
    hide_closed_acked: bool = False


class Filter(Model, frozen=True):
    """A named filter of one user; a public one is for all to see."""

    pk: int
    name: str
    filter: FilterBlob = field(default_factory=FilterBlob)
    public: bool = False


class TimeRecurrence(Model, frozen=True, kw_only=True):
    """A part of each week, in the server's local time.

    Attributes:
        days: 1 (Monday) to 7 (Sunday).
        start, end: times of day.
        all_day: the whole day; `start` and `end` are then the server's.
    """

    days: tuple[int, ...]
    start: time | None = None
    end: time | None = None
    all_day: bool = False


class Timeslot(Model, frozen=True):
    """When one user wants to be notified."""

    pk: int
    name: str
    time_recurrences: tuple[TimeRecurrence, ...] = ()


class NotificationProfile(Model, frozen=True):
    """Which incidents one user is notified of, when, and where."""

    pk: int
    timeslot: Timeslot
    filters: tuple[Filter, ...] = ()
    destinations: tuple[Destination, ...] = ()
    name: str | None = None
    active: bool = True


class PlannedMaintenance(Model, frozen=True):
    """A time in which incidents that match its filters notify nobody.

    Attributes:
        start_time, created: aware.
        end_time: `INFINITY` where no end is planned.
    """

    pk: int
    created_by: Actor | None = None
    created: datetime | None = None
    start_time: datetime | None = None
    end_time: EndTime | None = INFINITY
    description: str = ""
    filters: tuple[Filter, ...] = ()


class User(Model, frozen=True):
    """A user.

    Attributes:
        admin_url: where an administrator administers; None for the others, and in answers about other users.
    """

    username: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    admin_url: str | None = None


class Metadata(Model, frozen=True):
    """What the server says of itself.

    Attributes:
        server_version: such as "2.10.2".
        api_version: such as ``{"stable": "v2"}``.
        jsonapi_schema: paths of the schemas, by version.
        ticket_plugin: the class that makes tickets, or None.
        destination_plugins: the classes that notify.
    """

    server_version: str
    api_version: Mapping[str, str] = field(default_factory=dict[str, str])
    jsonapi_schema: Mapping[str, str] = field(default_factory=dict[str, str])
    ticket_plugin: str | None = None
    destination_plugins: tuple[str, ...] = ()
