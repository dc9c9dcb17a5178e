"""A private PostgreSQL cluster that lives in one folder and is reached through a socket in it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.installs import Need, provide
from tests.servers.processes import Process, ServerError, run, server_environment

DEBIAN_PROGRAMS = Path("/usr/lib/postgresql")
ACCOUNT = "postgres"
START_SECONDS = 60

# Nothing here has to survive a crash, and everything is waited for.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


def programs() -> Path:
    """The folder of the newest installed PostgreSQL's server programs; ServerError if there is none."""
    found = sorted(
        (path.parent for path in DEBIAN_PROGRAMS.glob("*/bin/initdb")),
        key=lambda folder: int(folder.parent.name),
    )
    on_path = shutil.which("initdb")
    if found:
        return found[-1]
    if on_path is not None:
        return Path(on_path).resolve().parent
    raise ServerError("PostgreSQL's server programs (initdb, postgres) are missing")


def need_postgres() -> Need:
    """PostgreSQL's server programs, which Debian keeps off the search path."""

    def is_there() -> bool:
        return shutil.which("initdb") is not None or any(DEBIAN_PROGRAMS.glob("*/bin/initdb"))

    return Need("initdb", "postgresql", is_there)


class Cluster:
    """The cluster in `folder`; user postgres, no password, reached only by those who can enter the folder.

    PostgreSQL refuses to run as root, so root runs it under the account that its package makes.
    """

    def __init__(self, folder: Path) -> None:
        provide([need_postgres()])
        self.folder = folder
        self.data = folder / "data"
        self._log = folder / "postgres.log"
        self._user = ACCOUNT if os.geteuid() == 0 else None
        folder.mkdir(mode=0o700)
        if self._user is not None:
            shutil.chown(folder, self._user, self._user)

    def initialise(self) -> None:
        """Make an empty cluster."""
        command: list[str | Path] = [programs() / "initdb", "-D", self.data, "-U", ACCOUNT, "-A", "trust"]
        self._run([*command, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])

    def copy(self, data: Path) -> None:
        """Take over the data folder of a cluster that was stopped in order."""
        shutil.copytree(data, self.data)
        self.data.chmod(0o700)
        if self._user is not None:
            for path in (self.data, *self.data.rglob("*")):
                shutil.chown(path, self._user, self._user)

    def create_database(self, name: str) -> None:
        """Make an empty database in the running cluster."""
        self._run([programs() / "createdb", "-h", self.folder, "-U", ACCOUNT, name])

    @contextmanager
    def running(self) -> Generator[Process, None, None]:
        """Run the cluster; inside, it takes connections at the socket in `folder`."""
        command: list[str | Path] = [programs() / "postgres", "-D", self.data, "-k", self.folder]
        for setting in FAST:
            command += ["-c", setting]
        process = Process(
            command,
            log=self._log,
            environment=server_environment(),
            folder=self.folder,
            user=self._user,
            # "Fast" shutdown: connections are cut, the data folder is left clean.
            stop_signal=signal.SIGINT,
        )
        with process:
            process.wait_until(self._is_ready, "taking connections", seconds=START_SECONDS)
            yield process

    def _is_ready(self) -> bool:
        probe: list[str | Path] = [programs() / "pg_isready", "-q", "-h", self.folder, "-U", ACCOUNT]
        return subprocess.run(probe, env=server_environment(), check=False).returncode == 0

    def _run(self, command: list[str | Path]) -> None:
        environment = server_environment()
        run(
            command,
            log=self._log,
            environment=environment,
            seconds=START_SECONDS,
            folder=self.folder,
            user=self._user,
        )
