"""What the simulated Argus server knows, and how a test looks into it and changes it."""

import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from threading import RLock

from tocsin.simulator.argus.entities import (
    INFINITY,
    MEDIA,
    Ack,
    Destination,
    EndTime,
    Event,
    Filter,
    Incident,
    Maintenance,
    Profile,
    Source,
    Tag,
    Timeslot,
    User,
)
from tocsin.simulator.argus.table import Table
from tocsin.simulator.argus.tokens import Tokens
from tocsin.simulator.frame import Clock, Json

PASSWORD = "open-sesame"  # noqa: S105 - the password of every simulated user
ALL_DAY = {"start": "00:00:00", "end": "23:59:59.999999", "all_day": True}


class ArgusState:
    """The whole state; its methods are safe to call from any thread while the server runs.

    ``tokens`` maps each user name (``admin``, ``alice`` and the source systems ``nms-north`` and
    ``nms-south``) to a knox token, ``legacy_tokens`` to a legacy one, and ``passwords`` to the password.
    ``sign_ins`` counts tokens given out by password, ``refreshes`` those given out for a token.
    ``shuffle_ties`` orders rows of one time differently for different page sizes, as PostgreSQL does;
    off, they are in the order of their pks. ``before_page`` is called before each cursor page is read.
    """

    def __init__(self, clock: Clock, seed: int) -> None:
        self.lock = RLock()
        self.clock = clock
        self.shuffle_ties = True
        self.before_page: Callable[[], None] | None = None
        self.issued = Tokens(self.now, seed)
        self.sign_ins = 0
        self.refreshes = 0
        self.users: dict[int, User] = {}
        self.source_types: list[str] = ["argus", "nms"]
        self.media: list[dict[str, Json]] = [MEDIA]
        self.sources: dict[int, Source] = {}
        self.last_seen: dict[int, datetime] = {}
        self.clear()
        for number, (name, type) in enumerate(
            [("argus", "argus"), ("admin", ""), ("alice", ""), ("nms-north", "nms"), ("nms-south", "nms")], 1
        ):
            user = self.add_user(name, superuser=name == "admin", pk=number)
            if type:
                base_url = "http://nms.example.org/" if type == "nms" else ""
                self.add_source(name, type, user, base_url)
        self.user("admin").first_name = "Admin"
        people = list(self.users.values())[1:]
        self.tokens = {user.username: self.issued.issue(user).value for user in people}
        self.legacy_tokens = {user.username: self.issued.issue(user, legacy=True).value for user in people}
        self.passwords = {user.username: user.password for user in people}

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return self.clock().astimezone(UTC)

    def clear(self) -> None:
        """Remove every incident, profile, filter, destination and maintenance; users and tokens stay."""
        with self.lock:
            self.incidents: Table[Incident] = Table(lambda row: row.start_time)
            self.events: Table[Event] = Table(lambda row: row.timestamp)
            self._source_incident_ids: set[tuple[int, str]] = set()
            self.timeslots: dict[int, Timeslot] = {}
            self.filters: dict[int, Filter] = {}
            self.destinations: dict[int, Destination] = {}
            self.profiles: dict[int, Profile] = {}
            self.maintenances: dict[int, Maintenance] = {}
            self._pks = {
                name: itertools.count(1)
                for name in (
                    "incident",
                    "event",
                    "timeslot",
                    "filter",
                    "destination",
                    "profile",
                    "maintenance",
                )
            }
            for user in self.users.values():
                self._add_own_timeslot(user)

    def pk(self, table: str) -> int:
        """The next primary key: never given again, not even when the row is then refused."""
        return next(self._pks[table])

    # Users and tokens

    def user(self, username: str) -> User:
        """By name; KeyError if there is none."""
        for user in self.users.values():
            if user.username == username:
                return user
        raise KeyError(username)

    def add_user(self, username: str, *, superuser: bool = False, pk: int | None = None) -> User:
        """A new user with :data:`PASSWORD` and the timeslot that every user gets."""
        with self.lock:
            user = User(pk or max(self.users) + 1, username, PASSWORD, superuser)
            self.users[user.pk] = user
            self._add_own_timeslot(user)
            return user

    def add_source(self, name: str, type: str, user: User, base_url: str) -> Source:
        """A new source system for a user."""
        with self.lock:
            source = Source(len(self.sources) + 1, name, type, user, base_url)
            self.sources[source.pk] = source
            return source

    def source_of(self, user: User) -> Source | None:
        """The source system that signs in as the user."""
        return next((source for source in self.sources.values() if source.user is user), None)

    def expire_token(self, token: str) -> None:
        """Let a token's life end now; KeyError if there is no such token."""
        with self.lock:
            self.issued.expire(token)

    def revoke_token(self, token: str) -> None:
        """Forget a token; KeyError if there is no such token."""
        with self.lock:
            self.issued.revoke(token)

    def new_token(self, username: str = "admin", *, legacy: bool = False) -> str:
        """Another token for a user, with the token life that is set."""
        with self.lock:
            return self.issued.issue(self.user(username), legacy=legacy).value

    @property
    def token_life(self) -> float | None:
        """Seconds that tokens issued from now on live; None is 10 hours (legacy: 14 days)."""
        return self.issued.life.total_seconds() if self.issued.life else None

    @token_life.setter
    def token_life(self, seconds: float | None) -> None:
        self.issued.life = None if seconds is None else timedelta(seconds=seconds)

    # Incidents

    @property
    def incident_pks(self) -> list[int]:
        """The pks of all incidents, ascending."""
        with self.lock:
            return sorted(self.incidents)

    @property
    def event_pks(self) -> list[int]:
        """The pks of all events, ascending."""
        with self.lock:
            return sorted(self.events)

    def add_incidents(
        self,
        count: int,
        *,
        start_time: datetime | None = None,
        step: timedelta = timedelta(0),
        source: str = "nms-north",
        end_time: EndTime = INFINITY,
        tags: Iterable[str] = (),
        level: int = 3,
    ) -> list[int]:
        """Add incidents in bulk, each with its start event; gives their pks.

        The first starts at ``start_time`` (now), each next one ``step`` later: by default all at once.
        """
        with self.lock:
            start = start_time or self.now()
            owner = self.source_of(self.user(source))
            if owner is None:
                raise KeyError(source)
            return [
                self.add_incident(
                    Incident(
                        pk=self.pk("incident"),
                        start_time=start + step * number,
                        end_time=end_time,
                        source=owner,
                        description=f"Added incident {number}",
                        level=level,
                        tags=[Tag(tag, owner.user, self.now()) for tag in tags],
                    )
                ).pk
                for number in range(count)
            ]

    def add_incident(self, incident: Incident, actor: User | None = None) -> Incident:
        """Put an incident in, with the event of its start."""
        with self.lock:
            self.incidents.add(incident.pk, incident)
            if incident.source_incident_id:
                self._source_incident_ids.add((incident.source.pk, incident.source_incident_id))
            kind = "STA" if incident.stateful else "LES"
            self.add_event(
                incident, actor or incident.source.user, kind, incident.start_time, incident.description
            )
            return incident

    def delete_incident(self, pk: int) -> None:
        """Take an incident and its events out; KeyError if there is none."""
        with self.lock:
            incident = self.incidents.remove(pk)
            self._source_incident_ids.discard((incident.source.pk, incident.source_incident_id))
            for event in incident.events:
                self.events.remove(event.pk)

    def add_event(
        self, incident: Incident, actor: User, kind: str, timestamp: datetime, description: str = ""
    ) -> Event:
        """Put an event in; what it does to the incident's end is the caller's matter."""
        with self.lock:
            event = Event(self.pk("event"), incident, actor, timestamp, self.now(), kind, description)
            incident.events.append(event)
            self.events.add(event.pk, event)
            return event

    def add_ack(
        self,
        incident: Incident,
        actor: User,
        timestamp: datetime,
        description: str = "",
        expiration: datetime | None = None,
    ) -> Ack:
        """Acknowledge an incident, with its event."""
        with self.lock:
            event = self.add_event(incident, actor, "ACK", timestamp, description)
            ack = Ack(event, expiration)
            incident.acks.append(ack)
            return ack

    def has_source_incident_id(self, source: Source, source_incident_id: str) -> bool:
        """Whether an incident of the source has this id of the source's own."""
        return (source.pk, source_incident_id) in self._source_incident_ids

    def _add_own_timeslot(self, user: User) -> None:
        pk = self.pk("timeslot")
        recurrence = {"days": [1, 2, 3, 4, 5, 6, 7], **ALL_DAY}
        self.timeslots[pk] = Timeslot(pk, user, "All the time", [recurrence])
