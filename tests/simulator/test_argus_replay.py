"""The simulated Argus against 208 exchanges recorded from argus-server 2.10.2, replayed in their order."""

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote_plus, urlsplit

import httpx
import pytest

from tocsin.simulator import Simulator

RECORDED = Path(__file__).parents[1] / "captures" / "argus.json"

# What the recorded server's users, sources and password are called here.
NAMES = {
    "lab-source2": "nms-south",
    "lab-source": "nms-north",
    "labtype": "nms",
    "http://lab.invalid/": "http://nms.example.org/",
    "labpass-123": "open-sesame",
}

# The recording names the user; these requests were signed, or made, in a way of their own.
HEADERS = {
    29: {"Authorization": "Token 0123456789abcdef"},
    30: {"Authorization": "Bearer 0123456789abcdef"},
    31: {"Authorization": "Token"},
    41: {"Accept": "application/xml"},
    42: {"Accept": "text/html"},
    159: {"Authorization": "Token 0123456789abcdef"},
    207: {"Host": "elsewhere.example"},
}
BODIES = {
    20: (b"{bad json", "application/json"),
    21: (b"<a/>", "text/xml"),
    191: (b"null", "application/json"),
}
SIGNED_BY_LOGIN = {*range(189, 198)} - {193}  # with the token that exchange 186 gave

V3_CREATE = 161  # adds an incident that later exchanges show: made through v2 here

NOT_COMPARED = {
    160: "v3 of the API: out of scope",
    161: "v3 of the API: out of scope",
    162: "v3 of the API: out of scope",
    163: "v3 of the API: out of scope",
}
STATUS_ONLY = {
    42: "the page of the browsable API is not reproduced",
    44: "OPTIONS describes every field of the server's forms",
}
UNORDERED = {
    149: "PostgreSQL gives the sources in the order of their last change",
}
NOW = "<now>"
START = datetime(2026, 11, 23, 4, 41, 0, tzinfo=UTC)


class Clock:
    """The time of the recording, which moves on a millisecond whenever it is read."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time


@pytest.fixture(scope="module")
def exchanges() -> Iterator[list[tuple[dict, httpx.Response]]]:
    """Every recorded exchange with the simulator's answer to it."""
    text = RECORDED.read_text()
    with Simulator(["argus"], scale=0, clock=Clock()) as sim:
        sim.argus.clear()
        sim.argus.shuffle_ties = False
        origin = sim.endpoints["argus"]["base_url"].removesuffix("/api/v2")
        for theirs, ours in {**NAMES, "http://127.0.0.1:8101": origin}.items():
            text = text.replace(theirs, ours)
        with httpx.Client(base_url=origin) as client:
            yield list(replay(client, json.loads(text), sim))


def replay(client: httpx.Client, recorded: list[dict], sim: Simulator) -> Iterator[tuple[dict, httpx.Response]]:
    """Send each recorded request."""
    state = sim.argus
    tokens = state.tokens | {f"{name}:drf": token for name, token in state.legacy_tokens.items()}
    for number, exchange in enumerate(recorded):
        headers = dict(HEADERS.get(number, {}))
        token = tokens.get("login" if number in SIGNED_BY_LOGIN else exchange["as_user"])
        if token:
            headers["Authorization"] = f"Token {token}"
        content = None
        if number in BODIES:
            content, headers["Content-Type"] = BODIES[number]
        elif exchange["request_body"] is not None:
            content = json.dumps(exchange["request_body"]).encode()
            headers["Content-Type"] = "application/json"
        response = client.request(
            exchange["method"], exchange["path"], params=exchange["query"], content=content, headers=headers
        )
        if number == 186:
            tokens["login"] = response.json()["token"]
        if number == V3_CREATE:
            body = dict(exchange["request_body"])
            body["tags"] = [{"tag": tag} for tag in body["tags"]]
            pk = client.post("/api/v2/incidents/", json=body, headers=headers).json()["pk"]
            for tag in state.incidents[pk].tags:
                tag.added_by = state.user("argus")  # as v3 does
        yield exchange, response


def masked(value: object) -> object:
    """The value without what depends on the moment: times close to now, expiries and tokens."""
    if isinstance(value, dict):
        return {key: "<token>" if key == "token" else masked(each) for key, each in value.items()}
    if isinstance(value, list):
        each_masked = [masked(each) for each in value]
        # The server puts an incident's tags into a set before it stores them.
        is_tags = all(isinstance(each, dict) and "added_by" in each for each in value)
        return sorted(each_masked, key=lambda tag: tag["tag"]) if is_tags else each_masked
    if isinstance(value, str):
        if "cursor=" in value:
            cursor = parse_qs(urlsplit(value).query)["cursor"][0]
            plain = unquote_plus(base64.b64decode(cursor).decode())
            value = value.replace(urlsplit(value).query, plain)
        value = re.sub(r"2026-11-23[T ]04:4[01]:[\d.]+\+00:00", NOW, value)
        return re.sub(r"2026-11-23T(05|15):4[01]:\d\d\.\d+\+01:00", NOW, value)
    return value


def numbers(count: int = 208) -> list[int]:
    return [number for number in range(count) if number not in NOT_COMPARED]


@pytest.mark.parametrize("number", numbers())
def test_status_and_headers(number: int, exchanges: list[tuple[dict, httpx.Response]]) -> None:
    """Status, Allow, WWW-Authenticate, Location and media type are those of the real server."""
    exchange, response = exchanges[number]
    recorded = exchange["headers"]
    assert response.status_code == exchange["status"], response.text
    for name in ("www-authenticate", "location"):
        assert response.headers.get(name) == recorded.get(name)
    assert set(response.headers.get("allow", "").split(", ")) == set(recorded.get("allow", "").split(", "))
    if exchange["body"] is not None:
        assert response.headers["content-type"] == recorded["content-type"]


@pytest.mark.parametrize("number", [number for number in numbers() if number not in STATUS_ONLY])
def test_body(number: int, exchanges: list[tuple[dict, httpx.Response]]) -> None:
    """The body is that of the real server, but for times of the moment, and tokens."""
    exchange, response = exchanges[number]
    body: object = None
    if response.content:
        is_json = response.headers["content-type"] == "application/json"
        body = response.json() if is_json else response.text
    expected, actual = masked(exchange["body"]), masked(body)
    if number in UNORDERED:
        assert isinstance(expected, list)
        assert isinstance(actual, list)
        assert sorted(expected, key=lambda row: row["pk"]) == sorted(actual, key=lambda row: row["pk"])
    else:
        assert actual == expected
