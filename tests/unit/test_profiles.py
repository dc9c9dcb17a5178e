"""Profiles: what a file may say, where it is looked for, and what errors must not show."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.children import printed_by

from tocsin import ArgusClient, ConfigError, Limits, Rate, RetryPolicy, Timeouts, profiles
from tocsin.profiles import Profile

SECRET = "s3cr3t-value"
BASE = 'backend = "argus"\nbase_url = "https://argus.example.org/api/v2"\n'


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TOCSIN_CONFIG", "ARGUS_URL", "ARGUS_TOKEN", "ARGUS_USERNAME", "ARGUS_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("NOC_TOKEN", SECRET)


def write(path: Path, text: str) -> Path:
    """A configuration file with one profile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[profiles.noc]\n{BASE}{text}")
    return path


def read(tmp_path: Path, text: str) -> Profile:
    """The profile "noc" of a file with these lines."""
    return profiles.get("noc", write(tmp_path / "tocsin.toml", text))


def values(tmp_path: Path, text: str) -> dict[str, str]:
    """What Argus takes from the profile."""
    return read(tmp_path, text).values(ArgusClient.settings)


def test_a_secret_comes_from_the_environment(tmp_path: Path) -> None:
    """`{ env = NAME }` is the variable's value."""
    assert values(tmp_path, 'token = { env = "NOC_TOKEN" }')["token"] == SECRET


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    """A relative file is found beside `tocsin.toml`, and loses only the line end at its end."""
    secret = tmp_path / "token"
    secret.write_text(f" {SECRET} \r\n")
    secret.chmod(0o600)
    assert values(tmp_path, 'token = { file = "token" }')["token"] == f" {SECRET} "


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o644])
def test_a_secret_file_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """The error says how to close it."""
    secret = tmp_path / "token"
    secret.write_text(SECRET)
    secret.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600") as caught:
        values(tmp_path, 'token = { file = "token" }')
    assert SECRET not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("way", ["of another user", "mounted read-only"])
def test_a_mounted_secret_may_be_readable_to_all_but_not_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """As Docker and Kubernetes mount them: closing such a file is not ours to do."""
    secret = tmp_path / "token"
    secret.write_text(SECRET)
    if way == "of another user":
        monkeypatch.setattr(os, "geteuid", lambda: secret.stat().st_uid + 1)
    else:
        monkeypatch.setattr(os, "fstatvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    for mode in (0o444, 0o644):
        secret.chmod(mode)
        assert values(tmp_path, 'token = { file = "token" }')["token"] == SECRET
    secret.chmod(0o664)
    with pytest.raises(ConfigError, match="open to other users"):
        values(tmp_path, 'token = { file = "token" }')


def test_a_secret_comes_from_a_command_that_no_shell_reads(tmp_path: Path) -> None:
    """Arguments reach the program as they are."""
    program = "import sys; print(sys.argv[1])"
    text = f"token = {{ command = ['{sys.executable}', '-c', '{program}', '$HOME; echo *'] }}"
    assert values(tmp_path, text)["token"] == "$HOME; echo *"


def test_a_command_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with an error that names the program."""
    monkeypatch.setattr(profiles, "COMMAND_TIME", 0.2)
    program = "import threading; threading.Event().wait()"
    with pytest.raises(ConfigError, match=r"did not end within 0\.2 seconds"):
        values(tmp_path, f"token = {{ command = ['{sys.executable}', '-c', '{program}'] }}")


BAD = {
    "token = 's3cr3t-value'": "written out: say where it is",
    "token = { env = 'NOT_THERE' }": "NOT_THERE is not set",
    "token = { env = 'A', file = 'b' }": "exactly one of env, file, command",
    "token = {}": "exactly one of env, file, command",
    "token = { vault = 's3cr3t-value' }": "'vault'; allowed are env, file, command",
    "token = 7": "must be a table",
    "token = { file = 'not-there' }": "cannot be read",
    "token = { command = 'echo s3cr3t-value' }": "must be a list of texts",
    "token = { command = ['/no/such/program'] }": "could not be run",
    f"token = {{ command = ['{sys.executable}', '-c', 'exit(3)'] }}": "ended with status 3",
    f"token = {{ command = ['{sys.executable}', '-c', ''] }}": "the command holds nothing",
    "tokn = { env = 'NOC_TOKEN' }": "'tokn'; allowed are backend, base_url, token, username, password, timeouts",
    "username = 7": "username must be a text",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_said_without_the_value(tmp_path: Path, text: str) -> None:
    """Each mistake has an error that names the place and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        values(tmp_path, text)
    assert BAD[text] in str(caught.value)
    assert SECRET not in str(caught.value)
    assert str(tmp_path / "tocsin.toml") in str(caught.value)


OPTIONS: dict[str, dict[str, Any]] = {
    "[profiles.noc.timeouts]\nread = 60": {"timeouts": Timeouts(read=60)},
    "[profiles.noc.retry]\nattempts = 9": {"retry": RetryPolicy(attempts=9)},
    "[profiles.noc.limits]\nconcurrency = 3\nrate = { calls = 60, per = 60 }": {
        "limits": Limits(concurrency=3, rate=Rate(60, 60))
    },
    "headers = { X-Team = 'noc', Authorization = { env = 'NOC_TOKEN' } }": {
        "headers": {"X-Team": "noc", "Authorization": SECRET}
    },
    "verify = false": {"verify": False},
    "proxy = 'http://proxy.example.org:3128'": {"proxy": "http://proxy.example.org:3128"},
    "proxy = { env = 'NOC_TOKEN' }": {"proxy": SECRET},
    "proxy = { https = 'http://proxy.example.org' }": {"proxy": {"https": "http://proxy.example.org"}},
    "trust_env = false": {"trust_env": False},
    "transport = 'httpx'": {"transport": "httpx"},
}


@pytest.mark.parametrize("text", OPTIONS)
def test_options_are_those_of_the_client(tmp_path: Path, text: str) -> None:
    """Each option of a profile becomes the client's keyword."""
    assert read(tmp_path, text).options() == OPTIONS[text]


def test_certificates_are_found_beside_the_configuration(tmp_path: Path) -> None:
    """`verify` and `cert` are paths; a key's password is a secret."""
    text = 'verify = "ca.pem"\ncert = ["me.pem", "me.key", { env = "NOC_TOKEN" }]'
    assert read(tmp_path, text).options() == {
        "verify": str(tmp_path / "ca.pem"),
        "cert": (str(tmp_path / "me.pem"), str(tmp_path / "me.key"), SECRET),
    }
    assert read(tmp_path, 'cert = "both.pem"').options() == {"cert": str(tmp_path / "both.pem")}


BAD_OPTIONS = {
    "[profiles.noc.timeouts]\nread = -1": "timeouts: read must be a number of seconds above 0",
    "[profiles.noc.timeouts]\nraed = 1": "'raed'; allowed are connect, read, write, attempt, total",
    "[profiles.noc.limits]\nrate = { per = 1 }": "limits.rate",
    "[profiles.noc.limits]\nrate = { calls = 1, pre = 1 }": "'pre'; allowed are calls, per",
    "limits = 3": "limits must be a table",
    "headers = { Cookie = 's3cr3t-value' }": "headers.Cookie is a secret written out",
    "headers = { X-Team = 3 }": "headers.X-Team must be a text",
    "proxy = 'http://me:s3cr3t-value@proxy.example.org'": "holds a password written out",
    "proxy = { ftp = 'http://proxy.example.org' }": "'ftp'; allowed are env, file, command",
    "cert = []": "cert must be a PEM file, or a list",
    "cert = ['a', 'b', 's3cr3t-value']": "cert is a secret written out",
    "verify = 1": "verify must be a text",
    "trust_env = 'no'": "trust_env must be true or false",
}


@pytest.mark.parametrize("text", BAD_OPTIONS)
def test_options_that_cannot_be_used_are_refused(tmp_path: Path, text: str) -> None:
    """The error names the place, and shows no secret."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text).options()
    assert BAD_OPTIONS[text] in str(caught.value)
    assert SECRET not in str(caught.value)


def test_the_file_is_named_or_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument goes before TOCSIN_CONFIG, and that before the user's folder."""
    own = write(tmp_path / "xdg" / "tocsin" / "tocsin.toml", "")
    assert profiles.config_path() == own
    assert list(profiles.load()) == ["noc"]
    monkeypatch.setenv("TOCSIN_CONFIG", str(tmp_path / "other.toml"))
    assert profiles.config_path() == tmp_path / "other.toml"
    assert profiles.config_path(own) == own


FILES = {
    "profiles = 1": "profiles must be a table",
    "[profiles]\nnoc = 1": "profile 'noc' must be a table",
    "[profiles.noc]\nbase_url = 'x'": "profile 'noc', backend must be a text",
    "[profile.noc]\n": "'profile'; allowed are profiles",
    "[profiles.noc": "is not TOML",
    b"\xff": "is not UTF-8",
}


@pytest.mark.parametrize("text", FILES)
def test_files_that_are_no_configuration_are_refused(tmp_path: Path, text: str | bytes) -> None:
    """The error names the file."""
    path = tmp_path / "tocsin.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        profiles.load(path)
    assert FILES[text] in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_or_profile_is_told(tmp_path: Path) -> None:
    """The error says how to name the file, or which profiles there are."""
    default = re.escape(str(tmp_path / "xdg/tocsin/tocsin.toml"))
    with pytest.raises(ConfigError, match=rf"named \(--config\), else .* TOCSIN_CONFIG, else {default}"):
        profiles.load(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="has no profile 'nac'; it has noc"):
        profiles.get("nac", write(tmp_path / "tocsin.toml", ""))
    (tmp_path / "tocsin.toml").write_text("")
    with pytest.raises(ConfigError, match="has no profiles"):
        profiles.choose(config=tmp_path / "tocsin.toml")


def test_profiles_are_chosen_once_each(tmp_path: Path) -> None:
    """In the order they are named; all, if none is."""
    path = write(tmp_path / "tocsin.toml", "")
    path.write_text(path.read_text() + f"[profiles.lab]\n{BASE}")
    assert [each.name for each in profiles.choose(["lab", "noc", "lab"], path)] == ["lab", "noc"]
    assert [each.name for each in profiles.choose(config=path)] == ["noc", "lab"]


def test_a_client_is_made_from_a_profile(tmp_path: Path) -> None:
    """Options given in the call go before those of the profile."""
    path = write(tmp_path / "tocsin.toml", 'token = { env = "NOC_TOKEN" }\n[profiles.noc.limits]\nconcurrency = 3')
    client = ArgusClient.from_profile("noc", path, retry=RetryPolicy(attempts=1))
    assert client.base_url == "https://argus.example.org/api/v2"
    assert isinstance(client, ArgusClient)


def test_a_profile_of_another_backend_is_refused(tmp_path: Path) -> None:
    """An Argus client is not made from a profile of Monasca."""
    path = tmp_path / "tocsin.toml"
    path.write_text('[profiles.noc]\nbackend = "monasca"\n')
    with pytest.raises(ConfigError, match="is of 'monasca', and not of 'argus'"):
        ArgusClient.from_profile("noc", path)


def test_a_profile_without_an_address_is_refused(tmp_path: Path) -> None:
    """The error names what is missing."""
    path = tmp_path / "tocsin.toml"
    path.write_text('[profiles.noc]\nbackend = "argus"\n')
    with pytest.raises(ConfigError, match="needs base_url"):
        ArgusClient.from_profile("noc", path)


def test_a_client_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """ARGUS_URL and ARGUS_TOKEN are enough, and an empty variable counts as none."""
    with pytest.raises(ConfigError, match="needs ARGUS_URL"):
        ArgusClient.from_env()
    monkeypatch.setenv("ARGUS_URL", "https://argus.example.org/api/v2")
    monkeypatch.setenv("ARGUS_TOKEN", SECRET)
    monkeypatch.setenv("ARGUS_USERNAME", "")
    assert ArgusClient.from_env().base_url == "https://argus.example.org/api/v2"


def test_a_profile_shows_nothing_of_its_table(tmp_path: Path) -> None:
    """Not even a secret that should not be there is in its repr."""
    assert SECRET not in repr(read(tmp_path, f'token = "{SECRET}"'))


def test_importing_profiles_loads_no_parser() -> None:
    """TOML and subprocesses are loaded when a profile is read."""
    program = "import sys, tocsin.profiles; print({'tomllib', 'subprocess'} & set(sys.modules))"
    assert printed_by(program) == "set()\n"
