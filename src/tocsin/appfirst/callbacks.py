"""What AppFirst calls a subscriber with, read: for the service that is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qsl

from attrs import frozen

from tocsin.appfirst.values import is_number
from tocsin.errors import AuthError, InputError

_NAMES = ("alert_id", "alert_history_id", "status")
Status = Literal["TRIGGERED", "RESOLVED"]
_STATUSES: Mapping[str, Status] = {"TRIGGERED": "TRIGGERED", "RESOLVED": "RESOLVED"}


@frozen
class Callback:
    """An alert was triggered, or is resolved.

    Attributes:
        alert_history_id: tells this time that it was triggered from others, and is the same when it is resolved.
    """

    alert_id: int
    alert_history_id: int
    status: Status


def parse_callback(
    method: str,
    data: str | bytes | Mapping[str, str],
    headers: Mapping[str, str] | None = None,
    *,
    auth: str | None = None,
) -> Callback:
    """Read a call to a `Subscriber`, for example in Starlette or FastAPI::

        parse_callback("GET", request.query_params, request.headers, auth=AUTH)
        parse_callback("POST", await request.body(), request.headers, auth=AUTH)

    Args:
        method: GET or POST, as the subscriber's `type` says.
        data: of a GET the query, of a POST the body, as they came or as a mapping. What else is in them is left
            alone: it may be the subscriber's own.
        headers: where `auth` is looked for, by names in any case.
        auth: what the subscriber has as `auth`: it must be in the call.

    Raises AuthError, with status 401, where `auth` is not as it should be; InputError for what is no such call.
    """
    if not isinstance(method, str) or method.upper() not in {"GET", "POST"}:
        raise InputError(f"AppFirst calls by GET or POST, not {method!r}")
    if auth is not None and not auth:
        raise InputError("auth is empty, and would let anybody in")
    if auth is not None and not _signed(headers or {}, auth):
        raise AuthError("the call is not signed as the subscriber says", status=401)
    said = _read(data)
    if missing := [name for name in _NAMES if name not in said]:
        raise InputError(f"the call has no {', '.join(missing)}")
    status = said["status"]
    if not isinstance(status, str) or status not in _STATUSES:
        raise InputError(f"status must be one of {', '.join(_STATUSES)}, not {status!r}")
    return Callback(
        _id("alert_id", said["alert_id"]),
        _id("alert_history_id", said["alert_history_id"]),
        _STATUSES[status],
    )


def _signed(headers: Mapping[str, str], auth: str) -> bool:
    from hmac import compare_digest  # late: it loads OpenSSL

    given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, value = given.partition(" ")
    # Servers hand on what is not UTF-8 in a header as surrogates.
    same = compare_digest(value.strip().encode("utf-8", "surrogatepass"), auth.encode())
    return same and scheme.lower() == "basic"


def _read(data: str | bytes | Mapping[str, str]) -> Mapping[str, str]:
    if isinstance(data, Mapping):
        return data
    try:
        text = data.decode() if isinstance(data, bytes) else data
        pairs = parse_qsl(text.removeprefix("?"), keep_blank_values=True, errors="strict")
    except (AttributeError, TypeError, UnicodeDecodeError):
        raise InputError("the call must be a query or a form in UTF-8, or a mapping") from None
    names = [name for name, _ in pairs if name in _NAMES]
    if len(set(names)) < len(names):
        raise InputError(f"the call has one of {', '.join(_NAMES)} twice")
    return dict(pairs)


def _id(name: str, value: object) -> int:
    if not isinstance(value, str) or not is_number(value):
        raise InputError(f"{name} must be a whole number, not {value!r}")
    return int(value)
