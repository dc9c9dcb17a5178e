"""Signing in and out, users, and what their roles permit."""

from tocsin.simulator.acsmonitor.accounts import ROLES, same
from tocsin.simulator.acsmonitor.request import Ask, invalid, refusal
from tocsin.simulator.acsmonitor.resources import Resource, single
from tocsin.simulator.acsmonitor.tables import Row
from tocsin.simulator.acsmonitor.validation import Field, checked, email, one_of, text, texts
from tocsin.simulator.web import Reply

_NO_MATCH = "These credentials do not match our records."


def _unique(ask: Ask, values: Row) -> Row:
    own = ask.path[-1:]
    for other in ask.state.tables["users"]:
        if other["email"] == values.get("email") and (str(other["id"]),) != own:
            raise invalid({"email": ["The email has already been taken."]})
    return values


USERS = Resource(
    "users",
    {
        "name": Field(text(), required=True),
        "email": Field(email, required=True),
        "password": Field(text(), required=True),
        "role": Field(one_of(ROLES)),
    },
    keep=_unique,
)
_ROLE_FIELDS = {"permissions": Field(texts, required=True)}
ROLE = Resource("roles", _ROLE_FIELDS)


def login(ask: Ask) -> Reply:
    """A token for an e-mail address and a password."""
    given = checked(ask, {"email": Field(text(), required=True), "password": Field(text(), required=True)})
    state = ask.state
    user = next((row for row in state.tables["users"] if row["email"] == given["email"]), None)
    if user is None or not same(given["password"], user["password"]):
        if state.login_refusal == 401:
            raise refusal(401, _NO_MATCH)
        raise invalid({"email": [_NO_MATCH]})
    if state.two_factor:
        return Reply({"two_factor": True})
    return Reply({"token": state.sign_in(user).value, "user": USERS.show(ask, user)})


def logout(ask: Ask) -> Reply:
    """Revoke the token that signs the request, and no other."""
    assert ask.token is not None  # nobody else comes here
    ask.state.tokens.revoke(ask.token)
    if ask.state.logout_status == 204:
        return Reply(status=204)
    return Reply({"message": "Logged out."})


def me(ask: Ask) -> Reply:
    """Who asks, with roles and permissions; in which form is not published."""
    role = str(ask.user["role"])
    permissions = sorted(ask.state.permissions.get(role, ()))
    return single(ask, {**USERS.show(ask, ask.user), "roles": [role], "permissions": permissions})


def delete_user(ask: Ask) -> Reply:
    """Remove a user, whose tokens are good no longer."""
    ask.state.tokens.revoke_of(USERS.one(ask)["id"])
    return USERS.delete(ask)


def update_role(ask: Ask) -> Reply:
    """Set what a role permits; a super admin may do everything whatever this says."""
    row = ROLE.one(ask)
    permissions = sorted(set(checked(ask, _ROLE_FIELDS)["permissions"]))
    ask.state.permissions[row["name"]] = set(permissions)
    ask.state.tables["roles"].change(row, {"permissions": permissions})
    return single(ask, ROLE.show(ask, row))
