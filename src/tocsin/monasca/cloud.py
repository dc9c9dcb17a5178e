"""Clouds of ``clouds.yaml``, which OpenStack's own library reads: its rules for it are many.

Read with openstacksdk 4.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from importlib import import_module
from typing import Any, cast

from anyio import to_thread
from attrs import field, frozen

from tocsin.errors import ConfigError
from tocsin.monasca.keystone import IDENTITY_SETTINGS, KeystoneAuth, filled, identity

#: Monasca's type in catalogs and configurations.
SERVICE = "monitoring"


@frozen
class Login:
    """An identity, and what is said beside it of where Monasca is."""

    auth: KeystoneAuth
    base_url: str | None = None
    region_name: str | None = None
    interface: str | None = None


@frozen
class KeystoneCloud:
    """A cloud of ``clouds.yaml``, with its region and interface, unless the client is given others.

    Needs the ``openstack`` extra. Files are looked for where OpenStack's own clients look, ``secure.yaml`` and
    OS_CLIENT_CONFIG_FILE included, and read at the first sign-in, in a thread.

    Args:
        cloud: its name.
    """

    cloud: str = field(validator=filled)

    async def login(self, region_name: str | None, given: Collection[str]) -> Login:
        """Read it.

        Args:
            region_name: the settings for this region are taken, if the cloud has any; else those of its first.
            given: the options that the client was given itself, whatever the cloud says of them.

        Raises ConfigError for a cloud that is not there, or that cannot be used as it stands.
        """
        return await to_thread.run_sync(partial(_read, self.cloud, region_name, given))


def _read(name: str, region_name: str | None, given: Collection[str]) -> Login:
    try:
        library: Any = import_module("openstack.config")
        refusal: type[Exception] = import_module("openstack.exceptions").ConfigException
    except ImportError as error:
        missing = error.name
    else:
        try:
            region = _region(library.OpenStackConfig(), refusal, name, region_name)
        except refusal as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - it meets files of another form unprepared
            why = f"it has not the form that openstacksdk reads ({type(error).__name__})"
        else:
            return _login(name, region, given)
        raise ConfigError(f"clouds.yaml: {why}")
    raise ConfigError(f'clouds.yaml needs {missing}, an optional dependency: pip install "tocsin[openstack]"')


def _region(clouds: Any, refusal: type[Exception], name: str, region_name: str | None) -> Any:
    """A cloud has settings for some regions; the client's may be another."""
    try:
        return clouds.get_one(name, region_name=region_name, validate=False)
    except refusal:
        return clouds.get_one(name, validate=False)


def _login(name: str, region: Any, given: Collection[str]) -> Login:
    where = f"cloud {name!r} in clouds.yaml"
    config = cast("Mapping[str, Any]", region.config)
    _check_tls(config, given, where)
    said = {key: str(value) for key, value in region.get_auth_args().items() if value is not None}
    if foreign := sorted(said.keys() - IDENTITY_SETTINGS.keys()):
        raise ConfigError(f"{where} has {', '.join(foreign)} in auth, which tocsin cannot sign in with")
    interface: list[str] | str | None = region.get_interface(SERVICE)
    return Login(
        identity(said, config.get("auth_type"), lambda setting: f"{setting} of {where}"),
        region.get_endpoint(SERVICE),
        region.get_region_name(SERVICE) or None,
        interface[0] if isinstance(interface, list) else interface,
    )


def _check_tls(config: Mapping[str, Any], given: Collection[str], where: str) -> None:
    """The client's connections are set up before the cloud is read: what it says of TLS comes too late.

    Raises ConfigError.
    """
    verify = [key for key in ("cacert", "insecure") if config.get(key)]
    if not config.get("verify", True):
        verify.append("verify")
    cert = [key for key in ("cert", "key") if config.get(key)]
    for option, keys in (("verify", verify), ("cert", cert)):
        if keys and option not in given:
            raise ConfigError(
                f"{where} sets {' and '.join(keys)}: give the client {option}= instead, which then counts"
            )
