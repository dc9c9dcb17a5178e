"""Metrics: ``lastline.metrics``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar, Unpack

import msgspec
from attrs import frozen

from tocsin import forms
from tocsin.errors import InputError
from tocsin.forms import Form
from tocsin.lastline.inputs import SELECTORS, SelectorCall, moment, one_or_more, second, select, word
from tocsin.lastline.models import Data, Metric, Sample
from tocsin.lastline.series import INTERVALS, SeriesReader, SeriesRows
from tocsin.lastline.spans import FIRST, Times, Whole, parted, span
from tocsin.lastline.windows import Windows
from tocsin.options import CallOptions
from tocsin.paging.checkpoint import Checkpoint
from tocsin.paging.page import BadRow, OnBadRow, Reader, Shape, Sheet
from tocsin.paging.pager import Pager
from tocsin.service import Service
from tocsin.transport.codec import encode
from tocsin.transport.messages import Params, Response

T = TypeVar("T")

HALF_HOUR = timedelta(minutes=30)
_SELECT = Form(SELECTORS)
_FORMS = {
    "get": Form({"metric": forms.filled, **SELECTORS}),
    "aggregate": Form({"metrics": one_or_more(word), **SELECTORS}),
}
#: How closely the earliest metric is looked for, in seconds.
_WEEK = 7 * 86_400

# Types are put together at run time, for the codec alone: nothing for a type checker to follow.
_DATA: Any = Data
_LIST: Any = list
_BY_APPLIANCE: Any = dict


def _metrics_of(answer: Data[Any]) -> list[Any]:
    """Each metric once; by the API's page a list, in other readings of it a list for each appliance."""
    data: list[Any] | dict[str, list[Any]] = answer.data
    listed = data if isinstance(data, list) else [metric for some in data.values() for metric in some]
    once: dict[object, Any] = {bytes(each) if isinstance(each, msgspec.Raw) else each: each for each in listed}
    return list(once.values())


_METRICS = Shape(
    envelope=lambda row: _DATA[_LIST[row] | _BY_APPLIANCE[str, _LIST[row]]],
    row=Metric,
    mark=Metric,
    rows=_metrics_of,
    next=lambda _: None,
    total=lambda _: None,
)


@frozen
class _MetricRows:
    """As `_METRICS`, each as a JSON object with its identifier as "metric"."""

    def read(self, response: Response) -> Sheet[bytes]:
        """See `Reader`."""
        sheet = _METRICS.read(response)
        rows = [row if isinstance(row, BadRow) else encode({"metric": str(row)}) for row in sheet.rows]
        return Sheet(rows, sheet.marks, None, None, sheet.clean)


class SampleQuery(Times, total=False):
    """`Times`, and how fine.

    start_time: where it is not given or None, the one that `MetricService.earliest` found for the same
        appliances, or for all.
    resolution: half an hour (as when it is not given), or 1, 2, 3, 4, 6, 8, 12 or 24 hours.
    """

    resolution: timedelta


class MetricService(Service):
    """Counters and gauges of appliances."""

    #: Where samples without a start begin, in seconds since 1970, by what selects appliances.
    _first: Mapping[Params, int] = MappingProxyType({})
    #: Whether `earliest` has found something among all appliances.
    found_earliest = False

    def list(self, *, on_bad_row: OnBadRow = "raise", **query: Unpack[Times]) -> Pager[Metric]:
        """The metrics that some appliance reported at least once in this time; all in one page.

        Args:
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            query: see `Times` and `Selectors`.

        Raises InputError for what the server would refuse; when it is read, also NoSuchApplianceError.
        """
        return self._metrics(_METRICS, query, on_bad_row)

    def rows(self, *, on_bad_row: OnBadRow = "raise", **query: Unpack[Times]) -> Pager[bytes]:
        """As `list`, each as a JSON object: ``{"metric": "counter.…"}``."""
        return self._metrics(_MetricRows(), query, on_bad_row)

    def get(self, metric: str, *, on_bad_row: OnBadRow = "raise", **query: Unpack[SampleQuery]) -> Pager[Sample]:
        """What a metric was on each appliance; every sample once, oldest first.

        The time is read in windows, a page each, so that the resolution is kept however long it is; see `Windows`.
        With prefetch they are read side by side. The first samples may begin before `start_time`, which lies in
        them. Where the server has nothing as fine as asked for, they are as fine as it has them: `Sample.width`
        tells.

        Args:
            metric: as `list` gives it.
            on_bad_row: "raise", or "skip" to put what cannot be read into `Page.bad_rows`.
            query: see `SampleQuery`, `Times` and `Selectors`.

        Raises InputError for what the server would refuse; when it is read, also NoSuchApplianceError.
        """
        return self._samples("get", {"metric": metric}, query, partial(SeriesReader, metric), on_bad_row)

    def sample_rows(
        self,
        metric: str,
        *,
        beginning: bool = False,
        on_bad_row: OnBadRow = "raise",
        **query: Unpack[SampleQuery],
    ) -> Pager[bytes]:
        """As `get`, each sample as a JSON object.

        It has appliance_uuid, metric, time (of its start, as 2026-01-31T23:30:00Z), value, and width in seconds.

        Args:
            beginning: only intervals of the resolution that begin in the time, and all of each: `start_time` and
                `end_time` stand for the next at which one begins.
        """
        rows = partial(_rows_of, metric)
        return self._samples("get", {"metric": metric}, query, rows, on_bad_row, beginning=beginning)

    def aggregate(
        self, metrics: str | Iterable[str], *, on_bad_row: OnBadRow = "raise", **query: Unpack[SampleQuery]
    ) -> Pager[Sample]:
        """As `get`, of one metric or several, each summed over all appliances that are selected.

        How many points the server gives at most is not published here; it is taken to be as many as for `get`.
        """
        return self._samples("aggregate", {"metrics": metrics}, query, partial(SeriesReader, None), on_bad_row)

    def aggregate_rows(
        self, metrics: str | Iterable[str], *, on_bad_row: OnBadRow = "raise", **query: Unpack[SampleQuery]
    ) -> Pager[bytes]:
        """As `aggregate`, each sample as a JSON object: that of `sample_rows`, without appliance_uuid."""
        return self._samples("aggregate", {"metrics": metrics}, query, partial(_rows_of, None), on_bad_row)

    async def earliest(self, **selectors: Unpack[SelectorCall]) -> datetime | None:
        """A time before which there are no metrics, at most a week before the first; None where there are none.

        Found by asking for the list of metrics before some ten times. What is older than 2010 is not found. From
        now on, samples of the same appliances begin there where no start is given; those of any appliances do,
        where this was asked about all.
        """
        if "appliance_uuids" in selectors:
            selectors["appliance_uuids"] = forms.listed("appliance_uuids", selectors["appliance_uuids"])
        low, high = FIRST, second(self._pipeline.link.clock.now(), "end_time", up=True)
        if await self._any_before(high, selectors):
            while high - low > _WEEK:
                middle = (low + high) // 2
                if await self._any_before(middle, selectors):
                    high = middle
                else:
                    low = middle
            self._remember(low, selectors)
            self.found_earliest = self.found_earliest or not selectors
            return moment(low)
        self._remember(high - 1, selectors)
        return None

    def _remember(self, first: int, selectors: SelectorCall) -> None:
        self._first = {**self._first, _whose(self._select(_SELECT, selectors)[0]): first}

    async def _any_before(self, seconds: int, selectors: SelectorCall) -> bool:
        return await self.list(end_time=moment(seconds), **selectors).first() is not None

    def _metrics(self, shape: Reader[T], query: Times, on_bad_row: OnBadRow) -> Pager[T]:
        times, given = parted(query)
        params, call = self._select(_SELECT, given)
        strategy = Whole(span(times, self._pipeline.link.clock.now()))
        where = "/monitoring/metric/list.json"
        return self._list(shape, where, params, strategy, call, key=str, on_bad_row=on_bad_row)

    def _samples(
        self,
        what: str,
        metrics: Mapping[str, object],
        query: SampleQuery,
        reader: Callable[[int], Reader[T]],
        on_bad_row: OnBadRow,
        *,
        beginning: bool = False,
    ) -> Pager[T]:
        times, given = parted(query)
        interval = _interval(given.pop("resolution", HALF_HOUR))
        params, call = self._select(_FORMS[what], {**metrics, **given})
        whose = _whose(params)
        # Other appliances may have older metrics: what was found for some of them is not for these.
        first = self._first.get(whose, self._first.get(_customer(whose)))
        if times.get("start_time") is None and first is None:
            raise InputError("start_time must be given, or found: await metrics.earliest() first")
        asked = span(times, self._pipeline.link.clock.now(), first or FIRST)
        if forms.flag("beginning", beginning):
            asked = asked.next(interval)
        where = f"/monitoring/metric/{what}.json"
        strategy, key = Windows(asked, interval), attrgetter("key")
        pager = self._list(reader(interval), where, params, strategy, call, key=key, on_bad_row=on_bad_row)
        # Where none begins in the time, the walk is at its end before anything is asked for.
        return pager if asked.since < asked.until else pager.resume(Checkpoint(query=pager.query))

    def _select(self, form: Form, given: Mapping[str, object]) -> tuple[Params, CallOptions]:
        return select(form, given, self._pipeline.reporter.redactor)


def _whose(params: Params) -> Params:
    """What selects appliances, in one order."""
    return tuple(sorted(pair for pair in params if pair[0] in SELECTORS))


def _customer(params: Params) -> Params:
    """What selects all appliances of the same customer."""
    return tuple([pair for pair in params if pair[0] == "customer"])


def _rows_of(metric: str | None, interval: int) -> SeriesRows:
    return SeriesRows(SeriesReader(metric, interval))


def _interval(resolution: object) -> int:
    """In seconds. Raises InputError for an interval that the server has not."""
    for interval in INTERVALS:
        if resolution == timedelta(seconds=interval):
            return interval
    raise InputError(
        "resolution must be a timedelta of half an hour, or of 1, 2, 3, 4, 6, 8, 12 or 24 hours, "
        f"not {resolution!r}"
    )
