"""What an Argus server is asked for: one function a case; what it gives or raises is then compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from typing import Any

from tests.conformance.argus.lab import MISSING, START, Lab

from tocsin.argus import INFINITY, STATELESS, FilterBlob, TimeRecurrence
from tocsin.errors import AuthError, StatusError

Case = Callable[[Lab], Awaitable[Any]]
CASES: dict[str, Case] = {}
#: Cases that disturb everybody who uses the server.
PRIVATE = {"logout_all"}

LATER = START + timedelta(hours=1)
FUTURE = START.replace(year=2090)
ALL_WEEK = TimeRecurrence(days=(1, 2, 3, 4, 5, 6, 7), all_day=True)


def case(function: Case) -> Case:
    """Add a case under its name."""
    CASES[function.__name__] = function
    return function


async def refused(call: Awaitable[Any]) -> Any:
    """The error that a call raises, where more than one thing is looked at."""
    try:
        return await call
    except (AuthError, StatusError) as error:
        return error


# --- the server itself


@case
async def metadata(lab: Lab) -> Any:
    said = await lab.alice.metadata()
    return said.server_version, said.api_version, said.ticket_plugin, said.destination_plugins


@case
async def schema_has_its_paths(lab: Lab) -> Any:
    known = {"/api/v2/incidents/", "/api/v2/auth/token/logoutall", "/api/v2/plannedmaintenance/"}
    stable, v2 = await lab.alice.stable_schema(), await lab.alice.schema()
    return known <= stable["paths"].keys(), known <= v2["paths"].keys()


@case
async def unknown_path(lab: Lab) -> Any:
    return await lab.alice.request("GET", "/nope/")


@case
async def missing_slash(lab: Lab) -> Any:
    return await lab.source.request("POST", "/incidents", json={"tags": []})


@case
async def method_not_allowed(lab: Lab) -> Any:
    return await lab.alice.request("GET", "/incidents/sources/heartbeat/")


@case
async def base_url_without_version(lab: Lab) -> Any:
    from tocsin import ArgusClient

    origin = lab.world.base_url.removesuffix("/v2")
    async with ArgusClient(origin, token=lab.world.tokens["alice"], transport="httpx") as client:
        return await client.incidents.list().first()


@case
async def wrong_token(lab: Lab) -> Any:
    return await (await lab.client(token="0123456789abcdef")).users.me()


# --- incidents: making


@case
async def create(lab: Lab) -> Any:
    return await lab.incident(
        source_incident_id=lab.mark, details_url="/a/1", end_time=INFINITY, metadata={"k": [1, 2, None]}
    )


@case
async def create_with_repeated_tag_key(lab: Lab) -> Any:
    made = await lab.incident(tags={"host": ["a.example", "b.example"], "url": "http://x/?q=1", "empty": ""})
    return (
        made.tags,
        made.tags.all("host"),
        # Sorted: the server's database gives tags in whatever order it has them.
        sorted((each.key, each.added_by is None, each.added_time) for each in made.tags.entries),
    )


@case
async def create_least(lab: Lab) -> Any:
    return await lab.source.incidents.create(start_time=START)


@case
async def create_stateless(lab: Lab) -> Any:
    return await lab.incident(end_time=STATELESS)


@case
async def create_ended(lab: Lab) -> Any:
    return await lab.incident(end_time=LATER)


@case
async def create_ended_before_start(lab: Lab) -> Any:
    return await lab.incident(end_time=START - timedelta(seconds=1))


@case
async def create_duplicate(lab: Lab) -> Any:
    await lab.incident(source_incident_id=lab.mark)
    try:
        return await lab.incident(source_incident_id=lab.mark)
    except StatusError as error:
        return error.status, b"incident_unique_source_incident_id_per_source" in error.body


@case
async def create_same_id_at_other_source(lab: Lab) -> Any:
    await lab.incident(source_incident_id=lab.mark)
    return await lab.source2.incidents.create(start_time=START, source_incident_id=lab.mark)


@case
async def create_with_bad_ticket_url(lab: Lab) -> Any:
    return await lab.incident(ticket_url="not a url")


@case
async def create_with_ticket_url(lab: Lab) -> Any:
    return await lab.incident(ticket_url="https://tickets.example.org/1")


@case
async def create_by_person(lab: Lab) -> Any:
    return await lab.alice.incidents.create(start_time=START)


@case
async def create_by_superuser_for_source(lab: Lab) -> Any:
    own = await lab.own_source()
    return await lab.admin.incidents.create(start_time=START, source=own.pk, source_incident_id=lab.mark)


@case
async def create_for_source_by_source(lab: Lab) -> Any:
    return await lab.incident(source=(await lab.own_source()).pk)


@case
async def create_for_missing_source(lab: Lab) -> Any:
    return await lab.admin.incidents.create(start_time=START, source=MISSING)


@case
async def create_mine(lab: Lab) -> Any:
    return await lab.source.incidents.create_mine(start_time=START, tags=["run=" + lab.mark], description="own")


@case
async def create_with_unicode(lab: Lab) -> Any:
    return await lab.incident(description="ærlig talt ☎ 😀", tags={"place": "Tromsø"}, metadata="text")


# --- incidents: reading


@case
async def get(lab: Lab) -> Any:
    made = await lab.incident()
    found = await lab.alice.incidents.get(made.pk)
    return found, found == made


@case
async def get_missing(lab: Lab) -> Any:
    return await lab.alice.incidents.get(MISSING)


@case
async def list_none(lab: Lab) -> Any:
    return await lab.alice.incidents.list(tags={"run": lab.mark}).collect()


@case
async def list_newest_first(lab: Lab) -> Any:
    for hours in (1, 3, 2):
        await lab.incident(start_time=START + timedelta(hours=hours), description=str(hours))
    return [each.description async for each in lab.alice.incidents.list(tags={"run": lab.mark}, page_size=2)]


@case
async def list_many_of_one_time(lab: Lab) -> Any:
    made = {(await lab.incident()).pk for _ in range(60)}
    found = [each.pk async for each in lab.alice.incidents.list(tags={"run": lab.mark}, page_size=7)]
    return len(found), set(found) == made


@case
async def list_resumed_in_a_page(lab: Lab) -> Any:
    for number in range(9):
        await lab.incident(start_time=START + timedelta(minutes=number // 3), description=str(number))
    pager = lab.alice.incidents.list(tags={"run": lab.mark}, page_size=4)
    items = aiter(pager)
    first = [(await anext(items)).description for _ in range(5)]
    rest = [each.description async for each in pager.resume(items.checkpoint)]
    return sorted(first + rest), len(first), len(rest)


@case
async def list_as_rows(lab: Lab) -> Any:
    made = await lab.incident()
    found = await lab.alice.incidents.rows(tags={"run": lab.mark}).collect()
    return len(found), f'"pk":{made.pk},'.encode() in found[0]


@case
async def bad_cursor(lab: Lab) -> Any:
    return await lab.alice.request("GET", "/incidents/", params={"cursor": "zzz"})


async def _population(lab: Lab) -> None:
    """Four incidents that the filters tell apart."""
    await lab.incident(description=f"open {lab.mark}", level=1, source_incident_id=lab.mark)
    ended = await lab.incident(description="ended", end_time=LATER, level=3, ticket_url="https://t.example/1")
    await lab.alice.incidents.acknowledge(ended.pk, timestamp=LATER)
    await lab.incident(description="point", end_time=STATELESS, level=5, tags={"host": "b.example"})
    await lab.source2.incidents.create(
        start_time=LATER, description="other", level=4, tags={"run": lab.mark, "host": "c.example"}
    )


def _filter_case(name: str, **filters: Any) -> None:
    async def run(lab: Lab) -> Any:
        await _population(lab)
        query = {"tags": {"run": lab.mark}, **filters}
        found = await lab.alice.incidents.list(**query).collect()
        return sorted(each.description for each in found), await lab.alice.incidents.count(**query)

    run.__name__ = f"filter_{name}"
    case(run)


_filter_case("open", open=True)
_filter_case("closed", open=False)
_filter_case("acked", acked=True)
_filter_case("unacked", acked=False)
_filter_case("stateful", stateful=True)
_filter_case("stateless", stateful=False)
_filter_case("ticket", ticket=True)
_filter_case("no_ticket", ticket=False)
_filter_case("hide_closed_acked", hide_closed_acked=True)
_filter_case("token_expiry", token_expiry=True)
_filter_case("level", level__lte=3)
_filter_case("start_inclusive_from", start_time__gte=LATER)
_filter_case("start_after", start_time__gte=LATER + timedelta(microseconds=1))
_filter_case("start_inclusive_until", start_time__lte=START)
_filter_case("start_before", start_time__lte=START - timedelta(microseconds=1))
_filter_case("end_from", end_time__gte=LATER)
_filter_case("end_until", end_time__lte=LATER)
_filter_case("end_is_null", end_time__isnull=True)
_filter_case("end_is_not_null", end_time__isnull=False)
_filter_case("duration", duration__gte=61)
_filter_case("unknown_source_name", source__name__in=["nobody"])
_filter_case("unknown_source_type", source__type__in=["nothing"])
_filter_case("unknown_source_id", source__id__in=[MISSING])
_filter_case("unknown_ids", id__in=[MISSING, MISSING - 1])
_filter_case("missing_filter", filter_pk=MISSING)
_filter_case("missing_profile", notificationprofile_pk=MISSING)


@case
async def filter_tags_or_and(lab: Lab) -> Any:
    await _population(lab)
    same = await lab.alice.incidents.count(tags={"run": lab.mark, "host": ["a.example", "b.example"]})
    none = await lab.alice.incidents.count(tags={"run": lab.mark, "host": "nowhere.example"})
    return same, none


@case
async def filter_by_sources(lab: Lab) -> Any:
    await _population(lab)
    own = await lab.own_source()
    tags = {"run": lab.mark}
    by_id = await lab.alice.incidents.count(tags=tags, source__id__in=[own.pk, MISSING])
    by_name = await lab.alice.incidents.count(tags=tags, source__name__in=[own.name, "nobody"])
    by_type = await lab.alice.incidents.count(tags=tags, source__type__in=[own.type.name])
    return by_id, by_name, by_type


@case
async def filter_by_search(lab: Lab) -> Any:
    await _population(lab)
    return [each.description async for each in lab.alice.incidents.list(search=f"open {lab.mark}")]


@case
async def filter_by_ids(lab: Lab) -> Any:
    made = [await lab.incident(description=str(number)) for number in range(3)]
    found = lab.alice.incidents.list(id__in=[made[0].pk, made[2].pk])
    return sorted([each.description async for each in found])


@case
async def filter_by_source_incident_id(lab: Lab) -> Any:
    await lab.incident(source_incident_id=lab.mark)
    return await lab.alice.incidents.list(source_incident_id=lab.mark).collect()


@case
async def mine(lab: Lab) -> Any:
    await _population(lab)
    tags = {"run": lab.mark}
    own = await lab.source.incidents.mine(tags=tags, page_size=2).collect()
    other = await lab.source2.incidents.mine(tags=tags).collect()
    return sorted(each.description for each in own), [each.description for each in other]


@case
async def mine_filtered(lab: Lab) -> Any:
    await _population(lab)
    found = lab.source.incidents.mine(source_incident_id=lab.mark, open=True, acked=False)
    return [each.description async for each in found]


@case
async def mine_of_person(lab: Lab) -> Any:
    return await lab.alice.incidents.mine().collect()


# --- incidents: changing


@case
async def update(lab: Lab) -> Any:
    made = await lab.incident()
    return await lab.source.incidents.update(made.pk, level=3, description="worse", metadata={"a": 1})


@case
async def update_keeps_tags(lab: Lab) -> Any:
    made = await lab.incident()
    return (await lab.source.incidents.update(made.pk, level=3)).tags


@case
async def update_to_empty(lab: Lab) -> Any:
    made = await lab.incident(details_url="/a")
    return await lab.source.incidents.update(made.pk, description="", details_url="", tags=[])


@case
async def update_ticket_url(lab: Lab) -> Any:
    made = await lab.incident()
    changed = await lab.source.incidents.update(made.pk, ticket_url="https://t.example/1")
    return changed.ticket_url, await refused(lab.source.incidents.update(made.pk, ticket_url=""))


@case
async def update_replaces_tags(lab: Lab) -> Any:
    made = await lab.incident()
    return (await lab.source.incidents.update(made.pk, tags={"host": ["b.example", "c.example"]})).tags


@case
async def update_nothing(lab: Lab) -> Any:
    made = await lab.incident()
    return await lab.source.incidents.update(made.pk)


@case
async def update_by_other_source(lab: Lab) -> Any:
    made = await lab.incident()
    return (await lab.source2.incidents.update(made.pk, level=4)).level


@case
async def update_takes_off_tags_of_others(lab: Lab) -> Any:
    made = await lab.incident()
    return await lab.alice.incidents.update(made.pk, tags=[])


@case
async def update_what_is_fixed(lab: Lab) -> Any:
    made = await lab.incident()
    body = {"end_time": "2026-11-23T05:00:00Z", "nosuch": 1}
    return await lab.source.request("PATCH", f"/incidents/{made.pk}/", json=body)


@case
async def update_missing(lab: Lab) -> Any:
    return await lab.source.incidents.update(MISSING, level=1)


@case
async def replace(lab: Lab) -> Any:
    made = await lab.incident()
    return await lab.source.incidents.replace(made.pk, tags={"host": "b.example"}, level=4)


@case
async def delete(lab: Lab) -> Any:
    made = await lab.incident()
    return await lab.admin.incidents.delete(made.pk)


@case
async def upsert_makes_then_changes(lab: Lab) -> Any:
    fields: Any = {"start_time": START, "source_incident_id": lab.mark, "tags": {"host": "a.example"}}
    made = await lab.source.incidents.upsert(**fields, description="one")
    same = await lab.source.incidents.upsert(**fields, description="one")
    changed = await lab.source.incidents.upsert(**fields, description="two", level=1)
    return made, same == made, changed, changed.pk == made.pk


# --- events


@case
async def resolve(lab: Lab) -> Any:
    made = await lab.incident()
    event = await lab.source.incidents.resolve(made.pk, "done", LATER)
    return event, await lab.source.incidents.get(made.pk)


@case
async def resolve_twice(lab: Lab) -> Any:
    made = await lab.incident()
    await lab.source.incidents.resolve(made.pk, timestamp=LATER)
    await lab.source.incidents.resolve(made.pk, timestamp=LATER + timedelta(hours=1))
    found = await lab.alice.incidents.get(made.pk)
    return found.end_time, [event.type.value async for event in lab.alice.incidents.events(made.pk)]


@case
async def resolve_by_person(lab: Lab) -> Any:
    return await lab.alice.incidents.resolve((await lab.incident()).pk)


@case
async def resolve_now(lab: Lab) -> Any:
    return await lab.source.incidents.resolve((await lab.incident()).pk)


@case
async def close_and_reopen(lab: Lab) -> Any:
    made = await lab.incident()
    closed = await lab.alice.incidents.close(made.pk, "enough", LATER)
    again = await refused(lab.alice.incidents.close(made.pk))
    opened = await lab.alice.incidents.reopen(made.pk, "not yet", LATER + timedelta(hours=1))
    return closed, again, opened, (await lab.alice.incidents.get(made.pk)).open


@case
async def close_by_source(lab: Lab) -> Any:
    return await lab.source.incidents.close((await lab.incident()).pk)


@case
async def close_stateless(lab: Lab) -> Any:
    return await lab.alice.incidents.close((await lab.incident(end_time=STATELESS)).pk)


@case
async def restart_by_source(lab: Lab) -> Any:
    made = await lab.incident(end_time=LATER)
    event = await lab.source.incidents.post_event(made.pk, "RES", timestamp=LATER + timedelta(hours=1))
    return event, (await lab.alice.incidents.get(made.pk)).open


@case
async def post_event_of_unknown_type(lab: Lab) -> Any:
    return await lab.source.incidents.post_event((await lab.incident()).pk, "XXX")


@case
async def post_event_ack(lab: Lab) -> Any:
    return await lab.alice.incidents.post_event((await lab.incident()).pk, "ACK")


@case
async def post_event_to_missing_incident(lab: Lab) -> Any:
    return await lab.source.incidents.post_event(MISSING, "OTH")


@case
async def events(lab: Lab) -> Any:
    made = await lab.incident()
    await lab.source.incidents.post_event(made.pk, "OTH", timestamp=LATER, description="note")
    return await lab.alice.incidents.events(made.pk).collect()


@case
async def events_of_missing_incident(lab: Lab) -> Any:
    return await lab.alice.incidents.events(MISSING).collect()


@case
async def event(lab: Lab) -> Any:
    made = await lab.incident()
    posted = await lab.source.incidents.post_event(made.pk, "OTH", timestamp=LATER)
    found = await lab.alice.incidents.get_event(made.pk, posted.pk)
    return found == posted, await refused(lab.alice.incidents.get_event(made.pk, MISSING))


@case
async def all_events(lab: Lab) -> Any:
    made = [await lab.incident() for _ in range(12)]
    pks = {each.pk for each in made}
    pager = lab.alice.incidents.all_events(page_size=5)
    found = [each.pk async for each in pager]
    own = [each.type.value async for each in lab.alice.incidents.all_events() if each.incident in pks]
    return len(found) == len(set(found)), own


# --- acknowledgements


@case
async def acknowledge(lab: Lab) -> Any:
    made = await lab.incident()
    ack = await lab.alice.incidents.acknowledge(made.pk, "mine", timestamp=LATER, expiration=FUTURE)
    return ack, (await lab.alice.incidents.get(made.pk)).acked


@case
async def acknowledge_now_for_ever(lab: Lab) -> Any:
    return await lab.source.incidents.acknowledge((await lab.incident()).pk)


@case
async def acknowledge_until_before(lab: Lab) -> Any:
    made = await lab.incident()
    return await lab.alice.incidents.acknowledge(made.pk, timestamp=LATER, expiration=START)


@case
async def acknowledge_missing(lab: Lab) -> Any:
    return await lab.alice.incidents.acknowledge(MISSING)


@case
async def acks(lab: Lab) -> Any:
    made = await lab.incident()
    ack = await lab.alice.incidents.acknowledge(made.pk, timestamp=LATER)
    found = await lab.alice.incidents.acks(made.pk).collect()
    return found, await lab.alice.incidents.get_ack(made.pk, ack.pk) == ack


@case
async def update_ack(lab: Lab) -> Any:
    made = await lab.incident()
    ack = await lab.alice.incidents.acknowledge(made.pk, timestamp=LATER)
    changed = await lab.alice.incidents.update_ack(made.pk, ack.pk, expiration=FUTURE)
    endless = await lab.alice.incidents.update_ack(made.pk, ack.pk, expiration=None)
    return changed, endless


@case
async def update_ack_to_the_past(lab: Lab) -> Any:
    made = await lab.incident()
    ack = await lab.alice.incidents.acknowledge(made.pk, timestamp=LATER)
    return await lab.alice.incidents.update_ack(made.pk, ack.pk, expiration=LATER)


@case
async def replace_ack(lab: Lab) -> Any:
    made = await lab.incident()
    ack = await lab.alice.incidents.acknowledge(made.pk, timestamp=LATER)
    return await lab.alice.incidents.replace_ack(made.pk, ack.pk, expiration=FUTURE)


# --- tags and tickets


@case
async def tags(lab: Lab) -> Any:
    made = await lab.incident()
    return await lab.alice.incidents.tags(made.pk)


@case
async def tags_of_missing_incident(lab: Lab) -> Any:
    return await lab.alice.incidents.tags(MISSING)


@case
async def add_tag(lab: Lab) -> Any:
    made = await lab.incident()
    one = await lab.source.incidents.add_tag(made.pk, "room=1")
    again = await lab.source.incidents.add_tag(made.pk, "room=1")
    found = await lab.alice.incidents.get_tag(made.pk, "room=1")
    return str(one), str(again), str(found), await lab.alice.incidents.tags(made.pk)


@case
async def remove_tag(lab: Lab) -> Any:
    made = await lab.incident()
    await lab.source.incidents.remove_tag(made.pk, "host=a.example")
    again = await refused(lab.source.incidents.remove_tag(made.pk, "host=a.example"))
    return again, await lab.alice.incidents.tags(made.pk)


@case
async def tag_with_odd_characters(lab: Lab) -> Any:
    made = await lab.incident(tags={"odd": "a b=c?d#e%f&g+ø"})
    found = await lab.alice.incidents.get_tag(made.pk, "odd=a b=c?d#e%f&g+ø")
    await lab.source.incidents.remove_tag(made.pk, str(found))
    return str(found), await lab.alice.incidents.tags(made.pk)


@case
async def set_ticket_url(lab: Lab) -> Any:
    made = await lab.incident()
    given = await lab.alice.incidents.set_ticket_url(made.pk, "https://t.example/1")
    loose = await lab.alice.incidents.set_ticket_url(made.pk, "zz")
    return given, loose, await lab.alice.incidents.set_ticket_url(made.pk, "")


@case
async def create_ticket(lab: Lab) -> Any:
    return await lab.alice.incidents.create_ticket((await lab.incident()).pk)


# --- bulk


@case
async def acknowledge_many(lab: Lab) -> Any:
    pks = [(await lab.incident()).pk, MISSING]
    result = await lab.alice.incidents.acknowledge_many(pks, "both", timestamp=LATER, expiration=FUTURE)
    return result, result.ok, list(result.failed) == [MISSING]


@case
async def acknowledge_many_missing(lab: Lab) -> Any:
    result = await lab.alice.incidents.acknowledge_many([MISSING], timestamp=LATER)
    return result, result.ok


@case
async def acknowledge_many_again(lab: Lab) -> Any:
    made = await lab.incident()
    await lab.alice.incidents.acknowledge_many([made.pk], timestamp=LATER)
    return await lab.alice.incidents.acknowledge_many([made.pk], timestamp=LATER)


@case
async def post_event_many(lab: Lab) -> Any:
    pks = [(await lab.incident()).pk, MISSING]
    result = await lab.alice.incidents.post_event_many(pks, "CLO", timestamp=LATER, description="all")
    return result, (await lab.alice.incidents.get(pks[0])).open


@case
async def post_event_many_missing(lab: Lab) -> Any:
    return await lab.alice.incidents.post_event_many([MISSING], "CLO", timestamp=LATER)


@case
async def set_ticket_url_many(lab: Lab) -> Any:
    pks = [(await lab.incident()).pk, MISSING]
    return await lab.alice.incidents.set_ticket_url_many(pks, "https://t.example/9")


@case
async def bulk_of_nothing(lab: Lab) -> Any:
    return await lab.alice.request("POST", "/incidents/acks/bulk/", json={"ids": [], "ack": {}})


# --- sources


@case
async def sources(lab: Lab) -> Any:
    found = await lab.alice.sources.list().collect()
    own = await lab.own_source()
    return next(each for each in found if each.pk == own.pk), await lab.alice.sources.get(own.pk) == own


@case
async def source_missing(lab: Lab) -> Any:
    return await lab.alice.sources.get(MISSING)


@case
async def source_create_update_replace(lab: Lab) -> Any:
    own = await lab.own_source()
    made = await lab.admin.sources.create(name=lab.mark, type=own.type.name, base_url="http://n.example/")
    again = await refused(lab.admin.sources.create(name=lab.mark, type=own.type.name))
    renamed = await lab.admin.sources.update(made.pk, name=f"{lab.mark}-b")
    replaced = await lab.admin.sources.replace(
        made.pk, name=f"{lab.mark}-c", type=own.type.name, base_url="http://m.example/"
    )
    return made, again, renamed, replaced


@case
async def source_create_by_person(lab: Lab) -> Any:
    return await lab.alice.sources.create(name=lab.mark, type=(await lab.own_source()).type.name)


@case
async def source_types(lab: Lab) -> Any:
    own = await lab.own_source()
    found = await lab.alice.source_types.list().collect()
    return own.type in found, await lab.alice.source_types.get(own.type.name)


@case
async def source_type_missing(lab: Lab) -> Any:
    return await lab.alice.source_types.get("nothing")


@case
async def source_type_create(lab: Lab) -> Any:
    made = await lab.admin.source_types.create(lab.mark)
    return made, await refused(lab.admin.source_types.create(lab.mark))


@case
async def source_type_create_by_person(lab: Lab) -> Any:
    return await lab.alice.source_types.create(lab.mark)


@case
async def heartbeat(lab: Lab) -> Any:
    return await lab.source.sources.heartbeat()


@case
async def heartbeat_of_person(lab: Lab) -> Any:
    return await lab.alice.sources.heartbeat()


# --- profiles, filters, timeslots, destinations, media


async def _timeslot(lab: Lab) -> int:
    made = await lab.alice.timeslots.create(name=lab.mark, time_recurrences=[ALL_WEEK])
    lab.erase(lab.alice.timeslots.delete, made.pk)
    return made.pk


async def _filter(lab: Lab) -> int:
    blob = FilterBlob(open=True, maxlevel=3, tags=(f"run={lab.mark}",))
    made = await lab.alice.filters.create(name=lab.mark, filter=blob)
    lab.erase(lab.alice.filters.delete, made.pk)
    return made.pk


async def _destination(lab: Lab) -> int:
    settings = {"email_address": f"{lab.mark}@example.org"}
    made = await lab.alice.destinations.create(media="email", label=lab.mark, settings=settings)
    lab.erase(lab.alice.destinations.delete, made.pk)
    return made.pk


async def _profile(lab: Lab) -> Any:
    slot, filter_, destination = await _timeslot(lab), await _filter(lab), await _destination(lab)
    made = await lab.alice.notification_profiles.create(
        name=lab.mark, timeslot=slot, filters=[filter_], destinations=[destination], active=True
    )
    lab.erase(lab.alice.notification_profiles.delete, made.pk)
    return made


@case
async def profile(lab: Lab) -> Any:
    made = await _profile(lab)
    found = await lab.alice.notification_profiles.list().collect()
    return made, made in found, await lab.alice.notification_profiles.get(made.pk) == made


@case
async def profile_update(lab: Lab) -> Any:
    made = await _profile(lab)
    return await lab.alice.notification_profiles.update(made.pk, timeslot=made.timeslot.pk, active=False)


@case
async def profile_update_without_timeslot(lab: Lab) -> Any:
    made = await _profile(lab)
    return await lab.alice.request("PATCH", f"/notificationprofiles/{made.pk}/", json={"active": False})


@case
async def profile_replace(lab: Lab) -> Any:
    made = await _profile(lab)
    return await lab.alice.notification_profiles.replace(
        made.pk, name=f"{lab.mark}-b", timeslot=made.timeslot.pk, filters=[made.filters[0].pk], destinations=[]
    )


@case
async def profile_of_same_name(lab: Lab) -> Any:
    made = await _profile(lab)
    return await lab.alice.notification_profiles.create(
        name=lab.mark, timeslot=made.timeslot.pk, filters=[made.filters[0].pk]
    )


@case
async def profile_of_somebody_else(lab: Lab) -> Any:
    made = await _profile(lab)
    return await lab.admin.notification_profiles.get(made.pk)


@case
async def profile_delete(lab: Lab) -> Any:
    made = await _profile(lab)
    await lab.alice.notification_profiles.delete(made.pk)
    return await lab.alice.notification_profiles.delete(made.pk)


@case
async def profile_incidents(lab: Lab) -> Any:
    made = await _profile(lab)
    await lab.incident(description="seen")
    await lab.incident(description="unseen", level=5)
    found = lab.alice.notification_profiles.incidents(made.pk)
    return sorted([each.description async for each in found])


@case
async def incidents_of_filter_and_profile(lab: Lab) -> Any:
    made = await _profile(lab)
    await lab.incident(description="seen")
    await lab.incident(description="unseen", level=5)
    by_filter = await lab.alice.incidents.list(filter_pk=made.filters[0].pk).collect()
    by_profile = await lab.alice.incidents.list(notificationprofile_pk=made.pk).collect()
    return [each.description for each in by_filter], [each.description for each in by_profile]


@case
async def filter_stored(lab: Lab) -> Any:
    own = await lab.own_source()
    blob = FilterBlob(
        sourceSystemIds=(own.pk,), source_types=(own.type.name,), stateful=True, event_types=("STA",)
    )
    made = await lab.alice.filters.create(name=lab.mark, filter=blob)
    lab.erase(lab.alice.filters.delete, made.pk)
    found = await lab.alice.filters.list().collect()
    return made, made in found, await lab.alice.filters.get(made.pk) == made


@case
async def filter_stored_update_and_replace(lab: Lab) -> Any:
    pk = await _filter(lab)
    updated = await lab.alice.filters.update(pk, filter=FilterBlob(acked=False, hide_closed_acked=True))
    replaced = await lab.alice.filters.replace(pk, name=f"{lab.mark}-b", filter=FilterBlob(), public=True)
    return updated, replaced


@case
async def filter_stored_in_use(lab: Lab) -> Any:
    made = await _profile(lab)
    return await lab.alice.filters.delete(made.filters[0].pk)


@case
async def filter_stored_missing(lab: Lab) -> Any:
    return await lab.alice.filters.get(MISSING)


@case
async def filter_previews(lab: Lab) -> Any:
    await lab.incident(description="seen")
    blob = FilterBlob(tags=(f"run={lab.mark}",))
    preview = await lab.alice.filters.preview(blob)
    older = await lab.alice.filters.filterpreview(blob)
    return preview, [each.description for each in older]


@case
async def timeslot(lab: Lab) -> Any:
    part = TimeRecurrence(days=(1, 2), start=time(8), end=time(16, 30))
    made = await lab.alice.timeslots.create(name=lab.mark, time_recurrences=[part, ALL_WEEK])
    lab.erase(lab.alice.timeslots.delete, made.pk)
    found = await lab.alice.timeslots.list().collect()
    return made, made in found, await lab.alice.timeslots.get(made.pk) == made


@case
async def timeslot_that_ends_before_it_starts(lab: Lab) -> Any:
    part = TimeRecurrence(days=(1,), start=time(16), end=time(8))
    return await lab.alice.timeslots.create(name=lab.mark, time_recurrences=[part])


@case
async def timeslot_update_and_replace(lab: Lab) -> Any:
    pk = await _timeslot(lab)
    part = TimeRecurrence(days=(6, 7), start=time(0), end=time(12))
    renamed = await lab.alice.timeslots.update(pk, name=f"{lab.mark}-b")
    changed = await lab.alice.timeslots.update(pk, time_recurrences=[part])
    replaced = await lab.alice.timeslots.replace(pk, name=f"{lab.mark}-c", time_recurrences=[ALL_WEEK])
    return renamed, changed, replaced


@case
async def timeslot_delete(lab: Lab) -> Any:
    pk = await _timeslot(lab)
    await lab.alice.timeslots.delete(pk)
    return await lab.alice.timeslots.get(pk)


@case
async def destination(lab: Lab) -> Any:
    pk = await _destination(lab)
    found = await lab.alice.destinations.get(pk)
    return (
        found,
        found in await lab.alice.destinations.list().collect(),
        await lab.alice.destinations.duplicate(pk),
    )


@case
async def destination_update(lab: Lab) -> Any:
    pk = await _destination(lab)
    labelled = await lab.alice.destinations.update(pk, label="other")
    bare = await lab.alice.destinations.update(pk, label=None)
    return labelled, bare


@case
async def destination_with_bad_settings(lab: Lab) -> Any:
    return await lab.alice.destinations.create(media="email", settings={})


@case
async def destination_of_unknown_media(lab: Lab) -> Any:
    return await lab.alice.destinations.create(media="pigeon", settings={})


@case
async def destination_in_use(lab: Lab) -> Any:
    made = await _profile(lab)
    return await lab.alice.destinations.delete(made.destinations[0].pk)


@case
async def media(lab: Lab) -> Any:
    return await lab.alice.media.list().collect(), await lab.alice.media.get("email")


@case
async def media_missing(lab: Lab) -> Any:
    return await lab.alice.media.get("pigeon")


@case
async def media_schema(lab: Lab) -> Any:
    return await lab.alice.media.json_schema("email")


# --- planned maintenance


async def _maintenance(lab: Lab, **fields: Any) -> Any:
    made = await lab.admin.planned_maintenance.create(
        **{"start_time": FUTURE, "description": lab.mark, "filters": [await _filter(lab)], **fields}
    )
    lab.erase(lab.admin.planned_maintenance.delete, made.pk)
    return made


@case
async def maintenance(lab: Lab) -> Any:
    made = await _maintenance(lab)
    found = await lab.alice.planned_maintenance.list().collect()
    return made, made in found, await lab.alice.planned_maintenance.get(made.pk) == made


@case
async def maintenance_update_and_replace(lab: Lab) -> Any:
    made = await _maintenance(lab, end_time=FUTURE + timedelta(hours=1))
    updated = await lab.admin.planned_maintenance.update(made.pk, description=f"{lab.mark}-b")
    replaced = await lab.admin.planned_maintenance.replace(
        made.pk, start_time=FUTURE, end_time=INFINITY, description=f"{lab.mark}-c", filters=[made.filters[0].pk]
    )
    return made, updated, replaced


@case
async def maintenance_by_person(lab: Lab) -> Any:
    return await lab.alice.planned_maintenance.create(start_time=FUTURE, filters=[await _filter(lab)])


@case
async def maintenance_that_ends_before_it_starts(lab: Lab) -> Any:
    return await _maintenance(lab, end_time=FUTURE - timedelta(hours=1))


@case
async def maintenance_delete(lab: Lab) -> Any:
    made = await _maintenance(lab)
    await lab.admin.planned_maintenance.delete(made.pk)
    return await lab.admin.planned_maintenance.get(made.pk)


# --- users and tokens


@case
async def user(lab: Lab) -> Any:
    return await lab.alice.users.me(), (await lab.admin.users.me()).admin_url is not None


@case
async def user_by_pk(lab: Lab) -> Any:
    own = await lab.own_source()
    assert own.user is not None
    return await lab.alice.users.get(own.user), await refused(lab.alice.users.get(MISSING))


@case
async def login(lab: Lab) -> Any:
    token = await lab.alice.tokens.login(lab.world.names["alice"], lab.world.password)
    assert token.issued_at is not None
    assert token.expires_at is not None
    client = await lab.client(token=token)
    hours = round((token.expires_at - token.issued_at) / timedelta(hours=1))
    return hours, await client.users.me()


@case
async def login_with_bad_password(lab: Lab) -> Any:
    return await lab.alice.tokens.login(lab.world.names["alice"], "not it, really")


@case
async def sign_in_by_password(lab: Lab) -> Any:
    client = await lab.client(username=lab.world.names["alice"], password=lab.world.password)
    return await client.users.me()


@case
async def refresh(lab: Lab) -> Any:
    first = await lab.alice.tokens.login(lab.world.names["alice"], lab.world.password)
    client = await lab.client(token=first)
    second = await client.tokens.refresh()
    old = await lab.client(token=first.value)
    return second.value != first.value, await client.users.me(), await old.users.me()


@case
async def refresh_of_bad_token(lab: Lab) -> Any:
    return await (await lab.client(token="0123456789abcdef")).tokens.refresh()


@case
async def logout(lab: Lab) -> Any:
    token = await lab.alice.tokens.login(lab.world.names["alice"], lab.world.password)
    client = await lab.client(token=token)
    await client.tokens.logout()
    return await refused((await lab.client(token=token.value)).users.me())


@case
async def logout_all(lab: Lab) -> Any:
    alice = lab.world.names["alice"]
    first = await lab.alice.tokens.login(alice, lab.world.password)
    legacy = await lab.alice.tokens.legacy_login(alice, lab.world.password)
    await lab.alice.tokens.logout_all()
    gone = await refused((await lab.client(token=first.value)).users.me())
    lab.world.tokens["alice"] = (await lab.source.tokens.login(alice, lab.world.password)).value
    return gone, await (await lab.client(token=legacy)).users.me()


@case
async def legacy_login(lab: Lab) -> Any:
    token = await lab.alice.tokens.legacy_login(lab.world.names["alice"], lab.world.password)
    return token.expires_at, await (await lab.client(token=token)).users.me()


@case
async def legacy_login_with_bad_password(lab: Lab) -> Any:
    return await lab.alice.tokens.legacy_login(lab.world.names["alice"], "not it, really")


@case
async def legacy_refresh(lab: Lab) -> Any:
    first = await lab.alice.tokens.legacy_login(lab.world.names["alice"], lab.world.password)
    client = await lab.client(token=first)
    second = await client.tokens.legacy_refresh()
    me = await client.users.me()
    return second.value != first.value, me, await (await lab.client(token=first)).users.me()


@case
async def upgrade_legacy_token(lab: Lab) -> Any:
    first = await lab.alice.tokens.legacy_login(lab.world.names["alice"], lab.world.password)
    client = await lab.client(token=first)
    second = await client.tokens.refresh()
    return second.expires_at is not None, await client.users.me()
