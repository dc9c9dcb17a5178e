"""What an export reads: the protocol that a backend's table of resources fits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from attrs import field, frozen

from tocsin.errors import ConfigError
from tocsin.paging.pager import Pager
from tocsin.service import Client


class Resource(Protocol):
    """One list of a backend.

    Attributes:
        name: as the command line and the folders have it.
        key: the field of a row that is its id.
        time: the field whose value windows bound, and which never changes; None where there is none.
        list: gives the rows with ``since <= time < until``, each as the JSON bytes that the server sent, at so many
            rows a page where pages have a size. Rows that are not what the API promises are in `Page.bad_rows`.
            Windows get about as many rows each where the newest row comes first.
        count: tells how many rows there are with ``since <= time < until``; None where the API does not.
    """

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def time(self) -> str | None: ...

    @property
    def list(self) -> Callable[[Any, datetime | None, datetime | None, int], Pager[bytes]]: ...

    @property
    def count(self) -> Callable[[Any, datetime | None, datetime | None], Awaitable[int]] | None: ...


@frozen
class Source:
    """One client and what to read with it.

    Attributes:
        name: the name of its folder, usually the profile's: letters, digits, "-", "_" and ".".
        resources: with different names.
    """

    name: str
    client: Client = field(repr=False)
    resources: Sequence[Resource]

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
