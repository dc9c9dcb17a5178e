"""What answers mean: the envelope before the status, in JSON and in XML."""

from __future__ import annotations

import pickle
import tracemalloc

import httpx
import pytest
from tests.backends.lastline.server import EAGER, OTHER, UUID, Server, at, bad, good

from tocsin.errors import (
    AuthError,
    DecodeError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RateLimitedError,
    RedirectError,
    ServerError,
    StatusError,
    TocsinError,
)
from tocsin.lastline import LastlineError, NoSuchApplianceError
from tocsin.lastline.errors import judge
from tocsin.options import RetryPolicy
from tocsin.transport.messages import Headers, Request
from tocsin.transport.wire import Answer

pytestmark = pytest.mark.anyio

ONCE = RetryPolicy(attempts=1)


async def failure(answer: httpx.Response, path: str = "/ping.json") -> TocsinError:
    """What a call with this answer raises."""
    server = Server(answer)
    async with server.client(retry=ONCE) as lastline:
        with pytest.raises(TocsinError) as caught:
            await lastline.request("GET", path)
    return caught.value


@pytest.mark.parametrize("success", [1, True, "1", "true"])
async def test_success_as_servers_may_write_it(success: object) -> None:
    """One, true, and either as text are a success."""
    server = Server(httpx.Response(200, json={"success": success, "data": "pong"}))
    async with server.client() as lastline:
        assert await lastline.ping() == "pong"


@pytest.mark.parametrize("success", [0, False, None, "0", "false", ""])
async def test_failure_as_servers_may_write_it(success: object) -> None:
    """Anything else is a failure, also beside data, and with HTTP 200."""
    error = await failure(httpx.Response(200, json={"success": success, "data": [], "error": "no"}))
    assert isinstance(error, LastlineError)
    assert (error.message, error.status, error.code, error.code_name) == ("no", 200, None, None)


MESSAGES = [
    (bad(5, "bad parameter"), 5, None, "error 5: bad parameter"),
    (bad(5), 5, None, "error 5"),
    (bad(None, "bad parameter"), None, None, "bad parameter"),
    (bad(), None, None, "the server says only that the call failed"),
    (httpx.Response(200, json={"success": 0, "error_code": "5"}), 5, None, "error 5"),
    (httpx.Response(200, json={"success": 0, "error_code": "E5"}), None, None, "error E5"),
    (
        bad(9003),
        9003,
        "LLAPI_APPLIANCE_MGMT_ERROR__NO_SUCH_APPLIANCE",
        "9003 (LLAPI_APPLIANCE_MGMT_ERROR__NO_SUCH_APPLIANCE)",
    ),
]


@pytest.mark.parametrize(("answer", "code", "name", "message"), MESSAGES)
async def test_code_and_text(answer: httpx.Response, code: int | None, name: str | None, message: str) -> None:
    """Either of code and text may be missing; a known code has a name."""
    error = await failure(answer)
    assert isinstance(error, LastlineError)
    assert (error.code, error.code_name, error.message) == (code, name, message)


async def test_errors_pickle() -> None:
    """An error keeps its code on its way to another process."""
    error = await failure(bad(9003, "no such appliance"))
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, NoSuchApplianceError)
    assert (str(again), again.code, again.code_name, again.errors) == (
        str(error),
        9003,
        "LLAPI_APPLIANCE_MGMT_ERROR__NO_SUCH_APPLIANCE",
        {"": ["no such appliance"]},
    )


async def test_no_permission_on_an_appliance_is_not_about_the_session() -> None:
    """9003 stays what it is, also where its text speaks of permissions: signing in again would not help."""
    server = Server(bad(9003, "Permission denied on this appliance"))
    async with server.client() as lastline:
        with pytest.raises(NoSuchApplianceError):
            await lastline.metrics.list().collect()
    assert len(server.logins) == 1


async def test_no_such_appliance_says_what_was_asked_for() -> None:
    """9003 names what the call selected by, but for the licence, and that the reasons cannot be told apart."""
    server = Server(bad(9003, "No such appliance"))
    async with server.client() as lastline:
        with pytest.raises(NoSuchApplianceError) as caught:
            await lastline.metrics.list(
                start_time=at("2026-01-01 00:00:00"),
                appliance_uuids=[UUID, OTHER],
                appliance_type="SENSOR",
                key="ACCESS-1:SUB-1",
            ).first()
    text = str(caught.value)
    assert f"appliance_uuids={UUID},{OTHER}, appliance_type=SENSOR, key=***" in text
    assert "does not tell apart" in text
    assert "ACCESS-1" not in text
    assert len(server.requests) == 1


BY_STATUS: list[tuple[httpx.Response, type[TocsinError]]] = [
    (httpx.Response(200, text="<html>"), DecodeError),
    (httpx.Response(200, text=""), DecodeError),
    (httpx.Response(200, json=[]), DecodeError),
    (httpx.Response(200, json={"data": 1}), DecodeError),
    (httpx.Response(200, json={"success": 1}), DecodeError),
    (httpx.Response(200, text='{"success": 1, "data": [1, 2'), DecodeError),
    (httpx.Response(404, text="<html>"), NotFoundError),
    (httpx.Response(403, text="Forbidden"), ForbiddenError),
    (httpx.Response(502, text="<html>bad gateway"), ServerError),
    (httpx.Response(500, json={"success": 1, "data": 1}), ServerError),
    (httpx.Response(404, json={"message": "no"}), NotFoundError),
    (httpx.Response(302, headers={"location": "https://elsewhere.test/"}), RedirectError),
    (httpx.Response(429, text="slow down"), RateLimitedError),
    (bad(5, "broken", status=500), LastlineError),
    (bad(5, "bad", status=400), LastlineError),
]


@pytest.mark.parametrize(("answer", "kind"), BY_STATUS)
async def test_the_envelope_before_the_status(answer: httpx.Response, kind: type[TocsinError]) -> None:
    """An envelope that fails wins whatever the status; without one, or with one that succeeds, the status does."""
    error = await failure(answer)
    assert isinstance(error, kind)
    assert error.url is not None
    if isinstance(error, StatusError):
        assert error.status == answer.status_code


async def test_only_what_is_redacted_is_kept_as_a_body() -> None:
    """The body is on an error with an error status, where secrets are blanked, and not on one with HTTP 200."""
    for status in (200, 500):
        error = await failure(bad(5, "it was a-secret-of-alice", status=status))
        assert isinstance(error, StatusError)
        assert b"a-secret-of-alice" not in error.body
        assert bool(error.body) == (status == 500)


@pytest.mark.parametrize(
    "answer", [httpx.Response(503, headers={"retry-after": "0"}), bad(5, "busy", 429, retry_after="0")]
)
async def test_throttling_is_waited_for(answer: httpx.Response) -> None:
    """429 and a dated 503 are tried again, also with an envelope."""
    server = Server(answer, good("pong"))
    async with server.client(retry=EAGER) as lastline:
        assert await lastline.ping() == "pong"
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "tries"), [(bad(5, "no"), 1), (bad(5, "no", 500), 4), (httpx.Response(502), 4)]
)
async def test_what_is_tried_again(answer: httpx.Response, tries: int) -> None:
    """A refusal with HTTP 200 is final; what fails by status is tried again, since nothing is written."""
    server = Server(answer)
    async with server.client() as lastline:
        with pytest.raises(StatusError):
            await lastline.ping()
    assert len(server.requests) == tries


XML_GOOD = (
    b'<?xml version="1.0"?><result><success>1</success><data><success>0</success><x>&lt;&amp;</x></data></result>'
)
XML_BAD = (
    b"<result><data/><error>Not <![CDATA[<allowed>]]> &amp; so on</error><error_code> 5 </error_code>"
    b"<success>0</success></result>"
)
BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><result><success>1</success><data>&b;</data></result>'
)


async def test_raw_xml_as_it_came() -> None:
    """XML is asked for by its suffix, and given as it came; of it the envelope alone is read."""
    server = Server(httpx.Response(200, content=XML_GOOD, headers={"content-type": "text/xml"}))
    async with server.client() as lastline:
        response = await lastline.raw("monitoring/metric/list", {"timezone": "UTC"}, response_format="xml")
    assert response.body == XML_GOOD
    assert server.seen == ["GET /monitoring/metric/list.xml"]
    assert (server.query, server.requests[0].headers["accept"]) == ({"timezone": "UTC"}, "application/xml")


async def test_raw_json_as_it_came() -> None:
    """JSON is given as it came, too, with the whole envelope."""
    server = Server(good(["counter.a"]))
    async with server.client() as lastline:
        response = await lastline.raw("monitoring/metric/list")
    assert response.json() == {"success": 1, "data": ["counter.a"]}
    assert server.seen == ["GET /monitoring/metric/list.json"]


XML_FAILURES: list[tuple[httpx.Response, type[TocsinError], str]] = [
    (httpx.Response(200, content=XML_BAD), LastlineError, "error 5: Not <allowed> & so on"),
    (httpx.Response(200, content=b"<result><success>0</success></result>"), LastlineError, "says only"),
    (httpx.Response(200, content=b"<result><success>1</success></result>"), DecodeError, 'no "data"'),
    (httpx.Response(200, content=b"<result><data>1</data></result>"), DecodeError, 'no "success"'),
    (httpx.Response(200, content=b"<result><success>1</success>"), DecodeError, "not whole XML"),
    (httpx.Response(200, content=BOMB), DecodeError, "document type"),
    (httpx.Response(200, content=b'{"success": 1, "data": 1}'), DecodeError, "not whole XML"),
    (httpx.Response(502, content=b"<html>bad gateway</p>"), ServerError, "HTTP 502"),
]


@pytest.mark.parametrize(("answer", "kind", "said"), XML_FAILURES)
async def test_xml_is_judged(answer: httpx.Response, kind: type[TocsinError], said: str) -> None:
    """An XML answer fails by its envelope as one in JSON does; one that declares entities is refused."""
    error = await failure(answer, "/monitoring/metric/list.xml")
    assert type(error) is kind
    assert said in error.message


async def test_xml_signs_in_again() -> None:
    """A session that is over is begun anew for XML, too."""
    over = httpx.Response(200, content=b"<result><success>0</success><error_code>3004</error_code></result>")
    server = Server(over, httpx.Response(200, content=XML_GOOD))
    async with server.client() as lastline:
        await lastline.raw("monitoring/metric/list", response_format="xml")
    assert server.cookies == ["PHPSESSID=session-1", "PHPSESSID=session-2"]


@pytest.mark.parametrize(
    ("function", "options"),
    [("monitoring/../login", {}), ("", {}), ("a//b", {}), (7, {}), ("ping", {"response_format": "pdf"})],
)
async def test_raw_refuses_other_paths(function: str, options: dict[str, str]) -> None:
    """A function that would be another path, or another format, is refused before anything is sent."""
    server = Server(good("pong"))
    async with server.client() as lastline:
        with pytest.raises(InputError):
            await lastline.raw(function, **options)  # type: ignore[arg-type]
    assert (server.requests, server.logins) == ([], [])


@pytest.mark.parametrize(("module", "path"), [(None, "/ping.json"), ("monitoring", "/monitoring/ping.json")])
async def test_ping(module: str | None, path: str) -> None:
    """The whole and each module have a ping."""
    server = Server(good("pong"))
    async with server.client() as lastline:
        assert await lastline.ping(module) == "pong"
    assert server.seen == [f"GET {path}"]


async def test_permission_denied_for_good() -> None:
    """A user who may not view appliances gets an AuthError with the server's own words."""
    server = Server(bad(None, "Permission denied: can_view_appliances"))
    async with server.client() as lastline:
        with pytest.raises(AuthError, match="can_view_appliances"):
            await lastline.metrics.list().first()
    assert len(server.logins) == 2


def test_text_of_the_data_is_passed_over() -> None:
    """Of the data of an XML answer nothing is kept, be it text, which comes line by line, or elements."""
    peaks: list[int] = []
    for inside in (b"%s", b"<text>%s</text>"):
        body = b"<result><success>1</success><data>%s</data></result>" % (inside % (b"some text\n" * 20_000))
        tracemalloc.start()
        try:
            assert judge(Request("GET", "/x.xml"), Answer(200, Headers(), body)) is None
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[0] < peaks[1] + len(body) / 10
