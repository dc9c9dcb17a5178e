"""Exports: each row once, whatever happens meanwhile and wherever the run is stopped."""

from __future__ import annotations

import errno
import json
import sys
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest
from tests.export.conftest import START, Open
from tests.export.disk import files, pks, rows

from tocsin import AuthError, ConfigError, ServerError
from tocsin.export import Bounds, Export, NdjsonGzip, Progress, RowWriter, Source, files as files_module
from tocsin.export.sinks import Writable, lines
from tocsin.simulator import Fault, Faults, Simulator

pytestmark = pytest.mark.anyio
SMALL = Bounds(rows=200)


def export(source: Source, out: Path, **options: Any) -> Export:
    """An export with small pages and small segments."""
    return Export([source], out, **{"page_size": 50, "bounds": SMALL, **options})


def incident_pages(sim: Simulator) -> list[str]:
    """The queries of all pages of incidents that the server was asked for."""
    return [seen.query for seen in sim.log if seen.path.endswith("/incidents/") and "count" not in seen.query]


async def test_every_row_arrives_once(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """In four windows, with a receipt for each segment, and nothing else beside."""
    told = list[Progress]()
    async with source() as each:
        results = await export(each, tmp_path, on_progress=told.append).run()
    assert pks(tmp_path / "noc/incidents") == sim.argus.incident_pks
    [result] = results
    assert result.complete
    assert (result.rows, result.fetched, result.partitions, result.unfinished) == (2000, 2000, 4, 0)
    last = {progress.partition: progress for progress in told}
    assert sum(progress.rows for progress in last.values()) == 2000
    assert all(progress.done and progress.rows == progress.total for progress in last.values())
    names = files(tmp_path / "noc/incidents")
    assert {name.replace(".ndjson.gz", ".json") for name in names} | {"plan.json", ".lock"} == names - {
        name for name in names if name.endswith(".gz")
    }


async def test_rows_are_the_servers_bytes(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """A line is what stands in the server's answer, byte by byte."""
    async with source() as each:
        await export(each, tmp_path, windows=1, page_size=3000, bounds=Bounds()).run()
        answer = await each.client.request("GET", "/incidents/", params={"page_size": "3000"})
    [segment] = (tmp_path / "noc/incidents/000").glob("*.gz")
    text = zlib.decompress(segment.read_bytes(), 31)
    body = answer.body[answer.body.index(b"[") + 1 : answer.body.rindex(b"]")]
    assert b",".join(text.splitlines()) == body


async def test_every_kind_of_list_is_read(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """Cursor lists, bare arrays and single objects; an empty one has a receipt and no segment."""
    async with source("events", "sources", "source_types", "destinations", "user") as each:
        results = {result.resource: result for result in await export(each, tmp_path).run()}
    assert {name: result.rows for name, result in results.items()} == {
        "events": 2000,
        "sources": 3,
        "source_types": 2,
        "destinations": 0,
        "user": 1,
    }
    assert all(result.complete for result in results.values())
    assert files(tmp_path / "noc/destinations") == {"plan.json", ".lock", "000/00000.json"}


async def test_windows_are_half_open(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """A row at the very start of a window is in it; one at its end is in the next; `until` itself is out."""
    since, until = START + timedelta(minutes=100), START + timedelta(minutes=1900)
    async with source() as each:
        await export(each, tmp_path, since=since, until=until, windows=3).run()
    plan = json.loads((tmp_path / "noc/incidents/plan.json").read_bytes())
    edges = [(part["since"], part["until"]) for part in plan["partitions"]]
    assert len(edges) == 3
    assert edges[0][1] == edges[1][0]
    assert edges[1][1] == edges[2][0]
    found = sorted(datetime.fromisoformat(row["start_time"]) for row in rows(tmp_path / "noc/incidents"))
    assert (len(found), found[0], found[-1]) == (1800, since, until - timedelta(minutes=1))


async def test_rows_at_an_edge_fall_into_one_window(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """Rows whose time is exactly that of a cut, a microsecond before or after it, arrive once."""
    async with source() as each:
        await export(each, tmp_path / "first").run()
        plan = json.loads((tmp_path / "first/noc/incidents/plan.json").read_bytes())
        for part in plan["partitions"][1:]:
            edge = datetime.fromisoformat(part["since"])
            sim.argus.add_incidents(3, start_time=edge - timedelta(microseconds=1), step=timedelta(microseconds=1))
        folder = tmp_path / "second/noc/incidents"
        folder.mkdir(parents=True)
        (folder / "plan.json").write_text(json.dumps(plan))  # the same cuts again
        await export(each, tmp_path / "second").run()
    assert pks(folder) == sim.argus.incident_pks
    assert len(sim.argus.incident_pks) == 2009


async def test_a_finished_export_asks_for_nothing(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """Run again, it says what is there, and sends no request."""
    async with source() as each:
        await export(each, tmp_path).run()
        sim.clear_log()
        [result] = await export(each, tmp_path).run()
    assert (result.rows, result.fetched, result.complete, result.already) == (2000, 0, True, True)
    assert result.planned is not None
    assert result.planned < datetime.now(UTC)
    assert len(sim.log) == 0


async def test_a_cancelled_export_keeps_what_it_has(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """What was read before has receipts; the next run goes on behind it and reads no page twice."""
    pages = 0
    async with source() as each:
        with anyio.CancelScope() as scope:

            def stop(progress: Progress) -> None:
                nonlocal pages
                pages += progress.rows > 0
                if pages == 13:
                    scope.cancel()

            job = export(each, tmp_path, on_progress=stop)
            await job.run()
        assert scope.cancelled_caught
        [stopped] = job.results()
        assert 13 * 50 <= stopped.rows < 2000
        assert stopped.rows == len(rows(tmp_path / "noc/incidents"))
        assert not [name for name in files(tmp_path) if name.endswith(".tmp")]
        sim.clear_log()
        [result] = await export(each, tmp_path).run()
    assert pks(tmp_path / "noc/incidents") == sim.argus.incident_pks
    assert result.fetched == 2000 - stopped.rows
    assert len(incident_pages(sim)) <= result.fetched / 50 + 4


async def test_a_failing_server_loses_nothing(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """The error is in the result beside the rows that arrived, and the next run reads the rest."""
    pages = 0

    def fail(progress: Progress) -> None:
        nonlocal pages
        pages += progress.rows > 0
        if pages == 13:
            sim.faults = Faults(rates={Fault.SERVER_ERROR: 1})

    async with source() as each:
        [result] = await export(each, tmp_path, on_progress=fail).run()
        assert not result.complete
        assert result.rows == len(rows(tmp_path / "noc/incidents")) >= 13 * 50
        assert result.unfinished == 4
        assert result.errors
        assert all(isinstance(error, ServerError) for error in result.errors)
        sim.faults = Faults()
        [result] = await export(each, tmp_path).run()
    assert result.complete
    assert pks(tmp_path / "noc/incidents") == sim.argus.incident_pks


async def test_faults_on_the_way_lose_and_double_nothing(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """Throttled, cut off, dropped, repeated and shifted pages: run until all is done, each row is there once."""
    sim.argus.add_incidents(300, start_time=START + timedelta(minutes=700))
    before = sim.argus.incident_pks
    kinds = ["429", "502", "503", "drop-before", "drop-after", "truncate", "shift", "repeat-cursor"]
    sim.faults = Faults.parse(",".join(f"{kind}=0.05" for kind in kinds) + ",retry-after=0")
    for _ in range(10):
        async with source() as each:
            [result] = await export(each, tmp_path).run()
        if result.complete:
            break
    found = pks(tmp_path / "noc/incidents")
    assert result.complete, result.errors
    assert len(set(found)) == len(found)
    assert set(before) <= set(found)


async def test_bad_rows_are_put_beside(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """A malformed row is kept as it came in a file of its own, counted, and the result is not complete."""
    sim.faults = Faults(rates={Fault.BAD_ROW: 1})
    async with source("events") as each:
        [result] = await export(each, tmp_path, page_size=500, bounds=Bounds()).run()
    assert (result.rows, result.bad_rows, result.unfinished, result.complete) == (1996, 4, 0, False)
    bad = zlib.decompress((tmp_path / "noc/events/000/00000.bad.ndjson.gz").read_bytes(), 31).splitlines()
    assert [json.loads(line)["pk"] for line in bad] == ["not a number"] * 4


async def test_leftovers_are_removed_and_strangers_left(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """Segments without a receipt and temporary files go; files with names that are not ours stay."""
    folder = tmp_path / "noc/incidents"
    async with source() as each:
        await export(each, tmp_path).run()
        last = max((folder / "001").glob("*.json"))
        last.unlink()
        (folder / "001/00099.ndjson.gz.tmp").write_bytes(b"half")
        (folder / "001/notes.txt").write_text("mine")
        assert pks(folder) != sim.argus.incident_pks
        [result] = await export(each, tmp_path).run()
    assert result.complete
    assert pks(folder) == sim.argus.incident_pks
    assert (folder / "001/notes.txt").read_text() == "mine"
    assert not (folder / "001/00099.ndjson.gz.tmp").exists()


async def test_fresh_starts_over(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """Nothing of the old export is left, partitions that are no more included, and nothing else is touched."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").write_text("mine")
    async with source() as each:
        await export(each, tmp_path, windows=4).run()
        (tmp_path / "noc/incidents/003/notes.txt").write_text("mine")
        sim.argus.clear()
        sim.argus.add_incidents(1100, start_time=START, step=timedelta(minutes=1))
        [result] = await export(each, tmp_path, windows=2, fresh=True, bounds=Bounds()).run()
    assert result.complete
    assert pks(tmp_path / "noc/incidents") == sim.argus.incident_pks
    names = {"plan.json", ".lock", "003/notes.txt"}
    assert files(tmp_path / "noc/incidents") == names | {
        f"{part}/00000{suffix}" for part in ("000", "001") for suffix in (".json", ".ndjson.gz")
    }
    assert not (tmp_path / "noc/incidents/002").exists()
    assert (tmp_path / "other/notes.txt").read_text() == "mine"


async def test_a_fresh_start_that_is_stopped_does_not_mix(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """Receipts of an older plan count for nothing, even when the new one was only just written down."""
    folder = tmp_path / "noc/incidents"
    async with source() as each:
        await export(each, tmp_path).run()
        plan = json.loads((folder / "plan.json").read_bytes())
        (folder / "plan.json").write_text(json.dumps({**plan, "id": "another"}))
        [result] = await export(each, tmp_path).run()
    assert (result.fetched, result.complete) == (2000, True)
    assert pks(folder) == sim.argus.incident_pks


async def test_another_export_is_not_gone_on_with(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """A folder that holds another time or another server's rows is refused before anything is sent."""
    async with source() as each:
        await export(each, tmp_path).run()
        sim.clear_log()
        with pytest.raises(ConfigError, match=r"holds another export \(since was None, is 2025-12-01.*--fresh"):
            await export(each, tmp_path, since=START).run()
        plan = tmp_path / "noc/incidents/plan.json"
        plan.write_text(plan.read_text().replace("127.0.0.1", "127.0.0.2"))
        with pytest.raises(ConfigError, match="base_url was"):
            await export(each, tmp_path).run()
        plan.write_text("{")
        with pytest.raises(ConfigError, match="no plan of an export"):
            await export(each, tmp_path).run()
    assert len(sim.log) == 0


async def test_a_changed_segment_is_told(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """A segment that is gone, or of which a single bit has changed, is an error, not a silent gap."""
    async with source() as each:
        await export(each, tmp_path).run()
        segment = tmp_path / "noc/incidents/000/00000.ndjson.gz"
        content = bytearray(segment.read_bytes())
        content[100] ^= 1
        segment.write_bytes(content)
        with pytest.raises(ConfigError, match="has another SHA-256"):
            await export(each, tmp_path).run()
        segment.write_bytes(b"short")
        with pytest.raises(ConfigError, match="has 5 bytes instead of"):
            await export(each, tmp_path).run()
        segment.unlink()
        with pytest.raises(ConfigError, match="is gone"):
            await export(each, tmp_path).run()


async def test_one_process_at_a_time_writes(source: Open, tmp_path: Path) -> None:
    """While another process holds the folder, an export of it is refused; when that ends, it goes on."""
    program = (
        "import sys; from pathlib import Path; from tocsin.export.files import Lock;"
        "lock = Lock(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    folder = tmp_path / "noc/incidents"
    folder.mkdir(parents=True)
    async with source() as each, await anyio.open_process([sys.executable, "-c", program, str(folder)]) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert (await other.stdout.receive()).startswith(b"held")
        with pytest.raises(ConfigError, match="another export is writing"):
            await export(each, tmp_path).run()
        await other.stdin.aclose()
        await other.wait()
        [result] = await export(each, tmp_path).run()
    assert result.complete


async def test_a_folder_that_cannot_be_locked_is_told_so(
    source: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network file systems have no locks: that is no other export."""

    def no_locks(file: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(files_module, "_lock", no_locks)
    async with source() as each:
        with pytest.raises(ConfigError, match="cannot be written to: No locks available"):
            await export(each, tmp_path).run()


async def test_every_new_folder_is_made_to_last(
    source: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is synced into the one above it: else a power cut takes the finished segments with it."""
    synced = list[Path]()
    monkeypatch.setattr(files_module, "sync_folder", synced.append)
    async with source("sources") as each:
        await export(each, tmp_path / "deep/out").run()
    above = ["", "deep", "deep/out", "deep/out/noc", "deep/out/noc/sources"]
    assert {tmp_path / name for name in above} <= set(synced)


async def test_a_refused_sign_in_is_tried_once(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """However many resources and windows there are, a wrong password is sent once: more would lock the account."""
    async with source("incidents", "events", "sources", username="admin", password="wrong") as each:
        results = await export(each, tmp_path).run()
    assert all(isinstance(error, AuthError) for result in results for error in result.errors)
    assert all(len(result.errors) == 1 and not result.rows and not result.complete for result in results)
    told = sorted(str(result.errors[0]) for result in results)
    assert "Unable to log in" in told[0]
    assert told[1:] == ["not tried: signing in was refused"] * 2
    assert len([seen for seen in sim.log if seen.path.endswith("/login/")]) == 1


class _Full:
    """A sink for a disk that has room for so many rows."""

    suffix = ".ndjson.gz"

    def __init__(self, room: int) -> None:
        self.room = room
        self.room_at_end = True

    def open(self, file: Writable) -> RowWriter:
        inner = NdjsonGzip().open(file)
        outer = self

        class Writer:
            def write(self, rows: Sequence[bytes]) -> None:
                outer.room -= len(rows)
                if outer.room < 0:
                    raise OSError(28, "No space left on device")
                inner.write(rows)

            def close(self) -> None:
                if not outer.room_at_end:
                    raise OSError(errno.ENOSPC, "No space left on device")
                inner.close()

        return Writer()


async def test_a_full_disk_leaves_whole_segments_only(sim: Simulator, source: Open, tmp_path: Path) -> None:
    """What could not be written whole is not there; with room again, the rest follows."""
    async with source("events") as each:
        [result] = await export(each, tmp_path, sink=_Full(1010)).run()
        assert [type(error) for error in result.errors] == [OSError]
        assert len(rows(tmp_path / "noc/events")) == result.rows == 1000
        assert not [name for name in files(tmp_path) if name.endswith(".tmp")]
        [result] = await export(each, tmp_path).run()
    assert result.complete
    assert pks(tmp_path / "noc/events") == sim.argus.event_pks


async def test_a_segment_that_cannot_be_finished_leaves_nothing_open(
    sim: Simulator, source: Open, tmp_path: Path
) -> None:
    """Neither the rows nor the bad rows beside them."""
    sim.faults = Faults(rates={Fault.BAD_ROW: 1})
    sink = _Full(10**6)
    sink.room_at_end = False
    async with source("events") as each:
        [result] = await export(each, tmp_path, sink=sink).run()
    assert [type(error) for error in result.errors] == [OSError]
    assert files(tmp_path / "noc/events") == {"plan.json", ".lock"}


async def test_a_server_that_does_not_count_is_read_in_one_window(
    sim: Simulator, source: Open, tmp_path: Path
) -> None:
    """Counting only serves to cut the time well."""

    async with source() as each:
        uncounted = attrs.evolve(each.resources[0], total=None)
        [result] = await export(attrs.evolve(each, resources=[uncounted]), tmp_path).run()
    assert (result.complete, result.partitions, result.rows) == (True, 1, 2000)


BAD: dict[str, dict[str, Any]] = {
    "since is a naive datetime": {"since": datetime(2026, 1, 1)},
    "must be before until": {"since": START, "until": START},
    "windows must be at least 1": {"windows": 0},
}


@pytest.mark.parametrize("message", BAD)
async def test_bad_input_is_refused(source: Open, tmp_path: Path, message: str) -> None:
    """Before anything is written or sent."""
    async with source() as each:
        with pytest.raises(ConfigError, match=message):
            export(each, tmp_path / "out", **BAD[message])
    assert files(tmp_path) == set()


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "-rf", "é"])
async def test_names_that_are_no_folders_are_refused(source: Open, name: str) -> None:
    """A source's name never leads out of the export's folder."""
    async with source() as each:
        with pytest.raises(ConfigError, match="a name must be"):
            Source(name, each.client, ())


def test_a_row_with_line_ends_becomes_one_line() -> None:
    """Its values are untouched: a big number, a float's digits and an escape stay as they are."""
    row = b'{\r\n "a": 12345678901234567890,\n "b": 1.50,\n "c": "x\\ny"\n}'
    assert lines([b'{"z":1}', row]) == b'{"z":1}\n{"a":12345678901234567890,"b":1.50,"c":"x\\ny"}\n'
    assert lines([b'{"z": 1 }']) == b'{"z": 1 }\n'
