"""The whole way against a real Argus: from its database, over its API, into files."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.servers.argus import RealArgus

from tocsin import ArgusClient

pytestmark = [pytest.mark.real, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def server() -> Iterator[RealArgus]:
    """A real Argus."""
    with RealArgus() as running:
        yield running


@pytest.fixture
def argus(server: RealArgus) -> RealArgus:
    """The real Argus without incidents."""
    server.reset()
    return server


def export(argus: RealArgus, folder: Path, *arguments: str) -> list[dict[str, object]]:
    """Run `tocsin export`; its summary."""
    config = folder / "tocsin.toml"
    config.write_text(
        f'[profiles.noc]\nbackend = "argus"\nbase_url = "{argus.base_url}"\ntoken = {{ env = "NOC_TOKEN" }}\n'
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tocsin.cli", "export", "--config", str(config), "--profile", "noc"),
            *("--out", str(folder / "out"), *arguments),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NOC_TOKEN": argus.tokens["admin"]},
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def exported(folder: Path, resource: str) -> list[int]:
    """The ids in the files of one resource."""
    pks: list[int] = []
    for path in sorted((folder / "out" / "noc" / resource).rglob("*.ndjson.gz")):
        with gzip.open(path, "rt") as file:
            pks += [json.loads(line)["pk"] for line in file]
    return pks


def test_export_of_20_000_incidents(argus: RealArgus, tmp_path: Path) -> None:
    """Every resource arrives; the incidents' and events' ids are the database's, each once."""
    argus.load_incidents(20_000)
    summary = {str(line["resource"]): line for line in export(argus, tmp_path)}
    assert {line["state"] for line in summary.values()} == {"complete"}
    for resource, table in (("incidents", "argus_incident_incident"), ("events", "argus_incident_event")):
        pks = exported(tmp_path, resource)
        assert len(pks) == 20_000 == summary[resource]["rows"]
        assert set(pks) == argus.database_ids(table)
    sources = exported(tmp_path, "sources")
    assert sorted(sources) == sorted(argus.database_ids("argus_incident_sourcesystem"))


def test_export_of_one_start_time(argus: RealArgus, tmp_path: Path) -> None:
    """1,500 incidents of one start time, 100 a page, where the server repeats a cursor for ever: each once."""
    argus.load_incidents(1_500, same_start_time=datetime(2026, 3, 1, tzinfo=UTC))
    export(argus, tmp_path, "--resource", "incidents", "--page-size", "100")
    pks = exported(tmp_path, "incidents")
    assert len(pks) == 1_500
    assert set(pks) == argus.database_ids()


@pytest.mark.anyio
async def test_list_of_one_start_time(argus: RealArgus) -> None:
    """The same by `incidents.list`, among incidents of other times, resumed from the middle."""
    argus.load_incidents(150)
    argus.load_incidents(1_500, same_start_time=datetime(2026, 1, 1, 0, 1, tzinfo=UTC))
    async with ArgusClient(argus.base_url, token=argus.tokens["admin"]) as client:
        pager = client.incidents.list(page_size=100)
        pks: list[int] = []
        items = aiter(pager)
        async for incident in items:
            pks.append(incident.pk)
            if len(pks) == 777:
                break
        pks += [incident.pk async for incident in pager.resume(items.checkpoint)]
    assert len(pks) == 1_650
    assert set(pks) == argus.database_ids()
