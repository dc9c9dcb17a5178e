"""Tokens in files, and the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.backends.acsmonitor.server import (
    ACCOUNT,
    DEVICE,
    PASSWORD,
    ROOT,
    UNAUTHENTICATED,
    Server,
    says,
    signed_in,
)

from tocsin.acsmonitor import AcsMonitorClient
from tocsin.errors import ConfigError
from tocsin.transport.credentials import Token

pytestmark = pytest.mark.anyio

NAMES = ("BASE_URL", "TOKEN", "TOKEN_FILE", "EMAIL", "PASSWORD")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and nothing in the environment."""
    for name in NAMES:
        monkeypatch.delenv(f"ACSMON_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def put(path: Path, text: str, mode: int = 0o600) -> Path:
    """A file with this text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def content(folder: Path) -> dict[str, str]:
    """The files of a folder, and what is in them."""
    return {path.name: path.read_text() for path in folder.iterdir()}


async def test_token_is_read(home: Path) -> None:
    """The token of a file signs the first call; the line end behind it is none of it."""
    put(home / "token", "3|from-a-file\n")
    server = Server(says(DEVICE))
    async with server.client(token_file="~/token") as acs:
        await acs.devices.get(42)
    assert server.signed == ["Bearer 3|from-a-file"]


async def test_nothing_is_sent_for_a_file_with_a_good_token(home: Path) -> None:
    """With an e-mail address and a password, too, the token of the file is used as long as it works."""
    file = put(home / "token", "3|from-a-file")
    server = Server(says(DEVICE))
    async with server.client(token_file=file, **ACCOUNT) as acs:
        await acs.devices.get(42)
    assert server.signed == ["Bearer 3|from-a-file"]
    assert file.read_text() == "3|from-a-file"


async def test_new_token_is_kept(home: Path) -> None:
    """A token that is refused is replaced in the file, for its owner alone; on_token is told after that."""
    file = put(home / "token", "3|from-a-file")
    told: list[tuple[str, str]] = []
    server = Server(says(UNAUTHENTICATED, 401), signed_in("4|new-token"), says(DEVICE))

    async def tell(token: Token) -> None:
        told.append((token.value, file.read_text()))

    async with server.client(token_file=file, on_token=tell, **ACCOUNT) as acs:
        await acs.devices.get(42)
    assert told == [("4|new-token", "4|new-token\n")]
    assert file.stat().st_mode & 0o777 == 0o600
    assert content(home) == {"token": "4|new-token\n"}


async def test_first_token_makes_the_file(home: Path) -> None:
    """Without a file the first call signs in, and makes it, with its folder; on_token may be a plain function."""
    file, told = home / "config" / "acsmon" / "token", list[Token]()
    server = Server(signed_in("4|new-token"), says(DEVICE))
    async with server.client(token_file=file, on_token=told.append, **ACCOUNT) as acs:
        await acs.devices.get(42)
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("4|new-token\n", 0o600)
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [token.value for token in told] == ["4|new-token"]


async def test_link_to_the_file_stays_one(home: Path) -> None:
    """Where the path is a link, the file that it leads to is written."""
    file, link = put(home / "secrets" / "acs", "3|from-a-file"), home / "token"
    link.symlink_to(file)
    server = Server(signed_in("4|new-token"))
    async with server.client(token_file=link, **ACCOUNT) as acs:
        await acs.login()
    assert link.is_symlink()
    assert content(file.parent) == {"acs": "4|new-token\n"}


async def test_given_token_goes_first(home: Path) -> None:
    """With a token as well, the file is not read; new tokens are written to it."""
    file = put(home / "token", "3|from-a-file")
    server = Server(says(UNAUTHENTICATED, 401), signed_in("4|new-token"), says(DEVICE))
    async with server.client(token="2|given-token", token_file=file, **ACCOUNT) as acs:
        await acs.devices.get(42)
    assert server.signed == ["Bearer 2|given-token", None, "Bearer 4|new-token"]
    assert file.read_text() == "4|new-token\n"


async def test_logout_leaves_the_file(home: Path) -> None:
    """A logout does not touch the file: the next sign-in writes over it."""
    file = put(home / "token", "3|from-a-file")
    server = Server(says({}))
    async with server.client(token_file=file) as acs:
        await acs.logout()
    assert file.read_text() == "3|from-a-file"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o604])
async def test_open_file_is_refused(home: Path, mode: int) -> None:
    """A file that others can read is refused, with what closes it, and not shown."""
    file = put(home / "token", "3|from-a-file", mode)
    with pytest.raises(ConfigError, match=r"open to other users; close it with: chmod 600") as caught:
        AcsMonitorClient(ROOT, token_file=file, **ACCOUNT)
    assert "from-a-file" not in str(caught.value)


@pytest.mark.parametrize("text", [None, "", "\n"])
async def test_no_token_in_it(home: Path, text: str | None) -> None:
    """A file that is not there, or has nothing in it, is a ConfigError where there is nothing to sign in with."""
    file = home / "token"
    if text is not None:
        put(file, text)
    with pytest.raises(ConfigError, match=f"no token in {file}; .* takes token=, or email= and password="):
        AcsMonitorClient(ROOT, token_file=file)


async def test_folder_is_no_file(home: Path) -> None:
    """What cannot be read is refused, with the reason."""
    with pytest.raises(ConfigError, match="cannot be read"):
        AcsMonitorClient(ROOT, token_file=home, **ACCOUNT)


async def test_file_that_cannot_be_written(home: Path) -> None:
    """The call that signed in says that the token was not kept; it is used, and the next call goes on with it."""
    put(home / "in-the-way", "")
    server = Server(signed_in("4|new-token"), says(DEVICE))
    async with server.client(token_file=home / "in-the-way" / "token", **ACCOUNT) as acs:
        with pytest.raises(ConfigError, match="cannot be written") as caught:
            await acs.devices.get(42)
        await acs.devices.get(42)
    assert "new-token" not in str(caught.value)
    assert server.signed == [None, "Bearer 4|new-token"]


async def test_write_that_fails_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails on its way leaves the old file, and no other."""
    file = put(home / "token", "3|from-a-file")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    server = Server(says(UNAUTHENTICATED, 401), signed_in("4|new-token"))
    async with server.client(token_file=file, **ACCOUNT) as acs:
        with pytest.raises(ConfigError, match=r"cannot be written \(No space left on device\)"):
            await acs.devices.get(42)
    assert content(home) == {"token": "3|from-a-file"}


ENVIRONMENTS: list[tuple[dict[str, str], list[str | None]]] = [
    ({}, ["Bearer 5|default-file"]),
    ({"TOKEN": "6|from-environment"}, ["Bearer 6|from-environment"]),
    ({"TOKEN_FILE": "~/other"}, ["Bearer 7|other-file"]),
    ({"TOKEN": "6|from-environment", "TOKEN_FILE": "~/other"}, ["Bearer 6|from-environment"]),
    ({"EMAIL": "api@example.com", "PASSWORD": PASSWORD}, [None, "Bearer 8|signed-in"]),
    ({"EMAIL": "api@example.com", "PASSWORD": PASSWORD, "TOKEN_FILE": "~/other"}, ["Bearer 7|other-file"]),
    (
        {"EMAIL": "api@example.com", "PASSWORD": PASSWORD, "TOKEN": "6|from-environment"},
        ["Bearer 6|from-environment"],
    ),
]


@pytest.mark.parametrize(("variables", "signed"), ENVIRONMENTS)
async def test_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], signed: list[str | None]
) -> None:
    """A token goes before its file, a file before a sign-in; the vendor's own file is for where nothing is set."""
    put(home / ".config" / "acsmon" / "token", "5|default-file")
    put(home / "other", "7|other-file")
    for name, value in {"BASE_URL": ROOT, **variables}.items():
        monkeypatch.setenv(f"ACSMON_{name}", value)
    server = Server(signed_in("8|signed-in"), says(DEVICE)) if None in signed else Server(says(DEVICE))
    async with AcsMonitorClient.from_env(transport=httpx.MockTransport(server.answer)) as acs:
        await acs.devices.get(42)
    assert server.signed == signed
    assert (home / ".config" / "acsmon" / "token").read_text() == "5|default-file"


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"TOKEN": "6|from-environment"}, "needs ACSMON_BASE_URL"),
        ({"BASE_URL": ROOT}, r"no token in .*/\.config/acsmon/token"),
        ({"BASE_URL": ROOT, "EMAIL": "api@example.com"}, "email= and password= together"),
        ({"BASE_URL": "monitoring.example.com", "TOKEN": "6|from-environment"}, 'must begin with "https://"'),
    ],
)
async def test_environment_that_is_not_enough(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], why: str
) -> None:
    """What is missing is named."""
    for name, value in variables.items():
        monkeypatch.setenv(f"ACSMON_{name}", value)
    with pytest.raises(ConfigError, match=why):
        AcsMonitorClient.from_env()


@pytest.mark.parametrize(
    ("lines", "signed"),
    [
        ('token = { file = "token" }', "Bearer 3|from-a-file"),
        ('token_file = "~/token"', "Bearer 3|from-a-file"),
        ('token = { env = "A_TOKEN" }', "Bearer 6|from-environment"),
        (
            'email = "api@example.com"\npassword = { env = "A_PASSWORD" }\ntoken_file = "~/token"',
            "Bearer 3|from-a-file",
        ),
    ],
)
async def test_profile(home: Path, monkeypatch: pytest.MonkeyPatch, lines: str, signed: str) -> None:
    """A profile says the same; secrets by reference."""
    monkeypatch.setenv("A_TOKEN", "6|from-environment")
    monkeypatch.setenv("A_PASSWORD", PASSWORD)
    put(home / "token", "3|from-a-file")
    config = put(home / "tocsin.toml", f'[profiles.noc]\nbackend = "acsmonitor"\nbase_url = "{ROOT}"\n{lines}\n')
    server = Server(says(DEVICE))
    options: Any = {"transport": httpx.MockTransport(server.answer)}
    async with AcsMonitorClient.from_profile("noc", config, **options) as acs:
        await acs.devices.get(42)
    assert server.signed == [signed]


async def test_a_relative_file_of_a_profile_is_beside_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for where tocsin.toml is, and not where the process happens to be."""
    put(home / "config" / "acs-token", "1|beside-the-profile")
    lines = f'[profiles.noc]\nbackend = "acsmonitor"\nbase_url = "{ROOT}"\ntoken_file = "acs-token"\n'
    config = put(home / "config" / "tocsin.toml", lines)
    monkeypatch.chdir(home)
    server = Server(says(DEVICE))
    async with AcsMonitorClient.from_profile("noc", config, transport=server.transport) as acs:
        await acs.devices.get(42)
    assert server.signed == ["Bearer 1|beside-the-profile"]
