"""Alarms, their histories and notification methods of a real Monasca: all rows, each once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from tests.servers.monasca import RealMonasca

from tocsin.monasca.client import MonascaClient
from tocsin.monasca.keystone import KeystonePassword
from tocsin.monasca.models.alarms import AlarmTransition

pytestmark = [pytest.mark.real, pytest.mark.anyio, pytest.mark.timeout(900)]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BASE = datetime(2026, 11, 23, 4, 49, 30, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture(scope="module")
def monasca() -> Iterator[RealMonasca]:
    """A real Monasca."""
    with RealMonasca() as running:
        yield running


def client(monasca: RealMonasca, user: str = "demo") -> MonascaClient:
    """A client that is signed in as this user."""
    who = monasca.users[user]
    auth = KeystonePassword(
        monasca.keystone_url, username=who.name, password=who.password, project_name=who.project
    )
    return MonascaClient(monasca.base_url, auth=auth)


async def test_25_notification_methods(monasca: RealMonasca, anyio_backend: str) -> None:
    """Each of 25 comes once at 10 a page, in the order that was asked for; one is changed, and all are deleted."""
    async with client(monasca) as api:
        methods = api.notification_methods
        made = [
            await methods.create(f"{anyio_backend} {number:02}", "webhook", f"http://h/{number}", number % 2 * 60)
            for number in range(25)
        ]
        for page_size in (2, 10, 25):
            got = await methods.list(page_size=page_size, sort_by=("name", "desc")).collect()
            assert [each.id for each in got] == [each.id for each in reversed(made)]
        rows = await methods.rows(page_size=10).collect()
        assert sorted(json.loads(row)["id"] for row in rows) == sorted(each.id for each in made)
        assert await methods.types() >= ("EMAIL",)
        one = made[1]
        assert (await methods.get(one.id)).period == 60
        assert (await methods.patch(one.id, period=0)).period == 0
        assert (await methods.update(one.id, one.name, "EMAIL", "a@b.c")).type == "EMAIL"
        for each in made:
            await methods.delete(each.id)
        assert await methods.list().collect() == []


async def test_alarms(monasca: RealMonasca, anyio_backend: str) -> None:
    """A definition and its alarms: filters, pages, counts and changes."""
    async with client(monasca) as api:
        made = await api.alarm_definitions.create(
            name=f"cpu {anyio_backend}",
            expression="avg(cpu{hostname=h}) > 1",
            severity="high",
            match_by=["hostname"],
        )
        definition = await api.alarm_definitions.replace(
            made.id,
            name=made.name,
            expression="avg(cpu{hostname=h}) > 2",
            description="d",
            severity="LOW",
            match_by=["hostname"],
            alarm_actions=[],
            ok_actions=[],
            undetermined_actions=[],
            actions_enabled=False,
        )
        assert await api.alarm_definitions.get(made.id) == definition
        found = api.alarm_definitions.list(name=made.name, dimensions={"hostname": "h"}, severity=["LOW", "high"])
        assert [each.id async for each in found] == [made.id]
        ids = monasca.insert_alarms(made.id, 7, metric="cpu")
        of: dict[str, Any] = {"alarm_definition_id": made.id}
        for page_size in (2, 3, 10):
            alarms = await api.alarms.list(
                **of, page_size=page_size, sort_by=["state", "created_timestamp desc"]
            ).collect()
            assert sorted(each.id for each in alarms) == sorted(ids)
        since: dict[str, Any] = {
            "state_updated_start_time": BASE - timedelta(days=9999),
            "metric_dimensions": {"hostname": ["host1", "host2"]},
        }
        assert {each.id async for each in api.alarms.list(**of, **since)} == set(ids[1:3])
        assert [each.count for each in await api.alarms.count(**of)] == [7]
        groups = await api.alarms.count(**of, group_by=["state", "dimension_value"], page_size=2)
        assert sum(each.count for each in groups if each.group["dimension_value"] == "monitoring") == 7
        assert len(groups) == 10
        assert await api.alarms.count(**of, link="none", group_by=["state"]) == []
        changed = await api.alarms.patch(ids[0], state="ok", link="http://x")
        assert (changed.state, changed.link, changed.lifecycle_state) == ("OK", "http://x", None)
        assert (await api.alarms.patch(ids[0], link="")).link == ""
        changed = await api.alarms.update(ids[0], "alarm", "OPEN", "http://y")
        assert await api.alarms.get(ids[0]) == changed
        assert [row.new_state async for row in api.alarms.state_history(ids[0])] == ["OK", "ALARM"]
        for each in ids:
            await api.alarms.delete(each)
        await api.alarm_definitions.delete(made.id)
        assert await api.alarm_definitions.list(name=made.name).collect() == []


async def test_histories_of_one_millisecond(monasca: RealMonasca, anyio_backend: str) -> None:
    """Every transition comes once, of one alarm and of all, at each page size, within times, and resumed."""
    random = Random(5)
    tenant = monasca.project_ids["demo"]
    async with client(monasca) as api:
        definition = await api.alarm_definitions.create(name=f"ties {anyio_backend}", expression="cpu > 1")
        ids = monasca.insert_alarms(definition.id, 2)
        want = Counter[tuple[str, int, str]]()
        lines: list[str] = []
        for tick in range(40):
            for _ in range(random.choice([1, 1, 2, 3, 7, 25])):
                alarm, reason = random.choice(ids), f"row {len(lines)}"
                want[alarm, tick, reason] += 1
                # A tag of its own, as in the store two points of one time and the same tags are one.
                fields = f'tenant_id="{tenant}",alarm_id="{alarm}",reason="{reason}",reason_data="{{}}"'
                states = 'metrics="[]",sub_alarms="[]",old_state="OK",new_state="ALARM"'
                when = (BASE - EPOCH) // MILLISECOND + tick
                lines.append(f"alarm_state_history,tenant_id={tenant},row={len(lines)} {fields},{states} {when}")
        random.shuffle(lines)
        monasca.write_points(lines)

        def counted(rows: list[AlarmTransition]) -> Counter[tuple[str, int, str]]:
            return Counter(
                [(row.alarm_id, (row.timestamp - BASE) // MILLISECOND, row.reason or "") for row in rows]
            )

        def part(alarm: str, first: int = 0, last: int = 39) -> Counter[tuple[str, int, str]]:
            return Counter({key: 1 for key in want if key[0] == alarm and first <= key[1] <= last})

        times: dict[str, Any] = {"start_time": BASE, "end_time": BASE + 39 * MILLISECOND}
        inner: dict[str, Any] = {"start_time": BASE + 5 * MILLISECOND, "end_time": BASE + 20 * MILLISECOND}
        for page_size in (2, 3, 10, 1000):
            alarms = api.alarms
            assert counted(await alarms.state_histories(page_size=page_size, **times).collect()) == want
            assert len(await alarms.state_histories_rows(page_size=page_size, **times).collect()) == len(lines)
            for alarm in ids:
                assert counted(await alarms.state_history(alarm, page_size=page_size).collect()) == part(alarm)
                some = await alarms.state_history(alarm, page_size=page_size, **inner).collect()
                assert counted(some) == part(alarm, 5, 20)
        query = api.alarms.state_histories(page_size=3, **times)
        items, got = aiter(query), list[AlarmTransition]()
        while (row := await anext(items, None)) is not None:
            got.append(row)
            if len(got) % 5 == 0:
                items = aiter(query.resume(items.checkpoint))
        assert counted(got) == want
        await api.alarm_definitions.delete(definition.id)
