"""Every call: what it asks for, and what it makes of the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.backends.appfirst.server import ALERT, Server, page

from tocsin.appfirst import AppFirstClient, ProcessTarget, Subscriber, basic_auth
from tocsin.errors import NotSupported
from tocsin.paging import Pager

pytestmark = pytest.mark.anyio

SINCE, UNTIL = datetime(2010, 1, 1, tzinfo=UTC), datetime(2010, 1, 2, 12, 30, 1, 999_999, tzinfo=UTC)
HTTPD = ProcessTarget(1111, 1284, 1262304000087987676, "httpd")
UID = "1111_1284_1262304000087987676"
SPAN = "start=1262304000&end=1262435401"

#: Lists, and their first requests.
LISTS: dict[str, tuple[Callable[[AppFirstClient], Pager[Any]], str]] = {
    "alerts": (lambda one: one.alerts.list(), "/alerts/?limit=1000"),
    "alerts of": (
        lambda one: one.alerts.rows(server_id=3, page_size=5),
        "/alerts/?filter_name=server_id&filter_id=3&limit=5",
    ),
    "histories": (lambda one: one.alert_histories.list(), "/alert_histories/?limit=1000"),
    "histories of a server": (
        lambda one: one.alert_histories.list(server_id=3, start=SINCE, end=UNTIL),
        f"/servers/3/alert_histories/?{SPAN}&limit=1000",
    ),
    "histories of an application": (
        lambda one: one.alert_histories.rows(application_id=3, start=SINCE),
        "/applications/3/alert_histories/?start=1262304000&limit=1000",
    ),
    "histories of polled data": (
        lambda one: one.alert_histories.list(polled_data_id=3),
        "/polled_data/3/alert_histories/?limit=1000",
    ),
    "histories of a log": (
        lambda one: one.alert_histories.list(log_id=3, end=UNTIL),
        "/logs/3/alert_histories/?end=1262435401&limit=1000",
    ),
    "histories of a bucket": (
        lambda one: one.alert_histories.list(bucket_id=3),
        "/buckets/3/alert_histories/?limit=1000",
    ),
    "servers": (
        lambda one: one.servers.list(hostname="a b", location_ip="10.0.0.1", create_time=SINCE),
        "/servers/?hostname=a+b&location_ip=10.0.0.1&create_time=1262304000&limit=1000",
    ),
    "server rows": (lambda one: one.servers.rows(), "/servers/?limit=1000"),
    "outages": (lambda one: one.servers.outages(3, start=SINCE, end=UNTIL), f"/servers/3/outages/?{SPAN}"),
    "tags of a server": (lambda one: one.servers.tags(3), "/servers/3/tags/?limit=1000"),
    "processes of a server": (
        lambda one: one.servers.processes(3, start=SINCE, end=UNTIL),
        f"/servers/3/processes/?{SPAN}",
    ),
    "data of processes": (
        lambda one: one.servers.processes_data(3, num=2, time_step="Hour"),
        "/servers/3/processes/data/?num=2&time_step=Hour",
    ),
    "tags": (lambda one: one.server_tags.list(filter="prod"), "/server_tags/?filter=prod&limit=1000"),
    "sets": (lambda one: one.server_sets.rows(filter="prod"), "/server_sets/?filter=prod&limit=1000"),
    "applications": (lambda one: one.applications.list(), "/applications/?limit=1000"),
    "processes of an application": (lambda one: one.applications.processes(3), "/applications/3/processes/"),
    "templates": (lambda one: one.applications.templates(), "/applications/templates/?limit=1000"),
    "polled data": (lambda one: one.polled_data.list(), "/polled_data/?limit=1000"),
    "logs": (lambda one: one.logs.rows(), "/logs/?limit=1000"),
    "windows": (lambda one: one.maintenance_windows.list(), "/maintenance_windows/?limit=1000"),
    "users": (lambda one: one.users.list(), "/users/?limit=1000"),
    "buckets": (lambda one: one.buckets.rows(page_size=2500), "/buckets/?limit=2500"),
    "data of a server": (
        lambda one: one.servers.data(3, num=10, start=SINCE, end=UNTIL, time_step="Day"),
        "/servers/3/data/?num=10&start=1262304000&end=1262435401&time_step=Day",
    ),
    "data of an application": (lambda one: one.applications.data(3), "/applications/3/data/"),
    "data of a process": (lambda one: one.processes.data(HTTPD, num=2), f"/processes/{UID}/data/?num=2"),
    "data of a process by uid": (lambda one: one.processes.data_rows(UID), f"/processes/{UID}/data/"),
    "data of polled data": (
        lambda one: one.polled_data.data_rows(3, end=UNTIL),
        "/polled_data/3/data/?end=1262435401",
    ),
    "data of a log": (lambda one: one.logs.data(3, time_step="Minute"), "/logs/3/data/?time_step=Minute"),
    "data of a bucket": (lambda one: one.buckets.data(3), "/buckets/3/data/"),
}


@pytest.mark.parametrize("name", LISTS)
async def test_list(name: str) -> None:
    """Each list asks at its own path, which ends in a slash, with what was said."""
    call, target = LISTS[name]
    server = Server(page())
    async with server.client() as appfirst:
        assert await call(appfirst).collect() == []
    assert server.seen == [f"GET {target}"]


GETS: dict[str, tuple[Callable[[AppFirstClient], Awaitable[Any]], str, Any]] = {
    "alert": (lambda one: one.alerts.get(3), "/alerts/3/", ALERT),
    "history": (lambda one: one.alert_histories.get(3), "/alert_histories/3/", {"id": 3}),
    "message": (lambda one: one.alert_histories.message(3), "/alert_histories/3/message/", {"text": "t"}),
    "server": (lambda one: one.servers.get(3), "/servers/3/", {"id": 3}),
    "config": (lambda one: one.servers.polled_data_config(3), "/servers/3/polled_data_config/", {"a": 1}),
    "tag": (lambda one: one.server_tags.get(3), "/server_tags/3/", {"id": 3}),
    "set": (lambda one: one.server_sets.get(3), "/server_sets/3/", {"id": 3}),
    "application": (lambda one: one.applications.get(3), "/applications/3/", {"id": 3}),
    "detail": (lambda one: one.applications.detail(3, time=SINCE), "/applications/3/detail/?time=1262304000", []),
    "latest detail": (lambda one: one.applications.detail(3), "/applications/3/detail/", {}),
    "template": (lambda one: one.applications.template(3), "/applications/templates/3/", {"id": 3}),
    "process": (lambda one: one.processes.get(HTTPD), f"/processes/{UID}/", {"uid": UID}),
    "process detail": (lambda one: one.processes.detail(UID), f"/processes/{UID}/detail/", {}),
    "polled data": (lambda one: one.polled_data.get(3), "/polled_data/3/", {"id": 3}),
    "log": (lambda one: one.logs.get(3), "/logs/3/", {"id": 3}),
    "log detail": (lambda one: one.logs.detail(3, filter="E"), "/logs/3/detail/?filter=E", {"data": []}),
    "window": (lambda one: one.maintenance_windows.get(3), "/maintenance_windows/3/", {"id": 3}),
    "user": (lambda one: one.users.get(3), "/users/3/", {"id": 3}),
    "bucket": (lambda one: one.buckets.get(3), "/buckets/3/", {"id": 3}),
    "account": (lambda one: one.account.get(), "/account/", {"name": "n"}),
}


@pytest.mark.parametrize("name", GETS)
async def test_get(name: str) -> None:
    """Each thing is asked for at its own path, and read."""
    call, target, said = GETS[name]
    server = Server(httpx.Response(200, json=said))
    async with server.client() as appfirst:
        got = await call(appfirst)
    assert server.seen == [f"GET {target}"]
    if isinstance(got, dict | list):
        assert got == said
    else:
        assert {name: getattr(got, name) for name in said if name in {"id", "uid", "text"}}.items() <= said.items()


WINDOW = "start=1262304000&end=1262435401&servers=%5B1%2C2%5D&reason=a+b"
WRITES: dict[str, tuple[Callable[[AppFirstClient], Awaitable[Any]], str, str]] = {
    "tag": (
        lambda one: one.server_tags.create(name="production", servers=[1, 2, 3]),
        "POST /server_tags/",
        "name=production&servers=%5B1%2C2%2C3%5D",
    ),
    "empty tag": (lambda one: one.server_tags.update(3, servers=[]), "PUT /server_tags/3/", "servers=%5B%5D"),
    "tag name": (lambda one: one.server_tags.update(3, name="x"), "PUT /server_tags/3/", "name=x"),
    "server": (
        lambda one: one.servers.update(3, nickname="n", description=""),
        "PATCH /servers/3/",
        "nickname=n&description=",
    ),
    "window": (
        lambda one: one.maintenance_windows.create(start=SINCE, end=UNTIL, servers=[1, 2], reason="a b"),
        "POST /maintenance_windows/",
        WINDOW,
    ),
}


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("name", WRITES)
async def test_write(name: str, status: int) -> None:
    """Each write is a form, and any 2xx is good."""
    call, target, form = WRITES[name]
    server = Server(httpx.Response(status, json={"id": 3}))
    async with server.client() as appfirst:
        assert (await call(appfirst)).id == 3
    assert server.seen == [target]
    assert server.requests[0].content.decode() == form
    assert server.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


DELETES: dict[str, tuple[Callable[[AppFirstClient], Awaitable[None]], str]] = {
    "alert": (lambda one: one.alerts.delete(3), "DELETE /alerts/3/"),
    "server": (lambda one: one.servers.delete(3), "DELETE /servers/3/"),
    "tag": (lambda one: one.server_tags.delete(3), "DELETE /server_tags/3/"),
    "window": (lambda one: one.maintenance_windows.delete(3), "DELETE /maintenance_windows/3/"),
}


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("name", DELETES)
async def test_delete(name: str, status: int) -> None:
    """A deletion is any 2xx with any body or none."""
    call, target = DELETES[name]
    server = Server(httpx.Response(status, text="" if status == 204 else "<gone>"))
    async with server.client() as appfirst:
        await call(appfirst)
    assert server.seen == [target]


COUNTS: dict[str, tuple[Callable[[AppFirstClient], Awaitable[int]], str]] = {
    "alerts": (lambda one: one.alerts.count(log_id=3), "/alerts/?filter_name=log_id&filter_id=3&limit=1"),
    "histories": (lambda one: one.alert_histories.count(log_id=3), "/logs/3/alert_histories/?limit=1"),
    "servers": (lambda one: one.servers.count(hostname="a"), "/servers/?hostname=a&limit=1"),
    "tags": (lambda one: one.server_tags.count(filter="a"), "/server_tags/?filter=a&limit=1"),
    "users": (lambda one: one.users.count(), "/users/?limit=1"),
}


@pytest.mark.parametrize("name", COUNTS)
async def test_count(name: str) -> None:
    """Rows are counted by the server, on a page of one."""
    call, target = COUNTS[name]
    server = Server(page({"id": 1}, count=2469))
    async with server.client() as appfirst:
        assert await call(appfirst) == 2469
    assert server.seen == [f"GET {target}"]


@pytest.mark.parametrize("answer", [[{"id": 1}], {"data": [{"id": 1}]}])
async def test_count_that_is_not_told(answer: Any) -> None:
    """A server that does not count is not guessed for."""
    async with Server(httpx.Response(200, json=answer)).client() as appfirst:
        with pytest.raises(NotSupported):
            await appfirst.alerts.count()


async def test_users_by_any_id() -> None:
    """Users of whom two pages tell the same id, by whatever name, come once; those without one by all of them."""
    first = [{"id": 1}, {"user_id": 2}, {"email": "a"}]
    again = [{"user_id": 2, "phone": 1}, {"email": "a"}, {"email": "b"}]
    server = Server(page(*first, count=4, next="?page=1"), page(*again, count=4))
    async with server.client() as appfirst:
        assert await appfirst.users.list(page_size=3).collect() == [*first, {"email": "b"}]


async def test_data_points_follow_links() -> None:
    """Data points go on where the server links, by the link's query, below the configured base."""
    link = "https://elsewhere.example/api/v5/servers/3/data/?num=2&end=1262303880&start=1262300000"
    server = Server(
        page({"time": 1262304000}, {"time": 1262303940}, next=link), page({"time": 1262303880}, count=0)
    )
    async with server.client() as appfirst:
        points = await appfirst.servers.data(3, num=2, start=SINCE).collect()
    assert [each["time"] for each in points] == [1262304000, 1262303940, 1262303880]
    assert server.seen[1] == "GET /servers/3/data/?num=2&end=1262303880&start=1262300000"
    assert {each.url.host for each in server.requests} == {"appfirst.test"}


AUTH = basic_auth("username", "password")
THERE = [
    {"url": "http://a/", "type": "post", "event": "RESOLVED", "auth": AUTH},
    {"url": "http://b/", "type": "get", "event": "BOTH"},
]


def with_subscribers() -> httpx.Response:
    """An alert with two subscribers."""
    return httpx.Response(200, json={**ALERT, "subscribers": THERE})


async def test_subscribe_adds_to_those_that_are_there() -> None:
    """Subscribers are read and written as a whole: those that were there stay as they were."""
    server = Server(with_subscribers())
    async with server.client() as appfirst:
        await appfirst.alerts.subscribe(5, "http://c/", Subscriber("http://b/", type="post"))
    assert server.seen == ["GET /alerts/5/", "PUT /alerts/5/"]
    assert server.form.keys() == {"subscribers"}
    assert server.sent("subscribers") == [
        THERE[0],
        "http://c/",
        {"url": "http://b/", "type": "post", "event": "BOTH"},
    ]


async def test_subscribe_leaves_two_of_one_url_alone() -> None:
    """One address may be subscribed twice, for two events; both stay, or both are taken out."""
    twice = [{"url": "http://a/", "type": "get", "event": event} for event in ("TRIGGERED", "RESOLVED")]
    server = Server(httpx.Response(200, json={**ALERT, "subscribers": twice}))
    async with server.client() as appfirst:
        await appfirst.alerts.subscribe(5, "http://c/")
        assert server.sent("subscribers") == [*twice, "http://c/"]
        await appfirst.alerts.unsubscribe(5, "http://a/")
        assert server.sent("subscribers") == []


async def test_subscribe_leaves_odd_ones_alone() -> None:
    """Somebody else's subscriber that we would not write ourselves keeps nobody from subscribing."""
    odd = {"url": "ftp://old/", "auth": "not base64", "type": "put", "event": "NEVER"}
    server = Server(httpx.Response(200, json={**ALERT, "subscribers": [odd]}))
    async with server.client() as appfirst:
        await appfirst.alerts.subscribe(5, "http://c/")
    assert server.sent("subscribers") == [odd, "http://c/"]


async def test_unsubscribe_takes_out_one() -> None:
    """One is taken out by its URL, and one that is not there does no harm."""
    server = Server(with_subscribers())
    async with server.client() as appfirst:
        await appfirst.alerts.unsubscribe(5, "http://a/", "http://nobody/")
    assert server.seen == ["GET /alerts/5/", "PUT /alerts/5/"]
    assert server.sent("subscribers") == ["http://b/"]


async def test_what_a_subscription_adds_is_not_for_its_look_up() -> None:
    """Parameters of a call go with its write alone, headers with both."""
    server = Server(with_subscribers())
    async with server.client() as appfirst:
        await appfirst.alerts.subscribe(
            5, "http://c/", extra_params={"debug": "1"}, extra_headers={"X-Trace": "1"}
        )
    assert server.seen == ["GET /alerts/5/", "PUT /alerts/5/?debug=1"]
    assert [each.headers["x-trace"] for each in server.requests] == ["1", "1"]


async def test_rows_are_the_servers_own() -> None:
    """Raw rows keep what no model has."""
    body = b'{"pagination": {"count": 1, "next": null}, "data": [{"id": 1,  "new": 1.50}]}'
    async with Server(httpx.Response(200, content=body)).client() as appfirst:
        assert await appfirst.alerts.rows().collect() == [b'{"id": 1,  "new": 1.50}']
