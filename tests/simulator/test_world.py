"""The world that all backends present."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.simulator.world import EPOCH, METRICS, SPAN, World


def test_same_arguments_same_world() -> None:
    """The world depends on its arguments alone."""
    assert World.build(seed=3, scale=2) == World.build(seed=3, scale=2)
    assert World.build(seed=3) != World.build(seed=4)


def test_size() -> None:
    """A scale is 40 hosts and 600 alarms."""
    world = World.build(scale=2)
    assert (len(world.hosts), len(world.alarms)) == (80, 1200)
    assert World.build(scale=0).alarms == ()


def test_alarms_are_consistent() -> None:
    """Starts are distinct and in order within the span, and histories tell what the alarm tells."""
    alarms = World.build().alarms
    starts = [alarm.started_at for alarm in alarms]
    assert starts == sorted(set(starts))
    assert starts[0] >= EPOCH - SPAN
    assert starts[-1] < EPOCH
    assert [alarm.number for alarm in alarms] == list(range(1, 601))
    assert len({alarm.id for alarm in alarms}) == 600
    for alarm in alarms:
        times = [change.at for change in alarm.history]
        assert times == sorted(times)
        assert times[0] == alarm.started_at
        assert (alarm.history[-1].state == "resolved") is (alarm.ended_at is not None)
        assert any(change.state == "acknowledged" for change in alarm.history) is bool(alarm.acknowledged_at)


def test_has_every_kind_of_alarm() -> None:
    """Open, ended, acknowledged and stateless alarms, and every severity, are there to be filtered."""
    alarms = World.build().alarms
    assert 30 < sum(alarm.open for alarm in alarms) < 200
    assert 10 < sum(alarm.stateless for alarm in alarms) < 60
    assert sum(alarm.acknowledged_at is not None for alarm in alarms) > 50
    assert len({alarm.severity for alarm in alarms}) == 5


def test_values_stay_in_bounds() -> None:
    """A measurement is within its metric's bounds, and the same whenever it is asked for."""
    world = World.build()
    for metric in METRICS:
        values = [world.value(world.hosts[0], metric, EPOCH + timedelta(minutes=5 * step)) for step in range(300)]
        assert all(metric.low <= value <= metric.high for value in values)
        assert len(set(values)) > 100
    assert world.value(world.hosts[1], METRICS[0], EPOCH) == world.value(world.hosts[1], METRICS[0], EPOCH)


def test_refuses_a_naive_epoch() -> None:
    """A time without a zone is refused, with the way to mend it."""
    with pytest.raises(ValueError, match="astimezone"):
        World.build(epoch=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="scale"):
        World.build(scale=-1, epoch=datetime(2026, 1, 1, tzinfo=UTC))
