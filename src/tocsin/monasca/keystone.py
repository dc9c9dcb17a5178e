"""Who one is to an OpenStack cloud: the identities that Keystone v3 signs in, as plain values.

Sources: the Identity API v3, and what Keystone 30.0.0 answered to each of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from attrs import Attribute, field, fields, frozen
from attrs.validators import optional

from tocsin.errors import ConfigError
from tocsin.service import check_base_url
from tocsin.transport.credentials import check_secret

Body = dict[str, Any]


@runtime_checkable
class KeystoneAuth(Protocol):
    """An identity, and what it asks to be let into."""

    @property
    def auth_url(self) -> str:
        """The root of Keystone's API v3."""
        ...

    def body(self) -> Body:
        """What stands below "auth" in a request for a token."""
        ...

    def secrets(self) -> Iterable[str]:
        """What must never be shown."""
        ...


def _auth_url(url: str) -> str:
    """With the version at its end: Keystone's own root only tells of versions, with status 300.

    Raises ConfigError.
    """
    url = check_base_url(url, "auth_url")
    if url.endswith("/v2.0"):
        raise ConfigError("auth_url is of the Identity API v2.0, which Keystone has no more: use that of v3")
    return url if url.endswith("/v3") else f"{url}/v3"


def filled(_: object, attribute: Attribute[Any], value: object) -> None:
    """A validator: a text that is not empty. Raises ConfigError, which does not show it."""
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{attribute.name} must be a text that is not empty")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise ConfigError(f"{attribute.name} has a character that UTF-8 cannot carry")


def _fits_a_header(_: object, attribute: Attribute[Any], value: object) -> None:
    """A validator: a token, without the line end of the file it was read from. Raises InputError."""
    check_secret(attribute.name, value)


_if_given = optional(filled)


def _settle(auth: KeystoneAuth) -> None:
    """Check all of an identity, and put its address right; a converter would hide its type from pyright."""
    object.__setattr__(auth, "auth_url", _auth_url(auth.auth_url))
    auth.body()


@frozen
class _Scoped:
    """What a token is good for: a project, a domain, or what the user has for a default.

    A name needs the domain that it is in, an id does not.
    """

    auth_url: str
    project_name: str | None = field(default=None, validator=_if_given, kw_only=True)
    project_id: str | None = field(default=None, validator=_if_given, kw_only=True)
    project_domain_name: str | None = field(default=None, validator=_if_given, kw_only=True)
    project_domain_id: str | None = field(default=None, validator=_if_given, kw_only=True)
    domain_name: str | None = field(default=None, validator=_if_given, kw_only=True)
    domain_id: str | None = field(default=None, validator=_if_given, kw_only=True)

    def scoped(self, identity: Body) -> Body:
        """An identity with this scope. Raises ConfigError."""
        project = _named("project", self.project_name, self.project_id)
        domain = _named("domain", self.domain_name, self.domain_id)
        if project and domain:
            raise ConfigError("the scope is either a project or a domain")
        if "name" in project:
            project["domain"] = _domain("project_domain", self.project_domain_name, self.project_domain_id)
        scope = {"project": project} if project else {"domain": domain} if domain else {}
        return {"identity": identity, **({"scope": scope} if scope else {})}


def _named(what: str, name: str | None, id: str | None) -> Body:
    if name is not None and id is not None:
        raise ConfigError(f"{what}_name and {what}_id exclude each other")
    return {"name": name} if name is not None else {"id": id} if id is not None else {}


def _domain(what: str, name: str | None, id: str | None) -> Body:
    # Keystone makes one domain by itself, and most clouds have all their users in it.
    return _named(what, name, id) or {"name": "Default"}


def _user(name: str | None, id: str | None, domain_name: str | None, domain_id: str | None) -> Body:
    user = _named("user", name, id)
    if not user:
        raise ConfigError("username or user_id is missing")
    if "name" in user:
        user["domain"] = _domain("user_domain", domain_name, domain_id)
    return user


@frozen
class KeystonePassword(_Scoped):
    """A user and a password.

    Args:
        auth_url: Keystone's address, ``https://cloud.example.org:5000/v3``; /v3 is added where it is missing.
        username: with the domain it is in, by default "Default"; or user_id.
        project_name: with the domain it is in, by default "Default"; or project_id; or a domain to be scoped to,
            domain_name or domain_id. Without any, what the user has for a default project.

    Raises ConfigError for what cannot be an identity or a scope.
    """

    password: str = field(validator=filled, repr=False, kw_only=True)
    username: str | None = field(default=None, validator=_if_given, kw_only=True)
    user_id: str | None = field(default=None, validator=_if_given, kw_only=True)
    user_domain_name: str | None = field(default=None, validator=_if_given, kw_only=True)
    user_domain_id: str | None = field(default=None, validator=_if_given, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _settle(self)

    def body(self) -> Body:
        """See `KeystoneAuth`."""
        user = _user(self.username, self.user_id, self.user_domain_name, self.user_domain_id)
        return self.scoped({"methods": ["password"], "password": {"user": {**user, "password": self.password}}})

    def secrets(self) -> Iterable[str]:
        """The password."""
        return (self.password,)


@frozen
class KeystoneApplicationCredential:
    """An application credential; it has its project in it, and asks for none (Keystone refuses one that does).

    Args:
        auth_url: as in `KeystonePassword`.
        id: or name, with username (and the domain it is in, by default "Default") or user_id.

    Raises ConfigError for what cannot be an identity.
    """

    auth_url: str
    id: str | None = field(default=None, validator=_if_given, kw_only=True)
    secret: str = field(validator=filled, repr=False, kw_only=True)
    name: str | None = field(default=None, validator=_if_given, kw_only=True)
    username: str | None = field(default=None, validator=_if_given, kw_only=True)
    user_id: str | None = field(default=None, validator=_if_given, kw_only=True)
    user_domain_name: str | None = field(default=None, validator=_if_given, kw_only=True)
    user_domain_id: str | None = field(default=None, validator=_if_given, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _settle(self)

    def body(self) -> Body:
        """See `KeystoneAuth`."""
        credential = _named("application_credential", self.name, self.id)
        if not credential:
            raise ConfigError("an application credential needs id, or name with a user")
        if "name" in credential:
            credential["user"] = _user(self.username, self.user_id, self.user_domain_name, self.user_domain_id)
        credential["secret"] = self.secret
        return {"identity": {"methods": ["application_credential"], "application_credential": credential}}

    def secrets(self) -> Iterable[str]:
        """The credential's secret."""
        return (self.secret,)


@frozen
class KeystoneToken(_Scoped):
    """A token of Keystone, exchanged at the first call for one of the scope asked for.

    The new one ends when the given one does: no token outlives the first.

    Args:
        auth_url: as in `KeystonePassword`; the scope likewise.
    """

    token: str = field(validator=_fits_a_header, repr=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _settle(self)

    def body(self) -> Body:
        """See `KeystoneAuth`."""
        return self.scoped({"methods": ["token"], "token": {"id": self.token}})

    def secrets(self) -> Iterable[str]:
        """The token."""
        return (self.token,)


@frozen
class _Kind:
    """An identity by the names that OpenStack's own configuration has for its parts.

    Attributes:
        needs: what must be there; of several names, one.
        prefix: what those names begin with, and ours do not.
    """

    make: type[Any]
    needs: tuple[tuple[str, ...], ...]
    prefix: str = ""


_PASSWORD = _Kind(KeystonePassword, (("username", "user_id"), ("password",)))
_TOKEN = _Kind(KeystoneToken, (("token",),))
_APPLICATION_CREDENTIAL = _Kind(
    KeystoneApplicationCredential,
    (
        ("application_credential_id", "application_credential_name"),
        ("application_credential_secret",),
    ),
    "application_credential_",
)
#: By `auth_type`.
_KINDS: Mapping[str, _Kind] = {
    "password": _PASSWORD,
    "v3password": _PASSWORD,
    "v3applicationcredential": _APPLICATION_CREDENTIAL,
    "token": _TOKEN,
    "v3token": _TOKEN,
}
#: Older names.
_OLD = {"tenant_id": "project_id", "tenant_name": "project_name"}
#: What has an id goes by it: what OpenStack's dashboard hands out has names besides.
_NAMES = {
    "username": "user_id",
    "user_domain_name": "user_domain_id",
    "project_name": "project_id",
    "project_domain_name": "project_domain_id",
    "domain_name": "domain_id",
    "application_credential_name": "application_credential_id",
}
#: What identities are made of, by those names; True for a secret.
IDENTITY_SETTINGS: Mapping[str, bool] = {
    "auth_url": False,
    **{name: False for names in (*_NAMES.items(), *_OLD.items()) for name in names},
    "password": True,
    "application_credential_secret": True,
    "token": True,
}


def identity(said: Mapping[str, str], auth_type: str | None, called: Callable[[str], str]) -> KeystoneAuth:
    """The identity that settings describe, read as OpenStack's own clients read them.

    Args:
        said: values by the names in `IDENTITY_SETTINGS`.
        auth_type: None takes what there is a secret for.
        called: how a setting is called where it came from, for the errors.

    Raises ConfigError, which says what is missing.
    """
    if auth_type is not None and auth_type not in _KINDS:
        raise ConfigError(f"{called('auth_type')} must be one of {', '.join(_KINDS)}, not {auth_type!r}")
    guesses = [kind for kind in (_APPLICATION_CREDENTIAL, _PASSWORD, _TOKEN) if kind.needs[-1][0] in said]
    kind = _KINDS[auth_type] if auth_type is not None else [*guesses, _PASSWORD][0]
    missing = [names for names in (("auth_url",), *kind.needs) if not said.keys() & names]
    if missing:
        what = ", ".join([" or ".join(map(called, names)) for names in missing])
        raise ConfigError(f"there is nothing to sign in to Keystone with: missing are {what}")
    values = {**{_OLD[name]: value for name, value in said.items() if name in _OLD}, **said}
    for name, id in _NAMES.items():
        if id in values:
            values.pop(name, None)
    taken = {each.name for each in fields(kind.make)}
    ours = {name.removeprefix(kind.prefix): value for name, value in values.items()}
    made: KeystoneAuth = kind.make(**{name: value for name, value in ours.items() if name in taken})
    return made
