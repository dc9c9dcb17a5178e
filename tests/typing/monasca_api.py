"""The public face of Monasca as the type checkers see it; never run.

What must be an error is marked as ignored: an ignore that is not needed is an error, too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, assert_type

from tocsin import MonascaClient, RetryPolicy, Timeouts
from tocsin.monasca import (
    Alarm,
    AlarmCount,
    AlarmDefinition,
    AlarmMetric,
    AlarmTransition,
    BatchError,
    DefinitionOfAlarm,
    Dialect,
    Health,
    KeystoneApplicationCredential,
    KeystoneAuth,
    KeystoneCloud,
    KeystonePassword,
    KeystoneToken,
    Link,
    Measurement,
    MeasurementSeries,
    Metric,
    NewLog,
    NewMetric,
    NotificationMethod,
    Statistic,
    StatisticSeries,
    SubAlarm,
    Version,
)
from tocsin.monasca.expressions import (
    And,
    Dimensions,
    Expression,
    ExpressionError,
    Or,
    Statistic as Function,
    SubExpression,
    Trap,
    avg,
    check_expression,
    count,
    expression_data,
    last,
    max_,
    metric,
    min_,
    parse_expression,
    read_expression_data,
    sum_,
    traps,
)
from tocsin.paging import Page, Pager

NOW = datetime.now(UTC)
KEYSTONE = "https://cloud.example.org:5000/v3"
BASE = "https://monasca.example.org:8070/v2.0"


async def clients() -> None:
    """Each identity is one that a client takes; a derived client is a client of the same class."""
    password = KeystonePassword(
        KEYSTONE,
        username="u",
        password="p",
        project_name="demo",
        user_domain_name="Default",
        project_domain_name="Default",
    )
    identities: list[KeystoneAuth] = [
        password,
        KeystonePassword(auth_url=KEYSTONE, user_id="u", password="p", domain_name="d"),
        KeystoneApplicationCredential(KEYSTONE, id="i", secret="s"),
        KeystoneApplicationCredential(KEYSTONE, name="n", username="u", secret="s"),
        KeystoneToken(KEYSTONE, token="t", project_id="p"),
    ]
    assert_type(password.auth_url, str)
    for auth in identities:
        MonascaClient(auth=auth, region_name="RegionOne", interface="internal")
    MonascaClient(auth=KeystoneCloud("mycloud"))
    MonascaClient(BASE, token="t", dialect="2014")
    KeystonePassword(KEYSTONE, "u", "p")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - by keyword
    KeystonePassword(KEYSTONE, username="u")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no password
    MonascaClient(BASE, auth="t")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - no identity
    MonascaClient(BASE, token="t", nosuch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no option
    async with MonascaClient(BASE, auth=password, dialect="auto", retry=RetryPolicy(attempts=2)) as monasca:
        assert_type(monasca, MonascaClient)
        assert_type(monasca.with_options(timeouts=Timeouts(total=5)), MonascaClient)
        assert_type(monasca.dialect, Dialect | None)
        assert_type(await monasca.find_dialect(), Dialect)
        health = await monasca.health(parts=False)
        assert_type(health, Health)
        assert_type(health.unhealthy, Mapping[str, str])
        assert_type(await monasca.versions.list(), tuple[Version, ...])
        assert_type(await monasca.versions.get("v2.0", timeouts=Timeouts(total=5)), Version)
        await monasca.sign_out(retry=RetryPolicy(attempts=1))
    assert_type(MonascaClient.from_env(), MonascaClient)
    assert_type(MonascaClient.from_profile("noc"), MonascaClient)


async def metrics(monasca: MonascaClient) -> None:
    """Lists give pagers of models, of names, or of JSON; filters are typed."""
    wanted = {"hostname": "a", "device": ["vda", "vdb"], "service": None}
    assert_type(monasca.metrics.list(name="cpu", dimensions=wanted, start_time=NOW), Pager[Metric])
    async for series in monasca.metrics.list(page_size=500, on_bad_row="skip"):
        assert_type(series, Metric)
        assert_type(series.dimensions, Mapping[str, str])
    assert_type(monasca.metrics.rows(dimensions={"hostname": "a"}), Pager[bytes])
    assert_type(monasca.metrics.names(dimensions={"hostname": "a"}, tenant_id="t"), Pager[str])
    assert_type(monasca.metrics.dimension_names(metric_name="cpu"), Pager[str])
    assert_type(monasca.metrics.dimension_values("hostname", metric_name="cpu"), Pager[str])
    measured = monasca.metrics.measurements("cpu", start_time=NOW, end_time=NOW, group_by=["hostname"])
    assert_type(measured, Pager[MeasurementSeries])
    async for page in measured.pages():
        assert_type(page, Page[MeasurementSeries])
        for chunk in page.items:
            assert_type(chunk.measurements, Sequence[Measurement])
            assert_type(chunk.measurements[0].timestamp, datetime)
            assert_type(chunk.measurements[0].value, float)
            assert_type(chunk.measurements[0].value_meta, Mapping[str, Any])
    assert_type(monasca.metrics.measurement_rows(start_time=NOW, group_by="*"), Pager[bytes])
    found = monasca.metrics.statistics("cpu", statistics=["avg"], start_time=NOW, period=60, merge_metrics=True)
    assert_type(found, Pager[StatisticSeries])
    async for each in found:
        assert_type(each.statistics, Sequence[Statistic])
        assert_type(each.statistics[0].avg, float | None)
    assert_type(monasca.metrics.statistic_rows("cpu", statistics=("max",), start_time=NOW), Pager[bytes])
    monasca.metrics.list(nosuch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no such filter
    monasca.metrics.measurements("cpu")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no start_time
    monasca.metrics.measurements("cpu", start_time="2026")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a time
    monasca.metrics.statistics("cpu", start_time=NOW)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - of what


async def writing(monasca: MonascaClient, stream: AsyncIterator[NewMetric]) -> None:
    """Metrics and logs go in one by one, many, or as they come."""
    await monasca.metrics.create("cpu", 1, dimensions={"hostname": "a"}, timestamp=NOW, value_meta={"k": "v"})
    made = NewMetric("cpu", 1.5, {"hostname": "a"}, NOW)
    try:
        assert_type(await monasca.metrics.create_many([made], batch=100, concurrency=2, idempotent=True), int)
    except BatchError as error:
        assert_type(error.message, str)
    assert_type(await monasca.metrics.create_stream(stream, max_bytes=1000), int)
    assert_type(await monasca.metrics.create_stream([made]), int)
    assert_type(await monasca.logs.create(["text", NewLog("m", {"a": "1"}), {"message": "m"}]), int)
    assert_type(await monasca.logs.create(["text"], dimensions={"a": "1"}, timeouts=Timeouts(total=5)), int)
    await monasca.metrics.create("cpu", "1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - a number
    await monasca.metrics.create_many([("cpu", 1)])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType] - no metric
    await monasca.logs.create([1])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType] - no log


async def notification_methods(monasca: MonascaClient) -> None:
    """Ways to tell somebody."""
    methods = monasca.notification_methods
    assert_type(methods.list(sort_by="name desc", page_size=10), Pager[NotificationMethod])
    assert_type(methods.list(sort_by=[("name", "desc"), "type"]), Pager[NotificationMethod])
    assert_type(methods.rows(), Pager[bytes])
    made = await methods.create("n", "EMAIL", "a@example.org", period=60)
    assert_type(made, NotificationMethod)
    assert_type(made.links, tuple[Link, ...])
    assert_type(await methods.get(made.id), NotificationMethod)
    assert_type(await methods.update(made.id, "n", "EMAIL", "b@example.org"), NotificationMethod)
    assert_type(await methods.patch(made.id, address="c@example.org"), NotificationMethod)
    assert_type(await methods.types(), tuple[str, ...])
    await methods.delete(made.id, timeouts=Timeouts(total=5))
    await methods.patch(made.id, nosuch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no such field
    await methods.create("n", "EMAIL", "a", "60")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - seconds


async def definitions(monasca: MonascaClient) -> None:
    """Definitions take an expression as text or as a tree."""
    api = monasca.alarm_definitions
    found = api.list(name="n", dimensions={"hostname": "a"}, severity=["HIGH", "CRITICAL"], sort_by="name")
    assert_type(found, Pager[AlarmDefinition])
    assert_type(api.rows(severity="LOW"), Pager[bytes])
    made = await api.create(name="n", expression=avg("cpu", {"hostname": "a"}) > 90, match_by=["hostname"])
    assert_type(made, AlarmDefinition)
    assert_type(made.match_by, tuple[str, ...])
    assert_type(await api.get(made.id), AlarmDefinition)
    assert_type(await api.patch(made.id, expression="avg(cpu) > 91", actions_enabled=False), AlarmDefinition)
    replaced = await api.replace(
        made.id,
        name="n",
        expression="avg(cpu) > 92",
        description="",
        severity="LOW",
        match_by=[],
        alarm_actions=[],
        ok_actions=[],
        undetermined_actions=[],
        actions_enabled=True,
    )
    assert_type(replaced, AlarmDefinition)
    await api.delete(made.id)
    await api.create(name="n")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no expression
    await api.replace(made.id, name="n", expression="a > 1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - not all
    api.list(state="OK")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - a filter of alarms


async def alarms(monasca: MonascaClient) -> None:
    """Alarms in both dialects, and their histories."""
    api = monasca.alarms
    found = api.list(
        state="ALARM",
        severity=["HIGH", "CRITICAL"],
        metric_dimensions={"hostname": ["a", "b"]},
        state_updated_start_time=NOW,
        sort_by=("state", "desc"),
    )
    assert_type(found, Pager[Alarm])
    async for alarm in found:
        assert_type(alarm.metrics, tuple[AlarmMetric, ...])
        assert_type(alarm.alarm_definition, DefinitionOfAlarm)
        assert_type(alarm.state_updated_timestamp, datetime | None)
    assert_type(api.rows(name="n", dimensions={"hostname": "a"}), Pager[bytes])
    assert_type(await api.count(group_by=["state"], severity="LOW"), Sequence[AlarmCount])
    assert_type(await api.get("id"), Alarm)
    assert_type(await api.update("id", "OK", "OPEN", "http://example.org/"), Alarm)
    assert_type(await api.patch("id", lifecycle_state="RESOLVED"), Alarm)
    assert_type(await api.create(name="n", expression=sum_("cpu") >= 1), Alarm)
    assert_type(await api.replace("id", name="n", expression="a > 1", state="OK", actions_enabled=True), Alarm)
    await api.delete("id")
    history = api.state_history("id", start_time=NOW, page_size=100)
    assert_type(history, Pager[AlarmTransition])
    async for transition in history:
        assert_type(transition.sub_alarms, tuple[SubAlarm, ...])
    assert_type(api.state_history_rows("id"), Pager[bytes])
    assert_type(api.state_histories(dimensions={"hostname": "a"}, end_time=NOW), Pager[AlarmTransition])
    assert_type(api.state_histories_rows(), Pager[bytes])
    api.list(nosuch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - no such filter
    api.state_history("id", dimensions={})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - of all alarms only
    await api.count(sort_by="state")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - counts have no order
    await api.update("id", "OK")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue] - all or nothing
    await api.get(1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - an id is a text


def expressions() -> None:
    """Trees by the parser and by operators."""
    tree = parse_expression("avg(cpu) > 1", dialect="2014")
    assert_type(tree, Expression)
    assert_type(tree.sub_expressions, tuple[SubExpression, ...])
    assert_type(avg("cpu", {"hostname": "a"}, period=120, deterministic=True), Function)
    above = avg("cpu") > 90
    assert_type(above, SubExpression)
    assert_type(above.times(3), SubExpression)
    assert_type(above.dimensions, Dimensions)
    assert_type(above.threshold, float)
    for other in (count("a") >= 1, last("a") < 1.5, max_("a") <= 2, min_("a") > 3, metric("a") < 4):
        assert_type(above & other, And)
        assert_type(above | other & above, Or)
    assert_type(check_expression(above, dialect="current"), str)
    assert_type(traps("avg(cpu) > 1"), tuple[Trap, ...])
    assert_type(expression_data(above), dict[str, Any])
    assert_type(read_expression_data({}), Expression)
    assert issubclass(ExpressionError, ValueError)
    parse_expression("a > 1", dialect="2015")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - no dialect
    avg("cpu", {"hostname": 1})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType] - texts
    assert avg("cpu") > "1"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue] - a number
