"""The harness itself: what it starts is the real thing, and nothing of it is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.servers.argus import RealArgus
from tests.servers.installs import REPOSITORY, Need, built_once, provide
from tests.servers.official import time_official
from tests.servers.processes import (
    Process,
    ServerError,
    exit_on_signals,
    install_environment,
    run,
    server_environment,
)

# A first run installs the server before the test proper.
INSTALL_TIMEOUT = pytest.mark.timeout(1800)
STUBBORN_FAMILY = """
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import signal; print('ready', flush=True); signal.pause()"])
signal.pause()
"""


def family(*pids: int) -> set[tuple[int, str]]:
    """The processes `pids` with all that descend from them, each with its start time, zombies too."""
    parents: dict[int, int] = {}
    born: dict[int, str] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The program's name, in brackets, may hold spaces.
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(stat.parent.name)
        parents[pid], born[pid] = int(fields[1]), fields[19]
    found = set(pids) & born.keys()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {(pid, born[pid]) for pid in found}


def still_there(processes: set[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of `processes` that have not been ended and reaped."""
    return processes & family(*(pid for pid, _ in processes))


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


def listed_ids(argus: RealArgus, token: str, page_size: int = 500) -> list[int]:
    """The ids of all incidents as the API lists them, page by page."""
    ids: list[int] = []
    url: str | None = f"{argus.base_url}/incidents/?page_size={page_size}"
    with httpx.Client(headers={"Authorization": f"Token {token}"}, trust_env=False, timeout=60) as client:
        while url is not None:
            page = client.get(url).raise_for_status().json()
            ids += [incident["pk"] for incident in page["results"]]
            url = page["next"]
    return ids


def status(argus: RealArgus, token: str) -> int:
    """The status with which the API answers a small question signed with `token`."""
    headers = {"Authorization": f"Token {token}"}
    return httpx.get(f"{argus.base_url}/auth/user/", headers=headers, trust_env=False).status_code


@pytest.fixture(scope="module")
def shared_argus() -> Iterator[RealArgus]:
    """One server for the tests of this module."""
    with RealArgus() as argus:
        yield argus


@pytest.fixture
def argus(shared_argus: RealArgus) -> RealArgus:
    """The shared server without incidents."""
    shared_argus.reset()
    return shared_argus


@pytest.mark.real
@INSTALL_TIMEOUT
def test_argus_is_the_real_one(argus: RealArgus) -> None:
    """The server names the release that is pinned and knows the users by their tokens and passwords."""
    answer = httpx.get(f"{argus.root_url}/api/", trust_env=False).raise_for_status().json()
    assert answer["server-version"] == "2.10.2"
    for name, password in argus.passwords.items():
        assert status(argus, argus.tokens[name]) == 200
        login = {"username": name, "password": password}
        reply = httpx.post(f"{argus.base_url}/auth/token/login/", json=login, trust_env=False, timeout=30)
        assert status(argus, reply.raise_for_status().json()["token"]) == 200
    assert {status(argus, token) for token in argus.drf_tokens.values()} == {200}


@pytest.mark.real
@INSTALL_TIMEOUT
def test_loaded_incidents_are_in_database_and_api(argus: RealArgus) -> None:
    """What was loaded is what the database holds and the API lists, with tags and events."""
    made = argus.load_incidents(1000)
    assert len(made) == 1000
    assert argus.database_ids() == set(made)
    listed = listed_ids(argus, argus.tokens["admin"])
    assert listed == made[::-1]
    assert len(argus.database_ids("argus_incident_event")) == 1000
    query = "select count(*), count(distinct incident_id) from argus_incident_incidenttagrelation"
    assert argus.sql(query) == [(2000, 1000)]
    assert argus.sql("select count(*) from argus_incident_incident where end_time = 'infinity'") == [(750,)]
    assert argus.access_log.read_text().splitlines()[-1].startswith("GET /api/v2/incidents/?cursor=")


@pytest.mark.real
@INSTALL_TIMEOUT
def test_incidents_of_one_start_time(argus: RealArgus) -> None:
    """All incidents can be given the same start time, further ones can be added, and reset deletes all."""
    moment = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    made = argus.load_incidents(30, same_start_time=moment)
    made += argus.load_incidents(20, same_start_time=moment, source="source2", open_share=0)
    assert argus.database_ids() == set(made)
    [(first, last)] = argus.sql("select min(start_time), max(start_time) from argus_incident_incident")
    assert datetime.fromisoformat(first) == datetime.fromisoformat(last) == moment
    argus.reset()
    assert argus.database_ids() == argus.database_ids("argus_incident_event") == set()
    with pytest.raises(ValueError, match="time zone"):
        argus.load_incidents(1, same_start_time=moment.replace(tzinfo=None))


@pytest.mark.real
@INSTALL_TIMEOUT
def test_tokens_can_be_expired_and_issued(argus: RealArgus) -> None:
    """An expired token of either kind is refused from then on, others stay good."""
    other = argus.issue_token("alice")
    short = argus.issue_token("alice", lifetime=timedelta(hours=1))
    assert status(argus, short) == 200
    argus.expire_token(short)
    assert status(argus, short) == 401
    assert status(argus, other) == 200
    argus.expire_token(argus.drf_tokens["source2"])
    assert status(argus, argus.drf_tokens["source2"]) == 401
    with pytest.raises(LookupError):
        argus.expire_token("unknown")


@pytest.mark.real
@INSTALL_TIMEOUT
def test_failures_inside_the_server_are_told(argus: RealArgus) -> None:
    """A failing query raises with the database's words, and the next one works."""
    with pytest.raises(ServerError, match="no_such_table"):
        argus.sql("select * from no_such_table")
    with pytest.raises(ServerError, match="no_such_table"):
        argus.database_ids("no_such_table")
    assert argus.sql("select 1, null, 'x'") == [(1, None, "x")]


@pytest.mark.real
@INSTALL_TIMEOUT
@pytest.mark.parametrize("mode", ["sync", "async"])
def test_official_client_lists_everything(argus: RealArgus, mode: str) -> None:
    """The official client reads every row, and its time is measured."""
    argus.load_incidents(300)
    for page_size, pages in ((None, 3), (1000, 1)):
        before = len(argus.access_log.read_text().splitlines())
        done = time_official(
            argus.base_url, argus.tokens["alice"], "async" if mode == "async" else "sync", page_size
        )
        assert done.rows == 300
        assert done.cpu_seconds > 0
        assert done.wall_seconds > 0
        assert len(argus.access_log.read_text().splitlines()) - before == pages


@pytest.mark.real
@INSTALL_TIMEOUT
def test_nothing_is_left_after_an_exception() -> None:
    """An exception inside the block ends every process of the server, and its files are gone."""
    processes: set[tuple[int, str]] = set()
    folder = Path()
    with pytest.raises(RuntimeError, match="inside"), RealArgus(workers=1) as argus:  # noqa: PT012  the block is what is tested
        folder = argus.access_log.parent
        processes = family(*argus.pids)
        raise RuntimeError("inside")
    assert len(processes) > 8
    assert still_there(processes) == set()
    assert not folder.exists()


@pytest.mark.real
@INSTALL_TIMEOUT
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_serves_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    """`python -m tests.servers argus` prints where the server is, and a signal ends it with its children."""
    command = [sys.executable, "-m", "tests.servers", "argus", "--incidents", "7"]
    log = tmp_path / "command.log"
    environment = install_environment()
    with Process(
        command, log=log, environment=environment, folder=REPOSITORY, talks=True, stop_signal=number
    ) as process:
        said = json.loads(process.stdout.readline())
        answer = httpx.get(
            f"{said['base_url']}/incidents/",
            headers={"Authorization": f"Token {said['tokens']['alice']}"},
            trust_env=False,
        )
        assert len(answer.raise_for_status().json()["results"]) == 7
        processes = family(process.pid)
        os.kill(process.pid, number)
        process.finish(seconds=30)
    assert len(processes) > 9
    assert still_there(processes) == set()


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
