"""Measurements, and the ways in which their pages do not fit together."""

from datetime import UTC, datetime

import attrs

from tocsin.simulator.frame import Json
from tocsin.simulator.monasca import links
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.querying import Query, moment, read
from tocsin.simulator.monasca.request import Ask
from tocsin.simulator.monasca.series import Row, merged
from tocsin.simulator.web import Reply

COLUMNS = ["timestamp", "value", "value_meta"]
_NO_TIME = "invalid operation: time and *influxql.StringLiteral are not compatible"


def stamp(time: int) -> str:
    """Epoch milliseconds as the API writes them."""
    seconds, rest = divmod(time, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


def list_measurements(ask: Ask) -> Reply:
    """The rows of one series, of several merged, or of groups."""
    query = read(ask)
    limit = ask.limit()
    number, after = _offset(ask)
    if query.by and not ask.has(Defect.GROUPS_LOSE_ROWS):
        return _documented_groups(ask, query, limit, number, after)
    if query.merge and not query.by and not ask.has(Defect.MERGE_LOSES_ROWS):
        return _documented_merge(ask, query, limit, number, after)
    span = attrs.evolve(query.span, after=after)
    groups = [(dimensions, merged(series, span, limit + 1)) for dimensions, series in query.groups(ask)]
    elements: list[Json] = []
    for index, (dimensions, rows) in enumerate((each for each in groups if each[1]), number):
        elements.append(_element(query, index, dimensions, rows[:limit]))
        if len(rows) >= limit:
            return _page(ask, elements, f"{index}_{stamp(rows[limit - 1][0])}")
        limit -= len(rows)
    return _page(ask, elements, None)


def _offset(ask: Ask) -> tuple[int, float | None]:
    """The number of the series and the time behind which the page begins."""
    text = ask.call.value("offset")
    if not text:
        return 0, None
    number, underscore, time = text.partition("_")
    try:
        index = int(number) if underscore else 0
    except ValueError as error:
        raise ask.mistake(str(error)) from None
    after = moment(time if underscore else text)
    if after is None:
        raise ask.mistake(_NO_TIME, repository=True)
    return index, after


def _element(query: Query, index: int, dimensions: dict[str, str], rows: list[Row]) -> Json:
    return {
        "name": query.name,
        "id": str(index),
        "columns": COLUMNS,
        "dimensions": dimensions,
        "measurements": [[stamp(time), value, meta] for time, value, meta in rows],
    }


def _page(ask: Ask, elements: list[Json], offset: str | None) -> Reply:
    return Reply(links.page(ask, elements, offset))


def _documented_groups(ask: Ask, query: Query, limit: int, number: int, after: float | None) -> Reply:
    """One group after the other: the offset's number is the group in which its time counts."""
    elements: list[Json] = []
    for index, (dimensions, series) in enumerate(query.groups(ask)):
        if index < number:
            continue
        span = attrs.evolve(query.span, after=after if index == number else None)
        rows = merged(series, span, limit + 1)
        if rows:
            elements.append(_element(query, index, dimensions, rows[:limit]))
        if len(rows) >= limit:
            return _page(ask, elements, f"{index}_{stamp(rows[limit - 1][0])}" if rows and limit else None)
        limit -= len(rows)
    return _page(ask, elements, None)


def _documented_merge(ask: Ask, query: Query, limit: int, number: int, after: float | None) -> Reply:
    """The offset's number is how many rows of its time the pages before had."""
    elements: list[Json] = []
    offset = None
    for dimensions, series in query.groups(ask):
        rows = merged(series, query.span)
        if after is not None:
            earlier = sum(row[0] < after for row in rows)
            same = sum(row[0] == after for row in rows)
            rows = rows[earlier + min(number, same) if number else earlier + same :]
        if rows:
            elements.append(_element(query, 0, dimensions, rows[:limit]))
        if len(rows) > limit:
            last = rows[limit - 1][0]
            count = sum(row[0] == last for row in rows[:limit]) + (number if last == after else 0)
            offset = f"{count}_{stamp(last)}"
    return _page(ask, elements, offset)
