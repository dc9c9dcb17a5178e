"""`tocsin demo`."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from tocsin.cli import exits
from tocsin.cli.simulate import load
from tocsin.errors import ConfigError

if TYPE_CHECKING:
    from tocsin.describe import Resource, RowKey


#: ACS Monitor's rows take 20 requests at scale 1, and 65 at 5.
SCALE = "How many times 600 alarms; from 5 on it takes minutes, for ACS Monitor allows 60 requests in one."


@click.command("demo", short_help="Export everything from simulated systems, and count what arrived.")
@click.option(
    "--out", metavar="DIR", type=click.Path(file_okay=False), help="Keep the files there: a new or empty folder."
)
@click.option("--scale", default=1, show_default=True, type=click.IntRange(0), help=SCALE)
@click.option("--faults", default="", metavar="SPEC", help='What goes wrong: "latency=0.05,429=0.02,502=0.01".')
def command(out: str | None, scale: int, faults: str) -> int:
    """Export every resource of simulated systems side by side, and compare the files with what the systems hold.

    Ends with 0 only if every row arrived, once. Nothing but loopback is used.
    """
    from tocsin.cli import backends, output
    from tocsin.cli.export import perform
    from tocsin.describe import row_key
    from tocsin.export import Export, Source

    if out and Path(out).is_dir() and any(Path(out).iterdir()):
        raise ConfigError(f"{out} is not empty: keep the files of a demo in a folder of their own")
    simulator = load()
    try:
        servers = simulator.Simulator(scale=scale, faults=faults)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    with ExitStack() as stack:
        folder = Path(out or stack.enter_context(TemporaryDirectory(prefix="tocsin-demo-")))
        stack.enter_context(servers)
        sources = [
            Source(name, backends.backend(name).at(endpoint), backends.resources(name))
            for name, endpoint in servers.endpoints.items()
        ]
        held = {source.name: servers.held(source.name) for source in sources}
        with output.Display() as display:
            job = Export(sources, folder, on_progress=display)
            stopped = perform(job, sources)
        results = {(result.source, result.resource): result for result in job.results()}
        rows = list[dict[str, Any]]()
        for source in sources:
            for resource in source.resources:
                found = _keys(folder / source.name / resource.name, resource)
                expected = [row_key(key) for key in held[source.name][resource.name]]
                row = output.result_row(results[source.name, resource.name])
                row["state"] = "complete" if _once(expected, found) else "incomplete"
                rows.append({"expected": len(expected), **row})
    output.show([{name: row[name] for name in _COLUMNS} for row in rows])
    fine = all(row["state"] == "complete" for row in rows)
    if not stopped:
        where = f" The files are in {out}." if out else ""
        output.tell(("Every row arrived." if fine else "Rows are missing.") + where)
    return stopped or (exits.FINE if fine else exits.PARTIAL)


_COLUMNS = ("profile", "resource", "state", "expected", "rows", "bad_rows", "seconds", "errors")


def _once(expected: Collection[RowKey | None], found: Sequence[RowKey | None]) -> bool:
    """Whether all that was there at the start is in the files, and nothing twice; more may have come meanwhile."""
    return len(set(found)) == len(found) and set(expected) <= set(found)


def _keys(folder: Path, resource: Resource[Any]) -> list[RowKey | None]:
    """The ids of all rows in the files of a resource."""
    import msgspec

    texts = [
        zlib.decompress(path.read_bytes(), 31) for path in folder.glob("*/[0-9][0-9][0-9][0-9][0-9].ndjson.gz")
    ]
    return [resource.key_of(msgspec.json.decode(line)) for text in texts for line in text.splitlines()]
