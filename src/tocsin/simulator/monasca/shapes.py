"""Bodies checked as the server's schemas check them, and in its words."""

import re
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from tocsin.simulator.frame import Json
from tocsin.simulator.web import as_array, as_object

NOT_VALID = "not a valid value for dictionary value"


class ShapeError(Exception):
    """The message is the server's."""


Check = Callable[[Json, str], None]
"""Looks at a value, and is told where it stands; raises ShapeError."""


def text(longest: int | None = None) -> Check:
    """A string of at most so many characters."""

    def check(value: Json, where: str) -> None:
        if not isinstance(value, str):
            raise ShapeError(f"expected str for dictionary value{where}")
        if longest is not None and len(value) > longest:
            raise ShapeError(f"length of value must be at most {longest} for dictionary value{where}")

    return check


def one_of(values: Iterable[str], *, any_case: bool = False) -> Check:
    """One of some words."""
    allowed = set(values)

    def check(value: Json, where: str) -> None:
        compared = value.upper() if any_case and isinstance(value, str) else value
        if not isinstance(compared, str) or compared not in allowed:
            raise ShapeError(NOT_VALID + where)

    return check


def boolean(value: Json, where: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise ShapeError(f"expected bool for dictionary value{where}")


def integer_or_text(value: Json, where: str) -> None:
    """What may be read as a number."""
    if not isinstance(value, int | str):
        raise ShapeError(f"expected int for dictionary value{where}")


def texts(value: Json, where: str) -> None:
    """A list of strings."""
    given = as_array(value)
    if given is None:
        raise ShapeError(f"expected a list for dictionary value{where}")
    for number, each in enumerate(given):
        if not isinstance(each, str):
            raise ShapeError(f"expected str{where}[{number}]")


def actions(state: str) -> Check:
    """A list of ids of notification methods."""

    def check(value: Json, where: str) -> None:
        behind = f" for dictionary value{where}"
        given = as_array(value)
        if given is None:
            raise ShapeError(f"Not a list: {type(value)}{behind}")
        for number, each in enumerate(given):
            if not isinstance(each, str):
                raise ShapeError(f"list item <{each}> -> {type(each)} not one of (str, unicode){behind}")
            if len(each) > 50:
                raise ShapeError(f"length {len(each)} > 50{behind}")
            if each in given[:number]:
                raise ShapeError(f"Duplicate {state} notification method {each}{behind}")

    return check


def check(data: Json, fields: Mapping[str, Check], required: Iterable[str], *, extra: bool) -> dict[str, Json]:
    """The body, if it has the shape; ``extra`` allows fields that are unknown."""
    given = as_object(data)
    if given is None:
        raise ShapeError("expected a dictionary")
    for name, value in given.items():
        if name in fields:
            fields[name](value, f" @ data['{name}']")
        elif not extra:
            raise ShapeError(f"extra keys not allowed @ data['{name}']")
    for name in required:
        if name not in given:
            raise ShapeError(f"required key not provided @ data['{name}']")
    return given


def address(type: str, value: str) -> None:
    """The address of a notification method of some type."""
    if type == "EMAIL":
        if not re.match(r".+@.+$", value):
            raise ShapeError(f"Address {value} is not of correct format")
    elif type == "WEBHOOK":
        parts = urlsplit(value)
        if not parts.scheme:
            raise ShapeError(f"Address {value} does not have URL scheme")
        if not parts.netloc:
            raise ShapeError(f"Address {value} does not have network location")
        if parts.scheme not in {"http", "https"}:
            raise ShapeError(f"Address {value} scheme is not in ['http', 'https']")


def notification_period(value: Json) -> int:
    """The seconds after which a notification comes again."""
    try:
        seconds = int(value)
    except ValueError:
        raise ShapeError(f"Period {value} must be a valid integer") from None
    if seconds not in {0, 60}:
        raise ShapeError(f"{seconds} is not in the configured list of valid periods: [0, 60]")
    return seconds
