"""Print the benchmarks as a table, ratios first: ``python -m tests.bench [PART ...]``, or all of them."""

from __future__ import annotations

import sys

from tests.bench import argus, monasca, numbered
from tests.bench.imports import bench_imports
from tests.bench.table import head

PARTS = {
    "imports": bench_imports,
    "stub": argus.bench_stub,
    "numbered": numbered.bench_stub,
    "memory": argus.bench_memory,
    "real": argus.bench_real,
    "monasca-stub": monasca.bench_stub,
    "monasca-memory": monasca.bench_memory,
    "monasca-real": monasca.bench_real,
}


def main(names: list[str]) -> None:
    """Run the parts that were asked for, or all."""
    unknown = ", ".join(sorted(set(names) - PARTS.keys()))
    if unknown:
        raise SystemExit(f"no such part: {unknown}; there are {', '.join(PARTS)}")
    head()
    for name in names or list(PARTS):
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
