"""What calls of AppFirst may be given; see `tocsin.forms`. What a check gives is text, as forms carry it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from tocsin.appfirst.receivers import AlertUser, Subscriber
from tocsin.appfirst.values import is_number
from tocsin.errors import InputError
from tocsin.forms import Check, Form, filled, flag, many, some, text, whole
from tocsin.options import CallOptions
from tocsin.transport import codec

id = whole(1)
#: More digits than anything that is measured has, before the point and behind it.
_DIGITS = 40


def number(low: int, high: int | None = None) -> Check:
    """A whole number, as text."""
    check = whole(low, high)
    return lambda name, value: str(check(name, value))


def decimal(name: str, value: object) -> str:
    """A finite number, as text with all of its digits; a whole one has no point."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InputError(f"{name} must be a Decimal or another number, not {value!r}")
    # Not by way of text: of a whole number with thousands of digits Python makes none.
    exact = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise InputError(f"{name} must be finite, not {value!r}")
    if exact and (exact.adjusted() >= _DIGITS or _places(exact) > _DIGITS):
        raise InputError(f"{name} must have at most {_DIGITS} digits before the point, and as many behind it")
    return str(int(exact)) if exact == exact.to_integral_value() else f"{exact:f}"


def _places(number: Decimal) -> int:
    """How many digits a finite number has behind its point."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def any_whole(name: str, value: object) -> str:
    """A whole number of either sign, as text; also a Decimal that is one."""
    given = decimal(name, value)
    if "." in given:
        raise InputError(f"{name} must be a whole number, not {value!r}")
    return given


def boolean(name: str, value: object) -> str:
    """True or False, as Python writes them: so the API's samples do."""
    return str(flag(name, value))


def length(low: int, high: int) -> Check:
    """A text of so many characters."""

    def check(name: str, value: object) -> str:
        given = text(name, value)
        if not low <= len(given) <= high:
            raise InputError(f"{name} must have {low} to {high} characters, not {len(given)}")
        return given

    return check


def one_of(allowed: Collection[str]) -> Check:
    """One of these words, exactly."""

    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise InputError(f"{name} must be one of {', '.join(map(repr, allowed))}, not {value!r}")
        return value

    return check


def seconds(name: str, value: object) -> str:
    """An aware time, in whole seconds since 1970: the API knows no parts of one."""
    return str(int(codec.aware(value, name).timestamp()))


def ids(name: str, value: object) -> str:
    """Ids, as JSON text."""
    return codec.encode(many(id)(name, value)).decode()


def ports(name: str, value: object) -> str:
    """Port numbers: whole numbers, or a text of them by commas."""
    given = value.split(",") if isinstance(value, str) and value else [] if value == "" else value
    checked = cast("list[int]", many(_port)(name, given))
    return ",".join(map(str, checked))


def _port(name: str, value: object) -> int:
    if isinstance(value, str) and is_number(value.strip()):
        value = int(value)
    return cast("int", whole(0, 65535)(name, value))


def users(name: str, value: object) -> str:
    """At least one user, as JSON text."""
    return codec.encode(some(_user)(name, value)).decode()


def _user(name: str, value: object) -> dict[str, Any]:
    user = value if isinstance(value, AlertUser) else AlertUser(cast("int", value))
    if not isinstance(user.id, int):
        raise InputError(f"{name} must be an AlertUser, or the id of one, not {value!r}")
    ways = ("sendemail", "sendsms", "pushnotification")
    said = {way: flag(f"{name}.{way}", said) for way in ways if (said := getattr(user, way)) is not None}
    return {"id": id(f"{name}.id", user.id), **said}


_METHODS = one_of(("get", "post"))
_EVENTS = one_of(("TRIGGERED", "RESOLVED", "BOTH"))


def subscribers(name: str, value: object) -> list[Subscriber]:
    """Subscribers, and URLs that stand for one with nothing else said. An error shows no `auth`."""
    return cast("list[Subscriber]", many(_subscriber)(name, value))


def _subscriber(name: str, value: object) -> Subscriber:
    one = Subscriber(value) if isinstance(value, str) else value
    if not isinstance(one, Subscriber):
        raise InputError(f"{name} must be a Subscriber or a URL, not {type(value).__name__}")
    url = filled(f"{name}.url", one.url)
    if not url.startswith(("http://", "https://")):
        raise InputError(f'{name}.url must begin with "https://" or "http://", not {url!r}')
    if one.auth is not None and not _is_basic(one.auth):
        raise InputError(f'{name}.auth must be "username:password" in base64: see basic_auth')
    return Subscriber(
        url,
        one.auth,
        _METHODS(f"{name}.type", one.type),
        _EVENTS(f"{name}.event", one.event),
    )


def _is_basic(auth: object) -> bool:
    return isinstance(auth, str) and b":" in decoded(auth)


def decoded(auth: str) -> bytes:
    """What a text in base64 says; nothing where it is none."""
    from base64 import b64decode

    try:
        return b64decode(auth, validate=True)
    except ValueError:
        return b""


def subscribers_text(given: Sequence[Subscriber]) -> str:
    """As JSON text; one of whom nothing is said but the URL is only that."""
    return codec.encode([each.url if each == Subscriber(each.url) else _object(each) for each in given]).decode()


def _object(one: Subscriber) -> dict[str, str]:
    said = {"url": one.url, "auth": one.auth, "type": one.type, "event": one.event}
    return {name: value for name, value in said.items() if value is not None}


def read_changes(form: Form, given: Mapping[str, object]) -> tuple[dict[str, Any], CallOptions]:
    """As `Form.read`, but something must be given. Raises InputError where nothing is."""
    values, call = form.read(given)
    if not values:
        raise InputError(f"nothing to change; there are {', '.join(sorted(form.checks))}")
    return values, call
