"""One host's line: in order, never too many, and without a trace of who was cancelled."""

import asyncio
import math

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.transport.fakes import FakeClock

from tocsin.options import Rate
from tocsin.transport.gate import Gate, Pressure
from tocsin.transport.lane import GateClosedError, Lane

pytestmark = pytest.mark.anyio


def make(concurrency: int = 1, rate: Rate | None = None, *, auto: bool = False) -> tuple[Lane, FakeClock]:
    clock = FakeClock(auto=auto)
    return Lane(Pressure(concurrency), Gate(rate), clock), clock


async def settle() -> None:
    for _ in range(20):
        await checkpoint()


async def test_free_lane_does_not_wait() -> None:
    """A free place is had at once, and leaving frees it."""
    lane, _ = make(2)
    assert await lane.enter(0) == 0
    assert await lane.enter(0) == 0
    assert (lane.in_flight, lane.waiting) == (2, 0)
    lane.leave()
    lane.leave()
    assert lane.in_flight == 0


async def test_first_come_first_served() -> None:
    """Calls go in the order in which they came, even past one that comes when a place is just free."""
    lane, _ = make(1)
    order: list[int] = []

    async def call(number: int) -> None:
        await lane.enter(math.inf)
        order.append(number)
        await checkpoint()
        lane.leave()

    async with anyio.create_task_group() as tasks:
        await lane.enter(0)
        for number in range(5):
            tasks.start_soon(call, number)
            await settle()
        lane.leave()
        tasks.start_soon(call, 5)
    assert order == [0, 1, 2, 3, 4, 5]
    assert (lane.in_flight, lane.waiting) == (0, 0)


async def test_nobody_overtakes_a_sleeper() -> None:
    """Who comes when the gate has just opened goes behind the one who waited for it."""
    lane, clock = make(1)
    order: list[str] = []

    async def first() -> None:
        await lane.enter(math.inf)
        order.append("first")
        lane.leave()

    lane.gate.close(clock.time + 10)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first)
        await settle()
        clock.advance(10)
        await lane.enter(math.inf)
        order.append("second")
    assert order == ["first", "second"]


async def test_closed_for_too_long() -> None:
    """A wait longer than allowed is refused at once, with its length; nothing is left behind."""
    lane, clock = make()
    lane.gate.close(clock.time + 10)
    with pytest.raises(GateClosedError) as caught:
        await lane.enter(9.9)
    assert caught.value.delay == 10
    with pytest.raises(GateClosedError):
        await lane.enter(math.inf, clock.time + 9.9)
    assert (lane.in_flight, lane.waiting) == (0, 0)


async def test_first_watches_the_clock() -> None:
    """When the gate opens, all for whom there are places go."""
    lane, clock = make(2)
    lane.gate.close(clock.time + 10)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(lane.enter, math.inf)
        await settle()
        assert len(clock.slept) == 1
        clock.advance(9)
        await settle()
        assert lane.in_flight == 0
        clock.advance(1)
        await settle()
        assert (lane.in_flight, lane.waiting) == (2, 1)
        lane.leave()


async def test_gate_closes_while_queued() -> None:
    """Who is queued when the gate closes for too long is told as soon as the line gets to him, not after it."""
    lane, clock = make(2)
    refused: list[float] = []

    async def call() -> None:
        try:
            await lane.enter(5)
        except GateClosedError as closed:
            refused.append(closed.delay)

    await lane.enter(0)
    await lane.enter(0)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(call)
        await settle()
        lane.gate.close(clock.time + 60)
        lane.pressure.throttled(0)
        lane.leave()
        await settle()
        assert refused == [60, 60, 60]
    assert (lane.in_flight, lane.waiting) == (1, 0)


async def test_deadline_counts_from_now() -> None:
    """Time spent in the line is gone: a gate that then stays closed past the deadline is refused at once."""
    lane, clock = make(1)
    refused: list[float] = []

    async def call() -> None:
        try:
            await lane.enter(120, clock.time + 10)
        except GateClosedError as closed:
            refused.append(closed.delay)

    await lane.enter(0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await settle()
        clock.advance(8)
        lane.gate.close(clock.time + 3)
        lane.leave()
        await settle()
        assert refused == [3]


async def test_permit_given_back_to_a_sleeper() -> None:
    """A permit that is given back opens the gate before its time, and wakes the one who sleeps until then."""
    lane, clock = make(2, Rate(1, 60))
    await lane.enter(0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lane.enter, math.inf)
        await settle()
        assert clock.slept == [60]
        lane.give_back()
        await settle()
        assert (lane.in_flight, lane.waiting) == (1, 0)


async def test_gate_closes_longer_while_asleep() -> None:
    """Who sleeps until the gate opens is told at once when it will stay closed for too long."""
    lane, clock = make(2)
    await lane.enter(0)
    lane.gate.close(clock.time + 5)
    refused: list[float] = []

    async def call() -> None:
        try:
            await lane.enter(10)
        except GateClosedError as closed:
            refused.append(closed.delay)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await settle()
        lane.gate.close(clock.time + 60)
        lane.leave()
        await settle()
        assert refused == [60]


async def test_cancelled_sleeper_is_followed() -> None:
    """When the one that watches the clock is cancelled, the next one watches it."""
    lane, clock = make(1)
    lane.gate.close(clock.time + 10)
    scope = anyio.CancelScope()

    async def first() -> None:
        with scope:
            await lane.enter(math.inf)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first)
        await settle()
        tasks.start_soon(lane.enter, math.inf)
        await settle()
        scope.cancel()
        await settle()
        assert lane.waiting == 1
        clock.advance(10)
        await settle()
        assert (lane.in_flight, lane.waiting) == (1, 0)


async def test_cancelled_in_the_moment_of_the_grant() -> None:
    """A place that was granted to a call cancelled at the same moment goes to the next, with its permit."""
    lane, _ = make(1, Rate(2, 60))
    await lane.enter(0)
    scope = anyio.CancelScope()

    async def cancelled() -> None:
        with scope:
            await lane.enter(math.inf)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cancelled)
        await settle()
        tasks.start_soon(lane.enter, math.inf)
        await settle()
        scope.cancel()
        lane.leave()
        await settle()
        assert (lane.in_flight, lane.waiting) == (1, 0)


RATE = Rate(5, 10.0)
CONCURRENCY = 3


class LaneMachine(RuleBasedStateMachine):
    """Calls enter, leave, give back, are cancelled and throttled, and time passes, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = FakeClock(auto=False)
        self.lane = Lane(Pressure(CONCURRENCY), Gate(RATE), self.clock)
        self.queue: dict[int, asyncio.Task[int]] = {}
        self.inside: dict[int, float] = {}  # and when each went
        self.number = 0
        self.last = -1
        self.sent: list[float] = []
        self.closed_until = 0.0

    def settle(self, seconds: float = 0.0) -> None:
        async def turn() -> None:
            self.clock.advance(seconds)
            for _ in range(30):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turn())
        for number, task in [(number, task) for number, task in self.queue.items() if task.done()]:
            del self.queue[number]
            if task.cancelled():
                continue
            if task.exception() is not None:
                assert isinstance(task.exception(), GateClosedError)
                continue
            assert number > self.last, "out of order"
            self.last = number
            assert self.clock.time >= self.closed_until, "through a closed gate"
            assert len(self.inside) < self.lane.pressure.allowed, "too many in flight"
            self.inside[number] = self.clock.time
            self.sent.append(self.clock.time)

    def answered(self, number: int) -> None:
        """As the pipeline has it: the gate learns of it, and then the place is free."""
        self.lane.gate.settle(self.clock.time, self.inside.pop(number), answered=True)
        self.lane.leave()

    @rule(max_wait=st.sampled_from([0.0, 5.0, math.inf]), deadline=st.sampled_from([1.0, 20.0, math.inf]))
    def enter(self, max_wait: float, deadline: float) -> None:
        enter = self.lane.enter(max_wait, self.clock.time + deadline)
        self.queue[self.number] = self.loop.create_task(enter)
        self.number += 1
        self.settle()

    @precondition(lambda self: self.inside)
    @rule(data=st.data(), good=st.booleans())
    def leave(self, data: st.DataObject, good: bool) -> None:
        number = data.draw(st.sampled_from(list(self.inside)))
        if good:
            self.lane.pressure.succeeded(self.lane.pressure.generation, 0.1)
        self.answered(number)
        self.settle()

    @precondition(lambda self: self.inside)
    @rule(after=st.sampled_from([0.0, 3.0, 8.0]))
    def leave_throttled(self, after: float) -> None:
        self.closed_until = max(self.closed_until, self.clock.time + after)
        self.lane.gate.close(self.clock.time + after)
        self.lane.pressure.throttled(self.lane.pressure.generation)
        self.answered(max(self.inside))
        self.settle()

    @precondition(lambda self: self.inside and self.sent and self.sent[-1] == self.clock.time)
    @rule()
    def give_back(self) -> None:
        self.inside.popitem()
        self.sent.pop()
        self.lane.give_back()
        self.settle()

    @precondition(lambda self: self.queue)
    @rule(data=st.data(), leave=st.booleans())
    def cancel(self, data: st.DataObject, leave: bool) -> None:
        """Cancelled alone, or in the moment in which a place gets free."""
        if leave and self.inside:
            self.answered(max(self.inside))
        self.queue[data.draw(st.sampled_from(sorted(self.queue)))].cancel()
        self.settle()

    @rule(seconds=st.sampled_from([0.5, 3.0, 10.0]))
    def advance(self, seconds: float) -> None:
        self.settle(seconds)

    @invariant()
    def counts_agree(self) -> None:
        assert self.lane.in_flight == len(self.inside)
        assert self.lane.waiting == len(self.queue)

    @invariant()
    def nobody_waits_without_cause(self) -> None:
        if self.queue and self.lane.in_flight < self.lane.pressure.allowed:
            assert self.lane.gate.delay(self.clock.time) > 0

    @invariant()
    def rate_is_kept(self) -> None:
        window, seen = -math.inf, 0
        for when in self.sent:
            if when >= window + RATE.per:
                window, seen = when, 0
            seen += 1
            assert seen <= RATE.calls

    def teardown(self) -> None:
        for _ in range(1000):
            if not (self.queue or self.inside):
                break
            while self.inside:
                self.answered(max(self.inside))
            self.settle(10.0)
        assert not self.queue, "somebody waits for ever"
        assert (self.lane.in_flight, self.lane.waiting) == (0, 0)
        self.loop.close()


LaneMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


class TestLaneMachine(LaneMachine.TestCase):
    """The machine above, driven by hypothesis."""
