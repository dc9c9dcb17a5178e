"""`tocsin export`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli import exits
from tocsin.cli.app import AwareTime, config_option
from tocsin.errors import ConfigError
from tocsin.export import NdjsonGzip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.export import Export, Source

#: By the words of `--format`.
SINKS = {"ndjson": NdjsonGzip()}
SPLIT = "How many windows of time to read side by side in each resource that has a time."


@click.command("export", short_help="Export resources into files; goes on where an earlier run stopped.")
@click.option("--profile", "profiles", multiple=True, required=True, metavar="NAME", help="May be given again.")
@click.option("--resource", "names", multiple=True, metavar="NAME", help="May be given again; all, if not given.")
@click.option("--since", type=AwareTime(), help="Rows from this time on, where a resource has a time.")
@click.option("--until", type=AwareTime(), help="Rows before this time, where a resource has a time.")
@click.option(
    "--out", required=True, metavar="DIR", type=click.Path(file_okay=False), help="The folder to write to."
)
@click.option("--format", type=click.Choice(list(SINKS)), default="ndjson", show_default=True)
@click.option("--windows", default=8, show_default=True, type=click.IntRange(1, 64), help=SPLIT)
@click.option("--page-size", type=click.IntRange(1), help="Rows a page, where pages have a size.")
@click.option("--fresh", is_flag=True, help="Start over; replaces what an export left in the same place.")
@config_option
def command(
    profiles: tuple[str, ...],
    names: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    out: str,
    format: str,
    windows: int,
    page_size: int | None,
    fresh: bool,
    config: Path | None,
) -> int:
    """Export every row of the profiles' resources into DIR, each exactly once.

    An export that was stopped goes on where it stood when the same command is given again. It is one snapshot:
    given again when all has arrived, the command reads nothing new, except with --fresh. Resources without a
    time are exported whole. DIR/PROFILE/RESOURCE/PARTITION holds gzipped NDJSON, one row a line as the server
    sent it, and a receipt for each file; a file without a receipt is unfinished.
    """
    from tocsin.cli.output import Display, tell
    from tocsin.export import Export

    if "://" in out:
        raise ConfigError(f"--out must be a folder, not {out!r}")
    sources = read_sources(profiles, names, config)
    for source in sources if since or until else ():
        if all(resource.time is None for resource in source.resources):
            tell(f"{source.name}: nothing of it can be selected by time, so all comes whole.")
    with Display() as display:
        job = Export(
            sources,
            out,
            since=since,
            until=until,
            windows=windows,
            page_size=page_size,
            fresh=fresh,
            sink=SINKS[format],
            on_progress=display,
        )
        stopped = perform(job, sources)
    return report(job, stopped)


def read_sources(profiles: Sequence[str], names: Sequence[str], config: Path | None) -> list[Source]:
    """What to read. Raises ConfigError for a profile or a resource that there is not."""
    from tocsin.cli import backends
    from tocsin.profiles import choose

    chosen = choose(profiles, config)
    known = list(dict.fromkeys(each.name for profile in chosen for each in backends.resources(profile.backend)))
    if unknown := [name for name in names if name not in known]:
        raise ConfigError(f"there is no resource {', '.join(unknown)}; there are {', '.join(known)}")
    return [backends.source_of(profile, names) for profile in chosen]


def perform(job: Export, sources: Sequence[Source]) -> int:
    """Run the export and close the clients; gives 0, or 128 and the number of the signal that stopped it."""
    from contextlib import AsyncExitStack

    from tocsin.cli import loop

    async def work() -> int:
        async with AsyncExitStack() as stack:
            for source in sources:
                await stack.enter_async_context(source.client)
            await job.run()
        return exits.FINE

    return loop.run(work)


def report(job: Export, stopped: int) -> int:
    """Print what became of an export; gives the exit code."""
    from tocsin.cli import output

    results = job.results()
    output.show([output.result_row(result) for result in results])
    if planned := [result.planned for result in results if result.already and result.planned]:
        what = f"{len(planned)} of {len(results)} resources: already complete"
        output.tell(f"{what} (planned {min(planned):%Y-%m-%dT%H:%M:%SZ}); --fresh reads again.")
    if stopped:
        output.tell("Stopped; the same command goes on from here.")
    return stopped or exits.of_results(results)
