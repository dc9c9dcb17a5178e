"""What an export reads: the protocol that a backend's table of resources fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from attrs import field, frozen

from tocsin.errors import ConfigError
from tocsin.paging.page import OnBadRow
from tocsin.paging.pager import Pager
from tocsin.service import Client


class Resource(Protocol):
    """One list of a backend.

    Attributes:
        name: as the command line and the folders have it.
        key: the field of a row that is its id.
        time: the field whose value windows bound, and which never changes; None where there is none.
    """

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def time(self) -> str | None: ...

    def pager(
        self,
        client: Any,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int | None = None,
        on_bad_row: OnBadRow = "raise",
    ) -> Pager[bytes]:
        """The rows with ``since <= time < until``, each as the JSON bytes that the server sent.

        Windows get about as many rows each where the newest row comes first. A `page_size` of None is the
        resource's own choice; lists that come whole take no notice of it.
        """
        ...

    async def count(
        self, client: Any, *, since: datetime | None = None, until: datetime | None = None
    ) -> int | None:
        """How many rows that is, or None where the server does not tell."""
        ...


def _sequence(resources: Iterable[Resource]) -> Sequence[Resource]:
    return tuple(resources)


@frozen
class Source:
    """One client and what to read with it.

    Attributes:
        name: the name of its folder, usually the profile's: letters, digits, "-", "_" and ".".
        resources: with different names.
    """

    name: str
    client: Client = field(repr=False)
    resources: Sequence[Resource] = field(converter=_sequence)

    def __attrs_post_init__(self) -> None:
        for name in (self.name, *[resource.name for resource in self.resources]):
            check_name(name)


def check_name(name: str) -> str:
    """`name`, if it can be that of a folder everywhere.

    Raises ConfigError.
    """
    if (
        not name
        or name[0] in ".-"
        or not all(mark.isascii() and (mark.isalnum() or mark in "-_.") for mark in name)
    ):
        raise ConfigError(
            f'a name must be letters, digits, "-", "_" and ".", and begin with none of "-.": not {name!r}'
        )
    return name
