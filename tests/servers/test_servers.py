"""The harness below the servers: programs are watched and ended, what is slow to build is built once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.servers.family import family, still_there
from tests.servers.installs import REPOSITORY, Need, built_once, provide
from tests.servers.processes import (
    Process,
    ServerError,
    exit_on_signals,
    install_environment,
    run,
    server_environment,
)

STUBBORN_FAMILY = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()"])
signal.pause()
"""


def running(processes: set[tuple[int, str]]) -> set[int]:
    """Those of `processes` that live: a killed orphan may be a zombie until init collects it."""
    alive: set[int] = set()
    for pid, _ in still_there(processes):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            alive.add(pid)
    return alive


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether `condition` comes to hold before `seconds` have passed: the kernel takes a moment to kill."""
    deadline = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds


def test_process_that_ends_early_is_noticed(tmp_path: Path) -> None:
    """Waiting on a program that has ended raises at once, with its status and its last words."""
    command = [sys.executable, "-c", "import sys; sys.exit('no such colour')"]
    with (
        Process(command, log=tmp_path / "log", environment=server_environment()) as process,
        pytest.raises(ServerError, match=r"answering: ended with status 1\nno such colour"),
    ):
        process.wait_until(lambda: False, "answering", seconds=60)


def test_process_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    """Waiting has a limit, and the program that was waited for is ended."""
    command = [sys.executable, "-c", "import signal; signal.pause()"]
    process = Process(command, log=tmp_path / "log", environment=server_environment())
    with process, pytest.raises(ServerError, match=r"answering: not within 0\.1 s"):
        process.wait_until(lambda: False, "answering", seconds=0.1)
    assert family(process.pid) == set()


def test_stubborn_children_are_killed(tmp_path: Path) -> None:
    """A program and a child of it that both ignore SIGTERM are gone after the grace time."""
    log = tmp_path / "log"
    process = Process(
        [sys.executable, "-c", STUBBORN_FAMILY], log=log, environment=server_environment(), grace=0.2
    )
    with process:
        process.wait_until(lambda: "ready" in log.read_text(), "child", seconds=30)
        processes = family(process.pid)
    assert len(processes) == 2
    assert family(process.pid) == set()
    assert within(5, lambda: running(processes) == set())


def test_children_of_a_program_that_ended_are_killed(tmp_path: Path) -> None:
    """A program that ended by itself does not leave a child in its process group behind."""
    log = tmp_path / "log"
    script = STUBBORN_FAMILY.removesuffix("signal.pause()\n") + "sys.stdin.read()\n"
    environment = server_environment()
    with Process([sys.executable, "-c", script], log=log, environment=environment, talks=True) as process:
        assert process.stdout.readline() == "ready\n"
        processes = family(process.pid)
        process.stdin.close()
        process.finish(seconds=30)
        assert len(still_there(processes)) == 1
    assert within(5, lambda: running(processes) == set())


def test_failing_run_shows_its_log(tmp_path: Path) -> None:
    """A program that has to succeed and does not is an error that ends with what it printed."""
    command = [sys.executable, "-c", "print('half way'); raise SystemExit(3)"]
    with pytest.raises(ServerError, match=r"ended with status 3\nhalf way"):
        run(command, log=tmp_path / "log", environment=server_environment(), seconds=60)


def test_sigterm_leaves_with_blocks() -> None:
    """SIGTERM unwinds the stack, a second one does not disturb that, and Python's own handling comes back."""
    steps: list[str] = []
    of_the_shared_server = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with pytest.raises(SystemExit) as caught, exit_on_signals(signal.SIGTERM):  # noqa: PT012  the block is what is tested
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                steps.append("not reached")
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                steps.append("cleaned up")
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, of_the_shared_server)
    assert steps == ["cleaned up"]
    assert caught.value.code == 128 + signal.SIGTERM


def test_interrupted_build_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that broke off half-way is thrown away and done again; a finished one is kept."""
    monkeypatch.setenv("TOCSIN_SERVERS_CACHE", str(tmp_path / "cache"))

    def broken(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    def whole(folder: Path) -> None:
        assert list(folder.iterdir()) == []
        (folder / "whole").touch()

    with pytest.raises(KeyboardInterrupt):
        built_once("thing", broken)
    built = built_once("thing", whole)
    assert (built / "whole").exists()
    assert built_once("thing", broken) == built
    assert not (built / "half").exists()


def test_two_runs_build_once(tmp_path: Path) -> None:
    """Of two processes that want the same thing at the same time one builds it and the other waits for it."""
    script = """
import sys, time
from tests.servers.installs import built_once
def build(folder):
    print("building", flush=True)
    (folder / "made").write_text("x" * 1000)
print((built_once("thing", build) / "made").stat().st_size)
"""
    environment = install_environment(TOCSIN_SERVERS_CACHE=str(tmp_path))
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", script], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0].split() for process in runs]
    assert sorted(said) == [["1000"], ["building", "1000"]]


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who may not install packages is told what to install."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    absent = Need("frobnicate", "frob-utils", lambda: False)
    present = Need("sh", "dash", lambda: True)
    with pytest.raises(ServerError, match=r"missing: frobnicate; on Debian: apt-get install frob-utils$"):
        provide([absent, present])
