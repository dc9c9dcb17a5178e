"""Keystone as a WSGI application that notes every sign-in; TOCSIN_SIGN_INS names the file, a JSON line each."""

# mypy: disable-error-code="import-not-found,import-untyped"
# Keystone is installed in the server's virtual environment, not where the types are checked.

import io
import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# Keystone reads the command line, which is gunicorn's.
sys.argv = ["keystone"]

from keystone.server import wsgi  # noqa: E402  it may be imported only after the command line is hidden

Environ = dict[str, Any]
keystone: Callable[[Environ, Callable[..., Any]], Iterable[bytes]] = wsgi.initialize_public_application()


def application(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Keystone; a sign-in is noted before its reply leaves."""
    if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", "/v3/auth/tokens"):
        return keystone(environ, start_response)
    asked = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(asked)
    started: list[Any] = []

    def start(*arguments: Any) -> None:
        started[:] = arguments

    reply = keystone(environ, start)
    body = b"".join(reply)
    getattr(reply, "close", lambda: None)()
    status, headers = started[:2]
    note(asked, int(status.split()[0]), dict(headers).get("X-Subject-Token"), body)
    start_response(*started)
    return [body]


def note(asked: bytes, status: int, token: str | None, body: bytes) -> None:
    """Append who signed in, with what outcome, in one write."""
    user = json.loads(body)["token"]["user"]["name"] if token else named(asked)
    line = json.dumps({"user": user, "status": status, "token": token}) + "\n"
    with Path(os.environ["TOCSIN_SIGN_INS"]).open("ab", buffering=0) as file:
        file.write(line.encode())


def named(asked: bytes) -> str | None:
    """The user that a request which was refused names, if it does by name."""
    try:
        name = json.loads(asked)["auth"]["identity"]["password"]["user"]["name"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(name)
