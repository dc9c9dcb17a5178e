"""Tokens that answers bring in place of those they were asked with, as servers with rotating cookies do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import anyio
import pytest
from attrs import frozen
from tests.transport.fakes import FakeClock, Password, Sent, answer, login, rig

from tocsin.errors import AuthError
from tocsin.options import RetryPolicy
from tocsin.transport.credentials import Token
from tocsin.transport.wire import Answer

pytestmark = pytest.mark.anyio


@frozen
class Rotating(Password):
    """A password whose tokens are followed by those of the header x-next."""

    def follow(self, token: Token, headers: Mapping[str, str]) -> Token | None:
        value = headers.get("x-next")
        return Token(value, token.issued_at, token.expires_at) if value and value != token.value else None


class Server:
    """A server of which each good answer brings the next token, and which knows only the newest."""

    def __init__(self) -> None:
        self.newest = "token-0"
        self.answers = 0

    def __call__(self, sent: Sent) -> Answer:
        if sent.url.endswith("/login"):
            return login(self.newest)
        if sent.token != f"Token {self.newest}":
            return answer(401)
        self.answers += 1
        self.newest = f"token-{self.answers}"
        return answer(200, x_next=self.newest)


async def test_the_next_call_signs_with_the_token_that_came() -> None:
    """Each answer's token signs the next call: there is one sign-in, and nothing is refused."""
    made = rig(Server(), credential=Rotating())
    for _ in range(5):
        await made.get()
    assert [sent.token for sent in made.wire.sent] == [
        None,
        *[f"Token token-{number}" for number in range(5)],
    ]


async def test_calls_side_by_side_catch_up_without_signing_in() -> None:
    """A call that was under way with the old token, and is refused, goes on with the one that came meanwhile."""
    server, gate = Server(), anyio.Event()

    async def slow(sent: Sent) -> Answer:
        if sent.url.endswith("late") and not gate.is_set():
            await gate.wait()
        return server(sent)

    made = rig(slow, credential=Rotating())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.get, "/late")
        await made.get("/early")
        gate.set()
    assert sum(sent.url.endswith("/login") for sent in made.wire.sent) == 1


async def test_tokens_that_came_are_handed_over_and_hidden() -> None:
    """`on_token` is given them, and no event, error or text shows one."""
    kept: list[Token] = []
    made = rig(Server(), credential=Rotating(), on_token=kept.append)
    await made.get()
    await made.get()
    assert [token.value for token in kept][:2] == ["token-0", "token-1"]
    assert "token-2" not in made.pipeline.reporter.redactor.text("it was token-2, now")


async def test_an_old_answer_brings_no_token() -> None:
    """What an answer to a token brings that is not in use any more is passed over."""
    made = rig([login("first-token"), answer(200)], credential=Rotating())
    await made.get()
    tokens = made.pipeline.tokens
    assert tokens is not None
    old = await tokens.get()
    await tokens.adopt(Token("adopted-token"))
    tokens.follow(old, {"x-next": "stray-token"})
    assert tokens.current is not None
    assert tokens.current.value == "adopted-token"


async def test_other_credentials_follow_nothing() -> None:
    """Where a credential has no `follow`, headers of answers change no token."""
    made = rig([login("only-token"), answer(200, x_next="another"), answer(200)], credential=Password())
    await made.get()
    await made.get()
    assert made.wire.sent[-1].token == "Token only-token"


async def test_a_followed_token_keeps_its_time() -> None:
    """A token with an end is renewed by its own time."""
    clock = FakeClock(auto=False)
    end = datetime(2026, 1, 2, 3, 5, 5, tzinfo=UTC)
    made = rig(
        [login("first-token", end), answer(200, x_next="next-token"), answer(401), answer(500)],
        clock=clock,
        credential=Rotating(),
        retry=RetryPolicy(attempts=1),
    )
    await made.get()
    clock.time += 100
    with pytest.raises(AuthError):
        await made.get()


async def test_many_calls_side_by_side_overtake_each_other() -> None:
    """However often a call finds its token out of date, it goes on with the newest: one sign-in, and no error."""
    server = Server()

    async def answer_later(sent: Sent) -> Answer:
        await anyio.lowlevel.checkpoint()
        return server(sent)

    made = rig(answer_later, credential=Rotating())
    done: list[int] = []

    async def call() -> None:
        done.append((await made.get()).status)

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(call)
    assert done == [200] * 100
    assert sum(sent.url.endswith("/login") for sent in made.wire.sent) == 1
