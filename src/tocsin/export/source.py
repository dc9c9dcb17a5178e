"""What an export reads: a client, and resources of its backend's table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import field, frozen

from tocsin.describe import Resource
from tocsin.errors import ConfigError
from tocsin.service import Client

AnyResource = Resource[Any]


def _sequence(resources: Iterable[AnyResource]) -> Sequence[AnyResource]:
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
    resources: Sequence[AnyResource] = field(converter=_sequence)

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
