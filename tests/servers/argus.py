"""A real Argus server (argus-server under gunicorn, on a private PostgreSQL) for tests and benchmarks."""

import http.client
import json
import shutil
import signal
import tempfile
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from tests.servers.gunicorn import gunicorn
from tests.servers.installs import (
    HERE,
    built_once,
    fingerprint,
    need_program,
    need_python_headers,
    provide,
    requirements,
    virtual_environment,
)
from tests.servers.postgres import Cluster, need_postgres, programs
from tests.servers.processes import Process, ServerError, exit_on_signals, free_port, server_environment

SITE = HERE / "argus_site"
ADMIN = "admin"
SOURCES = ("source", "source2")
PASSWORDS = {name: f"password-of-{name}" for name in (ADMIN, "alice", *SOURCES)}
START_SECONDS = 60
TOKEN_LIFETIME = timedelta(hours=10)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class RealArgus:
    """Argus 2.10.2 on a free loopback port, with users, sources and tokens and no incidents.

    Enter it to start the server, leave it to stop it; everything it wrote is deleted then. The first start
    on a machine installs the server (minutes), later ones take seconds. It can be entered again, and each
    time is a new server. ServerError if something cannot be installed or started.
    """

    base_url: str
    """The root of API v2, without a slash at the end."""
    root_url: str
    """Scheme, host and port: where `/api/` answers without a token."""
    tokens: dict[str, str]
    """A knox token, good for 10 hours, of admin (superuser), alice (ordinary), source, source2 (systems)."""
    drf_tokens: dict[str, str]
    """The legacy token, good for 14 days, of source and source2."""
    access_log: Path
    """One line a request as the server saw it, "METHOD path?query status", written when it was answered."""

    def __init__(self, *, workers: int = 2, threads: int = 4) -> None:
        self.workers = workers
        self.threads = threads
        self.passwords = dict(PASSWORDS)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(exit_on_signals(signal.SIGTERM))
            template = _template()
            folder = _temporary_folder(stack)
            cluster = Cluster(folder / "postgres")
            cluster.copy(template / "data")
            self._postgres = stack.enter_context(cluster.running())
            environment = _environment(cluster, folder)
            self._gunicorn = stack.enter_context(self._start_gunicorn(folder, environment))
            self._console = _Console(stack, folder, environment)
            self.tokens = {name: self.issue_token(name) for name in self.passwords}
            self.drf_tokens = {name: str(self._console.call("legacy_token", user=name)) for name in SOURCES}
            self._gunicorn.wait_until(self._answers, "answering", seconds=START_SECONDS)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def pids(self) -> list[int]:
        """The processes we started; each leads a process group that holds its children."""
        return [self._postgres.pid, self._gunicorn.pid, self._console.pid]

    def describe(self) -> dict[str, Any]:
        """What somebody who wants to use the server by hand needs, for JSON."""
        return {
            "base_url": self.base_url,
            "tokens": self.tokens,
            "drf_tokens": self.drf_tokens,
            "passwords": self.passwords,
        }

    def watch(self) -> NoReturn:
        """Block as long as the server runs; ServerError when it ends by itself."""
        self._gunicorn.watch()

    def load_incidents(
        self,
        count: int,
        *,
        same_start_time: datetime | None = None,
        start: datetime = NEW_YEAR,
        step: timedelta = timedelta(seconds=1),
        source: str = "source",
        open_share: float = 0.75,
    ) -> list[int]:
        """Write incidents past the API, with two tags (host, room) and a start event each; their ids.

        They begin at `start` and follow at `step`, or all begin at `same_start_time`; ids are in that order.
        `open_share` of them are open, the others lasted one minute. ValueError for a naive time.
        """
        if same_start_time is not None:
            start, step = same_start_time, timedelta(0)
        if start.tzinfo is None:
            raise ValueError(f"{start} has no time zone; .astimezone() gives it the local one")
        ids: list[int] = self._console.call(
            "load_incidents",
            count=count,
            source=source,
            start=start.isoformat(),
            step_seconds=step.total_seconds(),
            open_share=open_share,
        )
        return ids

    def database_ids(self, table: str = "argus_incident_incident") -> set[int]:
        """The primary keys that `table` holds in the database."""
        return set(self._console.call("database_ids", table=table))

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of an SQL query, in JSON's types; times are ISO 8601 text, infinity is in year 9999."""
        return [tuple(row) for row in self._console.call("sql", query=query)]

    def issue_token(self, user: str, *, lifetime: timedelta = TOKEN_LIFETIME) -> str:
        """A further knox token of `user`; earlier ones stay good."""
        return str(self._console.call("issue_token", user=user, seconds=lifetime.total_seconds()))

    def expire_token(self, token: str) -> None:
        """Make a knox or legacy token one that has expired; LookupError if the server does not know it."""
        if self._console.call("expire_token", token=token) != 1:
            raise LookupError("the server has no such token")

    def reset(self) -> None:
        """Delete all incidents with their events, acknowledgements and tags; ids go on where they were."""
        self._console.call("reset")

    def _start_gunicorn(self, folder: Path, environment: dict[str, str]) -> Process:
        port = free_port()
        self.root_url = f"http://127.0.0.1:{port}"
        self.base_url = f"{self.root_url}/api/v2"
        self.access_log = folder / "access.log"
        return gunicorn(
            _bin(),
            "argus.site.wsgi:application",
            port=port,
            workers=self.workers,
            threads=self.threads,
            folder=folder,
            access_log=self.access_log,
            environment=environment,
        )

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(self.root_url.removeprefix("http://"), timeout=START_SECONDS)
        try:
            connection.request("GET", "/api/")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class _Console:
    """argus_site/console.py, asked one thing at a time."""

    def __init__(self, stack: ExitStack, folder: Path, environment: dict[str, str]) -> None:
        command = [_bin() / "python", SITE / "console.py"]
        log = folder / "console.log"
        process = Process(command, log=log, environment=environment, folder=folder, talks=True)
        self._process = stack.enter_context(process)
        self._turn = threading.Lock()

    @property
    def pid(self) -> int:
        return self._process.pid

    def call(self, name: str, **arguments: object) -> Any:
        """What the console's function `name` returns; ServerError with its traceback if it fails."""
        with self._turn:
            try:
                self._process.stdin.write(json.dumps({"call": name, "arguments": arguments}) + "\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except BrokenPipeError:
                line = ""
        if not line:
            raise self._process.failure(f"ended while asked to {name}")
        answer = json.loads(line)
        if "error" in answer:
            raise ServerError(answer["error"])
        return answer["value"]


def _bin() -> Path:
    # psycopg is compiled from source against libpq.
    provide(
        [
            need_postgres(),
            need_program("gcc", "build-essential"),
            need_program("pg_config", "libpq-dev"),
            need_python_headers(),
        ]
    )
    return virtual_environment("argus")


def _template() -> Path:
    """A cached data folder with Argus' tables, users and sources: migrating takes long, copying does not."""
    provide([need_postgres()])
    site = [path.read_text(encoding="utf-8") for path in sorted(SITE.glob("*.py"))]
    key = fingerprint(*requirements("argus"), *site, json.dumps(PASSWORDS), str(programs()))
    return built_once(f"data-argus-{key}", _build_template)


def _build_template(target: Path) -> None:
    with ExitStack() as stack:
        folder = _temporary_folder(stack)
        cluster = Cluster(folder / "postgres")
        cluster.initialise()
        with cluster.running():
            cluster.create_database("argus")
            with ExitStack() as inner:
                console = _Console(inner, folder, _environment(cluster, folder))
                console.call("prepare", admin=ADMIN, passwords=PASSWORDS, sources=SOURCES)
        shutil.copytree(cluster.data, target / "data")


def _temporary_folder(stack: ExitStack) -> Path:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-argus-")))
    # The database's account has to get through to its own folder inside.
    folder.chmod(0o711)
    return folder


def _environment(cluster: Cluster, folder: Path) -> dict[str, str]:
    return server_environment(
        HOME=str(folder),
        PYTHONPATH=str(SITE),
        PYTHONDONTWRITEBYTECODE="1",
        DJANGO_SETTINGS_MODULE="argus_settings",
        TOCSIN_POSTGRES_FOLDER=str(cluster.folder),
        TOCSIN_STATIC_FOLDER=str(folder / "static"),
    )
