"""What an Argus server keeps: plain mutable records, all times aware."""

from datetime import datetime
from typing import Literal

import attrs

from tocsin.simulator.frame import Json

INFINITY: Literal["infinity"] = "infinity"
"""The end of an incident that is open."""

EndTime = datetime | Literal["infinity"] | None
"""None is the end of a stateless incident."""

EVENT_TYPES = {
    "STA": "Incident start",
    "END": "Incident end",
    "CHI": "Incident change",
    "RES": "Incident restart",
    "CLO": "Close",
    "REO": "Reopen",
    "ACK": "Acknowledge",
    "OTH": "Other",
    "LES": "Stateless",
}

MEDIA: dict[str, Json] = {"slug": "email", "name": "Email", "installed": True}
"""The one medium there is."""


@attrs.define(eq=False)
class User:
    """An account; a source system has one too."""

    pk: int
    username: str
    password: str
    superuser: bool = False
    first_name: str = ""
    last_name: str = ""
    email: str = ""


@attrs.define(eq=False)
class Source:
    """A source system, which reports incidents."""

    pk: int
    name: str
    type: str
    user: User
    base_url: str


@attrs.define(eq=False)
class Tag:
    """A tag on one incident."""

    tag: str
    added_by: User
    added_time: datetime


@attrs.define(eq=False)
class Event:
    """Something that happened to an incident."""

    pk: int
    incident: "Incident"
    actor: User
    timestamp: datetime
    received: datetime
    type: str
    description: str


@attrs.define(eq=False)
class Ack:
    """An acknowledgement; its pk is that of its event. It holds until ``expiration``, or for good."""

    event: Event
    expiration: datetime | None


@attrs.define(eq=False)
class Incident:
    """An incident, with its tags, events and acknowledgements in the order they were added."""

    pk: int
    start_time: datetime
    end_time: EndTime
    source: Source
    source_incident_id: str = ""
    details_url: str = ""
    description: str = ""
    level: int = 5
    ticket_url: str = ""
    metadata: Json = attrs.field(factory=dict[str, Json])
    tags: list[Tag] = attrs.field(factory=list[Tag])
    events: list[Event] = attrs.field(factory=list[Event])
    acks: list[Ack] = attrs.field(factory=list[Ack])

    @property
    def stateful(self) -> bool:
        """Whether it can be open or closed at all."""
        return self.end_time is not None

    def open(self, now: datetime) -> bool:
        """Whether it ends later than now, or never."""
        return self.end_time == INFINITY or (isinstance(self.end_time, datetime) and self.end_time > now)

    def acked(self, now: datetime) -> bool:
        """Whether an acknowledgement holds now."""
        return any(ack.expiration is None or ack.expiration > now for ack in self.acks)


@attrs.define(eq=False)
class Timeslot:
    """When somebody wants to be notified; ``recurrences`` are as on the wire."""

    pk: int
    user: User
    name: str
    recurrences: list[dict[str, Json]]


@attrs.define(eq=False)
class Filter:
    """Which incidents somebody wants to be notified of; ``blob`` is as on the wire."""

    pk: int
    user: User
    name: str
    blob: dict[str, Json]
    public: bool = False


@attrs.define(eq=False)
class Destination:
    """Where somebody wants to be notified: by e-mail, the one medium there is."""

    pk: int
    user: User
    label: str | None
    settings: dict[str, Json]


@attrs.define(eq=False)
class Profile:
    """Which filters notify which destinations, when."""

    pk: int
    user: User
    name: str | None
    timeslot: Timeslot
    filters: list[Filter]
    destinations: list[Destination]
    active: bool = True


@attrs.define(eq=False)
class Maintenance:
    """A planned maintenance: notifications about matching incidents are held back."""

    pk: int
    created_by: User
    created: datetime
    start_time: datetime
    end_time: datetime
    description: str
    filters: list[Filter]
