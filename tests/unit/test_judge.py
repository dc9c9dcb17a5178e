"""What an answer means, by its status and its body."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.transport.fakes import answer

from tocsin.errors import RateLimitedError, RedirectError, ServerError, StatusError
from tocsin.transport.judge import Failed, SignInAgain, Throttled, excerpt, judge_status
from tocsin.transport.messages import Request
from tocsin.transport.wire import Answer

GET = Request("GET", "/")


def explain(body: Any) -> tuple[str, Mapping[str, list[str]]]:
    return body["detail"], {"a": ["b"]}


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_good(status: int) -> None:
    """2xx is good, whatever the body."""
    assert judge_status(GET, answer(status, b"what"), explain) is None


@pytest.mark.parametrize(
    ("got", "verdict"),
    [
        (answer(401, b""), SignInAgain),
        (answer(429, b""), Throttled),
        (answer(503, b"", retry_after="3"), Throttled),
        (answer(503, b""), Failed),
        (answer(404, b""), Failed),
        (answer(302, b"", location="/x"), Failed),
        (answer(100, b""), Failed),
    ],
)
def test_verdicts(got: Answer, verdict: type) -> None:
    """401 asks for another token, 429 and a dated 503 throttle, the rest fails."""
    assert type(judge_status(GET, got, explain)) is verdict


def test_unsigned() -> None:
    """A request that was not signed cannot be signed better."""
    assert type(judge_status(Request("GET", "/", sign=False), answer(401, b""), explain)) is Failed


def error_of(got: Answer) -> StatusError:
    verdict = judge_status(GET, got, explain)
    assert verdict is not None
    assert isinstance(verdict.error, StatusError)
    return verdict.error


def test_error() -> None:
    """The error says what the body says, and keeps it."""
    error = error_of(answer(429, b'{"detail": "slow"}', retry_after="3", x_request_id="r"))
    assert type(error) is RateLimitedError
    assert (error.message, error.status, error.body) == ("HTTP 429: slow", 429, b'{"detail": "slow"}')
    assert (error.errors, error.retry_after, error.request_id) == ({"a": ["b"]}, 3.0, "r")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "HTTP 500"),
        (b"<h1>\n Oops </h1>", "HTTP 500: <h1> Oops </h1>"),
        (b"\xff", "HTTP 500: �"),
        (b"[" * 100_000, "HTTP 500: " + "[" * 200 + "…"),
        (b'"\xff"', 'HTTP 500: "�"'),
    ],
)
def test_body_that_is_not_json(body: bytes, message: str) -> None:
    """A body that is not JSON is quoted, on one line and in short; none is not."""
    error = error_of(answer(500, body))
    assert type(error) is ServerError
    assert error.message == message


def test_redirect() -> None:
    """A redirect names where it points, and the likely cause."""
    error = error_of(answer(301, b"", location="https://x.example/login"))
    assert type(error) is RedirectError
    assert "'https://x.example/login'" in error.message
    assert "base URL" in error.message


def test_excerpt() -> None:
    """The beginning of a body, on one line."""
    assert excerpt(b" a\n\tb ", 3) == "a b"
    assert excerpt(b"abcd", 3) == "abc…"


@pytest.mark.parametrize("rest", ["?ticket=hunter", "#hunter", "?a=b#hunter"])
def test_redirect_without_query(rest: str) -> None:
    """Where a redirect points is told without query and fragment."""
    assert (
        "to 'https://x.example/login';"
        in error_of(answer(302, b"", location=f"https://x.example/login{rest}")).message
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"id": 2, "token": "wh-secret-123", "na', '{"id": 2, "token": "***", "na'),
        (b'{"token" :  "wh-secret-123', '{"token" : "***'),
        (b'{"API_KEY":"k","subscribers":[{"auth":"dTpw"', '{"API_KEY":"***","subscribers":[{"auth":"***"'),
        (b'{"name": "token"', '{"name": "token"'),
    ],
)
def test_an_excerpt_shows_no_secret_member(body: bytes, shown: str) -> None:
    """What JSON names as secret is blanked, also where the answer is cut off in it."""
    assert excerpt(body) == shown
