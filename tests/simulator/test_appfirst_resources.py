"""The simulated AppFirst beside its alerts: servers, tags, applications, processes, data, logs, windows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tocsin.simulator import Simulator
from tocsin.simulator.appfirst import AppFirstState
from tocsin.simulator.appfirst.entities import Server
from tocsin.simulator.world import EPOCH, METRICS

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATEST = int(EPOCH.timestamp())
MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """An AppFirst with an empty world."""
    with Simulator(["appfirst"], scale=0, clock=lambda: NOW) as running:
        running.appfirst.clear()
        yield running


@pytest.fixture
def state(sim: Simulator) -> AppFirstState:
    return sim.appfirst


@pytest.fixture
def server(state: AppFirstState) -> Server:
    return state.add_server("web.example.org", location_ip="198.18.7.7")


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client of the account owner's, at the API's base URL."""
    endpoint = sim.endpoints["appfirst"]
    with httpx.Client(base_url=endpoint["base_url"], auth=(endpoint["email"], endpoint["api_key"])) as client:
        yield client


def rows(http: httpx.Client, path: str, **params: object) -> list[dict[str, Any]]:
    """The rows of one page."""
    response = http.get(path, params=dict(params))
    assert response.status_code == 200, response.text
    return list(response.json()["data"])


def ids(http: httpx.Client, path: str, **params: object) -> list[int]:
    return [row["id"] for row in rows(http, path, **params)]


def refused(response: httpx.Response) -> list[str]:
    """The arguments that a 400 is about."""
    assert response.status_code == 400
    return list(response.json())


# Servers


def test_a_server(server: Server, http: httpx.Client) -> None:
    """A server has the attributes that its page lists."""
    row = http.get(f"/servers/{server.id}/").json()
    assert list(row) == [
        "id", "created", "os", "hostname", "nickname", "description", "running", "capacity_mem",
        "capacity_cpu_num", "capacity_cpu_freq", "capacity_disks", "current_version", "location_ip",
        "os_detail", "arch", "guid", "network_interfaces", "url",
    ]  # fmt: skip
    assert (row["hostname"], row["nickname"], row["location_ip"]) == ("web.example.org", "web", "198.18.7.7")
    assert (row["os"], row["url"]) == ("Linux", f"/api/v5/servers/{server.id}/")
    assert rows(http, "/servers/") == [row]


def test_servers_by_name_address_and_age(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """Servers are found by their name, their address, and the time behind which they began to send."""
    young = state.add_server("db.example.org", created=EPOCH)
    assert ids(http, "/servers/", hostname="db.example.org") == [young.id]
    assert ids(http, "/servers/", location_ip="198.18.7.7") == [server.id]
    assert ids(http, "/servers/", create_time=LATEST - 1) == [young.id]
    assert ids(http, "/servers/", create_time=LATEST) == []
    assert ids(http, "/servers/", hostname="db") == []
    assert refused(http.get("/servers/", params={"create_time": "yesterday"})) == ["create_time"]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_servers_are_renamed(server: Server, http: httpx.Client, method: str) -> None:
    """Nickname and description can be changed, one without the other; nothing else can."""
    path = f"/servers/{server.id}/"
    row = http.request(method, path, data={"nickname": "n\u00e6st", "hostname": "other"}).json()
    assert (row["nickname"], row["description"], row["hostname"]) == ("n\u00e6st", "", "web.example.org")
    assert http.request(method, path, data={"description": "d"}).json() == {**row, "description": "d"}
    assert refused(http.request(method, path, data={"nickname": "x" * 257, "description": "e"})) == ["nickname"]
    assert server.description == "d"


def test_a_server_goes_with_what_is_on_it(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """With a server go its logs, its polled data, its processes, its places in groups, and alerts on them."""
    other = state.add_server("other.example.org")
    for each in (server, other):
        state.add_log(each, "514")
        state.add_alert("p", "Process", state.add_process(each, "httpd").target_id, "CPU")
        state.add_alert("n", "Polled Data", state.add_polled_data(each, "load").id, "Nagios")
    both = [server.id, other.id]
    tag = state.add_server_tag("t", both)
    state.add_alert("t", "Server Tag", tag.id, "CPU")
    state.add_server_set("s", both)
    state.add_application("a", "httpd", both)
    state.add_maintenance_window(NOW, NOW + timedelta(hours=1), servers=both)
    assert http.delete(f"/servers/{server.id}/").status_code == 200
    assert ids(http, "/servers/") == [other.id]
    for path in ("/logs/", "/polled_data/"):
        assert [row["server_id"] for row in rows(http, path)] == [other.id]
    for path in ("/server_tags/", "/server_sets/", "/applications/", "/maintenance_windows/"):
        assert [row["servers"] for row in rows(http, path)] == [[other.id]]
    assert sorted(row["name"] for row in rows(http, "/alerts/")) == ["n", "p", "t"]
    assert list(state.processes) == [f"{other.id}_1284_{int(other.created.timestamp())}087987676"]


def test_outages(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """Outages are the times in which a server was down, the latest first, one of them if nothing is said."""
    down = state.add_alert("down", "Server", server.id, "Server Down")
    busy = state.add_alert("busy", "Server", server.id, "CPU", threshold=90)
    for day in (1, 2, 3):
        state.add_alert_history(down, EPOCH + timedelta(days=day), EPOCH + timedelta(days=day, hours=1))
        state.add_alert_history(busy, EPOCH + timedelta(days=day), EPOCH + timedelta(days=day, hours=2))
    path = f"/servers/{server.id}/outages/"
    last = {"start": LATEST + 3 * DAY, "end": LATEST + 3 * DAY + HOUR}
    assert rows(http, path) == [last]
    assert len(rows(http, path, num=10)) == 3
    assert [row["start"] for row in rows(http, path, num=10, end=LATEST + 2 * DAY)] == [
        LATEST + 2 * DAY,
        LATEST + DAY,
    ]


def test_a_server_s_tags(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """The tags of a server are read, and set all at once."""
    first, second = state.add_server_tag("first", [server.id]), state.add_server_tag("second")
    path = f"/servers/{server.id}/tags/"
    assert ids(http, path) == [first.id]
    response = http.put(path, data={"server_tags": json.dumps([second.id])})
    assert [row["id"] for row in response.json()["data"]] == [second.id]
    assert (first.servers, second.servers) == ([], [server.id])
    assert refused(http.put(path)) == ["server_tags"]
    assert refused(http.put(path, data={"server_tags": "[1]"})) == ["server_tags"]


def test_polled_data_config(server: Server, http: httpx.Client) -> None:
    """The file of commands is read and changed."""
    path = f"/servers/{server.id}/polled_data_config/"
    before = http.get(path).json()
    assert set(before) == {"file_path", "file_contents"}
    assert http.put(path, data={"file_contents": "command"}).json() == {**before, "file_contents": "command"}
    assert http.put(path, data={"file_path": "/x"}).json() == {"file_path": "/x", "file_contents": "command"}


def test_processes_of_a_server(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """A server's processes are listed, with what they use, and with what they have open."""
    process = state.add_process(server, "httpd", args="-k start")
    state.add_process(state.add_server("other.example.org"), "sshd")
    path = f"/servers/{server.id}/processes/"
    row = {
        "uid": process.uid,
        "create_time": process.create_time,
        "name": "httpd",
        "pid": 1284,
        "args": "-k start",
        "server_id": server.id,
    }
    assert rows(http, path) == [row]
    summary = rows(http, f"{path}data/")[0]
    assert summary.items() > row.items()
    assert summary["time"] == LATEST
    assert rows(http, f"{path}data/", end=LATEST - HOUR - 1, time_step="Hour")[0]["time"] == LATEST - 2 * HOUR
    assert http.get(f"{path}detail/").json()["data"]["files"] == {process.uid: ["/var/run/httpd.pid"]}


def test_auto_detection(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """The applications found on a server are told by their names."""
    state.add_application("Sendmail", "sendmail", [server.id])
    state.add_application("Postgresql", "postgres")
    assert http.get(f"/servers/{server.id}/auto_detection/").json() == ["Sendmail"]


# Data


def test_one_point_is_the_default(sim: Simulator, server: Server, http: httpx.Client) -> None:
    """A query for data has the newest point if nothing is said, with what the world says of the host."""
    page = http.get(f"/servers/{server.id}/data/").json()
    assert page["pagination"] == {"count": 1, "next": None, "previous": None}
    point = page["data"][0]
    assert point["time"] == LATEST
    assert point["cpu"] == sim.world.value(server.host, METRICS[0], EPOCH)
    assert point["disk_percent_part"] == {"/": sim.world.value(server.host, METRICS[2], EPOCH)}


@pytest.mark.parametrize(("step", "width"), [("Minute", MINUTE), ("Hour", HOUR), ("Day", DAY)])
def test_points_go_backwards(server: Server, http: httpx.Client, step: str, width: int) -> None:
    """Points are in steps, from the end back, and both ends of the time asked for belong to it."""
    path = f"/servers/{server.id}/data/"
    end = LATEST - 5 * DAY
    assert [row["time"] for row in rows(http, path, num=3, end=end + 1, time_step=step)] == [
        end - width * back for back in range(3)
    ]
    found = rows(http, path, num=99, start=end - 2 * width, end=end, time_step=step)
    assert [row["time"] for row in found] == [end, end - width, end - 2 * width]
    assert rows(http, path, num=99, start=end, end=end - width, time_step=step) == []


def test_data_have_an_end(server: Server, http: httpx.Client) -> None:
    """There is nothing from before the server was set up, nor from behind the newest point."""
    path = f"/servers/{server.id}/data/"
    found = rows(http, path, num=10**9, time_step="Day")
    assert [row["time"] for row in found] == [LATEST - DAY * back for back in range(31)]
    assert rows(http, path, end=LATEST + DAY)[0]["time"] == LATEST
    assert rows(http, path, end=0) == []


def test_data_in_pages(server: Server, http: httpx.Client) -> None:
    """More points than a page holds come in pages, the newest first."""
    path = f"/servers/{server.id}/data/"
    times: list[int] = []
    response = http.get(path, params={"num": 5001})
    for _ in range(3):
        page = response.json()
        assert page["pagination"]["count"] == 5001
        times += [row["time"] for row in page["data"]]
        if page["pagination"]["next"]:
            response = http.get(page["pagination"]["next"])
    assert times == [LATEST - MINUTE * back for back in range(5001)]
    assert page["pagination"]["next"] is None


def test_a_start_without_a_number(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """A query with a start but no number has one point, or all there are."""
    path = f"/servers/{server.id}/data/"
    query = {"start": LATEST - 10 * MINUTE, "end": LATEST}
    assert len(rows(http, path, **query)) == 1
    state.unnumbered = "range"
    assert len(rows(http, path, **query)) == 11
    assert len(rows(http, path, end=LATEST)) == 1


@pytest.mark.parametrize(
    "params", [{"num": "0"}, {"num": "x"}, {"start": "-1"}, {"end": "now"}, {"time_step": "minute"}]
)
def test_refused_queries(server: Server, http: httpx.Client, params: dict[str, str]) -> None:
    """What is no number, no time or no step is a 400."""
    assert refused(http.get(f"/servers/{server.id}/data/", params=params)) == list(params)


def test_times_with_fractions(server: Server, http: httpx.Client) -> None:
    """Times with fractions, which the vendor's own client sends, are cut off."""
    end = f"{LATEST - HOUR}.0"
    assert rows(http, f"/servers/{server.id}/data/", end=end)[0]["time"] == LATEST - HOUR


# Tags and sets


def test_tags(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """Tags are made as in the page's example, read, changed and removed; with one goes its alert."""
    row = http.post("/server_tags/", data={"name": "production", "servers": f"[{server.id}]"}).json()
    path = f"/server_tags/{row['id']}/"
    assert row == {"id": 3001, "name": "production", "servers": [server.id], "url": f"/api/v5{path}"}
    assert http.get(path).json() == row
    assert rows(http, "/server_tags/", filter="prod") == [row]
    assert rows(http, "/server_tags/", filter="test") == []
    assert http.put(path, data={"name": "test"}).json() == {**row, "name": "test"}
    assert http.put(path, data={"servers": "[]"}).json() == {**row, "name": "test", "servers": []}
    state.add_alert("t", "Server Tag", 3001, "CPU")
    both = state.add_server_set("s", server_tags=[3001])
    assert http.delete(path).status_code == 200
    assert http.get(path).status_code == 404
    assert (state.alerts.ids, both.server_tags) == ([], [])


def test_ids_may_be_repeated_members(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """A list of ids is JSON text, or one member for each id, as the vendor's own client sends it."""
    other = state.add_server("other.example.org")
    data = {"name": "t", "servers": [str(server.id), str(other.id), str(other.id)]}
    assert http.post("/server_tags/", data=data).json()["servers"] == [server.id, other.id]


@pytest.mark.parametrize(
    ("name", "servers", "field"),
    [
        ("", "[]", "name"),
        ("x" * 257, "[]", "name"),
        ("t", "", "servers"),
        ("t", "x", "servers"),
        ("t", "{}", "servers"),
        ("t", "[99]", "servers"),
        ("t", '["1"]', "servers"),
        ("t", "[true]", "servers"),
        ("t", "[1,]", "servers"),
    ],
)
def test_refused_tags(state: AppFirstState, http: httpx.Client, name: str, servers: str, field: str) -> None:
    """A tag has a name of 1 to 256 characters, and servers that are there."""
    assert refused(http.post("/server_tags/", data={"name": name, "servers": servers})) == [field]
    assert state.server_tags.ids == []


def test_sets(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """Sets show their tags by links, as in the sample, or by ids, as in the text."""
    tag = state.add_server_tag("t")
    application = state.add_application("a", "httpd")
    each = state.add_server_set("buildbot", [server.id], server_tags=[tag.id], applications=[application.id])
    row = http.get(f"/server_sets/{each.id}/").json()
    assert row == {
        "id": each.id,
        "name": "buildbot",
        "servers": [server.id],
        "server_tags": [f"/api/v5/server_tags/{tag.id}/"],
        "applications": [application.id],
        "auto_detection": True,
        "url": f"/api/v5/server_sets/{each.id}/",
    }
    assert rows(http, "/server_sets/", filter="build") == [row]
    assert rows(http, "/server_sets/", filter="x") == []
    state.set_tags = "ids"
    assert http.get(f"/server_sets/{each.id}/").json()["server_tags"] == [tag.id]


# Applications and processes


def test_applications(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """An application has the processes that its template says, and uses what they use together."""
    other = state.add_server("other.example.org")
    one, two = state.add_process(server, "httpd"), state.add_process(other, "httpd")
    state.add_process(server, "sshd", 22)
    application = state.add_application("Apache", "httpd", [server.id, other.id])
    path = f"/applications/{application.id}/"
    row = http.get(path).json()
    assert rows(http, "/applications/") == [row]
    assert row == {
        "id": application.id,
        "name": "Apache",
        "created": LATEST - 30 * DAY,
        "servers": [server.id, other.id],
        "template": application.template,
        "url": f"/api/v5{path}",
    }
    assert [row["uid"] for row in rows(http, f"{path}processes/")] == [one.uid, two.uid]
    summaries = rows(http, f"{path}processes/data/")
    point = rows(http, f"{path}data/")[0]
    assert point["cpu"] == pytest.approx(sum(row["cpu"] for row in summaries))
    assert point["process_num"] == 2
    assert len(http.get(f"{path}detail/").json()["data"]["sockets"]) == 2
    template = http.get(f"/applications/templates/{application.template}/").json()
    assert rows(http, "/applications/templates/") == [template]
    assert (template["name"], template["proc_name"]) == ("Apache", "httpd")


def test_an_application_without_servers(state: AppFirstState, http: httpx.Client) -> None:
    """An application that is nowhere uses nothing."""
    application = state.add_application("Apache", "httpd")
    assert rows(http, f"/applications/{application.id}/data/") == [{"time": LATEST, "process_num": 0}]


def test_processes(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """A process is read by its uid, with its data and what it has open; there is no list of all."""
    process = state.add_process(server, "httpd")
    path = f"/processes/{process.uid}/"
    assert http.get(path).json()["uid"] == process.uid
    assert [row["time"] for row in rows(http, f"{path}data/", num=2)] == [LATEST, LATEST - MINUTE]
    assert set(http.get(f"{path}detail/").json()["data"]) == {"sockets", "threads", "files", "registries"}
    assert refused(http.get(f"{path}detail/", params={"time": "x"})) == ["time"]
    assert http.get("/processes/").status_code == 404
    assert http.get("/processes/1_2_3/").status_code == 404


# Polled data, logs, buckets


def test_polled_data(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """Polled data are at two paths, and name their alerts in a list, or one of them."""
    polled = state.add_polled_data(server, "metric.gauge.load", critical=-1)
    alerts = [state.add_alert(name, "Polled Data", polled.id, "Nagios").id for name in "ab"]
    row = http.get(f"/polled_data/{polled.id}/").json()
    assert row["alert_id"] == alerts
    assert (row["server_id"], row["server_hostname"]) == (server.id, "web.example.org")
    assert (row["command_name"], row["command_line"]) == ("check_load", "check_load -c -1")
    assert row["url"] == f"/api/v5/polled_data/{polled.id}/"
    assert rows(http, "/polled-data/") == rows(http, "/polled_data/") == [row]
    state.polled_alerts = "number"
    assert http.get(f"/polled-data/{polled.id}").json()["alert_id"] == alerts[0]
    state.alerts.remove(state.alerts.listed[0])
    state.alerts.remove(state.alerts.listed[0])
    assert http.get(f"/polled-data/{polled.id}").json()["alert_id"] is None
    point = rows(http, f"/polled_data/{polled.id}/data/")[0]
    assert (point["status"], list(point["values"])) == ("CRITICAL", ["metric.gauge.load"])


def test_logs(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """A log tells how many messages came in a minute, and the messages, those that match a filter if given."""
    log = state.add_log(server, "/var/log/messages")
    for seconds, severity, data in (
        (1, "info", "late"),
        (-59, "warning", "ERROR disk"),
        (-1, "warning", "ERROR cpu"),
    ):
        state.add_log_line(log, EPOCH - timedelta(minutes=1) + timedelta(seconds=seconds), severity, data)
    path = f"/logs/{log.id}/"
    assert http.get(path).json() == {
        "id": log.id,
        "server_id": server.id,
        "source_type": "FILE",
        "source": "/var/log/messages",
        "limit": 2000,
        "url": f"/api/v5{path}",
    }
    assert rows(http, f"{path}data/", num=3) == [
        {"time": LATEST, "info": 0, "warning": 0, "critical": 0},
        {"time": LATEST - 60, "info": 1, "warning": 0, "critical": 0},
        {"time": LATEST - 120, "info": 0, "warning": 2, "critical": 0},
    ]
    assert refused(http.get(f"{path}data/", params={"time_step": "Hour"})) == ["time_step"]
    assert [row["data"] for row in rows(http, f"{path}detail/")] == ["late", "ERROR cpu", "ERROR disk"]
    assert [row["data"] for row in rows(http, f"{path}detail/", filter="ERROR", limit=1)] == ["ERROR cpu"]
    exact = rows(http, f"{path}detail/", start=LATEST - 61, end=LATEST - 61)
    assert exact == [{"time": LATEST - 61, "severity": "warning", "data": "ERROR cpu"}]


def test_buckets(sim: Simulator, state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """Buckets are read, with their values; no alert is on one."""
    bucket = state.add_bucket("requests", server.host, METRICS[5], type="counter")
    row = {"id": bucket.id, "name": "requests", "type": "counter", "url": f"/api/v5/buckets/{bucket.id}/"}
    assert rows(http, "/buckets/") == [row]
    assert http.get(f"/buckets/{bucket.id}/").json() == row
    value = sim.world.value(server.host, METRICS[5], EPOCH)
    assert rows(http, f"/buckets/{bucket.id}/data/") == [{"time": LATEST, "value": value}]
    assert rows(http, f"/buckets/{bucket.id}/alert_histories/") == []


# Histories


def test_histories_of_one_object(state: AppFirstState, server: Server, http: httpx.Client) -> None:
    """The incidents of what alerts are on one object are found by the time that they touch."""
    log, polled = state.add_log(server, "514"), state.add_polled_data(server, "load")
    application = state.add_application("a", "httpd")
    targets = {"Server": server.id, "Log": log.id, "Polled Data": polled.id, "Application": application.id}
    triggers = {"Server": "CPU", "Log": "Log Content", "Polled Data": "Nagios", "Application": "CPU"}
    for type, path in (
        ("Server", "servers"), ("Log", "logs"), ("Polled Data", "polled_data"), ("Application", "applications"),
    ):  # fmt: skip
        alert = state.add_alert(type, type, targets[type], triggers[type])
        ended = state.add_alert_history(alert, EPOCH, EPOCH + timedelta(hours=1))
        lasting = state.add_alert_history(alert, EPOCH + timedelta(hours=2), None)
        where = f"/{path}/{targets[type]}/alert_histories/"
        assert ids(http, where) == [lasting.id, ended.id]
        assert ids(http, where, end=LATEST + HOUR) == [ended.id]
        assert ids(http, where, start=LATEST + HOUR) == [lasting.id, ended.id]
        assert ids(http, where, start=LATEST + HOUR + 1) == [lasting.id]
        assert ids(http, where, end=LATEST - 1) == []
        row = http.get(f"/alert_histories/{ended.id}/").json()
        assert (row["alert_id"], row["start"], row["end"]) == (alert.id, LATEST, LATEST + HOUR)
        assert row["resource_name"] in row["subject"]
    assert len(ids(http, "/alert_histories/")) == 8
    assert http.get("/servers/1/alert_histories/").status_code == 404
    assert http.get("/alert_histories/99/message/").status_code == 404


# Maintenance windows, users, account


def test_windows(server: Server, http: httpx.Client) -> None:
    """Windows are made, read, changed and removed; whether they have begun depends on the server's time."""
    start, end = int(NOW.timestamp()) - HOUR, int(NOW.timestamp()) + HOUR
    data = {"start": start, "end": end, "servers": f"[{server.id}]", "reason": "upgrade"}
    row = http.post("/maintenance_windows/", data=data).json()
    path = f"/maintenance_windows/{row['id']}/"
    assert row == {
        "id": 61, "reason": "upgrade", "start": start, "end": end, "started": True, "ended": False,
        "servers": [server.id], "url": f"/api/v5{path}",
    }  # fmt: skip
    assert http.get(path).json() == row
    later = http.post("/maintenance_windows/", data={**data, "start": end, "end": end + 1}).json()
    assert (later["started"], later["ended"]) == (False, False)
    assert ids(http, "/maintenance_windows/") == [later["id"], row["id"]]
    assert http.put(path, data={"end": start + 1}).json() == {**row, "end": start + 1, "ended": True}
    assert http.put(path, data={"reason": "", "servers": "[]"}).json()["servers"] == []
    assert refused(http.put(path, data={"end": start})) == ["end"]
    assert http.delete(path).status_code == 200
    assert ids(http, "/maintenance_windows/") == [later["id"]]


def test_windows_need_times_and_servers(http: httpx.Client) -> None:
    """A new window has a start, an end behind it, and servers."""
    data = {"start": 1000, "end": 2000, "servers": "[]"}
    for name in data:
        without = {key: value for key, value in data.items() if key != name}
        assert refused(http.post("/maintenance_windows/", data=without)) == [name]
    assert refused(http.post("/maintenance_windows/", data={**data, "end": 1000})) == ["end"]
    assert http.post("/maintenance_windows/", data=data).json()["reason"] == ""


def test_windows_by_text(state: AppFirstState, http: httpx.Client) -> None:
    """The times of a window are seconds, or text as its page says; replies have seconds."""
    data = {"start": "2026-01-01 12:00", "end": "2026-01-01 13:30", "servers": "[]"}
    assert refused(http.post("/maintenance_windows/", data=data)) == ["start"]
    state.window_times = "text"
    row = http.post("/maintenance_windows/", data=data).json()
    assert (row["start"], row["end"]) == (int(NOW.timestamp()), int(NOW.timestamp()) + 90 * MINUTE)
    assert refused(http.post("/maintenance_windows/", data={**data, "end": row["end"]})) == ["end"]


def test_users(state: AppFirstState, http: httpx.Client) -> None:
    """Users are read at two paths, and their id has two names."""
    user = state.add_user("ada@example.org", first_name="Ada", last_name="L", phone_number="+4755500001")
    row = http.get(f"/users/{user.id}/").json()
    assert row["id"] == row["user_id"] == user.id
    assert (row["email"], row["first_name"], row["phone_number"]) == ("ada@example.org", "Ada", "+4755500001")
    assert rows(http, "/users/") == rows(http, "/user_profiles/") == [row]
    assert http.get("/users/2/").status_code == 404


def test_account(state: AppFirstState, http: httpx.Client) -> None:
    """The account tells whose it is, and not the key."""
    response = http.get("/account/")
    assert response.json()["email"] == state.email
    assert state.api_key not in response.text
