"""The simulated Monasca: its defects in both positions, its errors, and how it sits in the simulator."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tocsin.simulator import Fault, Faults, Simulator
from tocsin.simulator.monasca import ALL_DEFECTS, Defect, MonascaState
from tocsin.simulator.monasca.expressions import ExpressionError, Operation, SubExpression, parse, subs_of
from tocsin.simulator.world import World

T0 = datetime(2026, 1, 1, tzinfo=UTC)
SINCE = "2025-12-31T00:00:00Z"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A Monasca with an empty world."""
    with Simulator(["monasca"], scale=0) as running:
        running.monasca.clear()
        yield running


@pytest.fixture
def monasca(sim: Simulator) -> MonascaState:
    return sim.monasca


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client signed by demo's token, at the API's base URL."""
    endpoint = sim.endpoints["monasca"]
    headers = {"X-Auth-Token": endpoint["token"]}
    with httpx.Client(base_url=endpoint["base_url"], headers=headers) as client:
        yield client


def seconds(*numbers: float) -> list[tuple[datetime, float]]:
    return [(T0 + timedelta(seconds=number), number) for number in numbers]


def next_offset(page: dict) -> str | None:
    for link in page["links"]:
        if link["rel"] == "next":
            return parse_qs(urlsplit(link["href"]).query)["offset"][0]
    return None


def walk(http: httpx.Client, path: str, most: int = 50, **params: object) -> list[dict]:
    """Every page, by the offsets of the next links."""
    pages: list[dict] = []
    query = dict(params)
    for _ in range(most):
        response = http.get(path, params=query)
        assert response.status_code == 200, response.text
        pages.append(response.json())
        offset = next_offset(pages[-1])
        if offset is None:
            return pages
        query["offset"] = offset
    raise AssertionError(f"{path} does not end")


def values(pages: list[dict], rows: str = "measurements") -> list[object]:
    return [row[1] for page in pages for element in page["elements"] for row in element[rows]]


def without(monasca: MonascaState, *defects: Defect) -> None:
    monasca.defects = ALL_DEFECTS - set(defects)


# Defects


def test_early_end(monasca: MonascaState, http: httpx.Client) -> None:
    """A walk over metrics with a start time stops at the first page that has a gap, or reads them all."""
    for number in range(6):
        start = T0 if number % 2 else T0 - timedelta(days=30)
        monasca.add_measurements("m", {"n": str(number)}, [(start, 1)])

    def found() -> list[str]:
        pages = walk(http, "/metrics", start_time=SINCE, limit=1)
        return [row["dimensions"]["n"] for page in pages for row in page["elements"]]

    assert found() == ["1"]
    without(monasca, Defect.EARLY_END)
    assert found() == ["1", "3", "5"]


def test_ambiguous_start(monasca: MonascaState, http: httpx.Client) -> None:
    """With a start time a series whose dimensions another has too makes the list of metrics fail."""
    monasca.add_measurements("m", {"a": "1"}, seconds(1))
    monasca.add_measurements("m", {"a": "1", "b": "2"}, seconds(1))
    assert http.get("/metrics").status_code == 200
    response = http.get("/metrics", params={"start_time": SINCE})
    assert response.status_code == 500
    assert "multiple metrics" in response.json()["description"]
    without(monasca, Defect.AMBIGUOUS_START)
    assert len(http.get("/metrics", params={"start_time": SINCE}).json()["elements"]) == 2


def test_escaped_blanks(monasca: MonascaState, http: httpx.Client) -> None:
    """A blank in a dimension is shown escaped, which cannot be asked for."""
    monasca.add_measurements("m", {"k": "a b"}, seconds(1))
    shown = http.get("/metrics").json()["elements"][0]["dimensions"]["k"]
    assert shown == "a\\ b"
    assert http.get("/metrics", params={"dimensions": f"k:{shown}"}).status_code == 422
    assert http.get("/metrics", params={"start_time": SINCE}).status_code == 500
    without(monasca, Defect.ESCAPED_BLANKS)
    assert http.get("/metrics").json()["elements"][0]["dimensions"]["k"] == "a b"


def test_loose_alternatives(monasca: MonascaState, http: httpx.Client) -> None:
    """Alternatives find what begins with the first or ends with the last, or just what they say."""
    for host in ("a", "ab", "b", "c"):
        monasca.add_measurements("m", {"host": host}, seconds(1))
    query = {"dimensions": "host:a|b"}
    assert len(http.get("/metrics", params=query).json()["elements"]) == 3
    assert http.get("/metrics", params={"dimensions": "host:(|b"}).status_code == 500
    assert http.get("/metrics", params={"dimensions": "host:a/|b"}).status_code == 500
    without(monasca, Defect.LOOSE_ALTERNATIVES)
    assert len(http.get("/metrics", params=query).json()["elements"]) == 2


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/metrics/names", {}),
        ("/metrics/dimensions/names", {}),
        ("/metrics/dimensions/names/values", {"dimension_name": "Upper"}),
    ],
)
def test_lowered_offsets(monasca: MonascaState, http: httpx.Client, path: str, params: dict) -> None:
    """A walk by names loses those with capitals, or reads each once."""
    for name in ("Alpha", "Beta", "Gamma", "delta"):
        monasca.add_measurements(name, {name: "x", "Upper": name}, seconds(1))

    def found() -> list[str]:
        pages = walk(http, path, limit=1, **params)
        return [next(iter(row.values())) for page in pages for row in page["elements"]]

    assert found() == ["Alpha", "delta"]
    without(monasca, Defect.LOWERED_OFFSETS)
    assert set(found()) >= {"Alpha", "Beta", "Gamma", "delta"}
    assert len(found()) == len(set(found()))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7])
def test_groups_lose_rows(monasca: MonascaState, http: httpx.Client, limit: int) -> None:
    """A walk with group_by loses rows of the later groups, or reads each once."""
    for host in "ABC":
        monasca.add_measurements("m", {"host": host}, seconds(0, 1, 2, 3))
    query = {"name": "m", "start_time": SINCE, "group_by": "host"}
    assert len(values(walk(http, "/metrics/measurements", limit=100, **query))) == 12
    assert len(values(walk(http, "/metrics/measurements", limit=limit, **query))) < 12
    without(monasca, Defect.GROUPS_LOSE_ROWS)
    assert len(values(walk(http, "/metrics/measurements", limit=limit, **query))) == 12


@pytest.mark.parametrize("limit", [1, 2, 4, 5])
def test_merge_loses_rows(monasca: MonascaState, http: httpx.Client, limit: int) -> None:
    """A walk over merged series loses rows of a time that a page cuts, or reads each once."""
    for host in "ABC":
        monasca.add_measurements("m", {"host": host}, seconds(0, 1, 2, 3))
    query = {"name": "m", "start_time": SINCE, "merge_metrics": "true"}
    assert len(values(walk(http, "/metrics/measurements", limit=100, **query))) == 12
    assert len(values(walk(http, "/metrics/measurements", limit=limit, **query))) < 12
    without(monasca, Defect.MERGE_LOSES_ROWS)
    assert values(walk(http, "/metrics/measurements", limit=limit, **query)) == [
        0,
        0,
        0,
        1,
        1,
        1,
        2,
        2,
        2,
        3,
        3,
        3,
    ]


def test_one_series_loses_nothing(monasca: MonascaState, http: httpx.Client) -> None:
    """A walk over one series is right, and a full last page is followed by an empty one."""
    monasca.add_measurements("m", {}, seconds(*range(6)))
    pages = walk(http, "/metrics/measurements", name="m", start_time=SINCE, limit=2)
    assert values(pages) == [0, 1, 2, 3, 4, 5]
    assert [len(page["elements"]) for page in pages] == [1, 1, 1, 0]


def test_statistics_offset(monasca: MonascaState, http: httpx.Client) -> None:
    """A walk over statistics leaves out what was measured at the beginning of a page, or nothing."""
    monasca.add_measurements("m", {}, seconds(*range(0, 600, 60)))
    query = {"name": "m", "start_time": SINCE, "statistics": "sum", "period": 60}
    everything = values(walk(http, "/metrics/statistics", limit=100, **query), "statistics")
    assert everything == list(range(0, 600, 60))
    assert values(walk(http, "/metrics/statistics", limit=2, **query), "statistics") == [
        0,
        60,
        180,
        240,
        360,
        420,
        540,
    ]
    without(monasca, Defect.STATISTICS_OFFSET)
    assert values(walk(http, "/metrics/statistics", limit=2, **query), "statistics") == everything


def test_wrong_average(monasca: MonascaState, http: httpx.Client) -> None:
    """The first period of a later page may have a wrong average."""
    monasca.add_measurements("m", {}, seconds(0, 60, 90))
    query = {"name": "m", "start_time": SINCE, "statistics": "avg", "period": 60}
    assert values(walk(http, "/metrics/statistics", limit=1, **query), "statistics") == [0, 90]
    without(monasca, Defect.STATISTICS_OFFSET)
    assert values(walk(http, "/metrics/statistics", limit=1, **query), "statistics") == [0, 75]


def test_documented_statistics_of_groups(monasca: MonascaState, http: httpx.Client) -> None:
    """Without the defect the offset tells the group too."""
    for host in "AB":
        monasca.add_measurements("m", {"host": host}, seconds(0, 60, 120))
    query = {"name": "m", "start_time": SINCE, "statistics": "sum", "period": 60, "group_by": "host"}
    assert len(values(walk(http, "/metrics/statistics", limit=2, **query), "statistics")) < 6
    without(monasca, Defect.STATISTICS_OFFSET)
    assert len(values(walk(http, "/metrics/statistics", limit=2, **query), "statistics")) == 6


def test_method_offset(monasca: MonascaState, http: httpx.Client) -> None:
    """The next link of the notification methods cannot be followed, or can."""
    for number in range(3):
        monasca.add_method(f"m{number}", "EMAIL", "a@example.org")
    offset = next_offset(http.get("/notification-methods", params={"limit": 1}).json())
    assert http.get("/notification-methods", params={"limit": 1, "offset": offset}).status_code == 422
    without(monasca, Defect.METHOD_OFFSET)
    assert len(walk(http, "/notification-methods", limit=1)) == 3


def test_history_offset(monasca: MonascaState, http: httpx.Client) -> None:
    """Of transitions in one millisecond a walk loses some, or none."""
    definition = monasca.add_definition("d", "m > 1")
    for _ in range(4):
        alarm = monasca.add_alarm(definition, [("m", {"host": "a"})])
        monasca.change_alarm(alarm, "ALARM", at=T0, reason="")

    def found() -> int:
        pages = walk(http, "/alarms/state-history", limit=3)
        return len({row["alarm_id"] for page in pages for row in page["elements"]})

    assert found() == 3
    without(monasca, Defect.HISTORY_OFFSET)
    assert found() == 4


def test_duplicate_definitions(monasca: MonascaState, http: httpx.Client) -> None:
    """A definition comes once for each sub-expression with the dimensions, or once."""
    monasca.add_definition("d", "max(a{h=1}) > 1 and max(b{h=1}) > 1 and max(c) > 1")
    query = {"dimensions": "h:1"}
    assert len(http.get("/alarm-definitions", params=query).json()["elements"]) == 2
    without(monasca, Defect.DUPLICATE_DEFINITIONS)
    assert len(http.get("/alarm-definitions", params=query).json()["elements"]) == 1
    assert http.get("/alarm-definitions", params={"dimensions": "h:2"}).json()["elements"] == []


def test_blind_count(monasca: MonascaState, http: httpx.Client) -> None:
    """A dimension without a value counts no alarm, or those that have it; the list is never blind."""
    monasca.add_alarm(monasca.add_definition("d", "m > 1"), [("m", {"host": "a"})])
    query = {"metric_dimensions": "host"}
    assert len(http.get("/alarms", params=query).json()["elements"]) == 1
    assert http.get("/alarms/count", params=query).json()["counts"] == [[0]]
    without(monasca, Defect.BLIND_COUNT)
    assert http.get("/alarms/count", params=query).json()["counts"] == [[1]]


def test_encoded_links(monasca: MonascaState, http: httpx.Client) -> None:
    """A next link with a time cannot be followed as it stands, or can."""
    monasca.add_measurements("m", {}, seconds(0, 1, 2))
    query = {"name": "m", "start_time": SINCE, "limit": 1}

    def follow() -> int:
        links = http.get("/metrics/measurements", params=query).json()["links"]
        return http.get(links[1]["href"]).status_code

    assert follow() == 422
    without(monasca, Defect.ENCODED_LINKS)
    assert follow() == 200


def test_zero_limit(monasca: MonascaState, http: httpx.Client) -> None:
    """A limit of 0 is an empty page with a next link, or refused."""
    monasca.add_alarm(monasca.add_definition("d", "m > 1"), [("m", {})])
    page = http.get("/alarms", params={"limit": 0}).json()
    assert page["elements"] == []
    assert next_offset(page) == "0"
    without(monasca, Defect.ZERO_LIMIT)
    assert http.get("/alarms", params={"limit": 0}).status_code == 422


def test_clamped_limit(monasca: MonascaState, http: httpx.Client) -> None:
    """A limit above 10000 is 10000, or refused."""
    monasca.add_measurements("m", {}, seconds(*range(10_001)))
    query = {"name": "m", "start_time": SINCE, "limit": 20_000}
    page = http.get("/metrics/measurements", params=query).json()
    assert len(values([page])) == 10_000
    assert next_offset(page)
    without(monasca, Defect.CLAMPED_LIMIT)
    assert http.get("/metrics/measurements", params=query).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/metrics?end_time=2026-01-01T00:00:00Z",
        "/metrics?offset=x",
        "/metrics/names?limit=0",
        "/metrics/measurements?name=m&start_time=2026-01-01T00:00:00Z&offset=zzz",
        "/metrics/statistics?name=m&start_time=2026-01-01T00:00:00Z&statistics=avg&offset=zzz",
        "/notification-methods/types?limit=1",
        "/alarms?state_updated_start_time=yesterday",
    ],
)
def test_client_mistakes(monasca: MonascaState, http: httpx.Client, path: str) -> None:
    """Some mistakes of a client are a 500, or a 422."""
    monasca.add_measurements("m", {}, seconds(0))
    assert http.get(path).status_code == 500
    without(monasca, Defect.CLIENT_MISTAKES)
    assert http.get(path).status_code == 422


def test_every_defect_has_a_test() -> None:
    """No switch goes untested in either position."""
    source = Path(__file__).read_text(encoding="utf-8")
    assert [defect for defect in Defect if f"without(monasca, Defect.{defect.name})" not in source] == []


# What the captures do not show


def test_too_large_a_log_drops_the_connection(sim: Simulator) -> None:
    """A log of 1 MiB is a 413, and the connection closes behind it."""
    endpoint = sim.endpoints["monasca"]
    url = httpx.URL(endpoint["base_url"])
    body = json.dumps({"logs": [{"message": "x" * 1_048_576}]}).encode()
    head = (
        f"POST /v2.0/logs HTTP/1.1\r\nHost: {url.host}\r\nX-Auth-Token: {endpoint['token']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    # An idle connection lives for five seconds: this one must end before.
    with socket.create_connection((url.host, url.port or 0), timeout=3) as connection:
        connection.sendall(head.encode() + body)
        reply = b"".join(iter(lambda: connection.recv(65536), b""))
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" not in reply.lower()
    assert sim.monasca.logs == []


def test_logs(monasca: MonascaState, http: httpx.Client) -> None:
    """Entries are kept with the dimensions of all; one without a message is dropped in silence."""
    body = {"dimensions": {"host": "h"}, "logs": [{"message": "m", "dimensions": {"a": "b"}}, {"text": "n"}]}
    assert http.post("/logs", json=body).status_code == 204
    assert monasca.logs == [(monasca.tenant, {"message": "m", "dimensions": {"host": "h", "a": "b"}})]


def test_tenants(sim: Simulator, monasca: MonascaState, http: httpx.Client) -> None:
    """A project sees its own, whatever it asks for; only a delegate writes to another."""
    monasca.add_measurements("mine", {}, seconds(1))
    other = monasca.keystone.projects["demo2"].id
    assert http.get("/metrics", params={"tenant_id": other}).json()["elements"][0]["name"] == "mine"
    agent = {"X-Auth-Token": monasca.keystone.sign_in("agent")}
    metric = {"name": "sent", "timestamp": 1, "value": 1}
    assert http.post("/metrics", params={"tenant_id": other}, json=metric, headers=agent).status_code == 204
    demo2 = {"X-Auth-Token": monasca.keystone.sign_in("demo", "demo2")}
    assert [row["name"] for row in http.get("/metrics", headers=demo2).json()["elements"]] == ["sent"]


@pytest.mark.parametrize(
    ("user", "reads", "writes", "sends"),
    [("demo", 200, 201, 204), ("reader", 200, 401, 401), ("agent", 401, 401, 204), ("norole", 401, 401, 401)],
)
def test_roles(monasca: MonascaState, http: httpx.Client, user: str, reads: int, writes: int, sends: int) -> None:
    """What a role may; a missing one is a 401 whose body says Forbidden."""
    headers = {"X-Auth-Token": monasca.keystone.sign_in(user)}
    method = {"name": "n", "type": "EMAIL", "address": "a@example.org"}
    metric = {"name": "m", "timestamp": 1, "value": 1}
    answers = [
        http.get("/metrics", headers=headers),
        http.post("/notification-methods", json=method, headers=headers),
        http.post("/metrics", json=metric, headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [reads, writes, sends]
    assert {answer.json()["title"] for answer in answers if answer.status_code == 401} <= {"Forbidden"}


def test_a_measurement_is_replaced(monasca: MonascaState, http: httpx.Client) -> None:
    """A second measurement of one millisecond takes the place of the first, wherever it comes."""
    monasca.add_measurements("m", {}, [*seconds(5, 1, 3), (T0 + timedelta(seconds=3), 30)])
    page = http.get("/metrics/measurements", params={"name": "m", "start_time": SINCE}).json()
    assert values([page]) == [1, 30, 5]


def test_dimensions_by_week(monasca: MonascaState, http: httpx.Client) -> None:
    """The time range of dimension names counts by the week, which begins on a Monday."""
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    monasca.add_measurements("m", {"host": "a"}, [(monday + timedelta(hours=4), 1)])
    for start, found in ((monday + timedelta(days=6), 1), (monday + timedelta(days=7), 0)):
        query = {"start_time": f"{start:%Y-%m-%dT%H:%M:%SZ}"}
        assert len(http.get("/metrics/dimensions/names", params=query).json()["elements"]) == found


def test_deleting_a_definition(monasca: MonascaState, http: httpx.Client) -> None:
    """Its alarms go with it; their history can still be read."""
    definition = monasca.add_definition("d", "m > 1")
    alarm = monasca.add_alarm(definition, [("m", {})])
    monasca.change_alarm(alarm, "ALARM", reason="")
    assert http.delete(f"/alarm-definitions/{definition.id}").status_code == 204
    assert http.get(f"/alarms/{alarm.id}").status_code == 404
    assert len(http.get(f"/alarms/{alarm.id}/state-history").json()["elements"]) == 1


def test_alarms_in_order(monasca: MonascaState, http: httpx.Client) -> None:
    """States and severities sort by what they mean."""
    for severity in ("CRITICAL", "LOW", "HIGH", "MEDIUM"):
        definition = monasca.add_definition(severity, "m > 1", severity=severity)
        for state in ("ALARM", "UNDETERMINED", "OK"):
            monasca.add_alarm(definition, [("m", {})], state=state)
    rows = http.get("/alarms", params={"sort_by": "severity desc,state"}).json()["elements"]
    shown = [(row["alarm_definition"]["severity"], row["state"]) for row in rows]
    states = ("OK", "UNDETERMINED", "ALARM")
    assert shown == [(each, state) for each in ("CRITICAL", "HIGH", "MEDIUM", "LOW") for state in states]


# Expressions


@pytest.mark.parametrize(
    ("text", "function", "name", "dimensions", "operator", "threshold", "period", "periods"),
    [
        ("x>1", "MAX", "x", {}, "GT", 1, 60, 1),
        ("x lte - 5 . 5 times 3", "MIN", "x", {}, "LTE", -5.5, 60, 3),
        (
            "Avg(cpu.user{ a = b c , d=e},  0120 ) GTE 1",
            "AVG",
            "cpu.user",
            {"a ": "b c ", "d": "e"},
            "GTE",
            1,
            120,
            1,
        ),
        ("max > 3", "MAX", "max", {}, "GT", 3, 60, 1),
        ("last(x{}) < 3", "LAST", "x", {}, "LT", 3, 60, 1),
        ("cpu:{h=x} > 1", "MAX", "cpu:", {"h": "x"}, "GT", 1, 60, 1),
    ],
)
def test_sub_expression(
    text: str,
    function: str,
    name: str,
    dimensions: dict,
    operator: str,
    threshold: float,
    period: int,
    periods: int,
) -> None:
    """A comparison is read in any case and with any blanks; those behind a dimension stay."""
    assert parse(text) == SubExpression(function, name, dimensions, operator, threshold, period, periods)


def test_and_before_or() -> None:
    """AND binds closer than OR, and parentheses closest."""
    found = parse("a>1 or b>1 and (c>1 || d>1)")
    assert isinstance(found, Operation)
    assert (found.operator, len(found.operands)) == ("OR", 2)
    assert [sub.metric_name for sub in subs_of(found)] == ["a", "b", "c", "d"]
    assert all(sub.deterministic for sub in subs_of(parse("count(x, deterministic, 60) > 1")))


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "term"),
        ("avg(cpu > 1", 4, "term"),
        ("median(x) > 1", 7, "term"),
        ("x > .5", 5, "term"),
        ("(x > 1", 7, "term"),
        ('avg(cpu{a="b"}) > 1', 4, "term"),
        ("avg(x,60,deterministic) > 1", 4, "term"),
        ("x > 1 and", 7, "string_end"),
        ("x > 1e3", 6, "string_end"),
        ("x > 1 times 2 times 3", 15, "string_end"),
        ("avg(cpu,0) > 1", 9, "must not be 0"),
        ("avg(x,deterministic,61) > 1", 21, "multiple of 60"),
        ("avg(cpu) > 1 times 0", 20, "must be 1 or greater"),
    ],
)
def test_bad_expression(text: str, column: int, message: str) -> None:
    """The complaint names the column that monasca-api 11.0.0 names."""
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text)
    assert caught.value.column == column


# Its place in the simulator


def test_world() -> None:
    """Hosts, alarms and people are those of the world, with their history."""
    world = World.build()
    with Simulator(["monasca"]) as sim:
        endpoint = sim.endpoints["monasca"]
        headers = {"X-Auth-Token": endpoint["token"]}
        with httpx.Client(base_url=endpoint["base_url"], headers=headers) as http:
            alarms = {row["id"]: row for row in http.get("/alarms").json()["elements"]}
            history = http.get("/alarms/state-history").json()["elements"]
            methods = http.get("/notification-methods").json()["elements"]
            hosts = http.get("/metrics/dimensions/names/values", params={"dimension_name": "host"}).json()
            host, metric = world.hosts[0], world.metrics[0]
            query = {"name": metric.name, "dimensions": f"host:{host.name}", "start_time": SINCE}
            rows = http.get("/metrics/measurements", params=query).json()["elements"][0]["measurements"]
    assert set(alarms) == {alarm.id for alarm in world.alarms}
    assert {id for id, row in alarms.items() if row["state"] == "ALARM"} == {
        alarm.id for alarm in world.alarms if alarm.open
    }
    assert len(history) == sum(len([one for one in alarm.history if not one.by]) for alarm in world.alarms)
    assert {method["address"] for method in methods} == {person.email for person in world.people}
    assert {row["dimension_value"] for row in hosts["elements"]} == {each.name for each in world.hosts}
    assert rows[-1][1] == world.value(host, metric, world.epoch - timedelta(hours=1))


def test_faults_of_pages(sim: Simulator, monasca: MonascaState, http: httpx.Client) -> None:
    """A page can get a row more before it, a broken row, and a next link that leads to itself."""
    definition = monasca.add_definition("d", "m > 1")
    for _ in range(3):
        monasca.add_alarm(definition, [("m", {})])
    sim.faults = Faults(rates={Fault.SHIFT: 1})
    assert len(http.get("/alarms").json()["elements"]) == 4
    first = http.get("/alarms", params={"limit": 1}).json()["elements"][0]
    assert first["metrics"][0]["dimensions"] == {"host": "!shifted"}
    sim.faults = Faults(rates={Fault.BAD_ROW: 1})
    assert [row for row in http.get("/alarms").json()["elements"] if not isinstance(row["id"], str)]
    sim.faults = Faults(rates={Fault.REPEAT_CURSOR: 1})
    page = http.get("/alarms", params={"limit": 1, "offset": 1}).json()
    assert next_offset(page) == "1"
    assert next_offset(http.get("/alarms").json()) is None


def test_broken_measurement(sim: Simulator, monasca: MonascaState, http: httpx.Client) -> None:
    """A broken row of measurements has a value that is no number."""
    monasca.add_measurements("m", {}, seconds(1, 2, 3))
    sim.faults = Faults(rates={Fault.BAD_ROW: 1})
    page = http.get("/metrics/measurements", params={"name": "m", "start_time": SINCE}).json()
    assert values([page]) == [1, "not a number", 3]


def test_dialects(monasca: MonascaState) -> None:
    """An unknown dialect is refused, and the message says what there is."""
    with pytest.raises(ValueError, match="current, 2014"):
        monasca.dialect = "2013"
