"""The tags of an incident: a mapping that keeps repeated keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from tocsin.errors import InputError
from tocsin.transport.codec import Model

#: What a call takes as tags: a mapping of key to value or values, `Tags`, or texts of the form "key=value".
TagsInput = Mapping[str, "str | Sequence[str]"] | Iterable[str]

_KEY = re.compile(r"[a-z0-9_]+")


class Tag(Model, frozen=True):
    """One tag, as the API has it.

    Attributes:
        tag: "key=value".
        added_by: the pk of the user who put it on; None where the server does not say.
        added_time: when, as an aware time; None where the server does not say.
    """

    tag: str
    added_by: int | None = None
    added_time: datetime | None = None

    @property
    def key(self) -> str:
        """What stands before the first "="."""
        return self.tag.partition("=")[0]

    @property
    def value(self) -> str:
        """What stands behind the first "="."""
        return self.tag.partition("=")[2]

    def __str__(self) -> str:
        return self.tag


class Tags(Mapping[str, str]):
    """An immutable mapping of key to value; a key may have several values, as Argus allows.

    ``tags["host"]`` is the first value, ``tags.all("host")`` are all of them, ``tags.pairs`` is everything. Two
    are equal if they have the same pairs, in whatever order; so ``tags == {"host": ["a", "b"], "room": "1"}``.

    Raises InputError for a key that is not made of ``a-z``, ``0-9`` and ``_``, or a value that is no text.
    """

    __slots__ = ("_index", "entries")

    def __init__(self, tags: TagsInput | Iterable[Tag] = ()) -> None:
        #: Every tag, in the server's order, with who put it on and when, if the server said so.
        self.entries: tuple[Tag, ...] = tuple(_entries(tags))
        self._index: dict[str, tuple[str, ...]] | None = None

    def _read(self) -> dict[str, tuple[str, ...]]:
        if self._index is None:
            index: dict[str, tuple[str, ...]] = {}
            for key, value in self.pairs:
                index[key] = (*index.get(key, ()), value)
            self._index = index
        return self._index

    def __getitem__(self, key: str) -> str:
        return self._read()[key][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def all(self, key: str) -> tuple[str, ...]:
        """Every value of `key`; none for a key that is not there."""
        return self._read().get(key, ())

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (key, value), in the server's order."""
        return tuple([(entry.key, entry.value) for entry in self.entries])

    @property
    def texts(self) -> tuple[str, ...]:
        """Every tag as "key=value"."""
        return tuple([entry.tag for entry in self.entries])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Tags):
            return set(self.texts) == set(other.texts)
        if isinstance(other, Mapping):
            try:
                return self == Tags(cast("Mapping[str, str]", other))
            except InputError:
                return False
        return NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self.texts))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.entries,)

    def __repr__(self) -> str:
        return f"Tags({list(self.texts)!r})"


def _entries(tags: TagsInput | Iterable[Tag]) -> Iterable[Tag]:
    if isinstance(tags, Tags):
        return tags.entries
    if isinstance(tags, Mapping):
        pairs = cast("Mapping[str, str | Sequence[str]]", tags).items()
        return [Tag(check_tag(f"{key}={value}")) for key, given in pairs for value in _values(key, given)]
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise InputError(f'tags must be a mapping or a list of "key=value", not {tags!r}')
    return [tag if isinstance(tag, Tag) else Tag(check_tag(tag)) for tag in tags]


def _values(key: str, values: object) -> Sequence[str]:
    if isinstance(values, str):
        return [values]
    if not isinstance(values, list | tuple) or not all(
        isinstance(value, str) for value in cast("Sequence[object]", values)
    ):
        raise InputError(f"the tag {key!r} must have a str or a list of str, not {values!r}")
    return cast("Sequence[str]", values)


def check_tag(tag: object) -> str:
    """`tag`, if it is a text "key=value" that Argus takes.

    Raises InputError.
    """
    if not isinstance(tag, str):
        raise InputError(f'a tag must be a str "key=value", not {tag!r}')
    key, delimiter, _ = tag.partition("=")
    if not delimiter or not _KEY.fullmatch(key):
        raise InputError(f'a tag must be "key=value", its key made of a-z, 0-9 and _, not {tag!r}')
    return tag
