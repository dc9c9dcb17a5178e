"""The rules of the house: who may import what, and how long a module may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.children import printed_by

import tocsin

SOURCE = Path(tocsin.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
BACKENDS = {"argus", "monasca", "acsmonitor", "appfirst", "lastline"}
#: From the ground up: a module may import from its own layer and from those below.
LAYERS = [
    {"_version", "errors"},
    {"options"},
    {"transport"},
    {"paging"},
    {"service", "forms", "profiles"},
    {"describe"},
    BACKENDS,
    {"export", "fleet"},
    {"simulator", "integrations", "cli", "__main__"},
]
#: What costs milliseconds to import and is for what few processes do, or for what they do later.
LATE = {
    "asyncio",
    "click",
    "email",
    "hashlib",
    "html",
    "json",
    "lark",
    "rich",
    "socket",
    "ssl",
    "tocsin.paging.prefetch",
}
HTTP_LIBRARIES = {"httpx", "httpcore", "aiohttp", "yarl", "h11", "requests", "urllib3"}


def part_of(path: Path) -> str:
    """The part of the package that a module belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path, *, typing_too: bool = True) -> Iterator[str]:
    """The full names of what a module imports, wherever in it the import stands."""
    tree = ast.parse(path.read_text())
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not typing_too and id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> set[str]:
    """The parts of the package that a module imports."""
    names = [name.split(".") for name in imports_of(path)]
    return {name[1] for name in names if name[0] == "tocsin" and len(name) > 1}


def layer_of(part: str) -> int | None:
    """The layer of a part; None for the package itself."""
    return next((number for number, parts in enumerate(LAYERS) if part in parts), None)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_downward(path: Path) -> None:
    """A module imports from its own layer or from below, and only cli imports simulator, integrations and cli."""
    part = part_of(path)
    if part == "__init__":
        return
    layer = layer_of(part)
    assert layer is not None, f"{part} has no layer yet: give it one"
    for other in own_imports(path) - {part}:
        below = layer_of(other)
        assert below is not None, f"{path} imports tocsin.{other}, which has no layer"
        assert below <= layer, f"{path} imports tocsin.{other}, which lies above it"
        if below == layer:
            assert part in {"cli", "__main__", "service", "profiles", "export", "fleet"}, f"{part} imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_wires_import_http_libraries(path: Path) -> None:
    """HTTP libraries are imported in transport/wire alone, and asyncio in its aiohttp wire and the servers."""
    names = {name.split(".")[0] for name in imports_of(path)}
    where = path.relative_to(SOURCE).as_posix()
    if not where.startswith("transport/wire/"):
        assert not names & HTTP_LIBRARIES
    if where != "transport/wire/aiohttp_wire.py" and part_of(path) not in {"simulator", "cli"}:
        assert "asyncio" not in names


def test_the_simulator_shares_no_code() -> None:
    """The simulator imports nothing of tocsin but itself: a misreading must not agree with itself."""
    for path in MODULES:
        if part_of(path) == "simulator":
            assert own_imports(path) <= {"simulator"}, path


def test_no_module_needs_scrolling_for_minutes() -> None:
    """No module is longer than about 500 lines."""
    long = {str(path): count for path in MODULES if (count := len(path.read_text().splitlines())) > 520}
    assert not long


def test_public_names_are_sorted_and_there() -> None:
    """`__all__` is sorted as ruff sorts it, and every name in it can be had."""
    names = tocsin.__all__

    def group(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert names == sorted(names, key=group)
    assert len(set(names)) == len(names)
    for name in names:
        assert hasattr(tocsin, name)
    assert set(names) <= set(dir(tocsin))


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The lazy package answers for unknown names as any module does."""
    with pytest.raises(AttributeError, match="nosuch"):
        _ = tocsin.nosuch  # type: ignore[attr-defined]


CLIENTS = [name for name in tocsin.__all__ if name.endswith("Client")]


@pytest.mark.parametrize("code", ["import tocsin", *[f"from tocsin import {name}" for name in CLIENTS]])
def test_importing_loads_little(code: str) -> None:
    """Importing a client loads no HTTP library and nothing that can wait; the package alone loads nothing."""
    script = f"import sys; {code}; print(*sys.modules)"
    loaded = set(printed_by(script).split())
    assert not loaded & (HTTP_LIBRARIES | LATE)
    if code == "import tocsin":
        assert not loaded & {"attrs", "attr", "anyio", "msgspec"}
