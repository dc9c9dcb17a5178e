"""What the simulated AppFirst knows, and how a test looks into it and changes it."""

import random
from bisect import insort
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from threading import RLock
from urllib.parse import urlencode, urlsplit

from tocsin.simulator.appfirst.entities import (
    Alert,
    Application,
    Bucket,
    Callback,
    History,
    Line,
    LogSource,
    MaintenanceWindow,
    PolledData,
    Process,
    Recipient,
    Server,
    ServerSet,
    Subscriber,
    Table,
    Tag,
    Template,
    User,
)
from tocsin.simulator.appfirst.kinds import trigger_of
from tocsin.simulator.appfirst.switches import Switches
from tocsin.simulator.frame import Clock
from tocsin.simulator.world import METRICS, Host, Metric, World

AGE = timedelta(days=30)
"""How long before the world's latest moment its servers were set up: data go back so far."""


class AppFirstState(Switches):
    """The whole state; its methods are safe to call from any thread while the server runs.

    The switches are attributes of it, see :class:`~tocsin.simulator.appfirst.switches.Switches`. ``email``
    and ``api_key`` are those of the account owner. ``world`` says what is measured, up to ``latest``.
    ``callbacks`` are the requests that subscribers would have got; none is sent.
    """

    def __init__(self, clock: Clock, world: World) -> None:
        super().__init__()
        self.lock = RLock()
        self._clock = clock
        self.world = world
        self.email = "owner@example.org"
        self.api_key = f"{random.Random(f'appfirst {world.seed}').getrandbits(128):032x}"  # noqa: S311 - a simulation
        self.latest = world.epoch
        self._asked: dict[str, tuple[int, int]] = {}
        self.clear()

    def clear(self) -> None:
        """Remove everything but the account and the switches."""
        with self.lock:
            self.users = Table[User](1)
            self.servers = Table[Server](200_001)
            self.processes: dict[str, Process] = {}
            self.server_tags = Table[Tag](3_001)
            self.server_sets = Table[ServerSet](401)
            self.templates = Table[Template](2_001)
            self.applications = Table[Application](10_001)
            self.polled_data = Table[PolledData](67_001)
            self.logs = Table[LogSource](13_001)
            self.buckets = Table[Bucket](501)
            self.maintenance_windows = Table[MaintenanceWindow](61, newest_first=True)
            self.alerts = Table[Alert](600_001)
            self.histories = Table[History](1, newest_first=True)
            self.callbacks: list[Callback] = []

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return self._clock().astimezone(UTC)

    def wait(self, resource: str) -> int | None:
        """Count a request of a resource: the seconds until one is answered again, None if this one is."""
        if self.rate_limit is None:
            return None
        minute, second = divmod(int(self.now().timestamp()), 60)
        last, count = self._asked.get(resource, (minute, 0))
        count = count + 1 if last == minute else 1
        self._asked[resource] = (minute, count)
        return 60 - second if count > self.rate_limit else None

    # What tests and the population put in

    def add_user(self, email: str, *, first_name: str = "", last_name: str = "", phone_number: str = "") -> User:
        """Create a user."""
        with self.lock:
            return self.users.add(User(self.users.new_id(), first_name, last_name, email, 47, phone_number))

    def add_server(
        self,
        hostname: str,
        *,
        host: Host | None = None,
        location_ip: str = "198.18.200.1",
        created: datetime | None = None,
        front: bool = False,
    ) -> Server:
        """Set up a server: ``host`` of the world, or one of this name; ``front`` puts it first in the list."""
        with self.lock:
            id = self.servers.new_id(front=front)
            machine = host or Host(id, hostname, location_ip, "oslo", "web", "debian")
            nickname = hostname.partition(".")[0]
            return self.servers.add(Server(id, machine, created or self.latest - AGE, nickname))

    def add_process(self, server: Server, name: str, pid: int = 1284, *, args: str = "") -> Process:
        """Start a process, at the time at which its server was set up."""
        with self.lock:
            nanoseconds = int(server.created.timestamp()) * 10**9 + 87_987_676
            process = Process(server, pid, nanoseconds, name, args)
            self.processes[process.uid] = process
            return process

    def add_server_tag(self, name: str, servers: Iterable[int] = ()) -> Tag:
        """Create a server tag of the servers with these ids."""
        with self.lock:
            return self.server_tags.add(Tag(self.server_tags.new_id(), name, list(servers)))

    def add_server_set(
        self,
        name: str,
        servers: Iterable[int] = (),
        *,
        server_tags: Iterable[int] = (),
        applications: Iterable[int] = (),
    ) -> ServerSet:
        """Create a server set, of ids."""
        with self.lock:
            id = self.server_sets.new_id()
            return self.server_sets.add(ServerSet(id, name, list(servers), list(server_tags), list(applications)))

    def add_application(self, name: str, proc_name: str, servers: Iterable[int] = ()) -> Application:
        """Create an application with a template of its own: the processes of a name on some servers."""
        with self.lock:
            template = self.templates.add(Template(self.templates.new_id(), name, proc_name))
            id = self.applications.new_id()
            created = self.latest - AGE
            return self.applications.add(Application(id, name, list(servers), template.id, created))

    def add_polled_data(
        self, server: Server, name: str, *, metric: Metric = METRICS[3], critical: float = 8.0
    ) -> PolledData:
        """Let a server run a command."""
        with self.lock:
            command = f"check_{name.rpartition('.')[2]}"
            id = self.polled_data.new_id()
            row = PolledData(id, name, server, metric, critical, command, f"{command} -c {critical:g}")
            return self.polled_data.add(row)

    def add_log(self, server: Server, source: str, *, source_type: str = "FILE") -> LogSource:
        """Let a server's log be collected."""
        with self.lock:
            return self.logs.add(LogSource(self.logs.new_id(), server, source_type, source))

    def add_log_line(self, log: LogSource, time: datetime, severity: str, data: str) -> None:
        """Put a message into a log."""
        with self.lock:
            insort(log.lines, Line(time, severity, data), key=attrgetter("time"))

    def add_bucket(self, name: str, host: Host, metric: Metric, *, type: str = "gauge") -> Bucket:
        """Create a bucket."""
        with self.lock:
            return self.buckets.add(Bucket(self.buckets.new_id(), name, type, host, metric))

    def add_maintenance_window(
        self, start: datetime, end: datetime, *, reason: str = "", servers: Iterable[int] = ()
    ) -> MaintenanceWindow:
        """Create a maintenance window; times are aware."""
        with self.lock:
            id = self.maintenance_windows.new_id()
            return self.maintenance_windows.add(MaintenanceWindow(id, start, end, reason, list(servers)))

    def add_alert(
        self,
        name: str,
        type: str,
        target_id: int | str,
        trigger_type: str,
        *,
        threshold: int | Decimal | None = None,
        users: Sequence[Recipient] = (),
        reg_exp: str = "",
        part_name: str = "MAX",
        subscribers: Sequence[Subscriber] | None = None,
        front: bool = False,
    ) -> Alert:
        """Create an alert; a target that is not there is a KeyError. ``front`` puts it first in the list."""
        with self.lock:
            target = self.target_of(type, target_id)
            if target is None:
                raise KeyError(target_id)
            alert = Alert(
                id=self.alerts.new_id(front=front),
                name=name,
                type=type,
                target=target,
                target_id=target_id,
                trigger_type=trigger_type,
                users=list(users),
                threshold=threshold,
                reg_exp=reg_exp,
                part_name=part_name,
                subscribers=None if subscribers is None else list(subscribers),
            )
            return self.alerts.add(alert)

    def add_alerts(self, count: int) -> list[Alert]:
        """So many alerts on the CPU of one server, which is made for it."""
        with self.lock:
            server = self.add_server("many.example.org")
            return [self.add_alert(f"alert {n}", "Server", server.id, "CPU", threshold=90) for n in range(count)]

    def add_alert_histories(self, alert: Alert, count: int) -> list[History]:
        """So many incidents of an alert that are over, a minute each, the last of them ending now."""
        with self.lock:
            now, minute = self.now(), timedelta(minutes=1)
            return [
                self.add_alert_history(alert, now - minute * left, now - minute * (left - 1))
                for left in range(count, 0, -1)
            ]

    def add_alert_history(
        self, alert: Alert, start: datetime, end: datetime | None, *, id: int | None = None, text: str = ""
    ) -> History:
        """An incident of an alert, its newest, as if it had happened; nobody is told."""
        with self.lock:
            trigger = trigger_of(alert)
            history = History(
                id=id or self.histories.new_id(),
                alert_id=alert.id,
                type=alert.type,
                target_id=alert.target_id,
                trigger_type=alert.trigger_type,
                resource_name=alert.target,
                trigger=trigger,
                subject=f"[{alert.target}] {alert.name}",
                text=text or f"{trigger} on {alert.target}",
                start=start,
                end=end,
            )
            alert.last_triggered = start
            alert.history = history if end is None else None
            return self.histories.add(history)

    def target_of(self, type: str, target_id: int | str) -> str | None:
        """The name under which alerts show a target; None if there is none."""
        if isinstance(target_id, str):
            process = self.processes.get("_".join(target_id.split(",", 3)[:3]))
            fits = type == "Process" and process is not None and process.target_id == target_id
            return process.name if process and fits else None
        server, log = self.servers.get(target_id), self.logs.get(target_id)
        polled, tag = self.polled_data.get(target_id), self.server_tags.get(target_id)
        application = self.applications.get(target_id)
        names = {
            "Server": server and server.hostname,
            "Log": log and f"{log.source_type.title()}: {log.source} on {log.server.hostname}",
            "Polled Data": polled and f"{polled.name} on {polled.server.hostname}",
            "Server Tag": tag and tag.name,
            "Application": application and application.name,
        }
        return names.get(type) or None

    def remove_server(self, server: Server) -> None:
        """Delete a server with what is on it and the alerts about that; histories stay. Not published."""
        with self.lock:
            self.servers.remove(server)
            for polled in [each for each in self.polled_data if each.server is server]:
                self.polled_data.remove(polled)
            for log in [each for each in self.logs if each.server is server]:
                self.logs.remove(log)
            for uid in [uid for uid, each in self.processes.items() if each.server is server]:
                del self.processes[uid]
            for group in (*self.server_tags, *self.server_sets, *self.applications, *self.maintenance_windows):
                if server.id in group.servers:
                    group.servers.remove(server.id)
            self._forget_targets()

    def remove_server_tag(self, tag: Tag) -> None:
        """Delete a server tag, also from sets, and the alerts on it; histories stay. Not published."""
        with self.lock:
            self.server_tags.remove(tag)
            for each in self.server_sets:
                if tag.id in each.server_tags:
                    each.server_tags.remove(tag.id)
            self._forget_targets()

    def _forget_targets(self) -> None:
        for alert in [each for each in self.alerts if self.target_of(each.type, each.target_id) is None]:
            self.alerts.remove(alert)

    # What happens

    def trigger(self, alert_id: int) -> History:
        """Let an alert be triggered; if it is in an incident already, its subscribers are told once more.

        An alert that is not active is a ValueError, one that is not there a KeyError.
        """
        with self.lock:
            alert = self._alert(alert_id)
            if not alert.active:
                raise ValueError(f"alert {alert_id} is not active")
            history = alert.history or self.add_alert_history(alert, self.now(), None)
            self._call_back(alert, history, "TRIGGERED")
            return history

    def resolve(self, alert_id: int) -> History:
        """Let the incident end that an alert is in; there being none is a ValueError."""
        with self.lock:
            alert = self._alert(alert_id)
            history = alert.history
            if history is None:
                raise ValueError(f"alert {alert_id} is in no incident")
            alert.history, history.end = None, self.now()
            self._call_back(alert, history, "RESOLVED")
            return history

    def _alert(self, id: int) -> Alert:
        alert = self.alerts.get(id)
        if alert is None:
            raise KeyError(id)
        return alert

    def _call_back(self, alert: Alert, history: History, status: str) -> None:
        data = urlencode({"alert_id": alert.id, "alert_history_id": history.id, "status": status})
        for subscriber in alert.subscribers or ():
            if subscriber.event not in {status, "BOTH"}:
                continue
            headers = {"Authorization": f"Basic {subscriber.auth}"} if subscriber.auth else {}
            if subscriber.type == "post":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                self.callbacks.append(Callback("POST", subscriber.url, data, headers))
            else:
                parts = urlsplit(subscriber.url)
                query = f"{parts.query}&{data}" if parts.query else data
                self.callbacks.append(Callback("GET", parts._replace(query=query).geturl(), "", headers))
