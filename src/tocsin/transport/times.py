"""Times in models: those that name their zone, and those of APIs that have no word for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self

import msgspec

#: An ISO 8601 time with a zone; one without is a malformed row. It is read five times as fast as `UtcTime`.
AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]

#: As seconds this is the year 5138: a larger number counts milliseconds.
_MILLISECONDS = 100_000_000_000


class UtcTime(datetime):
    """An aware time in UTC: a datetime in all it does, read from what has no zone or another one."""

    __slots__ = ()

    @classmethod
    def from_json(cls, value: object) -> Self:
        """From seconds or milliseconds since 1970, as a number or as text; or from an ISO 8601 date or time, with
        "T" or a blank in the middle, which is in UTC where it names no zone.

        Raises ValueError for anything else.
        """
        if isinstance(value, str):
            if value.isdigit():
                return cls._since_1970(int(value))
            try:
                when = cls.fromisoformat(value)
            except ValueError:
                return cls._from_text(value.strip())
            return when if when.tzinfo is UTC else cls.at(when if when.tzinfo else when.replace(tzinfo=UTC))
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("expected a time")  # noqa: TRY004 - the codec takes a ValueError
        return cls._since_1970(value)

    @classmethod
    def _from_text(cls, text: str) -> Self:
        try:
            return cls._since_1970(float(text))
        except ValueError:
            when = datetime.fromisoformat(text)
        return cls.at(when if when.tzinfo else when.replace(tzinfo=UTC))

    @classmethod
    def _since_1970(cls, number: float) -> Self:
        try:
            return cls.fromtimestamp(number / 1000 if abs(number) > _MILLISECONDS else number, UTC)
        except (OverflowError, OSError):
            raise ValueError(f"{number!r} is no time since 1970") from None

    @classmethod
    def at(cls, when: datetime) -> Self:
        """An aware time, in UTC. Raises ValueError where it is in no year that a datetime has."""
        try:
            utc = when.astimezone(UTC)
        except OverflowError:
            raise ValueError(f"{when} is in no year from 1 to 9999 in UTC") from None
        return cls(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond, tzinfo=UTC)
