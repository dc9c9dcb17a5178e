"""What an answer of Monasca or Keystone means: shapes recorded from monasca-api 11.0.0 and Keystone 30.0.0."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.backends.monasca.keystone_cloud import FORBIDDEN, UNAUTHORIZED
from tests.transport.fakes import answer

from tocsin.errors import ForbiddenError, StatusError
from tocsin.monasca.errors import explain, judge
from tocsin.transport.judge import Failed, SignInAgain, Throttled, Verdict
from tocsin.transport.messages import Request

GET = Request("GET", "/metrics")


def verdict(status: int, body: object, request: Request = GET, **headers: str) -> Verdict | None:
    """What becomes of an answer."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return judge(request, answer(status, raw, **headers))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (FORBIDDEN, "Forbidden: The request does not have access to this service"),
        (UNAUTHORIZED, "Unauthorized: The request you have made requires authentication."),
        ({"title": "404 Not Found"}, "Not Found"),
        ({"title": "Bad request", "description": None}, "Bad request"),
        ({"error": {"code": 403, "identity": {}, "message": "no", "title": "Forbidden"}}, "Forbidden: no"),
        ({"error": "a text", "title": "x"}, "x"),
        ("a text", "a text"),
        ([1], ""),
        ({}, ""),
    ],
)
def test_error_bodies_are_read(body: Any, text: str) -> None:
    """Each shape gives one sentence; no field is told apart."""
    assert explain(body) == (text, {})


def test_a_good_answer_is_good() -> None:
    """Every 2xx is, with or without a body."""
    assert verdict(200, {}) is None
    assert verdict(204, b"") is None


def test_a_token_that_is_refused_asks_for_another() -> None:
    """The 401 of an expired, revoked or made-up token; not so for a request that was not signed."""
    assert isinstance(verdict(401, UNAUTHORIZED), SignInAgain)
    assert isinstance(verdict(401, b"<html>"), SignInAgain)
    assert isinstance(verdict(401, UNAUTHORIZED, Request("GET", "/", sign=False)), Failed)


def test_a_missing_role_is_forbidden() -> None:
    """Monasca says it with status 401, and only the body tells; no other token of this user would help."""
    found = verdict(401, FORBIDDEN, x_openstack_request_id="req-1")
    assert isinstance(found, Failed)
    assert isinstance(found.error, ForbiddenError)
    assert found.error.status == 401
    assert found.error.request_id == "req-1"
    assert msgspec.json.decode(found.error.body) == FORBIDDEN


def test_descriptions_are_shown() -> None:
    """What Monasca says of a mistake is in the error."""
    found = verdict(409, {"title": "MultipleMetrics", "description": "Found multiple metrics"})
    assert isinstance(found, Failed)
    assert isinstance(found.error, StatusError)
    assert str(found.error) == "HTTP 409: MultipleMetrics: Found multiple metrics"


def test_a_503_that_names_a_time_throttles() -> None:
    """Monasca sends Retry-After when its message queue is away."""
    body = {"title": "Service unavailable", "description": "x"}
    assert isinstance(verdict(503, body, retry_after="60"), Throttled)
    assert isinstance(verdict(503, body), Failed)
