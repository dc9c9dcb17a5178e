"""`tocsin simulate`."""

from __future__ import annotations

import json
from contextlib import ExitStack
from types import ModuleType

import click

from tocsin.cli import exits
from tocsin.errors import ConfigError


@click.command("simulate", short_help="Serve simulated monitoring systems on loopback.")
@click.option("--backend", "backends", multiple=True, metavar="NAME", help="Which ones; by default all.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Of the first; the next follow it. 0: any free ones."
)
@click.option("--scale", default=1, show_default=True, type=click.IntRange(0), help="How many times 600 alarms.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another world.")
@click.option("--faults", default="", metavar="SPEC", help='What goes wrong: "latency=0.05,429=0.02,502=0.01".')
@click.option("--json", "as_json", is_flag=True, help="Print addresses and credentials as one line of JSON.")
def command(backends: tuple[str, ...], port: int, scale: int, seed: int, faults: str, as_json: bool) -> int:
    """Serve simulated monitoring systems on loopback until SIGINT or SIGTERM, which end it with 0.

    Prints where they are and how to sign in.
    """
    import anyio

    from tocsin.cli import loop

    simulator = load()
    with ExitStack() as stack:
        try:
            running = simulator.Simulator(
                backends or simulator.BACKENDS, port=port, scale=scale, seed=seed, faults=faults
            )
            stack.enter_context(running)
        except ValueError as error:
            raise ConfigError(str(error)) from None
        except OSError as error:
            raise ConfigError(f"cannot listen on {error.filename}: {error.strerror}") from None

        async def serve() -> int:
            click.echo(json.dumps(running.endpoints) if as_json else _readable(running.endpoints))
            await anyio.sleep_forever()
            return exits.FINE

        loop.run(serve)
    return exits.FINE


def load() -> ModuleType:
    """The simulator. Raises ConfigError where what it needs is not installed."""
    try:
        from tocsin import simulator
    except ImportError as error:
        message = str(error)
    else:
        return simulator
    raise ConfigError(message)


def _readable(endpoints: dict[str, dict[str, str]]) -> str:
    lines = list[str]()
    for backend, endpoint in endpoints.items():
        width = max(map(len, endpoint))
        lines += [backend, *[f"  {name:{width}} {value}" for name, value in endpoint.items()]]
    return "\n".join([*lines, "Stop with Ctrl-C."])
