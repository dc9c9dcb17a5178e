"""The real Argus: what starts is the real thing, and nothing of it is left behind."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.servers.argus import RealArgus
from tests.servers.family import family, still_there
from tests.servers.installs import REPOSITORY
from tests.servers.official import time_official
from tests.servers.processes import Process, ServerError, install_environment

# A first run installs the server before the test proper.
pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]


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


def test_failures_inside_the_server_are_told(argus: RealArgus) -> None:
    """A failing query raises with the database's words, and the next one works."""
    with pytest.raises(ServerError, match="no_such_table"):
        argus.sql("select * from no_such_table")
    with pytest.raises(ServerError, match="no_such_table"):
        argus.database_ids("no_such_table")
    assert argus.sql("select 1, null, 'x'") == [(1, None, "x")]


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
