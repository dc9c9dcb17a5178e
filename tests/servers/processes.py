"""Start a program, watch it, and take it down again whatever happens."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, NoReturn, Self

POLL_SECONDS = 0.05
LOG_TAIL_LINES = 30


class ServerError(Exception):
    """A program could not be installed or started, or ended too early; the message ends with its log."""


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on now; it is not reserved."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def server_environment(**variables: str) -> dict[str, str]:
    """The environment of a server: a search path, UTF-8 and `variables`, nothing else of ours.

    Settings of whoever runs the tests (PGHOST, DJANGO_SETTINGS_MODULE, a coverage hook) would otherwise
    change what the server does.
    """
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", **variables}


def install_environment(**variables: str) -> dict[str, str]:
    """Our environment, with its proxy and index settings, without what would steer another Python."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    return {**ours, **variables}


class Process:
    """A running program, leader of its own process group; a context manager that stops and reaps it.

    Its standard error, and its standard output unless `talks`, go to the file `log`. With `talks`, `stdin`
    and `stdout` are text pipes. As root, `user` names the account it runs under. `stop_signal` is the
    signal that asks the program for a quick but orderly end; after `grace` seconds it is killed.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        folder: Path | None = None,
        user: str | None = None,
        talks: bool = False,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace: float = 20,
    ) -> None:
        self.name = Path(command[0]).name
        self._log = log
        self._stop_signal = stop_signal
        self._grace = grace
        self._stopped = False
        with log.open("ab") as log_file:
            self._popen = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else log_file,
                stderr=log_file,
                env=dict(environment),
                cwd=folder,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                start_new_session=True,
                text=True,
            )

    @property
    def pid(self) -> int:
        """The process id, which is the id of its process group too."""
        return self._popen.pid

    @property
    def stdin(self) -> IO[str]:
        """What the program reads; only with `talks`."""
        return _opened(self._popen.stdin)

    @property
    def stdout(self) -> IO[str]:
        """What the program writes; only with `talks`."""
        return _opened(self._popen.stdout)

    def wait_until(self, condition: Callable[[], bool], what: str, *, seconds: float) -> None:
        """Return once `condition` holds; ServerError if the program ends or `seconds` pass before."""
        deadline = time.monotonic() + seconds
        while not condition():
            try:
                status = self._popen.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    raise self.failure(f"{what}: not within {seconds:g} s") from None
            else:
                raise self.failure(f"{what}: ended with status {status}")

    def finish(self, *, seconds: float) -> None:
        """Wait for a program that ends by itself; ServerError if it fails or takes over `seconds`."""
        try:
            status = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self.failure(f"did not finish within {seconds:g} s") from None
        if status != 0:
            raise self.failure(f"ended with status {status}")

    def watch(self) -> NoReturn:
        """Block as long as the program runs; ServerError when it ends."""
        raise self.failure(f"ended with status {self._popen.wait()}")

    def failure(self, what: str) -> ServerError:
        """An error that says `what` happened and shows the end of the log."""
        lines = self._log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return ServerError("\n".join([f"{self.name}: {what}", *lines]))

    def stop(self) -> None:
        """Ask it to end, kill what is left of its process group, and reap it; later calls do nothing."""
        if self._stopped:
            return
        self._stopped = True
        try:
            self._popen.send_signal(self._stop_signal)
            self._popen.wait(self._grace)
        except subprocess.TimeoutExpired:
            pass  # the end of a process group that does not listen is below
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait()
            for pipe in (self._popen.stdin, self._popen.stdout):
                if pipe is not None:
                    pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _opened(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise ValueError("this process was not started with talks=True")
    return pipe


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    seconds: float,
    folder: Path | None = None,
    user: str | None = None,
) -> None:
    """Run a program to its end; ServerError with the end of its log if it fails or takes over `seconds`."""
    with Process(command, log=log, environment=environment, folder=folder, user=user) as process:
        process.finish(seconds=seconds)


@contextmanager
def exit_on_signals(*signals: signal.Signals) -> Generator[None, None, None]:
    """Turn the first of `signals` into SystemExit, so that `with` blocks are left, and ignore later ones.

    Python's own handling of SIGTERM ends the process at once and leaves its children running. A signal
    that somebody else handles is left alone, and so is everything outside the main thread.
    """
    ours = [
        number for number in signals if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}
    ]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    leaving = False

    def leave(number: int, frame: FrameType | None) -> None:
        nonlocal leaving
        if not leaving:
            leaving = True
            raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
