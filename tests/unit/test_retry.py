"""What is sent again, after how long, and how often."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, strategies as st

from tocsin.errors import (
    AuthError,
    ConfigError,
    DecodeError,
    MaybeSentError,
    NotSentError,
    StatusError,
    TocsinError,
)
from tocsin.options import RetryPolicy
from tocsin.transport.messages import Request
from tocsin.transport.retry import Again, RetryBudget, backoff, decide, may_repeat, parse_retry_after, throttles


def status(code: int, after: float | None = None) -> StatusError:
    return StatusError.for_status(code)("no", status=code, retry_after=after)


GET, HEAD, PUT, DELETE, POST, PATCH = (Request(m, "/") for m in ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"])
SAFE_POST = Request("POST", "/", idempotent=True)
UNSAFE_GET = Request("GET", "/", idempotent=False)
ALL = (GET, HEAD, PUT, DELETE, POST, PATCH, SAFE_POST, UNSAFE_GET)
REPEATABLE = (GET, HEAD, PUT, DELETE, SAFE_POST)

TABLE: list[tuple[TocsinError, tuple[Request, ...]]] = [
    (NotSentError("no"), ALL),
    (status(429), ALL),
    (status(429, 3.0), ALL),
    (status(503, 3.0), ALL),
    (status(503, 0.0), ALL),
    (status(503), REPEATABLE),
    (status(408), REPEATABLE),
    (status(502), REPEATABLE),
    (status(504), REPEATABLE),
    (MaybeSentError("no"), REPEATABLE),
    (status(500), (GET, HEAD, UNSAFE_GET)),
    *[(status(code), ()) for code in (301, 400, 401, 403, 404, 409, 410, 413, 418, 422, 425, 501, 505, 507)],
    (DecodeError("no"), ()),
    (AuthError("no"), ()),
    (ConfigError("no"), ()),
]


@pytest.mark.parametrize("request_", ALL, ids=lambda r: f"{r.method}-{r.idempotent}")
@pytest.mark.parametrize(("error", "repeated"), TABLE, ids=lambda value: getattr(value, "status", None))
def test_table(request_: Request, error: TocsinError, repeated: tuple[Request, ...]) -> None:
    """Each failure is repeated for just those requests for which it can do no harm."""
    expected = any(request_ is one for one in repeated)
    assert may_repeat(request_, error) is expected
    again = decide(RetryPolicy(), request_, error, attempt=1, waited=0.0, draw=lambda: 0.5)
    assert (again is not None) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (status(429), True), (status(429, 1.0), True), (status(503, 1.0), True), (status(503), False),
        (status(500, 1.0), False), (NotSentError("no", retry_after=1.0), False),
    ],
)  # fmt: skip
def test_throttles(error: TocsinError, expected: bool) -> None:
    """429, and 503 that says when to come again, are no failures."""
    assert throttles(error) is expected


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 100), st.floats(0, 1000))
def test_full_jitter(attempt: int, draw: float, base: float, cap: float) -> None:
    """Back-off is the drawn share of a ceiling that doubles up to the cap."""
    policy = RetryPolicy(base=base, cap=cap)
    ceiling = backoff(policy, attempt, 1.0)
    assert 0 <= backoff(policy, attempt, draw) <= ceiling <= cap
    assert backoff(policy, attempt, 0.0) == 0
    assert backoff(policy, attempt, draw) == ceiling * draw


def test_doubling() -> None:
    """The ceiling begins at the base, doubles with each try, and stops at the cap."""
    policy = RetryPolicy(base=0.2, cap=3)
    assert [backoff(policy, attempt, 1.0) for attempt in range(1, 7)] == pytest.approx([0.2, 0.4, 0.8, 1.6, 3, 3])


def test_attempts() -> None:
    """As many tries as the policy has, the first included."""
    policy = RetryPolicy(attempts=3)

    def after(attempt: int) -> Again | None:
        return decide(policy, GET, status(502), attempt=attempt, waited=0.0, draw=lambda: 1.0)

    assert [after(attempt) is not None for attempt in (1, 2, 3, 4)] == [True, True, False, False]
    assert decide(RetryPolicy(attempts=1), GET, status(429), attempt=1, waited=0.0, draw=lambda: 1.0) is None


def test_total() -> None:
    """A back-off that would pass the total is not begun."""
    policy = RetryPolicy(base=1, cap=1, total=2.5)
    assert decide(policy, GET, status(502), attempt=1, waited=1.5, draw=lambda: 1.0) == Again(1.0)
    assert decide(policy, GET, status(502), attempt=1, waited=1.6, draw=lambda: 1.0) is None


def test_throttling_spends_no_total() -> None:
    """The wait that a server asks for is none of ours, and bounded by its own setting alone."""
    policy = RetryPolicy(total=0, max_retry_after=120)
    for error in (status(429), status(429, 120.0), status(503, 120.0)):
        assert decide(policy, POST, error, attempt=1, waited=1000.0, draw=lambda: 1.0) == Again(0.0)
    assert decide(policy, POST, status(429, 120.1), attempt=1, waited=0.0, draw=lambda: 1.0) is None


def test_budget() -> None:
    """Each retry spends one, each success gives a fifth back, never more than the size."""
    budget = RetryBudget(2)
    assert [budget.take(), budget.take(), budget.take()] == [True, True, False]
    for _ in range(4):
        budget.earn()
    assert not budget.take()
    budget.earn()
    budget.earn()
    assert budget.take()
    for _ in range(100):
        budget.earn()
    assert [budget.take(), budget.take(), budget.take()] == [True, True, False]


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        (None, None, None),
        ("0", None, 0.0),
        ("120", None, 120.0),
        (" 7 ", None, 7.0),
        ("1.5", None, 1.5),
        ("-1", None, None),
        ("1e3", None, None),
        ("٣", None, None),
        ("soon", None, None),
        ("", None, None),
        ("9" * 13, None, None),
        (format_datetime(NOON + timedelta(seconds=30), usegmt=True), format_datetime(NOON, usegmt=True), 30.0),
        (format_datetime(NOON, usegmt=True), format_datetime(NOON + timedelta(seconds=30), usegmt=True), 0.0),
        ("Thu, 01 Jan 2026 12:00:10 -0000", format_datetime(NOON, usegmt=True), 10.0),
        ("Mon, 01 Jan 99999999999999 00:00:00 GMT", None, None),
        ("Mon, 99 Jan 2026 00:00:00 GMT", None, None),
    ],
)
def test_retry_after(value: str | None, date: str | None, seconds: float | None) -> None:
    """Seconds or a date, counted from the server's own Date; what cannot be read is nothing."""
    assert parse_retry_after(value, date) == seconds


@pytest.mark.parametrize("date", [None, "broken"])
def test_retry_after_without_date(date: str | None) -> None:
    """Without a Date that can be read, this machine's clock counts."""
    value = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert parse_retry_after(value, date) == pytest.approx(100, abs=5)


@given(st.text(), st.none() | st.text())
def test_retry_after_never_fails(value: str, date: str | None) -> None:
    """Whatever a server sends, it is a number that is not negative, or nothing."""
    seconds = parse_retry_after(value, date)
    assert seconds is None or seconds >= 0
