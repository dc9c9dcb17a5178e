"""What the fields of a request may be, and what the server says of the others, in Laravel's words."""

import ipaddress
import re
from collections.abc import Callable, Collection, Mapping

import attrs

from tocsin.simulator.acsmonitor.request import Ask, invalid
from tocsin.simulator.acsmonitor.schema import SCHEMAS
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.frame import Json
from tocsin.simulator.web import as_array, as_object

Rule = Callable[[Json], str | None]
"""Says what is wrong with a value, with ``{}`` for the name of its field; None if nothing is."""


@attrs.frozen
class Field:
    """A field of a request.

    ``required`` ones may neither be missing, when something is created, nor be empty. ``table`` is that of the row
    that an id must be of, or each of a list of ids.
    """

    rule: Rule
    required: bool = False
    table: str | None = None

    def wrong(self, ask: Ask, value: Json) -> str | None:
        """What is wrong with a value."""
        wrong = self.rule(value)
        if wrong is None and self.table is not None:
            ids = ask.state.tables[self.table].ids
            items = as_array(value)
            if not all(_is_id(item, ids) for item in ([value] if items is None else items)):
                return "The selected {} is invalid."
        return wrong


Fields = Mapping[str, Field]


def text(most: int = 255) -> Rule:
    """A text of limited length."""

    def rule(value: Json) -> str | None:
        if not isinstance(value, str):
            return "The {} field must be a string."
        return f"The {{}} field must not be greater than {most} characters." if len(value) > most else None

    return rule


def number(low: int, high: int = 2**31 - 1) -> Rule:
    """A whole number between two, both included."""

    def rule(value: Json) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return "The {} field must be an integer."
        return None if low <= value <= high else f"The {{}} field must be between {low} and {high}."

    return rule


def one_of(allowed: Collection[str]) -> Rule:
    """One of some words."""

    def rule(value: Json) -> str | None:
        return None if isinstance(value, str) and value in allowed else "The selected {} is invalid."

    return rule


def boolean(value: Json) -> str | None:
    """True or false, which may be 1 or 0."""
    return None if isinstance(value, bool | int) and value in {0, 1} else "The {} field must be true or false."


def an_object(value: Json) -> str | None:
    """A JSON object; an empty array is one to PHP."""
    return None if as_object(value) is not None or value == [] else "The {} field must be an array."


def an_array(value: Json) -> str | None:
    """A JSON array."""
    return None if as_array(value) is not None else "The {} field must be an array."


def texts(value: Json) -> str | None:
    """A list of texts."""
    items = as_array(value)
    if items is None:
        return "The {} field must be an array."
    return None if all(isinstance(item, str) for item in items) else "The {} field must be strings."


def email(value: Json) -> str | None:
    """An e-mail address."""
    good = isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s]+", value)
    return None if good else "The {} field must be a valid email address."


def address(value: Json) -> str | None:
    """An IP address, of either version."""
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return "The {} field must be a valid IP address."
    return None


def network(value: Json) -> str | None:
    """A subnet in CIDR notation."""
    try:
        ipaddress.ip_network(value if isinstance(value, str) and "/" in value else "", strict=False)
    except ValueError:
        return "The {} field must be a subnet in CIDR notation."
    return None


def id_of(table: str) -> Field:
    """The id of a row that there is."""
    return Field(number(1), table=table)


def ids_of(table: str) -> Field:
    """A list of ids of rows that there are."""
    return Field(an_array, table=table)


def _is_id(value: Json, ids: Collection[int]) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in ids


def checked(ask: Ask, fields: Fields, *, partly: bool = False) -> Row:
    """The fields of a request that were given, all of them good; raises Refusal with every mistake.

    ``partly`` is for a change, which need not give what is required.
    """
    given = ask.input()
    errors: dict[str, list[str]] = {}
    for name, field in fields.items():
        value = given.get(name)
        if name not in given and (partly or not field.required):
            continue
        words = name.replace("_", " ")
        if value in (None, "") and field.required:
            errors[name] = [f"The {words} field is required."]
        elif value is not None:
            wrong = field.wrong(ask, value)
            if wrong:
                errors[name] = [wrong.format(words)]
    if errors:
        raise invalid(errors)
    return {name: _kept(field, given[name]) for name, field in fields.items() if name in given}


def _kept(field: Field, value: Json) -> Json:
    return value == 1 if field.rule is boolean and value is not None else value


def writable(ask: Ask, table: str) -> Row:
    """What a request sets besides its checked fields: names are not published, so any is kept."""
    schema = SCHEMAS[table]
    closed = {"id", *schema.computed, *schema.relations}
    return {name: value for name, value in ask.input().items() if name not in closed}
