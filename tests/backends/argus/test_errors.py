"""What the client makes of refusals, and of answers that are no answers of Argus."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.backends.argus.server import INCIDENT, Server, page

from tocsin.argus.errors import explain
from tocsin.errors import BadRequestError, DecodeError, NotFoundError, RedirectError, StatusError

SHAPES: list[tuple[Any, str, dict[str, list[str]]]] = [
    ({"level": ["no", "never"]}, "level: no; level: never", {"level": ["no", "never"]}),
    ({"type": "no"}, "type: no", {"type": ["no"]}),
    ({"tags": {"0": {"tag": "no"}}}, "tags.0.tag: no", {"tags.0.tag": ["no"]}),
    ({"non_field_errors": ["no"]}, "no", {"": ["no"]}),
    ({"__all__": ["no"]}, "no", {"": ["no"]}),
    (["no"], "no", {"": ["no"]}),
    ("no", "no", {"": ["no"]}),
    ({"detail": "no"}, "no", {"": ["no"]}),
    ({"a": None}, "", {}),
]


@pytest.mark.parametrize(("body", "message", "errors"), SHAPES)
def test_shapes(body: Any, message: str, errors: dict[str, list[str]]) -> None:
    """All eight shapes of error bodies become a sentence, and messages by field."""
    assert explain(body) == (message, errors)


@pytest.mark.anyio
async def test_refusal_tells_by_field() -> None:
    """A 400 is a BadRequestError with its messages by field."""
    server = Server(httpx.Response(400, json={"level": ['"9" is not a valid choice.']}))
    async with server.client() as argus:
        with pytest.raises(BadRequestError) as caught:
            await argus.incidents.update(7, level=1)
    assert caught.value.errors == {"level": ['"9" is not a valid choice.']}
    assert "PATCH http://argus.test/api/v2/incidents/7/" in str(caught.value)


ODD: list[tuple[str, httpx.Response, type[Exception]]] = [
    ("http://argus.test", httpx.Response(302, headers={"location": "/accounts/login/"}), RedirectError),
    ("http://argus.test", httpx.Response(200, html="<title>Argus</title>"), DecodeError),
    ("http://argus.test/api", httpx.Response(404, html="<title>404 - Page Not Found</title>"), NotFoundError),
    ("http://argus.test/api/v2/incidents", httpx.Response(404, json={"detail": "no"}), NotFoundError),
    ("http://argus.test/api/v1", httpx.Response(410, json={"status": "API v1 has been removed"}), StatusError),
]


@pytest.mark.anyio
@pytest.mark.parametrize(("base_url", "answer", "error"), ODD)
async def test_wrong_base_url(base_url: str, answer: httpx.Response, error: type[Exception]) -> None:
    """With a base URL that is not that of the API v2, a strange answer names the likely one."""
    server = Server(answer)
    async with server.client(base_url=base_url) as argus:
        for call in (argus.incidents.list().first, argus.metadata):
            with pytest.raises(error, match=r"usually at http://argus\.test/api/v2,"):
                await call()


@pytest.mark.anyio
async def test_odd_base_url_that_works() -> None:
    """A base URL of another form is fine as long as Argus answers there, and is not blamed for other errors."""
    server = Server(page(INCIDENT), httpx.Response(400, json=["no"]))
    async with server.client(base_url="http://argus.test/proxied") as argus:
        assert await argus.incidents.list().first()
        with pytest.raises(BadRequestError) as caught:
            await argus.incidents.update(7)
    assert "usually" not in str(caught.value)


@pytest.mark.anyio
async def test_html_where_the_base_url_is_right() -> None:
    """Below the right base URL an HTML page is no answer either, and its title is the message of an error."""
    server = Server(httpx.Response(200, html="<p>hello"), httpx.Response(404, html="<p>gone"))
    async with server.client() as argus:
        with pytest.raises(DecodeError, match="text/html"):
            await argus.incidents.get(7)
        with pytest.raises(NotFoundError, match="HTTP 404: <p>gone"):
            await argus.incidents.get(7)


@pytest.mark.anyio
async def test_metadata_of_something_else() -> None:
    """JSON that is not the metadata of an Argus server is a DecodeError."""
    server = Server(httpx.Response(200, json={"name": "other"}))
    async with server.client() as argus:
        with pytest.raises(DecodeError, match="not the metadata of an Argus server"):
            await argus.metadata()


@pytest.mark.anyio
async def test_metadata_needs_no_token() -> None:
    """The metadata is asked for above the API, and the token is not sent there."""
    server = Server(httpx.Response(200, json={"server-version": "2.10.2", "api-version": {"stable": "v2"}}))
    async with server.client() as argus:
        said = await argus.metadata()
    assert (said.server_version, said.api_version, server.requests[0].url.path) == (
        "2.10.2",
        {"stable": "v2"},
        "/api/",
    )
    assert "authorization" not in server.requests[0].headers


@pytest.mark.anyio
async def test_bad_row_is_skipped_or_raised() -> None:
    """A malformed incident raises with its path, or is put aside."""
    server = Server(page(INCIDENT, INCIDENT | {"pk": "x"}))
    async with server.client() as argus:
        with pytest.raises(DecodeError) as caught:
            await argus.incidents.list().collect()
        assert caught.value.row == 1
        async for found in argus.incidents.list(on_bad_row="skip").pages():
            assert (len(found.items), found.bad_rows[0].path) == (1, "$.results[1].pk")
