"""Benchmarks of lists by page number and by offset, from a stub server."""

from __future__ import annotations

from functools import partial

from tests.bench.table import line, pair, per_page, run, stub

LOOPS = "tests.bench.numbered_loops"
STUB = "tests.bench.numbered_stub"
PAGES = 120
#: Of each list what it is, and the rows a page that its client asks for by itself.
LISTS = {
    "devices": ("devices of ACS Monitor, by page number", 100),
    "alerts": ("alerts of AppFirst, by page number", 1000),
    "alarms": ("alarms of Monasca, by offset", 1000),
}


def bench_stub() -> None:
    """CPU a page."""
    with stub(STUB, PAGES) as root:

        def ours(name: str, size: int, library: str) -> float:
            return per_page(run(LOOPS, "tocsin", root=root, name=name, size=size, transport=library))

        def by_hand(name: str, size: int, library: str) -> float:
            return per_page(run(LOOPS, library, root=root, name=name, size=size))

        for name, (what, size) in LISTS.items():
            for library, aim in (("aiohttp", "<= 1.1"), ("httpx", "< 1.0")):
                taken = pair(partial(ours, name, size, library), partial(by_hand, name, size, library))
                line(
                    f"list typed {what}, {size:,} a page: tocsin-{library} / hand-written {library}",
                    f"{taken.ratio:.2f}x",
                    aim,
                    f"{taken.ours:.0f} / {taken.theirs:.0f} us CPU a page",
                )
