"""The public face of Lastline as the type checkers see it; never run.

What must be an error is marked as ignored: an ignore that is not needed is an error, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, assert_type

from tocsin import Checkpoint, LastlineClient, Limits, Rate, Response, RetryPolicy, Timeouts
from tocsin.lastline import (
    Appliance,
    LastlineError,
    LogEntry,
    LogEntryInfo,
    Metric,
    NoSuchApplianceError,
    Sample,
)
from tocsin.paging import Page, Pager

NOW = datetime.now(UTC)
BASE = "https://user.lastline.example.org/papi"


async def clients() -> None:
    """A client is made with an account or a licence; a derived one is a client of the same class."""
    LastlineClient(BASE, api_key="k", api_token="t", licence_parameter="key", limits=Limits(rate=Rate(60)))
    async with LastlineClient(BASE, username="u", password="p", timeouts=Timeouts(total=5)) as lastline:
        assert_type(lastline, LastlineClient)
        assert_type(lastline.with_options(retry=RetryPolicy(attempts=2)), LastlineClient)
        assert_type(await lastline.ping(), str)
        assert_type(await lastline.ping("monitoring", timeouts=Timeouts(total=5)), str)
        assert_type(await lastline.raw("monitoring/metric/list", {"a": "b"}, response_format="xml"), Response)
        assert_type(await lastline.request("GET", "/ping.json", extra_params={"a": "b"}), Response)
        await lastline.logout(retry=RetryPolicy(attempts=1))
        await lastline.raw("ping", response_format="yaml")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - no format
    assert_type(LastlineClient.from_env(), LastlineClient)
    assert_type(LastlineClient.from_profile("noc"), LastlineClient)
    LastlineClient(BASE, "u", "p")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by keyword
    LastlineClient(BASE, token="t")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no such credential


async def metrics(lastline: LastlineClient, place: Checkpoint) -> None:
    """Lists give pagers of names, of samples, or of JSON; what selects appliances is typed."""
    api = lastline.metrics
    assert_type(api.list(), Pager[Metric])
    async for metric in api.list(start_time=NOW, end_time=None, appliance_type="SENSOR", on_bad_row="skip"):
        assert_type(metric, Metric)
        assert_type(metric.kind, str)
        assert_type(metric.name, str)
        assert_type(api.get(metric, start_time=NOW), Pager[Sample])
    assert_type(api.rows(appliance_uuids=["0" * 32], key="k:s"), Pager[bytes])
    samples = api.get("gauge.cpu", start_time=NOW, end_time=NOW, resolution=timedelta(hours=1), key_id=1)
    async for page in samples.pages():
        assert_type(page, Page[Sample])
        for sample in page.items:
            times: list[datetime] = [sample.time]
            assert times
            assert_type(sample.value, float | None)
            assert_type(sample.width, timedelta)
            assert_type(sample.appliance, Appliance | None)
            assert_type(sample.appliance_uuid, str | None)
    assert_type(samples.resume(place), Pager[Sample])
    assert_type(api.sample_rows("gauge.cpu", start_time=NOW, customer="a@example.org"), Pager[bytes])
    assert_type(api.aggregate("gauge.cpu", start_time=NOW), Pager[Sample])
    assert_type(api.aggregate(["a.b", "a.c"], start_time=NOW, subkey_id=2, key_id="1"), Pager[Sample])
    assert_type(api.aggregate_rows(("a.b",), start_time=NOW, retry=RetryPolicy(attempts=1)), Pager[bytes])
    assert_type(await api.earliest(appliance_type="ENGINE", timeouts=Timeouts(total=5)), datetime | None)
    api.list(nosuch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - selects nothing
    api.list(page_size=10)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - it has no pages
    api.list(resolution=timedelta(hours=1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - of samples
    api.get("a.b", start_time="2026-01-31")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a time
    api.get("a.b", start_time=NOW, resolution=3600)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a timedelta
    api.get(["a.b"], start_time=NOW)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - one metric
    await api.earliest(start_time=NOW)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - what it finds


async def logs(lastline: LastlineClient) -> None:
    """Entries as models or as JSON, and one of them."""
    api = lastline.logs
    found = api.list(
        start_time=NOW,
        end_time=NOW,
        identifiers=["db.replication"],
        min_impact=50,
        max_impact=100,
        message_contains="full",
        components="Storage",
        appliance_uuids=("0" * 32,),
        page_size=500,
        beginning=True,
        on_bad_row="skip",
    )
    assert_type(found, Pager[LogEntry])
    assert_type(await found.first(), LogEntry | None)
    async for entry in found:
        times: list[datetime] = [entry.start_time, entry.end_time]
        assert times
        assert_type(entry.impact, int | None)
        assert_type(entry.info, LogEntryInfo | None)
        assert_type(entry.appliance, Mapping[str, Any] | None)
        assert_type(entry.log_entry_uuid, str | None)
    assert_type(api.rows(identifiers="db.replication", timeouts=Timeouts(total=5)), Pager[bytes])
    try:
        assert_type(await api.get("0" * 32, extra_headers={"a": "b"}), LogEntry)
    except NoSuchApplianceError as error:
        assert_type(error.code, int | None)
    except LastlineError as error:
        assert_type(error.code_name, str | None)
    api.list(resolution=timedelta(hours=1))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - of samples
    api.list(min_impact="high")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a number
    api.list(on_bad_row="ignore")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - "raise" or "skip"
    await api.get(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a uuid is a text
    await lastline.logs.create(["a"])  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - it takes none
