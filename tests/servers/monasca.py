"""A real Monasca (monasca-api under gunicorn, InfluxDB, Keystone) for tests and benchmarks."""

import json
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import httpx
from tests.servers.gunicorn import gunicorn
from tests.servers.influxdb import InfluxDB
from tests.servers.installs import HERE, built_once, fingerprint, requirements, virtual_environment
from tests.servers.keystone import Keystone, SignIn
from tests.servers.keystone_users import REGION, SERVICE, USERS, User
from tests.servers.monasca_alarms import insert_alarms
from tests.servers.processes import Process, exit_on_signals, free_port, run, server_environment

SITE = HERE / "monasca_site"
PROJECTS = ("demo", "demo2")
START_SECONDS = 60
LOCK_SECONDS = 30
CONFIGURATION = """
[DEFAULT]
region = {region}
enable_metrics_api = true
enable_logs_api = true
log_file = {folder}/monasca-api.log
[database]
connection = sqlite:///{folder}/monasca.db
[messaging]
driver = influx_messages:InfluxPublisher
[repositories]
metrics_driver = monasca_api.common.repositories.influxdb.metrics_repository:MetricsRepository
[influxdb]
database_name = {database}
ip_address = 127.0.0.1
port = {influx_port}
user = none
password = none
[kafka]
# Nobody listens there: only the health check asks, and says so.
uri = 127.0.0.1:9
[security]
default_authorized_roles = monasca-user, admin
agent_authorized_roles = monasca-agent
read_only_authorized_roles = monasca-read-only-user
delegate_authorized_roles = admin, monasca-delegate
[keystone_authtoken]
www_authenticate_uri = {keystone_url}
auth_url = {keystone_url}
auth_type = password
username = {service.name}
password = {service.password}
project_name = {service.project}
user_domain_name = {domain}
project_domain_name = {domain}
region_name = {region}
interface = public
service_token_roles_required = true
# Every request is asked of Keystone, so that a revoked token is refused at once.
token_cache_time = -1
"""


class RealMonasca:
    """monasca-api 11.0.0 with Keystone 30.0.0 on free loopback ports, with users and no metrics or alarms.

    Enter it to start the servers, leave it to stop them; everything they wrote is deleted then. The first
    start on a machine installs them (minutes), later ones take seconds. It can be entered again, and each
    time is new. ServerError if something cannot be installed or started. There is no Kafka: what monasca-api
    publishes is in InfluxDB before it answers; there is no monasca-thresh: `insert_alarms` makes alarms.
    """

    base_url: str
    """The root of the API v2.0, without a slash at the end."""
    keystone_url: str
    """The root of the Identity API v3, without a slash at the end."""
    influx_url: str
    """Where InfluxDB takes queries; `database` is the name of the database there."""
    access_log: Path
    """One line a request as monasca-api saw it, "METHOD path?query status", written when it was answered."""
    keystone_access_log: Path
    """The same of Keystone, with what monasca-api asks it; `sign_ins` knows who signed in."""
    project_ids: Mapping[str, str]
    """The tenant id of each project."""

    def __init__(self, *, token_seconds: int = 3600, workers: int = 2, threads: int = 4) -> None:
        self.token_seconds = token_seconds
        self.workers = workers
        self.threads = threads
        self.users: Mapping[str, User] = USERS
        self.projects = PROJECTS
        self.region = REGION
        self.domain = "Default"
        self.database = "mon"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(exit_on_signals(signal.SIGTERM))
            template = _template()
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-monasca-")))
            shutil.copy(template / "monasca.db", folder)
            self._sql_path = folder / "monasca.db"
            self._messages = folder / "messages"
            port = free_port()
            self.base_url = f"http://127.0.0.1:{port}/v2.0"
            self._influxdb = InfluxDB(folder / "influxdb", self.database)
            self._keystone = Keystone(
                folder / "keystone", token_seconds=self.token_seconds, monasca_url=self.base_url
            )
            self.influx_url, self.keystone_url = self._influxdb.url, self._keystone.url
            self.access_log, self.keystone_access_log = folder / "access.log", self._keystone.access_log
            self.project_ids = self._keystone.project_ids
            influxd = stack.enter_context(self._influxdb.running())
            keystone = stack.enter_context(self._keystone.running())
            self._monasca = stack.enter_context(self._start_monasca(folder, port))
            self._processes = [influxd, keystone, self._monasca]
            keystone.wait_until(self._keystone.answers, "answering", seconds=START_SECONDS)
            self._monasca.wait_until(self._answers, "answering", seconds=START_SECONDS)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def pids(self) -> list[int]:
        """The processes we started; each leads a process group that holds its children."""
        return [process.pid for process in self._processes]

    def describe(self) -> dict[str, Any]:
        """What somebody who wants to use the servers by hand needs, for JSON."""
        return {
            "base_url": self.base_url,
            "keystone_url": self.keystone_url,
            "influx_url": self.influx_url,
            "database": self.database,
            "region": self.region,
            "domain": self.domain,
            "project_ids": {name: self.project_ids[name] for name in self.projects},
            "users": {
                user.name: {"password": user.password, "project": user.project} for user in self.users.values()
            },
        }

    def watch(self) -> NoReturn:
        """Block as long as monasca-api runs; ServerError when it ends by itself."""
        self._monasca.watch()

    def issue_token(self, user: str = "demo", project: str | None = None) -> str:
        """A new token of `user`, in its own project unless another is named."""
        return self._keystone.issue(self.users[user], project)

    def revoke(self, token: str) -> None:
        """Make a token one that is revoked; LookupError if it is not good now."""
        self._keystone.revoke(token)

    def revoke_all(self, user: str | None = None) -> int:
        """Revoke the tokens of `user`, or of all but monasca-api itself, that are good now; how many."""
        return self._keystone.revoke_all(lambda name: name == user if user else name != SERVICE.name)

    def sign_ins(self, user: str | None = None) -> list[SignIn]:
        """The sign-ins of `user`, or of all but monasca-api itself, oldest first, refused ones too."""
        return [
            sign_in
            for sign_in in self._keystone.sign_ins()
            if (sign_in.user == user if user else sign_in.user != SERVICE.name)
        ]

    def insert_alarms(
        self,
        definition_id: str,
        count: int = 3,
        *,
        states: Sequence[str] = ("UNDETERMINED", "OK", "ALARM"),
        metric: str = "cpu.user_perc",
        host: str = "host",
    ) -> list[str]:
        """Write alarms of a definition past the API, as monasca-thresh would; their ids, oldest first.

        The states follow each other in turn. Each alarm has one metric, with the dimensions hostname (`host`
        and a number from 0) and service. LookupError if there is no such definition.
        """
        with closing(self._sql()) as database, database:
            return insert_alarms(
                database, definition_id, count, states=states, metric=metric, host=host, region=self.region
            )

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of an SQL query in monasca-api's database; sqlite3.Error with its words if it refuses."""
        with closing(self._sql()) as database, database:
            return list(database.execute(query))

    def write_points(self, lines: Iterable[str]) -> None:
        """Write points past the API, in InfluxDB's line protocol, times in milliseconds.

        monasca-api shows those that have the tags `_tenant_id` and `_region` and the fields `value` and
        `value_meta` (JSON). ServerError if InfluxDB refuses one.
        """
        self._influxdb.write(lines)

    def influx(self, query: str) -> list[Mapping[str, Any]]:
        """The rows of a query in InfluxQL, by column; times in epoch milliseconds. ServerError if refused."""
        return self._influxdb.query(query)

    def published(self, topic: str) -> list[dict[str, Any]]:
        """What monasca-api published under `topic` apart from metrics and state transitions, oldest first."""
        if not self._messages.exists():
            return []
        kept = map(json.loads, self._messages.read_text(encoding="utf-8").splitlines())
        return [one["message"] for one in kept if one["topic"] == topic]

    def logs_received(self) -> list[dict[str, Any]]:
        """The envelopes that POST /logs published, oldest first: `log`, `meta` and `creation_time`.

        monasca-api drops a log without `dimensions` of its own, and answers 204 all the same.
        """
        return self.published("log")

    def _sql(self) -> sqlite3.Connection:
        return sqlite3.connect(self._sql_path, timeout=LOCK_SECONDS)

    def _start_monasca(self, folder: Path, port: int) -> Process:
        # Its own place for the file, below the home folder; it takes no other from us under gunicorn.
        configuration = folder / ".monasca" / "monasca-api.conf"
        configuration.parent.mkdir()
        configuration.write_text(
            CONFIGURATION.format(
                folder=folder,
                region=self.region,
                domain=self.domain,
                database=self.database,
                influx_port=self._influxdb.port,
                keystone_url=self.keystone_url,
                service=SERVICE,
            ),
            encoding="utf-8",
        )
        return gunicorn(
            _programs(),
            "monasca_wsgi:application",
            port=port,
            workers=self.workers,
            threads=self.threads,
            folder=folder,
            access_log=self.access_log,
            environment=server_environment(
                HOME=str(folder),
                PYTHONPATH=str(SITE),
                PYTHONDONTWRITEBYTECODE="1",
                TOCSIN_MESSAGES=str(self._messages),
            ),
        )

    def _answers(self) -> bool:
        try:
            answer = httpx.get(self.base_url, trust_env=False, timeout=START_SECONDS)
        except httpx.TransportError:
            return False
        return answer.status_code == HTTPStatus.UNAUTHORIZED


def _programs() -> Path:
    return virtual_environment("monasca")


def _template() -> Path:
    """A cached database with monasca-api's tables."""
    script = SITE / "create_tables.py"
    key = fingerprint(*requirements("monasca"), script.read_text(encoding="utf-8"))

    def build(target: Path) -> None:
        command = [_programs() / "python", script, target / "monasca.db"]
        environment = server_environment(HOME=str(target), PYTHONDONTWRITEBYTECODE="1")
        run(command, log=target / "create.log", environment=environment, seconds=START_SECONDS)

    return built_once(f"data-monasca-{key}", build)
