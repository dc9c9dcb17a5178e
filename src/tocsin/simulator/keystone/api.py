"""The operations of Keystone: tokens, the catalog, and application credentials."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from tocsin.simulator.frame import Json
from tocsin.simulator.keystone import signing
from tocsin.simulator.keystone.entities import DOMAIN, ApplicationCredential, Token
from tocsin.simulator.keystone.refusals import conflict, forbidden, malformed, not_found, refuse, unauthorized
from tocsin.simulator.keystone.state import Keystone
from tocsin.simulator.web import Call, Refusal, Reply

ROOT = "/identity"
"""Where Keystone lives on the port that it shares with Monasca."""

_VARY = {"Vary": "X-Auth-Token"}
_NOWHERE = (
    b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was "
    b"not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n"
)
_STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"


def _version(call: Call) -> Json:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{call.origin}{ROOT}/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


def _versions(call: Call, _keystone: Keystone) -> Reply:
    return Reply({"versions": {"values": [_version(call)]}}, 300, {"Location": f"{call.origin}{ROOT}/v3/"})


def _v3(call: Call, _keystone: Keystone) -> Reply:
    return Reply({"version": _version(call)})


def catalog(call: Call, keystone: Keystone) -> Json:
    """The services, which are both at the origin of the request."""
    services = (
        ("identity", "keystone", f"{ROOT}/v3", ("public", "internal", "admin")),
        ("monitoring", "monasca", "/v2.0", ("public", "internal", "admin")),
        ("logs", "monasca-log", "/v2.0", ("public",)),
    )
    return [
        {
            "endpoints": [
                {
                    "id": keystone.projects["admin"].id[:-2] + f"{number}{place}",
                    "interface": interface,
                    "region_id": "RegionOne",
                    "url": f"{call.origin}{path}",
                    "region": "RegionOne",
                }
                for place, interface in enumerate(interfaces)
            ],
            "id": keystone.projects["demo"].id[:-1] + str(number),
            "type": type,
            "name": name,
        }
        for number, (type, name, path, interfaces) in enumerate(services)
    ]


def _body(call: Call, keystone: Keystone, token: Token) -> Json:
    shown: dict[str, Json] = {
        "methods": list(token.methods),
        "user": {"domain": DOMAIN, "id": token.user.id, "name": token.user.name, "password_expires_at": None},
        "audit_ids": list(token.audit_ids),
        "expires_at": token.expires_at.strftime(_STAMP),
        "issued_at": token.issued_at.strftime(_STAMP),
    }
    if token.project:
        shown["project"] = {"domain": DOMAIN, "id": token.project.id, "name": token.project.name}
        shown["is_domain"] = False
        shown["roles"] = [{"id": keystone.role_ids[name], "name": name} for name in token.roles]
        if "nocatalog" not in call.query.split("&"):
            shown["catalog"] = catalog(call, keystone)
    if token.credential:
        own = token.credential
        shown["application_credential"] = {"id": own.id, "name": own.name, "restricted": True}
    return {"token": shown}


def _sign_in(call: Call, keystone: Keystone) -> Reply:
    try:
        data = call.json()
    except ValueError:
        raise malformed(call, "valid JSON", "request body") from None
    token = signing.sign_in(call, keystone, data)
    keystone.sign_ins += 1
    return Reply(_body(call, keystone, token), 201, {"X-Subject-Token": token.value})


def _caller(call: Call, keystone: Keystone) -> Token:
    token = keystone.find(call.headers.get("x-auth-token", ""))
    if token is None:
        raise unauthorized(call)
    return token


def _subject(call: Call, keystone: Keystone, action: str) -> Token:
    """The token that is asked about: one's own, or any by an admin."""
    caller = _caller(call, keystone)
    value = call.headers.get("x-subject-token")
    if not value:
        raise forbidden(call, f"identity:{action}_token")
    token = keystone.find(value)
    if token is None:
        known = keystone.known(value)
        raise not_found(call, "Failed to validate token" if known else "Could not recognize Fernet token")
    if token.user is not caller.user and "admin" not in caller.roles:
        raise forbidden(call, f"identity:{action}_token")
    return token


def _validate(call: Call, keystone: Keystone) -> Reply:
    token = _subject(call, keystone, "validate")
    return Reply(_body(call, keystone, token), 200, {"X-Subject-Token": token.value})


def _revoke(call: Call, keystone: Keystone) -> Reply:
    keystone.revoke_token(_subject(call, keystone, "revoke").value)
    return Reply(status=204)


def _catalog(call: Call, keystone: Keystone) -> Reply:
    if _caller(call, keystone).project is None:
        raise forbidden(call)
    return Reply({"catalog": catalog(call, keystone), "links": {"self": call.url}})


def _shown(call: Call, keystone: Keystone, credential: ApplicationCredential) -> dict[str, Json]:
    expires = credential.expires_at
    return {
        "id": credential.id,
        "name": credential.name,
        "description": credential.description,
        "user_id": credential.user.id,
        "project_id": credential.project.id if credential.project else None,
        "system": None,
        "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%S.%f") if expires else None,
        "unrestricted": None,
        "roles": [
            {"id": keystone.role_ids[name], "name": name, "domain_id": None, "description": None, "options": {}}
            for name in credential.roles
        ],
        "links": {"self": f"{call.origin}{ROOT}/v3/application_credentials/{credential.id}"},
    }


def _create_credential(call: Call, keystone: Keystone, user_id: str) -> Reply:
    caller = _caller(call, keystone)
    if caller.user.id != user_id:
        raise forbidden(call, "identity:create_application_credential")
    if caller.credential:
        reason = (
            "Using method 'application_credential' is not allowed for managing additional application credentials."
        )
        raise forbidden(call, reason)
    try:
        data = call.json()["application_credential"]
        name = data["name"]
    except (ValueError, KeyError, TypeError):
        raise refuse(call, 400, "Bad Request", "'name' is a required property") from None
    if any(each.user is caller.user and each.name == name for each in keystone.credentials.values()):
        raise conflict(call, f"application_credential - Duplicate entry found with name {name}.")
    asked = data.get("roles")
    roles = caller.roles if asked is None else tuple(each.get("name", "") for each in asked)
    if not set(roles) <= set(caller.roles):
        reason = "Invalid application credential: Cannot create an application credential with unassigned role"
        raise refuse(call, 400, "Bad Request", reason)
    until = data.get("expires_at")
    expires = datetime.fromisoformat(until).astimezone(UTC) if until else None
    credential = ApplicationCredential(
        id=keystone.new_id(),
        name=name,
        secret=data.get("secret") or keystone.new_secret(),
        user=caller.user,
        project=caller.project,
        roles=roles,
        description=data.get("description"),
        expires_at=expires,
    )
    keystone.credentials[credential.id] = credential
    shown = _shown(call, keystone, credential) | {"secret": credential.secret}
    return Reply({"application_credential": shown}, 201)


def _own_credential(call: Call, keystone: Keystone, user_id: str, id: str) -> ApplicationCredential:
    caller = _caller(call, keystone)
    if caller.user.id != user_id:
        raise forbidden(call, "identity:get_application_credential")
    credential = keystone.credentials.get(id)
    if credential is None or credential.user is not caller.user:
        raise not_found(call, f"Could not find Application Credential: {id}.")
    return credential


def _get_credential(call: Call, keystone: Keystone, user_id: str, id: str) -> Reply:
    credential = _own_credential(call, keystone, user_id, id)
    return Reply({"application_credential": _shown(call, keystone, credential)})


def _delete_credential(call: Call, keystone: Keystone, user_id: str, id: str) -> Reply:
    keystone.drop_credential(_own_credential(call, keystone, user_id, id).id)
    return Reply(status=204)


_CREDENTIALS = r"/v3/users/([^/]+)/application_credentials"
_ROUTES: list[tuple[str, dict[str, Callable[..., Reply]]]] = [
    (r"/?", {"GET": _versions}),
    (r"/v3/?", {"GET": _v3}),
    (r"/v3/auth/tokens", {"POST": _sign_in, "GET": _validate, "HEAD": _validate, "DELETE": _revoke}),
    (r"/v3/auth/catalog", {"GET": _catalog}),
    (_CREDENTIALS, {"POST": _create_credential}),
    (_CREDENTIALS + r"/([^/]+)", {"GET": _get_credential, "DELETE": _delete_credential}),
]


def answer(call: Call, keystone: Keystone) -> Reply:
    """Answer one request, whose path begins with :data:`ROOT`."""
    path = call.path.removeprefix(ROOT)
    for pattern, methods in _ROUTES:
        found = re.fullmatch(pattern, path)
        if not found:
            continue
        handler = methods.get(call.method)
        if handler is None:
            allowed = {"Allow": ", ".join(methods)}
            return Reply({"message": "The method is not allowed for the requested URL."}, 405, allowed)
        try:
            reply = handler(call, keystone, *found.groups())
        except Refusal as refusal:
            reply = refusal.reply
        return Reply(reply.body, reply.status, {**_VARY, **reply.headers})
    return Reply(_NOWHERE, 404, {**_VARY, "Content-Type": "text/html; charset=utf-8"})
