"""The simulated ACS Monitor: signing in, rate limits, pages, and its place in the simulator."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx
import pytest
from tests.simulator.acsmonitor.clock import T0, Clock

from tocsin.simulator import Fault, Faults, Simulator
from tocsin.simulator.acsmonitor import AcsMonitorState
from tocsin.simulator.acsmonitor.switches import Switches
from tocsin.simulator.world import World


def login(sim: Simulator, http: httpx.Client, **changes: object) -> httpx.Response:
    endpoint = sim.endpoints["acsmonitor"]
    body = {"email": endpoint["email"], "password": endpoint["password"], **changes}
    return http.post("/auth/login", json=body)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def names(page: dict[str, Any]) -> list[str]:
    return [row["name"] for row in page["data"]]


def walk(http: httpx.Client, path: str, most: int = 50, **params: object) -> list[dict[str, Any]]:
    """Every page, by the page numbers of the links."""
    pages: list[dict[str, Any]] = []
    query = dict(params)
    for _ in range(most):
        response = http.get(path, params=query)
        assert response.status_code == 200, response.text
        pages.append(response.json())
        after = pages[-1]["next_page_url"]
        if after is None:
            return pages
        query["page"] = parse_qs(urlsplit(after).query)["page"][0]
    raise AssertionError(f"{path} does not end")


# Signing in


def test_login(sim: Simulator, acs: AcsMonitorState, http: httpx.Client) -> None:
    """A login gives a token of the form that the API's overview shows, and its user, without the password."""
    answer = login(sim, http).json()
    number, _, secret = answer["token"].partition("|")
    assert number.isdecimal()
    assert len(secret) == 40
    assert answer["user"]["role"] == "admin"
    assert "password" not in answer["user"]
    me = http.get("/auth/me", headers=bearer(answer["token"])).json()
    assert me["email"] == sim.endpoints["acsmonitor"]["email"]
    assert me["roles"] == ["admin"]
    assert "devices.view" in me["permissions"]
    assert acs.sign_ins == 1


def test_wrong_password(sim: Simulator, acs: AcsMonitorState, http: httpx.Client) -> None:
    """A wrong password is a 422 that names the field, or a 401."""
    answer = login(sim, http, password="wrong\u00e9")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["email"]
    assert answer.json()["message"] == answer.json()["errors"]["email"][0]
    acs.login_refusal = 401
    answer = login(sim, http, email="nobody@example.org")
    assert answer.status_code == 401
    assert "errors" not in answer.json()
    assert acs.sign_ins == 0


def test_login_without_fields(http: httpx.Client) -> None:
    """Every missing field is named, and the message counts them."""
    answer = http.post("/auth/login", json={})
    assert answer.status_code == 422
    assert answer.json() == {
        "message": "The email field is required. (and 1 more error)",
        "errors": {"email": ["The email field is required."], "password": ["The password field is required."]},
    }


def test_two_factor(sim: Simulator, acs: AcsMonitorState, http: httpx.Client) -> None:
    """Where a second factor is asked for, a login gives no token."""
    acs.two_factor = True
    answer = login(sim, http)
    assert answer.status_code == 200
    assert "token" not in answer.json()


def test_logout(sim: Simulator, acs: AcsMonitorState, http: httpx.Client) -> None:
    """A logout revokes the token that signed it and no other, with a body or without."""
    first, second = (login(sim, http).json()["token"] for _ in range(2))
    answer = http.post("/auth/logout", headers=bearer(first))
    assert (answer.status_code, answer.json()) == (200, {"message": "Logged out."})
    assert http.get("/auth/me", headers=bearer(first)).status_code == 401
    assert http.get("/auth/me", headers=bearer(second)).status_code == 200
    acs.logout_status = 204
    answer = http.post("/auth/logout", headers=bearer(second))
    assert (answer.status_code, answer.content) == (204, b"")
    assert http.get("/auth/me").status_code == 200


def test_token_life(sim: Simulator, acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """A token of a login lives as long as it is told to, or for ever; the long-lived one stays."""
    eternal = login(sim, http).json()["token"]
    sim.faults = Faults(token_life=20)
    assert acs.token_life == 20
    mortal = login(sim, http).json()["token"]
    clock.time += timedelta(seconds=19)
    assert http.get("/auth/me", headers=bearer(mortal)).status_code == 200
    clock.time += timedelta(seconds=1)
    answer = http.get("/auth/me", headers=bearer(mortal))
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
    clock.time += timedelta(days=1000)
    assert http.get("/auth/me", headers=bearer(eternal)).status_code == 200
    assert http.get("/auth/me").status_code == 200


def test_expired_tokens(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A test can end the tokens of one user, or of all."""
    acs.expire_tokens("viewer")
    assert http.get("/devices", headers=bearer(acs.token_of("viewer"))).status_code == 401
    assert http.get("/devices").status_code == 200
    acs.expire_tokens()
    assert http.get("/devices").status_code == 401


def test_unauthenticated_without_accept(http: httpx.Client) -> None:
    """Who does not ask for JSON is sent to the login page."""
    answer = http.get("/devices", headers={"Authorization": "Bearer 9|x", "Accept": "*/*"})
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/login")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert http.get("/devices", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_deleted_user(acs: AcsMonitorState, http: httpx.Client) -> None:
    """The tokens of a deleted user are good no longer."""
    viewer = acs.user("viewer")["id"]
    assert http.delete(f"/users/{viewer}").status_code == 204
    assert http.get("/devices", headers=bearer(acs.token_of("viewer"))).status_code == 401


@pytest.mark.parametrize(
    ("role", "reads", "acknowledges", "polls", "health", "roles"),
    [
        ("super-admin", 200, 200, 200, 200, 200),
        ("admin", 200, 200, 200, 200, 403),
        ("operator", 200, 200, 403, 403, 403),
        ("viewer", 200, 403, 403, 403, 403),
    ],
)
def test_roles(
    acs: AcsMonitorState,
    http: httpx.Client,
    role: str,
    reads: int,
    acknowledges: int,
    polls: int,
    health: int,
    roles: int,
) -> None:
    """What a role may, by the slug of each endpoint."""
    device = acs.add_device("d")
    event = acs.add_alert_event(device)
    headers = bearer(acs.token_of(role))
    answers = [
        http.get("/devices", headers=headers),
        http.post(f"/alert-events/{event['id']}/acknowledge", headers=headers),
        http.post(f"/devices/{device['id']}/poll", headers=headers),
        http.get("/system/health", headers=headers),
        http.get("/roles", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [reads, acknowledges, polls, health, roles]
    bodies = [answer.json() for answer in answers if answer.status_code == 403]
    assert all(body == {"message": "This action is unauthorized."} for body in bodies)


def test_permissions_can_be_changed(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A super admin sets what a role permits, for which a 403 comes before a 404."""
    headers = bearer(acs.token_of("super-admin"))
    role = next(row["id"] for row in acs.tables["roles"] if row["name"] == "viewer")
    answer = http.put(f"/roles/{role}", json={"permissions": ["settings.view"]}, headers=headers)
    assert answer.json()["permissions"] == ["settings.view"]
    viewer = bearer(acs.token_of("viewer"))
    assert http.get("/system/health", headers=viewer).status_code == 200
    assert http.get("/devices/999", headers=viewer).status_code == 403


# Rate limits


def test_rate_limit(acs: AcsMonitorState, http: httpx.Client, clock: Clock) -> None:
    """Sixty a minute from the first on; a refusal says how long to wait, and does not count."""
    told = [http.get("/devices").headers["X-RateLimit-Remaining"] for _ in range(60)]
    assert told == [str(left) for left in range(59, -1, -1)]
    clock.time += timedelta(seconds=12.5)
    for _ in range(3):
        answer = http.get("/devices")
        assert (answer.status_code, answer.json()) == (429, {"message": "Too Many Attempts."})
        assert answer.headers["Retry-After"] == "48"
        assert answer.headers["X-RateLimit-Limit"] == "60"
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert answer.headers["X-RateLimit-Reset"] == str(int(T0.timestamp()) + 60)
    assert (acs.windows_used, acs.throttled) == (1, 3)
    clock.time = T0 + timedelta(seconds=59.9)
    assert http.get("/devices").status_code == 429
    clock.time = T0 + timedelta(seconds=60)
    assert http.get("/devices").headers["X-RateLimit-Remaining"] == "59"
    assert acs.windows_used == 2


def test_rate_limit_is_by_user(sim: Simulator, acs: AcsMonitorState, http: httpx.Client) -> None:
    """All tokens of a user share a window, and no other user has a part in it."""
    acs.rate_limit = 2
    other = login(sim, http).json()["token"]
    assert http.get("/devices").status_code == 200
    assert http.get("/devices", headers=bearer(other)).status_code == 200
    assert http.get("/devices", headers=bearer(other)).status_code == 429
    assert http.get("/devices").status_code == 429
    assert http.get("/devices", headers=bearer(acs.token_of("viewer"))).status_code == 200


def test_rate_limit_can_be_off(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Without a limit nothing is refused, and no header tells of one; a limit may have another window."""
    acs.rate_limit = None
    assert "X-RateLimit-Limit" not in http.get("/devices").headers
    acs.rate_limit = 1
    acs.rate_window = timedelta(seconds=5)
    assert http.get("/devices").status_code == 200
    assert http.get("/devices").headers["Retry-After"] == "5"
    acs.limiter.clear()
    assert http.get("/devices").status_code == 200


def test_login_rate_limit(sim: Simulator, acs: AcsMonitorState, http: httpx.Client) -> None:
    """Six logins a minute, right or wrong, apart from what the user may ask for besides."""
    statuses = [login(sim, http, password="wrong" if odd else "admin-password").status_code for odd in [0, 1] * 4]
    assert statuses == [200, 422, 200, 422, 200, 422, 429, 429]
    assert http.get("/devices").headers["X-RateLimit-Remaining"] == "59"
    acs.login_rate_limit = None
    assert login(sim, http).status_code == 200


def test_plain_429(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A 429 is plain text where the server is of an older Laravel."""
    acs.rate_limit, acs.plain_429 = 0, True
    answer = http.get("/devices")
    assert (answer.status_code, answer.text) == (429, "Too Many Attempts.")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Retry-After" in answer.headers


def test_every_reply_tells_the_limit(sim: Simulator, http: httpx.Client) -> None:
    """The headers are on errors too, which do not count unless they are of the endpoint itself."""
    answers = [
        http.get("/nothing"),
        http.delete("/devices"),
        http.get("/devices", headers=bearer("9|x")),
        http.get("/devices/999"),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 401, 404]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["60", "60", "60", "59"]
    assert login(sim, http).headers["X-RateLimit-Limit"] == "6"


# Pages


def test_hybrid_page(acs: AcsMonitorState, http: httpx.Client) -> None:
    """The envelope has what the client's page and the API's overview name, links with the query."""
    acs.add_devices(5)
    page = http.get("/devices?filter[status]=up&per_page=2&page=2").json()
    base = f"{http.base_url}devices?filter%5Bstatus%5D=up&per_page=2&page="
    assert names(page) == ["device-000003", "device-000004"]
    assert page["links"] == {"first": f"{base}1", "last": f"{base}3", "prev": f"{base}1", "next": f"{base}3"}
    assert page["meta"] == {"current_page": 2, "from": 3, "last_page": 3, "per_page": 2, "to": 4, "total": 5}
    assert page["next_page_url"] == f"{base}3"
    last = http.get(page["next_page_url"]).json()
    assert names(last) == ["device-000005"]
    assert (last["next_page_url"], last["links"]["next"], last["meta"]["to"]) == (None, None, 5)


def test_seed_page(acs: AcsMonitorState, http: httpx.Client) -> None:
    """The envelope of the client's page has no last_page."""
    acs.envelope = "seed"
    page = http.get("/devices").json()
    assert list(page) == ["data", "links", "meta", "next_page_url"]
    assert page["meta"] == {"current_page": 1, "from": None, "per_page": 50, "to": None, "total": 0}


def test_plain_page(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A plain paginator of Laravel's has everything at the top, and a list of links."""
    acs.envelope = "plain"
    acs.add_devices(40)
    page = http.get("/devices", params={"per_page": 2, "page": 10}).json()
    base = f"{http.base_url}devices"
    assert "meta" not in page
    assert {name: page[name] for name in ("current_page", "last_page", "per_page", "total", "path")} == {
        "current_page": 10,
        "last_page": 20,
        "per_page": 2,
        "total": 40,
        "path": base,
    }
    assert page["next_page_url"] == f"{base}?per_page=2&page=11"
    assert page["prev_page_url"] == f"{base}?per_page=2&page=9"
    labels = [link["label"] for link in page["links"]]
    assert labels == [
        *("&laquo; Previous", "1", "...", "7", "8", "9", "10", "11", "12", "13", "...", "20"),
        "Next &raquo;",
    ]
    assert [link["label"] for link in page["links"] if link["active"]] == ["10"]


def test_resource_page(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A resource collection of Laravel's has links and meta, and no next_page_url."""
    acs.envelope = "resource"
    acs.add_devices(3)
    page = http.get("/devices", params={"per_page": 2}).json()
    assert list(page) == ["data", "links", "meta"]
    assert page["links"]["next"] == page["meta"]["links"][-1]["url"] == f"{http.base_url}devices?per_page=2&page=2"
    assert page["meta"]["last_page"] == 2


def test_bare_list(acs: AcsMonitorState, http: httpx.Client) -> None:
    """One resource can be a list of all rows, while others have pages."""
    acs.envelopes["devices"] = "bare"
    acs.add_devices(120)
    assert len(http.get("/devices", params={"per_page": 2, "page": 3}).json()) == 120
    assert http.get("/monitors").json()["data"] == []


def test_links_without_query(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Links lose the query where the server was not told to keep it, and may have a host of its own."""
    acs.links_keep_query, acs.app_url = False, "http://app.internal"
    acs.add_devices(3)
    page = http.get("/devices", params={"per_page": 1, "page": 2}).json()
    assert page["next_page_url"] == "http://app.internal/api/v1/devices?page=3"
    assert page["links"]["prev"] == "http://app.internal/api/v1/devices?page=1"


def test_page_sizes(acs: AcsMonitorState, http: httpx.Client) -> None:
    """The default and the cap are the server's, and the page says which size it has."""
    acs.add_devices(300)

    def size(**params: object) -> int:
        page = http.get("/devices", params=params).json()
        assert page["meta"]["per_page"] == len(page["data"])
        return len(page["data"])

    assert size() == 50
    assert size(per_page=1000) == 100
    acs.per_page, acs.per_page_cap = 25, 200
    assert (size(), size(per_page=1000)) == (25, 200)
    acs.per_page_caps["devices"] = 10
    assert (size(), size(per_page=1000)) == (10, 10)


@pytest.mark.parametrize("text", ["0", "-1", "x", "1e3", "\u0663", "9" * 18, "9" * 30, "9" * 5000, "%00", "%ff"])
def test_odd_page_numbers(acs: AcsMonitorState, http: httpx.Client, text: str) -> None:
    """A size or a page that is no number above zero counts as none; a page behind the last is empty."""
    acs.add_devices(3)
    page = http.get(f"/devices?page={text}&per_page={text}").json()
    behind = text == "9" * 18
    assert page["meta"]["per_page"] == (100 if behind else 50)
    assert page["meta"]["current_page"] == (int(text) if behind else 1)
    assert len(page["data"]) == (0 if behind else 3)
    assert page["next_page_url"] is None


def test_sorting(acs: AcsMonitorState, http: httpx.Client) -> None:
    """By a column, descending with a minus, or by several; nothing sorts before numbers."""
    for name, ms in (("b", 3), ("a", None), ("c", 3), ("d", 20)):
        acs.add_monitor(name, response_time_ms=ms)

    def order(sort: str) -> str:
        return "".join(names(http.get("/monitors", params={"sort": sort}).json()))

    assert order("response_time_ms") == "abcd"
    assert order("-response_time_ms") == "dcba"
    assert order("-response_time_ms,name") == "dbca"
    assert order("id") == "bacd"


def test_usual_order(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Without a sort things are by name and what happens is newest first, unless it is told otherwise."""
    for name in "bca":
        acs.add_device(name)
    for hour in (2, 3, 1, 3):
        acs.add_alert_event(triggered_at=T0 + timedelta(hours=hour))
    assert names(http.get("/devices").json()) == ["a", "b", "c"]
    assert [row["id"] for row in http.get("/alert-events").json()["data"]] == [4, 2, 1, 3]
    acs.orders["alert_events"] = "id"
    assert [row["id"] for row in http.get("/alert-events").json()["data"]] == [1, 2, 3, 4]


@pytest.mark.parametrize("query", ["filter[status]=down", "filter%5Bstatus%5D=down", "filter[is_active]=false"])
def test_filters(acs: AcsMonitorState, http: httpx.Client, query: str) -> None:
    """A filter is exact, its brackets are encoded or not, and flags are words."""
    acs.add_device("a", status="down", is_active=False)
    acs.add_device("b", status="downer")
    assert names(http.get(f"/devices?{query}").json()) == ["a"]


def test_filters_of_rules(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Rules are filtered by device, severity and active, as the API's page has it."""
    device = acs.add_device("d")
    acs.add("alert_rules", name="a", device_id=device["id"], severity="info", is_active=False)
    acs.add("alert_rules", name="b", device_id=device["id"])
    acs.add("alert_rules", name="c", severity="info")
    for query, found in (
        ("device]=1", "ab"),
        ("severity]=info", "ac"),
        ("active]=0", "a"),
        ("active]=true", "bc"),
    ):
        assert "".join(names(http.get(f"/alert-rules?filter[{query}").json())) == found


def test_filters_together(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Filters are all to be met, also those of what a row belongs to; free text is looked for in names."""
    group = acs.add("device_groups", name="Core")
    acs.add_device("core-1", device_group_id=group["id"])
    acs.add_device("core-2", status="down", device_group_id=group["id"], ip_address="192.0.2.9")
    acs.add_device("edge-1", status="down")
    acs.add_monitor("website", host="www.example.org", tags=["customer"])
    query = {"filter[status]": "down", "filter[device_group]": group["id"]}
    assert names(http.get("/devices", params=query).json()) == ["core-2"]
    assert names(http.get("/devices", params={"search": "CORE"}).json()) == ["core-1", "core-2"]
    assert names(http.get("/devices", params={"search": "192.0.2"}).json()) == ["core-2"]
    assert names(http.get("/monitors", params={"search": "custom"}).json()) == ["website"]


@pytest.mark.parametrize(
    "query", ["sort=-nothing", "filter[nothing]=1", "sort=community", "filter[community]=public"]
)
def test_unknown_columns(acs: AcsMonitorState, http: httpx.Client, query: str) -> None:
    """A column that there is not, or that is not shown, is passed over, or refused with those that there are."""
    acs.add_devices(2)
    assert len(http.get(f"/devices?{query}").json()["data"]) == 2
    acs.unknown_columns = "refused"
    answer = http.get(f"/devices?{query}")
    assert answer.status_code == 400
    assert "`name`" in answer.json()["message"]
    assert http.get("/devices?sort=name&filter[status]=up").status_code == 200


def test_pages_see_changes(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A page is of the rows as they are, whatever an earlier one saw."""
    acs.add_device("a")
    assert names(http.get("/devices").json()) == ["a"]
    created = http.post("/devices", json={"name": "b", "ip_address": "192.0.2.1"}).json()
    assert names(http.get("/devices").json()) == ["a", "b"]
    http.put(f"/devices/{created['id']}", json={"name": "A first"})
    assert names(http.get("/devices").json()) == ["A first", "a"]
    http.delete(f"/devices/{created['id']}")
    assert names(http.get("/devices").json()) == ["a"]


def test_rows_have_ids_of_their_own(acs: AcsMonitorState) -> None:
    """A test cannot put in a row with the id of another."""
    acs.add_device("a", id=7)
    with pytest.raises(ValueError, match="7"):
        acs.add_device("b", id=7)
    assert acs.add_device("c")["id"] == 8


def test_many_lists_at_a_time(acs: AcsMonitorState, http: httpx.Client) -> None:
    """Walks over more lists than are remembered are right all the same."""
    acs.add_devices(20)
    for _ in range(2):
        for number in range(1, 21):
            page = http.get("/devices", params={"filter[id]": number}).json()
            assert names(page) == [f"device-{number:06}"]
            acs.limiter.clear()


def test_long_lists_are_sorted_once(acs: AcsMonitorState, http: httpx.Client) -> None:
    """A walk over many pages selects the rows once, whatever the order."""
    acs.rate_limit = None
    acs.add_alert_events(10_000)
    table = acs.tables["alert_events"]
    seen = []
    select = table.select
    table.select = lambda key, choose: select(key, lambda rows: seen.append(key) or choose(rows))  # type: ignore[method-assign]
    pages = walk(http, "/alert-events", most=101, per_page=100, sort="-triggered_at")
    ids = [row["id"] for page in pages for row in page["data"]]
    assert ids == list(range(10_000, 0, -1))
    assert len(seen) == 1


# Its place in the simulator


def test_endpoint(sim: Simulator) -> None:
    """A client needs the root, an address with a password, and may use a token."""
    endpoint = sim.endpoints["acsmonitor"]
    assert set(endpoint) == {"base_url", "email", "password", "token"}
    assert not urlsplit(endpoint["base_url"]).path


def test_world() -> None:
    """Hosts, people and alarms are those of the world, what does not answer being of monitors."""
    world = World.build()
    with Simulator(["acsmonitor"]) as sim:
        sim.acsmonitor.rate_limit = None
        endpoint = sim.endpoints["acsmonitor"]
        headers = {**bearer(endpoint["token"]), "Accept": "application/json"}
        with httpx.Client(base_url=f"{endpoint['base_url']}/api/v1", headers=headers) as http:

            def rows(path: str) -> list[dict[str, Any]]:
                return [row for page in walk(http, path, per_page=100) for row in page["data"]]

            found = {name: rows(f"/{name.replace('_', '-')}") for name in sim.held("acsmonitor")}
            measured = http.get("/devices/1/metrics").json()["metrics"]
        held = sim.held("acsmonitor")
    assert all(sorted(held[name]) == sorted(row["id"] for row in each) for name, each in found.items())
    unreachable = {alarm.number for alarm in world.alarms if alarm.name == "unreachable"}
    assert {row["id"] for row in found["monitor_events"]} == unreachable
    events = {row["id"]: row for row in [*found["alert_events"], *found["monitor_events"]]}
    assert set(events) == {alarm.number for alarm in world.alarms}
    assert {id for id, row in events.items() if row["status"] != "resolved"} == {
        alarm.number for alarm in world.alarms if alarm.open
    }
    for alarm in world.alarms:
        row = events[alarm.number]
        assert (row["monitor"] or row["device"])["id"] == alarm.host.number
        assert (row["acknowledged_at"] is not None) is (alarm.acknowledged_at is not None)
    assert {row["ip_address"] for row in found["devices"]} == {host.address for host in world.hosts}
    down = {alarm.host.number for alarm in world.alarms if alarm.open and alarm.number in unreachable}
    assert {row["id"] for row in found["devices"] if row["status"] == "down"} == down
    pings = [row for row in found["monitors"] if row["type"] == "ping"]
    assert {row["id"] for row in pings if row["status"] == "down"} == down
    assert len(found["monitors"]) == len(world.hosts) + sum(host.role == "web" for host in world.hosts)
    assert len(found["snmp_traps"]) == sum(alarm.stateless for alarm in world.alarms)
    people = {person.email for person in world.people}
    assert {row["config"]["recipients"][0] for row in found["alert_channels"]} == people
    assert people < {row["email"] for row in found["users"]}
    value = world.value(world.hosts[0], world.metrics[0], world.epoch - timedelta(hours=1))
    assert measured[0]["values"][-1] == {"recorded_at": "2025-12-31T23:00:00Z", "value": value}


def test_world_of_one_list() -> None:
    """The alarms of the world can all be in one list, since no two of them have one id."""
    with Simulator(["acsmonitor"]) as sim:
        sim.acsmonitor.events = "together"
        held = sim.held("acsmonitor")
    assert sorted(map(str, held["alert_events"])) == sorted(str(alarm.number) for alarm in World.build().alarms)
    assert list(held["monitor_events"]) == []


@pytest.mark.parametrize("envelope", ["hybrid", "seed", "plain", "resource"])
def test_repeated_cursor(sim: Simulator, acs: AcsMonitorState, http: httpx.Client, envelope: str) -> None:
    """Every link to the next page leads to the same page again; the last page stays the last."""
    acs.envelope = envelope  # type: ignore[assignment]
    acs.add_devices(5)
    sim.faults = Faults(rates={Fault.REPEAT_CURSOR: 1})
    for page in (1, 2):
        query = {"per_page": 2, **({"page": page} if page > 1 else {})}
        found = http.get("/devices", params=query)
        links = found.json()["links"]
        after = links[-1]["url"] if envelope == "plain" else links["next"]
        assert parse_qs(urlsplit(after).query) == {"per_page": ["2"], "page": [str(page)]}
        assert found.json().get("next_page_url", after) == after
    last = http.get("/devices", params={"per_page": 2, "page": 3}).json()
    assert last.get("next_page_url") is None


def test_repeated_cursor_of_a_bare_list(sim: Simulator, acs: AcsMonitorState, http: httpx.Client) -> None:
    """A list without pages has no way to a next one that could be changed."""
    acs.envelope = "bare"
    acs.add_devices(2)
    sim.faults = Faults(rates={Fault.REPEAT_CURSOR: 1})
    assert names({"data": http.get("/devices").json()}) == ["device-000001", "device-000002"]


@pytest.mark.parametrize("envelope", ["hybrid", "bare"])
def test_broken_row(sim: Simulator, acs: AcsMonitorState, http: httpx.Client, envelope: str) -> None:
    """The row in the middle of a page gets an id that is no number; an empty page has none."""
    acs.envelope = envelope  # type: ignore[assignment]
    sim.faults = Faults(rates={Fault.BAD_ROW: 1})
    page = http.get("/devices").json()
    assert (page["data"] if envelope == "hybrid" else page) == []
    acs.add_devices(3)
    page = http.get("/devices").json()
    ids = [row["id"] for row in (page["data"] if envelope == "hybrid" else page)]
    assert ids == [1, {"not": "a number"}, 3]
    assert http.get("/devices/2").json()["id"] == 2


@pytest.mark.parametrize(
    ("path", "events"),
    [
        *(
            (f"/{name}", "separate")
            for name in (
                *("devices", "monitors", "alert-events", "monitor-events", "alert-channels", "device-groups"),
                *("monitor-groups", "alert-rules", "monitor-alert-rules", "snmp-traps"),
                *("devices/1/alerts", "monitors/1/results"),
            )
        ),
        ("/alert-events", "together"),
    ],
)
def test_shift(sim: Simulator, acs: AcsMonitorState, http: httpx.Client, path: str, events: str) -> None:
    """A row that comes in between two pages is at the front, also the second time."""
    acs.events = events
    acs.add_device("first")
    acs.add_monitor("first")
    for hour in range(3):
        acs.add_alert_event(triggered_at=T0 + timedelta(hours=hour))
    sim.faults = Faults(rates={Fault.SHIFT: 1})
    before: list[object] = []
    for _ in range(3):
        page = [row["id"] for row in http.get(path).json()["data"]]
        added = len(page) - len(before)
        assert added > 0
        assert page[added:] == before or not before
        before = page


def test_every_switch_has_a_test() -> None:
    """No switch goes without a test that sets it; ``token_life`` is set by the fault of that name."""
    sources = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_acsmonitor*.py")]
    set_there = {name for source in sources for name in re.findall(r"\bacs\.(\w+)(?=[^=\n]* = )", source)}
    assert {field.name for field in attrs.fields(Switches)} - set_there == {"token_life"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("envelope", "xml"),
        ("envelopes", {"devices": "xml"}),
        ("per_page", 0),
        ("per_page_caps", {"devices": 0}),
        ("rate_limit", "60"),
        ("events", "both"),
        ("check_delay", 1),
    ],
)
def test_values_that_a_switch_has_not(acs: AcsMonitorState, name: str, value: object) -> None:
    """A switch that is set to something that it does not have says so."""
    with pytest.raises((ValueError, TypeError), match=name.removesuffix("s")):
        setattr(acs, name, value)
