"""Counters and gauges: which there are, and their values by appliance or summed over appliances."""

from collections import defaultdict
from collections.abc import Iterable

from tocsin.simulator.frame import Json
from tocsin.simulator.lastline.buckets import choose, merged
from tocsin.simulator.lastline.entities import Appliance
from tocsin.simulator.lastline.envelope import Code
from tocsin.simulator.lastline.request import Ask, stamp

MAX_DATA_POINTS = 300
DEFAULT_DATA_POINTS = 150


def list_metrics(ask: Ask) -> Json:
    """The metrics that have data within the range, by name."""
    start, end = ask.range()
    found = {
        each.uuid: sorted(metric for metric, series in each.metrics.items() if series.times(start, end))
        for each in ask.appliances()
    }
    if ask.state.metric_list == "by_appliance":
        return ask.table({uuid: metrics for uuid, metrics in found.items() if metrics})
    flat = sorted({metric for metrics in found.values() for metric in metrics})
    return flat if ask.state.metric_list == "flat" else [{"metric": metric} for metric in flat]


def get(ask: Ask) -> Json:
    """The time series of one metric, by appliance."""
    metric = ask.required("metric")
    start, end = ask.range()
    appliances = ask.appliances()
    width = _width(ask, start, end, limited=True)
    _check(ask, appliances, metric)
    found: dict[str, Json] = {}
    for each in appliances:
        series = each.metrics.get(metric)
        rows = _shown(ask, merged(series, start, end, width)) if series else []
        if rows or ask.state.empty_series:
            found[each.uuid] = {"time_series": rows, **each.shown()}
    return ask.table(found)


def aggregate(ask: Ask) -> Json:
    """The time series of metrics, summed over the appliances that have data then; ``customer`` is not read."""
    ask.required("metrics")
    metrics = ask.items("metrics")
    if not metrics:
        raise ask.invalid("metrics", "a comma-separated list of metrics")
    start, end = ask.range()
    appliances = ask.appliances(by_customer=False)
    width = _width(ask, start, end, limited=ask.state.aggregate_limited)
    found: list[Json] = []
    for metric in metrics:
        _check(ask, appliances, metric)
        sums: defaultdict[int, float] = defaultdict(float)
        for each in appliances:
            series = each.metrics.get(metric)
            for time, value in merged(series, start, end, width) if series else ():
                sums[time] += value
        found.append({ask.state.aggregate_field: metric, "time_series": _shown(ask, sorted(sums.items()))})
    return found if ask.state.aggregate_bare else {"metrics": found}


def _check(ask: Ask, appliances: Iterable[Appliance], metric: str) -> None:
    if ask.state.refuse_unknown_metrics and not any(metric in each.metrics for each in appliances):
        raise ask.refusal(Code.NO_SUCH_METRIC, f"No such metric: {metric}")


def _width(ask: Ask, start: float, end: float, *, limited: bool) -> int:
    """The interval of the time series, in seconds."""
    state = ask.state
    strict = limited and state.strict_points
    most = ask.integer("max_data_points", least=1, **({"most": MAX_DATA_POINTS} if strict else {}))
    if limited:
        most = min(most or DEFAULT_DATA_POINTS, MAX_DATA_POINTS)
    least = state.min_interval.total_seconds()
    width = choose(start, end, most, least=least, touched=state.count_buckets)
    if width is None:  # what the server does then is not published
        raise ask.refusal(Code.RANGE_TOO_LONG, f"The range has more than {most} intervals of 24 hours")
    return width


def _shown(ask: Ask, rows: Iterable[tuple[int, float]]) -> list[Json]:
    form, zone = ask.state.time_format, ask.reply_zone
    if form == "text":
        return [[stamp(time, zone), value] for time, value in rows]
    return [[time if form == "seconds" else time * 1000, value] for time, value in rows]
