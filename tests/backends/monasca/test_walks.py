"""The walks over series, in what only a look at their states shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.monasca.walks import Grouped
from tocsin.paging.strategies import Reply

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("rows", "asked"), [(10, 1), (69, 1), (70, 4), (85, 4), (100, 4)])
def test_windows_are_told_ahead_once_they_have_stopped_growing(rows: int, asked: int) -> None:
    """A window behind a page far from full is wider than can be told before: asking for it would be a waste."""
    walk = Grouped("*", 100, START, None, times=lambda page: [START for _ in page], count=len)
    reply = Reply([START] * rows, key=str)
    state = {"window": True, "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"}
    asks = walk.predict(state, reply, 4)
    assert len(asks) == asked
    assert asks[0] == walk.params(state)
    assert len(set(asks)) == asked
