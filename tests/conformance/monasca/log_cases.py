"""Logs: they go in, and do not come out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.conformance.monasca.lab import Lab
from tests.conformance.monasca.registry import case, raw_case, refused

from tocsin.errors import MaybeSentError
from tocsin.monasca import BatchError, NewLog

MIB = 1_048_576


@case
async def logs_created(lab: Lab) -> Any:
    logs: list[Any] = ["text", NewLog("☎", {"path": "/var/log/x y"}), {"message": "m", "dimensions": {"a": "b"}}]
    return await lab.demo.logs.create(logs, dimensions={"host": "h", "run": lab.mark})


@case
async def logs_in_parts(lab: Lab) -> Any:
    return await lab.demo.logs.create((f"row {number}" for number in range(10)), batch=3, concurrency=2)


@case
async def logs_of_2_mib_in_parts(lab: Lab) -> Any:
    return await lab.demo.logs.create(["x" * 500] * (2 * MIB // 500))


async def _answered(call: Callable[[], Awaitable[Any]]) -> Any:
    """What a call gives once its answer comes through.

    The real server leaves a body that is too large unread and closes the connection, which often destroys the
    413 before it is read.
    """
    found = None
    for _ in range(30):
        found = await refused(call())
        causes = found.causes if isinstance(found, BatchError) else ()
        if not any(isinstance(cause, MaybeSentError) for cause in causes):
            break
    return found


@case
async def logs_too_large_are_split(lab: Lab) -> Any:
    return await _answered(lambda: lab.demo.logs.create(["x" * 300_000] * 4, max_bytes=3_000_000))


@case
async def log_that_is_too_large(lab: Lab) -> Any:
    logs = ["small", "x" * MIB, "small"]
    return await _answered(lambda: lab.demo.logs.create(logs, max_bytes=3_000_000))


@case
async def logs_again_after_413(lab: Lab) -> Any:
    error = await _answered(lambda: lab.demo.logs.create(["x" * MIB], max_bytes=3_000_000))
    return error, await lab.demo.logs.create(["small"])


@case
async def log_for_other_project(lab: Lab) -> Any:
    return await lab.agent.logs.create(["text"], tenant_id=lab.world.project_ids["demo2"])


raw_case("logs_cannot_be_read", "GET", "/logs")
raw_case("logs_empty", "POST", "/logs", json={"logs": []})
raw_case("logs_without_logs", "POST", "/logs", json={"dimensions": {}})
raw_case("logs_a_list", "POST", "/logs", json=[{"message": "m"}])
raw_case("logs_without_message", "POST", "/logs", json={"logs": [{"dimensions": {}}]})
raw_case("logs_of_charset", "POST", "/logs", content=b'{"logs":[]}', extra_headers={"content-type": "text/plain"})
raw_case("logs_of_bad_json", "POST", "/logs", content=b"{", extra_headers={"content-type": "application/json"})


def _bad(name: str, dimensions: Any) -> None:
    body: dict[str, Any] = {"dimensions": dimensions, "logs": [{"message": "m", "dimensions": {}}]}
    raw_case(f"logs_with_bad_dimension_{name}", "POST", "/logs", json=body)


_bad("list", ["a"])
_bad("name_empty", {"": "v"})
_bad("name_long", {"n" * 256: "v"})
_bad("name_reserved", {"_a": "v"})
_bad("name_with_blank", {"a b": "v"})
_bad("value_empty", {"a": ""})
_bad("value_long", {"a": "v" * 256})
