"""What calls of Argus may be given; see `tocsin.forms`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any, cast

from attrs import asdict

from tocsin.argus.models import INFINITY, FilterBlob, TimeRecurrence
from tocsin.argus.tags import Tags, check_tag
from tocsin.errors import InputError
from tocsin.forms import Check, Form, filled, flag, many, maybe, some, text, whole
from tocsin.transport import codec

pk = whole(1)
level = whole(1, 5)


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
