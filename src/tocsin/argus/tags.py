"""The tags of an incident: a mapping that keeps repeated keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Self, cast

from attrs import frozen

from tocsin.errors import DecodeError, InputError

#: What a call takes as tags: a mapping of key to value or values, `Tags`, or texts of the form "key=value".
TagsInput = Mapping[str, "str | Sequence[str]"] | Iterable[str]

_KEY = re.compile(r"[a-z0-9_]+")


@frozen
class Tag:
    """One tag.

    Attributes:
        added_by: the pk of the user who put it on; None where the server does not say.
        added_time: when, as an aware time; None where the server does not say.
    """

    key: str
    value: str
    added_by: int | None = None
    added_time: datetime | None = None

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class Tags(Mapping[str, str]):
    """An immutable mapping of key to value; a key may have several values, as Argus allows.

    ``tags["host"]`` is the first value, ``tags.all("host")`` are all of them, ``tags.pairs`` is everything. Two
    are equal if they have the same pairs, in whatever order; so ``tags == {"host": ["a", "b"], "room": "1"}``.

    Raises InputError for a key that is not made of ``a-z``, ``0-9`` and ``_``, or a value that is no text.
    """

    __slots__ = ("_index", "_raw")

    def __init__(self, tags: TagsInput = ()) -> None:
        self._raw: Sequence[Mapping[str, Any]] = [{"tag": text} for text in _texts(tags)]
        self._index: dict[str, tuple[str, ...]] | None = None

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """From the API's ``[{"tag": "k=v", "added_by": 1, "added_time": "…"}]``; read when first asked for.

        Raises ValueError for what is no list; entries that are no tags are a DecodeError when they are read.
        """
        if value.__class__ is not list:
            raise ValueError("tags must be a list")
        made = cls.__new__(cls)
        made._raw = value
        made._index = None
        return made

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
        return tuple([(key, value) for key, _, value in [text.partition("=") for text in self.texts]])

    @property
    def entries(self) -> tuple[Tag, ...]:
        """Every tag, with who put it on and when, if the server said so."""
        return tuple([_entry(text, item) for text, item in zip(self.texts, self._raw, strict=True)])

    @property
    def texts(self) -> tuple[str, ...]:
        """Every tag as "key=value"."""
        try:
            texts = tuple([item["tag"] for item in self._raw])
            "".join(texts)
        except (TypeError, KeyError):
            raise DecodeError('a tag is not the {"tag": "key=value"} that Argus sends') from None
        return texts

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
        return type(self).from_json, ([dict(item) for item in self._raw],)

    def __repr__(self) -> str:
        return f"Tags({list(self.texts)!r})"


def _entry(text: str, item: Mapping[str, Any]) -> Tag:
    key, _, value = text.partition("=")
    when = item.get("added_time")
    return Tag(key, value, item.get("added_by"), datetime.fromisoformat(when) if when else None)


def _texts(tags: TagsInput) -> list[str]:
    if isinstance(tags, Tags):
        return list(tags.texts)
    if isinstance(tags, Mapping):
        mapping = cast("Mapping[str, str | Sequence[str]]", tags)
        return [check_tag(f"{key}={value}") for key, given in mapping.items() for value in _values(key, given)]
    if isinstance(tags, str) or not isinstance(tags, Iterable):
        raise InputError(f'tags must be a mapping or a list of "key=value", not {tags!r}')
    return [check_tag(text) for text in tags]


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
