"""Install what a server needs, once: virtual environments in a cache folder, Debian packages."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import attrs
from tests.servers.processes import ServerError, install_environment, run

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
INSTALL_SECONDS = 1200


@attrs.frozen
class Need:
    """Something a server cannot do without: a way to see whether it is there, and its Debian package."""

    what: str
    package: str
    is_there: Callable[[], bool]


def need_program(name: str, package: str) -> Need:
    """A program on the search path."""
    return Need(name, package, lambda: shutil.which(name) is not None)


def need_python_headers() -> Need:
    """Python.h of the interpreter that runs the tests, to compile extension modules for it."""
    header = Path(sysconfig.get_path("include"), "Python.h")
    return Need(str(header), "python3-dev", header.is_file)


def need_venv() -> Need:
    """What `python -m venv` puts pip in with; Debian packs it apart from its Python."""
    return Need("ensurepip", "python3-venv", lambda: importlib.util.find_spec("ensurepip") is not None)


def provide(needs: Iterable[Need]) -> None:
    """Install with apt-get what of `needs` is missing; ServerError that names it if that cannot be."""
    missing = [need for need in needs if not need.is_there()]
    if not missing:
        return
    what = ", ".join(need.what for need in missing)
    packages = sorted({need.package for need in missing})
    by_hand = f"missing: {what}; on Debian: apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServerError(by_hand)
    # RUNLEVEL keeps a package's own system service from being started: servers here are private ones.
    environment = install_environment(DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    with tempfile.TemporaryDirectory(prefix="tocsin-apt-") as folder, locked(cache_folder() / "apt.lock"):
        log = Path(folder, "apt.log")
        run(["apt-get", "update"], log=log, environment=environment, seconds=INSTALL_SECONDS)
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        run(install, log=log, environment=environment, seconds=INSTALL_SECONDS)
    if not all(need.is_there() for need in missing):
        raise ServerError(f"still {by_hand}")


def cache_folder() -> Path:
    """The folder for what is slow to build: TOCSIN_SERVERS_CACHE, or .cache/servers in the repository."""
    folder = Path(os.environ.get("TOCSIN_SERVERS_CACHE") or REPOSITORY / ".cache" / "servers").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fingerprint(*parts: str) -> str:
    """A short name for what was built from `parts`: other parts, other name."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


@contextmanager
def locked(path: Path) -> Generator[None, None, None]:
    """Hold the file lock `path`, waiting for another process that holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def built_once(name: str, build: Callable[[Path], None]) -> Path:
    """The cache's folder `name`, filled by `build` unless an earlier run has finished that.

    The folder is built in place, since a virtual environment does not survive being moved; a marker file
    written last tells a finished one from one that was interrupted, which is built anew.
    """
    folder = cache_folder() / name
    marker = folder / "complete"
    with locked(folder.with_name(f"{name}.lock")):
        if not marker.exists():
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir()
            build(folder)
            marker.touch()
    return folder


def requirements(name: str) -> tuple[str, ...]:
    """The pinned requirements in requirements/`name`.txt, without comments."""
    lines = (HERE / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def virtual_environment(name: str) -> Path:
    """The `bin` folder of a virtual environment with requirements/`name`.txt, built on first use."""
    wanted = requirements(name)
    provide([need_venv()])

    def build(folder: Path) -> None:
        environment, log = install_environment(), folder / "install.log"
        python = folder / "venv" / "bin" / "python"
        create: list[str | Path] = [sys.executable, "-m", "venv", folder / "venv"]
        run(create, log=log, environment=environment, seconds=INSTALL_SECONDS)
        install: list[str | Path] = [python, "-m", "pip", "install", *wanted]
        run(install, log=log, environment=environment, seconds=INSTALL_SECONDS)

    key = fingerprint(*wanted, sys.version, sys.base_prefix)
    return built_once(f"venv-{name}-{key}", build) / "venv" / "bin"
