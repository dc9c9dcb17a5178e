"""gunicorn, as every server here runs under it: threads, a log of requests, a quick end."""

import signal
from pathlib import Path

from tests.servers.processes import Process


def gunicorn(
    programs: Path,
    application: str,
    *,
    port: int,
    workers: int,
    threads: int,
    folder: Path,
    access_log: Path,
    environment: dict[str, str],
) -> Process:
    """Serve `application` ("module:callable") on 127.0.0.1; `programs` is its environment's `bin` folder.

    `access_log` gets one line a request, "METHOD path?query status", written when it was answered; what
    the server itself says goes to gunicorn.log in `folder`.
    """
    command: list[str | Path] = [programs / "gunicorn", application]
    command += ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
    command += ["--workers", str(workers), "--threads", str(threads)]
    command += ["--access-logfile", access_log, "--access-logformat", "%(m)s %(U)s?%(q)s %(s)s"]
    # Its default place is one for the whole account, where two servers would take it from each other.
    command += ["--no-control-socket"]
    return Process(
        command,
        log=folder / "gunicorn.log",
        environment=environment,
        folder=folder,
        # Quick: requests under way are cut, kept connections are not waited for.
        stop_signal=signal.SIGINT,
    )
