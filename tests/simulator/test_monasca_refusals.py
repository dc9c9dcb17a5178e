"""What the simulated Monasca and Keystone refuse, in the words that the real ones were seen to use."""

from collections.abc import Iterator

import httpx
import pytest

from tocsin.simulator import Simulator

METRIC = {"name": "a", "timestamp": 1, "value": 1}
LONG_META = {"k": "x" * 2048}
TOO_LONG = "valueMeta name value combinations must be 2048 characters or less"
TOO_LONG_META = f"{TOO_LONG}: valueMeta {LONG_META}: for metric a"
EMAIL = {"name": "n", "type": "EMAIL", "address": "a@example.org"}
DEFINITION = {"name": "d", "expression": "x > 1"}
QUERY = "?name=m&start_time=2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A Monasca with one alarm and its definition."""
    with Simulator(["monasca"], scale=0) as running:
        monasca = running.monasca
        monasca.clear()
        own, monasca.new_id = monasca.new_id, iter(("two", "taken")).__next__
        definition = monasca.add_definition("two", "avg(a{h=1}) > 1 and max(b{h=1}) > 2")
        monasca.add_method("taken", "EMAIL", "a@example.org")
        monasca.new_id = own
        monasca.add_alarm(definition, [("a", {"h": "1"})], id="alarm")
        yield running


@pytest.fixture(scope="module")
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client signed by demo's token, at the API's base URL."""
    endpoint = sim.endpoints["monasca"]
    headers = {"X-Auth-Token": endpoint["token"]}
    with httpx.Client(base_url=endpoint["base_url"], headers=headers) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "description"),
    [
        ("POST", "/metrics", {**METRIC, "name": 5}, 422, "invalid metric name type: 5 is not a string type "),
        (
            "POST",
            "/metrics",
            {**METRIC, "dimensions": {"": "x"}},
            422,
            "invalid length (0) for dimension key : for metric a",
        ),
        (
            "POST",
            "/metrics",
            {**METRIC, "dimensions": {"k": ""}},
            422,
            "invalid length (0) for dimension value  from key k: for metric a",
        ),
        (
            "POST",
            "/metrics",
            {**METRIC, "value_meta": {"": "x"}},
            422,
            "valueMeta name cannot be empty: key=, value=x: for metric a",
        ),
        (
            "POST",
            "/metrics",
            {**METRIC, "value_meta": {"k" * 256: 1}},
            422,
            f"valueMeta name too long: {'k' * 256} must be 255 characters or less: for metric a",
        ),
        (
            "POST",
            "/metrics",
            {**METRIC, "value_meta": LONG_META},
            422,
            TOO_LONG_META,
        ),
        ("GET", "/metrics?dimensions=_a:b", None, 422, "Dimension key _a may not start with '_'"),
        ("GET", f"/metrics/measurements{QUERY}&group_by=ho-st", None, 500, "only time and tag dimensions allowed"),
        (
            "GET",
            f"/metrics/statistics{QUERY}&statistics=avg&period=-1",
            None,
            422,
            "Period must be a positive integer",
        ),
        ("GET", f"/metrics/statistics{QUERY}&statistics=avg&offset=0_x", None, 500, None),
        (
            "GET",
            f"/metrics/statistics{QUERY}&statistics=avg&offset=0_2026-01-01T00:00:00Z",
            None,
            500,
            "invalid timestamp string",
        ),
        ("GET", "/metrics/names?x", None, 500, "not enough values to unpack (expected 2, got 1)"),
        ("POST", "/notification-methods", [], 400, "expected a dictionary"),
        (
            "POST",
            "/notification-methods",
            {**EMAIL, "address": 1},
            400,
            "expected str for dictionary value @ data['address']",
        ),
        ("POST", "/notification-methods", {**EMAIL, "period": "x"}, 400, "Period x must be a valid integer"),
        (
            "POST",
            "/notification-methods",
            {**EMAIL, "period": 1.5},
            400,
            "expected int for dictionary value @ data['period']",
        ),
        (
            "POST",
            "/notification-methods",
            {**EMAIL, "type": "WEBHOOK", "address": "x"},
            400,
            "Address x does not have URL scheme",
        ),
        (
            "POST",
            "/notification-methods",
            {**EMAIL, "type": "WEBHOOK", "address": "http:x"},
            400,
            "Address http:x does not have network location",
        ),
        (
            "PUT",
            "/notification-methods/other",
            {**EMAIL, "name": "taken", "period": 0},
            409,
            "A notification method with name taken already exists with id taken",
        ),
        (
            "POST",
            "/alarm-definitions",
            {**DEFINITION, "name": 1},
            422,
            "expected str for dictionary value @ data['name']",
        ),
        (
            "POST",
            "/alarm-definitions",
            {**DEFINITION, "match_by": "x"},
            422,
            "expected a list for dictionary value @ data['match_by']",
        ),
        ("POST", "/alarm-definitions", {**DEFINITION, "match_by": [1]}, 422, "expected str @ data['match_by'][0]"),
        (
            "POST",
            "/alarm-definitions",
            {**DEFINITION, "alarm_actions": "a"},
            422,
            "Not a list: <class 'str'> for dictionary value @ data['alarm_actions']",
        ),
        (
            "POST",
            "/alarm-definitions",
            {**DEFINITION, "ok_actions": [1]},
            422,
            "list item <1> -> <class 'int'> not one of (str, unicode) for dictionary value @ data['ok_actions']",
        ),
        (
            "POST",
            "/alarm-definitions",
            {**DEFINITION, "alarm_actions": ["a", "a"]},
            422,
            "Duplicate ALARM notification method a for dictionary value @ data['alarm_actions']",
        ),
        (
            "POST",
            "/alarm-definitions",
            {**DEFINITION, "alarm_actions": ["a" * 60]},
            422,
            "length 60 > 50 for dictionary value @ data['alarm_actions']",
        ),
        (
            "POST",
            "/alarm-definitions",
            {**DEFINITION, "actions_enabled": 1},
            422,
            "expected bool for dictionary value @ data['actions_enabled']",
        ),
        ("PATCH", "/alarm-definitions/two", {"severity": "BAD"}, 422, "Invalid severity"),
        ("PATCH", "/alarm-definitions/two", {"severity": 1}, 500, "<class 'int'> can't be decoded"),
        (
            "PATCH",
            "/alarm-definitions/two",
            {"expression": "avg(a{h=1}) > 1"},
            422,
            "b'metrics in subexpression must not change'",
        ),
        (
            "PATCH",
            "/alarm-definitions/two",
            {"expression": "avg(a{h=1}) > 1 and max(c{h=1}) > 2"},
            422,
            "b'number of subexpressions must not change'",
        ),
        (
            "PATCH",
            "/alarm-definitions/two",
            {"expression": "bad("},
            422,
            "parser failed on expression 'b'bad('' at column b'4': b\"Expected {'OR' | '||'} term\"",
        ),
        ("PATCH", "/alarm-definitions", {}, 400, "Alarm definition ID not provided"),
        ("PUT", "/alarm-definitions", {}, 400, "Alarm definition ID not provided"),
        ("DELETE", "/alarm-definitions", None, 400, "Alarm definition ID not provided"),
        (
            "GET",
            "/alarm-definitions?severity=low|BAD",
            None,
            422,
            "Severity b'BAD' must be one of ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL']",
        ),
        ("GET", "/alarm-definitions?sort_by=name%20up", None, 422, "sort_by value up must be 'asc' or 'desc'"),
        ("GET", "/alarm-definitions?sort_by=name%20desc%20x", None, 422, "Invalid sort_by name desc x"),
        (
            "PUT",
            "/alarms",
            {},
            500,
            "Alarms.on_put() missing 1 required positional argument: 'alarm_id'",
        ),
        ("GET", "/alarms/count?offset=x", None, 422, "Offset must be a valid integer, was x"),
        (
            "GET",
            "/alarms/a'b/state-history",
            None,
            500,
            "Input from user contains single quote ['] or semi-colon [;] characters[ a'b ]",
        ),
        (
            "GET",
            "/alarms/state-history?offset=zz",
            None,
            500,
            "invalid operation: time and *influxql.StringLiteral are not compatible",
        ),
        ("POST", "/logs", {"logs": [], "dimensions": 1}, 422, "Dimensions 1 must be a dictionary (map)"),
        ("POST", "/logs", {"logs": [], "dimensions": {"": "b"}}, 422, "Dimension name cannot be empty"),
        ("POST", "/logs", {"logs": [], "dimensions": {"a": ""}}, 422, "Dimension value cannot be empty"),
        (
            "POST",
            "/logs",
            {"logs": [], "dimensions": {"a b": "c"}},
            422,
            "Dimension name a b may not contain: > < = { } ( ) ' \" , ; &",
        ),
        (
            "POST",
            "/logs",
            {"logs": [], "dimensions": {"a": "x" * 256}},
            422,
            f"Dimension value {'x' * 256} must be 255 characters or less",
        ),
        (
            "POST",
            "/logs",
            {"logs": [], "dimensions": {"x" * 256: "a"}},
            422,
            f"Dimension name {'x' * 256} must be 255 characters or less",
        ),
    ],
)
def test_refused(
    http: httpx.Client, method: str, path: str, body: object, status: int, description: str | None
) -> None:
    """The status and the description are those of the real server."""
    response = http.request(method, path, **({} if body is None else {"json": body}))
    assert response.status_code == status
    assert description is None or response.json()["description"] == description


def test_media_types(http: httpx.Client) -> None:
    """A definition may come with a parameter of its media type or without one, but as no other type."""
    for kind, status in (
        ("application/json; charset=utf-8", 200),
        (None, 200),
        ("application/json-patch+json", 400),
        ("text/plain", 400),
    ):
        headers = {"Content-Type": kind} if kind else {}
        response = http.patch("/alarm-definitions/two", content='{"severity": "LOW"}', headers=headers)
        assert response.status_code == status


def test_delete_methods_and_definitions(sim: Simulator, http: httpx.Client) -> None:
    """What is deleted is a 404 from then on."""
    definition = sim.monasca.add_definition("to delete", "x > 1")
    method = sim.monasca.add_method("to delete", "EMAIL", "a@example.org")
    for path in (f"/alarm-definitions/{definition.id}", f"/notification-methods/{method.id}"):
        assert http.delete(path).status_code == 204
        assert http.get(path).status_code == 404
        assert http.delete(path).status_code == 404


def test_options_and_health(sim: Simulator, http: httpx.Client) -> None:
    """OPTIONS names the methods; the health needs no token, and is read only."""
    assert http.options("/metrics").headers["Allow"] == "GET, POST"
    url = sim.endpoints["monasca"]["base_url"].replace("/v2.0", "/healthcheck")
    assert httpx.get(url).status_code == 200
    assert httpx.post(url).headers["Allow"] == "GET, HEAD, OPTIONS"


def test_keystone_refuses(sim: Simulator) -> None:
    """Keystone's own ways to say no."""
    keystone = sim.monasca.keystone
    with httpx.Client(base_url=sim.endpoints["monasca"]["keystone_url"]) as client:
        assert client.get("").json()["version"]["id"] == "v3.14"
        assert client.get("/nope").status_code == 404
        assert client.put("/auth/tokens").headers["Allow"] == "POST, GET, HEAD, DELETE"
        assert client.post("/auth/tokens", content=b"{bad").status_code == 400
        unscoped = {"X-Auth-Token": keystone.sign_in("demo", None)}
        assert client.get("/auth/catalog", headers=unscoped).status_code == 403
        assert client.get("/auth/tokens", headers=unscoped).status_code == 403
        path = f"/users/{keystone.users['demo'].id}/application_credentials"
        assert client.post(path, json={"application_credential": {}}, headers=unscoped).status_code == 400
        stranger = {"X-Auth-Token": keystone.sign_in("reader")}
        named = {"application_credential": {"name": "n"}}
        assert client.post(path, json=named, headers=stranger).status_code == 403
        assert client.get(f"{path}/x", headers=stranger).status_code == 403
        identity = {"methods": ["token"], "token": {"id": "rubbish"}}
        assert client.post("/auth/tokens", json={"auth": {"identity": identity}}).status_code == 404
        scope = {"system": {"all": True}}
        user = {"name": "demo", "domain": {"id": "default"}, "password": "demopw"}
        asked = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
        assert client.post("/auth/tokens", json={"auth": asked}).status_code == 401
        asked["scope"] = {"project": {"id": keystone.projects["demo"].id}}
        assert client.post("/auth/tokens", json={"auth": asked}).status_code == 201
        assert client.post("/auth/tokens", json={"auth": {"identity": {"methods": []}}}).status_code == 401
