"""The one order in which things happen to a request, and what of it reaches the caller."""

import math
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from attrs import evolve
from tests.transport.fakes import START, FakeClock, Password, Reply, Sent, answer, login, rig

from tocsin.errors import (
    AuthError,
    ConfigError,
    InputError,
    MaybeSentError,
    NotFoundError,
    NotSentError,
    RateLimitedError,
    ServerError,
    StatusError,
    TocsinError,
)
from tocsin.options import Limits, Rate, RetryPolicy, Timeouts
from tocsin.transport.credentials import Token
from tocsin.transport.judge import judge_status
from tocsin.transport.messages import Request
from tocsin.transport.wire import Answer

pytestmark = pytest.mark.anyio


async def settle() -> None:
    for _ in range(30):
        await checkpoint()


async def test_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in, lane, token once more, sign, wire, leave, judge, back off, and round again."""
    trace: list[str] = []
    replies = iter([login("token-1"), answer(502), answer(401), login("token-2"), answer(200)])

    def script(sent: Sent) -> Reply:
        trace.append(f"wire {sent.method} {sent.url.rpartition('/')[2]} {sent.token}")
        return next(replies)

    made = rig(script, credential=Password())
    pipe, link = made.pipeline, made.link
    assert pipe.tokens is not None

    def spy(owner: Any, name: str, label: str) -> None:
        inner = getattr(owner, name)

        def traced(*args: Any, **kwargs: Any) -> Any:
            trace.append(label)
            return inner(*args, **kwargs)

        monkeypatch.setattr(owner, name, traced)

    spy(pipe.tokens, "get", "token")
    spy(pipe.tokens, "usable", "look again")
    spy(pipe.tokens, "invalidate", "invalidate")
    spy(link.lane, "enter", "enter")
    spy(link.lane, "leave", "leave")
    spy(made.clock, "sleep", "back off")

    def judge(request: Request, got: Answer) -> Any:
        trace.append(f"judge {got.status}")
        return judge_status(request, got, lambda body: ("", {}))

    response = await evolve(pipe, judge=judge).send(Request("GET", "/things"))
    assert response.meta.attempts == 2
    assert trace == [
        "token", "wire POST login None",
        "enter", "look again", "wire GET things Token token-1", "judge 502", "leave", "back off",
        "token", "enter", "look again", "wire GET things Token token-1", "judge 401", "leave", "invalidate",
        "token", "wire POST login None",
        "enter", "look again", "wire GET things Token token-2", "judge 200", "leave",
    ]  # fmt: skip
    assert [event.kind for event in made.events] == [
        "attempt", "sign_in", "attempt", "retry", "attempt", "attempt", "sign_in", "attempt",
    ]  # fmt: skip


async def test_answer() -> None:
    """A good answer comes whole, with how it was had."""
    made = rig([answer(502), answer(201, b"[]", x_request_id="r-1")])
    response = await made.get()
    assert (response.status, response.body, response.headers["x-request-id"]) == (201, b"[]", "r-1")
    assert response.meta.attempts == 2
    assert response.meta.request_id == "r-1"
    assert response.meta.host == "toy.example"
    assert response.meta.elapsed == pytest.approx(made.clock.slept[0])
    assert made.wire.sent[0].headers == {"accept": "application/json"}


@pytest.mark.parametrize(
    ("reply", "method", "sent"),
    [
        (NotSentError("no"), "POST", 4),
        (NotSentError("no"), "GET", 4),
        (MaybeSentError("no"), "POST", 1),
        (MaybeSentError("no"), "PATCH", 1),
        (MaybeSentError("no"), "PUT", 4),
        (answer(429), "POST", 4),
        (answer(503, retry_after="1"), "POST", 4),
        (answer(503), "POST", 1),
        (answer(503), "DELETE", 4),
        (answer(500), "PUT", 1),
        (answer(500), "HEAD", 4),
        (answer(404), "GET", 1),
        (answer(302, location="/x"), "GET", 1),
    ],
)
async def test_what_the_server_sees(reply: Reply, method: str, sent: int) -> None:
    """A request reaches the wire again only where that is known to do no harm."""
    made = rig(lambda _: reply)
    with pytest.raises(TocsinError) as caught:
        await made.pipeline.send(Request(method, "/things"))
    assert len(made.wire.sent) == sent
    assert caught.value.attempts == sent
    assert len(caught.value.earlier) == sent - 1
    assert caught.value.method == method
    assert caught.value.url == "http://toy.example/api/things"
    assert made.link.lane.in_flight == 0


async def test_back_off() -> None:
    """Between tries the drawn share of a doubling ceiling is slept, and a call's own policy counts."""
    made = rig(lambda _: answer(502), draw=0.5)
    with pytest.raises(ServerError):
        await made.get()
    assert made.clock.slept == pytest.approx([0.1, 0.2, 0.4])
    with pytest.raises(ServerError):
        await made.get(retry=RetryPolicy(attempts=2, base=8))
    assert made.clock.slept[3:] == [4]


async def test_total_back_off() -> None:
    """Our own back-off in all stays below the policy's total."""
    made = rig(lambda _: answer(502), retry=RetryPolicy(attempts=100, base=1, cap=4, total=10))
    with pytest.raises(ServerError) as caught:
        await made.get()
    assert made.clock.slept == [1, 2, 4]
    assert caught.value.attempts == 4


async def test_server_waits_spend_no_total() -> None:
    """Waiting because the server said so is bounded for each wait, and is not counted to the total."""
    made = rig([answer(429, retry_after="100")] * 3 + [answer()], retry=RetryPolicy(total=0))
    assert (await made.get()).meta.attempts == 4
    assert sum(made.clock.slept) == 300


@pytest.mark.parametrize(
    ("after", "slept"), [("7", 7), (format_datetime(START + timedelta(seconds=9), usegmt=True), 9), (None, 1)]
)
async def test_retry_after(after: str | None, slept: float) -> None:
    """The gate stays closed for as long as a 429 says, in seconds or until a date; a second by default."""
    headers = {"date": format_datetime(START, usegmt=True)} | ({"retry_after": after} if after else {})
    made = rig([answer(429, **headers), answer()])
    await made.post()
    assert made.clock.slept == [slept]
    (told,) = [event for event in made.events if event.kind == "throttled"]
    assert told.wait == slept


async def test_longer_than_allowed() -> None:
    """A wait past `max_retry_after` raises at once, says how long, and holds for other calls for 120 s at most."""
    made = rig([answer(429, b'{"detail": "slow"}', retry_after="300", x_request_id="r"), answer()])
    with pytest.raises(RateLimitedError) as caught:
        await made.get()
    assert (caught.value.retry_after, caught.value.attempts, caught.value.request_id) == (300, 1, "r")
    with pytest.raises(RateLimitedError, match=r"wants no request for 120\.0 s") as caught:
        await made.get(retry=RetryPolicy(max_retry_after=119))
    assert (caught.value.retry_after, caught.value.attempts) == (120, 0)
    assert made.clock.slept == []
    assert (await made.get()).status == 200
    assert made.clock.slept == [120]


async def test_a_policy_may_allow_a_longer_closure() -> None:
    """A host that asks a patient call to wait for longer than 120 s is left alone for as long."""
    made = rig([answer(429, retry_after="300"), answer()])
    assert (await made.get(retry=RetryPolicy(max_retry_after=300))).status == 200
    assert made.clock.slept == [300]


@pytest.mark.parametrize("lost", [MaybeSentError("lost"), answer(504)])
async def test_a_lost_answer_is_not_forgotten(lost: Reply) -> None:
    """After a try that may have been acted on, no later error says that nothing was sent."""
    made = rig([lost, *[NotSentError("no route")] * 3])
    with pytest.raises(MaybeSentError, match="no route") as caught:
        await made.get()
    assert (caught.value.maybe_done, caught.value.attempts) == (True, 4)
    made = rig([lost, answer(429, retry_after="600"), answer(404)])
    with pytest.raises(RateLimitedError) as limited:
        await made.get()
    assert limited.value.maybe_done
    with pytest.raises(RateLimitedError, match="wants no request") as closed:
        await made.get(retry=RetryPolicy(max_retry_after=1))
    assert not closed.value.maybe_done


@pytest.mark.parametrize("harmless", [NotSentError("no"), answer(429), answer(503, retry_after="1")])
async def test_a_harmless_try_is_not_maybe_done(harmless: Reply) -> None:
    """A try that was refused or never left, and the last one itself, do not make a call one that may be done."""
    made = rig([harmless, answer(404)])
    with pytest.raises(NotFoundError) as caught:
        await made.get()
    assert (caught.value.maybe_done, caught.value.attempts) == (False, 2)
    with pytest.raises(MaybeSentError) as lost:
        await rig([MaybeSentError("lost")]).post()
    assert not lost.value.maybe_done


async def test_a_sign_in_that_is_lost_sends_nothing_of_the_call() -> None:
    """A sign-in whose answer is lost is a NotSentError of the call, unless an earlier try of that had left."""
    made = rig(lambda _: MaybeSentError("lost"), credential=Password())
    with pytest.raises(NotSentError, match="could not sign in: lost") as caught:
        await made.post()
    assert (caught.value.attempts, caught.value.maybe_done) == (0, False)
    assert caught.value.url == "http://toy.example/api/things"
    replies = [answer(502), answer(401), *[MaybeSentError("lost")] * 4]
    made = rig(replies, credential=Password(), first=Token("token-1"))
    with pytest.raises(MaybeSentError, match="could not sign in: lost") as after:
        await made.get()
    assert after.value.maybe_done


async def test_another_error_of_a_sign_in_says_nothing_of_the_call() -> None:
    """That the sign-in was tried twice does not make the call one that may be done."""
    made = rig([MaybeSentError("lost"), answer(404)], credential=Password())
    with pytest.raises(NotFoundError) as caught:
        await made.get()
    assert not caught.value.maybe_done


@pytest.mark.parametrize("shift", range(1, 13))
async def test_no_half_secret(shift: int) -> None:
    """A secret that lies across the place where a body is cut for a message is hidden whole."""
    body = b"x" * (200 - shift) + b"hunter-twelve"
    made = rig([answer(500, body)], retry=RetryPolicy(attempts=1))
    made.pipeline.reporter.redactor.learn("hunter-twelve")
    with pytest.raises(ServerError) as caught:
        await made.get()
    assert "hunt" not in f"{caught.value} {caught.value.body!r}".replace("***", "")
    assert "xh" not in str(caught.value)


async def test_a_link_elsewhere() -> None:
    """A link to another address shares lane and retry budget, and has its own connections."""
    made = rig([])
    other = made.link.at("http://toy.example/root")
    assert (other.base_url, other.host) == ("http://toy.example/root", "toy.example")
    assert other.lane is made.link.lane
    assert other.budget is made.link.budget
    assert made.link.wire() is made.wire
    await other.aclose()
    assert made.wire.closed == 0


async def test_headers_of_a_call_are_learned() -> None:
    """A secret in the headers of a single call is hidden in what the server repeats of it."""
    made = rig([answer(400, b'{"detail": "no hunter-nine"}')])
    with pytest.raises(StatusError) as caught:
        await made.get(extra_headers={"X-Other-Token": "hunter-nine"})
    assert "hunter" not in f"{caught.value} {caught.value.body!r}"


async def test_longer_than_what_is_left() -> None:
    """A wait past `Timeouts.total` raises at once: the server's with its own error, ours with the last."""
    made = rig([answer(503, b'{"detail": "full"}', retry_after="20")])
    with pytest.raises(ServerError, match="full") as caught:
        await made.get(timeouts=Timeouts(total=10))
    assert (caught.value.retry_after, caught.value.attempts) == (20, 1)
    with pytest.raises(RateLimitedError) as refused:
        await made.get(timeouts=Timeouts(total=10))
    assert refused.value.retry_after == 20
    made = rig([answer(502)] * 2, retry=RetryPolicy(base=8))
    with pytest.raises(ServerError) as caught:
        await made.get(timeouts=Timeouts(total=10))
    assert (caught.value.attempts, made.clock.slept) == (2, [8])


async def test_budget() -> None:
    """In an outage, retries stop when the budget is spent; throttling does not spend it; successes refill it."""
    made = rig(lambda _: answer(502), retry=RetryPolicy(attempts=2))
    for _ in range(150):
        with pytest.raises(ServerError):
            await made.get()
    assert len(made.wire.sent) == 150 + 100
    made.wire._script = lambda _: next(replies)
    replies: Iterator[Reply] = iter([answer(429), *[answer()] * 5, answer(502), answer()])
    for _ in range(5):
        await made.get()
    assert (await made.get()).meta.attempts == 2


@pytest.mark.parametrize("sending", [False, True])
async def test_total_time(sending: bool) -> None:
    """When the total time is over, the error says whether the request may have been sent."""

    async def hang(sent: Sent) -> Reply:
        await anyio.sleep_forever()
        raise AssertionError

    made = rig(hang, limits=Limits(concurrency=1))
    if not sending:
        await made.link.lane.enter(0)
    with pytest.raises(
        MaybeSentError if sending else NotSentError, match=r"total time of 0\.01 s is over"
    ) as caught:
        await made.get(timeouts=Timeouts(total=0.01))
    assert caught.value.attempts == int(sending)
    assert caught.value.url == "http://toy.example/api/things"
    assert made.link.lane.in_flight == int(not sending)
    assert made.link.lane.waiting == 0


@pytest.mark.parametrize(
    ("first", "kind"),
    [(MaybeSentError("no"), MaybeSentError), (answer(502), MaybeSentError), (NotSentError("no"), NotSentError)],
)
async def test_total_time_between_tries(first: Reply, kind: type[TocsinError]) -> None:
    """Over while backing off: what the earlier tries may have done still counts."""
    made = rig([first], clock=FakeClock(auto=False), retry=RetryPolicy(base=0.001))
    with pytest.raises(kind) as caught:
        await made.get(timeouts=Timeouts(total=0.02))
    assert type(caught.value) is kind
    assert "total time" in str(caught.value)


async def test_total_time_after_a_try_that_may_count() -> None:
    """A last try that was not sent does not undo what an earlier one may have done."""

    def script(sent: Sent) -> Reply:
        if len(made.wire.sent) == 1:
            return answer(502)
        made.clock.auto = False
        return NotSentError("no")

    made = rig(script, retry=RetryPolicy(base=0.001))
    with pytest.raises(MaybeSentError, match="total time"):
        await made.get(timeouts=Timeouts(total=0.05))
    assert len(made.wire.sent) == 2


async def test_total_time_while_throttled() -> None:
    """A host that throttled did nothing: the total time is over before anything was sent."""
    made = rig([answer(429, retry_after="0.001")], clock=FakeClock(auto=False))
    with pytest.raises(NotSentError, match="total time"):
        await made.get(timeouts=Timeouts(total=0.02))


async def test_total_time_is_enough() -> None:
    """A call that ends in time is not touched."""
    assert (await rig([answer()]).get(timeouts=Timeouts(total=5))).status == 200


async def test_stale_token_in_the_line() -> None:
    """A token that dies while its call waits is not used: the place and the permit are given back."""
    clock = FakeClock(auto=False)
    replies = iter([login("token-2"), answer()])
    first = Token("token-1", START, START + timedelta(seconds=20))
    made = rig(
        lambda _: next(replies),
        clock=clock, credential=Password(), first=first, limits=Limits(concurrency=1, rate=Rate(3, 1000)),
    )  # fmt: skip
    await made.link.lane.enter(0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.get)
        await settle()
        clock.advance(30)
        made.link.lane.leave()
    assert [sent.token for sent in made.wire.sent] == [None, "Token token-2"]
    assert (made.link.lane.in_flight, made.link.lane.waiting) == (0, 0)
    assert made.link.lane.gate.delay(clock.time) > 0, "one permit for each of three calls"


async def test_sign_in_again_once() -> None:
    """A second 401 in a row, on a fresh token, is an AuthError that says why; the token is kept."""
    made = rig(
        lambda sent: login("fresh-1") if "login" in sent.url else answer(401, b'{"detail": "bad token"}'),
        credential=Password(),
    )
    with pytest.raises(AuthError, match="a fresh token was refused: HTTP 401: bad token") as caught:
        await made.get()
    assert caught.value.status == 401
    assert [sent.token for sent in made.wire.sent].count(None) == 2
    with pytest.raises(AuthError):
        await made.get()
    assert [sent.token for sent in made.wire.sent].count(None) == 3


async def test_replay_of_a_post() -> None:
    """After a 401 the same bytes go out once more, and it is no retry."""
    replies = iter([login("token-1"), answer(401), login("token-2"), answer()])
    made = rig(lambda _: next(replies), credential=Password(), retry=RetryPolicy(attempts=1))
    response = await made.post(b'{"a": 1}')
    assert response.meta.attempts == 1
    posted = [sent for sent in made.wire.sent if "things" in sent.url]
    assert [(sent.body, sent.token) for sent in posted] == [
        (b'{"a": 1}', "Token token-1"),
        (b'{"a": 1}', "Token token-2"),
    ]


async def test_401_without_a_credential() -> None:
    """Without anything to sign in with, a 401 is an AuthError with the server's word."""
    with pytest.raises(AuthError, match="not signed in: HTTP 401: who are you") as caught:
        await rig([answer(401, b'{"detail": "who are you"}')]).get()
    assert caught.value.status == 401


async def test_unsigned_request() -> None:
    """A request that is not to be signed goes without a token; its 401 is a plain status."""
    made = rig([answer(), answer(401)], credential=Password(), first=Token("token-1"))
    request = Request("GET", "/open", sign=False)
    await made.pipeline.send(request)
    assert made.wire.sent[0].token is None
    with pytest.raises(StatusError):
        await made.pipeline.send(request)


async def test_sign_in_that_fails_otherwise() -> None:
    """What keeps the sign-in from working reaches the caller as it is, with the sign-in's address."""
    made = rig(lambda _: answer(500), credential=Password())
    with pytest.raises(ServerError) as caught:
        await made.get()
    assert caught.value.url == "http://toy.example/api/login"


async def test_signature_goes_last() -> None:
    """No header of a client or call replaces the signature, however it is spelled."""
    made = rig([answer()], credential=Password(), first=Token("token-1"))
    await made.get(extra_headers={"Authorization": "mine", "X": "y"})
    assert made.wire.sent[0].headers == {"accept": "application/json", "authorization": "Token token-1", "x": "y"}


async def test_unknown_option() -> None:
    """An unknown option of a call is a TypeError, and nothing is sent."""
    made = rig([])
    with pytest.raises(TypeError, match="unknown argument page"):
        await made.get(page=2)
    with pytest.raises(ConfigError, match="timeouts must be"):
        await made.get(timeouts=3)
    with pytest.raises(InputError, match="query parameters"):
        await made.get(extra_params={"a": 1})
    with pytest.raises(InputError, match="UTF-8"):
        await made.get(extra_params={"a": "\ud800"})
    assert made.wire.sent == []
    assert made.link.lane.in_flight == 0


async def test_judge_that_breaks() -> None:
    """A bug in a judge comes out as it is, and leaks no place."""

    def judge(request: Request, got: Answer) -> None:
        raise KeyError("bug")

    made = rig([answer()])
    with pytest.raises(KeyError):
        await evolve(made.pipeline, judge=judge).send(Request("GET", "/"))
    assert made.link.lane.in_flight == 0


async def test_hostile_rate_headers() -> None:
    """Numbers past all reason in a header leak no place, and close nothing."""
    made = rig([answer(x_ratelimit_remaining="0", x_ratelimit_reset="9" * 5000), answer()])
    await made.get()
    await made.get()
    assert made.link.lane.in_flight == 0


async def test_never_more_than_allowed() -> None:
    """However many calls are made, the wire sees no more at once than `concurrency`."""

    async def slow(sent: Sent) -> Reply:
        await settle()
        return answer()

    made = rig(slow, limits=Limits(concurrency=3))
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(made.get)
    assert made.wire.most == 3


async def test_throttled_siblings() -> None:
    """A 429 closes the gate for all; it opens with one call, and the number doubles with each success."""
    done = 0
    replies = iter([answer(429, retry_after="5")])

    async def script(sent: Sent) -> Reply:
        nonlocal done
        reply = next(replies, answer())
        assert made.wire.in_flight <= 2**done
        await settle()
        done += reply.status == 200
        return reply

    made = rig(script, limits=Limits(concurrency=8))
    with pytest.raises(RateLimitedError):
        await made.get(retry=RetryPolicy(attempts=1))
    async with anyio.create_task_group() as tasks:
        for _ in range(15):
            tasks.start_soon(made.get)
    assert made.wire.most == 8
    assert made.clock.slept == [5]


async def test_remaining_calls_slow_down() -> None:
    """Before the 429 comes, no more calls are in flight than the host says it still allows."""

    async def script(sent: Sent) -> Reply:
        await settle()
        return answer(x_ratelimit_remaining="2")

    made = rig(script, limits=Limits(concurrency=8))
    await made.get()
    made.wire.most = 0
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(made.get)
    assert made.wire.most == 2


async def test_known_rate() -> None:
    """A known rate is kept from the start, each window from its first answer."""
    made = rig(lambda _: answer(), limits=Limits(concurrency=3, rate=Rate(5, 60)))
    async with anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(made.get)
    assert made.clock.slept == [60, 60]


@pytest.mark.parametrize(("reply", "grows"), [(answer(), True), (NotSentError("no"), False)])
async def test_adaptive(reply: Reply, grows: bool) -> None:
    """Adaptive concurrency follows what the calls met."""
    made = rig(lambda _: reply, limits=Limits(concurrency=20, adaptive=True), retry=RetryPolicy(attempts=1))
    for _ in range(40):
        with nullcontext() if grows else pytest.raises(NotSentError):
            await made.get()
    assert made.link.lane.pressure.allowed > 4 if grows else made.link.lane.pressure.allowed == 1


async def test_events_hold_no_secrets() -> None:
    """URLs and messages in events are without the secrets of parameters and bodies."""
    made = rig([NotSentError("sorry, hunter-two"), answer(403, b"hunter-two")])
    made.pipeline.reporter.redactor.learn("hunter-two")
    with pytest.raises(StatusError) as caught:
        await made.pipeline.send(Request("GET", "/a", (("key", "abc"), ("q", "hunter-two"))))
    error = caught.value
    assert error.url == "http://toy.example/api/a?key=***&q=***"
    assert error.body == b"***"
    assert "hunter" not in f"{made.events} {error} {error.earlier} {error.__dict__}"
    assert [event.attempt for event in made.events] == [1, 1, 2]


async def test_nobody_listens() -> None:
    """Without an observer, retries and throttling go on unseen."""
    made = rig([answer(429), answer(502), answer()])
    made.pipeline.reporter.observer = None
    assert (await made.get()).meta.attempts == 3
    assert made.events == []


async def test_not_found_is_not_stamped_twice() -> None:
    """Each call gets an error of its own, even where a wire raises the same one."""
    made = rig(lambda _: answer(404, b'{"detail": "none", "errors": {"a": ["b"]}}'))
    errors: list[TocsinError] = []
    for _ in range(2):
        with pytest.raises(NotFoundError) as caught:
            await made.get()
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    assert errors[0].__context__ is None
    assert caught.value.errors == {"a": ["b"]}


async def test_deadline_in_the_line() -> None:
    """Who waits in the line behind a gate that then closes past his time is told, and nothing is sent."""
    made = rig([], clock=FakeClock(auto=False), limits=Limits(concurrency=1))
    lane = made.link.lane
    errors: list[RateLimitedError] = []

    async def call() -> None:
        with pytest.raises(RateLimitedError) as caught:
            await made.get(timeouts=Timeouts(total=50))
        errors.append(caught.value)

    await lane.enter(math.inf)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await settle()
        lane.gate.close(made.clock.time + 100)
        lane.leave()
    assert errors[0].retry_after == 100
    assert made.wire.sent == []


async def test_an_address_that_signing_in_brings() -> None:
    """A link without one signs in first, even for a call that is not signed; what came first stays."""

    def script(sent: Sent) -> Reply:
        if not sent.url.endswith("/login"):
            return answer()
        made.link.place("http://found.example/api")
        made.link.place("http://other.example/api")
        return login("token-1")

    made = rig(script, credential=Password())
    made.link.base_url = ""
    response = await made.pipeline.send(Request("GET", "/open", sign=False))
    await made.get()
    assert [sent.url for sent in made.wire.sent[1:]] == [
        "http://found.example/api/open",
        "http://found.example/api/things",
    ]
    assert [sent.token for sent in made.wire.sent[1:]] == [None, "Token token-1"]
    assert response.meta.host == "found.example"
