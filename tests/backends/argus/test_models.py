"""Models: how the API's JSON becomes values."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone

import attrs
import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.argus.server import EVENT, INCIDENT

from tocsin.argus import (
    INFINITY,
    STATELESS,
    EndTime,
    Event,
    Incident,
    PlannedMaintenance,
    Source,
    Tag,
    Tags,
)
from tocsin.transport.codec import decoder

KEYS = st.text("abcxyz019_", min_size=1)
PAIRS = st.lists(st.tuples(KEYS, st.text()), max_size=6)


def read(type_: type, value: object) -> object:
    """JSON of `value`, decoded as a model."""
    return decoder(type_).decode(msgspec.json.encode(value))


def test_incident() -> None:
    """An incident has the API's own fields, with times in the server's zone."""
    incident = read(Incident, INCIDENT)
    assert isinstance(incident, Incident)
    assert incident.start_time == datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert incident.start_time.utcoffset() == timedelta(hours=1)
    assert isinstance(incident.source, Source)
    assert (incident.end_time, incident.tags["host"], incident.metadata) == (INFINITY, "a.example", {"k": [1, 2]})


def test_incident_of_another_server_version() -> None:
    """What an older server leaves out has a default, and what a newer one adds is ignored."""
    incident = read(Incident, {"pk": 1, "start_time": "2026-11-23T05:00:00Z", "new": {"a": 1}})
    assert isinstance(incident, Incident)
    assert (incident.end_time, incident.tags, incident.level) == (INFINITY, {}, 5)


def test_new_event_types_are_kept() -> None:
    """An event type that is not known today is a text like the others."""
    event = read(Event, EVENT | {"type": {"value": "NEW", "display": "New"}})
    assert isinstance(event, Event)
    assert event.type.value == "NEW"


@pytest.mark.parametrize("tags", [None, "a=b", 1, {"tag": "a=b"}, ["a=b"], [{}], [{"tag": 1}], [1], [None]])
def test_malformed_tags(tags: object) -> None:
    """Tags that are not what the API sends make the row a bad one, with the path."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\.tags"):
        read(Incident, INCIDENT | {"tags": tags})


@pytest.mark.parametrize("end", ["never", "2026-11-23T05:00:00", 5, ""])
def test_malformed_end(end: object) -> None:
    """An end that is no aware time and no infinity makes the row a bad one, with the path."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\.end_time"):
        read(Incident, INCIDENT | {"end_time": end})


def test_stateless() -> None:
    """The end of an incident that never was open is STATELESS."""
    incident = read(Incident, INCIDENT | {"end_time": None})
    assert isinstance(incident, Incident)
    assert incident.end_time is STATELESS


@pytest.mark.parametrize("end", ["infinity", "9999-12-31T23:59:59.999999+01:00", "9999-12-31T23:59:59.999999Z"])
def test_infinite_end(end: str) -> None:
    """Every form of infinity is INFINITY, in whatever zone."""
    task = read(PlannedMaintenance, {"pk": 1, "end_time": end})
    assert isinstance(task, PlannedMaintenance)
    assert task.end_time == INFINITY
    assert isinstance(task.end_time, EndTime)
    assert task.end_time.infinite


@settings(deadline=None)
@given(st.datetimes(max_value=datetime(9998, 12, 30), timezones=st.timezones()))
def test_end_times_are_datetimes(when: datetime) -> None:
    """An end reads back as the time that it is, sorts before infinity, and compares with plain datetimes."""
    end = EndTime.from_json(when.isoformat())
    assert end == when.replace(tzinfo=timezone(when.utcoffset() or timedelta()))
    assert end < INFINITY
    assert not end.infinite


@settings(deadline=None)
@given(PAIRS)
def test_tags_keep_every_pair(pairs: list[tuple[str, str]]) -> None:
    """Tags keep all pairs in order, give the first value and all values, and are a mapping of their keys."""
    tags = Tags([f"{key}={value}" for key, value in pairs])
    assert list(tags.pairs) == pairs
    assert set(tags) == {key for key, _ in pairs}
    assert len(tags) == len(set(tags))
    for key in tags:
        values = [value for name, value in pairs if name == key]
        assert tags[key] == values[0]
        assert list(tags.all(key)) == values
    assert tags.all("nowhere") == ()
    assert "nowhere" not in tags


@settings(deadline=None)
@given(PAIRS, st.randoms())
def test_tags_are_equal_in_any_order(pairs: list[tuple[str, str]], random: object) -> None:
    """Tags of the same pairs are equal and hash the same; from JSON, from texts or from a mapping."""
    shuffled = sorted(pairs, key=lambda pair: hash((pair, id(random))))
    one = Tags([f"{key}={value}" for key, value in pairs])
    two = Tags([Tag(f"{key}={value}", added_by=1) for key, value in shuffled])
    assert one == two
    assert hash(one) == hash(two)
    assert one == {key: list(one.all(key)) for key in one}
    assert Tags(one) == one
    assert one != Tags([*one.texts, "more=1"])


def test_tags_differ_from_other_things() -> None:
    """Tags equal no mapping with other keys, and nothing that is no mapping."""
    tags = Tags({"a": "1"})
    assert tags != {"a": "2"}
    assert tags != {"NOT A KEY": "1"}
    assert tags != "a=1"


def test_tag_entries() -> None:
    """A tag knows who put it on and when, if the server said so."""
    incident = read(Incident, INCIDENT)
    assert isinstance(incident, Incident)
    (entry,) = incident.tags.entries
    when = datetime(2026, 11, 23, 4, 40, 57, 385727, tzinfo=UTC)
    assert (entry.key, entry.value, entry.added_by, entry.added_time) == ("host", "a.example", 4, when)
    assert Tags(["host=a"]).entries == (Tag("host=a"),)
    assert (str(entry), repr(incident.tags)) == ("host=a.example", "Tags(['host=a.example'])")


@pytest.mark.parametrize("again", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_models_can_be_copied(again: object) -> None:
    """An incident survives pickling and copying, its tags and its end with it."""
    assert callable(again)
    incident = read(Incident, INCIDENT)
    assert isinstance(incident, Incident)
    copied = again(incident)
    assert copied == incident
    assert copied.tags.entries == incident.tags.entries


def test_models_are_attrs_classes() -> None:
    """What attrs offers for its classes works on the models: fields, evolve and asdict, all the way down."""
    incident = read(Incident, INCIDENT)
    assert isinstance(incident, Incident)
    assert attrs.has(Incident)
    assert [each.name for each in attrs.fields(Incident)][:3] == ["pk", "start_time", "end_time"]
    assert attrs.evolve(incident, level=1).level == 1
    assert attrs.evolve(incident) == incident
    plain = attrs.asdict(incident)
    assert plain["source"]["type"] == {"name": incident.source.type.name if incident.source else None}
    assert plain["tag_entries"][0]["tag"] == "host=a.example"
    with pytest.raises(AttributeError, match="immutable"):
        incident.level = 1  # type: ignore[misc]
