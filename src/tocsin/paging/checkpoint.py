"""Where a walk over pages stands, small enough to store with every batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import asdict, field, frozen

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
        index: how many rows of that page were handed out already.
        recent: ids of the rows handed out last, if the place is inside a page.
    """

    query: str
    state: State | None = None
    index: int = 0
    recent: tuple[Key, ...] = ()
    version: int = field(default=VERSION)

    @property
    def done(self) -> bool:
        """Whether nothing is left behind it."""
        return self.state is None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "recent": list(self.recent)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """From what `to_json` gave.

        Raises InputError for anything else.
        """
        try:
            given: dict[str, Any] = {**value, "recent": tuple(value["recent"])}
            made = cls(**given)
        except (TypeError, KeyError):
            raise InputError("this is no checkpoint") from None
        if made.version != VERSION:
            raise InputError(f"the checkpoint has version {made.version}; this one reads version {VERSION}")
        fits = (
            isinstance(made.query, str)
            and (made.state is None or isinstance(made.state, Mapping))
            and isinstance(made.index, int)
            and made.index >= 0
        )
        if not fits:
            raise InputError("this is no checkpoint: a field has the wrong type")
        return made
