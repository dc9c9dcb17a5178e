"""The simulated AppFirst: who may ask, versions, bodies, pages, errors, and how it sits in the simulator."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tocsin.simulator import Fault, Faults, Simulator
from tocsin.simulator.appfirst import AppFirstState
from tocsin.simulator.appfirst.resources import RESOURCES

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Hands:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def sim(hands: Hands) -> Iterator[Simulator]:
    """An AppFirst with an empty world."""
    with Simulator(["appfirst"], scale=0, clock=hands) as running:
        running.appfirst.clear()
        yield running


@pytest.fixture
def state(sim: Simulator) -> AppFirstState:
    return sim.appfirst


def client(sim: Simulator) -> httpx.Client:
    """A client of the account owner's, at the API's base URL."""
    endpoint = sim.endpoints["appfirst"]
    return httpx.Client(base_url=endpoint["base_url"], auth=(endpoint["email"], endpoint["api_key"]))


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    with client(sim) as http:
        yield http


def walk(http: httpx.Client, path: str, most: int = 50, **params: object) -> list[dict[str, Any]]:
    """The rows of every page, by the next links."""
    response = http.get(path, params=dict(params))
    rows: list[dict[str, Any]] = []
    for _ in range(most):
        assert response.status_code == 200, response.text
        page = response.json()
        rows += page["data"]
        if page["pagination"]["next"] is None:
            return rows
        response = http.get(str(httpx.URL(str(http.base_url)).join(page["pagination"]["next"])))
    raise AssertionError(f"{path} does not end")


# Who may ask


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic ???",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic " + base64.b64encode(b"owner@example.org:wrong").decode(),
        "Basic " + base64.b64encode(b"owner@example.org").decode(),
        "Token KEY",
    ],
)
def test_unauthorized(sim: Simulator, authorization: str | None) -> None:
    """Whoever has not the owner's address and key is told nothing, not even what paths there are."""
    headers = (
        {} if authorization is None else {"Authorization": authorization.replace("KEY", sim.appfirst.api_key)}
    )
    for path in ("/api/alerts/", "/api/nosuch/", "/"):
        response = httpx.get(sim.endpoints["appfirst"]["base_url"].removesuffix("/api") + path, headers=headers)
        assert response.status_code == 401
        assert response.json() == {"detail": "The api key and email you gave us do not match."}
        assert response.headers["WWW-Authenticate"].startswith("Basic ")


def test_endpoints(sim: Simulator) -> None:
    """The endpoint is what a client is made of."""
    endpoint = sim.endpoints["appfirst"]
    assert set(endpoint) == {"base_url", "email", "api_key"}
    assert endpoint["base_url"].endswith("/api")


# Versions and paths


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json; version=5", 200),
        ("application/json;version=5", 200),
        ('application/json; version="5"', 200),
        ("application/json", 200),
        ("*/*", 200),
        ("text/html, application/json; version=5; q=0.5", 200),
        ("application/json; version=4", 406),
        ("application/json; version=6", 406),
        ("application/xml; version=5", 406),
        ("text/html", 406),
    ],
)
def test_versions(state: AppFirstState, http: httpx.Client, accept: str, status: int) -> None:
    """No version is version 5; others are refused, or served; formats other than JSON are not simulated."""
    assert http.get("/alerts/", headers={"Accept": accept}).status_code == status
    state.other_versions = "serve"
    served = 200 if "json" in accept or "*" in accept else 406
    assert http.get("/alerts/", headers={"Accept": accept}).status_code == served


def test_paths(http: httpx.Client, state: AppFirstState) -> None:
    """The slash at the end may be missing, and the version may be in the path, as in the API's own links."""
    alert = state.add_alerts(1)[0]
    for path in ("", "/"):
        assert http.get(f"/alerts{path}").json() == http.get(f"/v5/alerts{path}").json()
        assert http.get(f"/alerts/{alert.id}{path}").json()["id"] == alert.id
    origin = str(http.base_url).removesuffix("/api/")
    assert http.get(origin + f"/api/v5/alerts/{alert.id}/").json()["url"] == f"/api/v5/alerts/{alert.id}/"


@pytest.mark.parametrize(
    "path", ["/nosuch/", "/alerts/1/nosuch/", "/v4/alerts/", "/alerts//", "/alerts/%F0%9F%94%94/"]
)
def test_unknown_paths(http: httpx.Client, path: str) -> None:
    """What is not there is a 404 in the API's shape."""
    response = http.get(path)
    assert (response.status_code, response.json()) == (404, {"detail": "Not found."})


def test_outside_of_the_api(http: httpx.Client) -> None:
    """Outside of /api there is nothing."""
    origin = str(http.base_url).removesuffix("/api/")
    for path in ("/", "/alerts/", "/apiary/alerts/", "/api/v55/alerts/"):
        assert http.get(origin + path).status_code == 404


def test_wrong_methods(http: httpx.Client) -> None:
    """A method that a path does not have is a 405 that lists those it has."""
    response = http.patch("/alerts/1/", data={"name": "x"})
    assert (response.status_code, response.headers["Allow"]) == (405, "DELETE, GET, PUT")
    assert response.json() == {"detail": 'Method "PATCH" not allowed.'}
    assert http.delete("/alerts/").headers["Allow"] == "GET, POST"


def test_root(http: httpx.Client) -> None:
    """The root lists endpoints, all of which are there."""
    found = http.get("/").json()
    assert list(found) == list(RESOURCES)
    origin = str(http.base_url).removesuffix("/api/")
    assert {http.get(origin + path).status_code for path in found.values()} == {200}


# Bodies


def test_json_bodies(state: AppFirstState, http: httpx.Client) -> None:
    """A JSON body is refused, by either of two statuses, or taken as a form is."""
    server = state.add_server("web.example.org")
    body = {"name": "production", "servers": [server.id], "nothing": None}
    response = http.post("/server_tags/", json=body)
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    state.json_bodies = 415
    assert http.post("/server_tags/", json=body).status_code == 415
    state.json_bodies = "accept"
    assert http.post("/server_tags/", json=body).json()["servers"] == [server.id]
    for bad in (b"{", b"[]", b"\xff", b"[" * 100_000, b'{"name": "\\ud800"}'):
        response = http.post("/server_tags/", content=bad, headers={"Content-Type": "application/json"})
        assert (response.status_code, response.json()) == (400, {"detail": "JSON parse error."})


@pytest.mark.parametrize("body", [b"name=\xff", b"name=%FF", b"name=%ED%A0%80"])
def test_forms_are_utf8(http: httpx.Client, body: bytes) -> None:
    """A form that is not UTF-8 is a 400."""
    response = http.post("/server_tags/", content=body, headers=FORM)
    assert (response.status_code, response.json()) == (400, {"detail": "Malformed form data."})


def test_other_bodies(http: httpx.Client) -> None:
    """Other media types are a 415; an empty body has nothing in it."""
    assert http.post("/server_tags/", content=b"x", headers={"Content-Type": "text/plain"}).status_code == 415
    assert http.post("/server_tags/").json() == {"name": ["This field is required."]}
    assert http.post("/server_tags/", content=b"&&=&", headers=FORM).status_code == 400


def test_the_last_value_counts(state: AppFirstState, http: httpx.Client) -> None:
    """Of arguments that come more than once, in a form or a query, the last counts."""
    alert = state.add_alerts(3)[0]
    assert http.put(f"/alerts/{alert.id}/", content=b"name=a&name=b", headers=FORM).json()["name"] == "b"
    assert len(http.get("/alerts/?limit=1&limit=2").json()["data"]) == 2


# Pages


def test_pages(state: AppFirstState, http: httpx.Client) -> None:
    """Pages count from 0, count is that of all rows, and the links lead on and back."""
    ids = [alert.id for alert in state.add_alerts(60)]
    page = http.get("/alerts/", params={"limit": 25, "page": 1}).json()
    assert [row["id"] for row in page["data"]] == ids[25:50]
    base = str(http.base_url)
    assert page["pagination"] == {
        "count": 60,
        "next": f"{base}alerts/?limit=25&page=2",
        "previous": f"{base}alerts/?limit=25&page=0",
    }
    first, last = (http.get("/alerts/", params={"limit": 25, "page": page}).json() for page in (0, 2))
    assert first["pagination"]["previous"] is None
    assert (last["pagination"]["next"], len(last["data"])) == (None, 10)
    assert [row["id"] for row in walk(http, "/alerts/", limit=7)] == ids
    assert http.get("/alerts/", params={"limit": 60}).json()["pagination"]["next"] is None


def test_links_keep_the_query(state: AppFirstState, http: httpx.Client) -> None:
    """A link to another page asks for the same rows."""
    alerts = state.add_alerts(3)
    query = {"filter_name": "server_id", "filter_id": alerts[0].target_id, "limit": 2}
    assert [row["id"] for row in walk(http, "/alerts", **query)] == [alert.id for alert in alerts]


def test_limits(state: AppFirstState, http: httpx.Client) -> None:
    """A page has 2500 rows if nothing is said; more are cut down to that, or refused."""
    state.add_alerts(2501)
    assert len(http.get("/alerts/").json()["data"]) == 2500
    assert len(http.get("/alerts/", params={"limit": 9999}).json()["data"]) == 2500
    state.over_limit = "refuse"
    response = http.get("/alerts/", params={"limit": 2501})
    assert (response.status_code, list(response.json())) == (400, ["limit"])
    assert len(http.get("/alerts/", params={"limit": 2500}).json()["data"]) == 2500


@pytest.mark.parametrize("name", ["limit", "page"])
@pytest.mark.parametrize("value", ["-1", "x", "1.5", "9" * 5000, "\u0663"])
def test_refused_pages(http: httpx.Client, name: str, value: str) -> None:
    """What is not a number of a page or a limit is a 400."""
    response = http.get("/alerts/", params={name: value})
    assert (response.status_code, list(response.json())) == (400, [name])


def test_behind_the_last_page(state: AppFirstState, http: httpx.Client) -> None:
    """A page behind the last is empty, or a 404; the first never is."""
    state.add_alerts(3)
    for page in (3, 10**17):
        response = http.get("/alerts/", params={"limit": 1, "page": page}).json()
        assert (response["data"], response["pagination"]["next"]) == ([], None)
    state.beyond = "refuse"
    assert http.get("/alerts/", params={"limit": 1, "page": 3}).status_code == 404
    assert http.get("/alerts/", params={"limit": 1, "page": 2}).status_code == 200
    assert http.get("/logs/").status_code == 200


def test_pages_from_one(state: AppFirstState, http: httpx.Client) -> None:
    """Pages that count from 1 know page_size, and page 0 is refused, or the first."""
    ids = [alert.id for alert in state.add_alerts(5)]
    assert len(http.get("/alerts/", params={"page_size": 2}).json()["data"]) == 5
    state.page_base = 1
    first = http.get("/alerts/", params={"page_size": 2}).json()
    assert first == http.get("/alerts/", params={"page_size": 2, "page": 1}).json()
    assert [row["id"] for row in first["data"]] == ids[:2]
    assert [row["id"] for row in walk(http, "/alerts/", limit=2)] == ids
    assert http.get("/alerts/", params={"page": 0}).status_code == 404
    state.page_zero = "first"
    assert http.get("/alerts/", params={"page": 0, "page_size": 2}).json()["data"] == first["data"]


def test_relative_links(state: AppFirstState, http: httpx.Client) -> None:
    """Links may be relative to the site."""
    ids = [alert.id for alert in state.add_alerts(5)]
    state.next_link = "relative"
    assert http.get("/alerts/", params={"limit": 2}).json()["pagination"]["next"] == "/api/alerts/?limit=2&page=1"
    assert [row["id"] for row in walk(http, "/alerts/", limit=2)] == ids


def test_foreign_links(state: AppFirstState, http: httpx.Client) -> None:
    """Links may lead to another of the vendor's hosts, with the same path and query."""
    state.add_alerts(5)
    state.next_link = "foreign"
    link = http.get("/alerts/", params={"limit": 2}).json()["pagination"]["next"]
    assert link == "https://pod3.appfirst.com/api/alerts/?limit=2&page=1"


def test_null_links(state: AppFirstState, http: httpx.Client) -> None:
    """next may be null although count says that there is more, as in the page's sample."""
    state.add_alerts(5)
    state.next_link = "null"
    assert http.get("/alerts/", params={"limit": 2}).json()["pagination"] == {
        "count": 5,
        "next": None,
        "previous": None,
    }
    assert len(http.get("/alerts/", params={"limit": 2, "page": 1}).json()["data"]) == 2


def test_cursors(state: AppFirstState, http: httpx.Client) -> None:
    """Links may have a cursor; one that is not the server's is a 404."""
    ids = [alert.id for alert in state.add_alerts(5)]
    state.next_link = "cursor"
    link = http.get("/alerts/", params={"limit": 2}).json()["pagination"]["next"]
    assert "cursor=" in link
    assert "page=" not in link
    assert [row["id"] for row in walk(http, "/alerts/", limit=2)] == ids
    for bad in ("x", "b3M=", base64.b64encode(b"o=-5").decode(), "\xe9", base64.b64encode(b"\xff").decode()):
        assert http.get("/alerts/", params={"cursor": bad}).status_code == 404


def test_bare_lists(state: AppFirstState, http: httpx.Client) -> None:
    """Version 3 had lists without an envelope or pages."""
    ids = [alert.id for alert in state.add_alerts(5)]
    state.envelope = "bare"
    assert [row["id"] for row in http.get("/alerts/", params={"limit": 2}).json()] == ids
    server = state.servers.listed[0]
    assert len(http.get(f"/servers/{server.id}/data/", params={"num": 3}).json()) == 3


def test_many_rows_are_quick(state: AppFirstState, http: httpx.Client) -> None:
    """Ten thousand rows in pages of a hundred take no longer than rendering them."""
    alert = state.add_alerts(1)[0]
    state.add_alert_histories(alert, 10_000)
    began = time.process_time()
    rows = walk(http, "/alert_histories/", most=101, limit=100)
    assert [row["id"] for row in rows] == list(range(10_000, 0, -1))
    assert time.process_time() - began < 5


# Errors


def test_error_shapes(state: AppFirstState, http: httpx.Client) -> None:
    """Errors are lists by argument and a detail, a detail alone, or plain text."""
    bad, missing = "/alerts/?limit=x", "/alerts/1/"
    message = "Must be an integer of 1 or more."
    assert http.get(bad).json() == {"limit": [message]}
    assert http.get(missing).json() == {"detail": "Not found."}
    state.error_shape = "detail"
    assert http.get(bad).json() == {"detail": message}
    assert http.get(missing).json() == {"detail": "Not found."}
    state.error_shape = "text"
    for path, status, text in ((bad, 400, message), (missing, 404, "Not found.")):
        response = http.get(path)
        assert (response.status_code, response.text) == (status, text)
        assert response.headers["Content-Type"].startswith("text/plain")


def test_rate_limits(state: AppFirstState, hands: Hands, http: httpx.Client) -> None:
    """Every resource has its limit a minute, if there is one; the answer says when to come back, or not."""
    state.rate_limit = 2
    assert [http.get("/alerts/").status_code for _ in range(3)] == [200, 200, 429]
    response = http.get("/alerts/1/")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "30")
    assert response.json() == {"detail": "Request of this resource has reached the limit."}
    assert http.get("/servers/").status_code == 200
    state.retry_after = False
    assert "Retry-After" not in http.get("/alerts/").headers
    hands.now += timedelta(seconds=30)
    assert http.get("/alerts/").status_code == 200


@pytest.mark.parametrize(
    ("switch", "value"),
    [("page_base", 2), ("envelope", "xml"), ("rate_limit", -1), ("optional_fields", "no"), ("json_bodies", 500)],
)
def test_switches_know_their_values(state: AppFirstState, switch: str, value: object) -> None:
    """A value that a switch does not have is refused."""
    with pytest.raises((ValueError, TypeError)):
        setattr(state, switch, value)


# The world and the simulator


def test_the_world() -> None:
    """Every host is a server, every person a user, and every alarm an incident of its own number and time."""
    with Simulator(["appfirst"]) as sim, client(sim) as http:
        world, state = sim.world, sim.appfirst
        assert [row["hostname"] for row in walk(http, "/servers/")] == [host.name for host in world.hosts]
        assert [row["email"] for row in walk(http, "/users/")] == [person.email for person in world.people]
        rows = {row["id"]: row for row in walk(http, "/alert_histories/", limit=100)}
        alerts = {row["id"]: row for row in walk(http, "/alerts/")}
        assert set(rows) == {alarm.number for alarm in world.alarms}
        for alarm in world.alarms:
            row = rows[alarm.number]
            end = alarm.started_at if alarm.stateless else alarm.ended_at
            assert row["start"] == int(alarm.started_at.timestamp())
            assert row["end"] == (end and int(end.timestamp()))
            assert http.get(f"/alert_histories/{alarm.number}/message/").json() == {"text": alarm.description}
            alert = alerts[row["alert_id"]]
            assert alert["name"] == f"{alarm.name} on {alarm.host.name.split('.')[0]}"
            assert (alert["type"] == "Log") is alarm.stateless
        for alert in alerts.values():
            newest = max(row["id"] for row in rows.values() if row["alert_id"] == alert["id"])
            assert alert["in_incident"] is (rows[newest]["end"] is None)
            assert alert["last_triggered"] == rows[newest]["start"]
            assert len(alert["name"]) <= 32
        assert len(alerts) == len({(alarm.name, alarm.host.number) for alarm in world.alarms})
        assert state.now().tzinfo is not None


def test_held_is_what_lists_give() -> None:
    """What is said to be held is what a walk over every list reads, before and after rows appear."""
    with Simulator(["appfirst"]) as sim, client(sim) as http:
        for shift in (False, True):
            sim.faults = Faults(rates={Fault.SHIFT: 1.0} if shift else {})
            http.get("/alerts/")
            sim.faults = Faults()
            held = sim.held("appfirst")
            assert set(held) == set(RESOURCES) - {"account", "buckets"}
            for name, ids in held.items():
                assert sorted(row["id"] for row in walk(http, f"/{name}/", limit=100)) == sorted(ids), name


def test_the_same_seed_is_the_same_server() -> None:
    """Two servers of one seed agree about everything, the key included; another seed has another key."""

    def all_of(seed: int) -> tuple[str, list[dict[str, Any]]]:
        with Simulator(["appfirst"], seed=seed) as sim, client(sim) as http:
            return sim.appfirst.api_key, walk(http, "/alerts/")

    assert all_of(7) == all_of(7)
    assert all_of(7)[0] != all_of(8)[0]


def test_shifted_rows_come_first(sim: Simulator, state: AppFirstState, http: httpx.Client) -> None:
    """A row that appears between two pages pushes the others back."""
    alert = state.add_alerts(3)[0]
    state.add_alert_histories(alert, 3)
    paths = ("/alerts/", "/servers/", "/alert_histories/", "/maintenance_windows/")
    before = {path: [row["id"] for row in walk(http, path)] for path in paths}
    sim.faults = Faults(rates={Fault.SHIFT: 1.0})
    http.get("/logs/")
    sim.faults = Faults()
    for path in paths:
        ids = [row["id"] for row in walk(http, path)]
        assert (ids[1:], len(set(ids))) == (before[path], len(ids)), path


def test_repeated_cursor(sim: Simulator, state: AppFirstState, http: httpx.Client) -> None:
    """The way to the next page leads to the same page, of lists and of data; the last page stays the last."""
    alert = state.add_alerts(5)[0]
    sim.faults = Faults(rates={Fault.REPEAT_CURSOR: 1.0})
    for path in ("/alerts/?limit=2&page=1", f"/servers/{alert.target_id}/data/?num=5&limit=2"):
        assert http.get(path).json()["pagination"]["next"] == str(http.base_url) + path.removeprefix("/")
    assert http.get("/alerts/?limit=2&page=2").json()["pagination"]["next"] is None
    state.envelope = "bare"
    assert len(http.get("/alerts/").json()) == 5


def test_broken_rows(sim: Simulator, state: AppFirstState, http: httpx.Client) -> None:
    """A page has one row whose id, or time, is none; what is no page is left alone."""
    alert = state.add_alerts(3)[0]
    sim.faults = Faults(rates={Fault.BAD_ROW: 1.0})
    assert [isinstance(row["id"], int) for row in http.get("/alerts/").json()["data"]] == [True, False, True]
    data = http.get(f"/servers/{alert.target_id}/data/?num=3").json()["data"]
    assert [isinstance(row["time"], int) for row in data] == [True, False, True]
    assert http.get(f"/alerts/{alert.id}/").json()["id"] == alert.id
    assert http.get("/logs/").json()["data"] == []
    state.envelope = "bare"
    assert not isinstance(http.get("/alerts/").json()[1]["id"], int)


def test_token_life_means_nothing(sim: Simulator, http: httpx.Client) -> None:
    """Keys do not expire, and no request signs in, so that faults hit every one."""
    sim.faults = Faults(token_life=0.001)
    assert http.get("/alerts/").status_code == 200
    sim.faults = Faults(rates={Fault.SERVER_ERROR: 1.0})
    assert http.get("/account/").status_code == 500


def test_mistakes_are_answered(state: AppFirstState, http: httpx.Client) -> None:
    """No nonsense in a query makes the server fail."""
    server = state.add_server("web.example.org")
    log = state.add_log(server, "514", source_type="SYSLOG")
    nonsense = ("%FF", "%00", "-1", "1e9", "9" * 400, "NaN", "[]", "\\ud800")
    paths = ("/alerts/", "/servers/", f"/servers/{server.id}/data/", f"/servers/{server.id}/outages/",
             f"/logs/{log.id}/data/", f"/logs/{log.id}/detail/", "/server_tags/",
             f"/servers/{server.id}/processes/data/", f"/servers/{server.id}/alert_histories/")  # fmt: skip
    names = ("limit", "page", "cursor", "filter", "filter_name", "filter_id", "num", "start", "end", "time_step",
             "create_time", "hostname")  # fmt: skip
    found = {
        http.get(f"{path}?{name}={value}").status_code for path in paths for name in names for value in nonsense
    }
    assert found <= {200, 400, 404}
    assert json.loads(http.get("/alerts/?%FF=%FF").text)["data"] == []
