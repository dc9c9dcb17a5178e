"""What AppFirst keeps, in the words of its API."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

import attrs

from tocsin.simulator.world import Host, Metric


class _Row(Protocol):
    @property
    def id(self) -> int: ...


R = TypeVar("R", bound=_Row)


class Table(Generic[R]):
    """Rows by id; listed in the order of their ids, or the newest, which has the highest, first."""

    def __init__(self, first: int, *, newest_first: bool = False) -> None:
        self._rows: dict[int, R] = {}
        self._next, self._before = first, first - 1
        self._newest_first = newest_first
        self._listed: list[R] | None = None

    def new_id(self, *, front: bool = False) -> int:
        """The next id; ``front`` one that comes before all others in the list."""
        if front and not self._newest_first:
            self._before -= 1
            return self._before + 1
        return self._next

    def add(self, row: R) -> R:
        """Put a row in, under its own id."""
        self._rows[row.id] = row
        self._next = max(self._next, row.id + 1)
        self._listed = None
        return row

    def remove(self, row: R) -> None:
        """Take a row out."""
        del self._rows[row.id]
        self._listed = None

    def get(self, id: int) -> R | None:
        """The row of an id."""
        return self._rows.get(id)

    @property
    def listed(self) -> list[R]:
        """All rows in the order of the list; not to be changed."""
        if self._listed is None:
            self._listed = [self._rows[id] for id in sorted(self._rows, reverse=self._newest_first)]
        return self._listed

    @property
    def ids(self) -> list[int]:
        """The ids of all rows."""
        return list(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self.listed)

    def __len__(self) -> int:
        return len(self._rows)


@attrs.define(eq=False)
class Server:
    """A machine with a collector. ``host`` is what its measurements are made from."""

    id: int
    host: Host
    created: datetime
    nickname: str
    description: str = ""
    running: bool = True
    config_path: str = "/etc/AppFirst/nrpe.cfg"
    config: str = ""

    @property
    def hostname(self) -> str:
        """Its name on the network."""
        return self.host.name


@attrs.define(eq=False)
class Process:
    """A process on a server. ``create_time`` is in nanoseconds since 1970, unlike every other time."""

    server: Server
    pid: int
    create_time: int
    name: str
    args: str = ""

    @property
    def uid(self) -> str:
        """Its id in paths."""
        return f"{self.server.id}_{self.pid}_{self.create_time}"

    @property
    def target_id(self) -> str:
        """Its id in alerts."""
        return f"{self.server.id},{self.pid},{self.create_time},{self.name}"


@attrs.define(eq=False)
class Tag:
    """A name for some servers."""

    id: int
    name: str
    servers: list[int]


@attrs.define(eq=False)
class ServerSet:
    """Servers together with those of some tags."""

    id: int
    name: str
    servers: list[int]
    server_tags: list[int]
    applications: list[int]
    auto_detection: bool = True


@attrs.define(eq=False)
class Template:
    """What makes a process one of an application's."""

    id: int
    name: str
    proc_name: str
    proc_args: str = ""
    proc_args_direction: str = "include"


@attrs.define(eq=False)
class Application:
    """Processes of one kind on some servers."""

    id: int
    name: str
    servers: list[int]
    template: int
    created: datetime


@attrs.define(eq=False)
class PolledData:
    """What a command, run again and again on a server, measures: ``metric``, critical above ``critical``."""

    id: int
    name: str
    server: Server
    metric: Metric
    critical: float
    command_name: str
    command_line: str


@attrs.frozen
class Line:
    """One message of a log; ``severity`` is ``info``, ``warning`` or ``critical``."""

    time: datetime
    severity: str
    data: str


@attrs.define(eq=False)
class LogSource:
    """A log on a server; ``lines`` are in order of time."""

    id: int
    server: Server
    source_type: str
    source: str
    limit: int = 2000
    lines: list[Line] = attrs.field(factory=list[Line])


@attrs.define(eq=False)
class Bucket:
    """A StatsD bucket, which here has what one metric of one host measures."""

    id: int
    name: str
    type: str
    host: Host
    metric: Metric


@attrs.define(eq=False)
class User:
    """Somebody who can be told of alerts."""

    id: int
    first_name: str
    last_name: str
    email: str
    country_code: int
    phone_number: str


@attrs.define(eq=False)
class MaintenanceWindow:
    """A time in which servers do not raise alerts."""

    id: int
    start: datetime
    end: datetime
    reason: str
    servers: list[int]


@attrs.frozen
class Recipient:
    """How a user is told of an alert."""

    id: int
    sendemail: bool = False
    sendsms: bool = False
    pushnotification: bool = False


@attrs.frozen
class Subscriber:
    """A URL that is called when an alert is triggered or resolved; ``auth`` is Base64 of ``name:password``."""

    url: str
    auth: str | None = None
    type: str = "get"
    event: str = "BOTH"


@attrs.define(eq=False)
class Alert:
    """A standing rule; ``target_id`` is a text for a process and a number for all else."""

    id: int
    name: str
    type: str
    target: str
    target_id: int | str
    trigger_type: str
    users: list[Recipient]
    active: bool = True
    direction: str = "above"
    threshold: int | Decimal | None = None
    threshold_type: str = "static"
    band_value: float = 2.0
    window_length: int = 1
    window_units: str = "h"
    interval: int = 10
    time_above_threshold: int = 1
    num_of_servers: int = 1
    part_name: str = "MAX"
    ip_details: str = ""
    reg_exp: str = ""
    subscribers: list[Subscriber] | None = None
    last_triggered: datetime | None = None
    history: "History | None" = None
    """The incident that it is in."""


@attrs.define(eq=False)
class History:
    """One incident of an alert, which outlives it; ``end`` is None while it lasts."""

    id: int
    alert_id: int
    type: str
    target_id: int | str
    trigger_type: str
    resource_name: str
    trigger: str
    subject: str
    text: str
    start: datetime
    end: datetime | None = None


@attrs.frozen
class Callback:
    """A request that the server would send to a subscriber; ``body`` is the form of a POST."""

    method: str
    url: str
    body: str
    headers: dict[str, str]
