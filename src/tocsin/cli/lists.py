"""`tocsin alarms`, `metrics`, `notification-methods`, `logs`: lists of one profile, for reading and for pipes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tocsin.cli import exits
from tocsin.cli.app import AwareTime, config_option
from tocsin.errors import ConfigError, NotSupported

if TYPE_CHECKING:
    from tocsin.describe import Backend, Resource
    from tocsin.profiles import Profile

Function = TypeVar("Function", bound=Callable[..., object])

#: Rows that a terminal gets where --limit does not say.
ON_A_TERMINAL = 100
#: How far back measurements are read where --since does not say.
LATELY = timedelta(hours=1)
#: What is listed by a command of another name.
_CALLED = {"measurements": "measurements (metrics NAME)"}


if TYPE_CHECKING:
    _PairType = click.ParamType[tuple[str, str]]
else:
    _PairType = click.ParamType  # generic since click 8.4


class Pair(_PairType):
    """``NAME=VALUE``."""

    name = "pair"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The two; fails where there is no "=", or nothing before it."""
        name, equals, text = str(value).partition("=")
        if not equals or not name:
            self.fail(f"{value!r} must be NAME=VALUE", param, ctx)
        return name, text


class _List(click.Command):
    """A list, whose help says what it has of each system, by the tables of the backends."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The systems that have such a list, with what selects rows there."""
        from tocsin.cli import backends

        offers = {name: _offer(backends.backend(name), str(self.name)) for name in backends.NAMES}
        with formatter.section("Of each system"):
            formatter.write_dl([(name, offer) for name, offer in offers.items() if offer])


def _offer(described: Backend[Any], command: str) -> str:
    """What a command has of a backend; nothing where there is no such list."""
    resources = described.resources
    shown = [(each, resources[described.lists[each]]) for each in _lists_of(command) if each in described.lists]
    offers = [
        f"{'with NAME ' if each != command else ''}{resource.name}{_selected_by(resource, each)}"
        for each, resource in shown
    ]
    if command == "logs" and described.send_logs is not None:
        offers.append("takes them, with --send")
    return "; ".join(offers)


def _lists_of(command: str) -> tuple[str, ...]:
    return (command, "measurements") if command == "metrics" else (command,)


def _selected_by(resource: Resource[Any], what: str) -> str:
    ways = ["--since", "--until"] if resource.time is not None else []
    # The name of what is measured is an argument.
    if filters := sorted(resource.filters - ({"name"} if what == "measurements" else set())):
        ways.append(f"--where {', '.join(filters)}")
    return f" ({', '.join(ways)})" if ways else ""


def _options(function: Function) -> Function:
    for option in (
        config_option,
        click.option("--limit", type=click.IntRange(1), help="How many rows; all in a pipe, 100 on a terminal."),
        click.option("--until", type=AwareTime(), help="Rows before this time."),
        click.option("--since", type=AwareTime(), help="Rows from this time on."),
        click.option(
            "--where", multiple=True, type=Pair(), metavar="NAME=VALUE", help="A filter; may be given again."
        ),
        click.option("--profile", required=True, metavar="NAME", help="Whose to list."),
    ):
        function = option(function)
    return function


@click.command("alarms", cls=_List, short_help="List alarms.")
@_options
def alarms(**options: Any) -> int:
    """List the alarms of a profile's system, or what comes closest there.

    As a table on a terminal; in a pipe as NDJSON, one row a line as the server sent it.
    """
    return _show("alarms", **options)


@click.command("notification-methods", cls=_List, short_help="List who is told about alarms, and how.")
@_options
def notification_methods(**options: Any) -> int:
    """List who or what a profile's system tells about alarms.

    As a table on a terminal; in a pipe as NDJSON, one row a line as the server sent it.
    """
    return _show("notification-methods", **options)


@click.command("metrics", cls=_List, short_help="List metrics, or the measurements of one.")
@click.argument("name", required=False)
@_options
def metrics(name: str | None, **options: Any) -> int:
    """List what a system measures; with NAME the measurements of that, by default those of one hour.

    That hour ends with --until, or now.

    As a table on a terminal; in a pipe as NDJSON, one row a line.
    """
    if name is None:
        return _show("metrics", **options)
    options["where"] = (*options["where"], ("name", name))
    options["since"] = options["since"] or (options["until"] or datetime.now(UTC)) - LATELY
    return _show("measurements", **options)


@click.command("logs", cls=_List, short_help="List log entries, or send some.")
@click.option("--send", is_flag=True, help="Send the lines of standard input as log messages, instead of listing.")
@click.option(
    "--dimension", "dimensions", multiple=True, type=Pair(), metavar="NAME=VALUE", help="Of what is sent."
)
@_options
def logs(send: bool, dimensions: tuple[tuple[str, str], ...], **options: Any) -> int:
    """List the log entries of a profile's system, or send some.

    As a table on a terminal; in a pipe as NDJSON, one row a line as the server sent it.
    """
    if not send:
        if dimensions:
            raise ConfigError("--dimension is for --send")
        return _show("logs", **options)
    if unused := [name for name in ("where", "since", "until", "limit") if options[name]]:
        raise ConfigError(f"--send sends all lines: it takes no {', '.join(unused)}")
    return _send(_profile(options["profile"], options["config"]), dict(dimensions))


def _profile(name: str, config: Path | None) -> Profile:
    from tocsin.profiles import choose

    [profile] = choose([name], config)
    return profile


def _show(
    what: str,
    *,
    profile: str,
    where: tuple[tuple[str, str], ...],
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    config: Path | None,
) -> int:
    from tocsin.cli import backends, loop, output

    chosen = _profile(profile, config)
    resource = _resource(chosen.backend, what)
    terminal = sys.stdout.isatty()
    most = limit or (ON_A_TERMINAL if terminal else None)

    async def work() -> int:
        left = most
        async with backends.client_of(chosen) as client:
            size = most if most is not None and 2 <= most <= ON_A_TERMINAL else None
            await resource.ready(client)
            pager = resource.pager(client, since=since, until=until, where=dict(where), page_size=size)
            with output.Listing(resource.columns) as listing:
                async for page in pager.pages():
                    listing.add(page.items[:left])
                    left = None if left is None else left - len(page.items)
                    if left is not None and left <= 0:
                        if limit is None:
                            output.tell(f"The first {ON_A_TERMINAL}; --limit shows more.")
                        break
        return exits.FINE

    return loop.run(work)


def _resource(backend: str, what: str) -> Resource[Any]:
    """The resource that a command lists. Raises NotSupported."""
    from tocsin.cli import backends

    described = backends.backend(backend)
    if what not in described.lists:
        hint = ""
        if what == "logs" and described.send_logs:
            hint = ": it only takes them, with --send"
        elif what in described.resources:
            hint = ": what it calls so is something else, which only export reads"
        there = ", ".join([_CALLED.get(each, each) for each in described.lists])
        raise NotSupported(f"{backend} lists no {_CALLED.get(what, what)}{hint}; it lists {there}")
    return described.resources[described.lists[what]]


def _send(profile: Profile, dimensions: Mapping[str, str]) -> int:
    from tocsin.cli import backends, loop, output

    send_logs = backends.backend(profile.backend).send_logs
    if send_logs is None:
        raise NotSupported(f"{profile.backend} takes no logs")

    async def work() -> int:
        lines = [line for line in sys.stdin.read().splitlines() if line.strip()]
        async with backends.client_of(profile) as client:
            await send_logs(client, lines, dimensions)
        output.tell(f"{len(lines)} sent.")
        return exits.FINE

    return loop.run(work)
