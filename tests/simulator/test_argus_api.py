"""Behaviour of argus-server 2.10.2 beyond the recorded exchanges; each expectation was seen on it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tocsin.simulator import Simulator

START = "2025-11-20T04:00:00Z"
BAD_TIME = (
    "Datetime has wrong format. Use one of these formats instead: "
    "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z], or 'infinity'."
)
NOT_COMPLIANT = "JSON parse error - Out of range float values are not JSON compliant: 'NaN'"
REQUIRED = ["This field is required."]
NOT_NULL = ["This field may not be null."]
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
EMPTY_BLOB = {"open": None, "acked": None, "stateful": None, "maxlevel": None, "hide_closed_acked": False}

Send = Callable[..., tuple[int, Any]]


@pytest.fixture
def send(sim: Simulator, http: httpx.Client) -> Send:
    """Send one request as a user; gives the status and the body, None for one that is not JSON."""

    def send(user: str, method: str, path: str, body: object = None, **others: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Token {sim.argus.tokens[user]}"}
        response = http.request(method, path, headers=headers, json=body, **others)
        is_json = response.headers.get("content-type") == "application/json"
        return response.status_code, response.json() if is_json and response.content else None

    return send


def create(send: Send, **fields: object) -> dict[str, Any]:
    """An incident from the northern source."""
    body = {"description": "probe", "start_time": START, "tags": [{"tag": "b=x"}], **fields}
    status, incident = send("nms-north", "POST", "/incidents/", body)
    assert status == 201, incident
    return incident


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"start_time": "infinity"}, 400, {"start_time": [BAD_TIME]}),
        ({"start_time": None}, 400, {"start_time": NOT_NULL}),
        ({"start_time": 5}, 400, {"start_time": [BAD_TIME]}),
        ({"start_time": "2025-02-30"}, 400, {"start_time": [BAD_TIME]}),
        ({"level": "abc"}, 400, {"level": ['"abc" is not a valid choice.']}),
        ({"level": None}, 400, {"level": NOT_NULL}),
        ({"description": ["a"]}, 400, {"description": ["Not a valid string."]}),
        ({"tags": None}, 400, {"tags": NOT_NULL}),
        ({"tags": {}}, 400, {"tags": {"non_field_errors": ['Expected a list of items but got type "dict".']}}),
        ({"tags": [{"tag": 5}]}, 500, None),
    ],
)
def test_create_refused(send: Send, fields: dict[str, object], status: int, error: object) -> None:
    """A bad field is told by name; a tag that is no string makes the server fail."""
    body = {"start_time": START, "tags": [], **fields}
    assert send("nms-north", "POST", "/incidents/", body) == (status, error)


def test_create_refused_by_the_database(send: Send) -> None:
    """A null in metadata passes the checks, and uses up a pk."""
    body = {"start_time": START, "tags": [], "metadata": None}
    status, error = send("nms-north", "POST", "/incidents/", body)
    assert status == 400
    assert error[0].startswith('null value in column "metadata"')
    assert create(send)["pk"] == 2


def test_create_odd_values(send: Send) -> None:
    """Numbers are taken for strings, a day for its midnight in Oslo, equal tags for one."""
    assert create(send, source_incident_id=5)["source_incident_id"] == "5"
    assert create(send, level="2")["level"] == 2
    assert create(send, start_time="2025-11-20")["start_time"] == "2025-11-20T00:00:00+01:00"
    assert len(create(send, tags=[{"tag": "a=b"}, {"tag": "a=b"}])["tags"]) == 1
    assert create(send, details_url="x y")["details_url"] == "x y"
    assert create(send, details_url="//abs.example/x")["details_url"] == "http://abs.example/x"
    assert create(send, details_url="rel/x")["details_url"] == "http://nms.example.org/rel/x"


def test_create_by_superuser(send: Send) -> None:
    """A superuser names a source that exists; what is no number makes the server fail."""
    body = {"start_time": START, "tags": []}
    connected = (400, ["The requesting user must have a connected source system."])
    assert send("admin", "POST", "/incidents/", body) == connected
    missing = (400, ["SourceSystem with pk=None does not exist."])
    assert send("admin", "POST", "/incidents/", {**body, "source": None}) == missing
    assert send("admin", "POST", "/incidents/", {**body, "source": "zz"}) == (500, None)


@pytest.mark.parametrize(
    ("content", "media_type", "error"),
    [
        (b"", "application/json", {"start_time": REQUIRED, "tags": REQUIRED}),
        (b"null", "application/json", {"non_field_errors": ["No data provided"]}),
        (b"5", "application/json", {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}),
        (b'{"a":NaN}', "application/json", {"detail": NOT_COMPLIANT}),
        (b"description=f", "application/x-www-form-urlencoded", {"start_time": REQUIRED, "tags": REQUIRED}),
    ],
)  # fmt: skip
def test_create_bodies(sim: Simulator, http: httpx.Client, content: bytes, media_type: str, error: object) -> None:
    """A body that is no object is told so."""
    headers = {"Content-Type": media_type, "Authorization": f"Token {sim.argus.tokens['nms-north']}"}
    response = http.post("/incidents/", content=content, headers=headers)
    assert (response.status_code, response.json()) == (400, error)


def test_change(send: Send) -> None:
    """A change writes an event for each field that differs; PUT needs tags."""
    pk = create(send)["pk"]
    path = f"/incidents/{pk}/"
    assert send("admin", "PATCH", path, {"metadata": None}) == (400, {"metadata": NOT_NULL})
    assert send("admin", "PATCH", path, {"pk": 4})[1] == {"pk": "The field is not allowed to be changed."}
    assert send("admin", "PATCH", path, {"open": True})[1] == {"open": "The field does not exist."}
    assert send("admin", "PATCH", path, {"metadata": {"a": 1}, "level": 5})[0] == 200
    assert send("admin", "PUT", path, {"tags": [{"tag": "c=1"}], "level": 2})[1]["level"] == 2
    said = [event["description"] for event in send("alice", "GET", f"{path}events/")[1]]
    assert said[:-1] == [
        'Change: "level": 5 \u2192 2',
        "Change: \"tags\": ['b=x'] \u2192 ['c=1']",
        'Change: "metadata": 0 item(s) \u2192 1 item(s)',
    ]


def test_own_tags_are_removable(send: Send) -> None:
    """Replacing tags removes one's own; a superuser removes any."""
    path = f"/incidents/{create(send)['pk']}/"
    both = {"tags": [{"tag": "b=x"}, {"tag": "al=1"}]}
    assert [tag["added_by"] for tag in send("alice", "PATCH", path, both)[1]["tags"]] == [4, 3]
    assert send("alice", "PATCH", path, {"tags": [{"tag": "b=x"}]})[0] == 200
    message = "Cannot remove this tag when you're not the one who added it."
    assert send("alice", "PATCH", path, {"tags": []}) == (400, {"b=x": message})
    assert send("admin", "PATCH", path, {"tags": []})[1]["tags"] == []


def test_tags(send: Send) -> None:
    """Tags are added and removed one by one, by anybody."""
    path = f"/incidents/{create(send)['pk']}/tags/"
    assert send("alice", "POST", path, {}) == (500, None)
    assert send("alice", "POST", path, {"tag": "UP=1"})[0] == 400
    assert send("alice", "POST", path, {"tag": "sp=a b%2F"})[0] == 201
    assert send("alice", "DELETE", f"{path}sp=a%20b%252F/") == (204, None)
    assert send("alice", "DELETE", f"{path}b=x/") == (204, None)
    assert send("alice", "GET", path) == (200, [])
    assert send("alice", "GET", "/incidents/abc/tags/") == (404, None)


def test_events_open_and_close(sim: Simulator, send: Send) -> None:
    """The first end counts; a restart and a reopening make it open again, and tell their time."""
    pk = create(send)["pk"]
    path = f"/incidents/{pk}/events/"

    def ended(user: str, kind: str, hour: int) -> object:
        body = {"type": kind, "timestamp": f"2025-11-21T{hour:02}:30:00Z"}
        assert send(user, "POST", path, body)[0] == 201
        return send("admin", "GET", f"/incidents/{pk}/")[1]["end_time"]

    assert ended("nms-north", "END", 4) == "2025-11-21T05:30:00+01:00"
    assert ended("nms-north", "END", 5) == "2025-11-21T05:30:00+01:00"
    assert ended("nms-south", "RES", 6) == "infinity"
    assert ended("alice", "CLO", 7) == "2025-11-21T08:30:00+01:00"
    assert ended("alice", "REO", 8) == "infinity"
    assert ended("alice", "OTH", 9) == "infinity"
    already = (400, {"type": "The incident is already open."})
    assert send("alice", "POST", path, {"type": "REO"}) == already
    assert send("alice", "POST", path, {}) == (400, {"type": REQUIRED})
    assert send("alice", "GET", f"{path}999/") == (404, {"detail": "No Event matches the given query."})
    assert send("alice", "GET", f"{path}abc/") == (404, None)
    assert len(sim.argus.event_pks) == 7


def test_acks(sim: Simulator, send: Send) -> None:
    """An acknowledgement holds until it expires; PUT without expiration lets it hold for good."""
    pk = create(send)["pk"]
    path = f"/incidents/{pk}/acks/"
    body = {"timestamp": START, "expiration": "2025-11-21T00:00:00Z"}
    ack = send("alice", "POST", path, body)[1]
    assert send("alice", "GET", f"/incidents/{pk}/")[1]["acked"] is False
    assert send("alice", "PATCH", f"{path}{ack['pk']}/", {})[1] == ack
    assert send("alice", "PUT", f"{path}{ack['pk']}/", {})[1]["expiration"] is None
    assert send("alice", "GET", f"/incidents/{pk}/")[1]["acked"] is True
    missing = {"detail": "No Acknowledgement matches the given query."}
    assert send("alice", "GET", f"{path}999/") == (404, missing)
    assert send("alice", "DELETE", f"{path}{ack['pk']}/")[0] == 405


def test_repeated_bulk_ack(send: Send) -> None:
    """A bulk acknowledgement fails when the user has acknowledged at that time; its event is kept."""
    pk = create(send)["pk"]
    body = {"ids": [pk, pk], "ack": {"timestamp": START}}
    assert send("alice", "POST", "/incidents/acks/bulk/", body)[0] == 201
    assert send("alice", "POST", "/incidents/acks/bulk/", body) == (500, None)
    assert send("admin", "POST", "/incidents/acks/bulk/", body)[0] == 201
    assert len(send("admin", "GET", f"/incidents/{pk}/events/")[1]) == 4
    assert len(send("admin", "GET", f"/incidents/{pk}/acks/")[1]) == 2


def test_bulk_bodies(send: Send) -> None:
    """The checks of bulk bodies; an absent ticket URL makes the server fail."""
    pk = create(send)["pk"]
    bulk = "/incidents/ticket_url/bulk/"
    assert send("alice", "POST", bulk, {"ids": [pk]}) == (500, None)
    assert send("alice", "POST", bulk, {"ids": ["x"]}) == (400, {"ids": {"0": ["A valid integer is required."]}})
    wrong = {"ids": ['Expected a list of items but got type "int".'], "ack": REQUIRED}
    assert send("alice", "POST", "/incidents/acks/bulk/", {"ids": 5}) == (400, wrong)
    assert send("alice", "PUT", f"/incidents/{pk}/ticket_url/", {}) == (500, None)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 5),
        ("open=true", 3), ("open=FALSE", 1), ("open=t", 5), ("open=", 5),
        ("stateful=0", 1), ("end_time__isnull=1", 1), ("acked=true", 1),
        ("hide_closed_acked=true", 4), ("ticket=true", 1), ("token_expiry=true", 0),
        ("id__in=1,", 1), ("id__in=1.5, 2", 2), ("id__in=", 5),
        ("level__lte=3.5", 4), ("level__lte=1e1", 5), ("level__lte=1&level__lte=3", 4),
        ("tags=room%3D1,room%3D2", 2), ("tags=room%3D1,b%3Dx", 1), ("tags=room%3D1,%20b%3Dy", 0),
        ("source__name__in=nms-south", 0), ("source__type__in=nms", 5), ("source__id__in=2,3", 5),
        ("source_incident_id=own", 1),
        ("start_time__gte=2025-11-20T05:00", 5), ("start_time__gte=2025-11-20T05:01", 0),
        ("start_time__lte=2025-11-20", 0),
        ("end_time__gte=2025-11-22", 3), ("end_time__lte=2025-11-22", 1),
        ("duration__gte=1200", 4), ("duration__gte=1201", 3), ("duration__gte=0", 5),
        ("search=PROBE", 4), ("search=special%20case", 1), ("search=nms", 0),
        ("filter_pk=99", 0), ("notificationprofile_pk=99", 0), ("level__gte=1", 5), ("format=json", 5),
    ],
)  # fmt: skip
def test_filters(send: Send, query: str, count: int) -> None:
    """How many of five incidents each filter keeps."""
    create(send, level=3)
    create(send, end_time="2025-11-21T00:00:00Z", level=3)
    create(send, end_time=None, level=2, tags=[{"tag": "room=1"}])
    create(send, description="Special case", level=5, tags=[{"tag": "room=2"}, {"tag": "b=x"}])
    create(send, source_incident_id="own", ticket_url="http://t.example/1", level=1,
           tags=[{"tag": "room=3"}, {"tag": "b=x"}] if "room" not in query else [{"tag": "b=z"}])  # fmt: skip
    if "b%3Dx" in query:
        send("alice", "POST", "/incidents/1/tags/", {"tag": "room=1"})
    send("alice", "POST", "/incidents/2/acks/", {"timestamp": START})
    assert send("alice", "GET", f"/incidents/?count=1&{query}")[1]["count"] == count


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("id__in=a", {"id__in": ["Enter a number."]}),
        ("level__lte=nan", {"level__lte": ["Enter a number."]}),
        ("start_time__gte=x", {"start_time__gte": ["Enter a valid date/time."]}),
        ("filter_pk=x", {"filter_pk": ["Enter a whole number."]}),
        (
            "source__type__in=nope",
            {"source__type__in": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
    ],
)
def test_bad_filters(send: Send, query: str, error: object) -> None:
    """A value of the wrong type is told by name."""
    assert send("alice", "GET", f"/incidents/?{query}") == (400, error)


def test_mine_ignores_some_filters(sim: Simulator, send: Send) -> None:
    """The own incidents know nothing of id__in, level__lte, source__* and search."""
    create(send)
    sim.argus.add_incidents(1, source="nms-south")
    for query in ("id__in=99", "level__lte=1", "source__id__in=x", "search=zzz"):
        assert send("nms-north", "GET", f"/incidents/mine/?count=1&{query}")[1]["count"] == 1
    assert send("nms-north", "GET", "/incidents/mine/?count=1&open=false")[1]["count"] == 0


def test_sources(send: Send) -> None:
    """Superusers write sources, anybody writes types; there is no deleting."""
    sources = "/incidents/sources/"
    assert send("alice", "PATCH", f"{sources}2/", {"name": "x"}) == (403, FORBIDDEN)
    assert send("admin", "PATCH", f"{sources}2/", {"name": "x"})[1]["name"] == "x"
    assert send("admin", "PUT", f"{sources}2/", {}) == (400, {"name": REQUIRED})
    assert send("admin", "POST", sources, {}) == (500, None)
    assert send("admin", "POST", sources, {"name": "zz", "type": "none"})[0] == 400
    assert send("admin", "DELETE", f"{sources}2/")[0] == 405
    assert send("admin", "GET", f"{sources}99/")[1] == {"detail": "No SourceSystem matches the given query."}
    types = "/incidents/source-types/"
    assert send("alice", "POST", types, {"name": "extra"}) == (201, {"name": "extra"})
    assert send("alice", "POST", types, {"name": "extra"})[0] == 400
    assert send("alice", "GET", f"{types}extra/") == (200, {"name": "extra"})
    assert send("alice", "GET", f"{types}none/")[0] == 404


def test_users_and_site(sim: Simulator, http: httpx.Client, send: Send) -> None:
    """Other users are shown in brief; legacy sign-in errors are by field; the schema needs no token."""
    assert send("alice", "GET", "/auth/users/99/") == (404, {"detail": "No User matches the given query."})
    assert send("alice", "GET", "/auth/users/abc/") == (404, None)
    assert send("alice", "POST", "/token-auth/", {}) == (400, {"username": REQUIRED, "password": REQUIRED})
    origin = sim.endpoints["argus"]["base_url"].removesuffix("/api/v2")
    schema = httpx.get(f"{origin}/api/schema/?format=json")
    assert schema.headers["content-type"] == "application/vnd.oai.openapi+json"
    operations = [
        (path, method)
        for path, item in schema.json()["paths"].items()
        for method in item
        if method != "parameters"
    ]
    assert len(operations) == len({*operations}) == 78
    assert http.get("/incidents/?format=xml").status_code == 404
    assert http.get("/incidents/?format=api").headers["content-type"].startswith("text/html")
    assert http.head("/incidents/").content == b""
    assert http.get("/incidents/abc/events").status_code == 404
    assert http.get("/incidents?open=true").headers["location"] == "/api/v2/incidents/?open=true"
    token = f"Token {sim.argus.tokens['admin']} more"
    detail = http.get("/auth/user/", headers={"Authorization": token}).json()["detail"]
    assert detail == "Invalid token header. Token string should not contain spaces."


def test_next_follows_the_proxy(sim: Simulator, http: httpx.Client) -> None:
    """The next link is built from Host and X-Forwarded-Proto."""
    sim.argus.add_incidents(2)
    headers = {"Host": "localhost", "X-Forwarded-Proto": "https"}
    page = http.get("/incidents/?page_size=1", headers=headers).json()
    assert page["next"].startswith("https://localhost/api/v2/incidents/?cursor=")


def test_timeslots(send: Send) -> None:
    """Names are unique for a user; a deleted timeslot takes its profiles with it."""
    path = "/notificationprofiles/timeslots/"
    office = {"name": "office", "time_recurrences": [{"days": [2, 1, 1], "start": "8:00", "end": "16:00:00"}]}
    status, slot = send("alice", "POST", path, office)
    shown = [{"days": [1, 2], "start": "08:00:00", "end": "16:00:00"}]
    assert (status, slot["time_recurrences"]) == (201, shown)
    assert "already in use" in send("alice", "POST", path, office)[1]["name"][0]
    reverse = {"name": "x", "time_recurrences": [{"days": [3], "start": "10:00", "end": "09:00"}]}
    error = {"0": {"non_field_errors": ["'start' must be before 'end'."]}}
    assert send("alice", "POST", path, reverse) == (400, {"time_recurrences": error})
    clock = ["Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]]."]
    bad = {"name": "x", "time_recurrences": [{"days": 5, "start": "x", "end": "25:00"}]}
    days = ['Expected a list of items but got type "int".']
    error = {"0": {"days": days, "start": clock, "end": clock}}
    assert send("alice", "POST", path, bad) == (400, {"time_recurrences": error})
    one = f"{path}{slot['pk']}/"
    assert send("admin", "GET", one)[0] == 404
    whole = [{"days": [7], "start": "00:00", "end": "23:59:59.999999"}]
    changed = send("alice", "PATCH", one, {"time_recurrences": whole})[1]
    assert changed["time_recurrences"][0]["all_day"] is True
    assert send("alice", "PUT", one, {"name": "y"}) == (400, {"time_recurrences": REQUIRED})
    name = {"name": ["Ensure this field has no more than 40 characters."]}
    assert send("alice", "PATCH", one, {"name": "n" * 41}) == (400, name)
    blob = send("alice", "POST", "/notificationprofiles/filters/", {"name": "f"})[1]
    body = {"timeslot": slot["pk"], "filters": [blob["pk"]]}
    assert send("alice", "POST", "/notificationprofiles/", body)[0] == 201
    used = send("alice", "DELETE", f"/notificationprofiles/filters/{blob['pk']}/")
    assert used[0] == 400
    assert "office: f" in used[1]
    assert send("alice", "DELETE", one) == (204, None)
    assert send("alice", "GET", "/notificationprofiles/") == (200, [])


def test_filters_of_users(send: Send) -> None:
    """Others see public filters only and change none; PUT without a filter keeps it."""
    path = "/notificationprofiles/filters/"
    status, own = send("alice", "POST", path, {"name": "f", "filter": {"open": True, "tags": ["b=x"]}})
    assert (status, own["filter"]) == (201, {**EMPTY_BLOB, "open": True, "tags": ["b=x"]})
    assert send("alice", "POST", path, {"name": "f"}) == (500, None)
    public = send("alice", "POST", path, {"name": "p", "public": True})[1]
    assert public["filter"] == EMPTY_BLOB
    assert [each["name"] for each in send("admin", "GET", path)[1]] == ["p"]
    assert send("admin", "GET", f"{path}{own['pk']}/")[0] == 404
    assert send("admin", "GET", f"{path}{public['pk']}/")[0] == 200
    assert send("admin", "PATCH", f"{path}{public['pk']}/", {"name": "z"})[0] == 404
    one = f"{path}{own['pk']}/"
    assert send("alice", "PUT", one, {"name": "g"})[1] == {**own, "name": "g"}
    partial = send("alice", "PATCH", one, {"filter": {"acked": False}})[1]["filter"]
    assert partial == {"open": None, "acked": False, "stateful": None, "maxlevel": None}
    for blob, error in [
        ({"maxlevel": 9}, {"maxlevel": ["Ensure this value is less than or equal to 5."]}),
        ({"maxlevel": 0}, {"maxlevel": ["Ensure this value is greater than or equal to 1."]}),
        ({"open": "maybe"}, {"open": ["Must be a valid boolean."]}),
        ({"event_types": ["XX"]}, {"event_types": ['"XX" is not a valid choice.']}),
        ({"sourceSystemIds": ["x"]}, {"sourceSystemIds": {"0": ["A valid integer is required."]}}),
    ]:
        assert send("alice", "POST", path, {"name": "x", "filter": blob}) == (400, {"filter": error})
    assert send("alice", "DELETE", one) == (204, None)


@pytest.mark.parametrize(
    ("blob", "count"),
    [
        ({}, 0),
        ({"open": None, "sourceSystemIds": [], "hide_closed_acked": False}, 0),
        ({"open": True}, 1),
        ({"open": False}, 1),
        ({"acked": True}, 1),
        ({"stateful": True}, 2),
        ({"hide_closed_acked": True}, 1),
        ({"event_types": ["STA"]}, 2),
        ({"source_types": ["argus"]}, 0),
        ({"sourceSystemIds": [2], "maxlevel": 2}, 1),
        ({"tags": ["b=x"]}, 2),
    ],
)
def test_preview(send: Send, blob: dict[str, object], count: int) -> None:
    """A filter that asks for nothing selects nothing; the others select as their words say."""
    create(send, level=1)
    pk = create(send, end_time="2025-11-21T00:00:00Z")["pk"]
    send("alice", "POST", f"/incidents/{pk}/acks/", {"timestamp": START})
    for path in ("/notificationprofiles/preview/", "/notificationprofiles/filterpreview/"):
        assert len(send("alice", "POST", path, blob)[1]) == count
    saved = send("alice", "POST", "/notificationprofiles/filters/", {"name": "f", "filter": blob})[1]
    assert send("alice", "GET", f"/incidents/?count=1&filter_pk={saved['pk']}")[1]["count"] == count
    assert send("admin", "GET", f"/incidents/?count=1&filter_pk={saved['pk']}")[1]["count"] == 0


def test_preview_of_a_bad_tag(send: Send) -> None:
    """A tag without `=` makes the server fail."""
    assert send("alice", "POST", "/notificationprofiles/preview/", {"tags": ["bad"]}) == (500, None)


def test_destinations(send: Send) -> None:
    """Settings and labels are unique for a user; unknown settings are dropped."""
    path = "/notificationprofiles/destinations/"

    def body(address: str, label: str | None = None) -> dict[str, object]:
        return {"media": "email", "label": label, "settings": {"email_address": address, "extra": 1}}

    status, made = send("alice", "POST", path, body("a@b.example", "home"))
    assert (status, made["settings"]) == (201, {"email_address": "a@b.example", "synced": False})
    error = {"non_field_errors": ["A destination with these settings already exists"]}
    assert send("alice", "POST", path, body("a@b.example")) == (400, error)
    error = {"label": ["A destination with this medium and label already exists"]}
    assert send("alice", "POST", path, body("c@b.example", "home")) == (400, error)
    error = {"email_address": ["Enter a valid email address.", "invalid"]}
    assert send("alice", "POST", path, body("bad")) == (400, error)
    error = {"settings": ["Enter a valid JSON.", "invalid"]}
    assert send("alice", "POST", path, {"media": "email", "settings": "s"}) == (400, error)
    error = {"media": ['Invalid pk "sms" - object does not exist.']}
    assert send("alice", "POST", path, {"media": "sms", "settings": {}}) == (400, error)
    one = f"{path}{made['pk']}/"
    assert send("admin", "GET", one)[0] == 404
    assert send("alice", "GET", f"{one}duplicate/") == (200, {"is_duplicate": False})
    assert send("admin", "POST", path, body("a@b.example"))[0] == 201
    assert send("alice", "GET", f"{one}duplicate/") == (200, {"is_duplicate": True})
    missing = ["Destination with pk=99 does not exist."]
    assert send("alice", "GET", f"{path}99/duplicate/") == (400, missing)
    changed = send("alice", "PATCH", one, {"label": "work", "settings": {"email_address": "n@b.example"}})[1]
    assert (changed["label"], changed["suggested_label"]) == ("work", "Email: n@b.example")
    assert send("alice", "PUT", one, {})[0] == 405
    assert send("alice", "OPTIONS", path)[0] == 405
    assert send("alice", "DELETE", one) == (204, None)
    media = "/notificationprofiles/media/"
    assert send("alice", "GET", f"{media}email/")[1]["slug"] == "email"
    assert send("alice", "GET", f"{media}sms/")[0] == 404
    assert send("alice", "GET", f"{media}sms/json_schema/") == (400, ['Medium "sms" is not installed.'])


def test_profiles(send: Send) -> None:
    """A profile's parts must exist, and its timeslot be the user's own; PATCH needs the timeslot."""
    path = "/notificationprofiles/"
    slot = send("alice", "GET", f"{path}timeslots/")[1][0]["pk"]
    foreign = send("admin", "GET", f"{path}timeslots/")[1][0]["pk"]
    used = send("alice", "POST", f"{path}filters/", {"name": "f", "filter": {"open": True}})[1]["pk"]
    assert send("alice", "POST", path, {}) == (400, {"timeslot": REQUIRED, "filters": REQUIRED})
    missing = {
        "timeslot": ["Incorrect type. Expected pk value, received str."],
        "filters": ['Invalid pk "99" - object does not exist.'],
        "destinations": ['Expected a list of items but got type "int".'],
    }
    body = {"timeslot": "x", "filters": [99], "destinations": 5}
    assert send("alice", "POST", path, body) == (400, missing)
    error = {"filters": ["This list may not be empty."]}
    assert send("alice", "POST", path, {"timeslot": slot, "filters": []}) == (400, error)
    error = {"non_field_errors": ["The user of 'timeslot' must be the same as the requesting user."]}
    assert send("alice", "POST", path, {"timeslot": foreign, "filters": [used]}) == (400, error)
    status, made = send("alice", "POST", path, {"timeslot": slot, "filters": [used]})
    assert (status, made["name"], made["active"]) == (201, None, True)
    one = f"{path}{made['pk']}/"
    assert send("alice", "PATCH", one, {"timeslot": slot, "active": False})[1]["active"] is False
    assert send("alice", "PUT", one, {"timeslot": slot, "filters": [used], "name": "p"})[1]["name"] == "p"
    create(send)
    assert len(send("alice", "GET", f"{one}incidents/")[1]) == 1
    count = send("alice", "GET", f"/incidents/?count=1&notificationprofile_pk={made['pk']}")[1]["count"]
    assert count == 1
    missing_profile = [f"Notification profile with pk={made['pk']} does not exist."]
    assert send("admin", "GET", f"{one}incidents/") == (400, missing_profile)
    assert send("alice", "GET", f"{path}abc/incidents/") == (500, None)
    assert send("alice", "GET", f"{path}abc/") == (404, {"detail": "Not found."})


def test_planned_maintenance(sim: Simulator, send: Send) -> None:
    """Superusers plan; what has begun is not deleted, what ended 12 hours ago is not changed."""
    path, soon = "/plannedmaintenance/", (datetime.now(UTC) + timedelta(days=1)).isoformat()
    used = send("alice", "POST", "/notificationprofiles/filters/", {"name": "f"})[1]["pk"]
    assert send("admin", "POST", path, {}) == (400, {"filters": REQUIRED})
    order = {"non_field_errors": ["End_time needs to be after start_time"]}
    assert send("admin", "POST", path, {"filters": [used], "end_time": "2020-01-01"}) == (400, order)
    error = {"end_time": [BAD_TIME]}
    assert send("admin", "POST", path, {"filters": [used], "end_time": "infinity"}) == (400, error)
    future = send("admin", "POST", path, {"filters": [used], "start_time": soon, "end_time": None})[1]
    assert future["end_time"] == "9999-12-31T23:59:59.999999+01:00"
    one = f"{path}{future['pk']}/"
    assert send("alice", "GET", one) == (200, future)
    assert send("alice", "PATCH", one, {}) == (403, FORBIDDEN)
    assert send("alice", "DELETE", one) == (403, FORBIDDEN)
    assert send("admin", "PATCH", one, {"description": "n"})[1]["description"] == "n"
    assert send("admin", "PUT", one, {"filters": [used]})[1]["description"] == "n"
    assert send("admin", "DELETE", one) == (204, None)
    assert send("admin", "GET", one)[1] == {"detail": "No PlannedMaintenanceTask matches the given query."}
    past = send("admin", "POST", path, {"filters": [used], "start_time": "2020-01-01T00:00:00Z"})[1]
    one = f"{path}{past['pk']}/"
    begun = ["It is not possible to delete past or ongoing planned maintenance tasks."]
    assert send("admin", "DELETE", one) == (400, begun)
    assert send("admin", "PATCH", one, {"end_time": "2020-02-01T00:00:00Z"})[0] == 200
    ended = "This planned maintenance task is no longer modifiable as it ended more than 12 hours ago."
    error = {"non_field_errors": [ended, *order["non_field_errors"]]}
    assert send("admin", "PATCH", one, {"start_time": "2020-02-01T00:00:00Z"}) == (400, error)
    assert send("alice", "DELETE", f"/notificationprofiles/filters/{used}/") == (204, None)
    assert [task["filters"] for task in send("alice", "GET", path)[1]] == [[]]


def test_state_methods(sim: Simulator) -> None:
    """What a test asks of the state: unknown names are KeyErrors, pks are told in order."""
    state = sim.argus
    assert state.add_incidents(3, level=1, tags=["a=b"]) == state.incident_pks == [1, 2, 3]
    state.delete_incident(2)
    assert (state.incident_pks, state.event_pks) == ([1, 3], [1, 3])
    assert state.token_life is None
    state.token_life = 20
    assert state.token_life == 20
    with pytest.raises(KeyError):
        state.user("nobody")
    with pytest.raises(KeyError):
        state.add_incidents(1, source="alice")
