"""Times as APIs without zones write them."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from tocsin.transport import codec
from tocsin.transport.codec import Model
from tocsin.transport.messages import Headers, Response
from tocsin.transport.times import UtcTime

NEW_YEAR = datetime(2014, 1, 1, tzinfo=UTC)


class Row(Model, frozen=True):
    """A row that has such a time."""

    at: UtcTime | None = None


@pytest.mark.parametrize(
    "value",
    [
        1388534400,
        1388534400.0,
        1388534400000,
        "1388534400",
        "1388534400.0",
        "1388534400000",
        "2014-01-01",
        "2014-01-01 00:00:00",
        "2014-01-01 00:00",
        "2014-01-01T00:00:00Z",
        " 2014-01-01T01:00:00+01:00 ",
    ],
)
def test_every_spelling_is_the_same_time(value: object) -> None:
    """Numbers, texts of digits and texts with or without a zone are one aware time in UTC."""
    when = UtcTime.from_json(value)
    assert when == NEW_YEAR
    assert when.tzinfo is UTC
    assert type(when) is UtcTime


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, [], "", "noon", "2014-13-01", "nan", 1e300, -1e300, float("nan"), 10**40, "9" * 40),
        *("0001-01-01T00:00:00+05:00", " 9999-12-31 23:59:59-05:00"),
    ],
)
def test_what_is_no_time_is_a_value_error(value: object) -> None:
    """Anything else is refused with a ValueError, which the codec turns into a DecodeError."""
    with pytest.raises(ValueError, match=r".+"):
        UtcTime.from_json(value)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=30))])))
def test_aware_times_survive(when: datetime) -> None:
    """Any aware time that UTC can say is the same moment afterwards, also written and read again."""
    try:
        utc = UtcTime.at(when)
    except ValueError:
        return
    assert utc == when
    assert UtcTime.from_json(utc.isoformat()) == when


def test_it_is_a_datetime_in_models() -> None:
    """Models read it, null included; it computes, compares, copies and pickles as a datetime does."""
    row = codec.decode(Row, Response(200, Headers(), b'{"at": 1388534400}'))
    assert row.at is not None
    assert row.at + timedelta(days=1) > NEW_YEAR
    assert row.at.isoformat() == "2014-01-01T00:00:00+00:00"
    assert pickle.loads(pickle.dumps(row.at)) == copy.copy(row.at) == NEW_YEAR
    assert codec.decode(Row, Response(200, Headers(), b'{"at": null}')).at is None
