"""Creating metrics: part of ``monasca.metrics``."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Unpack

import msgspec
from attrs import evolve, field, frozen

from tocsin import forms
from tocsin.errors import InputError
from tocsin.monasca.batches import Framing, Post, as_it_is, write
from tocsin.monasca.dialect import say_in
from tocsin.monasca.inputs import METRIC_RULES, MetricRules, number
from tocsin.monasca.resource import MonascaService
from tocsin.options import CallOptions
from tocsin.transport.messages import Params, Request, with_call

#: Metrics a request: more are no faster (monasca-api 11.0.0 with InfluxDB).
BATCH = 5_000
#: Bytes a request. The server has no limit of its own; what stands before it may.
MAX_BYTES = 2_000_000

#: Series that an encoder remembers, so that each is checked once.
_REMEMBERED = 50_000

#: A dict is told by its class; whether another is a Mapping takes a while to find out.
_MAPPINGS = (dict, Mapping)


@frozen
class NewMetric:
    """A value to be written.

    Attributes:
        name: of the metric: 1 to 255 characters but ``<>={},"\\\\;&()`` and blanks; to 64 in the dialect of 2014.
        value: finite; stored as a double.
        dimensions: names and values of 1 to 255 characters but ``<>={},"\\\\;&``, names without "_" in front;
            in the dialect of 2014 only letters, digits, "." and "_".
        timestamp: aware, from 1970 on; None for now. Kept to the millisecond, and to the second in the dialect of
            2014. A series has one value for each: what is written later replaces it.
        value_meta: a JSON object of at most 16 entries and 2048 characters; none in the dialect of 2014.
    """

    name: str
    value: float
    dimensions: Mapping[str, str] = field(factory=dict[str, str])
    timestamp: datetime | None = None
    value_meta: Mapping[str, Any] | None = None


class _Row(msgspec.Struct, omit_defaults=True):
    name: msgspec.Raw
    timestamp: int
    value: float
    dimensions: msgspec.Raw
    value_meta: dict[str, Any] | None = None


class MetricEncoder:
    """Makes JSON of metrics, in one dialect.

    Args:
        now: what time it is, for metrics that do not say.
    """

    def __init__(self, rules: MetricRules, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._now = now
        self._encode = msgspec.json.Encoder().encode
        self._series: dict[tuple[object, ...], tuple[msgspec.Raw, msgspec.Raw]] = {}

    def encode(self, metric: NewMetric) -> bytes:
        """Raises InputError for what the server would refuse or lose."""
        if not isinstance(metric, NewMetric):
            raise InputError(f"a metric must be a NewMetric, not {metric!r}")
        name, dimensions = self._names(metric)
        when = metric.timestamp if metric.timestamp is not None else self._now()
        row = _Row(
            name,
            self._rules.check_timestamp("timestamp", when),
            number("value", metric.value),
            dimensions,
            self._rules.check_value_meta("value_meta", metric.value_meta),
        )
        return self._encode(row)

    def _names(self, metric: NewMetric) -> tuple[msgspec.Raw, msgspec.Raw]:
        given = metric.dimensions
        key: tuple[object, ...] = (metric.name, *(given.items() if isinstance(given, _MAPPINGS) else (given,)))
        try:
            known = self._series.get(key)
        except TypeError:  # a value that is no str, and has no hash
            known = None
        return known or self._learn(key, metric)

    def _learn(self, key: tuple[object, ...], metric: NewMetric) -> tuple[msgspec.Raw, msgspec.Raw]:
        name = self._encode(self._rules.check_name("name", metric.name))
        dimensions = self._encode(self._rules.check_dimensions("dimensions", metric.dimensions))
        self._rules.check_series("the metric", name + dimensions)
        if len(self._series) >= _REMEMBERED:
            self._series.clear()
        made = self._series[key] = msgspec.Raw(name), msgspec.Raw(dimensions)
        return made


class MetricWriting(MonascaService):
    """Writing of metrics.

    A write is not sent again where it is unknown whether it was acted on. The store keeps one value for a series
    and time however often it comes (InfluxDB), but what judges alarms counts it, and sums it, each time. With
    ``idempotent=True`` the caller says that this does no harm.
    """

    async def create(
        self,
        name: str,
        value: float,
        *,
        dimensions: Mapping[str, str] | None = None,
        timestamp: datetime | None = None,
        value_meta: Mapping[str, Any] | None = None,
        tenant_id: str | None = None,
        idempotent: bool = False,
        **call: Unpack[CallOptions],
    ) -> None:
        """Write one value; see `NewMetric`. The server takes it, and stores it a little later.

        Args:
            tenant_id: of another project, for those who have the delegate role; the server pays no heed to it from
                others (current dialect only).
            idempotent: whether it may be sent again; see `MetricWriting`.

        Raises InputError; NotSupported for what only the other dialect has.
        """
        metric = NewMetric(name, value, dimensions if dimensions is not None else {}, timestamp, value_meta)
        post = await self._post(tenant_id, idempotent, call)
        encoder = await self._encoder()
        await post(encoder.encode(metric))

    async def create_many(
        self,
        metrics: Iterable[NewMetric],
        *,
        batch: int = BATCH,
        max_bytes: int = MAX_BYTES,
        concurrency: int = 1,
        tenant_id: str | None = None,
        idempotent: bool = False,
        **call: Unpack[CallOptions],
    ) -> int:
        """Write values, all of which are checked before the first is sent; how many there were.

        Args:
            batch, max_bytes: metrics and bytes of a request, at most.
            concurrency: requests side by side.
            tenant_id, idempotent: see `create`.

        Raises InputError, which names the metric by its index, when nothing was sent; `BatchError` when something
        was, which knows what became of each; NotSupported as `create`.
        """
        framing = Framing(b"[", b"]", batch, max_bytes)
        post = await self._post(tenant_id, idempotent, call)
        encoder = await self._encoder()
        given = forms.listed("metrics", metrics)
        rows = [_encoded(encoder, framing, at, each) for at, each in enumerate(given)]
        return await write(rows, as_it_is, framing, post, concurrency)

    async def create_stream(
        self,
        metrics: AsyncIterable[NewMetric] | Iterable[NewMetric],
        *,
        batch: int = BATCH,
        max_bytes: int = MAX_BYTES,
        concurrency: int = 1,
        tenant_id: str | None = None,
        idempotent: bool = False,
        **call: Unpack[CallOptions],
    ) -> int:
        """Write values as they come, however many; how many there were.

        A request goes out when it is full, or when there are no more. No more is read ahead than makes one request
        while others are under way. A metric that cannot be sent ends the stream when those before it were sent;
        so does an error of `metrics` itself, which is raised as it is. After a failure `metrics` is left where it
        stands, so that the rest can be read from it; a generator is for the caller to close.

        Args:
            batch, max_bytes: metrics and bytes of a request, at most.
            concurrency: requests side by side; with more than one, values may be stored in another order.
            tenant_id, idempotent: see `create`.

        Raises `BatchError`, which knows what became of each metric that was read; NotSupported as `create`.
        """
        framing = Framing(b"[", b"]", batch, max_bytes)
        post = await self._post(tenant_id, idempotent, call)
        if isinstance(metrics, str | bytes | Mapping) or not isinstance(metrics, AsyncIterable | Iterable):
            raise InputError(f"metrics must be an iterable or an async iterable of NewMetric, not {metrics!r}")
        encoder = await self._encoder()

        def encode(at: int, metric: NewMetric) -> bytes:
            return _encoded(encoder, framing, at, metric)

        return await write(metrics, encode, framing, post, concurrency)

    async def _encoder(self) -> MetricEncoder:
        return MetricEncoder(METRIC_RULES[await self._dialect()], self._pipeline.link.clock.now)

    async def _post(self, tenant_id: str | None, idempotent: bool, call: CallOptions) -> Post:
        params: Params = ()
        if tenant_id is not None:
            params = (("tenant_id", forms.filled("tenant_id", tenant_id)),)
        headers = {"content-type": "application/json"}
        repeatable = forms.flag("idempotent", idempotent)
        request = with_call(Request("POST", "/metrics", params, headers=headers, idempotent=repeatable), call)
        request = say_in(await self._dialect(), request)

        async def post(body: bytes) -> None:
            await self._pipeline.send(evolve(request, body=body), **call)

        return post


def _encoded(encoder: MetricEncoder, framing: Framing, at: int, metric: NewMetric) -> bytes:
    try:
        return framing.fit("it", encoder.encode(metric))
    except InputError as error:
        raise InputError(f"metrics[{at}]: {error.message}") from None
