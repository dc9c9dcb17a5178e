"""The public face of AppFirst as the type checkers see it; never run.

What must be an error is marked as ignored: an ignore that is not needed is an error, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, assert_type

from tocsin import AppFirstClient, Response, RetryPolicy, Timeouts
from tocsin.appfirst import (
    TRIGGERS,
    Alert,
    AlertHistory,
    AlertMessage,
    AlertUser,
    Application,
    Callback,
    Log,
    MaintenanceWindow,
    PolledData,
    Process,
    ProcessTarget,
    Server,
    ServerSet,
    ServerTag,
    Subscriber,
    Subscribers,
    basic_auth,
    parse_callback,
)
from tocsin.paging import Page, Pager

NOW = datetime.now(UTC)
BASE = "https://wwws.appfirst.example.com/api"
SOON = Timeouts(total=5)
Said = dict[str, Any]


async def clients() -> None:
    """A client is made with an address and a key; a derived one is a client of the same class."""
    async with AppFirstClient(BASE, email="a@example.org", api_key="k", timeouts=SOON) as appfirst:
        assert_type(appfirst, AppFirstClient)
        assert_type(appfirst.with_options(retry=RetryPolicy(attempts=2)), AppFirstClient)
        assert_type(await appfirst.request("GET", "/alerts/", params={"limit": "1"}), Response)
        assert_type(await appfirst.account.get(timeouts=SOON), Said)
    assert_type(AppFirstClient.from_env(), AppFirstClient)
    assert_type(AppFirstClient.from_profile("noc"), AppFirstClient)
    AppFirstClient(BASE, email="a@example.org")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no key
    AppFirstClient(BASE, "a@example.org", "k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by keyword
    AppFirstClient(BASE, email="a", api_key="k", token="t")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no such thing


async def alerts(appfirst: AppFirstClient) -> None:
    """Lists give pagers of models, or of JSON; filters are typed."""
    api = appfirst.alerts
    assert_type(api.list(server_id=1, page_size=100, on_bad_row="skip"), Pager[Alert])
    async for page in api.list(filter_name="log_id", filter_id=2, retry=RetryPolicy(attempts=1)).pages():
        assert_type(page, Page[Alert])
        for alert in page.items:
            times: list[datetime | None] = [alert.last_triggered]
            assert times
            assert_type(alert.threshold, Decimal | None)
            assert_type(alert.target_id, int | str | None)
            assert_type(alert.target_uri, str | None)
            assert_type(alert.target_name, str | None)
            assert_type(alert.users, tuple[AlertUser, ...])
            assert_type(alert.subscribers, Subscribers)
            assert_type(alert.subscribers[0], Subscriber)
    assert_type(api.rows(process_id=1), Pager[bytes])
    assert_type(await api.count(application_id=1), int)
    assert_type(await api.get(1, timeouts=SOON), Alert)
    target = ProcessTarget(1, 2, 3, "nginx")
    assert_type(ProcessTarget.parse("1,2,3,nginx"), ProcessTarget)
    assert_type(target.uid, str)
    made = await api.create(
        name="n",
        type="Process",
        target_id=target,
        trigger_type="CPU",
        users=[1, AlertUser(2, sendsms=True)],
        threshold=Decimal("0.5"),
        threshold_type="out of band",
        window_units="d",
        window_length=2,
        band_value=2.5,
        both_spellings=True,
        timeouts=SOON,
    )
    assert_type(made, Alert)
    assert_type(
        await api.update(1, active=False, direction="below", subscribers=["https://a.example.org/"]), Alert
    )
    assert_type(await api.set_users(1, [AlertUser(1)], timeouts=SOON), Alert)
    subscriber = Subscriber("https://a.example.org/", auth=basic_auth("u", "p"), type="post", event="BOTH")
    assert_type(await api.set_subscribers(1, [subscriber, "https://b.example.org/"]), Alert)
    assert_type(await api.subscribe(1, subscriber, "https://b.example.org/", timeouts=SOON), Alert)
    assert_type(await api.unsubscribe(1, subscriber.url), Alert)
    await api.delete(1, retry=RetryPolicy(attempts=1))
    api.list(nosuch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no such filter
    api.list(filter_name="bucket_id", filter_id=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - nor this
    api.list(server_id="a")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a number
    await api.create(name="n", type="Server", target_id=1, trigger_type="CPU")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no users
    await api.update(1, type="Server")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - cannot be changed
    await api.update(1, window_units="m")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - h or d
    await api.set_users(1, ["a@example.org"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType] - ids
    await api.get("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - an id is a number


async def histories(appfirst: AppFirstClient) -> None:
    """Of all, or of one thing and a time."""
    api = appfirst.alert_histories
    assert_type(api.list(server_id=1, start=NOW, end=NOW), Pager[AlertHistory])
    async for history in api.list(page_size=10):
        times: list[datetime | None] = [history.start, history.end]
        assert times
    assert_type(api.rows(bucket_id=1), Pager[bytes])
    assert_type(await api.count(log_id=1), int)
    assert_type(await api.get(1), AlertHistory)
    assert_type(await api.message(1, timeouts=SOON), AlertMessage)
    api.list(process_id=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - processes have none
    api.list(start=1767225600)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a time
    await api.create(alert_id=1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - by the server alone


async def servers(appfirst: AppFirstClient) -> None:
    """Servers, their tags and sets."""
    api = appfirst.servers
    assert_type(api.list(hostname="a", location_ip="198.18.0.1", create_time=NOW), Pager[Server])
    assert_type(api.rows(page_size=2500), Pager[bytes])
    assert_type(await api.count(hostname="a"), int)
    assert_type(await api.get(1), Server)
    assert_type(await api.update(1, nickname="a", description=""), Server)
    await api.delete(1)
    assert_type(api.outages(1, start=NOW, on_bad_row="skip"), Pager[Said])
    assert_type(api.tags(1, page_size=10), Pager[Said])
    assert_type(api.processes(1, start=NOW, end=NOW), Pager[Process])
    assert_type(api.processes_data(1, num=10, time_step="Hour"), Pager[Said])
    assert_type(await api.polled_data_config(1), Any)
    assert_type(api.data(1, num=10, start=NOW, time_step="Day", timeouts=SOON), Pager[Said])
    assert_type(api.data_rows(1, end=NOW), Pager[bytes])
    tags = appfirst.server_tags
    assert_type(tags.list(filter="web"), Pager[ServerTag])
    assert_type(tags.rows(filter="web"), Pager[bytes])
    assert_type(await tags.count(), int)
    assert_type(await tags.get(1), ServerTag)
    assert_type(await tags.create(name="web", servers=[1]), ServerTag)
    assert_type(await tags.update(1, servers=(1, 2), timeouts=SOON), ServerTag)
    await tags.delete(1)
    sets = appfirst.server_sets
    assert_type(sets.list(filter="web", page_size=10), Pager[ServerSet])
    assert_type(sets.rows(), Pager[bytes])
    assert_type(await sets.count(filter="web"), int)
    assert_type((await sets.get(1)).server_tags, tuple[int | str, ...])
    api.list(nickname="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no such filter
    await api.update(1, hostname="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - cannot be changed
    api.data(1, time_step="Week")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - no such step
    api.data("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - an id is a number
    await tags.create(name="web")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no servers
    await sets.delete(1)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - it takes none


async def what_runs_there(appfirst: AppFirstClient) -> None:
    """Applications, processes, polled data, logs, buckets; each with its data points."""
    applications = appfirst.applications
    assert_type(applications.list(page_size=10, timeouts=SOON), Pager[Application])
    assert_type(applications.rows(), Pager[bytes])
    assert_type(await applications.count(), int)
    assert_type(await applications.get(1), Application)
    assert_type(await applications.detail(1, time=NOW), Any)
    assert_type(applications.processes(1), Pager[Process])
    assert_type(applications.templates(page_size=10), Pager[Said])
    assert_type(await applications.template(1), Said)
    assert_type(applications.data(1), Pager[Said])
    processes = appfirst.processes
    assert_type(await processes.get("1_2_3"), Process)
    assert_type(await processes.detail(ProcessTarget(1, 2, 3, "nginx"), time=NOW), Any)
    assert_type(processes.data("1_2_3", num=10), Pager[Said])
    assert_type(processes.data_rows(ProcessTarget(1, 2, 3, "nginx")), Pager[bytes])
    polled = appfirst.polled_data
    assert_type(polled.list(), Pager[PolledData])
    assert_type(polled.rows(), Pager[bytes])
    assert_type(await polled.count(), int)
    assert_type(await polled.get(1), PolledData)
    assert_type(polled.data_rows(1, num=2), Pager[bytes])
    logs = appfirst.logs
    assert_type(logs.list(), Pager[Log])
    assert_type(logs.rows(), Pager[bytes])
    assert_type(await logs.count(), int)
    assert_type((await logs.get(1)).source, int | str | None)
    assert_type(await logs.detail(1, filter="error"), Any)
    assert_type(logs.data(1, num=2), Pager[Said])
    buckets = appfirst.buckets
    assert_type(buckets.list(), Pager[Said])
    assert_type(buckets.rows(), Pager[bytes])
    assert_type(await buckets.count(), int)
    assert_type(await buckets.get(1), Said)
    assert_type(buckets.data(1), Pager[Said])
    applications.list(filter="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - it has no filters
    processes.list()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - those of a server
    await processes.get(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a uid, or a target
    await applications.detail(1, time="now")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a time


async def people(appfirst: AppFirstClient) -> None:
    """Users, and the times in which they work on servers."""
    assert_type(appfirst.users.list(page_size=10), Pager[Said])
    assert_type(appfirst.users.rows(), Pager[bytes])
    assert_type(await appfirst.users.count(), int)
    assert_type(await appfirst.users.get(1), Said)
    windows = appfirst.maintenance_windows
    assert_type(windows.list(), Pager[MaintenanceWindow])
    assert_type(windows.rows(), Pager[bytes])
    assert_type(await windows.count(), int)
    assert_type(await windows.get(1), MaintenanceWindow)
    assert_type(await windows.create(start=NOW, end=NOW, servers=[1], reason="r"), MaintenanceWindow)
    await windows.delete(1, timeouts=SOON)
    await windows.create(start=NOW, end=NOW)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no servers
    await windows.update(1, end=NOW)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - cannot be


def callbacks(query: Mapping[str, str], body: bytes) -> None:
    """Calls to a subscriber are read from a query, a body, or a mapping."""
    called = parse_callback("GET", query, {"Authorization": "Basic a"}, auth="a")
    assert_type(called, Callback)
    assert_type(called.alert_id, int)
    assert_type(called.status, Literal["TRIGGERED", "RESOLVED"])
    assert_type(parse_callback("POST", body), Callback)
    assert_type(basic_auth("u", "p"), str)
    assert_type(TRIGGERS["Server"], tuple[str, ...])
    parse_callback("POST", body, None, "a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by keyword
    parse_callback("GET", {"alert_id": 1})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType] - texts
