"""When a host may be asked again, and by how many calls at once."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from tocsin.options import Rate
from tocsin.transport.gate import Gate, Pressure

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def heed(gate: Gate, now: float = 0.0, **headers: str) -> int | None:
    return gate.heed({name.replace("_", "-"): value for name, value in headers.items()}, now, lambda: NOW)


def test_close() -> None:
    """A closed gate opens at its time, and an earlier end never shortens a later one."""
    gate = Gate()
    assert gate.delay(10) == 0
    gate.close(15)
    gate.close(12)
    assert gate.delay(10) == 5
    assert gate.delay(15) == 0


def test_rate_counts_from_the_first_call() -> None:
    """A window begins with its first call, and its last permit closes it."""
    gate = Gate(Rate(2, 60))
    gate.take(100)
    assert gate.delay(130) == 0
    gate.take(130)
    assert gate.delay(131) == 29
    assert gate.delay(160) == 0
    gate.take(165)
    assert gate.delay(165) == 0
    gate.take(166)
    assert gate.delay(166) == 59


def test_rate_and_closure() -> None:
    """The later of the two ends counts."""
    gate = Gate(Rate(1, 60))
    gate.take(0)
    gate.close(30)
    assert gate.delay(0) == 60
    gate.close(90)
    assert gate.delay(0) == 90


def test_give_back() -> None:
    """A permit that was not used is there again; there is none to give back without a rate."""
    gate = Gate(Rate(1, 60))
    gate.take(0)
    gate.give_back()
    assert gate.delay(0) == 0
    gate.give_back()
    gate.take(0)
    assert gate.delay(0) == 60
    free = Gate()
    free.take(0)
    free.give_back()
    assert free.delay(0) == 0


def test_window_of_the_host() -> None:
    """The first answer moves the window's end: the host's window began after ours, when the call reached it."""
    gate = Gate(Rate(2, 60))
    gate.take(0)
    gate.take(0)
    assert heed(gate, 3) is None
    assert gate.delay(3) == 60
    heed(gate, 5)
    assert gate.delay(5) == 58


def test_others_use_the_same_limit() -> None:
    """What the host has counted of others is taken from our window; what it allows more is not added."""
    gate = Gate(Rate(60, 60))
    gate.take(0)
    assert heed(gate, 1, x_ratelimit_remaining="0") == 0
    assert gate.delay(1) == 60
    gate = Gate(Rate(1, 60))
    gate.take(0)
    heed(gate, 1, x_ratelimit_remaining="50")
    assert gate.delay(1) == 60


@pytest.mark.parametrize(
    ("headers", "remaining", "delay"),
    [
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "30"}, 0, 30),
        ({"ratelimit_remaining": "0", "ratelimit_reset": "30"}, 0, 30),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW.timestamp()) + 45)}, 0, 45),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": str(int(NOW.timestamp()) - 45)}, 0, 0),
        ({"x_ratelimit_remaining": "1", "x_ratelimit_reset": "30"}, 1, 0),
        ({"x_ratelimit_remaining": "0"}, 0, 0),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "soon"}, 0, 0),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "1767225600000"}, 0, 0),
        ({"x_ratelimit_remaining": "0", "x_ratelimit_reset": "9" * 5000}, 0, 0),
        ({"x_ratelimit_remaining": "9" * 5000}, None, 0),
        ({"x_ratelimit_remaining": "-1"}, None, 0),
        ({"x_ratelimit_remaining": "²"}, None, 0),
        ({"x_ratelimit_remaining": "3, 3"}, None, 0),
        ({}, None, 0),
    ],
)
def test_limits_in_headers(headers: Mapping[str, str], remaining: int | None, delay: float) -> None:
    """With nothing left the gate closes until the reset, in seconds or since 1970; nonsense is passed over."""
    gate = Gate()
    assert heed(gate, 0, **headers) == remaining
    assert gate.delay(0) == delay


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=60),
    st.floats(0, 5),
)
def test_rate_is_never_passed(calls: int, steps: list[tuple[float, bool]], latency: float) -> None:
    """A host that counts from when calls reach it, within `latency`, never sees more than the rate."""
    gate = Gate(Rate(calls, 20))
    now, window, seen = 0.0, -1000.0, 0
    for pause, ask in steps:
        now += pause
        if not ask or gate.delay(now):
            continue
        gate.take(now)
        now += latency
        if now >= window + 20:
            window, seen = now, 0
        seen += 1
        assert seen <= calls
        heed(gate, now)


def test_one_call_then_more() -> None:
    """After a 429 one call goes, and each success doubles the number, up to the ceiling."""
    pressure = Pressure(10)
    assert pressure.allowed == 10
    pressure.throttled(0)
    seen = [pressure.allowed]
    for _ in range(5):
        pressure.succeeded(1, 0.1)
        seen.append(pressure.allowed)
    assert seen == [1, 2, 4, 8, 10, 10]


def test_calls_from_before() -> None:
    """Calls sent before the 429 neither open it again nor close it twice."""
    pressure = Pressure(10)
    pressure.throttled(0)
    for _ in range(9):
        pressure.succeeded(0, 0.1)
    assert pressure.allowed == 1
    pressure.succeeded(1, 0.1)
    pressure.throttled(0)
    assert (pressure.allowed, pressure.generation) == (2, 1)
    pressure.throttled(1)
    assert (pressure.allowed, pressure.generation) == (1, 2)


def test_slow_down() -> None:
    """No more calls in flight than the host still allows, one at least; then more again."""
    pressure = Pressure(10)
    pressure.slow_down(20)
    assert pressure.allowed == 10
    pressure.slow_down(3)
    assert pressure.allowed == 3
    pressure.slow_down(0)
    assert pressure.allowed == 1
    pressure.succeeded(0, 0.1)
    pressure.succeeded(0, 0.1)
    assert pressure.allowed == 4


def test_always_one_remaining() -> None:
    """A host that always says one is left is asked by one call at a time, for ever."""
    pressure = Pressure(10)
    for _ in range(20):
        pressure.succeeded(pressure.generation, 0.1)
        pressure.slow_down(1)
        assert pressure.allowed == 1


def test_fixed_concurrency_knows_no_latency() -> None:
    """Without `adaptive`, latency and faults change nothing."""
    pressure = Pressure(10)
    for elapsed in (0.1, 100.0):
        pressure.succeeded(0, elapsed)
        pressure.failed(0)
    assert pressure.allowed == 10


def test_adaptive_grows_while_the_host_is_quick() -> None:
    """Adaptive concurrency starts low and grows to its ceiling, by one a round trip."""
    pressure = Pressure(8, adaptive=True)
    assert pressure.allowed == 4
    for _ in range(5):
        pressure.succeeded(0, 0.1)
    assert pressure.allowed == 5
    for _ in range(100):
        pressure.succeeded(0, 0.1)
    assert pressure.allowed == 8


def test_adaptive_shrinks_when_the_host_queues() -> None:
    """Slower than twice the best of late means fewer calls; faults halve; one is always left."""
    pressure = Pressure(8, adaptive=True)
    for _ in range(100):
        pressure.succeeded(0, 0.1)
    pressure.succeeded(0, 0.3)
    assert pressure.allowed == 7
    pressure.failed(0)
    assert pressure.allowed == 3
    for _ in range(50):
        pressure.failed(0)
    assert pressure.allowed == 1
    pressure.failed(7)
    pressure.succeeded(0, 0.1)
    assert pressure.allowed == 2


def test_adaptive_forgets() -> None:
    """A host that became slower for good gets its concurrency back."""
    pressure = Pressure(8, adaptive=True)
    pressure.succeeded(0, 0.1)
    for _ in range(300):
        pressure.succeeded(0, 1.0)
    assert pressure.allowed == 8


@given(
    st.integers(1, 20),
    st.booleans(),
    st.lists(
        st.one_of(
            st.tuples(st.just("throttled"), st.integers(0, 3)),
            st.tuples(st.just("succeeded"), st.integers(0, 3), st.floats(0, 100)),
            st.tuples(st.just("failed"), st.integers(0, 3)),
            st.tuples(st.just("slow_down"), st.integers(0, 50)),
        ),
        max_size=100,
    ),
)
def test_pressure_stays_in_its_bounds(ceiling: int, adaptive: bool, steps: list[tuple[object, ...]]) -> None:
    """Whatever happens, between one call and the ceiling; and successes alone bring back the ceiling."""
    pressure = Pressure(ceiling, adaptive=adaptive)
    for name, *arguments in steps:
        getattr(pressure, str(name))(*arguments)
        assert 1 <= pressure.allowed <= ceiling
    for _ in range(500):
        pressure.succeeded(pressure.generation, 0.0)
    assert pressure.allowed == ceiling


def test_wall_clock_is_asked_only_for_dates() -> None:
    """Seconds need no wall clock."""

    def wall() -> datetime:
        raise AssertionError

    gate = Gate()
    gate.heed({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}, 0.0, wall)
    assert gate.delay(0) == 5


@pytest.mark.parametrize("reset", ["9999999999", "999999999", "121"])
def test_a_bogus_reset_closes_for_a_while(reset: str) -> None:
    """However far away a host says that its limit is reset, the gate closes for at most 120 s."""
    gate = Gate()
    heed(gate, x_ratelimit_remaining="0", x_ratelimit_reset=reset)
    assert gate.delay(0.0) == 120


def test_given_back_call_begins_no_window() -> None:
    """A window begins with the first call that is made, not with one that was given back."""
    gate = Gate(Rate(2, per=10))
    gate.take(100)
    gate.give_back()
    gate.take(106)
    gate.take(107)
    assert gate.delay(111) == 5
