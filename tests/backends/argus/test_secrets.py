"""No secret in whatever an Argus client shows of a run against a server with every fault switched on."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest
from tests.transport.fakes import FakeClock

from tocsin import ArgusClient, Event, Pager, RetryPolicy, Timeouts, TocsinError, Token
from tocsin.argus.describe import RESOURCES
from tocsin.simulator import Faults, Simulator

FAULTS = "all=0.15,latency=0.001,sign-in=1,seed=11"


async def outcome(pager: Pager[bytes]) -> list[str]:
    """All that can be seen of reading some rows."""
    try:
        return [repr((await pager.collect(80))[:1])]
    except TocsinError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        return [str(error), repr(error), repr(pickle.dumps(error)), "".join(shown.format())]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("anyio_backend", "wire"), [("asyncio", "httpx"), ("asyncio", "aiohttp"), ("trio", "httpx")]
)
async def test_every_fault(wire: str, caplog: pytest.LogCaptureFixture) -> None:
    """Password and tokens, also those that were renewed, are in no error, traceback, event, repr or record."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpcore", "httpx", "aiohttp", "asyncio", "tocsin"):
        caplog.set_level(logging.DEBUG, name)
    events: list[Event] = []
    tokens: list[Token] = []
    told: list[str] = []
    with Simulator(["argus"]) as simulator:
        endpoint = simulator.endpoints["argus"]
        simulator.faults = Faults.parse(FAULTS)
        for credentials in (
            {"username": endpoint["username"], "password": endpoint["password"]},
            {"token": endpoint["token"]},
        ):
            async with ArgusClient(
                endpoint["base_url"],
                **credentials,
                transport=wire,
                observer=events.append,
                on_token=tokens.append,
                retry=RetryPolicy(attempts=2, base=0.001),
                clock=FakeClock(),  # whose waits take no time
                timeouts=Timeouts(attempt=2),
            ) as argus:
                for _ in range(4):
                    for resource in RESOURCES.values():
                        told += await outcome(resource.pager(argus, page_size=40))
                told += [repr(argus), repr(argus.__dict__)]
        secrets = [endpoint["password"], *simulator.argus.tokens.values(), *[token.value for token in tokens]]
    told += [repr(event) for event in events]
    told += [repr(token) + str(token) for token in tokens]
    told += [logging.Formatter().format(record) + repr(record.__dict__) for record in caplog.records]
    assert tokens
    assert {event.kind for event in events} >= {"attempt", "retry", "sign_in", "sign_in_failed"}
    assert sum(event.error is not None for event in events) > 20
    for text in told:
        assert not any(secret in text for secret in secrets), text
