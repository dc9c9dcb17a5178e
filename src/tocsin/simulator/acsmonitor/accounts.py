"""Roles, what they may do, and the tokens that people have.

Roles and slugs are those of the vendor's pages "Users & Access Control" and "API Endpoints". Where the two differ
(``traps.view`` or ``devices.view``, for example) the latter counts, since it gives each endpoint its slug.
"""

import random
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

SUPER = "super-admin"
"""The role that no permission is asked of."""

_CRUD = ("view", "create", "edit", "delete")
_ALL = frozenset(
    [
        *(f"{area}.{verb}" for area in ("devices", "monitors", "alerts", "channels", "users") for verb in _CRUD),
        *(f"dashboards.{verb}" for verb in (*_CRUD, "share")),
        "monitors.run_tools",
        "alerts.acknowledge",
        "mibs.view",
        "mibs.upload",
        "mibs.delete",
        "discovery.view",
        "discovery.create",
        "discovery.run",
        "settings.view",
        "settings.edit",
        "roles.manage",
    ]
)
_VIEWER = frozenset(f"{area}.view" for area in ("devices", "monitors", "alerts", "mibs", "discovery", "channels"))

ROLES: Mapping[str, frozenset[str]] = {
    SUPER: _ALL,
    "admin": _ALL - {"roles.manage", "settings.edit"},
    "operator": _VIEWER
    | {"alerts.acknowledge", "monitors.run_tools"}
    | {f"dashboards.{verb}" for verb in (*_CRUD, "share")},
    "viewer": _VIEWER,
}
"""The slugs of each role; of those that the API's endpoints ask for."""


@attrs.frozen
class Token:
    """A bearer token, in the form that the API's overview shows: ``1|abc123``."""

    value: str
    user_id: int
    expires_at: datetime | None


class Tokens:
    """The tokens that are good."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"acsmonitor {seed}")  # noqa: S311 - secrets of a simulation
        self._issued = 0
        self._tokens: dict[str, Token] = {}

    def secret(self) -> str:
        """Forty letters and digits, of which every run of the same seed makes the same."""
        return f"{self._random.getrandbits(160):040x}"

    def issue(self, user_id: int, now: datetime, life: float | None) -> Token:
        """A new token of a user's; ``life`` is in seconds, None for ever."""
        self._issued += 1
        until = None if life is None else now + timedelta(seconds=life)
        token = Token(f"{self._issued}|{self.secret()}", user_id, until)
        self._tokens[token.value] = token
        return token

    def find(self, value: str, now: datetime) -> Token | None:
        """The token, if it is good."""
        token = self._tokens.get(value)
        return token if token and (token.expires_at is None or now < token.expires_at) else None

    def revoke(self, token: Token) -> None:
        """Make a token good no longer."""
        self._tokens.pop(token.value, None)

    def revoke_of(self, user_id: int | None = None) -> None:
        """Make all tokens of a user's good no longer, or everybody's."""
        for token in list(self._tokens.values()):
            if user_id in {None, token.user_id}:
                self.revoke(token)


def same(given: str, right: str) -> bool:
    """Whether two secrets are the same."""
    return secrets.compare_digest(given.encode("utf-8", "replace"), right.encode())
