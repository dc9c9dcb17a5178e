"""Clients that others made work against the simulated Monasca as against a real one, with equal answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.servers.monasca import RealMonasca
from tests.servers.official_monasca import run_script

from tocsin.simulator import Simulator

# A first run installs the clients and the servers.
pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]

SCRIPT = str(Path(__file__).with_name("monasca_script.py"))
HOSTS = 3
#: How many calls of each part are refused; all others give something.
REFUSED = {"metrics": 9, "notifications": 8, "definitions": 7, "alarms": 5, "openstacksdk": 2}
STATES = ("UNDETERMINED", "OK", "ALARM")
Access = Mapping[str, str]
Answers = list[tuple[str, Any]]


def simulated(sim: Simulator) -> Access:
    """How the user of the simulator's second project gets in: nobody else writes to that."""
    endpoint = sim.endpoints["monasca"]
    return {
        "endpoint": endpoint["base_url"],
        "auth_url": endpoint["keystone_url"],
        "username": endpoint["username"],
        "password": endpoint["password"],
        "project_name": "demo2",
        "user_domain_name": endpoint["user_domain"],
        "project_domain_name": endpoint["project_domain"],
        "region_name": endpoint["region"],
    }


def real(monasca: RealMonasca) -> Access:
    """The same of the real servers."""
    who = monasca.users["demo"]
    return {
        "endpoint": monasca.base_url,
        "auth_url": monasca.keystone_url,
        "username": who.name,
        "password": who.password,
        "project_name": "demo2",
        "user_domain_name": monasca.domain,
        "project_domain_name": monasca.domain,
        "region_name": monasca.region,
    }


def said(access: Access, part: str, **arguments: object) -> Answers:
    """What the calls of a part were answered."""
    task = {"part": part, "access": dict(access), "arguments": arguments}
    answers: Answers = run_script(SCRIPT, task, seconds=300)
    assert sum(isinstance(answer, dict) and "refused" in answer for _, answer in answers) == REFUSED[part]
    return answers


def insert(sim: Simulator, definition: str) -> None:
    """Make alarms of a definition, as `RealMonasca.insert_alarms` does."""
    state, now = sim.monasca, datetime.now(UTC)
    for number in range(HOSTS):
        dimensions = {"hostname": f"host{number}", "service": "monitoring"}
        state.add_alarm(
            state.definitions[definition],
            [("cpu.user_perc", dimensions)],
            state=STATES[number],
            created_at=now + timedelta(milliseconds=number),
        )


def alike(answers: Answers, access: Access) -> Answers:
    """Answers without what differs from run to run: addresses, ids, the times of what was made, and the order in
    which the real server names fields."""
    text = msgspec.json.encode(answers, order="sorted").decode().replace(access["endpoint"], "BASE")
    text = text.replace(access["endpoint"].removesuffix("/v2.0"), "ROOT")
    ids: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"id-{len(ids)}")

    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", number, text)
    for name in ("created_at", "updated_at", "created_timestamp", "updated_timestamp", "state_updated_timestamp"):
        text = re.sub(rf'"{name}":"[^"]*"', f'"{name}":"NOW"', text)
    text = re.sub(r"(?<= must be one of \[)[^]]*|(?<= are not in \{)[^}]*", in_order, text)
    text = re.sub(r'"timestamp":"[^"]*Z"', '"timestamp":"NOW"', text)
    text = re.sub(r'"id":"\d{13}"', '"id":"NOW"', text)
    return msgspec.json.decode(re.sub(r"([?&]offset=)\d{13}", r"\1NOW", text), type=Answers)


def in_order(found: re.Match[str]) -> str:
    """A list of names, sorted."""
    return ", ".join(sorted(re.split(", ?", found[0])))


def equal(ours: Answers, theirs: Answers) -> None:
    """Answers of both are the same, call by call."""
    for one, other in zip(ours, theirs, strict=True):
        assert one == other


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A Monasca that holds nothing."""
    with Simulator(["monasca"], scale=0) as running:
        yield running


@pytest.mark.parametrize("part", ["metrics", "notifications", "openstacksdk"])
def test_answers_are_those_of_a_real_monasca(sim: Simulator, monasca: RealMonasca, part: str) -> None:
    """Every call of the official client and of openstacksdk, and what is refused."""
    ours, theirs = simulated(sim), real(monasca)
    equal(alike(said(ours, part), ours), alike(said(theirs, part), theirs))


def test_alarms_are_those_of_a_real_monasca(sim: Simulator, monasca: RealMonasca) -> None:
    """Definitions, their alarms, and the histories of these."""
    ours, theirs = simulated(sim), real(monasca)
    equal(
        alike(said_of_alarms(ours, partial(insert, sim)), ours),
        alike(said_of_alarms(theirs, partial(monasca.insert_alarms, count=HOSTS, states=STATES)), theirs),
    )


def said_of_alarms(access: Access, make: Callable[[str], object]) -> Answers:
    """What is said of definitions, and then of the alarms that somebody makes of the first."""
    defined = said(access, "definitions")
    definition = dict(defined)["create"]["id"]
    make(definition)
    return [*defined, *said(access, "alarms", definition=definition)]
