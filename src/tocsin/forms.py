"""What calls may be given, checked before anything is sent.

A check takes a value's name and the value, and gives what JSON carries; it raises InputError, which says what is
allowed. A `Form` is the checks of one call by name: one table serves bodies and queries alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, cast

from attrs import frozen

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
