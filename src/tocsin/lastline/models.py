"""What Lastline says, with its own field names, as its API's page has them.

A field that an answer leaves out has a default; one that is not published is ignored. Times are in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Generic, Self, TypeVar, cast

from tocsin.paging.strategies import fingerprint
from tocsin.transport.codec import Model
from tocsin.transport.times import UtcTime

T = TypeVar("T")


class Data(Model, Generic[T], frozen=True):
    """An answer that succeeded."""

    data: T


class Metric(str):
    """A metric's identifier: a str in all it does."""

    __slots__ = ()

    @classmethod
    def from_json(cls, value: object) -> Self:
        """From the identifier, or an object that has it as its "metric". Raises ValueError for anything else."""
        if isinstance(value, Mapping):
            value = cast("Mapping[str, object]", value).get("metric")
        if not isinstance(value, str) or not value:
            raise ValueError("expected a metric's identifier")
        return cls(value)

    @property
    def kind(self) -> str:
        """What stands before the first dot: "counter", which is told as a rate per second, or "gauge"."""
        return self.partition(".")[0] if "." in self else ""

    @property
    def name(self) -> str:
        """What stands behind it."""
        return self.partition(".")[2]


class _Hidden(Model, frozen=True):
    """Shows itself without what is secret."""

    def __rich_repr__(self) -> Any:
        """Each field that may be shown, and its value."""
        for name in self.__struct_fields__:
            if name not in {"access_key", "subkey", "appliance"}:
                yield name, getattr(self, name)

    def __repr__(self) -> str:
        shown = ", ".join([f"{name}={value!r}" for name, value in self.__rich_repr__()])
        return f"{type(self).__name__}({shown})"


class Appliance(_Hidden, frozen=True):
    """The appliance of a series.

    Attributes:
        appliance_type: SENSOR, MANAGER, ENGINE, PINBOX or ANALYST.
        access_key, subkey: its licence, if it has one; secrets, and so not shown.
        subkey_name: what a user called it.
        access_key_id, subkey_id: the ids of the same.
    """

    appliance_uuid: str
    appliance_type: str = ""
    access_key: str | None = None
    subkey: str | None = None
    subkey_name: str | None = None
    access_key_id: int | str | None = None
    subkey_id: int | str | None = None


class Sample(Model, frozen=True):
    """What a metric was for some time.

    Attributes:
        time: the start of that time.
        value: of a gauge its value, of a counter its rate per second: times the seconds of `width`, that is how
            often it occurred. None where the server has null.
        width: how long that time is. The API does not tell; see `tocsin.lastline.series`.
        appliance: None where it is the sum of several.
    """

    metric: str
    time: UtcTime
    value: float | None
    width: timedelta
    appliance: Appliance | None = None

    @property
    def appliance_uuid(self) -> str | None:
        """The appliance's identifier."""
        return self.appliance.appliance_uuid if self.appliance is not None else None


class LogEntryInfo(Model, frozen=True):
    """What helps to show entries of a log_identifier; it differs from one version of appliances to another.

    Attributes:
        component: what the entry was reported by.
    """

    component: str = ""
    displayname: str = ""
    description: str | None = None


class LogEntry(_Hidden, frozen=True):
    """Log messages that are alike, as one: a roll-up, which may have grown when it is asked for again.

    Attributes:
        start_time, end_time: when one like this was reported first, and last.
        impact: 0 to 100.
        count: how many there were.
        log_identifier: which type of entry, for example "db.replication".
        log_entry_uuid: what `LogService.get` finds it by, if the server tells it.
        info: about its log_identifier, if the server has anything.
        appliance: about its appliance, as the server sent it: what fields there are is not published. It may
            have a licence key, and so is not shown.
    """

    start_time: UtcTime
    end_time: UtcTime
    message: str = ""
    impact: int | None = None
    count: int | None = None
    log_identifier: str = ""
    appliance_uuid: str = ""
    log_entry_uuid: str | None = None
    info: LogEntryInfo | None = None
    appliance: Mapping[str, Any] | None = None

    @property
    def key(self) -> str:
        """What tells it from others: its uuid, or what else does not change while it grows."""
        if self.log_entry_uuid:
            return self.log_entry_uuid
        return fingerprint((self.appliance_uuid, self.log_identifier, self.start_time.isoformat(), self.message))
