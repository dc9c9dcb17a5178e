"""What a Keystone keeps: projects, users, application credentials and tokens."""

from collections.abc import Mapping
from datetime import datetime

import attrs

DOMAIN = {"id": "default", "name": "Default"}
"""The one domain there is."""


@attrs.frozen
class Project:
    """A tenant of the services."""

    id: str
    name: str


@attrs.frozen(eq=False)
class User:
    """Somebody who signs in; ``roles`` are names of roles, by name of project."""

    id: str
    name: str
    password: str = attrs.field(repr=False)
    roles: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict[str, tuple[str, ...]])


@attrs.frozen(eq=False)
class ApplicationCredential:
    """A secret of a user's, bound to a project (None: to none) and to roles there."""

    id: str
    name: str
    secret: str = attrs.field(repr=False)
    user: User
    project: Project | None
    roles: tuple[str, ...]
    description: str | None
    expires_at: datetime | None


@attrs.define(eq=False)
class Token:
    """A token that is not revoked; ``audit_ids`` are its own and, for a rescoped one, its ancestor's."""

    value: str = attrs.field(repr=False)
    user: User
    project: Project | None
    roles: tuple[str, ...]
    methods: tuple[str, ...]
    audit_ids: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    credential: ApplicationCredential | None = None
