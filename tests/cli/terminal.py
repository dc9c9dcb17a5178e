"""Commands that take themselves to be on a terminal."""

from __future__ import annotations

import sys

import pytest


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, a wide one without bold type. To be called in the test: before it, stdout is another one."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for variable, value in {"TERM": "dumb", "COLUMNS": "200", "LINES": "50"}.items():
        monkeypatch.setenv(variable, value)
