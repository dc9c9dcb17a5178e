"""The simulated Lastline API: its log."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tocsin.simulator import Simulator
from tocsin.simulator.lastline import Appliance, Code, LastlineState

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = {"start_time": "2026-01-01", "end_time": "2026-01-02"}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A Lastline with an empty world."""
    with Simulator(["lastline"], scale=0) as running:
        yield running


@pytest.fixture
def lastline(sim: Simulator) -> LastlineState:
    return sim.lastline


@pytest.fixture
def sensor(lastline: LastlineState) -> Appliance:
    return lastline.add_appliance("SENSOR", access_key="K")


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client that is signed in, at the API's base URL."""
    endpoint = sim.endpoints["lastline"]
    with httpx.Client(base_url=endpoint["base_url"]) as client:
        client.post("/login", data={"username": endpoint["username"], "password": endpoint["password"]})
        yield client


def log(http: httpx.Client, **params: object) -> dict:
    body = http.get("/monitoring/log/get", params={**DAY, **params}).json()
    assert body["success"] == 1, body
    return body["data"]


def messages(http: httpx.Client, **params: object) -> list[str]:
    return [row["message"] for row in log(http, **params)["log_entries"]]


def entry(http: httpx.Client, uuid: str, **params: str) -> dict:
    body = http.get("/monitoring/log/get_entry", params={"log_entry_uuid": uuid, **params}).json()
    assert body["success"] == 1, body
    return body["data"]


def test_reply(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """Entries come with their appliances, and with what is known of their identifiers."""
    known = lastline.add_log_entry(
        sensor, T0, T0 + HOUR, message="Full", impact=70, count=3, identifier="disk", uuid="a" * 32
    )
    lastline.add_log_entry(lastline.add_appliance("ENGINE"), T0)
    lastline.add_log_info(sensor, "disk", "Storage", "Disk full", "The disk is full")
    lastline.add_log_info(sensor, "cpu", "System", "Busy")
    found = log(http)
    assert found["log_entries"][0] == {
        "log_entry_uuid": known.uuid,
        "appliance_uuid": sensor.uuid,
        "start_time": "2026-01-01 00:00:00",
        "end_time": "2026-01-01 01:00:00",
        "message": "Full",
        "impact": 70,
        "count": 3,
        "log_identifier": "disk",
    }
    assert len(found["appliances"]) == 2
    assert found["appliances"][sensor.uuid] == {"appliance_type": "SENSOR", "access_key": "K"}
    disk = {"component": "Storage", "displayname": "Disk full", "description": "The disk is full"}
    assert found["log_entry_info"] == {sensor.uuid: {"disk": disk}}
    assert log(http, limit=1)["appliances"].keys() == {sensor.uuid}
    lastline.add_log_entry(sensor, T0, identifier="cpu")
    assert log(http)["log_entry_info"][sensor.uuid]["cpu"] == {"component": "System", "displayname": "Busy"}


def test_order(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """The newest is what was reported last, or what was first reported last; of equals, what came in last."""
    for message, start, end in (("long", 0, 9), ("short", 5, 6), ("equal", 5, 6)):
        lastline.add_log_entry(sensor, T0 + HOUR * start, T0 + HOUR * end, message=message)
    assert messages(http) == ["long", "equal", "short"]
    lastline.log_order = "start_time"
    assert messages(http) == ["equal", "short", "long"]
    lastline.log_order = "end_time"
    assert messages(http, limit=1) == ["long"]


def test_overlap(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """An entry counts that was reported at least once after the start and at least once before the end."""
    for message, start, end in (
        ("before", -3, -2),
        ("until", -3, 0),
        ("across", -3, 30),
        ("at", 24, 30),
        ("after", 25, 30),
    ):
        lastline.add_log_entry(sensor, T0 + HOUR * start, T0 + HOUR * end, message=message)
    for order in ("end_time", "start_time"):
        lastline.log_order = order
        lastline.log_end_inclusive = True
        assert set(messages(http)) == {"until", "across", "at"}
        lastline.log_end_inclusive = False
        assert set(messages(http)) == {"until", "across"}


def test_limit(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """There is no limit but the one asked for, or the server has one of its own."""
    lastline.add_log_entries(sensor, 30, T0)
    assert len(messages(http)) == 30
    assert messages(http, limit=2) == ["entry 29", "entry 28"]
    lastline.log_cap = 10
    assert [len(messages(http)), len(messages(http, limit=20)), len(messages(http, limit=5))] == [10, 10, 5]


def test_filters(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """Every filter narrows what the others leave; bounds of the impact are included."""
    engine = lastline.add_appliance("ENGINE")
    lastline.add_log_info(sensor, "net.a", "Network", "A")
    lastline.add_log_info(sensor, "disk.b", "Storage", "B")
    lastline.add_log_entry(sensor, T0, message="Link down", impact=0, identifier="net.a")
    lastline.add_log_entry(sensor, T0, message="Disk full", impact=50, identifier="disk.b")
    lastline.add_log_entry(engine, T0, message="100% link", impact=100, identifier="net.a")
    for query, found in (
        ({"identifiers": "net.a"}, {"Link down", "100% link"}),
        ({"identifiers": "net.a,disk.b,nosuch"}, {"Link down", "Disk full", "100% link"}),
        ({"min_impact": 50}, {"Disk full", "100% link"}),
        ({"max_impact": 50}, {"Link down", "Disk full"}),
        ({"max_impact": 0}, {"Link down"}),
        ({"min_impact": 1, "max_impact": 99}, {"Disk full"}),
        ({"min_impact": 60, "max_impact": 40}, set()),
        ({"message_contains": "0% l"}, {"100% link"}),
        ({"message_contains": "Link"}, {"Link down"}),
        ({"components": "Network"}, {"Link down"}),  # the engine knows no component
        ({"components": "Network,Storage"}, {"Link down", "Disk full"}),
        ({"appliance_type": "ENGINE"}, {"100% link"}),
        ({"appliance_uuids": sensor.uuid, "identifiers": "net.a"}, {"Link down"}),
        ({"key": "K", "min_impact": 1}, {"Disk full"}),
    ):
        assert set(messages(http, **query)) == found, query
    lastline.ignore_case = True
    assert set(messages(http, message_contains="LINK")) == {"Link down", "100% link"}


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "-5"},
        {"limit": "all"},
        {"min_impact": "-1"},
        {"max_impact": "101"},
        {"max_impact": "high"},
    ],
)
def test_invalid(http: httpx.Client, params: dict) -> None:
    """Numbers that no impact and no limit can be are refused."""
    body = http.get("/monitoring/log/get", params={**DAY, **params}).json()
    assert body["error_code"] == Code.INVALID
    assert next(iter(params)) in body["error"]


def test_entry(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """One entry is what the list has, its times in the zone asked for, in an object or bare."""
    uuid = lastline.add_log_entry(sensor, T0, T0 + HOUR).uuid
    listed = log(http)["log_entries"][0]
    assert entry(http, uuid) == {"log_entry": listed}
    lastline.bare_entry = True
    for name in ("timezone", "time_zone"):
        zoned = {"start_time": "2026-01-01 09:00:00", "end_time": "2026-01-01 10:00:00"}
        assert entry(http, uuid, **{name: "Asia/Tokyo"}) == {**listed, **zoned}


def test_entry_of_nobody(lastline: LastlineState, http: httpx.Client) -> None:
    """An entry that is not there cannot be told from one of a customer whom the account may not see."""
    hidden = lastline.add_log_entry(lastline.add_appliance(customer="other@example.org"), T0)
    for uuid in ("0" * 32, "x", hidden.uuid):
        body = http.get("/monitoring/log/get_entry", params={"log_entry_uuid": uuid}).json()
        assert body["error_code"] == Code.NO_SUCH_ENTRY
    assert http.get("/monitoring/log/get_entry").json()["error_code"] == Code.MISSING
    assert messages(http) == []


def test_without_uuids(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """The list has the uuids that single entries are asked for by, or lacks them as its documentation does."""
    lastline.add_log_entry(sensor, T0)
    assert "log_entry_uuid" in log(http)["log_entries"][0]
    lastline.log_uuids = False
    assert "log_entry_uuid" not in log(http)["log_entries"][0]


def test_roll_up(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """An entry that is reported again counts on, ends later and moves to the front."""
    old = lastline.add_log_entry(sensor, T0, message="old")
    lastline.add_log_entry(sensor, T0 + HOUR, message="new")
    assert messages(http) == ["new", "old"]
    lastline.report_again(old, T0 + 2 * HOUR)
    assert messages(http) == ["old", "new"]
    shown = entry(http, old.uuid)["log_entry"]
    assert (shown["count"], shown["start_time"], shown["end_time"]) == (
        2,
        "2026-01-01 00:00:00",
        "2026-01-01 02:00:00",
    )


def test_zoned_replies(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """In the list the zone is for the range alone, or for the reply too."""
    lastline.add_log_entry(sensor, T0)
    query = {"timezone": "Europe/Rome", "start_time": "2026-01-01 01:00:00"}
    assert log(http, **query)["log_entries"][0]["start_time"] == "2026-01-01 00:00:00"
    lastline.zoned_replies = True
    assert log(http, **query)["log_entries"][0]["start_time"] == "2026-01-01 01:00:00"


def test_a_long_log(lastline: LastlineState, http: httpx.Client, sensor: Appliance) -> None:
    """A walk back over 10,000 entries, 100 at a time, meets each of them."""
    lastline.add_log_entries(sensor, 10_000, T0, timedelta(seconds=1))
    seen: set[str] = set()
    end = "2026-01-02"
    for _ in range(200):
        rows = log(http, end_time=end, limit=100)["log_entries"]
        seen |= {row["log_entry_uuid"] for row in rows}
        if len(rows) < 100:
            break
        end = rows[-1]["end_time"]
    assert len(seen) == 10_000
