"""`python -m tests.servers argus` (or monasca): start it, print how to reach it as JSON, serve until Ctrl-C."""

import argparse
import json
import signal
import sys

from tests.servers.argus import RealArgus
from tests.servers.monasca import RealMonasca
from tests.servers.processes import exit_on_signals


def main() -> None:
    """Read the command line and serve until SIGINT or SIGTERM; exit 1 if the server ends by itself."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    servers = parser.add_subparsers(dest="server", required=True)
    argus = servers.add_parser("argus", help="Argus on PostgreSQL")
    argus.add_argument("--incidents", type=int, default=0, help="incidents to load first (default: none)")
    monasca = servers.add_parser("monasca", help="monasca-api on InfluxDB, with Keystone")
    monasca.add_argument("--token-seconds", type=int, default=3600, help="life of a token (default: 3600)")
    for server in (argus, monasca):
        server.add_argument("--workers", type=int, default=2, help="worker processes (default: 2)")
    options = parser.parse_args()
    # Ignored in what a script starts in the background, and it is how this command is told to stop.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with exit_on_signals(signal.SIGINT, signal.SIGTERM):
        try:
            serve_argus(options) if options.server == "argus" else serve_monasca(options)
        except SystemExit:
            sys.exit(0)


def serve_argus(options: argparse.Namespace) -> None:
    """Serve Argus until a signal comes."""
    with RealArgus(workers=options.workers) as server:
        server.load_incidents(options.incidents)
        print(json.dumps(server.describe()), flush=True)
        server.watch()


def serve_monasca(options: argparse.Namespace) -> None:
    """Serve Monasca until a signal comes."""
    with RealMonasca(workers=options.workers, token_seconds=options.token_seconds) as server:
        print(json.dumps(server.describe()), flush=True)
        server.watch()


if __name__ == "__main__":
    main()
