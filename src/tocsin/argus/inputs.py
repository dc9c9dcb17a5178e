"""What calls may be given, checked before anything is sent.

A check takes a value's name and the value, and gives what JSON carries; it raises InputError, which says what is
allowed. A `Form` is the checks of one call by name: one table serves bodies and queries alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import time
from typing import Any, cast

from attrs import asdict, frozen

from tocsin.argus.models import INFINITY, FilterBlob, TimeRecurrence
from tocsin.argus.tags import Tags, check_tag
from tocsin.errors import InputError
from tocsin.options import CallOptions
from tocsin.transport import codec
from tocsin.transport.messages import Params

Check = Callable[[str, Any], Any]


@frozen
class Form:
    """The names that a call takes, how each is checked, and which must be there."""

    checks: Mapping[str, Check]
    required: Collection[str] = ()

    def read(self, given: Mapping[str, object]) -> tuple[dict[str, Any], CallOptions]:
        """What was given, checked, and the options of the call that came along with it.

        Raises TypeError for a name that there is none of or one that is missing, InputError for a value.
        """
        call = {name: value for name, value in given.items() if name in CallOptions.__annotations__}
        values = {name: value for name, value in given.items() if name not in call}
        if unknown := values.keys() - self.checks.keys():
            raise TypeError(
                f"unknown argument {', '.join(sorted(unknown))}; there are {', '.join(sorted(self.checks))}"
            )
        if missing := set(self.required) - values.keys():
            raise TypeError(f"missing argument {', '.join(sorted(missing))}")
        return {name: self.checks[name](name, value) for name, value in values.items()}, cast("CallOptions", call)

    def query(self, given: Mapping[str, object]) -> tuple[Params, CallOptions]:
        """The same as query pairs."""
        values, call = self.read(given)
        return tuple([(name, _param(value)) for name, value in values.items()]), call


def _param(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(str, cast("list[object]", value)))
    return str(value)


def flag(name: str, value: object) -> bool:
    """True or False: the server ignores in silence what it cannot read as one."""
    if not isinstance(value, bool):
        raise InputError(f"{name} must be True or False, not {value!r}")
    return value


def whole(low: int, high: int | None = None) -> Check:
    """A whole number from `low` on, up to `high`."""
    allowed = f"from {low} to {high}" if high is not None else f"of at least {low}"

    def check(name: str, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < low or (high and value > high):
            raise InputError(f"{name} must be a whole number {allowed}, not {value!r}")
        return value

    return check


pk = whole(1)
level = whole(1, 5)


def text(name: str, value: object) -> str:
    """A text; may be empty."""
    if not isinstance(value, str):
        raise InputError(f"{name} must be a str, not {value!r}")
    codec.check(value, name)
    return value


def filled(name: str, value: object) -> str:
    """A text that is not empty: the server takes an empty filter for none."""
    if not text(name, value):
        raise InputError(f"{name} must not be empty")
    return cast("str", value)


def maybe(check: Check) -> Check:
    """None, or what `check` takes."""
    return lambda name, value: None if value is None else check(name, value)


def moment(name: str, value: object) -> str:
    """An aware time."""
    when = codec.aware(value, name)
    if when == INFINITY:
        raise InputError(f"{name} must be a time, not INFINITY")
    return when.isoformat()


def end(name: str, value: object) -> str | None:
    """An aware time, INFINITY for what has not ended, or STATELESS (None)."""
    if value is None:
        return None
    return "infinity" if value == INFINITY else moment(name, value)


def planned_end(name: str, value: object) -> str | None:
    """An aware time, or INFINITY, for which null stands: east of Greenwich the server has no such time."""
    return None if value == INFINITY else moment(name, value)


def anything(name: str, value: Any) -> Any:
    """Any JSON value."""
    codec.check(value, name)
    return value


def mapping(name: str, value: object) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise InputError(f"{name} must be a mapping, not {value!r}")
    return cast("dict[str, Any]", anything(name, dict(cast("Mapping[str, Any]", value))))


def listed(name: str, value: object) -> list[Any]:
    """Any iterable but a text or a mapping, as a list."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InputError(f"{name} must be a list, not {value!r}")
    return [*cast("Iterable[object]", value)]


def many(check: Check) -> Check:
    """A list of what `check` takes; may be empty."""
    return lambda name, value: [check(f"{name}[{at}]", item) for at, item in enumerate(listed(name, value))]


def some(check: Check) -> Check:
    """A list with at least one entry."""

    def check_all(name: str, value: object) -> list[Any]:
        items = cast("list[Any]", many(check)(name, value))
        if not items:
            raise InputError(f"{name} must have at least one entry")
        return items

    return check_all


def uncut(check: Check) -> Check:
    """A text without a comma, at which the server would cut it in two."""

    def check_whole(name: str, value: object) -> str:
        checked = cast("str", check(name, value))
        if "," in checked:
            raise InputError(f"{name} must not have a comma, at which the server cuts lists: {checked!r}")
        return checked

    return check_whole


def tag(name: str, value: object) -> str:
    """A tag as "key=value"."""
    return text(name, check_tag(value))


def tags(_: str, value: Any) -> list[dict[str, str]]:
    """Tags, as a body has them."""
    return [{"tag": text} for text in Tags(value).texts]


def tag_filter(name: str, value: Any) -> list[str]:
    """Tags to look for, at least one, as a query has them."""
    return cast("list[str]", some(uncut(tag))(name, Tags(value).texts))


def event_type(name: str, value: object) -> str:
    """A type of event: three capital letters."""
    kind = text(name, value)
    if len(kind) != 3 or not (kind.isascii() and kind.isalpha() and kind.isupper()):
        raise InputError(f"{name} must be three capital letters, such as END, CLO or OTH, not {kind!r}")
    return kind


def time_of_day(name: str, value: object) -> str:
    """A `datetime.time` in the server's local time, so without a zone."""
    if not isinstance(value, time) or value.tzinfo is not None:
        raise InputError(f"{name} must be a datetime.time without a zone, not {value!r}")
    return value.isoformat()


_RECURRENCE = Form(
    {
        "days": some(whole(1, 7)),
        "start": maybe(time_of_day),
        "end": maybe(time_of_day),
        "all_day": flag,
    },
    required={"days"},
)


def recurrence(name: str, value: object) -> dict[str, Any]:
    """A `TimeRecurrence`."""
    if not isinstance(value, TimeRecurrence):
        raise InputError(f"{name} must be a TimeRecurrence, not {value!r}")
    made, _ = _RECURRENCE.read(asdict(value))
    if not value.all_day and (value.start is None or value.end is None):
        raise InputError(f"{name} must have start and end, or all_day=True")
    return {key: part for key, part in made.items() if part is not None}


_BLOB = Form(
    {
        "sourceSystemIds": many(pk),
        "source_types": many(filled),
        "tags": many(tag),
        "open": maybe(flag),
        "acked": maybe(flag),
        "stateful": maybe(flag),
        "maxlevel": maybe(level),
        "event_types": many(event_type),
        "hide_closed_acked": flag,
    }
)


def blob(name: str, value: object) -> dict[str, Any]:
    """A `FilterBlob`; what does not restrict is left out."""
    if not isinstance(value, FilterBlob):
        raise InputError(f"{name} must be a FilterBlob, not {value!r}")
    made, _ = _BLOB.read(asdict(value))
    return {key: part for key, part in made.items() if part is not None and part != []}


def ids(name: str, value: Sequence[int]) -> list[int]:
    """At least one pk, each once."""
    return list(dict.fromkeys(cast("list[int]", some(pk)(name, value))))
