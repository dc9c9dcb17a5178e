"""What AppFirst writes in more than one way, and how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

import msgspec

from tocsin.transport.codec import convert
from tocsin.transport.judge import NOT_JSON

_WORDS = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


class _IsBool(type):
    """Lets `bool`, which cannot be derived from, stand for what `Flag` reads."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, bool)


if TYPE_CHECKING:
    Flag = bool
else:

    class Flag(metaclass=_IsBool):
        """True or False: JSON has it as true, prose as True, and forms as 1 or on. Null is False."""

        @classmethod
        def from_json(cls, value: object) -> bool:
            """Raises ValueError for what is neither."""
            return flag(value)


def flag(value: object) -> bool:
    """See `Flag`. Raises ValueError for what is neither."""
    if value is None:
        return False
    word = str(value).lower() if isinstance(value, str | int) else ""
    if word not in _WORDS:
        raise ValueError("expected true or false")
    return _WORDS[word]


class Direction(str):
    """A direction, in lower case whatever the server writes: above, below, outside bounds."""

    __slots__ = ()

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Raises ValueError for what is no text."""
        if not isinstance(value, str):
            raise ValueError("expected a text")  # noqa: TRY004 - the codec takes a ValueError
        return cls(value.lower())


class Ids(tuple[int, ...]):
    """Ids: a list as the API's samples have it, or the one id that its prose speaks of; null is none."""

    __slots__ = ()

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Raises ValueError for anything else."""
        return cls(convert(as_list(value), list[int]))


def is_number(text: str) -> bool:
    """Whether a text is a whole number, and no endless one."""
    return text.isascii() and text.isdigit() and len(text) < 20


def as_list(value: object) -> list[Any]:
    """A list that may come as JSON text, as one thing, or as null.

    Raises ValueError for text that is no JSON.
    """
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except NOT_JSON:
            raise ValueError("expected a list, or one as JSON text") from None
    if value is None:
        return []
    return [*cast("list[object]", value)] if isinstance(value, list) else [value]
