"""The public face of Argus as the type checkers see it; never run.

What must be an error is marked as ignored: an ignore that is not needed is an error, too.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import assert_type

from tocsin import RetryPolicy, Timeouts
from tocsin.argus import (
    INFINITY,
    STATELESS,
    Acknowledgement,
    ArgusClient,
    BulkResult,
    Destination,
    EndTime,
    Event,
    Filter,
    FilterBlob,
    Incident,
    Media,
    Metadata,
    NotificationProfile,
    PlannedMaintenance,
    Source,
    SourceType,
    Tag,
    Tags,
    TimeRecurrence,
    Timeslot,
    User,
)
from tocsin.paging import Page, Pager
from tocsin.transport.credentials import Token

NOW = datetime.now(UTC)


async def reading(argus: ArgusClient) -> None:
    """Lists give pagers of models; filters are typed."""
    pager = argus.incidents.list(
        open=True,
        acked=False,
        tags={"host": ["a", "b"]},
        level__lte=3,
        id__in=[1],
        page_size=500,
        on_bad_row="skip",
    )
    assert_type(pager, Pager[Incident])
    async for incident in pager:
        assert_type(incident, Incident)
        assert_type(incident.tags, Tags)
        assert_type(incident.tags["host"], str)
        assert_type(incident.end_time, EndTime | None)
    async for page in pager.pages():
        assert_type(page, Page[Incident])
    assert_type(await pager.first(), Incident | None)
    assert_type(await argus.incidents.count(open=True), int)
    assert_type(argus.incidents.mine(tags=["a=1"], timeouts=Timeouts(total=5)), Pager[Incident])
    assert_type(argus.incidents.all_events(), Pager[Event])
    assert_type(argus.sources.list(), Pager[Source])
    assert_type(argus.source_types.list(), Pager[SourceType])
    assert_type(await argus.source_types.get("nms"), SourceType)
    assert_type(argus.media.list(), Pager[Media])
    assert_type(await argus.users.me(), User)
    assert_type(await argus.metadata(), Metadata)
    argus.incidents.list(open="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a filter's type
    argus.incidents.list(nosuch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no such filter
    argus.incidents.mine(search="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - not honoured there
    await argus.incidents.get("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a pk is an int


async def writing(argus: ArgusClient) -> None:
    """Calls that change something take typed fields, and the API's options."""
    made = await argus.incidents.create(
        start_time=NOW,
        end_time=INFINITY,
        tags={"host": "a"},
        source_incident_id="1",
        retry=RetryPolicy(attempts=1),
    )
    assert_type(made, Incident)
    await argus.incidents.create(start_time=NOW, end_time=STATELESS, metadata={"k": [1]})
    assert_type(await argus.incidents.upsert(start_time=NOW, source_incident_id="1", tags=made.tags), Incident)
    assert_type(await argus.incidents.update(1, level=3), Incident)
    assert_type(await argus.incidents.resolve(1, "done", NOW), Event)
    assert_type(await argus.incidents.acknowledge(1, "seen", NOW, expiration=NOW), Acknowledgement)
    assert_type(await argus.incidents.get_event(1, 2), Event)
    assert_type(await argus.incidents.get_ack(1, 2), Acknowledgement)
    assert_type(await argus.incidents.get_tag(1, "a=1"), Tag)
    assert_type(argus.incidents.all_event_rows(), Pager[bytes])
    assert_type(await argus.sources.get(pk=1), Source)
    assert_type(await argus.source_types.get(pk="nms"), SourceType)
    assert_type(await argus.incidents.acknowledge_many([1, 2]), BulkResult)
    slot = await argus.timeslots.create(
        name="s", time_recurrences=[TimeRecurrence(days=(1,), start=time(8), end=time(16))]
    )
    assert_type(slot, Timeslot)
    assert_type(await argus.filters.create(name="f", filter=FilterBlob(open=True)), Filter)
    assert_type(await argus.destinations.create(media="email", settings={"email_address": "a@b"}), Destination)
    assert_type(await argus.notification_profiles.create(timeslot=1, filters=[1]), NotificationProfile)
    assert_type(await argus.planned_maintenance.create(filters=[1], end_time=INFINITY), PlannedMaintenance)
    assert_type(await argus.tokens.refresh(timeouts=Timeouts(total=5)), Token)
    assert_type(await argus.tokens.login("u", "p", retry=RetryPolicy(attempts=1)), Token)
    await argus.tokens.refresh(nosuch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no option
    await argus.incidents.create(tags=[])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no start_time
    await argus.incidents.update(1, end_time=NOW)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - fixed


async def clients() -> None:
    """A client is made with a token or a password; a derived one is a client of the same class."""
    async with ArgusClient("https://argus.example.org/api/v2", token="t") as argus:
        assert_type(argus, ArgusClient)
        assert_type(argus.with_options(retry=RetryPolicy(attempts=2)), ArgusClient)
    ArgusClient("https://argus.example.org/api/v2", username="u", password="p")
