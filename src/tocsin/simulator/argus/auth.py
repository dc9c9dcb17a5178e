"""Users and tokens: signing in, refreshing, signing out."""

import json

from tocsin.simulator.argus import fields, render
from tocsin.simulator.argus.entities import User
from tocsin.simulator.argus.fields import Field
from tocsin.simulator.argus.state import ArgusState
from tocsin.simulator.argus.web import ApiError, Call, Reply, Resource, invalid, not_found, token_of
from tocsin.simulator.frame import Json

_CREDENTIALS = {
    "username": Field(fields.text(blank=False), required=True),
    "password": Field(fields.text(blank=False), required=True),
}
_REFUSED = "Unable to log in with provided credentials."
_CODES = {
    fields.REQUIRED: "required",
    fields.NOT_BLANK: "blank",
    fields.NOT_NULL: "null",
    fields.NO_DATA: "null",
    _REFUSED: "authorization",
}


def _user(call: Call) -> Reply:
    user = call.user
    admin = f"{call.origin}/admin/" if user.superuser else None
    return Reply({**_basic(user), "admin_url": admin})


def _other_user(call: Call) -> Reply:
    user = call.state.users.get(call.pk())
    if user is None:
        raise not_found("User")
    return Reply(_basic(user))


def _basic(user: User) -> dict[str, Json]:
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
    }


def _by_password(state: ArgusState, data: Json) -> tuple[User | None, dict[str, Json]]:
    """The user with this name and password, or the errors."""
    values, errors = fields.check(data, _CREDENTIALS)
    if errors:
        return None, errors
    for user in state.users.values():
        if user.username == values["username"] and user.password == values["password"]:
            return user, {}
    return None, {"non_field_errors": [_REFUSED]}


def _login(call: Call) -> Reply:
    """An empty body refreshes the token that signs the request; any other body is a sign-in."""
    state = call.state
    if call.raw:
        try:
            data = json.loads(call.raw)
        except ValueError as error:
            raise ApiError(403, {"detail": str(error)}) from None
        user, errors = _by_password(state, data)
        if user is None:
            raise ApiError(403, {"detail": _as_printed(errors)})
        state.sign_ins += 1
    else:
        try:
            signer = token_of(state, call.request)
        except ApiError as error:
            raise ApiError(403, error.body) from None
        if signer is None:
            raise ApiError(403, {"detail": "Authentication credentials were not provided."})
        user = signer.user
        state.refreshes += 1
    token = state.issued.issue(user)
    return Reply({"expiry": render.moment(token.expiry), "token": token.value})


def _as_printed(errors: dict[str, list[str]]) -> str:
    """The errors as the server shows them here: as Python prints them."""

    def detail(text: str) -> str:
        code = _CODES.get(text, "invalid")
        return f"ErrorDetail(string={text!r}, code={code!r})"

    shown = (f"'{name}': [{', '.join(map(detail, texts))}]" for name, texts in errors.items())
    return "{" + ", ".join(shown) + "}"


def _logout(call: Call) -> Reply:
    if call.signer:
        call.state.issued.revoke(call.signer.value)
    return Reply(status=204)


def _logout_all(call: Call) -> Reply:
    for token in call.state.issued.of(call.user):
        if not token.legacy:
            call.state.issued.revoke(token.value)
    return Reply(status=204)


def _legacy_refresh(call: Call) -> Reply:
    call.state.refreshes += 1
    return Reply({"token": call.state.issued.issue(call.user, legacy=True).value})


def _legacy_login(call: Call) -> Reply:
    user, errors = _by_password(call.state, call.data())
    if user is None:
        raise invalid(errors)
    call.state.sign_ins += 1
    legacy = [token for token in call.state.issued.of(user) if token.legacy]
    valid = [token for token in legacy if call.state.issued.find(token.value)]
    token = valid[0] if valid else call.state.issued.issue(user, legacy=True)
    return Reply({"token": token.value})


RESOURCES = {
    "/api/v2/auth/user/": Resource({"GET": _user}, "GET, HEAD, OPTIONS"),
    "/api/v2/auth/users/{pk:int}/": Resource({"GET": _other_user}, "GET, HEAD, OPTIONS"),
    "/api/v2/auth/token/login/": Resource({"POST": _login}, "POST, OPTIONS", access="public"),
    "/api/v2/auth/token/logout/": Resource({"POST": _logout}, "POST, OPTIONS", access="knox"),
    "/api/v2/auth/token/logoutall": Resource({"POST": _logout_all}, "POST, OPTIONS", access="knox"),
    "/api/v2/auth/refresh-token/": Resource({"POST": _legacy_refresh}, "POST, OPTIONS"),
    "/api/v2/token-auth/": Resource({"POST": _legacy_login}, "POST, OPTIONS", access="public"),
}

SIGN_IN_PATHS = frozenset({"/api/v2/auth/token/login/", "/api/v2/auth/refresh-token/", "/api/v2/token-auth/"})
