"""When a host may be asked again, and by how many calls at once."""

import heapq
import itertools
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, get_args

import pytest
from hypothesis import given, settings, strategies as st

from tocsin.options import Rate
from tocsin.transport.gate import Gate, Pressure

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def heed(gate: Gate, now: float = 0.0, since: float | None = None, **headers: str) -> int | None:
    """A call that went at `since`, or just now, is answered with these headers."""
    since = now if since is None else since
    gate.settle(now, since, answered=True)
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    return gate.heed(said, now, since, lambda: NOW)


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
    heed(gate, 100)
    assert gate.delay(130) == 0
    gate.take(130)
    heed(gate, 130)
    assert gate.delay(131) == 29
    assert gate.delay(160) == 0
    gate.take(165)
    heed(gate, 165)
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


PER = 20.0


class Host:
    """Counts calls in fixed windows, each of which begins with the first call that reaches it."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.ends = -1000.0
        self.counted = self.windows = self.refused = 0

    def count(self, now: float) -> int:
        """A call reaches it; how many it allows after that."""
        if now >= self.ends:
            self.ends, self.counted = now + PER, 0
            self.windows += 1
        self.counted += 1
        self.refused += self.counted > self.calls
        return max(0, self.calls - self.counted)


End = Literal["answered", "reached", "lost", "not sent"]
Call = tuple[float, float, float, End]


def play(gate: Gate, host: Host, calls: list[Call], *, tells: bool) -> None:
    """Calls that each come after a pause, wait for the gate in line, take their time there and back, and end.

    Those that end without an answer may have reached the host, or been lost on the way; those that were not sent
    are known for it.
    """
    events: list[
        tuple[float, int, float, float, End, int | None]
    ] = []  # when, number, since, back, and what was left
    number = itertools.count()
    now = 0.0

    def until(limit: float) -> None:
        while events and events[0][0] <= limit:
            when, _, since, back, end, left = heapq.heappop(events)
            if end == "not sent":
                gate.give_back()
            elif left is None and end != "lost":
                heapq.heappush(events, (when + back, next(number), since, back, end, host.count(when)))
            elif end == "answered":
                heed(gate, when, since, **({"x_ratelimit_remaining": str(left)} if tells else {}))
            else:
                gate.settle(when, since, answered=False)

    for pause, there, back, end in calls:
        now += pause
        until(now)
        while delay := gate.delay(now):
            # The end may move while it waits: it looks again at each answer, as the lane does.
            now = min(now + delay, events[0][0]) if events else now + delay
            until(now)
        gate.take(now)
        heapq.heappush(events, (now + there, next(number), now, back, end, None))
    until(math.inf)


PAUSES = st.floats(0, 12) | st.just(0.0)
ENDS = st.sampled_from(get_args(End))


@given(
    st.integers(1, 5),
    st.lists(st.tuples(PAUSES, st.floats(0, 6), st.floats(0, 6), ENDS), max_size=40)
    | st.lists(st.tuples(PAUSES, st.floats(0, 40), st.floats(0, 40), ENDS), max_size=40),
    st.booleans(),
)
@settings(max_examples=600)
def test_rate_is_never_passed(calls: int, many: list[Call], tells: bool) -> None:
    """However long calls take, however they end, and whether or not it is told what is left: no more than it."""
    host = Host(calls)
    play(Gate(Rate(calls, PER)), host, many, tells=tells)
    assert host.refused == 0


SLOW: dict[str, tuple[int, bool, list[Call]]] = {
    "a call takes longer than a window": (
        1,
        False,
        [(0.0, 31.0, 0.1, "answered"), (20.0, 0.1, 0.1, "answered")],
    ),
    "the call that was first ends before another reaches the host": (
        2,
        False,
        [
            *((0.0, 0.5, 0.0, "lost"), (0.0, 5.0, 0.1, "answered")),
            *((20.5, 0.1, 0.1, "answered"), (0.0, 2.0, 0.1, "answered")),
        ],
    ),
    "an answer of the window before tells nothing of the next": (
        2,
        False,
        [
            *((0.0, 18.25, 5.0, "answered"), (0.0, 0.0, 0.8, "answered"), (20.8, 9.2, 5.7, "answered")),
            *[(0.0, 0.1, 0.1, "answered"), (0.0, 1.2, 0.1, "answered")],
        ],
    ),
    "a call of the window before has begun the next": (
        2,
        False,
        [
            *((0.0, 0.1, 0.5, "answered"), (0.0, 37.5, 1.5, "answered")),
            *[(20.6, 5.0, 99.0, "answered"), (19.95, 0.1, 0.1, "answered")],
        ],
    ),
    "the window before is over later than it seemed": (
        5,
        False,
        [
            *((0.0, 13.8, 11.8, "answered"), (25.6, 2.1, 1.6, "answered"), (3.75, 0.1, 5.6, "answered")),
            *((5.7, 1.9, 0.02, "answered"), (2.0, 0.4, 0.02, "answered"), (12.4, 2.0, 0.1, "answered")),
            *[(2.1, 0.1, 0.1, "answered"), (0.2, 4.5, 0.0, "answered"), (4.55, 0.0, 0.0, "answered")],
        ],
    ),
    "a call that was slow is counted in the next window and ends before the one that tells of that": (
        5,
        True,
        [
            *((0.0, 0.1, 5.0, "answered"), (4.0, 16.3, 0.1, "answered"), (0.0, 0.0, 1.0, "answered")),
            *((0.0, 0.0, 1.0, "answered"), (16.15, 0.05, 0.35, "answered")),
            *[(0.0 if number else 0.45, 0.01, 0.01, "answered") for number in range(4)],
        ],
    ),
}


@pytest.mark.parametrize(("calls", "tells", "many"), SLOW.values(), ids=SLOW)
def test_slow_calls_are_counted(calls: int, tells: bool, many: list[Call]) -> None:
    """What may fall into the next window is counted for it."""
    host = Host(calls)
    play(Gate(Rate(calls, PER)), host, many, tells=tells)
    assert host.refused == 0


@given(st.integers(2, 6), st.integers(1, 40), st.booleans())
def test_no_window_is_wasted(calls: int, count: int, tells: bool) -> None:
    """Calls that are quick, of which none is under way when a window ends, take no more windows than they must."""
    host = Host(calls)
    play(Gate(Rate(calls, PER)), host, [(0.0, 0.01, 0.02, "answered")] * count, tells=tells)
    assert host.refused == 0
    assert host.windows == -(-count // calls)


def test_a_late_call_of_long_ago_takes_nothing() -> None:
    """After a rest, what was under way at a window's end so long ago wastes no window, and no call of one."""
    gate = Gate(Rate(3, 60))
    for now, ended in ((0, 1), (59, 60.5)):
        gate.take(now)
        heed(gate, ended, now)
    for window in (600, 660.2):
        for now in (window, window, window):
            assert gate.delay(now) == 0
            gate.take(now)
        for _ in range(3):
            heed(gate, window + 0.1, window)


def test_calls_that_were_not_sent_use_nothing_up() -> None:
    """A host that could not be reached has counted none."""
    gate = Gate(Rate(2, 60))
    for _ in range(5):
        assert gate.delay(0) == 0
        gate.take(0)
        gate.give_back()


def test_what_the_host_counted_is_not_given_back() -> None:
    """A call that did not go is none of those that the host has told of."""
    gate = Gate(Rate(10, 60))
    gate.take(0)
    gate.take(0)
    heed(gate, 1, x_ratelimit_remaining="0")
    gate.give_back()
    assert gate.delay(1) == 60


def test_the_next_window_is_noticed() -> None:
    """Where the host allows more than before, its next window has begun, and so does ours."""
    gate = Gate(Rate(3, 60))
    for now in (0, 1, 2):
        gate.take(now)
        heed(gate, now, x_ratelimit_remaining=str(2 - now))
    assert gate.delay(3) == 57
    gate = Gate(Rate(3, 60))
    for now, remaining in ((0, 2), (50, 1), (59, 2)):
        gate.take(now)
        heed(gate, now, x_ratelimit_remaining=str(remaining))
    gate.take(60)
    gate.take(60)
    assert gate.delay(60) == 59


def test_the_host_tells_its_end() -> None:
    """Where others have used up the window, its end is when Retry-After says, and not a whole window later."""
    gate = Gate(Rate(3, 60))
    gate.take(0)
    heed(gate, 1, x_ratelimit_remaining="0", retry_after="12")
    assert gate.delay(1) == 12
    gate.take(13)
    assert gate.delay(13) == 0


def test_calls_behind_the_end_that_the_host_told() -> None:
    """A call that ends behind that end is counted in the window after it."""
    gate = Gate(Rate(2, 60))
    gate.take(0)
    gate.take(0.5)
    heed(gate, 1, 0, x_ratelimit_remaining="0", retry_after="12")
    heed(gate, 13.5, 0.5, x_ratelimit_remaining="1")
    gate.take(14)
    assert gate.delay(14) > 0


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
    gate.heed({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "5"}, 0.0, 0.0, wall)
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
