"""What the simulated Lastline manager knows of its appliances."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal, Protocol, get_args

import attrs

from tocsin.simulator.frame import Json

ApplianceType = Literal["SENSOR", "MANAGER", "ENGINE", "PINBOX", "ANALYST"]
TYPES: tuple[ApplianceType, ...] = get_args(ApplianceType)

RAW_INTERVAL = 1800
"""Seconds between two values of what is measured."""


class Series(Protocol):
    """The values of one metric on one appliance; times are whole seconds since 1970."""

    def times(self, start: float, end: float) -> Sequence[int]:
        """When there are values, from ``start`` and before ``end``."""
        ...

    def at(self, time: int) -> float:
        """The value at one of those times."""
        ...


@attrs.frozen(eq=False)
class Measured:
    """A value every half an hour, computed when it is asked for; ``span`` tells from when until when."""

    value: Callable[[datetime], float]
    span: Callable[[], tuple[float, float]]

    def times(self, start: float, end: float) -> Sequence[int]:
        """A range, however long."""
        since, until = self.span()
        first, last = math.ceil(max(start, since) / RAW_INTERVAL), math.ceil(min(end, until) / RAW_INTERVAL)
        return range(first * RAW_INTERVAL, last * RAW_INTERVAL, RAW_INTERVAL)

    def at(self, time: int) -> float:
        """What is measured then."""
        return self.value(datetime.fromtimestamp(time, UTC))


@attrs.define(eq=False)
class Written:
    """Values that were put in one by one."""

    _times: list[int] = attrs.field(factory=list[int])
    _values: dict[int, float] = attrs.field(factory=dict[int, float])

    def write(self, time: int, value: float) -> None:
        """Put a value in, in place of the one that was there."""
        if time not in self._values:
            self._times.insert(bisect_right(self._times, time), time)
        self._values[time] = value

    def times(self, start: float, end: float) -> Sequence[int]:
        """Those within the range."""
        return self._times[bisect_left(self._times, start) : bisect_left(self._times, end)]

    def at(self, time: int) -> float:
        """As it was written."""
        return self._values[time]


@attrs.frozen
class LogInfo:
    """What helps to display the log entries of one identifier."""

    component: str
    displayname: str
    description: str | None = None

    def shown(self) -> Json:
        """As the API shows it."""
        shown = {"component": self.component, "displayname": self.displayname}
        return shown if self.description is None else {**shown, "description": self.description}


@attrs.define(eq=False)
class Appliance:
    """A machine that reports metrics and log entries, with the licence key that it runs under, if any."""

    uuid: str
    type: ApplianceType
    customer: str
    access_key: str | None = None
    subkey: str | None = None
    subkey_name: str | None = None
    access_key_id: str | int | None = None
    subkey_id: str | int | None = None
    metrics: dict[str, Series] = attrs.field(factory=dict[str, Series])
    log_info: dict[str, LogInfo] = attrs.field(factory=dict[str, LogInfo])

    def shown(self) -> dict[str, Json]:
        """As the API shows it; what it does not have is left out."""
        fields: dict[str, Json] = {
            "appliance_type": self.type,
            "access_key": self.access_key,
            "subkey": self.subkey,
            "subkey_name": self.subkey_name,
            "access_key_id": self.access_key_id,
            "subkey_id": self.subkey_id,
        }
        return {name: value for name, value in fields.items() if value is not None}


@attrs.define(eq=False)
class LogEntry:
    """Reports that are alike, rolled up; ``number`` counts the entries as they came in.

    Times are whole seconds since 1970, as the API shows no fractions.
    """

    number: int
    uuid: str
    appliance: Appliance
    start_time: int
    end_time: int
    message: str
    impact: int
    count: int
    identifier: str

    @property
    def info(self) -> LogInfo | None:
        """What the appliance knows about entries like this one."""
        return self.appliance.log_info.get(self.identifier)
