"""Time for a simulated ACS Monitor."""

from datetime import UTC, datetime

T0 = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = T0

    def __call__(self) -> datetime:
        return self.time
