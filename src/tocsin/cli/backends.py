"""The backends that commands know: their clients and their tables of resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, cast

from attrs import evolve

from tocsin.errors import ConfigError
from tocsin.export import Resource, Source
from tocsin.profiles import Profile
from tocsin.service import Client

_CLIENTS = {"argus": "ArgusClient", "monasca": "MonascaClient"}


def client_class(backend: str) -> type[Client]:
    """The class of a backend's client. Raises ConfigError for one that there is not."""
    if backend not in _CLIENTS:
        raise ConfigError(f"there is no backend {backend!r}; there are {', '.join(_CLIENTS)}")
    return cast("type[Client]", getattr(import_module("tocsin"), _CLIENTS[backend]))


def describe(backend: str) -> Any:
    """The module that describes a backend: its `RESOURCES` by name, and its `CHECKS`, likewise."""
    return import_module(f"tocsin.{backend}.describe")


def resources(backend: str) -> Sequence[Resource[Any]]:
    """What can be read from a backend."""
    return cast("Sequence[Resource[Any]]", tuple(describe(backend).RESOURCES.values()))


def client_at(backend: str, endpoint: Mapping[str, str]) -> Client:
    """A client for a simulated system, by what that tells of itself."""
    if backend == "monasca":
        from tocsin.monasca import KeystonePassword, MonascaClient

        auth = KeystonePassword(
            endpoint["keystone_url"],
            username=endpoint["username"],
            password=endpoint["password"],
            project_name=endpoint["project"],
        )
        return MonascaClient(endpoint["base_url"], auth=auth)
    from tocsin.argus import ArgusClient

    return ArgusClient(endpoint["base_url"], token=endpoint["token"])


def client_of(profile: Profile) -> Client:
    """A client for a profile. Raises ConfigError, which names the profile."""
    try:
        return client_class(profile.backend).from_profile(profile)
    except ConfigError as error:
        message = error.message
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
