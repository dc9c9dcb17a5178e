"""What calls are given: refused before anything is sent, or sent as the API has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.lastline.server import OTHER, UUID, Server, at, good

from tocsin.errors import InputError
from tocsin.lastline import LastlineClient
from tocsin.lastline.inputs import second, spelled

pytestmark = pytest.mark.anyio

START = at("2026-01-01 00:00:00")
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"appliance_uuids": [f"{UUID[:8]}-{UUID[8:]}"]}, "32 hexadecimal digits, without dashes"),
    ({"appliance_uuids": ["g" * 32]}, "32 hexadecimal digits"),
    ({"appliance_uuids": []}, "at least one"),
    ({"appliance_uuids": UUID}, "must be a list"),
    ({"appliance_type": "sensor"}, "SENSOR, MANAGER, ENGINE, PINBOX, ANALYST"),
    ({"appliance_type": ["SENSOR"]}, "SENSOR, MANAGER"),
    ({"key": "S3CRET:b:c"}, "access key and subkey with a colon"),
    ({"key": "S3CRET,b"}, "access key"),
    ({"key": ""}, "access key"),
    ({"key": "S3CRET", "key_id": 1}, "exclude each other"),
    ({"key": "S3CRET", "subkey_id": 1}, "exclude each other"),
    ({"subkey_id": 1}, "together with key_id"),
    ({"key_id": True}, "must be a str"),
    ({"key_id": ""}, "must not be empty"),
    ({"customer": "alice"}, "e-mail"),
    ({"start_time": datetime(2026, 1, 1)}, "naive"),
    ({"start_time": "2026-01-01"}, "must be a datetime"),
    ({"end_time": datetime(2026, 1, 1)}, "naive"),
    ({"end_time": START}, "must be before end_time"),
    ({"end_time": START - timedelta(days=1)}, "must be before end_time"),
    ({"start_time": datetime(1969, 12, 31, tzinfo=UTC)}, "1970 to 9998"),
    ({"end_time": datetime(9999, 12, 31, 23, 59, 59, 5, tzinfo=UTC)}, "1970 to 9998"),
    ({"start_time": datetime(9000, 1, 1, tzinfo=UTC)}, "which is now"),
    ({"on_bad_row": "pass"}, "on_bad_row"),
]
LISTS: dict[str, Callable[..., Any]] = {
    "metrics.list": lambda lastline, **given: lastline.metrics.list(**given),
    "metrics.rows": lambda lastline, **given: lastline.metrics.rows(**given),
    "metrics.get": lambda lastline, **given: lastline.metrics.get("counter.a", **given),
    "metrics.sample_rows": lambda lastline, **given: lastline.metrics.sample_rows("counter.a", **given),
    "metrics.aggregate": lambda lastline, **given: lastline.metrics.aggregate("counter.a", **given),
    "metrics.aggregate_rows": lambda lastline, **given: lastline.metrics.aggregate_rows("counter.a", **given),
    "logs.list": lambda lastline, **given: lastline.logs.list(**given),
    "logs.rows": lambda lastline, **given: lastline.logs.rows(**given),
}


def client() -> LastlineClient:
    """One that nothing is sent with."""
    return Server(good("pong")).client()


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(("given_", "said"), REFUSED)
def test_refused_by_every_list(name: str, given_: dict[str, Any], said: str) -> None:
    """Each list refuses what selects no appliances or no time, and says what is allowed."""
    with pytest.raises(InputError, match=said) as caught:
        LISTS[name](client(), **{"start_time": START, **given_})
    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize("name", LISTS)
def test_unknown_names_are_type_errors(name: str) -> None:
    """A filter that there is none of is not ignored."""
    with pytest.raises(TypeError, match="user_id"):
        LISTS[name](client(), start_time=START, user_id=1)


@pytest.mark.parametrize("name", ["metrics.list", "metrics.rows", "logs.list", "logs.rows"])
def test_a_resolution_where_there_is_none(name: str) -> None:
    """Only samples have a resolution."""
    with pytest.raises(TypeError, match="resolution"):
        LISTS[name](client(), start_time=START, resolution=timedelta(hours=1))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: x.metrics.get("", start_time=START), "metric must not be empty"),
        (lambda x: x.metrics.get(7, start_time=START), "metric must be a str"),
        (lambda x: x.metrics.aggregate([], start_time=START), "at least one"),
        (lambda x: x.metrics.aggregate(["a,b"], start_time=START), "comma"),
        (
            lambda x: x.metrics.get("a", start_time=START, resolution=timedelta(minutes=10)),
            "half an hour, or of 1, 2",
        ),
        (lambda x: x.metrics.get("a", start_time=START, resolution=1800), "half an hour"),
        (lambda x: x.logs.list(min_impact=101), "from 0 to 100"),
        (lambda x: x.logs.list(max_impact=-1), "from 0 to 100"),
        (lambda x: x.logs.list(max_impact=True), "from 0 to 100"),
        (lambda x: x.logs.list(min_impact=9, max_impact=8), "min_impact must not be above max_impact"),
        (lambda x: x.logs.list(min_impact=1, max_impact=0), "must not be above"),
        (lambda x: x.logs.list(identifiers=[]), "at least one"),
        (lambda x: x.logs.list(identifiers="a,b"), "comma"),
        (lambda x: x.logs.list(components=["Mail", ""]), "must not be empty"),
        (lambda x: x.logs.list(message_contains=""), "must not be empty"),
        (lambda x: x.logs.list(page_size=0), "page_size must be a whole number from 1 to 16384"),
        (lambda x: x.logs.list(page_size=16_385), "from 1 to 16384"),
        (lambda x: x.logs.list(beginning=1), "beginning must be True or False"),
    ],
)
def test_refused(call: Callable[[LastlineClient], object], said: str) -> None:
    """What one call alone takes is checked, too."""
    with pytest.raises(InputError, match=said):
        call(client())


@pytest.mark.parametrize("uuid", ["", 7, None])
async def test_get_refuses_what_is_no_uuid(uuid: Any) -> None:
    """An entry without an identifier is not asked for."""
    server = Server(good("pong"))
    async with server.client() as lastline:
        with pytest.raises(InputError, match="log_entry_uuid"):
            await lastline.logs.get(uuid)
    assert server.logins == []


async def test_selectors_as_sent() -> None:
    """All selectors go together, each as the API's page has it, and the zone with them."""
    server = Server(good([]))
    async with server.client() as lastline:
        await lastline.metrics.list(
            start_time=datetime(2026, 1, 1, 1, 0, 0, 900_000, tzinfo=timezone(timedelta(hours=1))),
            end_time=datetime(2026, 1, 2, 0, 0, 0, 1, tzinfo=UTC),
            appliance_uuids=(UUID, OTHER, UUID),
            appliance_type="PINBOX",
            key_id=7,
            subkey_id="x8",
            customer="c@example.org",
            extra_params={"new": "1"},
            extra_headers={"X-Trace": "t"},
        ).collect()
        first = server.query
        await lastline.metrics.list(start_time=START, key="ACCESS:SUB").collect()
    assert first == {
        "appliance_uuids": f"{UUID},{OTHER}",
        "appliance_type": "PINBOX",
        "key_id": "7",
        "subkey_id": "x8",
        "customer": "c@example.org",
        "timezone": "UTC",
        "new": "1",
        "start_time": "2026-01-01 00:00:00",
        "end_time": "2026-01-02 00:00:01",
    }
    assert server.query["key"] == "ACCESS:SUB"
    assert server.requests[0].headers["x-trace"] == "t"


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9998, 12, 30), timezones=st.timezones()))
def test_times_lose_nothing(when: datetime) -> None:
    """A start is sent as the second it is in, an end as the second that it has reached, both in UTC."""
    low = datetime.fromisoformat(spelled(second(when, "start_time"))).replace(tzinfo=UTC)
    high = datetime.fromisoformat(spelled(second(when, "end_time", up=True))).replace(tzinfo=UTC)
    assert low <= when <= high
    assert high - low == timedelta(seconds=bool(when.microsecond))
