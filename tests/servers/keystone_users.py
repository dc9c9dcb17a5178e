"""Who is in the private Keystone: projects, users, the roles that Monasca knows, and the catalogue."""

from collections.abc import Mapping

import attrs
import httpx

REGION = "RegionOne"
SEED_SECONDS = 60
INTERFACES = ("public", "internal", "admin")


@attrs.frozen
class User:
    """Somebody of the domain Default who can sign in."""

    name: str
    project: str
    """Where the user works; a user may have further projects."""
    roles: Mapping[str, tuple[str, ...]] = attrs.field(repr=False)
    """The roles by project."""

    @property
    def password(self) -> str:
        """As this is no real one, it follows from the name."""
        return f"password-of-{self.name}"


def _user(name: str, project: str, *roles: str, **more: tuple[str, ...]) -> User:
    return User(name, project, {project: roles, **more})


ADMIN = _user("admin", "admin", "admin")
SERVICE = _user("monasca", "service", "admin", "service")
USERS: Mapping[str, User] = {
    user.name: user
    for user in (
        ADMIN,
        _user("demo", "demo", "monasca-user", "member", demo2=("monasca-user",)),
        _user("agent", "demo", "monasca-agent", "monasca-delegate"),
        _user("reader", "demo", "monasca-read-only-user"),
        _user("norole", "demo", "member"),
    )
}
# The catalogue of the template names these; each start puts its own ports there.
NOWHERE = {"keystone": "http://keystone.invalid/v3", "monasca": "http://monasca.invalid/v2.0"}


def seed(url: str) -> None:
    """Make all of it, through the API at `url` of a Keystone that was only bootstrapped."""
    with httpx.Client(base_url=url, trust_env=False, timeout=SEED_SECONDS) as http:
        http.headers["X-Auth-Token"] = sign_in(http, ADMIN)
        people = [SERVICE, *USERS.values()]
        projects = {name: _ensure(http, "project", name) for user in people for name in user.roles}
        names = {role for user in people for roles in user.roles.values() for role in roles}
        roles = {name: _ensure(http, "role", name) for name in names}
        for user in people:
            user_id = _ensure(http, "user", user.name, password=user.password)
            for project, granted in user.roles.items():
                for name in granted:
                    path = f"projects/{projects[project]}/users/{user_id}/roles/{roles[name]}"
                    http.put(path).raise_for_status()
        service = _create(http, "service", name="monasca", type="monitoring")
        for interface in INTERFACES:
            place = {"service_id": service, "interface": interface, "region_id": REGION}
            _create(http, "endpoint", url=NOWHERE["monasca"], **place)


def sign_in(http: httpx.Client, user: User, project: str | None = None) -> str:
    """A token of `user`, in its own project unless another is named."""
    domain = {"id": "default"}
    who = {"name": user.name, "password": user.password, "domain": domain}
    scope = {"project": {"name": project or user.project, "domain": domain}}
    identity = {"methods": ["password"], "password": {"user": who}}
    answer = http.post("auth/tokens", json={"auth": {"identity": identity, "scope": scope}})
    return answer.raise_for_status().headers["X-Subject-Token"]


def _ensure(http: httpx.Client, kind: str, name: str, **attributes: str) -> str:
    """The id of what has this name, made unless it is there."""
    found = http.get(f"{kind}s", params={"name": name}).raise_for_status().json()[f"{kind}s"]
    return str(found[0]["id"]) if found else _create(http, kind, name=name, **attributes)


def _create(http: httpx.Client, kind: str, **attributes: str) -> str:
    answer = http.post(f"{kind}s", json={kind: attributes})
    return str(answer.raise_for_status().json()[kind]["id"])
