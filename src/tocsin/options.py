"""What a user may set: retries, limits, timeouts. Frozen, checked when made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypedDict

from attrs import Attribute, field, frozen

from tocsin.errors import ConfigError


def _number(low: float, what: str, *, above: bool = False) -> Any:
    """A validator: a finite number that is at least `low` (or above it)."""

    def check(_: object, attribute: Attribute[Any], value: object) -> None:
        fine = (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and (low < value < math.inf or (value == low and not above))
        )
        if not fine:
            bound = "above" if above else "at least"
            raise ConfigError(f"{attribute.name} must be {what} {bound} {low:g}, not {value!r}")

    return check


def _whole(low: int) -> Any:
    def check(_: object, attribute: Attribute[Any], value: int | None) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            raise ConfigError(f"{attribute.name} must be a whole number, at least {low}, not {value!r}")

    return check


def _optional(check: Any) -> Any:
    def maybe(instance: object, attribute: Attribute[Any], value: object) -> None:
        if value is not None:
            check(instance, attribute, value)

    return maybe


_seconds = _number(0, "a number of seconds")
_positive_seconds = _number(0, "a number of seconds", above=True)


@frozen(kw_only=True)
class RetryPolicy:
    """When a failed request is tried again. What may be repeated is not decided here: see `transport.retry`.

    Attributes:
        attempts: tries in all, the first included; 1 never retries.
        total: seconds of our own back-off in all, over one call.
        base, cap: back-off before try n+1 is a random time up to ``min(cap, base * 2**(n-1))`` seconds.
        max_retry_after: the longest wait, in seconds, that a server's Retry-After may impose; a longer
            one is raised at once, with `retry_after` on the error.
    """

    attempts: int = field(default=4, validator=_whole(1))
    total: float = field(default=60.0, validator=_seconds)
    base: float = field(default=0.2, validator=_seconds)
    cap: float = field(default=10.0, validator=_seconds)
    max_retry_after: float = field(default=120.0, validator=_seconds)


@frozen(kw_only=True)
class Timeouts:
    """Seconds; None waits without an end.

    Attributes:
        connect: to have a connection, TLS included.
        read: between two pieces of an answer.
        write: between two pieces of what is sent.
        attempt: one try, from sending to the last byte of the answer.
        total: the whole call, all tries, back-off and queueing included.
    """

    connect: float | None = field(default=5.0, validator=_optional(_positive_seconds))
    read: float | None = field(default=30.0, validator=_optional(_positive_seconds))
    write: float | None = field(default=30.0, validator=_optional(_positive_seconds))
    attempt: float | None = field(default=None, validator=_optional(_positive_seconds))
    total: float | None = field(default=None, validator=_optional(_positive_seconds))


@frozen
class Rate:
    """A fixed window: at most `calls` in each `per` seconds, counted from a window's first call."""

    calls: int = field(validator=_whole(1))
    per: float = field(default=60.0, validator=_positive_seconds)


@frozen(kw_only=True)
class Limits:
    """How hard one client may press on one host.

    Attributes:
        concurrency: calls in flight at once.
        connections: open connections; None means as many as `concurrency` and a few in reserve.
        adaptive: let concurrency follow latency and 429 (additive increase, multiplicative decrease),
            with `concurrency` as its ceiling.
        rate: a known limit of the server, kept ahead of its 429.
        max_body: the largest answer taken, in bytes; a larger one is a DecodeError.
    """

    concurrency: int = field(default=10, validator=_whole(1))
    connections: int | None = field(default=None, validator=_optional(_whole(1)))
    adaptive: bool = False
    rate: Rate | None = None
    max_body: int = field(default=256 * 1024 * 1024, validator=_whole(1))

    def __attrs_post_init__(self) -> None:
        if self.rate is not None and not isinstance(self.rate, Rate):
            raise ConfigError(f"rate must be Rate(calls, per), not {self.rate!r}")
        if self.connections is not None and self.connections < self.concurrency:
            raise ConfigError(
                f"connections ({self.connections}) must be at least concurrency ({self.concurrency})"
            )


class CallOptions(TypedDict, total=False):
    """What every call takes: its own `timeouts` and `retry`, and more headers and query parameters."""

    timeouts: Timeouts
    retry: RetryPolicy
    extra_headers: Mapping[str, str]
    extra_params: Mapping[str, str]


_KINDS = {"retry": RetryPolicy, "timeouts": Timeouts, "limits": Limits}


def check_kinds(options: Mapping[str, object]) -> None:
    """Raises ConfigError for a `retry`, `timeouts` or `limits` among `options` that is something else."""
    for name, kind in _KINDS.items():
        if name in options and not isinstance(options[name], kind):
            raise ConfigError(f"{name} must be {kind.__name__}(...), not {options[name]!r}")
