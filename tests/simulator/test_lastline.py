"""The simulated Lastline API: its sessions, its envelope, and how it sits in the simulator."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import attrs
import httpx
import pytest

from tocsin.simulator import Fault, Faults, Simulator
from tocsin.simulator.lastline import Code, LastlineState
from tocsin.simulator.world import World

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = {"start_time": "2026-01-01", "end_time": "2026-01-02"}


@attrs.define
class Watch:
    """A clock that tests set."""

    now: datetime = T0

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def sim(watch: Watch) -> Iterator[Simulator]:
    """A Lastline with an empty world."""
    with Simulator(["lastline"], scale=0, clock=watch) as running:
        yield running


@pytest.fixture
def lastline(sim: Simulator) -> LastlineState:
    return sim.lastline


@pytest.fixture
def account(sim: Simulator) -> dict[str, str]:
    endpoint = sim.endpoints["lastline"]
    return {"username": endpoint["username"], "password": endpoint["password"]}


@pytest.fixture
def licence(sim: Simulator) -> dict[str, str]:
    endpoint = sim.endpoints["lastline"]
    return {"api_key": endpoint["api_key"], "api_token": endpoint["api_token"]}


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client at the API's base URL, which is not signed in."""
    with httpx.Client(base_url=sim.endpoints["lastline"]["base_url"]) as client:
        yield client


def pong(http: httpx.Client) -> bool:
    body = http.get("/monitoring/ping").json()
    return body == {"success": 1, "data": "pong"}


# Signing in and out


@pytest.mark.parametrize("path", ["/login", "/login.json"])
def test_sign_in(lastline: LastlineState, http: httpx.Client, account: dict, path: str) -> None:
    """A login answers with the text "true", or what the switch says, and the cookie opens every module."""
    assert http.post(path, data=account).json() == {"success": 1, "data": "true"}
    assert "PHPSESSID" in http.cookies
    assert pong(http)
    assert http.get("/ping.json").json()["data"] == "pong"
    lastline.login_data = []
    assert http.post(path, data=account).json()["data"] == []
    assert lastline.sign_ins == 2


@pytest.mark.parametrize("name", ["api_key", "key"])
def test_licence(http: httpx.Client, licence: dict, name: str) -> None:
    """A licence signs in as an account does, under either name of its key."""
    form = {name: licence["api_key"], "api_token": licence["api_token"]}
    assert http.post("/login", data=form).json()["success"] == 1
    assert pong(http)


@pytest.mark.parametrize(
    "form",
    [
        {"username": "ada@example.org", "password": "wrong"},
        {"username": "nobody@example.org", "password": "wrong"},
        {"api_key": "wrong", "api_token": "wrong"},
    ],
)
def test_wrong_credentials(lastline: LastlineState, http: httpx.Client, form: dict) -> None:
    """Whoever is not known is refused, gets no session, and counts as no sign-in."""
    response = http.post("/login", data=form)
    assert response.status_code == 200
    assert response.json() == {"success": 0, "error_code": 3004, "error": "Authentication error"}
    assert "set-cookie" not in response.headers
    assert lastline.sign_ins == 0


@pytest.mark.parametrize(
    "body", [b"", b'{"username": "ada@example.org"}', b"username=ada%40example.org", b"\xff=\xfe"]
)
def test_missing_credentials(http: httpx.Client, body: bytes) -> None:
    """A login without all of its credentials, or with a body that is no form, is a mistake and no failure."""
    assert http.post("/login", content=body).json()["error_code"] == Code.MISSING


def test_inline_account(lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """Without a cookie the account may be among the parameters, and the reply sets the cookie."""
    assert http.get("/monitoring/metric/list", params={**account, **DAY}).json() == {"success": 1, "data": []}
    assert pong(http)
    assert lastline.sign_ins == 1


def test_inline_licence(http: httpx.Client, licence: dict) -> None:
    """A licence may too, and even an error then sets the cookie."""
    response = http.get("/monitoring/metric/list", params=licence)
    assert response.json()["error_code"] == Code.MISSING
    assert "PHPSESSID" in response.cookies
    assert pong(http)


def test_inline_refused(lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """Wrong ones are refused, and right ones beside a dead session are not looked at."""
    assert http.get("/ping", params={**account, "password": "x"}).json()["error_code"] == 3004
    http.post("/login", data=account)
    lastline.expire_sessions()
    lastline.denial = 3003
    assert http.get("/ping", params=account).json()["error_code"] == 3003


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sign_out(http: httpx.Client, account: dict, method: str) -> None:
    """A session ends by either method, and takes the cookie with it."""
    http.post("/login", data=account)
    cookie = http.cookies["PHPSESSID"]
    assert http.request(method, "/logout").json() == {"success": 1, "data": "true"}
    assert "PHPSESSID" not in http.cookies
    http.cookies.set("PHPSESSID", cookie)
    assert not pong(http)


@pytest.mark.parametrize(
    ("denial", "said"),
    [
        (3001, {"error_code": 3001, "error": "Permission denied"}),
        (3002, {"error_code": 3002, "error": "Cannot switch to key"}),
        (3003, {"error_code": 3003, "error": "No key selected"}),
        (3004, {"error_code": 3004, "error": "Authentication error"}),
        (None, {"error": "Permission denied"}),
    ],
)
@pytest.mark.parametrize("status", [200, 401, 403])
def test_denials(lastline: LastlineState, http: httpx.Client, denial: int, said: dict, status: int) -> None:
    """Who is not signed in is told so in any of five ways, under any of three statuses."""
    lastline.denial, lastline.denial_status = denial, status
    response = http.get("/monitoring/log/get", params=DAY)
    assert response.status_code == status
    assert response.json() == {"success": 0, **said}


def test_permission(lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """An account that may not view appliances signs in, pings, and is refused all else."""
    lastline.can_view_appliances = False
    http.post("/login", data=account)
    assert pong(http)
    assert http.get("/monitoring/metric/list", params=DAY).json()["error_code"] == Code.PERMISSION_DENIED


def test_open_ping(lastline: LastlineState, http: httpx.Client) -> None:
    """A ping needs a session, or none."""
    assert not pong(http)
    lastline.open_ping = True
    assert pong(http)


def test_session_life(
    sim: Simulator, lastline: LastlineState, http: httpx.Client, account: dict, watch: Watch
) -> None:
    """Sessions are for ever, or end when their time is up; a life is that of those begun from then on."""
    http.post("/login", data=account)
    sim.faults = Faults(token_life=20)
    watch.now = T0 + timedelta(days=1000)
    assert pong(http)
    http.post("/login", data=account)
    watch.now += timedelta(seconds=19.5)
    assert pong(http)
    watch.now += timedelta(seconds=0.5)
    assert not pong(http)
    assert lastline.session_life == 20


def test_rotating_cookie(lastline: LastlineState, http: httpx.Client, account: dict, watch: Watch) -> None:
    """Every reply may bring a cookie, with which the one before dies; the session lives no longer for it."""
    lastline.rotate_cookie, lastline.session_life = True, 20
    http.post("/login", data=account)
    first = http.cookies["PHPSESSID"]
    assert pong(http)
    second = http.cookies["PHPSESSID"]
    assert second != first
    http.get("/monitoring/metric/list")  # an error brings one too
    assert http.cookies["PHPSESSID"] != second
    assert pong(http)
    assert len(lastline.sessions) == lastline.sign_ins == 1
    watch.now += timedelta(seconds=20)
    assert not pong(http)
    http.cookies.clear()
    http.cookies.set("PHPSESSID", first)
    assert not pong(http)


def test_foreign_cookies(http: httpx.Client, account: dict) -> None:
    """The session is found among other cookies, and what is no cookie is none."""
    http.post("/login", data=account)
    session = http.cookies["PHPSESSID"]
    http.cookies.clear()
    for header, good in ((f"a@b=c; PHPSESSID={session}", True), ("PHPSESSID=", False), ("[]{;;", False)):
        body = http.get("/ping", headers={"Cookie": header}).json()
        assert bool(body["success"]) is good


# The envelope


@pytest.mark.parametrize(("good", "bad"), [(1, 0), (True, False), ("1", "0")])
def test_success(lastline: LastlineState, http: httpx.Client, account: dict, good: object, bad: object) -> None:
    """What success is may be a number, a truth value or a text."""
    lastline.success = good
    for response, value in ((http.get("/ping"), bad), (http.post("/login", data=account), good)):
        assert response.json()["success"] == value
        assert type(response.json()["success"]) is type(good)


@pytest.mark.parametrize(
    ("shape", "fields"), [("both", {"error_code", "error"}), ("code", {"error_code"}), ("text", {"error"})]
)
def test_error_shape(lastline: LastlineState, http: httpx.Client, shape: str, fields: set) -> None:
    """An error has a code, a text, or both; one that has no code keeps its text."""
    lastline.error_shape = shape
    assert http.get("/ping").json().keys() == {"success"} | fields
    lastline.denial = None
    assert http.get("/ping").json().keys() == {"success", "error"}


def test_error_status(lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """An error comes with HTTP 200, or with another status, the envelope in its body."""
    http.post("/login", data=account)
    for status in (200, 400, 500):
        lastline.error_status = status
        response = http.get("/monitoring/log/get_entry", params={"log_entry_uuid": "x"})
        assert response.status_code == status
        assert response.json()["error_code"] == Code.NO_SUCH_ENTRY


def test_empty_objects(lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """An object without entries is one, or an empty list as PHP has it."""
    http.post("/login", data=account)

    def empties() -> list[object]:
        log = http.get("/monitoring/log/get", params=DAY).json()["data"]
        values = http.get("/monitoring/metric/get", params={**DAY, "metric": "gauge.x"}).json()["data"]
        return [log["appliances"], log["log_entry_info"], values]

    assert empties() == [{}, {}, {}]
    lastline.empty_as_list = True
    assert empties() == [[], [], []]


def test_xml(lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """XML has the fields of JSON; keys that are no names, and texts that are no XML, do not break it."""
    sensor = lastline.add_appliance("SENSOR", uuid="0" * 32)
    lastline.add_log_entry(sensor, T0, message="<a> & \x00 \u00e9")
    lastline.success = True
    signed_in = ElementTree.fromstring(http.post("/login.xml", data=account).content)
    assert [(each.tag, each.text) for each in signed_in] == [("success", "1"), ("data", "true")]
    response = http.get("/monitoring/log/get.xml", params=DAY)
    assert response.headers["content-type"].startswith("application/xml")
    data = ElementTree.fromstring(response.content).find("data")
    assert data.findtext("log_entries/item/message") == "<a> & \ufffd \u00e9"
    assert data.findtext("appliances/entry[@key='" + "0" * 32 + "']/appliance_type") == "SENSOR"
    refused = ElementTree.fromstring(http.get("/monitoring/log/get.xml").content)
    assert refused.findtext("success") == "0"
    assert refused.findtext("error_code") == "1"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/nosuch", 404),
        ("GET", "/monitoring/metric", 404),
        ("GET", "/monitoring/metric/get.html", 404),
        ("GET", "/monitoring/metric/get/", 404),
        ("GET", "/../other", 404),
        ("GET", "/login", 405),
        ("POST", "/monitoring/metric/get", 405),
        ("DELETE", "/logout", 405),
    ],
)
def test_no_such_method(http: httpx.Client, method: str, path: str, status: int) -> None:
    """Unknown paths and wrong methods are errors in the API's own envelope, before any session is asked for."""
    response = http.request(method, path)
    assert response.status_code == status
    assert response.json()["error_code"] == Code.NO_SUCH_METHOD
    assert ("allow" in response.headers) is (status == 405)


@pytest.mark.parametrize(
    ("switch", "value"),
    [
        ("success", 2),
        ("error_shape", "none"),
        ("error_status", 600),
        ("denial", 9003),
        ("denial_status", 500),
        ("min_interval", timedelta(minutes=7)),
        ("time_format", "iso"),
        ("metric_list", "tree"),
        ("aggregate_field", "id"),
        ("log_order", "impact"),
        ("log_cap", "10"),
        ("log_cap", -1),
        ("strict_points", 1),
    ],
)
def test_switches(lastline: LastlineState, switch: str, value: object) -> None:
    """A switch takes no value that it does not have."""
    with pytest.raises((ValueError, TypeError), match=switch):
        setattr(lastline, switch, value)


# Its place in the simulator


def test_world(watch: Watch) -> None:
    """Hosts are appliances, people have accounts, and every alarm is a log entry with its id."""
    world = World.build()
    with Simulator(["lastline"], clock=watch) as sim:
        held = sim.held("lastline")
        accounts = sim.lastline.accounts
        endpoint = sim.endpoints["lastline"]
        with httpx.Client(base_url=endpoint["base_url"]) as http:
            http.post("/login", data={"username": endpoint["username"], "password": endpoint["password"]})
            span = {
                "start_time": (world.epoch - timedelta(days=14)).timestamp(),
                "end_time": world.epoch.timestamp(),
            }
            log = http.get("/monitoring/log/get", params=span).json()["data"]
            metrics = http.get("/monitoring/metric/list", params=span).json()["data"]
            query = {
                "metric": "gauge.cpu.user_perc",
                "start_time": "2025-12-31",
                "end_time": "2025-12-31 12:00:00",
            }
            values = http.get("/monitoring/metric/get", params=query).json()["data"]
    entries = {row["log_entry_uuid"]: row for row in log["log_entries"]}
    assert set(entries) == {alarm.id.replace("-", "") for alarm in world.alarms} == set(held["logs"])
    first = world.alarms[0]
    assert entries[first.id.replace("-", "")]["message"] == first.description
    assert {row["appliance_type"] for row in log["appliances"].values()} == {
        "SENSOR",
        "MANAGER",
        "ENGINE",
        "PINBOX",
        "ANALYST",
    }
    without = [uuid for uuid, row in log["appliances"].items() if "access_key" not in row]
    assert len(without) == 1
    assert without[0] not in log["log_entry_info"]
    assert len(metrics) == len(world.metrics)
    assert "counter.net.in_bytes_sec" in metrics
    assert metrics == sorted(held["metrics"])
    assert len(values) == len(world.hosts) // 8
    host, at = world.hosts[7], world.epoch - timedelta(days=1)
    assert ["2025-12-31 00:00:00", world.value(host, world.metrics[0], at)] in [
        row["time_series"][0] for row in values.values()
    ]
    assert set(accounts) == {person.email for person in world.people}


def test_held(sim: Simulator, lastline: LastlineState) -> None:
    """What is held is what the account's own customer has, in the narrowest intervals."""
    own = lastline.add_appliance()
    other = lastline.add_appliance(customer="other@example.org")
    for appliance in (own, other):
        lastline.add_samples(appliance, "gauge.x", [(T0 + timedelta(minutes=each), 1) for each in (1, 2, 31, 70)])
        lastline.add_log_entry(appliance, T0)
    lastline.add_samples(other, "gauge.other", [(T0, 1)])
    held = sim.held("lastline")
    assert held["metrics"] == ["gauge.x"]
    assert held["logs"] == [entry.uuid for entry in lastline.logs.values() if entry.appliance is own]
    stamps = ["2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z"]
    assert held["samples"] == [(own.uuid, "gauge.x", stamp) for stamp in stamps]
    lastline.min_interval = timedelta(hours=1)
    assert sim.held("lastline")["samples"] == [(own.uuid, "gauge.x", stamp) for stamp in stamps[::2]]
    lastline.clear()
    assert not any(sim.held("lastline").values())


def test_shift(sim: Simulator, lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """A row appears in front of the log, as soon as there is an appliance that can report."""
    http.post("/login", data=account)
    sim.faults = Faults(rates={Fault.SHIFT: 1})

    def messages() -> list[str]:
        rows = http.get("/monitoring/log/get.json", params=DAY).json()["data"]["log_entries"]
        return [row["message"] for row in rows]

    assert messages() == []
    lastline.add_appliance()
    assert messages() == ["shifted"]
    lastline.clear()
    lastline.add_log_entry(lastline.add_appliance(), T0, T0 + timedelta(hours=1))
    assert messages() == ["shifted", "OK"]


def test_broken_rows(sim: Simulator, lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """One row of each list can be broken, whatever shape the list has, and nothing but rows is."""
    http.post("/login", data=account)
    appliance = lastline.add_appliance()
    lastline.add_log_entries(appliance, 3, T0)
    lastline.add_samples(appliance, "gauge.x", [(T0 + timedelta(hours=each), each) for each in range(3)])
    sim.faults = Faults(rates={Fault.BAD_ROW: 1})

    def data(path: str, **params: str) -> object:
        return http.get(f"/monitoring{path}", params={**DAY, **params}).json()["data"]

    rows = data("/log/get")["log_entries"]
    assert [isinstance(row["log_entry_uuid"], str) for row in rows] == [True, False, True]
    broken = ["2026-01-01 01:00:00", "not a number"]
    assert data("/metric/get", metric="gauge.x")[appliance.uuid]["time_series"][1] == broken
    assert data("/metric/aggregate", metrics="gauge.y,gauge.x")["metrics"][1]["time_series"][1] == broken
    lastline.aggregate_bare = True
    assert data("/metric/aggregate", metrics="gauge.x")[0]["time_series"][1] == broken
    bad = {"not": "a text"}
    assert data("/metric/aggregate", metrics="gauge.y")[0]["metric"] == bad
    assert data("/metric/list") == [bad]
    lastline.metric_list = "by_appliance"
    assert data("/metric/list") == {appliance.uuid: [bad]}
    lastline.metric_list = "objects"
    assert data("/metric/list") == [{"metric": bad}]
    assert data("/metric/get", metric="gauge.y") == {}
    assert data("/log/get", message_contains="nosuch")["log_entries"] == []
    assert http.get("/monitoring/log/get").json()["error_code"] == Code.MISSING


def test_no_cursor_to_repeat(sim: Simulator, lastline: LastlineState, http: httpx.Client, account: dict) -> None:
    """There are no cursors, so that none can lead to itself; and a login is no page that a fault could hit."""
    lastline.add_log_entries(lastline.add_appliance(), 3, T0)
    sim.faults = Faults(rates={Fault.REPEAT_CURSOR: 1})
    http.post("/login", data=account)
    assert len(http.get("/monitoring/log/get", params=DAY).json()["data"]["log_entries"]) == 3
    sim.faults = Faults(rates={Fault.UNAVAILABLE: 1})
    assert http.post("/login.json", data=account).status_code == 200
    assert http.get("/logout").status_code == 503
