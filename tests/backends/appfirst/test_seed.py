"""The API's page on alerts by its own samples: each request as it stands there, each reply read whole.

The samples are no strict JSON: they have comments, single quotes around values, a name without quotes, and commas
behind the last entry. These are cleaned, and nothing else is changed: ``target`` stands twice where it does on the
page. Requests are written with curl there, which sends what it is given; we send the same fields, percent-encoded
as the API's overview demands, and JSON text inside of them without blanks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import httpx
import pytest
from tests.backends.appfirst.server import ALERT, API_KEY, BASE, EMAIL, Server, page

from tocsin.appfirst import Alert, AlertUser, Callback, ProcessTarget, Subscriber, parse_callback

pytestmark = pytest.mark.anyio

USERS_TEXT = '[{"pushnotification": true, "sendsms": true, "id": 1, "sendemail": false}]'
#: The users of all samples but one, as they are read.
USERS = (AlertUser(1, sendemail=False, sendsms=True, pushnotification=True),)
TRIGGERED = datetime(2010, 1, 1, tzinfo=UTC)

CPU = """{
    "last_triggered": 1262304000,
    "name": "alert example name",
    "target": "/api/v5/servers/1/",
    "target_id": 1,
    "in_incident": true,
    "interval": 5,
    "time_above_threshold": 5,
    "threshold": 90,
    "direction": "above",
    "trigger": "CPU below 90% for 1 min",
    "trigger_type": "CPU",
    "target": "default_collector",
    "active": true,
    "reg_exp": "",
    "part_name": "",
    "ip_details": "",
    "type": "Server",
    "id": 1,
    "users": "[{\\"pushnotification\\": true, \\"sendsms\\": true, \\"id\\": 1, \\"sendemail\\": false}]",
    "subscribers": null,
    "window_length": 0,
    "window_units": "h",
    "band_value": 0,
    "url": "/api/v5/alerts/1/"
}"""
MEMORY = """{
    "last_triggered": null,
    "name": "My Application Alert",
    "target": "/api/v5/applications/3/",
    "in_incident": true,
    "trigger": "Memory above 20 KB for 1 min",
    "trigger_type": "Memory",
    "target": "my application",
    "target_id": 3,
    "active": true,
    "interval": 5,
    "time_above_threshold": 5,
    "threshold": 20000,
    "reg_exp": "",
    "type": "Application",
    "id": 2,
    "users": "[{\\"pushnotification\\": true, \\"sendsms\\": true, \\"id\\": 1, \\"sendemail\\": false}]",
    "subscribers": null,
    "window_length": 0,
    "window_units": "h",
    "band_value": 0,
    "url": "/api/v5/alerts/2/"
}"""
LOG = """{
    "last_triggered": null,
    "target": null,
    "num_of_servers": 1,
    "ip_details": "",
    "threshold": null,
    "id": 3,
    "reg_exp": "*ERROR*",
    "trigger_type": "Log Content",
    "trigger": "Log Content (Contains Keywords) matches: *ERROR*",
    "time_above_threshold": 1,
    "type": "Log",
    "direction": "above",
    "users": "[{\\"pushnotification\\": true, \\"sendsms\\": true, \\"id\\": 1, \\"sendemail\\": false}]",
    "target_id": 1,
    "subscribers": null,
    "active": true,
    "target": "File: /var/log/messages on collector",
    "name": "My Log Alert",
    "part_name": "MAX",
    "interval": 1,
    "in_incident": false,
    "window_length": 0,
    "window_units": "h",
    "band_value": 0,
    "url": "/api/v5/alerts/3/"
}"""
DISK = """{
    "last_triggered": null,
    "target": "/api/v5/servers/4/",
    "num_of_servers": 1,
    "ip_details": "",
    "threshold": "99.99",
    "id": 4,
    "reg_exp": "",
    "trigger_type": "Disk",
    "trigger": "Disk (Space) on D: above 99.99 % for 1 min",
    "time_above_threshold": 1,
    "type": "Server",
    "direction": "above",
    "users": "[{\\"pushnotification\\": true, \\"sendsms\\": true, \\"id\\": 1, \\"sendemail\\": false}]",
    "target_id": 1,
    "subscribers": null,
    "active": true,
    "target": "collector",
    "name": "a1",
    "part_name": "D:",
    "interval": 1,
    "in_incident": false,
    "window_length": 0,
    "window_units": "h",
    "band_value": 0,
    "url": "/api/v5/alerts/1/"
}"""
PORT = """{
    "last_triggered": null,
    "target": "/api/v5/applications/1/",
    "num_of_servers": 1,
    "ip_details": "9999,1111,33333",
    "threshold": null,
    "id": 5,
    "reg_exp": "",
    "trigger_type": "Port Accessed",
    "trigger": "Network (Port Accessed) is anything but 9999,1111,33333",
    "time_above_threshold": 1,
    "type": "Application",
    "direction": "above",
    "users": "[{\\"pushnotification\\": true, \\"sendsms\\": true, \\"id\\": 1, \\"sendemail\\": false}]",
    "target_id": 1,
    "subscribers": null,
    "active": true,
    "target": "Tag1",
    "name": "My Port Access Alert",
    "part_name": "MAX",
    "interval": 1,
    "in_incident": false,
    "window_length": 0,
    "window_units": "h",
    "band_value": 0,
    "url": "/api/v5/alerts/5/"
}"""
POLLED = """{
    "last_triggered": null,
    "target": "/api/v5/polled-data/1/",
    "num_of_servers": 1,
    "ip_details": "",
    "threshold": null,
    "id": 6,
    "reg_exp": "",
    "trigger_type": "Nagios",
    "trigger": "Non-OK status",
    "time_above_threshold": 1,
    "type": "Polled Data",
    "direction": "above",
    "users": "[{\\"pushnotification\\": true, \\"sendsms\\": true, \\"id\\": 1, \\"sendemail\\": false}]",
    "target_id": 1,
    "subscribers": null,
    "active": true,
    "target": "Check Http on collector",
    "name": "My Nagios Script Alert",
    "part_name": "MAX",
    "interval": 1,
    "in_incident": false,
    "window_length": 0,
    "window_units": "h",
    "band_value": 0,
    "url": "/api/v5/alerts/6/"
}"""
LIST = f"""{{
    "pagination": {{"count": 2469, "next": null, "previous": null}},
    "data": [{CPU}, {MEMORY}, {LOG}, {DISK}, {PORT}, {POLLED}]
}}"""
CREATED = """{
    "last_triggered": 1262304000,
    "name": "cpu_alert_on_my_server",
    "target_id": "1111,1284,1262304000087987676,httpd",
    "in_incident": true,
    "interval": 5,
    "time_above_threshold": 5,
    "threshold": 90,
    "direction": "above",
    "trigger": "CPU above 90% for 1 min",
    "trigger_type": "CPU",
    "target": "default process",
    "active": true,
    "part_name": "",
    "ip_details": "",
    "type": "Process",
    "users": "[{\\"pushnotification\\": true, \\"sendsms\\": true, \\"id\\": 1, \\"sendemail\\": false}]",
    "id": 1,
    "subscribers": null,
    "window_length": 0,
    "window_units": "h",
    "band_value": 0,
    "url": "/api/v5/alerts/1/"
}"""
GOT = """{
    "id": 609777,
    "name": "High CPU on e6bf3f881d3b",
    "type": "Server",
    "target": "e6bf3f881d3b",
    "target_id": 265792,
    "trigger_type": "CPU",
    "trigger": "CPU above 75.00 % for 3 min",
    "band_value": 0.0,
    "threshold": 75.0,
    "direction": "above",
    "active": true,
    "last_triggered": null,
    "window_length": 0,
    "window_units": "h",
    "time_above_threshold": 3,
    "num_of_servers": 1,
    "ip_details": "",
    "reg_exp": "",
    "users": [
        {
            "pushnotification": true,
            "sendsms": false,
            "id": 1,
            "sendemail": true
        }
    ],
    "subscribers": null,
    "part_name": "MAX",
    "interval": 15,
    "in_incident": false,
    "url": "/api/v5/alerts/609777/"
}"""
#: The reply to both samples of PUT: as `CPU`, but for these.
UPDATED = CPU.replace('"active": true', '"active": false').replace(
    '"subscribers": null',
    """"subscribers": [
        {
            "url":"http://example.com/callback/",
            "auth":"dXNlcm5hbWU6cGFzc3dvcmQ=",
            "type":"post",
            "event":"TRIGGERED"
        },
        {
            "url":"https://other.example.com/notify/",
            "type":"get",
            "event":"BOTH"
        }
    ]""",
)
CALLBACK = Subscriber("http://example.com/callback/", "dXNlcm5hbWU6cGFzc3dvcmQ=", "post", "TRIGGERED")
NOTIFY = "https://other.example.com/notify/"

#: What the six alerts of the list have alike, and both replies to a PUT.
_ALIKE: Mapping[str, Any] = {"users": USERS, "window_length": 0, "window_units": "h", "band_value": 0.0}
_OF_FOUR: Mapping[str, Any] = {
    **_ALIKE,
    "active": True,
    "direction": "above",
    "num_of_servers": 1,
    "time_above_threshold": 1,
    "interval": 1,
    "target_id": 1,
}
CPU_ALERT = Alert(
    id=1,
    name="alert example name",
    type="Server",
    target="default_collector",
    target_id=1,
    trigger_type="CPU",
    trigger="CPU below 90% for 1 min",
    active=True,
    in_incident=True,
    last_triggered=cast("Any", TRIGGERED),
    direction=cast("Any", "above"),
    threshold=Decimal(90),
    interval=5,
    time_above_threshold=5,
    reg_exp="",
    part_name="",
    ip_details="",
    url="/api/v5/alerts/1/",
    **_ALIKE,
)
ALERTS = [
    CPU_ALERT,
    Alert(
        id=2,
        name="My Application Alert",
        type="Application",
        target="my application",
        target_id=3,
        trigger_type="Memory",
        trigger="Memory above 20 KB for 1 min",
        active=True,
        in_incident=True,
        threshold=Decimal(20000),
        interval=5,
        time_above_threshold=5,
        reg_exp="",
        url="/api/v5/alerts/2/",
        **_ALIKE,
    ),
    Alert(
        id=3,
        name="My Log Alert",
        type="Log",
        target="File: /var/log/messages on collector",
        trigger_type="Log Content",
        trigger="Log Content (Contains Keywords) matches: *ERROR*",
        reg_exp="*ERROR*",
        part_name="MAX",
        ip_details="",
        url="/api/v5/alerts/3/",
        **_OF_FOUR,
    ),
    Alert(
        id=4,
        name="a1",
        type="Server",
        target="collector",
        trigger_type="Disk",
        trigger="Disk (Space) on D: above 99.99 % for 1 min",
        threshold=Decimal("99.99"),
        reg_exp="",
        part_name="D:",
        ip_details="",
        url="/api/v5/alerts/1/",
        **_OF_FOUR,
    ),
    Alert(
        id=5,
        name="My Port Access Alert",
        type="Application",
        target="Tag1",
        trigger_type="Port Accessed",
        trigger="Network (Port Accessed) is anything but 9999,1111,33333",
        reg_exp="",
        part_name="MAX",
        ip_details="9999,1111,33333",
        url="/api/v5/alerts/5/",
        **_OF_FOUR,
    ),
    Alert(
        id=6,
        name="My Nagios Script Alert",
        type="Polled Data",
        target="Check Http on collector",
        trigger_type="Nagios",
        trigger="Non-OK status",
        reg_exp="",
        part_name="MAX",
        ip_details="",
        url="/api/v5/alerts/6/",
        **_OF_FOUR,
    ),
]


def reply(text: str) -> httpx.Response:
    """A sample as the server sends it."""
    return httpx.Response(200, content=text.encode(), headers={"content-type": "application/json"})


async def test_list_alerts() -> None:
    """``GET /api/alerts/?limit=200``: six alerts, and a count of 2469 that an empty page ends."""
    server = Server(reply(LIST), page(count=2469))
    async with server.client() as appfirst:
        assert await appfirst.alerts.list(page_size=200).collect() == ALERTS
    assert server.seen == ["GET /alerts/?limit=200", "GET /alerts/?limit=200&page=1"]
    assert server.requests[0].headers["accept"] == "application/json; version=5"
    assert httpx.BasicAuth(EMAIL, API_KEY)._auth_header == server.requests[0].headers["authorization"]


async def test_list_alerts_tells_its_count() -> None:
    """The count of the reply is the page's total."""
    async with Server(reply(LIST)).client() as appfirst:
        first = await anext(appfirst.alerts.list(page_size=200).pages())
    assert (first.total, first.raw_rows) == (2469, 6)


async def test_list_alerts_with_limit_10() -> None:
    """``limit=10`` gets the first page of the first 10 items."""
    server = Server(reply(LIST))
    async with server.client() as appfirst:
        await appfirst.alerts.list(page_size=10).first()
    assert server.seen == ["GET /alerts/?limit=10"]


async def test_list_alerts_with_limit_25_and_page_3() -> None:
    """``limit=25&page=3`` gets the fourth page of 25."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = 25 * int(request.url.params.get("page", 0))
        return page(*[{**ALERT, "id": id} for id in range(1, 101)[start : start + 25]], count=100)

    server = Server(answer)
    async with server.client() as appfirst:
        got = [[each.id for each in one.items] async for one in appfirst.alerts.list(page_size=25).pages()]
    assert server.seen[3] == "GET /alerts/?limit=25&page=3"
    assert (len(server.seen), got[3]) == (4, list(range(76, 101)))


@pytest.mark.parametrize("name", ["application_id", "process_id", "server_id", "polled_data_id", "log_id"])
async def test_list_alerts_filtered(name: Any) -> None:
    """``filter_name`` and ``filter_id``, both or neither; the five by their own names, too."""
    server = Server(page())
    async with server.client() as appfirst:
        await appfirst.alerts.list(filter_name=name, filter_id=7).collect()
        await appfirst.alerts.rows(**{name: 7}).collect()
    assert server.seen == [f"GET /alerts/?filter_name={name}&filter_id=7&limit=1000"] * 2


async def test_create_alert() -> None:
    """``POST /api/alerts/`` with the sample's five fields and a threshold; the reply's target is a process."""
    server = Server(reply(CREATED))
    async with server.client() as appfirst:
        alert = await appfirst.alerts.create(
            name="cpu_alert_on_my_server",
            threshold=90,
            type="Process",
            target_id="1111,1284,1262304000087987676,httpd",
            trigger_type="CPU",
            users=[AlertUser(1, sendemail=True)],
        )
    assert server.seen == ["POST /alerts/"]
    sample = (
        "name=cpu_alert_on_my_server&threshold=90&type=Process"
        "&target_id=1111,1284,1262304000087987676,httpd&trigger_type=CPU"
    )
    expected = dict(pair.split("=") for pair in sample.split("&"))
    assert {name: value for name, value in server.form.items() if name != "users"} == expected
    assert server.sent("users") == json.loads('[{"id":1, "sendemail": true}]')
    assert alert == Alert(
        id=1,
        name="cpu_alert_on_my_server",
        type="Process",
        target="default process",
        target_id="1111,1284,1262304000087987676,httpd",
        trigger_type="CPU",
        trigger="CPU above 90% for 1 min",
        active=True,
        in_incident=True,
        last_triggered=cast("Any", TRIGGERED),
        direction=cast("Any", "above"),
        threshold=Decimal(90),
        interval=5,
        time_above_threshold=5,
        part_name="",
        ip_details="",
        url="/api/v5/alerts/1/",
        **_ALIKE,
    )
    assert ProcessTarget.parse(str(alert.target_id)) == ProcessTarget(1111, 1284, 1262304000087987676, "httpd")


async def test_get_alert() -> None:
    """``GET /api/alerts/1/``: the one sample that a machine has made, with its users as a list."""
    server = Server(reply(GOT))
    async with server.client() as appfirst:
        alert = await appfirst.alerts.get(1)
    assert server.seen == ["GET /alerts/1/"]
    assert alert == Alert(
        id=609777,
        name="High CPU on e6bf3f881d3b",
        type="Server",
        target="e6bf3f881d3b",
        target_id=265792,
        trigger_type="CPU",
        trigger="CPU above 75.00 % for 3 min",
        band_value=0.0,
        threshold=Decimal("75.0"),
        direction=cast("Any", "above"),
        active=True,
        window_length=0,
        window_units="h",
        time_above_threshold=3,
        num_of_servers=1,
        ip_details="",
        reg_exp="",
        users=cast("Any", (AlertUser(1, sendemail=True, sendsms=False, pushnotification=True),)),
        part_name="MAX",
        interval=15,
        url="/api/v5/alerts/609777/",
    )


async def test_update_alert_users() -> None:
    """The users of the sample, which are JSON text in a form."""
    server = Server(reply(UPDATED))
    async with server.client() as appfirst:
        await appfirst.alerts.set_users(1, USERS)
    assert server.seen == ["PUT /alerts/1/"]
    assert server.form.keys() == {"users"}
    assert server.sent("users") == json.loads(USERS_TEXT)


async def test_update_alert_subscribers() -> None:
    """``PUT /api/alerts/1/`` with both ways to write a subscriber; the reply writes both in one."""
    server = Server(reply(UPDATED))
    async with server.client() as appfirst:
        alert = await appfirst.alerts.update(1, active=False, subscribers=[CALLBACK, NOTIFY])
    assert server.seen == ["PUT /alerts/1/"]
    assert server.form.keys() == {"active", "subscribers"}
    assert server.form["active"] == "False"
    assert server.sent("subscribers") == [
        {
            "url": "http://example.com/callback/",
            "auth": "dXNlcm5hbWU6cGFzc3dvcmQ=",
            "type": "post",
            "event": "TRIGGERED",
        },
        "https://other.example.com/notify/",
    ]
    assert alert.subscribers == (CALLBACK, Subscriber(NOTIFY, None, "get", "BOTH"))
    assert (alert.active, alert.users, alert.target) == (False, USERS, "default_collector")


async def test_update_alert_unsubscribes() -> None:
    """``subscribers=[]`` unsubscribes completely."""
    server = Server(reply(CPU))
    async with server.client() as appfirst:
        assert (await appfirst.alerts.set_subscribers(1, [])).subscribers == ()
    assert server.form == {"subscribers": "[]"}


async def test_update_alert_disables() -> None:
    """``-d "active=False"`` is the whole body, byte for byte."""
    server = Server(reply(UPDATED))
    async with server.client() as appfirst:
        alert = await appfirst.alerts.update(1, active=False)
    assert server.requests[0].content == b"active=False"
    assert alert.active is False


async def test_delete_alert() -> None:
    """``DELETE /api/alerts/1/``, of whose reply nothing is said."""
    for answer in (httpx.Response(204), httpx.Response(200, text="deleted"), reply(CPU)):
        server = Server(answer)
        async with server.client() as appfirst:
            await appfirst.alerts.delete(1)
        assert server.seen == ["DELETE /alerts/1/"]


async def test_requests_go_where_the_page_says() -> None:
    """Of ``https://wwws.appfirst.com/api/alerts/1/``, the base URL ends in ``/api``, and paths in a slash."""
    server = Server(reply(GOT))
    async with server.client(base_url="https://wwws.appfirst.com/api/") as appfirst:
        await appfirst.alerts.get(1)
    assert str(server.requests[0].url) == "https://wwws.appfirst.com/api/alerts/1/"
    assert BASE.endswith("/api")


def test_callback_of_a_get() -> None:
    """``http://example.com/?alert_id=5&alert_history_id=65&status=TRIGGERED``."""
    url = "http://example.com/?alert_id=5&alert_history_id=65&status=TRIGGERED"
    assert parse_callback("GET", url.partition("?")[2]) == Callback(5, 65, "TRIGGERED")


def test_callback_of_a_post() -> None:
    """``alert_id={ALERT_ID}&alert_history_id={ID}&status={TRIGGERED or RESOLVED}`` as a form."""
    assert parse_callback("POST", b"alert_id=5&alert_history_id=65&status=RESOLVED") == Callback(5, 65, "RESOLVED")
