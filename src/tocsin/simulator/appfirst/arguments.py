"""What the arguments of alerts may be, from the API's page about alerts."""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from tocsin.simulator.appfirst.entities import Alert, Recipient, Subscriber
from tocsin.simulator.appfirst.kinds import BANDED_TRIGGERS, CONTENT_TRIGGERS, KINDS, LONGEST_WINDOW
from tocsin.simulator.appfirst.request import Ask, integer
from tocsin.simulator.frame import Json
from tocsin.simulator.web import as_array, as_object

WAYS = ("sendemail", "sendsms", "pushnotification")
EVENTS = ("TRIGGERED", "RESOLVED", "BOTH")

Mistakes = dict[str, list[str]]
"""By argument, what is wrong with it."""

_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_PORTS = re.compile(r"(?:[0-9]{1,5}(?:,[0-9]{1,5})*)?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_MOST = 2**31 - 1
_LONG = 10**18


class _Mistake(Exception):  # noqa: N818 - a client's, which is answered
    """What is wrong with an argument."""


_Read = Callable[[Ask, str], Json]


def _text(least: int, most: int) -> _Read:
    def read(_: Ask, text: str) -> str:
        if not least <= len(text) <= most:
            raise _Mistake(f"Must have {least} to {most} characters.")
        return text

    return read


def _whole(least: int, most: int = _MOST) -> _Read:
    def read(_: Ask, text: str) -> int:
        number = integer(text)
        if number is None or not least <= number <= most:
            raise _Mistake(f"Must be an integer between {least} and {most}.")
        return number

    return read


def _one_of(*allowed: str) -> _Read:
    def read(_: Ask, text: str) -> str:
        if text not in allowed:
            raise _Mistake(f"Must be one of {', '.join(allowed)}.")
        return text

    return read


def _boolean(_: Ask, text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise _Mistake("Must be True or False.")
    return _BOOLEANS[text.lower()]


def _direction(ask: Ask, text: str) -> Json:
    """The prose has a capital, the samples have none."""
    return _one_of("above", "below", "outside bounds")(ask, text.lower())


def _ports(_: Ask, text: str) -> str:
    if not _PORTS.fullmatch(text) or any(int(port) > 65535 for port in text.split(",") if port):
        raise _Mistake("Must be a comma separated list of port numbers.")
    return text


def _decimal(_: Ask, text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise _Mistake("Must be a decimal number.")
    return Decimal(text)


def _users(ask: Ask, text: str) -> list[Recipient]:
    rows = as_array(ask.json("users", text))
    if rows is None:
        raise _Mistake("Must be a list of users.")
    return [_recipient(ask, row) for row in rows]


def _recipient(ask: Ask, row: Json) -> Recipient:
    """One user, by the id of the samples, the ``user_id`` of the prose, or the deprecated e-mail address."""
    given = as_object(row)
    if given is None:
        raise _Mistake("Each user must be an object.")
    id, email = given.get("id", given.get("user_id")), given.get("email")
    users = ask.state.users
    if id is None:
        user = next((each for each in users if each.email == email), None)
    else:
        user = users.get(id) if isinstance(id, int) and not isinstance(id, bool) else None
    if user is None:
        raise _Mistake("A valid user id or email must be provided for each user.")
    ways = {way: given.get(way, False) for way in WAYS}
    if not all(isinstance(value, bool) for value in ways.values()):
        raise _Mistake(f"{', '.join(WAYS)} must be true or false.")
    return Recipient(user.id, **ways)


def _subscribers(ask: Ask, text: str) -> list[Subscriber]:
    rows = as_array(ask.json("subscribers", text))
    if rows is None:
        raise _Mistake("Must be a list of subscribers.")
    return [_subscriber(row) for row in rows]


def _subscriber(row: Json) -> Subscriber:
    """A URL, or an object with one; the rest has defaults."""
    given = {"url": row} if isinstance(row, str) else as_object(row)
    if given is None:
        raise _Mistake("Each subscriber must be a URL or an object with one.")
    url, auth = given.get("url"), given.get("auth")
    type, event = given.get("type", "get"), given.get("event", "BOTH")
    if not isinstance(url, str) or not _is_url(url):
        raise _Mistake("Each subscriber must have a URL.")
    if auth is not None and not _is_basic(auth):
        raise _Mistake("auth must be the base64 encoded username:password.")
    if type not in ("get", "post"):
        raise _Mistake("type must be get or post.")
    if event not in EVENTS:
        raise _Mistake(f"event must be one of {', '.join(EVENTS)}.")
    return Subscriber(url, auth, type, event)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable() and " " not in text
        )
    except ValueError:
        return False


def _is_basic(value: Json) -> bool:
    try:
        return isinstance(value, str) and ":" in base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return False


_ARGUMENTS: Mapping[str, _Read] = {
    "name": _text(1, 32),
    "active": _boolean,
    "direction": _direction,
    "threshold": _whole(-_LONG, _LONG),
    "threshold_type": _one_of("static", "out of band"),
    "band_value": lambda ask, text: float(_decimal(ask, text)),
    "window_length": _whole(1, max(LONGEST_WINDOW.values())),
    "window_units": _one_of(*LONGEST_WINDOW),
    "interval": _whole(0),
    "time_above_threshold": _whole(0),
    "num_of_servers": _whole(1),
    "part_name": _text(0, 256),
    "ip_detail": _ports,
    "ip_details": _ports,
    "reg_exp": _text(0, 4096),
    "users": _users,
    "subscribers": _subscribers,
}


def read(ask: Ask, trigger_type: str, mistakes: Mistakes, *, leave: Collection[str]) -> dict[str, Json]:
    """The values of the arguments that the form has, but for some that the operation does not take."""
    found: dict[str, Json] = {}
    for name, reader in _ARGUMENTS.items():
        text = None if name in leave else ask.given(name)
        if text is None:
            continue
        try:
            decimal = name == "threshold" and trigger_type == "Disk"
            found[name] = _decimal(ask, text) if decimal else reader(ask, text)
        except _Mistake as mistake:
            mistakes[name] = [str(mistake)]
    ports = found.pop("ip_detail", None)  # as the page writes it once, for POST; every reply has the other
    if ports is not None:
        found.setdefault("ip_details", ports)
    return found


def check_together(ask: Ask, alert: Alert, mistakes: Mistakes) -> None:
    """The rules about more than one attribute."""
    if alert.threshold_type == "out of band":
        if not KINDS[alert.type].banded or alert.trigger_type not in BANDED_TRIGGERS:
            mistakes["threshold_type"] = [f"{alert.type} alerts on {alert.trigger_type} must be static."]
        longest = LONGEST_WINDOW[alert.window_units]
        if alert.window_length > longest:
            mistakes["window_length"] = [f"Must be an integer between 1 and {longest}."]
    if ask.state.needs_reg_exp and alert.trigger_type in CONTENT_TRIGGERS and not alert.reg_exp:
        mistakes["reg_exp"] = ["This field is required for this trigger_type."]
