"""What calls refuse before anything is sent, and how they write what they take."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time
from typing import Any

import httpx
import pytest
from hypothesis import given, settings, strategies as st
from tests.backends.argus.server import EVENT, INCIDENT, Server, page

from tocsin.argus import INFINITY, STATELESS, ArgusClient, FilterBlob, Tags, TimeRecurrence
from tocsin.errors import InputError
from tocsin.forms import Form, flag, text

NAIVE = datetime(2026, 11, 23)
AWARE = datetime(2026, 11, 23, 4, tzinfo=UTC)
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("list", {"open": "yes"}, "open must be True or False"),
    ("list", {"open": None}, "open must be True or False"),
    ("list", {"acked": 1}, "acked must be True or False"),
    ("list", {"level__lte": 6}, "from 1 to 5"),
    ("list", {"level__lte": 0}, "from 1 to 5"),
    ("list", {"level__lte": True}, "from 1 to 5"),
    ("list", {"level__lte": "3"}, "from 1 to 5"),
    ("list", {"duration__gte": -1}, "of at least 0"),
    ("list", {"filter_pk": 0}, "of at least 1"),
    ("list", {"id__in": []}, "at least one"),
    ("list", {"id__in": [1, -2]}, re.escape("id__in[1] must be a whole number of at least 1")),
    ("list", {"id__in": "1,2"}, "must be a list"),
    ("list", {"source__name__in": "lab"}, "must be a list"),
    ("list", {"source__name__in": ["a,b"]}, "must not have a comma"),
    ("list", {"source__name__in": [""]}, "must not be empty"),
    ("list", {"source__type__in": [5]}, "must be a str"),
    ("list", {"tags": []}, "at least one"),
    ("list", {"tags": "host=a"}, 'a list of "key=value"'),
    ("list", {"tags": ["host"]}, 'must be "key=value"'),
    ("list", {"tags": {"HOST": "a"}}, "made of a-z"),
    ("list", {"tags": {"host": "a,b"}}, "must not have a comma"),
    ("list", {"tags": {"host": 5}}, "a str or a list of str"),
    ("list", {"tags": [5]}, "a tag must be a str"),
    ("list", {"search": ""}, "must not be empty"),
    ("list", {"search": "\ud800"}, "UTF-8"),
    ("list", {"source_incident_id": ""}, "must not be empty"),
    ("list", {"start_time__gte": NAIVE}, "astimezone"),
    ("list", {"start_time__gte": "2026-11-23"}, "must be a datetime"),
    ("list", {"end_time__gte": INFINITY}, "not INFINITY"),
    ("list", {"page_size": 0}, "at least 1"),
    ("list", {"on_bad_row": "ignore"}, "on_bad_row"),
    ("mine", {"open": 0}, "open must be True or False"),
    ("get", {"pk": 0}, "of at least 1"),
    ("get", {"pk": -5}, "of at least 1"),
    ("get", {"pk": 1.0}, "of at least 1"),
    ("create", {"start_time": NAIVE}, "astimezone"),
    ("create", {"start_time": INFINITY}, "not INFINITY"),
    ("create", {"start_time": AWARE, "end_time": NAIVE}, "astimezone"),
    ("create", {"start_time": AWARE, "level": 6}, "from 1 to 5"),
    ("create", {"start_time": AWARE, "tags": {"a b": "c"}}, "made of a-z"),
    ("create", {"start_time": AWARE, "source": 0}, "of at least 1"),
    ("create", {"start_time": AWARE, "metadata": {1: 2}}, "no str"),
    ("create", {"start_time": AWARE, "metadata": float("nan")}, "JSON cannot carry"),
    ("create", {"start_time": AWARE, "metadata": {1, 2}}, "cannot be sent"),
    ("create", {"start_time": AWARE, "description": None}, "must be a str"),
    ("create", {"start_time": AWARE, "source_incident_id": None}, "must be a str"),
    ("upsert", {"start_time": AWARE, "source_incident_id": ""}, "must not be empty"),
    ("update", {"pk": 1, "level": None}, "from 1 to 5"),
    ("post_event", {"pk": 1, "type": "end"}, "three capital letters"),
    ("post_event", {"pk": 1, "type": "OTH", "timestamp": NAIVE}, "astimezone"),
    ("acknowledge", {"pk": 1, "expiration": NAIVE}, "astimezone"),
    ("acknowledge_many", {"pks": []}, "at least one"),
    ("acknowledge_many", {"pks": [0]}, "of at least 1"),
    ("add_tag", {"pk": 1, "tag": "UP=1"}, "made of a-z"),
    ("remove_tag", {"pk": 1, "tag": "url=http://x/y"}, "slash"),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "arguments", "why"), REFUSED)
async def test_refused(method: str, arguments: dict[str, Any], why: str) -> None:
    """Bad input is refused with what is allowed, and nothing is sent."""
    server = Server(httpx.Response(500))
    async with server.client() as argus:
        call = getattr(argus.incidents, method)
        with pytest.raises(InputError, match=why):
            await call(**arguments)
    assert server.requests == []


ELSEWHERE: dict[str, tuple[Callable[[ArgusClient], Awaitable[object]], str]] = {
    "type": (lambda argus: argus.source_types.create("NMS"), "lower case"),
    "days": (lambda argus: argus.timeslots.create(**slot(days=(0,), all_day=True)), "from 1 to 7"),
    "no times": (lambda argus: argus.timeslots.create(**slot(days=(1,))), "start and end, or all_day"),
    "zone": (lambda argus: argus.timeslots.create(**slot(days=(1,), start=time(1, tzinfo=UTC))), "without a zone"),
    "recurrence": (
        lambda argus: argus.timeslots.create(name="s", time_recurrences=[{"days": [1]}]),
        "must be a TimeRecurrence",
    ),
    "blob": (lambda argus: argus.filters.create(name="f", filter={"bogus": True}), "must be a FilterBlob"),
    "maxlevel": (lambda argus: argus.filters.preview(FilterBlob(maxlevel=9)), "from 1 to 5"),
    "settings": (lambda argus: argus.destinations.create(media="email", settings="x"), "must be a mapping"),
    "no filters": (lambda argus: argus.planned_maintenance.create(filters=[]), "at least one"),
    "slug": (lambda argus: argus.media.json_schema(""), "must not be empty"),
    "dots": (lambda argus: argus.media.get(".."), "part of a path"),
    "password": (lambda argus: argus.tokens.legacy_login("alice", ""), "password must be a str"),
}


def slot(**recurrence: Any) -> dict[str, Any]:
    """A timeslot of one recurrence."""
    return {"name": "s", "time_recurrences": [TimeRecurrence(**recurrence)]}


@pytest.mark.anyio
@pytest.mark.parametrize("name", ELSEWHERE)
async def test_refused_elsewhere(name: str) -> None:
    """The other services refuse bad input, too."""
    call, why = ELSEWHERE[name]
    server = Server(httpx.Response(500))
    async with server.client() as argus:
        with pytest.raises(InputError, match=why):
            await call(argus)
    assert server.requests == []


@pytest.mark.anyio
async def test_unknown_arguments_are_type_errors() -> None:
    """A filter that there is none of is a TypeError at once, also one that /mine/ does not honour."""
    server = Server(page())
    async with server.client() as argus:
        for call in (
            lambda: argus.incidents.list(nosuch=1),
            lambda: argus.incidents.list(level__gte=1),
            lambda: argus.incidents.mine(level__lte=1),
            lambda: argus.incidents.mine(search="x"),
            lambda: argus.incidents.mine(id__in=[1]),
        ):
            with pytest.raises(TypeError, match="unknown argument"):
                call()
        with pytest.raises(TypeError, match="unknown argument nosuch"):
            await argus.incidents.update(1, nosuch=1)
        with pytest.raises(TypeError, match="missing argument start_time"):
            await argus.incidents.create()
        with pytest.raises(TypeError, match="missing argument tags"):
            await argus.incidents.replace(1, level=1)
    assert server.requests == []


@pytest.mark.anyio
async def test_filters_as_written() -> None:
    """Booleans, lists, tags and times are written as the server reads them."""
    server = Server(page())
    async with server.client() as argus:
        await argus.incidents.list(
            open=True,
            acked=False,
            id__in=(3, 1),
            source__name__in=["a", "b c"],
            tags={"host": ["a", "b"], "room": "1"},
            start_time__gte=AWARE,
            page_size=7,
            extra_params={"new": "1"},
        ).first()
    assert dict(server.requests[0].url.params) == {
        "open": "true",
        "acked": "false",
        "id__in": "3,1",
        "source__name__in": "a,b c",
        "tags": "host=a,host=b,room=1",
        "start_time__gte": "2026-11-23T04:00:00+00:00",
        "page_size": "7",
        "new": "1",
    }


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {}),
        ({"end_time": INFINITY}, {"end_time": "infinity"}),
        ({"end_time": STATELESS}, {"end_time": None}),
        ({"end_time": AWARE}, {"end_time": "2026-11-23T04:00:00+00:00"}),
        ({"tags": Tags({"a": "1"}), "level": 1}, {"tags": [{"tag": "a=1"}], "level": 1}),
        ({"tags": ["a=1", "a=2"]}, {"tags": [{"tag": "a=1"}, {"tag": "a=2"}]}),
        ({"description": "", "metadata": None}, {"description": "", "metadata": None}),
    ],
)
async def test_incident_as_written(given: dict[str, Any], sent: dict[str, Any]) -> None:
    """What was given is sent and nothing else, besides the tags, which the server wants."""
    server = Server(httpx.Response(201, json=INCIDENT))
    async with server.client() as argus:
        await argus.incidents.create(start_time=AWARE, **given)
    assert server.body == {"start_time": "2026-11-23T04:00:00+00:00", "tags": [], **sent}


@pytest.mark.anyio
async def test_update_sends_what_is_given() -> None:
    """An update of nothing sends nothing; an empty value is sent."""
    server = Server(httpx.Response(200, json=INCIDENT))
    async with server.client() as argus:
        await argus.incidents.update(7)
        assert server.body == {}
        await argus.incidents.update(7, ticket_url="", tags=[])
        assert server.body == {"ticket_url": "", "tags": []}


@pytest.mark.anyio
async def test_other_bodies_as_written() -> None:
    """Filters leave out what does not restrict; times of day and the end of a maintenance are as the server's."""
    server = Server(httpx.Response(418))
    calls: list[tuple[Callable[[ArgusClient], Awaitable[object]], object]] = [
        (lambda argus: argus.filters.preview(FilterBlob()), {"hide_closed_acked": False}),
        (
            lambda argus: argus.filters.preview(FilterBlob(open=False, tags=("a=1",))),
            {"hide_closed_acked": False, "open": False, "tags": ["a=1"]},
        ),
        (
            lambda argus: argus.timeslots.create(**slot(days=(1, 2), start=time(8), end=time(16, 30))),
            {
                "name": "s",
                "time_recurrences": [{"days": [1, 2], "start": "08:00:00", "end": "16:30:00", "all_day": False}],
            },
        ),
        (
            lambda argus: argus.planned_maintenance.update(1, end_time=INFINITY),
            {"end_time": None},
        ),
        (lambda argus: argus.planned_maintenance.update(1, end_time=AWARE), {"end_time": AWARE.isoformat()}),
    ]
    async with server.client() as argus:
        for call, body in calls:
            with pytest.raises(Exception, match="HTTP 418"):
                await call(argus)
            assert server.body == body


@pytest.mark.anyio
async def test_call_options_reach_the_request() -> None:
    """Every call takes extra headers and parameters."""
    server = Server(httpx.Response(201, json=EVENT))
    async with server.client() as argus:
        await argus.incidents.resolve(7, extra_headers={"X-Trace": "1"}, extra_params={"debug": "1"})
    assert server.requests[0].headers["x-trace"] == "1"
    assert server.requests[0].url.params["debug"] == "1"


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c", "timeouts", "extra_params"]),
        st.one_of(st.booleans(), st.integers(), st.text(), st.none()),
    )
)
def test_form_takes_what_it_names(given_: dict[str, object]) -> None:
    """A form gives back just the values that its checks take, apart from the options of the call."""
    form = Form({"a": flag, "b": text}, required={"a"})
    values = {name: value for name, value in given_.items() if name not in {"timeouts", "extra_params"}}
    try:
        read, call = form.read(given_)
    except TypeError:
        assert "c" in values or "a" not in values
    except InputError:
        assert not isinstance(values["a"], bool) or not isinstance(values.get("b", ""), str)
    else:
        assert read == values
        assert call.keys() == given_.keys() - values.keys()


@settings(deadline=None)
@given(st.text(), st.text())
def test_tag_keys(key: str, value: str) -> None:
    """A tag is taken just if its key is of a-z, 0-9 and _ and not empty."""
    fine = re.fullmatch("[a-z0-9_]+", key.partition("=")[0])
    if fine and "=" not in key:
        assert Tags({key: value}).pairs == ((key, value),)
    elif not fine:
        with pytest.raises(InputError):
            Tags({key: value})
