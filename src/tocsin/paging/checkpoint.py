"""Where a walk over pages stands, small enough to store with every batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

import msgspec
from attrs import asdict, fields, frozen

from tocsin.errors import InputError

#: A row's identity, as the API has it.
Key = str | int
#: Where a strategy stands: JSON values only; empty at the first page.
State = Mapping[str, Any]

VERSION = 1
#: As many of the rows handed out last as are remembered, to find the place again on a page.
RECENT = 8


@frozen(kw_only=True)
class Checkpoint:
    """A place between two rows of one query.

    Attributes:
        query: fingerprint of the query; another query's checkpoint is refused.
        state: which page comes next, in the strategy's words; None behind the last row.
        index: how many rows of that page were handed out already, where `state` cannot tell.
        recent: ids of the rows handed out last before `index`; at most `RECENT`.
    """

    query: str
    state: State | None = None
    index: Annotated[int, msgspec.Meta(ge=0)] = 0
    recent: tuple[Key, ...] = ()
    version: int = VERSION

    @property
    def done(self) -> bool:
        """Whether nothing is left behind it."""
        return self.state is None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "recent": list(self.recent)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | str | bytes) -> Self:
        """From what `to_json` gave, or from that as JSON text.

        Raises InputError for anything else.
        """
        if isinstance(value, str | bytes):
            try:
                value = msgspec.json.decode(value)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                raise InputError("this is no checkpoint: it is not JSON") from None
        if not isinstance(value, Mapping) or "version" not in value:
            raise InputError("this is no checkpoint")
        if value["version"] != VERSION:
            raise InputError(f"the checkpoint has version {value['version']!r}; this one reads version {VERSION}")
        if set(value) != {field.name for field in fields(cls)}:
            raise InputError("this is no checkpoint: its fields are others")
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            raise InputError(f"this is no checkpoint: {error}") from None
