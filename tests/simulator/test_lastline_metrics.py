"""The simulated Lastline API: metrics, how they are merged, and how appliances and ranges are selected."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tocsin.simulator import Simulator
from tocsin.simulator.lastline import Code, LastlineState

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = {"start_time": "2026-01-01", "end_time": "2026-01-02"}
GET, LIST, AGGREGATE = "/monitoring/metric/get", "/monitoring/metric/list", "/monitoring/metric/aggregate"


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A Lastline with an empty world."""
    with Simulator(["lastline"], scale=0) as running:
        yield running


@pytest.fixture
def lastline(sim: Simulator) -> LastlineState:
    return sim.lastline


@pytest.fixture
def http(sim: Simulator) -> Iterator[httpx.Client]:
    """A client that is signed in, at the API's base URL."""
    endpoint = sim.endpoints["lastline"]
    with httpx.Client(base_url=endpoint["base_url"]) as client:
        client.post("/login", data={"username": endpoint["username"], "password": endpoint["password"]})
        yield client


def data(http: httpx.Client, path: str, **params: object) -> object:
    response = http.get(path, params={**DAY, **params})
    body = response.json()
    assert body["success"] == 1, body
    return body["data"]


def code(http: httpx.Client, path: str, **params: object) -> int:
    response = http.get(
        path, params={name: value for name, value in {**DAY, **params}.items() if value is not None}
    )
    assert response.status_code == 200
    assert response.json()["success"] == 0
    return response.json()["error_code"]


def series(http: httpx.Client, **params: object) -> list[list]:
    """The time series of the one appliance that has gauge.x."""
    found = list(data(http, GET, **{"metric": "gauge.x", **params}).values())
    assert len(found) <= 1
    return found[0]["time_series"] if found else []


def hours(*numbers: float) -> list[tuple[datetime, float]]:
    return [(T0 + HOUR * number, number) for number in numbers]


def measure(lastline: LastlineState, days: float) -> None:
    """An appliance that measures gauge.x, the hours since T0, from T0 on for so long."""
    lastline.data_from, lastline.data_until = T0, T0 + timedelta(days=days)
    lastline.add_metric(lastline.add_appliance(), "gauge.x", lambda at: (at - T0) / HOUR)


# Merging


@pytest.mark.parametrize(
    ("length", "most", "width"),
    [
        (75, None, 0.5),
        (75.5, None, 1),
        (150, None, 1),
        (150, 300, 0.5),
        (150.5, 300, 1),
        (300, 150, 2),
        (450, 150, 3),
        (600, 150, 4),
        (601, 150, 6),
        (900, 150, 6),
        (1200, 150, 8),
        (1800, 150, 12),
        (1801, 150, 24),
        (7200, 300, 24),
        (24, 1, 24),
    ],
)
def test_interval(
    lastline: LastlineState, http: httpx.Client, length: float, most: int | None, width: float
) -> None:
    """The interval is the narrowest of the documented ones that keeps to max_data_points, 150 by default."""
    measure(lastline, 400)
    limit = {} if most is None else {"max_data_points": most}
    rows = series(http, start_time="2026-01-01", end_time=(T0 + HOUR * length).timestamp(), **limit)
    starts = [datetime.fromisoformat(time) for time, _ in rows]
    assert starts[1] - starts[0] == HOUR * width if len(starts) > 1 else width == length
    assert len(rows) == -int(-length // width)


def test_too_long(lastline: LastlineState, http: httpx.Client) -> None:
    """A range of more intervals of 24 hours than are allowed is refused."""
    measure(lastline, 1)
    long = {"metric": "gauge.x", "end_time": (T0 + HOUR * 7201).timestamp()}
    assert code(http, GET, **long, max_data_points=300) == Code.RANGE_TOO_LONG
    assert code(http, GET, metric="gauge.x", end_time="2026-01-03", max_data_points=1) == Code.RANGE_TOO_LONG


def test_clamped_points(lastline: LastlineState, http: httpx.Client) -> None:
    """More than 300 points are taken for 300, or refused."""
    measure(lastline, 10)
    query = {"end_time": (T0 + HOUR * 151).timestamp(), "max_data_points": 301}
    assert len(series(http, **query)) == 151
    lastline.strict_points = True
    assert code(http, GET, metric="gauge.x", **query) == Code.INVALID
    assert len(series(http, **{**query, "max_data_points": 300})) == 151


def test_counted_buckets(lastline: LastlineState, http: httpx.Client) -> None:
    """A range that is not aligned touches one interval more than it is held to, unless those are counted."""
    lastline.add_samples(lastline.add_appliance(), "gauge.x", hours(0.7, 1.2, 1.7, 2.2, 2.5))
    query = {"start_time": "2026-01-01 00:30:01", "end_time": "2026-01-01 02:30:01", "max_data_points": 4}
    assert len(series(http, **query)) == 5
    lastline.count_buckets = True
    assert [time[11:16] for time, _ in series(http, **query)] == ["00:00", "01:00", "02:00"]


def test_native_interval(lastline: LastlineState, http: httpx.Client) -> None:
    """A server may keep nothing narrower than an hour, though it would be allowed."""
    measure(lastline, 1)
    assert len(series(http)) == 48
    lastline.min_interval = HOUR
    assert series(http)[:2] == [["2026-01-01 00:00:00", 0.25], ["2026-01-01 01:00:00", 1.25]]


def test_mean_of_what_is_asked(lastline: LastlineState, http: httpx.Client) -> None:
    """Intervals begin at multiples since 1970 in UTC; one that the range cuts has the mean of the part within."""
    appliance = lastline.add_appliance()
    lastline.add_samples(appliance, "gauge.x", hours(0, 6, 12, 23, 24, 30))
    rows = series(http, max_data_points=2, end_time="2026-01-03")
    assert rows == [["2026-01-01 00:00:00", 10.25], ["2026-01-02 00:00:00", 27.0]]
    cut = series(http, max_data_points=1, start_time="2026-01-01 06:00:00", end_time="2026-01-02 06:00:00")
    assert cut == [["2026-01-01 00:00:00", 41 / 3], ["2026-01-02 00:00:00", 24.0]]
    zone = series(http, max_data_points=1, timezone="Asia/Tokyo", end_time="2026-01-01 23:00:00")
    assert zone == [["2026-01-01 00:00:00", 6.0]]


def test_gaps(lastline: LastlineState, http: httpx.Client) -> None:
    """There is no interval without data, the end of the range is not in it, and its start is."""
    appliance = lastline.add_appliance()
    lastline.add_samples(appliance, "gauge.x", [(T0 + HOUR * 5, 0), *hours(6, 1)])
    lastline.add_samples(appliance, "gauge.x", hours(5))  # in place of what was there
    rows = series(http, start_time="2026-01-01 01:00:00", end_time="2026-01-01 06:00:00")
    assert rows == [["2026-01-01 01:00:00", 1], ["2026-01-01 05:00:00", 5]]
    assert series(http, start_time="2026-01-01 05:00:00", end_time="2026-01-01 05:00:00") == []


def test_a_year(sim: Simulator, http: httpx.Client) -> None:
    """A year of half hours is held, and a reply takes 300 points of it."""
    measure(sim.lastline, 366)
    rows = series(http, max_data_points=300, end_time=(T0 + HOUR * 7200).timestamp())
    assert len(rows) == 300
    assert rows[-1][1] == 299 * 24 + 11.75
    assert len(sim.held("lastline")["samples"]) == 366 * 48


# The shapes of replies


def test_series(lastline: LastlineState, http: httpx.Client) -> None:
    """An appliance shows the fields that it has, and is there when it has data, or always."""
    full = lastline.add_appliance(
        "MANAGER", access_key="K", subkey="s", subkey_name="North", access_key_id=1, subkey_id="2"
    )
    bare = lastline.add_appliance("PINBOX")
    lastline.add_samples(full, "counter.x", hours(1))
    assert data(http, GET, metric="counter.x") == {
        full.uuid: {
            "time_series": [["2026-01-01 01:00:00", 1]],
            "appliance_type": "MANAGER",
            "access_key": "K",
            "subkey": "s",
            "subkey_name": "North",
            "access_key_id": 1,
            "subkey_id": "2",
        }
    }
    lastline.empty_series = True
    assert data(http, GET, metric="counter.x")[bare.uuid] == {"time_series": [], "appliance_type": "PINBOX"}


@pytest.mark.parametrize(
    ("form", "time"), [("text", "2026-01-01 01:00:00"), ("seconds", 1767229200), ("milliseconds", 1767229200000)]
)
def test_time_format(lastline: LastlineState, http: httpx.Client, form: str, time: object) -> None:
    """Times are texts, or numbers of either kind, in both methods."""
    lastline.time_format = form
    lastline.add_samples(lastline.add_appliance(), "gauge.x", hours(1))
    assert series(http) == [[time, 1]]
    assert data(http, AGGREGATE, metrics="gauge.x")["metrics"][0]["time_series"] == [[time, 1]]


def test_zoned_replies(lastline: LastlineState, http: httpx.Client) -> None:
    """The zone is for the range alone, or for the reply too; it has two names."""
    lastline.add_samples(lastline.add_appliance(), "gauge.x", hours(1))
    for name in ("timezone", "time_zone"):
        query = {name: "Europe/Rome", "start_time": "2026-01-01 02:00:00", "end_time": "2026-01-01 02:00:01"}
        lastline.zoned_replies = False
        assert series(http, **query) == [["2026-01-01 01:00:00", 1]]
        lastline.zoned_replies = True
        assert series(http, **query) == [["2026-01-01 02:00:00", 1]]


def test_metric_list(lastline: LastlineState, http: httpx.Client) -> None:
    """The list has what has data in the range, in any of three shapes."""
    one, two, none = (lastline.add_appliance() for _ in range(3))
    lastline.add_samples(one, "gauge.x", hours(0))
    lastline.add_samples(one, "gauge.late", hours(24))
    for appliance in (one, two):
        lastline.add_samples(appliance, "counter.x", hours(1))
    lastline.add_samples(none, "gauge.early", hours(-1))
    assert data(http, LIST) == ["counter.x", "gauge.x"]
    lastline.metric_list = "by_appliance"
    assert data(http, LIST) == {one.uuid: ["counter.x", "gauge.x"], two.uuid: ["counter.x"]}
    lastline.metric_list = "objects"
    assert data(http, LIST) == [{"metric": "counter.x"}, {"metric": "gauge.x"}]


def test_aggregate(lastline: LastlineState, http: httpx.Client) -> None:
    """Values are summed over the appliances that have some; the id's field and the object around are switches."""
    one, two = lastline.add_appliance(), lastline.add_appliance("ENGINE")
    lastline.add_samples(one, "gauge.x", hours(1, 2))
    lastline.add_samples(two, "gauge.x", hours(0, 2))
    rows = [["2026-01-01 00:00:00", 0], ["2026-01-01 01:00:00", 1], ["2026-01-01 02:00:00", 4]]
    query = {"metrics": "gauge.x,gauge.y,gauge.x"}
    assert data(http, AGGREGATE, **query) == {
        "metrics": [{"metric": "gauge.x", "time_series": rows}, {"metric": "gauge.y", "time_series": []}]
    }
    lastline.aggregate_field = "metrics"
    assert data(http, AGGREGATE, metrics="gauge.x") == {"metrics": [{"metrics": "gauge.x", "time_series": rows}]}
    lastline.aggregate_bare = True
    found = data(http, AGGREGATE, metrics="gauge.x", appliance_type="ENGINE", customer="nobody")
    assert found == [{"metrics": "gauge.x", "time_series": [rows[0], ["2026-01-01 02:00:00", 2]]}]


def test_aggregate_limits(lastline: LastlineState, http: httpx.Client) -> None:
    """The default and the limit of points are those of metric/get, or there is neither."""
    measure(lastline, 10)
    query = {"metrics": "gauge.x", "end_time": "2026-01-09"}

    def count(**params: object) -> int:
        return len(data(http, AGGREGATE, **query, **params)["metrics"][0]["time_series"])

    assert (count(), count(max_data_points=1000)) == (96, 192)
    lastline.strict_points = True
    assert code(http, AGGREGATE, **query, max_data_points=1000) == Code.INVALID
    lastline.aggregate_limited = False
    assert (count(), count(max_data_points=1000), count(max_data_points=10)) == (384, 384, 8)


def test_unknown_metric(lastline: LastlineState, http: httpx.Client) -> None:
    """A metric that no appliance has is one without data, or an error."""
    lastline.add_samples(lastline.add_appliance(), "gauge.x", hours(48))
    assert data(http, GET, metric="gauge.y") == {}
    lastline.refuse_unknown_metrics = True
    assert code(http, GET, metric="gauge.y") == Code.NO_SUCH_METRIC
    assert code(http, AGGREGATE, metrics="gauge.x,gauge.y") == Code.NO_SUCH_METRIC
    assert data(http, GET, metric="gauge.x") == {}


# Selecting


def test_selectors(lastline: LastlineState, http: httpx.Client) -> None:
    """Every selector narrows what the others leave; subkeys go with their key."""
    lastline.customers |= {"second@example.org"}
    a = lastline.add_appliance("SENSOR", access_key="K", subkey="s", access_key_id=7, subkey_id="x")
    b = lastline.add_appliance("SENSOR", access_key="K", subkey="t", access_key_id="7")
    c = lastline.add_appliance("ENGINE")
    d = lastline.add_appliance("ENGINE", customer="second@example.org")
    for appliance in (a, b, c, d):
        lastline.add_samples(appliance, "gauge.x", hours(0))
    for query, found in (
        ({}, [a, b, c]),
        ({"appliance_type": "SENSOR"}, [a, b]),
        ({"appliance_uuids": f"{a.uuid},{c.uuid}"}, [a, c]),
        ({"key": "K"}, [a, b]),
        ({"key": "K:s"}, [a]),
        ({"key": "K:"}, []),
        ({"key": "nosuch"}, []),
        ({"key_id": "7"}, [a, b]),
        ({"key_id": "7", "subkey_id": "x"}, [a]),
        ({"key": "K:t", "appliance_uuids": f"{a.uuid},{b.uuid}"}, [b]),
        ({"key": "K", "appliance_type": "ENGINE"}, []),
        ({"customer": "second@example.org"}, [d]),
        ({"customer": lastline.customer, "appliance_uuids": d.uuid}, []),
    ):
        assert set(data(http, GET, metric="gauge.x", **query)) == {each.uuid for each in found}, query


@pytest.mark.parametrize("path", [GET, LIST, AGGREGATE, "/monitoring/log/get"])
def test_no_such_appliance(lastline: LastlineState, http: httpx.Client, path: str) -> None:
    """One uuid that is unknown, of another type or not for the account's eyes fails the whole call."""
    good = lastline.add_appliance("SENSOR")
    hidden = lastline.add_appliance("SENSOR", customer="other@example.org")
    query = {"metric": "gauge.x", "metrics": "gauge.x"}
    for uuids, kind in (
        (f"{good.uuid},{'0' * 32}", None),
        (f"{hidden.uuid},{good.uuid}", None),
        (good.uuid, "ENGINE"),
        ("no uuid", None),
    ):
        selectors = {"appliance_uuids": uuids, "appliance_type": kind}
        assert code(http, path, **query, **selectors) == Code.NO_SUCH_APPLIANCE == 9003
    assert data(http, path, **query, appliance_uuids=good.uuid, appliance_type="SENSOR") is not None


@pytest.mark.parametrize(
    ("value", "zone", "seconds"),
    [
        ("2026-01-01", None, 0),
        ("2026-01-01 00:00:00", None, 0),
        ("2026-01-01 00:00:00.5", None, 0.5),
        ("2026-01-01 00:00:00.000001", None, 1e-6),
        ("1767225600", None, 0),
        ("1767225600.25", None, 0.25),
        ("1767225600250", None, 0.25),
        ("2026-01-01 01:00:00", "Europe/Rome", 0),
        ("1767225600", "Europe/Rome", 0),
        ("2025-12-31 19:00:00", "America/New_York", 0),
    ],
)
def test_times(lastline: LastlineState, http: httpx.Client, value: str, zone: str | None, seconds: float) -> None:
    """A time is a day, a text with or without fractions, in the zone asked for, or a number since 1970."""
    for number in (-1, 0, 1):
        lastline.add_samples(lastline.add_appliance(), "gauge.x", [(T0 + timedelta(seconds=number), number)])
    query = {"metric": "gauge.x", "start_time": value, "end_time": "1767225700"}
    if zone:
        query["timezone"] = zone
    rows = [row["time_series"][0][1] for row in data(http, GET, **query).values()]
    assert sorted(rows) == [number for number in (-1, 0, 1) if number >= seconds]


@pytest.mark.parametrize(
    "params",
    [
        {"start_time": "2026-01-01T00:00:00Z"},
        {"start_time": "2026-01-01 00:00"},
        {"start_time": "2026-02-30"},
        {"start_time": "2026-01-01 24:00:01"},
        {"start_time": "0000-01-01"},
        {"start_time": "yesterday"},
        {"start_time": "1" * 400},
        {"start_time": "nan"},
        {"start_time": "1e3"},
        {"start_time": "\u0661\u0662"},
        {"start_time": "2026-01-03"},
        {"end_time": "2025-12-31"},
        {"timezone": "Nowhere/City"},
        {"timezone": "../etc/passwd"},
        {"timezone": "America"},
        {"timezone": "a\x00b"},
        {"timezone": "x" * 5000},
        {"time_zone": "+01:00"},
        {"appliance_type": "sensor"},
        {"customer": "nobody@example.org"},
        {"max_data_points": "0"},
        {"max_data_points": "-1"},
        {"max_data_points": "1.5"},
        {"max_data_points": "many"},
        {"max_data_points": "9" * 30},
    ],
)
def test_invalid(http: httpx.Client, params: dict) -> None:
    """What is no time, no zone, no type, no customer or no number is refused with an error of its own."""
    assert code(http, GET, metric="gauge.x", **params) == Code.INVALID


@pytest.mark.parametrize(
    ("path", "params"),
    [
        (GET, {"metric": "gauge.x", "start_time": None}),
        (GET, {"metric": "gauge.x", "end_time": ""}),
        (GET, {}),
        (LIST, {"end_time": None}),
        (AGGREGATE, {}),
        (LIST, {"subkey_id": "x"}),
        (LIST, {"subkey_id": "x", "key": "K"}),
    ],
)
def test_missing(http: httpx.Client, path: str, params: dict) -> None:
    """What is required has to be there and have a value, and a subkey_id needs its key_id."""
    assert code(http, path, **params) == Code.MISSING


def test_odd_requests(lastline: LastlineState, http: httpx.Client) -> None:
    """The ends of the calendar, a list of nothing, bytes that are no text and unknown parameters are answered."""
    measure(lastline, 1)
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        ends = {"start_time": "0001-01-01", "end_time": "9999-12-31 23:59:59", "timezone": zone}
        assert data(http, LIST, **ends) == ["gauge.x"]
        assert code(http, GET, **ends, metric="gauge.x") == Code.RANGE_TOO_LONG
    assert code(http, AGGREGATE, metrics=",") == Code.INVALID
    assert data(http, LIST, appliance_uuids=",") == []
    assert data(http, LIST, user_id=5) == ["gauge.x"]
    response = http.get(f"{LIST}?start_time=%ff%00&end_time=1")
    assert response.json()["error_code"] == Code.INVALID
