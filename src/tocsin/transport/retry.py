"""Whether a failed try is followed by another: pure, from what is known of it.

| what happened                              | sent again                                   |
|--------------------------------------------|----------------------------------------------|
| nothing went out (NotSentError)            | always                                       |
| 429; 503 with Retry-After                  | always: the server did nothing               |
| 408, 502, 503, 504; MaybeSentError         | only what is idempotent                      |
| 500                                        | GET and HEAD only: often a mistake of ours   |
| anything else                              | never                                        |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import frozen

from tocsin.errors import MaybeSentError, NotSentError, StatusError, TocsinError
from tocsin.options import RetryPolicy
from tocsin.transport.messages import Request


@frozen
class Again:
    """Try once more, after `wait` seconds of our own back-off (0 where the gate does the waiting)."""

    wait: float


def throttles(error: TocsinError) -> bool:
    """Whether the server said "not now" and did nothing: 429, or 503 with Retry-After (RFC 9110, 15.6.4)."""
    return isinstance(error, StatusError) and (
        error.status == 429 or (error.status == 503 and error.retry_after is not None)
    )


def may_repeat(request: Request, error: TocsinError) -> bool:
    """Whether sending `request` again after `error` can do no harm."""
    if isinstance(error, NotSentError) or throttles(error):
        return True
    if isinstance(error, MaybeSentError):
        return request.repeatable
    if isinstance(error, StatusError):
        if error.status == 500:
            return request.method in {"GET", "HEAD"}
        return error.status in {408, 502, 503, 504} and request.repeatable
    return False


def backoff(policy: RetryPolicy, attempt: int, draw: float) -> float:
    """Full jitter: a random share (`draw`, 0 to 1) of the doubled base, up to the cap; in seconds."""
    ceiling = policy.cap if attempt > 60 else min(policy.cap, policy.base * 2.0 ** (attempt - 1))
    return ceiling * draw


def decide(
    policy: RetryPolicy,
    request: Request,
    error: TocsinError,
    *,
    attempt: int,
    waited: float,
    draw: Callable[[], float],
) -> Again | None:
    """What follows try number `attempt`, which ended in `error`; None gives up.

    Args:
        waited: seconds of our own back-off so far in this call.
        draw: gives a random number from 0 to 1.
    """
    if attempt >= policy.attempts or not may_repeat(request, error):
        return None
    if throttles(error):
        return None if (error.retry_after or 0.0) > policy.max_retry_after else Again(0.0)
    wait = backoff(policy, attempt, draw())
    return None if waited + wait > policy.total else Again(wait)


class RetryBudget:
    """A token bucket for one client: an outage must not multiply the load that it meets.

    Each retry takes one; each call that succeeds gives a fifth back, up to `size`.
    """

    def __init__(self, size: int = 100) -> None:
        self._size = float(size)
        self._left = float(size)

    def take(self) -> bool:
        """Spend one retry, if there is one left."""
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def earn(self) -> None:
        """A call succeeded."""
        if self._left < self._size:
            self._left = min(self._size, self._left + 0.2)


def parse_retry_after(value: str | None, date: str | None) -> float | None:
    """Seconds that a Retry-After header asks to wait (RFC 9110, 10.2.3): a number, or an HTTP date.

    A date counts from the answer's own Date header, else from this machine's clock; one gone by is 0. What
    cannot be read is None.
    """
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", value.strip()):
        return float(value)
    until = _http_date(value)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(date) or datetime.now(UTC))).total_seconds())


def _http_date(value: str | None) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)  # "-0000" is UTC (RFC 5322, 3.3)
