"""How a token is got: by password, by application credential, or by another token."""

from tocsin.simulator.frame import Json
from tocsin.simulator.keystone.entities import DOMAIN, ApplicationCredential, Project, Token, User
from tocsin.simulator.keystone.refusals import forbidden, malformed, not_found, refuse, unauthorized
from tocsin.simulator.keystone.state import Keystone
from tocsin.simulator.web import Call, as_object

_SCOPED_CREDENTIAL = (
    "Error authenticating with application credential: Application credentials cannot request a scope."
)
_DELEGATED = "Using a delegated token to create another token is not allowed."


def sign_in(call: Call, keystone: Keystone, data: Json) -> Token:
    """The token for the body of a request; raises Refusal."""
    auth = _part(call, data, "auth", "request body")
    identity = _part(call, auth, "identity", "auth")
    methods = _part(call, identity, "methods", "identity")
    if not methods:
        raise unauthorized(call)
    method = methods[0]
    given = _part(call, identity, method, "identity")
    scope = auth.get("scope")
    if method == "application_credential":
        if scope is not None:
            raise refuse(call, 401, "Unauthorized", _SCOPED_CREDENTIAL, identity={})
        credential = _credential(call, keystone, given)
        return keystone.issue(
            credential.user,
            credential.project,
            credential.roles,
            ("application_credential",),
            credential=credential,
        )
    if method == "token":
        return _rescope(call, keystone, given.get("id", ""), scope)
    if method != "password":
        raise unauthorized(call)
    asked = _part(call, given, "user", "password")
    user = _user(call, keystone, asked)
    if user is None or user.password != asked.get("password"):
        raise unauthorized(call)
    project, roles = _scope(call, keystone, user, scope)
    return keystone.issue(user, project, roles, ("password",))


def _part(call: Call, data: Json, name: str, where: str) -> Json:
    given = as_object(data)
    if given is None or name not in given:
        raise malformed(call, name, where)
    return given[name]


def _in_domain(call: Call, given: Json, what: str) -> bool:
    """Whether the domain that goes with a name is the one there is."""
    domain = _part(call, given, "domain", what)
    return bool(domain.get("id") == DOMAIN["id"] or domain.get("name") == DOMAIN["name"])


def _user(call: Call, keystone: Keystone, given: Json) -> User | None:
    if "id" in given:
        return next((user for user in keystone.users.values() if user.id == given["id"]), None)
    return keystone.users.get(given.get("name", "")) if _in_domain(call, given, "user") else None


def _scope(call: Call, keystone: Keystone, user: User, scope: Json) -> tuple[Project | None, tuple[str, ...]]:
    """The project and the roles there; a project without roles is as one that is unknown."""
    if scope is None or scope == "unscoped":
        return None, ()
    given = scope.get("project")
    if given is None:
        raise unauthorized(call)  # a domain or the system: nobody here has roles there
    if "id" in given:
        project = next((each for each in keystone.projects.values() if each.id == given["id"]), None)
    else:
        project = keystone.projects.get(given.get("name", "")) if _in_domain(call, given, "project") else None
    if project is None or project.name not in user.roles:
        raise unauthorized(call)
    return project, user.roles[project.name]


def _rescope(call: Call, keystone: Keystone, value: str, scope: Json) -> Token:
    parent = keystone.find(value)
    if parent is None:
        known = keystone.known(value)
        raise not_found(call, "Failed to validate token" if known else "Could not recognize Fernet token")
    if parent.credential:
        raise forbidden(call, _DELEGATED)
    project, roles = _scope(call, keystone, parent.user, scope)
    return keystone.issue(parent.user, project, roles, ("password", "token"), parent=parent)


def _credential(call: Call, keystone: Keystone, given: Json) -> ApplicationCredential:
    if "id" in given:
        found = keystone.credentials.get(given["id"])
        if found is None:
            raise not_found(call, f"Could not find Application Credential: {given['id']}.")
    else:
        user = _user(call, keystone, _part(call, given, "user", "application credential"))
        mine = (each for each in keystone.credentials.values() if each.user is user)
        found = next((each for each in mine if each.name == given.get("name")), None)
    expired = found and found.expires_at and found.expires_at <= keystone.now()
    if found is None or expired or found.secret != given.get("secret"):
        raise unauthorized(call)
    return found
