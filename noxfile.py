"""The project's checks: `nox` runs lint, types and tests; `nox -l` lists the rest."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

PROJECT = nox.project.load_toml("pyproject.toml")
ROOT = Path(__file__).parent


def _groups(*names: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(PROJECT, *names)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and format."""
    session.install(*_groups("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """mypy and pyright, both strict, over the package and the typing test."""
    session.install("-e", ".[all]", *_groups("types", "bench"), "nox")
    session.run("mypy")
    session.run("pyright", "--pythonpath", str(Path(session.bin) / "python"))


@nox.session
def tests(session: nox.Session) -> None:
    """All tests that need no real server, with branch coverage as a gate."""
    session.install("-e", ".[all]", *_groups("test"))
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-m", "not real", *session.posargs)
    session.run("coverage", "combine", "-q")
    if not session.posargs:
        session.run("coverage", "report")


@nox.session(name="min-deps")
def min_deps(session: nox.Session) -> None:
    """The tests with the lowest versions that pyproject.toml allows."""
    session.install("uv")
    session.run(
        "uv", "pip", "install", "--resolution", "lowest-direct", "-e", ".[all]", *_groups("test"), silent=True
    )
    session.run("python", "-m", "pytest", "-m", "not real", "-q", *session.posargs)


@nox.session
def real(session: nox.Session) -> None:
    """The tests against real servers, which they install and start: `nox -s real -- argus`, or monasca."""
    # What a server's tests are known by: these words are in the names of their files or folders.
    words = {"argus": ["argus"], "monasca": ["monasca", "keystone"]}
    unknown = ", ".join(sorted(set(session.posargs) - words.keys()))
    if unknown:
        session.error(f"no such server: {unknown}; there are {', '.join(words)}")
    session.install("-e", ".[all]", *_groups("test"))
    chosen = " or ".join(word for name in session.posargs for word in words[name])
    session.run("python", "-m", "pytest", "-m", "real", "-k", chosen, "--timeout", "1200")


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks: ratios from one run, ours against hand-written loops and official clients."""
    session.install("-e", ".[all]", *_groups("bench"))
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """`tocsin demo`, from an environment of its own."""
    session.install(".[demo]")
    session.run("tocsin", "demo", *session.posargs)
