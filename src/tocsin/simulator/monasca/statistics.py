"""Statistics over periods of time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby, islice

import attrs

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import links
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.querying import read
from tocsin.simulator.monasca.request import Ask, unprocessable
from tocsin.simulator.monasca.series import Row, Series, Span, merged
from tocsin.simulator.web import Reply

FUNCTIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
    "sum": sum,
    "count": len,
}
DEFAULT_PERIOD = 300
_STAMP = "%Y-%m-%dT%H:%M:%SZ"

Bucket = list[Json]
"""A period's begin, then one number for each function."""


def functions(ask: Ask) -> list[str]:
    """The functions that a query asks for."""
    given = [each.lower() for item in ask.call.values.get("statistics", []) for each in item.split(",")]
    if not given:
        raise unprocessable("Missing statistics")
    if not set(given) <= set(FUNCTIONS):
        raise unprocessable("Invalid statistic")
    return given


def period(ask: Ask) -> int:
    """The length of a period in seconds; 0 is one period over all."""
    try:
        given = int(ask.call.value("period") or DEFAULT_PERIOD)
    except ValueError:
        raise unprocessable("Period must be a valid integer") from None
    if given < 0:
        raise unprocessable("Period must be a positive integer")
    return given


def buckets(
    series: Iterable[Series], span: Span, seconds: int, wanted: Sequence[str], count: int | None
) -> list[Bucket]:
    """The first ``count`` periods in which there is a measurement, the oldest first."""

    def begin(row: Row) -> int:
        return row[0] // 1000 // seconds * seconds if seconds else int((span.start or 0) // 1000)

    found = ((time, [row[1] for row in rows]) for time, rows in groupby(merged(series, span), key=begin))
    return [
        [datetime.fromtimestamp(time, UTC).strftime(_STAMP), *(FUNCTIONS[each](values) for each in wanted)]
        for time, values in islice(found, count)
    ]


def list_statistics(ask: Ask) -> Reply:
    """The statistics of one series, of several merged, or of groups."""
    query = read(ask)
    wanted, seconds, limit = functions(ask), period(ask), ask.limit()
    number, last = _offset(ask)
    behind = None if last is None else last + seconds * 1000
    documented = not ask.has(Defect.STATISTICS_OFFSET)
    groups = query.groups(ask)
    every = [attrs.evolve(query.span, after=behind)] * len(groups)
    spans = _documented_spans(query.span, len(groups), number, behind) if documented else every
    elements: list[Json] = []
    for place, ((dimensions, series), span) in enumerate(zip(groups, spans, strict=True)):
        rows = buckets(series, span, seconds, wanted, limit + 1) if span else []
        if not rows:
            continue
        index = place if documented else number + len(elements)
        elements.append(
            {
                "name": query.name,
                "id": str(index),
                "columns": ["timestamp", *wanted],
                "dimensions": dimensions,
                "statistics": rows[:limit],
            }
        )
        if len(rows) >= limit:
            end = rows[limit - 1][0]
            return Reply(links.page(ask, elements, f"{index}_{end}" if documented and query.by else end))
        limit -= len(rows)
    return Reply(links.page(ask, elements, None))


def _documented_spans(span: Span, count: int, number: int, behind: float | None) -> list[Span | None]:
    """One for each group: none before the offset's, in that one from the next period on, then all."""
    if behind is None:
        return [span] * count
    begun = attrs.evolve(span, start=max(behind, span.start or 0))
    return [None if place < number else begun if place == number else span for place in range(count)]


def _offset(ask: Ask) -> tuple[int, float | None]:
    """The number of the group and the begin of the last period on the page before."""
    text = ask.call.value("offset")
    if not text:
        return 0, None
    number, underscore, time = text.rpartition("_")
    try:
        moment = datetime.strptime(time, _STAMP).replace(tzinfo=UTC)
        index = int(number) if underscore else 0
    except ValueError as error:
        raise ask.mistake(str(error), repository=True) from None
    if underscore and ask.has(Defect.STATISTICS_OFFSET):
        raise ask.mistake("invalid timestamp string", repository=True)
    return index, moment.timestamp() * 1000
