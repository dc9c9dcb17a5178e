"""Benchmarks of the Monasca client: measurements from a stub server; reading and writing those of a real one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import count

import attrs
from tests.bench.meter import Figures
from tests.bench.table import Pair, line, memory_line, pair, per_page, run, stub
from tests.servers.monasca import RealMonasca
from tests.servers.official import OfficialRun
from tests.servers.official_monasca import Series, time_creating, time_listing

LOOPS = "tests.bench.monasca_loops"
STUB = "tests.bench.monasca_stub"
PAGES = 110
MEMORY_PAGES = 300
#: 2026-11-23T00:00Z.
START_MS = 1_795_392_000_000
REAL_ROWS = 200_000
REAL_SERIES = 4
REAL_ROUNDS = 3
#: Metrics a request, and requests at a time.
BATCH = 5_000
CONCURRENCY = 4


def bench_stub() -> None:
    """CPU a page of 10,000 measurements."""
    with stub(STUB, PAGES) as root:
        url = f"{root}/v2.0"

        def ours(library: str) -> float:
            return per_page(run(LOOPS, "tocsin", url=url, transport=library))

        def by_hand(library: str) -> float:
            return per_page(run(LOOPS, library, url=url))

        for library, aim in (("aiohttp", "<= 1.1"), ("httpx", "< 1.0")):
            taken = pair(partial(ours, library), partial(by_hand, library))
            line(
                f"list typed measurements, 10,000 a page: tocsin-{library} / hand-written {library}",
                f"{taken.ratio:.2f}x",
                aim,
                f"{taken.ours:.0f} / {taken.theirs:.0f} us CPU a page",
            )


def bench_memory() -> None:
    """Growth over millions of measurements."""
    with stub(STUB, MEMORY_PAGES) as root:
        memory_line(run(LOOPS, "memory", url=f"{root}/v2.0"), "measurements", 100_000)


def bench_real() -> None:
    """Writing to and reading from a real server, against its official client."""
    with RealMonasca() as server:
        # Keystone and monasca-api load much at their first requests, and fail where those come side by side.
        _create(server, [_series("bench.first", 0, REAL_ROWS)], 1)
        _bench_creating(server)
        _bench_reading(server)


def _bench_creating(server: RealMonasca) -> None:
    numbers = count()

    def new() -> Series:
        return _series("bench.created", next(numbers), REAL_ROWS)

    def ours(concurrency: int) -> float:
        return REAL_ROWS / _create(server, [new()], concurrency)["wall"]

    def official() -> float:
        done = time_creating(server, new(), batch=BATCH)
        assert done.rows == REAL_ROWS
        return REAL_ROWS / done.wall_seconds

    against = pair(partial(ours, 1), official, REAL_ROUNDS)
    several = pair(partial(ours, CONCURRENCY), partial(ours, 1), REAL_ROUNDS)
    what = f"real Monasca, {REAL_ROWS:,} metrics created, {BATCH:,} a request: tocsin / official client"
    _rates(what, against, ">= 1.0")
    _rates(f"the same, tocsin: {CONCURRENCY} requests at a time / one", several, "> 1.0")


def _bench_reading(server: RealMonasca) -> None:
    # The official client reads one series, from one sign-in on.
    long = _series("bench.long", 0, REAL_ROWS)
    several = [_series("bench.several", number, REAL_ROWS // REAL_SERIES) for number in range(REAL_SERIES)]
    for some in ([long], several):
        _create(server, some, CONCURRENCY)

    def ours(way: str, some: list[Series]) -> Figures:
        done = run(LOOPS, "read", access=_access(server), series=[attrs.asdict(one) for one in some], way=way)
        assert done["rows"] == REAL_ROWS
        return done

    def wall(way: str) -> float:
        return ours(way, several)["wall"]

    turns: list[tuple[Figures, OfficialRun]] = []
    for _ in range(REAL_ROUNDS):
        turns.append((ours("one_by_one", [long]), time_listing(server, long)))
        assert turns[-1][1].rows == REAL_ROWS
    what = f"real Monasca, {REAL_ROWS:,} measurements listed, 10,000 a page: tocsin / official client"
    taken = Pair.of([(own["wall"], official.wall_seconds) for own, official in turns])
    _seconds(what, taken, "<= 1.0", "wall")
    taken = Pair.of([(own["cpu"], official.cpu_seconds) for own, official in turns])
    _seconds("the same, client CPU", taken, "<= 0.5", "CPU")
    for way, name in (("side_by_side", "a task each"), ("grouped", f"one query, prefetch({REAL_SERIES})")):
        taken = pair(partial(wall, way), partial(wall, "one_by_one"), REAL_ROUNDS)
        _seconds(f"as many in {REAL_SERIES} series, tocsin: {name} / one after the other", taken, "< 1.0", "wall")


def _series(name: str, number: int, rows: int) -> Series:
    return Series(name, {"hostname": f"h{number}"}, START_MS, rows)


def _access(server: RealMonasca, user: str = "demo") -> dict[str, str]:
    who = server.users[user]
    return {
        "base_url": server.base_url,
        "auth_url": server.keystone_url,
        "username": who.name,
        "password": who.password,
        "project_name": who.project,
    }


def _create(server: RealMonasca, series: Iterable[Series], concurrency: int) -> Figures:
    given = [attrs.asdict(one) for one in series]
    done = run(LOOPS, "create", access=_access(server), series=given, batch=BATCH, concurrency=concurrency)
    assert done["rows"] == REAL_ROWS
    return done


def _rates(what: str, taken: Pair, aim: str) -> None:
    line(what, f"{taken.ratio:.2f}x", aim, f"{taken.ours:,.0f} / {taken.theirs:,.0f} rows/s")


def _seconds(what: str, taken: Pair, aim: str, name: str) -> None:
    line(what, f"{taken.ratio:.2f}x", aim, f"{taken.ours:.2f} / {taken.theirs:.2f} s {name}")
