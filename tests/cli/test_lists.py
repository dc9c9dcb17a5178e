"""The commands that list what one system has."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest
from tests.cli.terminal import on_a_terminal

from tocsin.cli import app, exits
from tocsin.simulator import Simulator


def listed(capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> list[dict[str, object]]:
    """The rows that a command prints into a pipe."""
    assert app.run(arguments) == exits.FINE
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_all_rows_come_into_a_pipe(sim: Simulator, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As the server sent them, however many pages they take."""
    rows = listed(capsys, ["alarms", "--profile", "noc", "--config", config])
    assert [row["pk"] for row in rows] == sorted(sim.argus.incident_pks, reverse=True)
    assert {"pk", "start_time", "tags", "source"} <= rows[0].keys()


def test_limit_filters_and_times(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They select rows on the server, and end the reading."""
    base = ["alarms", "--profile", "noc", "--config", config]
    first = listed(capsys, [*base, "--limit", "3"])
    assert len(first) == 3
    some = listed(capsys, [*base, "--where", "open=true", "--where", "acked=false", "--limit", "40"])
    assert len(some) == 40
    assert {(row["open"], row["acked"]) for row in some} == {(True, False)}
    since = str(first[2]["start_time"])
    assert [row["pk"] for row in listed(capsys, [*base, "--since", since])] == [row["pk"] for row in first]
    until = listed(capsys, [*base, "--until", since, "--limit", "1"])
    assert str(until[0]["start_time"]) < since


def test_the_same_words_for_every_system(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Destinations are notification methods of Argus, and the events of incidents its log."""
    base = ["--profile", "noc", "--config", config, "--limit", "2"]
    assert listed(capsys, ["notification-methods", *base]) == []
    assert all("incident" in row for row in listed(capsys, ["logs", *base]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["metrics"], "argus lists no metrics; it lists alarms, notification-methods, logs"),
        (["metrics", "cpu"], "argus lists no measurements"),
        (["logs", "--send"], "argus takes no logs"),
        (["logs", "--send", "--limit", "1"], "it takes no limit"),
        (["logs", "--dimension", "a=b"], "--dimension is for --send"),
        (["alarms", "--where", "x=1"], "no filter x; there are: acked, open, stateful"),
        (["alarms", "--where", "open=perhaps"], "open must be true or false"),
        (["alarms", "--where", "open"], "must be NAME=VALUE"),
        (["logs", "--since", "2026-01-01T00:00:00Z"], "cannot select events by time"),
    ],
)
def test_what_cannot_be_done_is_refused(
    sim: Simulator, config: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    """Before anything is sent, with what there is."""
    sim.clear_log()
    assert app.run([*arguments, "--profile", "noc", "--config", config]) == exits.USAGE
    assert message in " ".join(capsys.readouterr().err.split())
    assert len(sim.log) == 0


def test_on_a_terminal_it_is_a_table(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the columns that fit, with times without parts of seconds, and no more rows than anybody reads."""
    on_a_terminal(monkeypatch)
    assert app.run(["alarms", "--profile", "noc", "--config", config]) == exits.FINE
    printed = capsys.readouterr()
    lines = printed.out.strip().splitlines()
    assert lines[0].split() == ["pk", "start", "time", "level", "open", "acked", "description"]
    assert len(lines) == 2 + 100
    assert re.search(r" \d\d:\d\d:\d\d\+", lines[2])
    assert "--limit shows more" in printed.err


def test_on_a_terminal_nothing_is_said_to_be_nothing(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty table would be no answer."""
    on_a_terminal(monkeypatch)
    assert app.run(["notification-methods", "--profile", "noc", "--config", config]) == exits.FINE
    assert capsys.readouterr() == ("", "None.\n")
