"""What the simulated Keystone knows, and how a test looks into it and changes it."""

import base64
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import RLock

from tocsin.simulator.frame import Clock
from tocsin.simulator.keystone.entities import ApplicationCredential, Project, Token, User

LIFE = timedelta(hours=1)
"""How long a token lives by default."""

_PASSWORD = "pw"  # noqa: S105 - a user's password is the name with this behind it
_PEOPLE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "demo": {"demo": ("monasca-user", "member", "reader"), "demo2": ("monasca-user",)},
    "reader": {"demo": ("monasca-read-only-user",)},
    "agent": {"demo": ("monasca-agent", "monasca-delegate")},
    "norole": {"demo": ("member", "reader")},
    "admin": {"admin": ("admin", "manager", "member", "reader")},
}


class Keystone:
    """The whole state; its methods are safe to call from any thread while the server runs.

    ``users`` and ``projects`` are by name. ``sign_ins`` counts the tokens given out over HTTP.
    ``life`` is how long new tokens live. Times are kept in whole seconds, as a Fernet token keeps them:
    a token is issued up to a second ago. A life below two seconds is kept exactly, for tests.
    """

    def __init__(self, clock: Clock, seed: int) -> None:
        self.lock = RLock()
        self._clock = clock
        self._random = random.Random(f"keystone {seed}")  # noqa: S311 - secrets of a simulation
        self.life = LIFE
        self.sign_ins = 0
        self.projects = {name: Project(self.new_id(), name) for name in ("demo", "demo2", "admin")}
        self.users = {name: User(self.new_id(), name, name + _PASSWORD, roles) for name, roles in _PEOPLE.items()}
        names = sorted({role for user in self.users.values() for roles in user.roles.values() for role in roles})
        self.role_ids = {name: self.new_id() for name in names}
        self.credentials: dict[str, ApplicationCredential] = {}
        self._tokens: dict[str, Token] = {}

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return self._clock().astimezone(UTC)

    def new_id(self) -> str:
        """An identifier as Keystone makes them: a UUID without its dashes."""
        return f"{self._random.getrandbits(128):032x}"

    def new_secret(self, size: int = 64) -> str:
        """Text of ``size`` random bytes."""
        return base64.urlsafe_b64encode(self._random.randbytes(size)).rstrip(b"=").decode()

    def sign_in(self, user: str = "demo", project: str | None = "demo") -> str:
        """A new token for a test, which does not count as a sign-in; None is no scope. KeyError if unknown."""
        with self.lock:
            who = self.users[user]
            where = None if project is None else self.projects[project]
            return self.issue(who, where, () if where is None else who.roles[where.name], ("password",)).value

    def issue(
        self,
        user: User,
        project: Project | None,
        roles: tuple[str, ...],
        methods: tuple[str, ...],
        *,
        parent: Token | None = None,
        credential: ApplicationCredential | None = None,
    ) -> Token:
        """A new token; one made from a ``parent`` expires with it."""
        issued, life = self.now(), self.life
        if life >= timedelta(seconds=2):
            issued = issued.replace(microsecond=0)
        token = Token(
            value="gAAAAAB" + self.new_secret(132),
            user=user,
            project=project,
            roles=roles,
            methods=methods,
            audit_ids=(self.new_secret(16), *(parent.audit_ids[-1:] if parent else ())),
            issued_at=issued,
            expires_at=parent.expires_at if parent else issued + life,
            credential=credential,
        )
        self._tokens[token.value] = token
        return token

    def find(self, value: str) -> Token | None:
        """The token, if it is valid now."""
        with self.lock:
            token = self._tokens.get(value)
            return token if token and token.expires_at > self.now() else None

    def known(self, value: str) -> bool:
        """Whether the server gave this out, be it valid or not."""
        return value.startswith("gAAAAAB")

    def revoke_token(self, value: str) -> None:
        """Let the token be worth nothing from now on; KeyError if there is no such token."""
        with self.lock:
            del self._tokens[value]

    def expire_token(self, value: str) -> None:
        """Let the token's life be over now; KeyError if there is no such token."""
        with self.lock:
            self._tokens[value].expires_at = self.now()

    def expire_all(self) -> None:
        """Let the life of every token be over now."""
        with self.lock:
            for value in self._tokens:
                self.expire_token(value)

    def token_life(self, seconds: float | None) -> None:
        """Set the life of tokens to come, and let none that is out live longer from now; None is the default."""
        with self.lock:
            self.life = LIFE if seconds is None else timedelta(seconds=seconds)
            latest = self.now() + self.life
            for token in self._tokens.values():
                token.expires_at = min(token.expires_at, latest)

    def drop_credential(self, id: str) -> None:
        """Forget an application credential and the tokens made with it; KeyError if there is none."""
        with self.lock:
            gone = self.credentials.pop(id)
            self._tokens = {value: token for value, token in self._tokens.items() if token.credential is not gone}
