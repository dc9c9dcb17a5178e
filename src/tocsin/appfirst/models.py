"""What AppFirst says, with its own field names.

From the vendor's pages of API version 5, and for alert histories, whose page is not published any more, from the
vendor's own programs. A field that is left out has a default, one that is new is ignored. Open enumerations are
plain texts, with the values known in their docstring. All times are UTC, and come as seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, cast

from tocsin.appfirst.receivers import AlertUser, Subscribers, alert_users
from tocsin.appfirst.values import Direction, Flag, Ids, flag
from tocsin.transport.codec import Model
from tocsin.transport.times import AwareTime, UtcTime

#: How a `target` begins that is an address; else it is a name.
_URI = "/api/"


class Alert(Model, frozen=True):
    """An alert, as the API's page on alerts has it.

    Attributes:
        type: Application, Process, Server, Polled Data, Log or Server Tag.
        target: what it watches, by address ("/api/v5/servers/1/") or by name; see `target_uri`, `target_name`.
        target_id: its id; "server_id,pid,creationtime,name" of a process: see `ProcessTarget.parse`.
        trigger: for people; it may say something else than the fields.
        trigger_type: see `tocsin.appfirst.alert_rules.TRIGGERS`.
        direction: above, below, outside bounds; None where it is not told.
        threshold: exact; None where the trigger has none.
        interval: minutes until it is sent again.
        time_above_threshold: minutes beyond the threshold before it is sent.
        num_of_servers: servers that must be in this state; of a Server Tag.
        part_name: the disk, of Disk and Disk Busy; MAX is the fullest.
        ip_details: ports by commas, of Port Accessed.
        reg_exp: of triggers that look at a content.
        users, subscribers: who is told.
        window_length, window_units, band_value: of what the page calls "out of band" and "sudden change" alike:
            the window (in hours "h" or days "d") and how many standard deviations; 0 where it does not apply.
        url: opaque; it may be another alert's in the vendor's samples, and is never asked for.
    """

    id: int
    name: str = ""
    type: str = ""
    target: str | None = None
    target_id: int | str | None = None
    trigger_type: str = ""
    trigger: str | None = None
    active: bool = False
    in_incident: bool = False
    last_triggered: AwareTime | None = None
    direction: Direction | None = None
    threshold: Decimal | None = None
    interval: int | None = None
    time_above_threshold: int | None = None
    num_of_servers: int | None = None
    part_name: str | None = None
    ip_details: str | None = None
    reg_exp: str | None = None
    users: tuple[AlertUser, ...] = ()
    subscribers: Subscribers = Subscribers()
    window_length: int | None = None
    window_units: str | None = None
    band_value: float | None = None
    url: str | None = None

    lax: ClassVar[bool] = True

    @classmethod
    def reworded(cls, said: Any) -> Any:
        """Flags as forms have them, times as text without a zone, users as JSON text or by another id."""
        if not isinstance(said, dict):
            raise ValueError("expected an object")  # noqa: TRY004 - the codec takes a ValueError
        words = cast("dict[str, Any]", said)
        return words | {name: read(words[name]) for name, read in _OTHER_WORDS.items() if name in words}

    @property
    def target_uri(self) -> str | None:
        """`target`, where it is an address."""
        return self.target if self.target is not None and self.target.startswith(_URI) else None

    @property
    def target_name(self) -> str | None:
        """`target`, where it is a name."""
        return None if self.target_uri is not None else self.target


_OTHER_WORDS: Mapping[str, Callable[[Any], Any]] = {
    "active": flag,
    "in_incident": flag,
    "last_triggered": lambda value: None if value is None else UtcTime.from_json(value).isoformat(),
    "users": alert_users,
}


class AlertHistory(Model, frozen=True):
    """One time that an alert was triggered.

    Attributes:
        end: None while it is open.
        trigger, resource_name: for people.
    """

    id: int
    alert_id: int | None = None
    subject: str | None = None
    trigger: str | None = None
    resource_name: str | None = None
    start: UtcTime | None = None
    end: UtcTime | None = None


class AlertMessage(Model, frozen=True):
    """The mail of an alert history."""

    text: str | None = None


class Server(Model, frozen=True):
    """A server with a collector.

    Attributes:
        os: Windows, Linux or Solaris.
        running: whether it sends data now.
        capacity_mem: bytes.
        capacity_cpu_freq: MHz.
        capacity_disks: by mount point, in MB.
        current_version: of the collector.
        network_interfaces: not published further.
    """

    id: int
    created: UtcTime | None = None
    os: str | None = None
    hostname: str | None = None
    nickname: str | None = None
    description: str | None = None
    running: Flag = False
    capacity_mem: int | None = None
    capacity_cpu_num: int | None = None
    capacity_cpu_freq: float | None = None
    capacity_disks: dict[str, float] | None = None
    current_version: str | None = None
    location_ip: str | None = None
    os_detail: str | None = None
    arch: str | None = None
    guid: str | None = None
    network_interfaces: Any = None
    url: str | None = None


class ServerTag(Model, frozen=True):
    """A tag, and the ids of the servers that have it."""

    id: int
    name: str = ""
    servers: Ids = Ids()
    url: str | None = None


class ServerSet(Model, frozen=True):
    """A set of servers.

    Attributes:
        server_tags: ids by the prose, addresses ("/api/v5/server_tags/3061/") by the sample.
    """

    id: int
    name: str = ""
    servers: Ids = Ids()
    server_tags: tuple[int | str, ...] = ()
    applications: Ids = Ids()
    auto_detection: Flag = False
    url: str | None = None


class Application(Model, frozen=True):
    """An application.

    Attributes:
        created: 1970 where the server has 0.
        template: the id of its template.
    """

    id: int
    name: str = ""
    created: UtcTime | None = None
    servers: Ids = Ids()
    template: int | None = None
    url: str | None = None


class Process(Model, frozen=True):
    """A process.

    Attributes:
        uid: "server_pid_creationtime".
        create_time: as it is in `uid`: of 19 digits it counts nanoseconds.
    """

    uid: str
    name: str = ""
    server_id: int | None = None
    pid: int | None = None
    create_time: int | float | str | None = None
    args: str | None = None


class PolledData(Model, frozen=True):
    """A polled data item; `alert_id` has the ids of its alerts, though the page speaks of one."""

    id: int
    name: str = ""
    server_id: int | None = None
    server_hostname: str | None = None
    command_name: str | None = None
    command_line: str | None = None
    alert_id: Ids = Ids()
    url: str | None = None


class Log(Model, frozen=True):
    """A log that is collected.

    Attributes:
        source_type: EVENTLOG, SYSLOG, FILE; samples have AFSQL and AFURL, too.
        source: a log's name, a port, or a path, by the type.
        limit: messages a minute that are collected at most.
    """

    id: int
    server_id: int | None = None
    source_type: str = ""
    source: int | str | None = None
    limit: int | None = None
    url: str | None = None


class MaintenanceWindow(Model, frozen=True):
    """A time in which servers are worked on."""

    id: int
    reason: str | None = None
    start: UtcTime | None = None
    end: UtcTime | None = None
    started: Flag = False
    ended: Flag = False
    servers: Ids = Ids()
    url: str | None = None
