"""`tocsin check`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli import exits
from tocsin.cli.app import config_option
from tocsin.errors import AuthError, ConfigError, TocsinError, TransportError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tocsin.export import Resource
    from tocsin.profiles import Profile
    from tocsin.service import Client


@click.command("check", short_help="Sign in to every profile, and say what works.")
@click.option("--profile", "names", multiple=True, metavar="NAME", help="May be given again; all, if not given.")
@config_option
def command(names: tuple[str, ...], config: Path | None) -> int:
    """Sign in to every profile, and say what works: the sign-in, the server's version, each resource.

    Nothing is changed on a server; of each resource one row is read.
    """
    from tocsin.cli import loop, output
    from tocsin.profiles import choose

    # One after the other: each may ask for a passphrase.
    checks = [_Check(profile) for profile in choose(names, config)]

    async def work() -> int:
        import anyio

        async with anyio.create_task_group() as tasks:
            for check in checks:
                tasks.start_soon(check.run)
        return exits.FINE

    stopped = loop.run(work)
    rows = [row for check in checks for row in check.rows]
    output.show(rows)
    errors = [error for check in checks for error in check.errors]
    # A server tells its version to anybody: what counts is whether somebody could sign in.
    anything = any(row["ok"] and row["check"] != "server" for row in rows)
    return stopped or exits.of_outcome(fine=not errors, anything=anything, errors=errors)


class _Check:
    """What is found out about one profile; its secrets are read at once."""

    def __init__(self, profile: Profile) -> None:
        from tocsin.cli import backends

        self._profile = profile
        self._client: Client | None = None
        self.rows = list[dict[str, Any]]()
        self.errors = list[Exception]()
        try:
            self._client = backends.client_of(profile)
        except ConfigError as error:
            self._note("configuration", error)

    async def run(self) -> None:
        """Try all there is; stops where signing in fails, or no server answers."""
        from tocsin.cli import backends

        if self._client is None:
            return
        backend = self._profile.backend
        asks: dict[str, Callable[[Client], Awaitable[str | None]]] = dict(backends.backend(backend).checks)
        asks |= {each.name: partial(_one_row, each) for each in backends.resources(backend)}
        async with self._client as client:
            for what, ask in asks.items():
                try:
                    if (found := await ask(client)) is not None:
                        self._note(what, found)
                except TocsinError as error:
                    self._note(what, error)
                    if isinstance(error, AuthError | ConfigError | TransportError):
                        return  # the next one would fail likewise, and bring an account closer to being locked

    def _note(self, what: str, found: str | TocsinError) -> None:
        ok = isinstance(found, str)
        if isinstance(found, TocsinError):
            self.errors.append(found)
            found = f"{type(found).__name__}: {found}"
        self.rows.append({"profile": self._profile.name, "check": what, "ok": ok, "detail": found})


async def _one_row(resource: Resource[Any], client: Client) -> str | None:
    """None where the server does not have it at all."""
    if not await resource.ready(client):
        return None
    row = await resource.pager(client, page_size=2, on_bad_row="skip").first()
    return "readable" if row is not None else "readable, and empty"
