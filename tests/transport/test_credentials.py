"""One token for all: fetched once for all who wait, renewed early, and never lost."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint
from attrs import define, field
from tests.transport.fakes import START, FakeClock, Password, answer, login, rig

from tocsin.errors import AuthError, DecodeError, InputError, NotSentError, TocsinError
from tocsin.transport import credentials
from tocsin.transport.credentials import FixedToken, OnToken, Token, TokenCache, check_secret
from tocsin.transport.observe import Event, Redactor, Reporter

pytestmark = pytest.mark.anyio


async def settle() -> None:
    for _ in range(30):
        await checkpoint()


@define
class Issuer:
    """Gives token after token, or fails; holds each request until `hold` is set."""

    clock: FakeClock
    life: float | None = 20.0
    fetched: list[Token | None] = field(factory=list)
    failure: Exception | None = None
    hold: anyio.Event | None = None

    async def fetch(self, send: Any, current: Token | None) -> Token:
        self.fetched.append(current)
        number = len(self.fetched)
        await checkpoint()
        if self.hold is not None:
            await self.hold.wait()
        if self.failure is not None:
            raise self.failure
        now = self.clock.now()
        ends = now + timedelta(seconds=self.life) if self.life is not None else None
        return Token(f"token-{number}", now, ends)

    def headers(self, token: Token) -> dict[str, str]:
        return {"X-Token": token.value}

    def secrets(self) -> tuple[str, ...]:
        return ("open-sesame",)


@define
class Made:
    cache: TokenCache
    issuer: Issuer
    clock: FakeClock
    events: list[Event]
    reporter: Reporter

    async def value(self) -> str:
        return (await self.cache.get()).token.value


async def no_send(request: Any) -> Any:
    raise AssertionError


def make(
    *,
    life: float | None = 20.0,
    first: Token | None = None,
    exchange: bool = False,
    on_token: OnToken | None = None,
) -> Made:
    clock = FakeClock(auto=False)
    events: list[Event] = []
    reporter = Reporter("toy", events.append, Redactor())
    issuer = Issuer(clock, life)
    cache = TokenCache(issuer, no_send, clock, reporter, first=first, exchange=exchange, on_token=on_token)
    return Made(cache, issuer, clock, events, reporter)


async def gather(count: int, call: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []

    async def one() -> None:
        try:
            results.append(await call())
        except TocsinError as error:
            results.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(one)
    return results


async def test_single_flight() -> None:
    """A thousand calls without a token make one sign-in."""
    made = make()
    assert await gather(1000, made.value) == ["token-1"] * 1000
    assert made.issuer.fetched == [None]
    assert [event.kind for event in made.events] == ["sign_in"]


async def test_headers() -> None:
    """A token signs with its credential's headers, in lower case."""
    assert (await make().cache.get()).headers == {"x-token": "token-1"}


async def test_one_sign_in_a_life() -> None:
    """20-second tokens: one sign-in for each life, renewed at four fifths of it."""
    made = make(life=20)
    for _ in range(200):
        await made.value()
        made.clock.advance(0.5)
    assert len(made.issuer.fetched) == 7  # at 0, 16, 32 ... 96 seconds


async def test_renewed_by_the_call_that_notices() -> None:
    """While one call renews, the others go on with the old token; the renewal is told the old one."""
    made = make()
    await made.value()
    made.clock.advance(17)
    made.issuer.hold = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.value)
        await settle()
        assert await gather(10, made.value) == ["token-1"] * 10
        made.issuer.hold.set()
    assert await made.value() == "token-2"
    assert [current and current.value for current in made.issuer.fetched] == [None, "token-1"]


async def test_token_dies_during_the_renewal() -> None:
    """When the old token dies while it is renewed, calls wait for the new one."""
    made = make()
    await made.value()
    made.clock.advance(17)
    made.issuer.hold = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.value)
        await settle()
        made.clock.advance(5)
        tasks.start_soon(settle_and_set, made.issuer.hold)
        assert await gather(10, made.value) == ["token-2"] * 10


async def settle_and_set(event: anyio.Event) -> None:
    await settle()
    event.set()


async def test_failed_renewal_is_harmless() -> None:
    """While the old token works a failed renewal is told only, and tried again later, not with each call."""
    made = make(life=100)
    await made.value()
    made.issuer.failure = NotSentError("no")
    made.clock.advance(80)
    for _ in range(190):
        assert await made.value() == "token-1"
        made.clock.advance(0.1)
    assert 3 <= len(made.issuer.fetched) - 1 <= 15
    assert [event.kind for event in made.events[1:]] == ["sign_in_failed"] * (len(made.issuer.fetched) - 1)
    made.clock.advance(2)
    with pytest.raises(NotSentError):
        await made.value()
    made.issuer.failure = None
    assert (await made.value()).startswith("token-")


async def test_renewal_fails_for_a_token_gone_meanwhile() -> None:
    """A renewal that fails when the old token has died, or was refused, is a failure."""
    for gone in ("died", "refused"):
        made = make()
        signed = await made.cache.get()
        made.clock.advance(17)
        made.issuer.failure = AuthError("no")
        made.issuer.hold = anyio.Event()
        results: list[Any] = []

        async def call(made: Made = made, results: list[Any] = results) -> None:
            results.extend(await gather(1, made.value))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await settle()
            if gone == "died":
                made.clock.advance(10)
            else:
                made.cache.invalidate(signed)
            made.issuer.hold.set()
        assert [type(result) for result in results] == [AuthError]


async def test_refusal_answers_all() -> None:
    """A refused sign-in is asked for once; each of those who waited gets an error of his own."""
    made = make()
    made.issuer.failure = AuthError("wrong password", status=403)
    errors = await gather(50, made.value)
    assert len(made.issuer.fetched) == 1
    assert len({id(error) for error in errors}) == 50
    assert {(type(error), str(error), error.status) for error in errors} == {(AuthError, "wrong password", 403)}


async def test_errors_carry_no_frames_of_the_sign_in() -> None:
    """The traceback of a failed sign-in ends at the cache: the frames below know the password."""
    made = make()
    made.issuer.failure = NotSentError("no")
    with pytest.raises(NotSentError) as caught:
        await made.value()
    names = [entry.name for entry in caught.traceback]
    assert "fetch" not in names
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


async def test_bug_in_a_credential() -> None:
    """What is no error of ours comes out as it is, and the next call tries for itself."""
    made = make()
    made.issuer.failure = KeyError("bug")
    with pytest.raises(KeyError):
        await made.value()
    made.issuer.failure = None
    assert await made.value() == "token-2"


async def test_cancelled_fetch_is_taken_over() -> None:
    """When the call that fetches is cancelled, one of those that wait takes over, and none fails."""
    made = make()
    made.issuer.hold = anyio.Event()
    scope = anyio.CancelScope()
    results: list[str] = []

    async def cancelled() -> None:
        with scope:
            await made.value()

    async def other() -> None:
        results.append(await made.value())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cancelled)
        await settle()
        for _ in range(100):
            tasks.start_soon(other)
        await settle()
        scope.cancel()
        await settle()
        made.issuer.hold.set()
    assert results == ["token-2"] * 100
    assert len(made.issuer.fetched) == 2


async def test_waiter_cancelled() -> None:
    """A call that waits and is cancelled disturbs nobody."""
    made = make()
    made.issuer.hold = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.value)
        await settle()
        with anyio.move_on_after(0.01) as scope:
            await made.value()
        assert scope.cancelled_caught
        made.issuer.hold.set()
    assert len(made.issuer.fetched) == 1


async def test_late_refusals() -> None:
    """A 401 for an older token leaves the newer one alone, also where the old one only has a new date."""
    made = make()
    first = await made.cache.get()
    made.cache.invalidate(first)
    second = await made.cache.get()
    for _ in range(10):
        made.cache.invalidate(first)
    assert made.cache.usable(second)
    assert not made.cache.usable(first)
    made.clock.advance(17)
    made.issuer.failure = NotSentError("no")
    postponed = await made.cache.get()
    assert postponed.token is second.token
    assert made.cache.usable(second)
    made.cache.invalidate(second)
    assert not made.cache.usable(postponed)


async def test_usable_ends() -> None:
    """A token is usable until it dies."""
    made = make(life=20)
    signed = await made.cache.get()
    made.clock.advance(19.9)
    assert made.cache.usable(signed)
    made.clock.advance(0.2)
    assert not made.cache.usable(signed)


async def test_life_counts_from_the_asking() -> None:
    """Time that the sign-in itself took is part of the token's life."""
    made = make(life=20)
    made.issuer.hold = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.cache.get)
        await settle()
        made.clock.advance(6)
        made.issuer.hold.set()
    signed = await made.cache.get()
    assert (signed.renew_at - 100, signed.dies_at - 100) == (16, 20)


async def test_endless_token() -> None:
    """A token without an end is used until it is refused."""
    made = make(life=None)
    await made.value()
    made.clock.advance(1e9)
    assert await made.value() == "token-1"


@pytest.mark.parametrize("life", [0.0, -3600.0])
async def test_token_that_seems_to_be_over(life: float) -> None:
    """A token that is over when it comes tells of a wrong clock: it is used, and not fetched for ever."""
    made = make(life=life)
    signed = await made.cache.get()
    assert made.cache.usable(signed)
    assert await gather(5, made.value) == ["token-1"] * 5


@pytest.mark.parametrize(
    ("issued", "expires", "renew", "dies"),
    [
        (-3600, 1000, 80, 1000),
        (-500, 500, 300, 500),
        (None, 100, 80, 100),
        (0, None, None, None),
        (60, 160, 80, 100),
        (-200, -100, -120, -100),
    ],
)
async def test_given_token(
    issued: float | None, expires: float | None, renew: float | None, dies: float | None
) -> None:
    """A token that was kept from before has lived since it was issued; one from the future, since now."""
    clock = FakeClock()

    def at(seconds: float | None) -> datetime | None:
        return None if seconds is None else START + timedelta(seconds=seconds)

    made = make(first=Token("kept", at(issued), at(expires)))
    signed = made.cache._signed
    assert signed is not None
    if dies is None:
        assert signed.dies_at == float("inf")
        return
    assert renew is not None
    assert (signed.renew_at - clock.time, signed.dies_at - clock.time) == pytest.approx((renew, dies))


async def test_given_token_that_has_died() -> None:
    """One that died before the start is not used."""
    made = make(first=Token("kept", START - timedelta(hours=2), START - timedelta(hours=1)))
    assert await made.value() == "token-1"
    assert made.issuer.fetched == [None]


async def test_exchange() -> None:
    """A token can be exchanged at the first call; while that fails, it is used."""
    made = make(first=Token("given"), exchange=True)
    made.issuer.failure = NotSentError("no")
    assert await made.value() == "given"
    assert await made.value() == "given"
    assert len(made.issuer.fetched) == 1
    made.issuer.failure = None
    made.clock.advance(31)
    assert await made.value() == "token-2"


async def test_forget_a_refused_token() -> None:
    """A token that was refused does not come back after `forget`, even where there is no other."""
    clock, reporter = FakeClock(), Reporter("toy", None, Redactor())
    cache = TokenCache(FixedToken(), no_send, clock, reporter, first=Token("token-1"))
    cache.invalidate(await cache.get())
    cache.forget()
    for _ in range(2):
        with pytest.raises(AuthError):
            await cache.get()


async def test_forget() -> None:
    """After `forget`, the next call signs in."""
    made = make(first=Token("given"))
    made.cache.forget()
    assert await made.value() == "token-1"


async def test_renew() -> None:
    """`renew` gets a new token whatever the old one's life, and joins a fetch that is under way."""
    kept: list[Token] = []
    made = make(first=Token("given"), on_token=kept.append)
    assert (await made.cache.renew()).value == "token-1"
    assert [current and current.value for current in made.issuer.fetched] == ["given"]
    tokens = await gather(10, made.cache.renew)
    assert {token.value for token in tokens} == {"token-2"}
    assert [token.value for token in kept] == ["token-1", "token-2"]
    made.issuer.failure = AuthError("no")
    errors = await gather(10, made.cache.renew)
    assert {type(error) for error in errors} == {AuthError}
    assert len({id(error) for error in errors}) == 10
    assert len(made.issuer.fetched) == 3
    assert await made.value() == "token-2"


async def test_renew_without_a_token() -> None:
    """`renew` signs in where there is no token."""
    assert (await make().cache.renew()).value == "token-1"


async def test_renew_joins_one_that_is_cancelled() -> None:
    """When the fetch that was joined is cancelled, `renew` does it itself."""
    made = make(first=Token("given"))
    made.issuer.hold = anyio.Event()
    scope = anyio.CancelScope()
    results: list[Token] = []

    async def cancelled() -> None:
        with scope:
            await made.cache.renew()

    async def joined() -> None:
        results.append(await made.cache.renew())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cancelled)
        await settle()
        tasks.start_soon(joined)
        await settle()
        scope.cancel()
        await settle()
        made.issuer.hold.set()
    assert [token.value for token in results] == ["token-2"]


async def test_adopt() -> None:
    """A token had in another way is used from now on, and handed over."""
    kept: list[Token] = []
    made = make(first=Token("given"), on_token=kept.append)
    other = Token("other")
    await made.cache.adopt(other)
    assert await made.value() == "other"
    assert kept == [other]
    assert made.issuer.fetched == []


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_on_token(asynchronous: bool) -> None:
    """Each new token is handed over once, before the calls that wait for it go on."""
    kept: list[str] = []

    def sync(token: Token) -> None:
        kept.append(token.value)

    async def later(token: Token) -> None:
        await settle()
        kept.append(token.value)

    made = make(on_token=later if asynchronous else sync)

    async def call() -> list[str]:
        await made.value()
        return list(kept)

    assert await gather(10, call) == [["token-1"]] * 10
    made.clock.advance(17)
    await made.value()
    assert kept == ["token-1", "token-2"]


async def test_on_token_that_raises() -> None:
    """What `on_token` raises comes out of the one call that signed in; the token is kept and used by all."""

    def broken(token: Token) -> None:
        raise NotSentError("mine")

    made = make(on_token=broken)
    results = await gather(10, made.value)
    assert [str(result) for result in results].count("mine") == 1
    assert results.count("token-1") == 9
    made.clock.advance(17)
    with pytest.raises(NotSentError, match="mine"):
        await made.value()
    assert await made.value() == "token-2"
    assert len(made.issuer.fetched) == 2


async def test_on_token_cancelled_by_a_scope() -> None:
    """A cancelled scope lets `on_token` finish."""
    kept: list[str] = []
    scope = anyio.CancelScope()

    async def slow(token: Token) -> None:
        scope.cancel()
        await settle()
        kept.append(token.value)

    made = make(on_token=slow)
    with scope:
        await made.value()
        await checkpoint()
    assert scope.cancelled_caught
    assert kept == ["token-1"]
    assert await made.value() == "token-1"


async def test_on_token_that_hangs(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """`on_token` is cut off after its time, which is logged; the calls go on."""
    monkeypatch.setattr(credentials, "KEEP_TIME", 0.01)

    async def hang(token: Token) -> None:
        await anyio.sleep_forever()

    made = make(on_token=hang)
    assert await made.value() == "token-1"
    assert "on_token took longer than 0.01 s and was cut off" in caplog.text


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_on_token_cancelled_as_a_task() -> None:
    """`Task.cancel()` gets through to `on_token`: the next call hands the same token over again."""
    kept: list[str] = []
    hold = anyio.Event()

    async def slow(token: Token) -> None:
        await hold.wait()
        kept.append(token.value)

    made = make(on_token=slow)
    task = asyncio.create_task(made.cache.get())
    await settle()
    assert await gather(3, made.value) == ["token-1"] * 3
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert kept == []
    hold.set()
    assert await made.value() == "token-1"
    assert await made.value() == "token-1"
    assert kept == ["token-1"]
    assert len(made.issuer.fetched) == 1


async def test_on_token_may_use_the_client() -> None:
    """`on_token` may ask for the token itself: it is there already."""
    seen: list[str] = []

    async def again(token: Token) -> None:
        seen.append(await made.value())

    made = make(on_token=again)
    await made.value()
    assert seen == ["token-1"]


async def test_password_stays_hidden() -> None:
    """However many tokens come, the password is not pushed out of what is hidden."""
    made = make()
    for _ in range(100):
        await made.value()
        made.clock.advance(21)
    assert made.reporter.redactor.text("open-sesame token-100") == "*** ***"


async def test_broken_sign_in_answer_is_not_quoted() -> None:
    """An answer to a sign-in that cannot be read may hold the token: no error and no event quotes it."""
    cut = answer(200, b'{"token": "fresh-token-va')
    made = rig([cut], credential=Password())
    with pytest.raises(DecodeError, match="not whole JSON") as caught:
        await made.get()
    assert "fresh-token" not in f"{caught.value} {caught.value.__dict__} {made.events}"


async def test_nobody_listens() -> None:
    """Without an observer, sign-ins succeed and fail unseen."""
    made = make()
    made.reporter.observer = None
    await made.value()
    made.issuer.failure = AuthError("no")
    made.clock.advance(21)
    with pytest.raises(AuthError):
        await made.value()
    assert made.events == []


async def test_fixed_token() -> None:
    """A fixed token signs until it is refused, and the error says why, and what could be done."""
    made = rig(
        [answer(), answer(401, b'{"detail": "revoked"}')],
        credential=FixedToken(prefix="Bearer ", hint="make a new token"),
        first=Token("given-1"),
    )
    await made.get()
    assert made.wire.sent[0].token == "Bearer given-1"
    with pytest.raises(AuthError, match=r"make a new token \(HTTP 401: revoked\)") as caught:
        await made.get()
    assert caught.value.status == 401
    assert caught.value.attempts == 0
    assert FixedToken().secrets() == ()


async def test_20_second_tokens_through_the_pipeline() -> None:
    """Calls for ten minutes with 20-second tokens: one sign-in a life, and never a 401."""
    clock = FakeClock(auto=False)
    signed_in: list[datetime] = []

    def script(sent: Any) -> Any:
        if "login" in sent.url:
            signed_in.append(clock.now())
            return login(f"token-{len(signed_in)}", clock.now() + timedelta(seconds=20))
        alive = sent.token == f"Token token-{len(signed_in)}" and clock.now() < signed_in[-1] + timedelta(
            seconds=20
        )
        return answer(200 if alive else 401)

    made = rig(script, clock=clock, credential=Password())
    for _ in range(600):
        await made.get()
        clock.advance(1)
    assert len(signed_in) == 38  # every 16 seconds
    assert {event.status for event in made.events if event.kind == "attempt"} == {200}


def test_token_shows_nothing() -> None:
    """A token's repr and str never show it."""
    token = Token("hunter-two", datetime(2026, 1, 1, tzinfo=UTC))
    assert "hunter" not in f"{token} {token!r} {[token]}"
    assert "2026" in repr(token)


@pytest.mark.parametrize("name", ["issued_at", "expires_at"])
def test_naive_times(name: str) -> None:
    """A token's times are aware."""
    with pytest.raises(InputError, match=f"{name} must be an aware datetime"):
        Token("a", **{name: datetime(2026, 1, 1)})


@pytest.mark.parametrize("value", [None, 3, b"abc", "", "a\n", " a", "a ", "ü", "a\x7f"])
def test_bad_secret(value: object) -> None:
    """What no header can carry is refused, and never shown."""
    with pytest.raises(InputError, match=r"^password ") as caught:
        check_secret("password", value)
    assert repr(value) not in str(caught.value) or value is None


def test_good_secret() -> None:
    """Any visible text is fine."""
    assert check_secret("token", "a b~!") == "a b~!"


@pytest.mark.anyio
async def test_fixed_token_outlives_a_refusal() -> None:
    """A refusal that passes does not end a client whose token is all it has: the next call tries it again."""
    made = rig(
        [answer(401), answer(200), answer(401), answer(200)], credential=FixedToken(), first=Token("the-one")
    )
    for _ in range(2):
        with pytest.raises(AuthError, match="nothing to sign in with"):
            await made.get()
        assert (await made.get()).status == 200


class Late:
    """A password that is known only when it is needed."""

    def __init__(self) -> None:
        self._password: Password | None = None

    async def fetch(self, send: Any, current: Token | None) -> Token:
        self._password = Password()
        return await self._password.fetch(send, current)

    def headers(self, token: Token) -> dict[str, str]:
        return {"X-Token": token.value}

    def secrets(self) -> tuple[str, ...]:
        return (self._password.password,) if self._password is not None else ()


async def test_secrets_known_late_are_taken_out() -> None:
    """A credential that learns its secret while it signs in has it shown as little as any other."""
    secret = Password().password
    made = rig([answer(403, f'{{"detail": "not {secret}"}}'.encode())], credential=Late())
    with pytest.raises(AuthError, match="refused") as caught:
        await made.get()
    assert secret in made.wire.sent[0].body.decode()
    assert secret not in str(caught.value) + repr(made.events)
