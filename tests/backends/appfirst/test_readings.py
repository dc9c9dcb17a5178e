"""Where the API's pages contradict themselves or each other, both readings are read, and one is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st
from tests.backends.appfirst.server import ALERT, Server, page
from tests.backends.appfirst.test_seed import CPU

from tocsin.appfirst import (
    Alert,
    AlertHistory,
    AlertUser,
    Application,
    Log,
    MaintenanceWindow,
    PolledData,
    Process,
    Server as Machine,
    ServerSet,
    ServerTag,
    Subscriber,
)
from tocsin.errors import DecodeError
from tocsin.transport import codec

ONE = AlertUser(1, sendemail=True, sendsms=False, pushnotification=None)
BOTH = Subscriber("http://x/", None, "get", "BOTH")
BEGUN = datetime(2010, 1, 1, tzinfo=UTC)


def read(**fields: Any) -> Alert:
    """An alert that came with these fields."""
    return codec.read(Alert, codec.encode({**ALERT, **fields}))


#: A field, how it may come, and what it is then.
READINGS: list[tuple[str, Any, Any]] = [
    ("users", [{"id": 1, "sendemail": True, "sendsms": False}], (ONE,)),
    ("users", '[{"id": 1, "sendemail": true, "sendsms": false}]', (ONE,)),
    ("users", [{"id": 1, "sendemail": "True", "sendsms": "False"}], (ONE,)),
    ("users", [{"id": 1, "sendemail": 1, "sendsms": 0}], (ONE,)),
    ("users", [{"id": 1, "sendemail": "on", "sendsms": "off"}], (ONE,)),
    ("users", [{"user_id": 7}], (AlertUser(7),)),
    ("users", [{"email": "a@example.org"}], (AlertUser("a@example.org"),)),
    ("users", [{"email": "a@example.org", "user_id": 7}], (AlertUser(7),)),
    ("users", [{"email": "a@example.org", "user_id": 7, "id": 8}], (AlertUser(8),)),
    ("users", [], ()),
    ("users", None, ()),
    ("users", "[]", ()),
    ("subscribers", None, ()),
    ("subscribers", [], ()),
    ("subscribers", ["http://x/"], (BOTH,)),
    ("subscribers", [{"url": "http://x/"}], (BOTH,)),
    ("subscribers", [{"url": "http://x/", "type": None, "event": "BOTH", "auth": None}], (BOTH,)),
    ("subscribers", [{"url": "http://x/", "type": "GET", "event": "both"}], (BOTH,)),
    ("subscribers", '["http://x/"]', (BOTH,)),
    ("threshold", 90, Decimal(90)),
    ("threshold", 75.0, Decimal("75.0")),
    ("threshold", "99.99", Decimal("99.99")),
    ("threshold", None, None),
    ("target_id", 1, 1),
    ("target_id", "1111,1284,1262304000087987676,httpd", "1111,1284,1262304000087987676,httpd"),
    ("window_length", 0, 0),
    ("window_length", 31, 31),
    ("band_value", 0, 0.0),
    ("band_value", 2.0, 2.0),
    ("direction", "Above", "above"),
    ("direction", "outside bounds", "outside bounds"),
    ("direction", "Outside Bounds", "outside bounds"),
    ("direction", None, None),
    ("active", True, True),
    ("active", "True", True),
    ("active", "true", True),
    ("active", 1, True),
    ("active", "1", True),
    ("active", "on", True),
    ("active", False, False),
    ("active", "False", False),
    ("active", 0, False),
    ("in_incident", None, False),
    ("last_triggered", 1262304000, BEGUN),
    ("last_triggered", "1262304000", BEGUN),
    ("last_triggered", "2010-01-01 00:00", BEGUN),
    ("last_triggered", None, None),
    ("ip_details", "23,80", "23,80"),
    ("type", "Something New", "Something New"),
]


@pytest.mark.parametrize(("name", "value", "expected"), READINGS)
def test_reading(name: str, value: Any, expected: Any) -> None:
    """Each way to write a field is read."""
    assert getattr(read(**{name: value}), name) == expected
    assert type(read(**{name: value}).active) is bool


@pytest.mark.parametrize("name", ["direction", "num_of_servers", "part_name", "ip_details", "threshold_type"])
def test_left_out(name: str) -> None:
    """Fields that some samples leave out are None; threshold_type, never echoed, is no field."""
    assert getattr(read(), name, None) is None


def test_target_that_stands_twice() -> None:
    """Of an address and a name under one key, the last counts, as JSON parsers have it."""
    alert = codec.read(Alert, CPU)
    assert (alert.target, alert.target_name, alert.target_uri) == ("default_collector", "default_collector", None)


@pytest.mark.parametrize("uri", ["/api/v5/servers/1/", "/api/v5/polled-data/1/", "/api/v5/polled_data/1/"])
def test_target_that_is_an_address(uri: str) -> None:
    """What begins with /api/ is an address, whatever its spelling."""
    alert = read(target=uri)
    assert (alert.target, alert.target_uri, alert.target_name) == (uri, uri, None)


def test_target_that_is_not_told() -> None:
    """Without a target there is neither."""
    alert = read(target=None)
    assert (alert.target, alert.target_uri, alert.target_name) == (None, None, None)


def test_url_of_another_alert_is_no_identity() -> None:
    """An alert is its id, whatever its url says."""
    assert read(id=4, url="/api/v5/alerts/1/").id == 4


BAD: list[tuple[str, Any, str]] = [
    ("users", "[{", "array"),
    ("users", [{"sendemail": True}], "id"),
    ("users", [{"id": 1, "sendemail": "perhaps"}], "bool"),
    ("subscribers", [7], "a URL"),
    ("subscribers", [{"type": "get"}], "url"),
    ("active", "perhaps", "bool"),
    ("active", [], "bool"),
    ("direction", 1, "a text"),
    ("last_triggered", "soon", "datetime"),
    ("threshold", "much", "decimal"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "value", "why"), BAD)
async def test_malformed(name: str, value: Any, why: str) -> None:
    """What cannot be read is told with its place, in a list and alone; other rows of the list are read."""
    bad = {**ALERT, name: value}
    server = Server(page({**ALERT, "id": 1}, bad, {**ALERT, "id": 3}), page())
    async with server.client() as appfirst:
        [got] = [each async for each in appfirst.alerts.list(on_bad_row="skip").pages()]
        assert [alert.id for alert in got.items] == [1, 3]
        assert got.bad_rows[0].path.startswith(f"$.data[1].{name}")
        assert why in got.bad_rows[0].message
    async with Server(httpx.Response(200, json=bad)).client() as appfirst:
        with pytest.raises(DecodeError, match=why) as caught:
            await appfirst.alerts.get(1)
    assert (caught.value.path or "").startswith(f"$.{name}")


#: The samples of the other pages, and what else these say of them.
OTHERS: list[tuple[type[Any], dict[str, Any], dict[str, Any]]] = [
    (
        PolledData,
        {"id": 67768, "name": "m", "server_id": 255832, "alert_id": [189333], "url": "/api/v5/polled_data/67768/"},
        {"alert_id": (189333,), "server_id": 255832},
    ),
    (PolledData, {"id": 1, "alert_id": 189333}, {"alert_id": (189333,)}),
    (PolledData, {"id": 1, "alert_id": None}, {"alert_id": ()}),
    (
        Log,
        {"id": 13990, "server_id": 266501, "source_type": "AFSQL", "source": "/var/log/af_sql.log", "limit": 2000},
        {"source_type": "AFSQL", "source": "/var/log/af_sql.log", "limit": 2000},
    ),
    (Log, {"id": 1, "source_type": "SYSLOG", "source": 514}, {"source": 514}),
    (
        ServerSet,
        {
            "id": 431,
            "name": "ACS",
            "servers": [248923, 7984],
            "server_tags": ["/api/v5/server_tags/3061/"],
            "applications": [9611],
            "auto_detection": True,
        },
        {"servers": (248923, 7984), "server_tags": ("/api/v5/server_tags/3061/",), "auto_detection": True},
    ),
    (ServerSet, {"id": 1, "server_tags": [3061]}, {"server_tags": (3061,)}),
    (ServerTag, {"id": 3061, "name": "ACS", "servers": [1, 2]}, {"name": "ACS", "servers": (1, 2)}),
    (
        MaintenanceWindow,
        {"id": 61, "reason": "", "start": 1262304000, "end": "2010-01-01 00:00", "started": True, "servers": []},
        {"start": BEGUN, "end": BEGUN, "started": True, "ended": False, "servers": ()},
    ),
    (
        Application,
        {"id": 10433, "name": "a", "created": 0, "servers": [11980], "template": 2240},
        {"created": datetime(1970, 1, 1, tzinfo=UTC), "template": 2240},
    ),
    (Process, {"uid": "1_2_3", "create_time": 1262304000087987676}, {"create_time": 1262304000087987676}),
    (Process, {"uid": "1_2_3", "create_time": "1262304000"}, {"create_time": "1262304000"}),
    (
        Machine,
        {"id": 1, "created": 1262304000, "running": True, "capacity_disks": {"/": 5}, "network_interfaces": [{}]},
        {"created": BEGUN, "running": True, "capacity_disks": {"/": 5.0}, "network_interfaces": [{}]},
    ),
    (AlertHistory, {"id": 65, "alert_id": 5, "start": 1262304000, "end": None}, {"start": BEGUN, "end": None}),
]


@pytest.mark.parametrize(("model", "said", "expected"), OTHERS)
def test_other_pages(model: type[Any], said: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """What the other pages say is read, in both ways where there are two."""
    one = codec.decoder(model).decode(codec.encode({**said, "a_new_field": {}}))
    assert {name: getattr(one, name) for name in expected} == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_threshold_keeps_its_digits(value: Decimal) -> None:
    """A threshold that comes as text is exact."""
    assert read(threshold=str(value)).threshold == value
