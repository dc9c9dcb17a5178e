"""Cutting time into windows of about equal numbers of rows."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from tocsin.export.windows import Point, cut

START = datetime(2025, 1, 1, tzinfo=UTC)


def cuts_of(times: list[datetime], parts: int) -> tuple[list[datetime], int]:
    """The cuts for rows of these times, and how many rounds of questions they took."""
    times = sorted(times)
    cutting, rounds = cut(len(times), times[-1], parts), 0
    points = list[Point]()
    try:
        asks = next(cutting)
        while True:
            rounds += 1
            asks = cutting.send([bisect_left(times, when) for when in asks])
    except StopIteration as done:
        points += done.value
    assert [count for _, count in points] == [bisect_left(times, when) for when, _ in points]
    return [when for when, _ in points], rounds


def sizes(times: list[datetime], cuts: list[datetime]) -> list[int]:
    """How many rows each window has."""
    places = [bisect_left(sorted(times), when) for when in cuts]
    return [end - start for start, end in zip([0, *places], [*places, len(times)], strict=True)]


SHAPES = {
    "evenly": [START + timedelta(seconds=number) for number in range(10_000)],
    "ever faster": [START + timedelta(days=30 * (number / 10_000) ** 0.1) for number in range(10_000)],
    "ever slower": [START + timedelta(days=3000 * (number / 10_000) ** 5) for number in range(10_000)],
    "two bursts": [START + timedelta(days=365 * (number % 2), microseconds=number) for number in range(10_000)],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("parts", [2, 4, 16])
def test_windows_have_about_as_many_rows_each(shape: str, parts: int) -> None:
    """However rows lie in time, no window has twice its share, and few rounds of questions are asked."""
    times = SHAPES[shape]
    cuts, rounds = cuts_of(times, parts)
    assert cuts == sorted(set(cuts))
    if shape != "two bursts":  # which lie within less than the narrowest window that is asked for
        assert len(cuts) == parts - 1
        assert max(sizes(times, cuts)) < 2 * len(times) / parts
        assert rounds <= 18


def test_rows_of_one_time_are_not_cut() -> None:
    """Where all rows share one time there is one window."""
    assert cuts_of([START] * 5000, 4)[0] == []


@given(
    st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)), min_size=1, max_size=200),
    st.integers(2, 8),
)
def test_cutting_ends_and_no_window_is_empty(naive: list[datetime], parts: int) -> None:
    """For any rows: cuts ascend, each window has rows, and the rounds are bounded."""
    times = [time.replace(tzinfo=UTC) for time in naive]
    cuts, rounds = cuts_of(times, parts)
    assert cuts == sorted(set(cuts))
    assert all(sizes(times, cuts))
    assert rounds <= 25
