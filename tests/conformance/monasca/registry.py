"""The cases: one function each; what it gives or raises is then compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance.monasca.lab import Lab

from tocsin.errors import TocsinError
from tocsin.monasca import MonascaClient

Case = Callable[[Lab], Awaitable[Any]]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    """Add a case under its name."""
    assert function.__name__ not in CASES, function.__name__
    CASES[function.__name__] = function
    return function


async def refused(call: Awaitable[Any]) -> Any:
    """The error that a call raises, where more than one thing is looked at."""
    try:
        return await call
    except TocsinError as error:
        return error


def raw_case(name: str, method: str, path: str, role: str = "demo", **options: Any) -> None:
    """A case that sends one request as it is."""

    async def run(lab: Lab) -> Any:
        client: MonascaClient = getattr(lab, role)
        return await client.request(method, path, **options)

    run.__name__ = name
    case(run)
