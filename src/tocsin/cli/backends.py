"""The backends that commands know: their clients and their tables of resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, cast

from tocsin.errors import ConfigError
from tocsin.export import Resource, Source
from tocsin.profiles import Profile
from tocsin.service import Client

_CLIENTS = {"argus": "ArgusClient"}
#: Of what a simulated system tells, the arguments that its client takes.
_SIGN_IN = {"argus": ("base_url", "token")}


def client_class(backend: str) -> type[Client]:
    """The class of a backend's client. Raises ConfigError for one that there is not."""
    if backend not in _CLIENTS:
        raise ConfigError(f"there is no backend {backend!r}; there are {', '.join(_CLIENTS)}")
    return cast("type[Client]", getattr(import_module("tocsin"), _CLIENTS[backend]))


def describe(backend: str) -> Any:
    """The module that describes a backend: its `RESOURCES` by name, and its `CHECKS`, likewise."""
    return import_module(f"tocsin.{backend}.describe")


def resources(backend: str) -> Sequence[Resource]:
    """What can be read from a backend."""
    return cast("Sequence[Resource]", tuple(describe(backend).RESOURCES.values()))


def client_at(backend: str, endpoint: Mapping[str, str]) -> Client:
    """A client for a simulated system."""
    make = cast("Callable[..., Client]", client_class(backend))
    return make(**{name: endpoint[name] for name in _SIGN_IN[backend]})


def client_of(profile: Profile) -> Client:
    """A client for a profile. Raises ConfigError, which names the profile."""
    try:
        return client_class(profile.backend).from_profile(profile)
    except ConfigError as error:
        message = error.message
    named = f"profile {profile.name!r}"
    raise ConfigError(message if named in message else f"{named}: {message}")


def source_of(profile: Profile, names: Sequence[str]) -> Source:
    """What to read with a profile: the resources named, of those that its backend has; all if none is named."""
    found = [resource for resource in resources(profile.backend) if not names or resource.name in names]
    return Source(profile.name, client_of(profile), found)
