"""The checks of bodies, with the messages of Django REST framework and of Argus."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import TypeGuard
from zoneinfo import ZoneInfo

import attrs

from tocsin.simulator.argus.entities import INFINITY, EndTime
from tocsin.simulator.argus.web import ServerBugError, invalid
from tocsin.simulator.frame import Json

ZONE = ZoneInfo("Europe/Oslo")
"""The server's zone: times are shown in it, and naive ones are read in it."""

REQUIRED = "This field is required."
NOT_NULL = "This field may not be null."
NOT_BLANK = "This field may not be blank."
NO_DATA = "No data provided"
_BAD_TIME = (
    "Datetime has wrong format. Use one of these formats instead: "
    "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z], or 'infinity'."
)
_BAD_CLOCK_TIME = "Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]]."
NO_DELIMITER = "The tag does not have its delimiter: =."
BAD_KEY = "['Enter a valid key consisting of lowercase letters, numbers and underscores.']"

_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_CLOCK_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?", re.ASCII)
_URL = re.compile(r"(?:https?|ftps?)://[^\s/?#]+\.?[^\s]*", re.IGNORECASE)
_KEY = re.compile(r"[a-z0-9_]+", re.ASCII)

Check = Callable[[Json], Json]


def is_object(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether the value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: Json) -> TypeGuard[list[Json]]:
    """Whether the value is a JSON array."""
    return isinstance(value, list)


class BadValueError(ValueError):
    """A value that is refused; ``error`` is what the body of the 400 says of it."""

    def __init__(self, error: Json) -> None:
        super().__init__(error)
        self.error = error


@attrs.frozen
class Field:
    """One field of a body. A missing one that is not required is left out of what is read."""

    check: Check
    required: bool = False
    null: bool = False


def read(data: Json, fields: Mapping[str, Field], *, partial: bool = False) -> dict[str, Json]:
    """The checked values; unknown ones are ignored. Raises the 400 with every error found."""
    values, errors = check(data, fields, partial=partial)
    if errors:
        raise invalid(errors)
    return values


def check(
    data: Json, fields: Mapping[str, Field], *, partial: bool = False
) -> tuple[dict[str, Json], dict[str, Json]]:
    """The checked values, and the errors by field."""
    if data is None:
        return {}, {"non_field_errors": [NO_DATA]}
    if not is_object(data):
        return {}, {"non_field_errors": [_expected_dictionary(data)]}
    values: dict[str, Json] = {}
    errors: dict[str, Json] = {}
    for name, field in fields.items():
        if name not in data:
            if field.required and not partial:
                errors[name] = [REQUIRED]
        elif data[name] is None:
            if field.null:
                values[name] = None
            else:
                errors[name] = [NOT_NULL]
        else:
            try:
                values[name] = field.check(data[name])
            except BadValueError as error:
                errors[name] = error.error
    return values, errors


def _expected_dictionary(data: Json) -> str:
    return f"Invalid data. Expected a dictionary, but got {type(data).__name__}."


def nested(fields: Mapping[str, Field]) -> Check:
    """A dictionary within the body."""

    def checked(data: Json) -> Json:
        values, errors = check(data, fields)
        if errors:
            raise BadValueError(errors)
        return values

    return checked


def text(*, blank: bool = True, longest: int | None = None) -> Check:
    """A string; a number is taken for one."""

    def checked(value: Json) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise BadValueError(["Not a valid string."])
        stripped = str(value).strip()
        if not stripped and not blank:
            raise BadValueError([NOT_BLANK])
        if longest is not None and len(stripped) > longest:
            raise BadValueError([f"Ensure this field has no more than {longest} characters."])
        return stripped

    return checked


def url(value: Json) -> str:
    """A URL; the real server refuses an empty one, too."""
    link: str = text()(value)
    if not _URL.fullmatch(link):
        raise BadValueError(["Enter a valid URL."])
    return link


def anything(value: Json) -> Json:
    """Any JSON value."""
    return value


def choice(*choices: str) -> Check:
    """One of the choices, as a string."""

    def checked(value: Json) -> str:
        if str(value) not in choices:
            raise BadValueError([f'"{value}" is not a valid choice.'])
        return str(value)

    return checked


def level(value: Json) -> int:
    """An incident's level, 1 (critical) to 5."""
    return int(choice("1", "2", "3", "4", "5")(value))


def boolean(value: Json) -> bool:
    """A boolean, or what the framework takes for one."""
    word = str(value).lower()
    if word in {"true", "1", "t", "y", "yes", "on"}:
        return True
    if word in {"false", "0", "f", "n", "no", "off"}:
        return False
    raise BadValueError(["Must be a valid boolean."])


def integer(least: int | None = None, most: int | None = None) -> Check:
    """A whole number within bounds."""

    def checked(value: Json) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value), re.ASCII):
            raise BadValueError(["A valid integer is required."])
        number = int(value)
        if most is not None and number > most:
            raise BadValueError([f"Ensure this value is less than or equal to {most}."])
        if least is not None and number < least:
            raise BadValueError([f"Ensure this value is greater than or equal to {least}."])
        return number

    return checked


def many(item: Check, *, nested_error: bool = False, empty: bool = True) -> Check:
    """A list of items; errors are keyed by the item's index."""

    def checked(value: Json) -> list[Json]:
        if not is_array(value):
            message = f'Expected a list of items but got type "{type(value).__name__}".'
            raise BadValueError({"non_field_errors": [message]} if nested_error else [message])
        if not value and not empty:
            raise BadValueError(["This list may not be empty."])
        values: list[Json] = []
        errors: dict[str, Json] = {}
        for index, each in enumerate(value):
            try:
                values.append(item(each))
            except BadValueError as error:
                errors[str(index)] = error.error
        if errors:
            raise BadValueError(errors)
        return values

    return checked


def moment(value: Json) -> datetime:
    """A time; a naive one, or a day, is in the server's zone."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise BadValueError([_BAD_TIME])
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise BadValueError([_BAD_TIME]) from None
    try:
        return parsed.astimezone(ZONE) if parsed.tzinfo else parsed.replace(tzinfo=ZONE)
    except OverflowError:
        raise BadValueError(["Datetime value out of range."]) from None


def end_time(value: Json) -> EndTime:
    """A time, or ``"infinity"``."""
    return INFINITY if value == INFINITY else moment(value)


def clock_time(value: Json) -> time:
    """A time of day."""
    if not isinstance(value, str) or not _CLOCK_TIME.fullmatch(value):
        raise BadValueError([_BAD_CLOCK_TIME])
    try:
        return time.fromisoformat(value if value[1] != ":" else f"0{value}")
    except ValueError:
        raise BadValueError([_BAD_CLOCK_TIME]) from None


def tag_text(value: str) -> str:
    """``key=value``, raising BadValueError with the server's words."""
    key, equals, _ = value.partition("=")
    if not equals:
        raise BadValueError(NO_DELIMITER)
    if not _KEY.fullmatch(key):
        raise BadValueError(BAD_KEY)
    return value


def tag_item(value: Json) -> str:
    """``{"tag": "key=value"}``; anything but a string in it makes the real server fail."""
    if not is_object(value) or "tag" not in value:
        raise BadValueError(['Tags need to follow the format {"tag": key=value}'])
    if not isinstance(value["tag"], str):
        raise ServerBugError
    try:
        return tag_text(value["tag"])
    except BadValueError as error:
        raise BadValueError({"tag": error.error}) from None


TAGS = Field(many(tag_item, nested_error=True), required=True)
