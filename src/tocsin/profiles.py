"""Profiles in ``tocsin.toml`` and settings in environment variables; secrets are named there, never written.

::

    [profiles.noc]
    backend = "argus"
    base_url = "https://argus.example.org/api/v2"
    token = { env = "ARGUS_TOKEN" }      # or { file = "token" }, { command = ["pass", "argus"] }

    [profiles.noc.timeouts]              # also: retry, limits, headers, verify, cert, proxy, trust_env, transport
    read = 60

A file named by a secret is read without the line end at its end; a relative one is looked for beside
``tocsin.toml``. It must not be open to other users; one that is theirs, or mounted read-only, as containers have
their secrets, may be readable to them. A command is run without a shell, and what it prints is the
secret. No error shows a value.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from attrs import field, fields, frozen

from tocsin.errors import ConfigError
from tocsin.options import Limits, Rate, RetryPolicy, Timeouts
from tocsin.transport.observe import is_secret_header

#: Seconds that a command may take to tell a secret; it may have to ask somebody for a passphrase.
COMMAND_TIME = 60.0
_WAYS = ("env", "file", "command")

_Table = Mapping[str, Any]


@frozen
class Setting:
    """One thing that a backend's client takes from a profile or the environment.

    Attributes:
        name: the key in a profile, and the keyword of the client.
        env: the environment variable that `from_env` reads.
        secret: whether a profile must give it by reference.
        path: whether it is a path, which in a profile is looked for beside the file.
    """

    name: str
    env: str
    secret: bool = False
    path: bool = False


@frozen
class Profile:
    """One profile as the file has it: nothing is resolved yet, and no secret read.

    Attributes:
        path: the file that it came from.
    """

    name: str
    backend: str
    path: Path
    _table: _Table = field(repr=False)

    def values(self, settings: Sequence[Setting]) -> dict[str, str]:
        """What the profile says of `settings`; secrets are read now.

        Raises ConfigError for a key that is neither one of them nor an option, for a secret written out, and for
        one that cannot be had.
        """
        read = _Reader(self.path, f"profile {self.name!r} in {self.path}")
        _refuse_unknown(self._table, ["backend", *[setting.name for setting in settings], *_OPTIONS], read.where)
        given = [setting for setting in settings if setting.name in self._table]
        values = dict[str, str]()
        for setting in given:
            value = self._table[setting.name]
            if setting.path:
                values[setting.name] = str(read.beside(setting.name, value))
            else:
                values[setting.name] = (read.secret if setting.secret else read.text)(setting.name, value)
        return values

    def options(self) -> dict[str, Any]:
        """The keyword options of a client that the profile sets.

        Raises ConfigError for one that cannot be used.
        """
        reader = _Reader(self.path, f"profile {self.name!r} in {self.path}")
        return {name: read(reader, self._table[name]) for name, read in _OPTIONS.items() if name in self._table}


@frozen
class _Reader:
    """Reads the values of one profile; errors say where in which file, and never what."""

    path: Path
    where: str

    def at(self, key: str) -> str:
        return f"{self.where}, {key}"

    def text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{self.at(key)} must be a text")
        return value

    def mapping(self, key: str, value: object) -> _Table:
        if not _is_table(value):
            raise ConfigError(f"{self.at(key)} must be a table")
        return cast("_Table", value)

    def beside(self, key: str, value: object) -> Path:
        """A path; a relative one is below the folder of the configuration file."""
        return self.path.parent / Path(self.text(key, value)).expanduser()

    def secret(self, key: str, value: object) -> str:
        if isinstance(value, str):
            raise ConfigError(
                f"{self.at(key)} is a secret written out: say where it is instead, with "
                '{ env = "NAME" }, { file = "PATH" } or { command = ["PROGRAM", "ARGUMENT"] }'
            )
        reference = self.mapping(key, value)
        _refuse_unknown(reference, _WAYS, self.at(key))
        if len(reference) != 1:
            raise ConfigError(f"{self.at(key)} must have exactly one of {', '.join(_WAYS)}")
        way, source = next(iter(reference.items()))
        if way == "command":
            secret = _from_command(source, self.at(key))
        elif way == "file":
            secret = secret_in_file(self.beside(key, source), self.at(key))
        else:
            secret = _from_environment(self.text(key, source), self.at(key))
        if not secret:
            raise ConfigError(f"{self.at(key)}: the {way} holds nothing")
        return secret

    def record(self, type_: type[Any], key: str, value: object) -> Any:
        """One of the option classes, from a table with the same names."""
        table = self.mapping(key, value)
        _refuse_unknown(table, [each.name for each in fields(type_)], self.at(key))
        try:
            return type_(**table)
        except (ConfigError, TypeError) as error:
            message = str(error)
        raise ConfigError(f"{self.at(key)}: {message}")

    def timeouts(self, value: object) -> Timeouts:
        return cast("Timeouts", self.record(Timeouts, "timeouts", value))

    def retry(self, value: object) -> RetryPolicy:
        return cast("RetryPolicy", self.record(RetryPolicy, "retry", value))

    def limits(self, value: object) -> Limits:
        table = dict(self.mapping("limits", value))
        if "rate" in table:
            table["rate"] = self.record(Rate, "limits.rate", table["rate"])
        return cast("Limits", self.record(Limits, "limits", table))

    def headers(self, value: object) -> dict[str, str]:
        headers = dict[str, str]()
        for name, given in self.mapping("headers", value).items():
            secret = _is_table(given) or is_secret_header(name)
            headers[name] = (self.secret if secret else self.text)(f"headers.{name}", given)
        return headers

    def proxy(self, value: object) -> str | dict[str, str]:
        if _is_table(value) and set(cast("_Table", value)) <= {"http", "https"}:
            urls = cast("_Table", value)
            return {scheme: self.proxy_url(f"proxy.{scheme}", url) for scheme, url in urls.items()}
        return self.proxy_url("proxy", value)

    def proxy_url(self, key: str, value: object) -> str:
        if not isinstance(value, str):
            return self.secret(key, value)
        if "@" in value:
            raise ConfigError(f"{self.at(key)} holds a password written out: give the whole URL by reference")
        return self.text(key, value)

    def verify(self, value: object) -> bool | str:
        return value if isinstance(value, bool) else str(self.beside("verify", value))

    def cert(self, value: object) -> str | tuple[str, ...]:
        if isinstance(value, str):
            return str(self.beside("cert", value))
        parts = cast("list[object]", value) if isinstance(value, list) else []
        if len(parts) not in {2, 3}:
            raise ConfigError(
                f"{self.at('cert')} must be a PEM file, or a list of certificate and key (and the key's password)"
            )
        paths = [str(self.beside("cert", part)) for part in parts[:2]]
        return (*paths, *[self.secret("cert", part) for part in parts[2:]])

    def trust_env(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ConfigError(f"{self.at('trust_env')} must be true or false")
        return value

    def transport(self, value: object) -> str:
        return self.text("transport", value)


#: The options of a client that a profile may set, and how each is read.
_OPTIONS: Mapping[str, Callable[[_Reader, object], object]] = {
    "timeouts": _Reader.timeouts,
    "retry": _Reader.retry,
    "limits": _Reader.limits,
    "headers": _Reader.headers,
    "verify": _Reader.verify,
    "cert": _Reader.cert,
    "proxy": _Reader.proxy,
    "trust_env": _Reader.trust_env,
    "transport": _Reader.transport,
}


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _refuse_unknown(table: _Table, allowed: Sequence[str], where: str) -> None:
    unknown = [key for key in table if key not in allowed]
    if unknown:
        raise ConfigError(f"{where} has {', '.join(map(repr, unknown))}; allowed are {', '.join(allowed)}")


def _from_environment(name: str, where: str) -> str:
    secret = os.environ.get(name)
    if secret is None:
        raise ConfigError(f"{where}: the environment variable {name} is not set")
    return secret


def secret_in_file(path: Path, where: str) -> str:
    """What a file holds, without the line end at its end; may be empty.

    Args:
        where: what asks for it, for errors.

    Raises ConfigError for a file that cannot be read, or is open to other users.
    """
    try:
        # Asked of the open file: the name may come to mean another one.
        with path.open("rb") as file:
            open_to_others = _open_to_others(file.fileno())
            content = file.read()
    except OSError as error:
        raise ConfigError(f"{where}: {path} cannot be read ({error.strerror})") from None
    if open_to_others:
        raise ConfigError(
            f"{where}: {path} is open to other users; close it with: chmod 600 {path} "
            "(only a file that another user owns, or one mounted read-only, may be readable to others)"
        )
    return _line(content, where)


def _open_to_others(handle: int) -> bool:
    """Whether other users may do with an open file what its owner could, and should, forbid."""
    if sys.platform == "win32":
        return False
    status = os.fstat(handle)
    # The secrets of a container are readable to all, and are not the container's to change.
    ours = status.st_uid == os.geteuid() and not os.fstatvfs(handle).f_flag & os.ST_RDONLY
    refused = stat.S_IRWXG | stat.S_IRWXO if ours else stat.S_IWGRP | stat.S_IWOTH
    return bool(status.st_mode & refused)


def _from_command(value: object, where: str) -> str:
    parts = cast("list[object]", value) if isinstance(value, list) else []
    command = [part for part in parts if isinstance(part, str)]
    if not command or not command[0] or len(command) != len(parts):
        raise ConfigError(f'{where}: command must be a list of texts, as in ["pass", "argus"]; no shell reads it')
    import subprocess

    try:
        # What it complains of goes to the user's own screen: it may say more than an error of ours should.
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=COMMAND_TIME, check=False)  # noqa: S603 - the user's own command
    except subprocess.TimeoutExpired:
        why = f"did not end within {COMMAND_TIME:g} seconds"
    except OSError as error:
        why = f"could not be run ({error.strerror})"
    else:
        if done.returncode == 0:
            return _line(done.stdout, where)
        why = f"ended with status {done.returncode}"
    raise ConfigError(f"{where}: the command {command[0]!r} {why}")


def _line(content: bytes, where: str) -> str:
    try:
        return content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        pass
    raise ConfigError(f"{where}: what is there is not UTF-8")


def config_path(config: str | Path | None = None) -> Path:
    """The configuration file: `config`, else TOCSIN_CONFIG, else ``tocsin.toml`` in the user's config folder.

    That folder is ``tocsin`` in XDG_CONFIG_HOME or ``~/.config``; on Windows in APPDATA.
    """
    if chosen := config or os.environ.get("TOCSIN_CONFIG"):
        return Path(chosen).expanduser()
    return _default_path()


def _default_path() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "tocsin" / "tocsin.toml"


def load(config: str | Path | None = None) -> dict[str, Profile]:
    """All profiles of the configuration file, by name.

    Raises ConfigError for a file that is not there or is no such file.
    """
    import tomllib

    path = config_path(config).absolute()
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}): the configuration is the file that is named (--config), "
            f"else that of the variable TOCSIN_CONFIG, else {_default_path()}"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8") from None
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    _refuse_unknown(content, ["profiles"], str(path))
    reader = _Reader(path, str(path))
    found = dict[str, Profile]()
    for name, value in reader.mapping("profiles", content.get("profiles", {})).items():
        table = reader.mapping(f"profile {name!r}", value)
        found[name] = Profile(name, reader.text(f"profile {name!r}, backend", table.get("backend")), path, table)
    return found


def choose(names: Iterable[str] = (), config: str | Path | None = None) -> list[Profile]:
    """The profiles of these names, each once; all that there are, if none is named.

    Raises ConfigError, which lists those that there are, for another name, and where there are none at all.
    """
    found = load(config)
    wanted = list(dict.fromkeys(names)) or list(found)
    if missing := [repr(name) for name in wanted if name not in found]:
        there = ", ".join(found) or "none"
        raise ConfigError(f"{config_path(config)} has no profile {', '.join(missing)}; it has {there}")
    if not wanted:
        raise ConfigError(f"{config_path(config)} has no profiles")
    return [found[name] for name in wanted]


def get(name: str, config: str | Path | None = None) -> Profile:
    """One profile. Raises as `choose`."""
    [profile] = choose([name], config)
    return profile


def from_environment(settings: Sequence[Setting]) -> dict[str, str]:
    """What the environment says of `settings`; a variable that is empty counts as not set."""
    return {setting.name: value for setting in settings if (value := os.environ.get(setting.env))}
