"""The log: entries over a range of time, and one of them."""

from collections.abc import Iterator
from datetime import tzinfo
from itertools import islice, takewhile

from tocsin.simulator.frame import Json
from tocsin.simulator.lastline.entities import LogEntry
from tocsin.simulator.lastline.envelope import Code
from tocsin.simulator.lastline.request import Ask, stamp


def _shown(entry: LogEntry, zone: tzinfo) -> dict[str, Json]:
    return {
        "log_entry_uuid": entry.uuid,
        "appliance_uuid": entry.appliance.uuid,
        "start_time": stamp(entry.start_time, zone),
        "end_time": stamp(entry.end_time, zone),
        "message": entry.message,
        "impact": entry.impact,
        "count": entry.count,
        "log_identifier": entry.identifier,
    }


def _within(ask: Ask) -> Iterator[LogEntry]:
    """The entries reported at least once in the range, newest first."""
    start, end = ask.range()
    entries = iter(ask.state.newest_first())
    if ask.state.log_order == "end_time":
        entries = takewhile(lambda entry: entry.end_time >= start, entries)  # all that follow ended before
    inclusive = ask.state.log_end_inclusive
    return (
        entry
        for entry in entries
        if entry.end_time >= start and (entry.start_time < end or (inclusive and entry.start_time == end))
    )


def _found(ask: Ask) -> Iterator[LogEntry]:
    """What a query asks for."""
    uuids = {each.uuid for each in ask.appliances()}
    identifiers, components = ask.items("identifiers"), ask.items("components")
    low, high = (ask.integer(name, least=0, most=100) for name in ("min_impact", "max_impact"))
    low, high = low or 0, 100 if high is None else high
    wanted = ask.call.value("message_contains") or ""
    fold = str.casefold if ask.state.ignore_case else str
    return (
        entry
        for entry in _within(ask)
        if entry.appliance.uuid in uuids
        and low <= entry.impact <= high
        and (identifiers is None or entry.identifier in identifiers)
        and (components is None or (entry.info is not None and entry.info.component in components))
        and fold(wanted) in fold(entry.message)
    )


def get(ask: Ask) -> Json:
    """Entries, with what is known of the appliances and of the identifiers in them."""
    limits = [limit for limit in (ask.integer("limit", least=1), ask.state.log_cap) if limit is not None]
    entries = list(islice(_found(ask), min(limits, default=None)))
    rows = [_shown(entry, ask.reply_zone) for entry in entries]
    if not ask.state.log_uuids:
        for row in rows:
            del row["log_entry_uuid"]
    info: dict[str, dict[str, Json]] = {}
    for entry in entries:
        if entry.info is not None:
            info.setdefault(entry.appliance.uuid, {})[entry.identifier] = entry.info.shown()
    return {
        "log_entries": rows,
        "appliances": ask.table({entry.appliance.uuid: entry.appliance.shown() for entry in entries}),
        "log_entry_info": ask.table(info),
    }


def get_entry(ask: Ask) -> Json:
    """One entry, with its times in the zone asked for."""
    uuid = ask.required("log_entry_uuid")
    entry = ask.state.logs.get(uuid)
    if entry is None or entry.appliance.customer not in ask.state.customers:
        raise ask.refusal(Code.NO_SUCH_ENTRY, f"No such log entry: {uuid}")
    shown = _shown(entry, ask.zone)
    return shown if ask.state.bare_entry else {"log_entry": shown}
