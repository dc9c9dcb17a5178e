"""The simulated Monasca and Keystone against 208 exchanges recorded from the real ones, 11.0.0 and 30.0.0."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from tocsin.simulator import Simulator
from tocsin.simulator.monasca import MonascaState

RECORDED = json.loads((Path(__file__).parents[1] / "captures" / "monasca.json").read_text())

# Who made the tokens that the recording does not show being made, by the first exchange that has each.
SIGNED_IN = {
    19: "norole",
    20: "reader",
    21: "agent",
    98: "demo",
    194: "agent",
    200: "admin",
    201: "demo",
    203: "demo",
    206: "admin",
}
SHORT_LIVED = 203  # its token lived for five seconds

# The server shows a blank in a dimension with a backslash before it.
_SHOWN = RECORDED[86]["response"]["body"]["elements"][0]["dimensions"]
UNICODE = {name: value.replace("\\ ", " ") for name, value in _SHOWN.items()}

# The recorder cut long bodies; only what later exchanges show of them matters.
START = 1795405500000
LONG_BODIES = {
    23: [
        {
            "name": "cpu.user_perc",
            "dimensions": {"hostname": host, "service": "monitoring"},
            "timestamp": START + 7001 * number,
            "value": number + 0.25,
        }
        for number in range(25)
        for host in ("devstack", "host2")
    ]
    + [
        {
            "name": "disk.read_ops",
            "dimensions": {"hostname": "devstack", "device": "vda"},
            "timestamp": START,
            "value": 1,
        },
        {"name": "nodims", "timestamp": START, "value": 1},
        {
            "name": "unicode.m",
            "dimensions": UNICODE,
            "timestamp": 1795409099000,
            "value": 7,
        },
    ],
    189: {"logs": [{"message": "x" * 1_100_000}]},
    197: [{"name": "big", "timestamp": 1, "value": 1, "dimensions": {"k": "v" * 255}}],
    201: [
        {"name": "sub", "dimensions": dimensions, "timestamp": START, "value": 1}
        for dimensions in ({"a": "1"}, {"a": "1", "b": "2"})
    ],
}
TOO_LARGE = 189
MOMENTS = {  # what the history of the alarms shows of the server's clock
    162: datetime(2026, 11, 23, 4, 49, 30, 445000, tzinfo=UTC),
    163: datetime(2026, 11, 23, 4, 49, 31, 79000, tzinfo=UTC),
    165: datetime(2026, 11, 23, 4, 49, 32, 201000, tzinfo=UTC),
}
ALARMS_APPEAR, ALARMS_SHOWN = 152, 159
CREATIONS = (99, 100, 101, 122, 123, 124, 131, 132)

NOT_COMPARED = {
    190: "the connection was already closed: tested with a socket of its own",
}
STATUS_DIFFERS = {
    195: "the recorded server could not reach its Kafka",
}
ANY_ORDER = {
    98: "the types of notification methods come as the database has them",
    121: "the server prints a set",
    157: "the server prints a set",
    174: "the server prints a set",
}
MASKED = {"expires_at", "issued_at", "audit_ids"}
OPAQUE = re.compile(r"gAAAAA[\w=-]{20,}|[0-9a-f]{32}|[\w-]{80,}")
HEADERS = ("allow", "cache-control", "content-type", "location", "vary", "www-authenticate")


class Clock:
    """The time of the recording."""

    time = datetime(2026, 11, 23, 4, 44, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


class Replay:
    """Sends the recorded requests, with what only the recorded server knew replaced by its like."""

    def __init__(self, sim: Simulator, clock: Clock, client: httpx.Client, origin: str) -> None:
        self.state: MonascaState = sim.monasca
        self.clock = clock
        self.client = client
        self.known = {"http://127.0.0.1:8102": f"{origin}/identity", "http://127.0.0.1:8103": origin}
        ids = iter([RECORDED[number]["response"]["body"]["id"] for number in CREATIONS])
        self.state.new_id = lambda: next(ids)

    def translated(self, value: object) -> object:
        """The value with every id, token and address of the recorded server replaced."""
        text = json.dumps(value, ensure_ascii=False)
        for theirs, ours in self.known.items():
            text = text.replace(theirs, ours)
        return json.loads(text)

    def learn(self, theirs: object, ours: object) -> None:
        """Note which of our opaque values stand where one of theirs stood."""
        if isinstance(theirs, dict) and isinstance(ours, dict):
            for key in theirs.keys() & ours.keys():
                self.learn(theirs[key], ours[key])
        elif isinstance(theirs, list) and isinstance(ours, list):
            for one, other in zip(theirs, ours, strict=False):
                self.learn(one, other)
        elif isinstance(theirs, str) and isinstance(ours, str) and OPAQUE.fullmatch(theirs):
            self.known.setdefault(theirs, ours)

    def prepare(self, number: int, exchange: dict) -> None:
        """Bring about what happened beside the recorded traffic."""
        date = exchange["response"].get("headers", {}).get("Date")
        if date:
            self.clock.time = MOMENTS.get(number, parsedate_to_datetime(date))
        if number in SIGNED_IN:
            user = SIGNED_IN[number]
            keystone = self.state.keystone
            keystone.life = timedelta(seconds=5 if number == SHORT_LIVED else 3600)
            token = exchange["request"]["headers"]["X-Auth-Token"]
            self.known[token] = keystone.sign_in(user, "admin" if user == "admin" else "demo")
        if number == ALARMS_APPEAR:
            for row in RECORDED[ALARMS_SHOWN]["response"]["body"]["elements"]:
                self.state.add_alarm(
                    self.state.definitions[row["alarm_definition"]["id"]],
                    [(metric["name"], metric["dimensions"]) for metric in row["metrics"]],
                    id=row["id"],
                    state=row["state"],
                    created_at=datetime.fromisoformat(row["created_timestamp"]),
                )

    def send(self, number: int, exchange: dict) -> httpx.Response:
        """Send one request."""
        self.prepare(number, exchange)
        request = self.translated(exchange["request"])
        assert isinstance(request, dict)
        kept = ("X-Auth-Token", "X-Subject-Token", "Content-Type")
        headers = {name: value for name, value in request["headers"].items() if name in kept}
        content = request["body"]
        if number in LONG_BODIES:
            content = json.dumps(LONG_BODIES[number])
        # The connection of a log that was too large cannot be used again.
        send = httpx.request if number == TOO_LARGE else self.client.request
        response = send(request["method"], request["url"], content=content, headers=headers)
        recorded = exchange["response"]
        if recorded["headers"].get("X-Subject-Token"):
            self.known.setdefault(recorded["headers"]["X-Subject-Token"], response.headers["X-Subject-Token"])
        if response.content:
            self.learn(recorded["body"], response.json())
        return response


Pair = tuple[dict, httpx.Response]


@pytest.fixture(scope="module")
def pairs() -> Iterator[dict[int, Pair]]:
    """What each recorded answer is in our words, and the simulator's answer."""
    clock = Clock()
    with Simulator(["monasca"], scale=0, clock=clock) as sim, httpx.Client() as client:
        sim.monasca.clear()
        replay = Replay(sim, clock, client, sim.endpoints["monasca"]["base_url"].removesuffix("/v2.0"))
        found: dict[int, Pair] = {}
        for number in numbers():
            answer = replay.send(number, RECORDED[number])
            expected = replay.translated(RECORDED[number]["response"])
            assert isinstance(expected, dict)
            found[number] = expected, answer
        yield found


def numbers() -> list[int]:
    return [number for number in range(len(RECORDED)) if number not in NOT_COMPARED]


def masked(value: object) -> object:
    """The value without what depends on the moment or on chance."""
    if isinstance(value, dict):
        return {key: len(each) if key in MASKED and each else masked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [masked(each) for each in value]
    if isinstance(value, str) and value.startswith("vvvv"):
        return "v..."  # the recorder cut it
    return value


@pytest.mark.parametrize("number", [number for number in numbers() if number not in STATUS_DIFFERS])
def test_status_and_headers(number: int, pairs: dict[int, Pair]) -> None:
    """The status and what a client may branch on in the headers are those of the real server."""
    recorded, response = pairs[number]
    assert response.status_code == recorded["status"], response.text
    theirs = {name.lower(): value for name, value in recorded["headers"].items()}
    assert {name: response.headers.get(name) for name in HEADERS} == {name: theirs.get(name) for name in HEADERS}


@pytest.mark.parametrize("number", [number for number in numbers() if number not in STATUS_DIFFERS])
def test_body(number: int, pairs: dict[int, Pair]) -> None:
    """The body is that of the real server."""
    recorded, response = pairs[number]
    ours = response.json() if response.content else ""
    theirs = masked(recorded["body"])
    if number in ANY_ORDER:
        ours, theirs = (sorted(re.findall(r"\w+", json.dumps(each))) for each in (ours, theirs))
    assert masked(ours) == theirs
