"""Runs a command's coroutine, and stops it cleanly on SIGINT and SIGTERM."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskStatus


def run(work: Callable[[], Awaitable[int]]) -> int:
    """The exit code of `work`; 128 and the signal's number where a signal stopped it.

    The first signal cancels `work`, which may still keep what it has; a second one ends the process at once.
    """
    if sys.platform == "win32":  # whose event loops take no signals
        return anyio.run(work)
    return anyio.run(_until_signal, work)


async def _until_signal(work: Callable[[], Awaitable[int]]) -> int:
    stopped_by = list[int]()
    codes = list[int]()
    failure: Exception | None = None

    async def watch(*, task_status: TaskStatus[None]) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for number in signals:
                stopped_by.append(number)
                break
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        await tasks.start(watch)
        try:
            codes.append(await work())
        except Exception as error:  # noqa: BLE001 - raised again where no task group wraps it
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return 128 + stopped_by[0] if stopped_by else codes[0]
