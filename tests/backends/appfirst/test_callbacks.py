"""Calls to a subscriber, as the service that is called reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, strategies as st
from starlette.datastructures import Headers, QueryParams

from tocsin.appfirst import Callback, basic_auth, parse_callback
from tocsin.errors import AuthError, InputError

SAID = {"alert_id": "5", "alert_history_id": "65", "status": "TRIGGERED"}
QUERY = urlencode(SAID)
AUTH = basic_auth("caller", "pass:word")
SIGNED = {"Authorization": f"Basic {AUTH}"}


@pytest.mark.parametrize("method", ["GET", "POST", "get", "post"])
@pytest.mark.parametrize("data", [QUERY, f"?{QUERY}", QUERY.encode(), SAID, QueryParams(QUERY)])
def test_read(method: str, data: Any) -> None:
    """A query or a form is read as text, as bytes, and as a mapping such as Starlette's."""
    assert parse_callback(method, data) == Callback(5, 65, "TRIGGERED")


def test_own_parameters_of_a_subscriber_are_left_alone() -> None:
    """An address may have a query of its own."""
    assert parse_callback("GET", f"tenant=a&tenant=b&{QUERY}").alert_history_id == 65


@given(st.integers(0, 10**18), st.integers(0, 10**18), st.sampled_from(["TRIGGERED", "RESOLVED"]))
def test_any_call_is_read(alert: int, history: int, status: Any) -> None:
    """Whatever ids it has, a call is read as it was written."""
    said = urlencode({"status": status, "alert_history_id": history, "alert_id": alert})
    assert parse_callback("POST", said) == Callback(alert, history, status)


BAD: list[tuple[str, Any, str]] = [
    ("PUT", QUERY, "GET or POST"),
    ("GET", "", "has no alert_id, alert_history_id, status"),
    ("GET", "alert_id=5&status=TRIGGERED", "has no alert_history_id"),
    ("GET", f"{QUERY}&alert_id=6", "twice"),
    ("GET", {**SAID, "status": "triggered"}, "TRIGGERED, RESOLVED"),
    ("GET", {**SAID, "status": ["TRIGGERED"]}, "TRIGGERED, RESOLVED"),
    ("GET", {**SAID, "alert_id": "x"}, "alert_id must be a whole number"),
    ("GET", {**SAID, "alert_id": "-1"}, "alert_id must be"),
    ("GET", {**SAID, "alert_id": 5}, "alert_id must be"),
    ("GET", {**SAID, "alert_history_id": ""}, "alert_history_id must be"),
    ("GET", {**SAID, "alert_history_id": "٣"}, "alert_history_id must be"),
    ("GET", {**SAID, "alert_history_id": "9" * 20}, "alert_history_id must be"),
    ("POST", b"alert_id=\xff", "UTF-8"),
    ("POST", "alert_id=%ff", "UTF-8"),
    ("POST", None, "a query or a form"),
    ("POST", 7, "a query or a form"),
]


@pytest.mark.parametrize(("method", "data", "why"), BAD)
def test_refused(method: str, data: Any, why: str) -> None:
    """What is no such call is refused, and the error says what is missing."""
    with pytest.raises(InputError, match=why):
        parse_callback(method, data)


@pytest.mark.parametrize(
    "headers",
    [
        SIGNED,
        {"authorization": f"basic {AUTH}"},
        {"AUTHORIZATION": f"BASIC  {AUTH}"},
        Headers(SIGNED),
    ],
)
def test_signed(headers: Mapping[str, str]) -> None:
    """The header is found in any case, and its scheme is of no case."""
    assert parse_callback("GET", QUERY, headers, auth=AUTH).alert_id == 5


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"authorization": AUTH},
        {"authorization": f"Bearer {AUTH}"},
        {"authorization": f"Basic {AUTH[:-2]}"},
        {"authorization": "Basic " + basic_auth("caller", "password")},
        {"authorization": "Basic \xff"},
        {"authorization": "Basic \udcff"},
        {"x-authorization": f"Basic {AUTH}"},
    ],
)
def test_not_signed(headers: Mapping[str, str] | None) -> None:
    """A call without the subscriber's signature is refused before it is read, and nothing secret is shown."""
    with pytest.raises(AuthError, match="not signed") as caught:
        parse_callback("GET", "nonsense", headers, auth=AUTH)
    assert caught.value.status == 401
    assert AUTH not in repr(caught.value)


def test_empty_signature_lets_nobody_in() -> None:
    """A setting that was left empty must not open the door."""
    with pytest.raises(InputError, match="auth is empty"):
        parse_callback("GET", QUERY, {"authorization": "Basic "}, auth="")
