"""A private Keystone that lives in one folder: SQLite, Fernet tokens, and users who are there."""

import base64
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import attrs
import httpx
from tests.servers.gunicorn import gunicorn
from tests.servers.installs import HERE, built_once, fingerprint, requirements, virtual_environment
from tests.servers.keystone_users import ADMIN, NOWHERE, REGION, User, seed, sign_in
from tests.servers.processes import Process, free_port, run, server_environment

SITE = HERE / "monasca_site"
START_SECONDS = 60
BUILD_SECONDS = 300
# Enough for several tests at once, in the one process whose memory caches tokens.
THREADS = 8


CONFIGURATION = """
[DEFAULT]
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
[identity]
# bcrypt's lowest: a sign-in of 300 ms would be nothing but hashing.
password_hash_rounds = 4
[token]
provider = fernet
expiration = {token_seconds}
allow_expired_window = 0
[fernet_tokens]
key_repository = {folder}/keys
[fernet_receipts]
key_repository = {folder}/keys
[credential]
key_repository = {folder}/keys
[cache]
enabled = true
backend = dogpile.cache.memory
"""


@attrs.frozen
class SignIn:
    """One POST of /v3/auth/tokens, as Keystone answered it."""

    user: str | None
    """None if it was refused and did not name the user."""
    status: int
    token: str | None = attrs.field(repr=False)


class Keystone:
    """The server in `folder`, on a free port, with the users above; started by `running`.

    Its catalogue gives `monasca_url` as the service of type monitoring. Tokens live `token_seconds`.
    """

    def __init__(self, folder: Path, *, token_seconds: int, monasca_url: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v3"
        self.access_log = folder / "access.log"
        self._folder = folder
        self._sign_ins = folder / "sign-ins"
        folder.mkdir()
        shutil.copy(_template() / "keystone.db", folder)
        with closing(sqlite3.connect(folder / "keystone.db")) as database, database:
            for name, url in (("keystone", self.url), ("monasca", monasca_url)):
                database.execute("update endpoint set url = ? where url = ?", (url, NOWHERE[name]))
            self.project_ids = dict(database.execute("select name, id from project where domain_id = 'default'"))
        _configure(folder, token_seconds)

    @contextmanager
    def running(self) -> Generator[Process, None, None]:
        """Run the server; it may not answer yet, see `answers`."""
        with _start(self._folder, self.port) as process:
            yield process

    def answers(self) -> bool:
        """Whether it takes requests."""
        return _answers(self.url)

    def sign_ins(self) -> list[SignIn]:
        """Every sign-in that was answered so far, oldest first."""
        if not self._sign_ins.exists():
            return []
        return [SignIn(**json.loads(line)) for line in self._sign_ins.read_text(encoding="utf-8").splitlines()]

    def issue(self, user: User, project: str | None = None) -> str:
        """A new token of `user`, in its own project unless another is named."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=START_SECONDS) as http:
            return sign_in(http, user, project)

    def revoke(self, token: str) -> None:
        """Make a token one that is revoked; LookupError if it is not good now."""
        # A token may revoke itself: nobody has to sign in for this, and sign-ins can be counted.
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        answer = httpx.delete(f"{self.url}/auth/tokens", headers=headers, trust_env=False, timeout=START_SECONDS)
        if answer.status_code != HTTPStatus.NO_CONTENT:
            raise LookupError(f"Keystone does not take the token: {answer.status_code}")

    def revoke_all(self, of: Callable[[str | None], bool]) -> int:
        """Revoke every token, still good, that a user whose name satisfies `of` has got; how many."""
        revoked = 0
        for one in self.sign_ins():
            if one.token is not None and of(one.user):
                with suppress(LookupError):
                    self.revoke(one.token)
                    revoked += 1
        return revoked


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=START_SECONDS).is_success
    except httpx.TransportError:
        return False


def _programs() -> Path:
    return virtual_environment("keystone")


def _template() -> Path:
    """A cached database with the users: making one takes long, copying does not."""
    sources = [(HERE / name).read_text(encoding="utf-8") for name in ("keystone.py", "keystone_users.py")]
    return built_once(f"data-keystone-{fingerprint(*requirements('keystone'), *sources)}", _build_template)


def _build_template(target: Path) -> None:
    folder = target / "building"
    folder.mkdir()
    _configure(folder, 3600)
    port = free_port()
    manage: list[str | Path] = [_programs() / "keystone-manage", "--config-file", folder / "keystone.conf"]
    bootstrap = ["--bootstrap-username", ADMIN.name, "--bootstrap-password", ADMIN.password]
    bootstrap += ["--bootstrap-region-id", REGION, "--bootstrap-service-name", "keystone"]
    for interface in ("public", "internal", "admin"):
        bootstrap += [f"--bootstrap-{interface}-url", NOWHERE["keystone"]]
    environment, log = _environment(folder), folder / "manage.log"
    for command in (["db_sync"], ["bootstrap", *bootstrap]):
        run([*manage, *command], log=log, environment=environment, folder=folder, seconds=BUILD_SECONDS)
    with _start(folder, port) as process:
        url = f"http://127.0.0.1:{port}/v3"
        process.wait_until(lambda: _answers(url), "answering", seconds=START_SECONDS)
        seed(url)
    shutil.move(folder / "keystone.db", target)
    shutil.rmtree(folder)


def _configure(folder: Path, token_seconds: int) -> None:
    text = CONFIGURATION.format(folder=folder, token_seconds=token_seconds)
    (folder / "keystone.conf").write_text(text, encoding="utf-8")
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    # What `keystone-manage fernet_setup` does in four seconds: 0 is the next key, the highest signs.
    for name in ("0", "1"):
        (keys / name).write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
        (keys / name).chmod(0o600)


def _environment(folder: Path) -> dict[str, str]:
    return server_environment(
        HOME=str(folder),
        PYTHONPATH=str(SITE),
        PYTHONDONTWRITEBYTECODE="1",
        OS_KEYSTONE_CONFIG_DIR=str(folder),
        TOCSIN_SIGN_INS=str(folder / "sign-ins"),
    )


def _start(folder: Path, port: int) -> Process:
    return gunicorn(
        _programs(),
        "keystone_wsgi:application",
        port=port,
        # One, as each would have a cache of tokens of its own, and none would hear of revocations elsewhere.
        workers=1,
        threads=THREADS,
        folder=folder,
        access_log=folder / "access.log",
        environment=_environment(folder),
    )
