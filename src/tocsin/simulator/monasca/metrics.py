"""Metrics and the names in them: sending, and listing what there is."""

from collections.abc import Iterable

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import checks, links
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.querying import AMBIGUOUS, find, shown, span_of
from tocsin.simulator.monasca.request import READERS, SENDERS, Ask, unprocessable
from tocsin.simulator.monasca.series import Series, Span
from tocsin.simulator.web import Reply, as_array, as_object


def create(ask: Ask) -> Reply:
    """Take one metric or many; the first bad one refuses them all."""
    ask.check_content_type()
    ask.permit(SENDERS)
    data = ask.json(exact_type=True)
    given = as_array(data)
    given = [data] if given is None else given
    try:
        for metric in given:
            checks.metric(metric)
    except (checks.InvalidMetricError, KeyError, TypeError, AttributeError) as error:
        raise unprocessable(str(error)) from None
    store(ask, given, 1)
    return Reply(status=204)


def store(ask: Ask, given: Iterable[Json], unit: int) -> None:
    """Keep the metrics, whose timestamps are in ``unit`` milliseconds."""
    tenant = ask.tenant
    for metric in given:
        meta = as_object(metric.get("value_meta")) or {}
        time, value = int(metric["timestamp"] * unit), float(metric["value"])
        ask.state.store.add(tenant, metric["name"], metric.get("dimensions", {}), time, value, meta)


def list_metrics(ask: Ask) -> Reply:
    """The series, in the order of their keys."""
    ask.permit(READERS)
    name = checks.wanted_name(ask, required=False)
    wanted = checks.wanted_dimensions(ask)
    offset = ask.call.value("offset")
    span = span_of(ask)
    limit = ask.limit()
    try:
        first = int(offset) + 1 if offset else 0
    except ValueError as error:
        raise ask.mistake(str(error), repository=True) from None
    found = find(ask, name, wanted)
    if ask.has(Defect.EARLY_END):
        rows = [row for row in found[first : first + limit + 1] if _measured(ask, row, span)]
    else:
        rows = [row for row in found if _measured(ask, row, span)][first : first + limit + 1]
    elements = [
        {"id": str(number), "name": row.name, "dimensions": shown(ask, row)}
        for number, row in enumerate(rows, first)
    ]
    return Reply(links.by_id(ask, elements, limit))


def _measured(ask: Ask, series: Series, span: Span) -> bool:
    """Whether the series has a measurement in the time range, if there is one; the server asks by dimensions."""
    if not span.start:
        return True
    if ask.has(Defect.AMBIGUOUS_START):
        if any(" " in text for item in series.dimensions.items() for text in item):
            raise ask.mistake(
                '400: {"error":"error parsing query: found \\\\ , expected identifier"}', repository=True
            )
        if len(ask.state.store.matching(ask.tenant, series.name, series.dimensions)) > 1:
            raise ask.mistake(AMBIGUOUS, repository=True)
    return series.measured(span)


def names(ask: Ask) -> Reply:
    """The names of metrics."""
    ask.permit(READERS)
    wanted = checks.wanted_dimensions(ask)
    found = {row.name for row in find(ask, "", wanted)} if wanted else ask.state.store.names(ask.tenant)
    return Reply(links.by_text(ask, [{"name": name} for name in sorted(found)], ask.limit()))


def _in_time(ask: Ask) -> list[Series]:
    """The series of a metric, or of all, that a list of dimensions is read from.

    InfluxDB has one index of all its shards: where the time range has a shard, with whosever rows, all count.
    """
    start, end = ask.time("start_time"), ask.time("end_time")
    found = find(ask, ask.call.value("metric_name") or "", {})
    if start is None:
        return found  # an end alone is not looked at
    return found if ask.state.store.has_shard(Span(start, end)) else []


def dimension_names(ask: Ask) -> Reply:
    """The names of dimensions; a time range counts by the week."""
    ask.permit(READERS)
    found = {name for row in _in_time(ask) for name in row.dimensions}
    return Reply(links.by_text(ask, [{"dimension_name": name} for name in sorted(found)], ask.limit()))


def dimension_values(ask: Ask) -> Reply:
    """The values of one dimension; a time range counts by the week."""
    ask.permit(READERS)
    name = ask.call.value("dimension_name")
    if name is None:
        raise unprocessable("Missing dimension_name")
    found = {row.dimensions[name] for row in _in_time(ask) if name in row.dimensions}
    return Reply(links.by_text(ask, [{"dimension_value": value} for value in sorted(found)], ask.limit()))
