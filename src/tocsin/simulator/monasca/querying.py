"""What a query for measurements and statistics means, before it is cut into pages."""

import re
from datetime import UTC, datetime

import attrs

from tocsin.simulator.monasca import checks
from tocsin.simulator.monasca.defects import Defect
from tocsin.simulator.monasca.request import READERS, Ask, bad_request, refusal, unprocessable
from tocsin.simulator.monasca.series import Group, Series, Span, Wanted, escaped, grouped

AMBIGUOUS = (
    "Found multiple metrics matching metric name and dimensions. Please refine your search criteria using a "
    "unique metric name or additional dimensions. Alternatively, you may specify 'merge_metrics=True' as a query "
    "parameter to combine all metrics matching search criteria into a single series."
)
_IDENTIFIER = re.compile(r'"?[A-Za-z_][A-Za-z0-9_.]*"?')


def span_of(ask: Ask, *, required: bool = False) -> Span:
    """The time range that a query asks for."""
    start = ask.time("start_time")
    if required and start is None:
        raise unprocessable("Missing start time")
    end = ask.time("end_time")
    if end is not None and start is None:
        raise ask.mistake("'<' not supported between instances of 'NoneType' and 'float'")
    if start is not None and end is not None and start >= end:
        raise bad_request("start_time must be before end_time")
    return Span(start, end)


def find(ask: Ask, name: str, wanted: Wanted) -> list[Series]:
    """The series of the tenant that match."""
    loose = ask.has(Defect.LOOSE_ALTERNATIVES)
    for value in wanted.values() if loose else ():
        if "|" in value and "/" in value:
            raise ask.mistake('400: {"error":"error parsing query: found $, expected ;"}', repository=True)
    try:
        return ask.state.store.matching(ask.tenant, name, wanted, loose=loose)
    except re.error as error:
        message = f'400: {{"error":"error parsing query: error parsing regexp: {error}"}}'
        raise ask.mistake(message, repository=True) from None


def shown(ask: Ask, series: Series) -> dict[str, str]:
    """The dimensions of one series as the server tells them."""
    if not ask.has(Defect.ESCAPED_BLANKS):
        return dict(series.dimensions)
    return {escaped(name): escaped(value) for name, value in series.dimensions.items()}


def moment(text: str) -> float | None:
    """An offset as a time in epoch milliseconds: those themselves, or ISO 8601; None if it is neither."""
    if text.isdecimal():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000


@attrs.frozen
class Query:
    """The parameters of a query for what was measured; ``by`` are the dimensions to group by."""

    name: str
    wanted: dict[str, str]
    span: Span
    by: list[str]
    merge: bool

    def groups(self, ask: Ask) -> list[Group]:
        """The series, in groups that come as one element each, with the dimensions to show; raises Refusal."""
        found = find(ask, self.name, self.wanted)
        if self.by:
            if not all(each == "*" or _IDENTIFIER.fullmatch(each) for each in self.by):
                raise ask.mistake("only time and tag dimensions allowed", repository=True)
            return grouped(found, self.by)
        if self.merge:
            return [(dict(self.wanted), found)] if found else []
        if len(found) > 1:
            raise refusal(409, "MultipleMetrics", AMBIGUOUS)
        return [(shown(ask, each), [each]) for each in found]


def read(ask: Ask) -> Query:
    """The parameters that measurements and statistics share; raises Refusal."""
    ask.permit(READERS)
    name = checks.wanted_name(ask, required=True)
    wanted = checks.wanted_dimensions(ask)
    span = span_of(ask, required=True)
    given = [each for item in ask.call.values.get("group_by", []) for each in item.split(",")]
    by = [each.strip('"') for each in given if each]
    return Query(name, wanted, span, by, (ask.call.value("merge_metrics") or "").lower() == "true")
