"""What calls of Lastline may be given; see `tocsin.forms`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict, cast

from tocsin import forms
from tocsin.errors import InputError
from tocsin.forms import Check, Form
from tocsin.options import CallOptions
from tocsin.transport import codec
from tocsin.transport.messages import Params
from tocsin.transport.observe import Redactor

APPLIANCE_TYPES = ("SENSOR", "MANAGER", "ENGINE", "PINBOX", "ANALYST")
#: Replies are asked for in UTC: what zone those without one would be in is not published.
UTC_PLEASE = ("timezone", "UTC")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_UUID = re.compile("[0-9A-Fa-f]{32}")
_KEY = re.compile(r"[^\s,:]+(?::[^\s,:]+)?")


class Selectors(TypedDict, total=False):
    """Which appliances; all of these together, if there are several.

    appliance_uuids: 32 hexadecimal digits each, without dashes. If one of them is not there, or not one's to
        see, the server refuses the whole call: NoSuchApplianceError.
    appliance_type: SENSOR, MANAGER, ENGINE, PINBOX or ANALYST.
    key: a licence, as access_key or access_key:subkey. It has no other place than the URL, and is hidden in all
        that is told of a request.
    key_id, subkey_id: a licence by its ids, in place of `key`; subkey_id only beside key_id.
    customer: the user name of the main customer, an e-mail address; by default one's own. The API's page does not
        have it for `aggregate`, whose server may ignore it.
    """

    appliance_uuids: Iterable[str]
    appliance_type: str
    key: str
    key_id: int | str
    subkey_id: int | str
    customer: str


class SelectorCall(Selectors, CallOptions, total=False):
    """`Selectors`, and what every call takes."""


def _uuid(name: str, value: object) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise InputError(f"{name} must be 32 hexadecimal digits, without dashes, not {value!r}")
    return value


def _uuids(name: str, value: object) -> list[str]:
    return list(dict.fromkeys(cast("list[str]", forms.some(_uuid)(name, value))))


def _type(name: str, value: object) -> str:
    if not isinstance(value, str) or value not in APPLIANCE_TYPES:
        raise InputError(f"{name} must be one of {', '.join(APPLIANCE_TYPES)}, not {value!r}")
    return value


def _key(name: str, value: object) -> str:
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        raise InputError(f"{name} must be an access key, or access key and subkey with a colon between them")
    forms.text(name, value)
    return value


def _id(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return word(name, value)


def _customer(name: str, value: object) -> str:
    text = word(name, value)
    if "@" not in text:
        raise InputError(f"{name} must be an e-mail address, not {value!r}")
    return text


def word(name: str, value: object) -> str:
    """A text without a comma, at which the server cuts lists; not empty."""
    text = forms.filled(name, value)
    if "," in text:
        raise InputError(f"{name} must not have a comma, at which the server cuts lists: {value!r}")
    return text


def one_or_more(check: Check) -> Check:
    """One of what `check` takes, or a list of them."""
    some = forms.some(check)
    return lambda name, value: some(name, [value] if isinstance(value, str) else value)


SELECTORS: Mapping[str, Check] = {
    "appliance_uuids": _uuids,
    "appliance_type": _type,
    "key": _key,
    "key_id": _id,
    "subkey_id": _id,
    "customer": _customer,
}


def select(form: Form, given: Mapping[str, Any], redactor: Redactor) -> tuple[Params, CallOptions]:
    """What selects appliances, and whatever else `form` has, as query pairs, with the zone that times are in.

    Raises TypeError for an unknown name, InputError for a value.
    """
    params, call = form.query(given)
    if "key" in given and {"key_id", "subkey_id"} & given.keys():
        raise InputError("key and key_id exclude each other: each names a licence")
    if "subkey_id" in given and "key_id" not in given:
        raise InputError("subkey_id must be given together with key_id")
    if "key" in given:
        hide_key(given["key"], redactor)
    return (*params, UTC_PLEASE), call


def hide_key(key: str, redactor: Redactor) -> None:
    """Let nothing show a licence key, also where the server repeats it."""
    # As of a header: the keys of many calls must not push out a password.
    for secret in (key, *key.split(":")):
        redactor.learn_headers({"key": secret})


def second(when: object, name: str, *, up: bool = False) -> int:
    """An aware time in seconds since 1970, rounded down, or `up`.

    Raises InputError for a naive time, and for one that is out of what the API can be asked for.
    """
    aware = codec.aware(when, name)
    seconds = (aware - _EPOCH) // _SECOND
    if not 0 <= seconds < 253_370_764_800:  # 9999-01-01
        raise InputError(f"{name} must be of the years 1970 to 9998, not {aware.isoformat()}")
    return seconds + (up and aware - _EPOCH > seconds * _SECOND)


def spelled(seconds: int) -> str:
    """A time as the API's page and the vendor's client write it; in UTC."""
    return moment(seconds).strftime("%Y-%m-%d %H:%M:%S")


def seconds_of(when: datetime) -> int:
    """The second since 1970 that a time is in."""
    return (when - _EPOCH) // _SECOND


def moment(seconds: int) -> datetime:
    """A time of seconds since 1970."""
    return _EPOCH + seconds * _SECOND
