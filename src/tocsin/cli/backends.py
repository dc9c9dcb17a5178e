"""The backends that commands know: their clients and their tables of resources."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.resources import files
from typing import Any

from attrs import evolve

from tocsin.describe import Backend, Resource
from tocsin.errors import ConfigError
from tocsin.export import Source
from tocsin.profiles import Profile
from tocsin.service import Client

#: The backends: the packages of tocsin that have a table.
NAMES = tuple(sorted(each.name for each in files("tocsin").iterdir() if each.joinpath("describe.py").is_file()))


def backend(name: str) -> Backend[Any]:
    """The table of a backend. Raises ConfigError for one that there is not."""
    if name not in NAMES:
        raise ConfigError(f"there is no backend {name!r}; there are {', '.join(NAMES)}")
    found: Backend[Any] = import_module(f"tocsin.{name}.describe").BACKEND
    return found


def resources(name: str) -> Sequence[Resource[Any]]:
    """What can be read from a backend."""
    return tuple(backend(name).resources.values())


def client_of(profile: Profile) -> Client:
    """A client for a profile. Raises ConfigError, which names the profile."""
    try:
        client: Client = backend(profile.backend).client.from_profile(profile)
    except ConfigError as error:
        message = error.message
    else:
        return client
    named = f"profile {profile.name!r}"
    raise ConfigError(message if named in message else f"{named}: {message}")


def source_of(profile: Profile, names: Sequence[str]) -> Source:
    """What to read with a profile: all that its server has; or the resources named, of those that its backend has.

    What is named is asked for in any case: a server that does not have it is an error.
    """
    found = resources(profile.backend)
    if names:
        found = [evolve(resource, offered=None) for resource in found if resource.name in names]
    return Source(profile.name, client_of(profile), found)
