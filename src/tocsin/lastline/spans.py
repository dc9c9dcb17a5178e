"""The time that a call is about. The API must be told both of its ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, field, frozen

from tocsin.errors import InputError
from tocsin.lastline.inputs import SelectorCall, second, spelled
from tocsin.paging.checkpoint import State
from tocsin.paging.strategies import Strategy
from tocsin.transport.messages import Params

_TIMES = frozenset({"start_time", "end_time"})
#: Nothing is taken to be older: the sample of the API's page is of 2013.
FIRST = 1_262_304_000  # 2010-01-01


class Times(SelectorCall, total=False):
    """Which time, which appliances, and what every call takes.

    start_time, end_time: aware. Parts of a second are rounded, of a start down and of an end up, since the API has
        whole seconds. Where it is not given or None, the start is in 2010, and the end now.
    """

    start_time: datetime | None
    end_time: datetime | None


@frozen
class Span:
    """From `since` to `until`, in seconds since 1970.

    Attributes:
        open: which of the two the caller left open. What was taken in its place is no part of the query's
            identity: a walk that is resumed later has another now.
    """

    since: int
    until: int
    open: frozenset[str] = frozenset()

    @property
    def identity(self) -> str:
        """What tells it from others, in a checkpoint."""
        since, until = ("open" if end in self.open else getattr(self, end) for end in ("since", "until"))
        return f"from {since} to {until}"

    def next(self, interval: int) -> Span:
        """The same, but each end that was given moved to the next multiple of an interval; may be empty."""
        since, until = (
            when if end in self.open else when - when % -interval
            for end, when in (("since", self.since), ("until", self.until))
        )
        return evolve(self, since=since, until=until)

    @property
    def params(self) -> Params:
        """As a query has it."""
        return between(self.since, self.until)


def between(since: int, until: int) -> Params:
    """Two times as a query has them."""
    return (("start_time", spelled(since)), ("end_time", spelled(until)))


def parted(query: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a call says of time, and all else."""
    times = {name: value for name, value in query.items() if name in _TIMES}
    return times, {name: value for name, value in query.items() if name not in _TIMES}


def span(given: Mapping[str, Any], now: datetime, first: int = FIRST) -> Span:
    """Of "start_time" and "end_time" among `given`; where they are None or missing, `first` and `now`.

    Parts of a second are rounded so that none of the time is lost. Raises InputError.
    """
    start, end = given.get("start_time"), given.get("end_time")
    until = second(now if end is None else end, "end_time", up=True)
    since = first if start is None else second(start, "start_time")
    if since >= until:
        raise InputError("start_time must be before end_time" + (", which is now" if end is None else ""))
    return Span(
        since, until, frozenset({name for name, when in (("since", start), ("until", end)) if when is None})
    )


@frozen
class Whole(Strategy):
    """All of a time in one page."""

    span: Span
    name: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "name", f"single {self.span.identity}")

    def params(self, state: State) -> Params:
        """Both ends."""
        return self.span.params
