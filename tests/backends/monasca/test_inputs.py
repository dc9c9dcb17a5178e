"""What calls of Monasca may be given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tocsin.errors import InputError
from tocsin.monasca.inputs import METRIC_RULES, dimension_filter, metric_filter, number, utc

CURRENT = METRIC_RULES["current"]
OF_2014 = METRIC_RULES["2014"]


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 120_000, tzinfo=UTC), "2026-01-02T03:04:05.120Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC), "2026-01-02T03:04:05.123456Z"),
        (datetime(2026, 1, 2, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2026-01-01T23:00:00Z"),
    ],
)
def test_times_of_queries(when: datetime, text: str) -> None:
    """Times go out in UTC, with the digits that they have."""
    assert utc("start_time", when) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"hostname": "devstack"}, "hostname:devstack"),
        ({"hostname": "devstack", "service": None}, "hostname:devstack,service"),
        ({"device": ["vda", "vdb"]}, "device:vda|vdb"),
        ({"device": ("vda",)}, "device:vda"),
        ({"url": "http://[::1]:80/a b?c'd"}, "url:http://[::1]:80/a b?c'd"),
        ({"a" * 255: "é" * 255}, f"{'a' * 255}:{'é' * 255}"),
    ],
)
def test_dimension_filters(given: Any, text: str) -> None:
    """One value, several, and any, as the server reads them."""
    assert dimension_filter("dimensions", given) == text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "at least one dimension"),
        (None, "must be a mapping"),
        ("hostname:devstack", "must be a mapping"),
        ({"": "a"}, "1 to 255 characters"),
        ({1: "a"}, "must be a str"),
        ({"_a": "b"}, 'not begin with "_"'),
        ({"a:b": "c"}, "colon"),
        ({"a,b": "c"}, "none of"),
        ({"a": "b,c"}, "none of"),
        ({"a": 'b"'}, "none of"),
        ({"a": "b\\"}, "none of"),
        ({"a": "b\n"}, "no line break"),
        ({"a": "b|c"}, "as a list"),
        ({"a": ["b|c"]}, "as a list"),
        ({"a": ""}, "1 to 255 characters"),
        ({"a": ["b", ""]}, "1 to 255 characters"),
        ({"a": []}, "it is empty"),
        ({"a": 1}, "must be a list"),
        ({"a": ["b", None]}, "must be a str"),
        ({"a": "b" * 256}, "1 to 255 characters"),
        ({"a": "\ud800"}, "UTF-8"),
    ],
)
def test_refused_dimension_filters(given: Any, message: str) -> None:
    """What the server would refuse, or cut where it was not meant, is refused."""
    with pytest.raises(InputError, match=message):
        dimension_filter("dimensions", given)


@pytest.mark.parametrize("values", [["a", "b"], ["10.0.0.1", "é b", "x~y"], ["a'b:c~!", "-"]])
def test_several_values_of_metrics(values: list[str]) -> None:
    """They find themselves, and nothing else, as one expression and when compared one by one."""
    name, _, text = metric_filter("dimensions", {"k": values}).partition(":")
    near = {near for value in values for near in (value + "1", "1" + value, value.replace(".", "1"))} - {*values}
    found = {each for each in {*values, *near, ""} if re.search(f"^{text}$", each)}
    assert name == "k"
    assert found == {each for each in {*values, *near} if each in text.split("|")} == {*values}


@pytest.mark.parametrize("mark", "()[]*+?^$/")
def test_values_of_metrics_that_only_go_alone(mark: str) -> None:
    """What would not be read as it is meant among others is refused there, and sent as it is alone."""
    alone = f"a{mark}b"
    assert metric_filter("dimensions", {"k": alone}) == metric_filter("dimensions", {"k": [alone]}) == f"k:{alone}"
    with pytest.raises(InputError, match=r"dimensions\['k'\] must not have .* in one of several values"):
        metric_filter("dimensions", {"k": ["c", alone]})


@pytest.mark.parametrize("name", ["cpu.user_perc", "a" * 255, "é|:/'*[1]$", "a#b", "_a", "a\tb"])
def test_names(name: str) -> None:
    """Names of metrics as the server keeps them."""
    assert CURRENT.check_name("name", name) == name


@pytest.mark.parametrize(
    "name", ["", "a" * 256, *[f"a{each}b" for each in '<>={},"\\;&() \n'], "#a", "a\n", 1, None]
)
def test_refused_names(name: Any) -> None:
    """Names of metrics that the server refuses or the store loses."""
    with pytest.raises(InputError, match=r"^name must"):
        CURRENT.check_name("name", name)


@pytest.mark.parametrize(
    "given", [{}, {"a b": " c "}, {"a:b": "c|d'e\t#"}, {"é" * 255: "😀" * 255}, {"Time": "t"}]
)
def test_dimensions(given: dict[str, str]) -> None:
    """Dimensions as the server keeps them."""
    assert CURRENT.check_dimensions("dimensions", given) == given


@pytest.mark.parametrize(
    "given",
    [
        None,
        [("a", "b")],
        {"": "a"},
        {"a": ""},
        {"a": None},
        {"a": ["b"]},
        {"_a": "b"},
        {"time": "b"},
        {"a" * 256: "b"},
        {"a": "b" * 256},
        {"a\nb": "c"},
        {"a": "b\nc"},
        *[{f"a{each}": "b"} for each in '<>={},"\\;&'],
        *[{"a": f"b{each}"} for each in '<>={},"\\;&'],
    ],
)
def test_refused_dimensions(given: Any) -> None:
    """Dimensions that the server refuses or the store loses."""
    with pytest.raises(InputError, match="dimensions"):
        CURRENT.check_dimensions("dimensions", given)


def test_series_that_the_store_has_no_room_for() -> None:
    """A name and its dimensions have 65,000 bytes; a blank takes two of them."""
    assert CURRENT.check_series("it", b"x" * 65_000)
    for encoded in (b"x" * 65_001, b" " * 32_501):
        with pytest.raises(InputError, match="65000 bytes"):
            CURRENT.check_series("it", encoded)


def test_timestamps() -> None:
    """Milliseconds, in the dialect of 2014 seconds; what is finer is cut off."""
    when = datetime(2026, 1, 2, 4, 4, 5, 678_999, tzinfo=timezone(timedelta(hours=1)))
    assert CURRENT.check_timestamp("timestamp", when) == 1_767_323_045_678
    assert OF_2014.check_timestamp("timestamp", when) == 1_767_323_045
    assert CURRENT.check_timestamp("timestamp", datetime(1970, 1, 1, tzinfo=UTC)) == 0
    last = datetime(2262, 4, 11, 23, 47, 16, 854_000, tzinfo=UTC)
    assert CURRENT.check_timestamp("timestamp", last) == 9_223_372_036_854


@pytest.mark.parametrize(
    "when",
    [
        datetime(2026, 1, 2),
        datetime(1969, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2262, 4, 11, 23, 47, 16, 855_000, tzinfo=UTC),
        1_767_323_045,
        None,
    ],
)
def test_refused_timestamps(when: Any) -> None:
    """Naive times, and those that the store cannot keep or be asked for."""
    with pytest.raises(InputError, match="timestamp"):
        CURRENT.check_timestamp("timestamp", when)


@pytest.mark.parametrize("value", [0, -1, 1.5, 5e-324, 1.7e308, 2**70])
def test_numbers(value: float) -> None:
    """What is measured is a double."""
    measured = number("value", value)
    assert isinstance(measured, float)
    assert measured == float(value)


@pytest.mark.parametrize("value", [True, None, "1", 1j, float("nan"), float("inf"), -float("inf"), 10**400])
def test_refused_numbers(value: Any) -> None:
    """What is no finite number is refused, and so is a bool, which the server would take for 1 or 0."""
    with pytest.raises(InputError, match=r"^value must"):
        number("value", value)


@pytest.mark.parametrize(
    "meta",
    [
        {"a": "b"},
        {"a": {"b": [1, None, True]}},
        {str(each): "" for each in range(16)},
        {"a": "x" * 2039},
        {"a": "é" * 339 + "x" * 5},
        {"k" * 255: "v"},
    ],
)
def test_value_meta(meta: dict[str, Any]) -> None:
    """As much as the server takes; it counts what is not ASCII six times."""
    assert CURRENT.check_value_meta("value_meta", meta) == meta


def test_no_value_meta() -> None:
    """None and an empty one are the same to the server, and are in both dialects."""
    for rules in (CURRENT, OF_2014):
        assert rules.check_value_meta("value_meta", None) is None
        assert rules.check_value_meta("value_meta", {}) is None


@pytest.mark.parametrize(
    "meta",
    [
        {str(each): "" for each in range(17)},
        {"": "a"},
        {"k" * 256: "v"},
        {"a": "x" * 2040},
        {"a": "é" * 341},
        {"a": float("nan")},
        {1: "a"},
        {"a": object()},
        ["a"],
        [],
        "a",
        0,
    ],
)
def test_refused_value_meta(meta: Any) -> None:
    """One entry or character more, and what JSON cannot say."""
    with pytest.raises(InputError):
        CURRENT.check_value_meta("value_meta", meta)


def test_metrics_of_2014() -> None:
    """In the dialect of 2014 there is less of everything."""
    assert OF_2014.check_name("name", "a" * 64) == "a" * 64
    assert OF_2014.check_dimensions("dimensions", {"_a.B9": "x" * 255}) == {"_a.B9": "x" * 255}
    with pytest.raises(InputError, match="1 to 64 characters"):
        OF_2014.check_name("name", "a" * 65)
    for given in ({"a-b": "c"}, {"a": "b:c"}, {"a": "é"}, {"a": "x" * 256}):
        with pytest.raises(InputError, match="a-z A-Z 0-9"):
            OF_2014.check_dimensions("dimensions", given)
    with pytest.raises(InputError, match="not in the 2014 dialect"):
        OF_2014.check_value_meta("value_meta", {"a": "b"})
