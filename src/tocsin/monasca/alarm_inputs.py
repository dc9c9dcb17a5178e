"""What alarms, their definitions and notification methods may be given; see `tocsin.forms`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import cast

from tocsin import forms
from tocsin.errors import InputError
from tocsin.forms import Check
from tocsin.monasca.dialect import Dialect
from tocsin.monasca.inputs import dimension_filter
from tocsin.transport import codec

#: One field, "name" or "name desc", the same as ("name", "desc"), or several of these.
SortBy = str | tuple[str, str] | Sequence[str | tuple[str, str]]

#: Characters of a notification method's id among the actions of an alarm.
_LONGEST_ACTION = 50
_DIRECTIONS = frozenset({"asc", "desc"})


def up_to(longest: int, check: Check = forms.filled) -> Check:
    """A text that is not empty, of at most so many characters; with `forms.text`, it may be empty."""

    def check_length(name: str, value: object) -> str:
        text = cast("str", check(name, value))
        if len(text) > longest:
            raise InputError(f"{name} must have at most {longest} characters, not {len(text)}")
        return text

    return check_length


def one_of(*allowed: str) -> Check:
    """One of these words, in capitals or not; sent in capitals, which every server takes."""

    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value.upper() not in allowed:
            raise InputError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
        return value.upper()

    return check


state = one_of("OK", "ALARM", "UNDETERMINED")
severity = one_of("LOW", "MEDIUM", "HIGH", "CRITICAL")


def severities(name: str, value: object) -> str:
    """One severity, or several of which any will do."""
    several = value.split("|") if isinstance(value, str) else value
    return "|".join(cast("list[str]", forms.some(severity)(name, several)))


def moment(name: str, value: object) -> str:
    """An aware time, with a fraction: without one, monasca-api 11.0.0 fails with a 500."""
    when = codec.aware(value, name).astimezone(UTC).replace(tzinfo=None)
    return f"{when.isoformat(timespec='microseconds')}Z"


def dimensions(name: str, value: object) -> str:
    """Dimensions with one value each: here servers know neither "any value" nor "one of these"."""
    for key, text in forms.mapping(name, value).items():
        if not isinstance(text, str) or not text or "|" in text:
            raise InputError(f'{name}[{key!r}] must be one value, a str without "|", not {text!r}')
    return dimension_filter(name, value)


def actions(name: str, value: object) -> list[str]:
    """Ids of notification methods, each once."""
    ids = cast("list[str]", forms.many(up_to(_LONGEST_ACTION))(name, value))
    if len(set(ids)) < len(ids):
        raise InputError(f"{name} must not have an id twice: {ids!r}")
    return ids


def fields(*allowed: str) -> Check:
    """At least one of these names, each once, as a query has them."""

    def check(name: str, value: object) -> str:
        names = cast("list[str]", forms.some(forms.filled)(name, value))
        if len(set(names)) < len(names) or not set(names) <= set(allowed):
            raise InputError(f"{name} must have some of {', '.join(allowed)}, each once, not {names!r}")
        return ",".join(names)

    return check


def sort_by(*allowed: str) -> Check:
    """A `SortBy` of these fields, as a query has it."""

    def check(name: str, value: object) -> str:
        terms = [_term(term) for term in _terms(name, value)]
        wrong = [term for term in terms if term[0] not in allowed or not {*term[1:]} <= _DIRECTIONS]
        if not terms or wrong or len({term[0] for term in terms}) < len(terms):
            raise InputError(
                f'{name} must be some of {", ".join(allowed)}, each once and with " asc" or " desc" behind it or '
                f"nothing, not {value!r}"
            )
        return ",".join([" ".join(term) for term in terms])

    return check


def _terms(name: str, value: object) -> Iterable[object]:
    if isinstance(value, str):
        return value.split(",")
    if isinstance(value, tuple) and value[1:] in (("asc",), ("desc",)):
        return [cast("tuple[object, ...]", value)]
    return forms.listed(name, cast("Iterable[object]", value))


def _term(value: object) -> Sequence[str]:
    """A field, and which way; what is neither, as what no field is called."""
    if isinstance(value, str):
        parts = value.split()
    else:
        parts = [str(part) for part in cast("tuple[object, ...]", value)] if isinstance(value, tuple) else []
    return parts if len(parts) in {1, 2} else [""]


def expression(dialect: Dialect) -> Check:
    """An alarm expression that servers of this dialect read as it is meant."""

    def check(name: str, value: object) -> str:
        from tocsin.monasca.expressions import Expression, check_expression  # late: it loads a grammar library

        if not isinstance(value, str | Expression):
            raise InputError(f"{name} must be a str or an Expression, not {value!r}")
        return check_expression(value, dialect=dialect)

    return check
