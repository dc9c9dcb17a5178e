"""Requests and answers as plain values, and what of a caller's input may go into them."""

import pickle
import string
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given, strategies as st

from tocsin.errors import ConfigError, DecodeError, InputError
from tocsin.options import RetryPolicy
from tocsin.transport.messages import (
    Headers,
    Meta,
    Request,
    Response,
    check_headers,
    check_params,
    path,
    request_id,
    segment,
    with_call,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT.filter(lambda text: text not in {"", ".", ".."}))
def test_segment_stays_in_its_place(text: str) -> None:
    """Whatever an id holds, it is one segment of the path and comes out as it went in."""
    encoded = segment(text)
    assert unquote(encoded) == text
    assert set(encoded) <= set(string.ascii_letters + string.digits + "-._~%")
    assert urlsplit(f"http://x/{encoded}").path == f"/{encoded}"


@pytest.mark.parametrize("value", ["", ".", "..", True, None, 1.5, b"a", "\ud800"])
def test_bad_segment(value: object) -> None:
    """Nothing, dots, other types and lone surrogates are refused."""
    with pytest.raises(InputError, match="part of a path"):
        segment(value)


@pytest.mark.parametrize(
    ("parts", "slash", "expected"),
    [
        (("incidents",), False, "/incidents"),
        (("incidents", 7, "acks"), True, "/incidents/7/acks/"),
        (("a/b", "../c", "ü?#"), False, "/a%2Fb/..%2Fc/%C3%BC%3F%23"),
    ],
)
def test_path(parts: tuple[str | int, ...], slash: bool, expected: str) -> None:
    """Parts are joined, each whole in its own segment."""
    assert path(*parts, slash=slash) == expected


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5))
def test_query_round_trip(params: list[tuple[str, str]]) -> None:
    """Any text in a query comes out as it went in."""
    target = Request("GET", "/a", tuple(params)).target
    assert target.startswith("/a")
    assert parse_qsl(urlsplit(target).query, keep_blank_values=True) == params


def test_query_that_cannot_be_sent() -> None:
    """A lone surrogate in a query is refused as input."""
    with pytest.raises(InputError, match="query parameter"):
        Request("GET", "/a", (("q", "\ud800"),)).target  # noqa: B018 - the property does the work


@pytest.mark.parametrize(
    ("method", "idempotent", "repeatable"),
    [
        ("GET", None, True), ("HEAD", None, True), ("OPTIONS", None, True), ("PUT", None, True),
        ("DELETE", None, True), ("POST", None, False), ("PATCH", None, False),
        ("POST", True, True), ("GET", False, False),
    ],
)  # fmt: skip
def test_repeatable(method: str, idempotent: bool | None, repeatable: bool) -> None:
    """The method tells what may be repeated, unless the caller knows better."""
    assert Request(method, "/", idempotent=idempotent).repeatable is repeatable


def test_headers() -> None:
    """Names in any case, repeated ones joined, bytes beyond ASCII kept."""
    headers = Headers([(b"X-A", b"1"), (b"x-a", b"2"), (b"Date", b"\xff")])
    assert headers["X-a"] == "1, 2"
    assert headers["date"] == "\xff"
    assert headers.get("none") is None
    assert list(headers) == ["x-a", "date"]
    assert len(headers) == 2
    assert headers == Headers(((b"x-a", b"1, 2"), (b"date", b"\xff")))
    assert pickle.loads(pickle.dumps(headers)) == headers


def test_reprs_show_no_content() -> None:
    """Reprs tell names and states, never a body, a header's value or a parameter."""
    headers = Headers([(b"Set-Cookie", b"hunter2")])
    request = Request("GET", "/a", (("key", "hunter2"),), b"hunter2", {"x": "hunter2"})
    response = Response(200, headers, b"hunter2", Meta())
    assert "hunter2" not in f"{headers!r} {request!r} {response!r}"
    assert "set-cookie" in repr(headers)


def test_response_as_json() -> None:
    """An answer's body is read as JSON."""
    assert Response(200, Headers(), b'{"a": [1, null]}').json() == {"a": [1, None]}


@pytest.mark.parametrize("body", [b"", b"<p>hello", b'{"a": ', b'"\xff"', b"[" * 100_000])
def test_response_that_is_no_json(body: bytes) -> None:
    """What is no JSON is a DecodeError with the status, and keeps nothing of the body."""
    with pytest.raises(DecodeError, match="not whole JSON") as caught:
        Response(203, Headers(), body).json()
    assert caught.value.status == 203
    assert caught.value.excerpt == ""


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ([(b"X-Request-ID", b"a")], "a"),
        ([(b"X-Openstack-Request-Id", b"b")], "b"),
        ([(b"x-request-id", b"a"), (b"x-openstack-request-id", b"b")], "a"),
        ([], None),
    ],
)
def test_request_id(headers: list[tuple[bytes, bytes]], found: str | None) -> None:
    """The id of a request, by the names that servers use."""
    assert request_id(Headers(headers)) == found


@pytest.mark.parametrize(
    "headers",
    [
        {"": "a"}, {"a b": "c"}, {"a:": "c"}, {"ä": "c"}, {"a\n": "c"}, {"a": "b\r\nc: d"}, {"a": " b"},
        {"a": "b\t"}, {"a": "\x7f"}, {"a": "ü"}, {"a": 1}, {1: "a"}, {"a": None}, {"Content-Length": "3"},
        {"transfer-encoding": "chunked"}, [("a", "b")], None,
    ],
)  # fmt: skip
def test_bad_headers(headers: object) -> None:
    """What HTTP cannot carry as a header, or what follows from the body, is refused."""
    with pytest.raises(InputError, match="header"):
        check_headers(headers)


def test_bad_header_is_not_shown() -> None:
    """The message names the header, and never shows its value."""
    with pytest.raises(InputError) as caught:
        check_headers({"x-key": "hunter2\n"})
    assert "x-key" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_good_headers() -> None:
    """Names come out in lower case; blanks inside a value and an empty value are fine."""
    assert check_headers({"X-A": "b c\td", "y": ""}) == {"x-a": "b c\td", "y": ""}


@pytest.mark.parametrize("params", [{"a": 1}, {"a": None}, {1: "a"}, [("a", True)]])
def test_bad_params(params: object) -> None:
    """A parameter that is no text would go out as Python spells it, and is refused."""
    with pytest.raises(InputError, match="query parameters must be str"):
        check_params(params)


def test_with_call() -> None:
    """A call's own parameters replace those of the same name; its headers are added."""
    request = Request("GET", "/a", (("a", "1"), ("a", "2"), ("b", "3")), headers={"x": "1", "y": "2"})
    changed = with_call(request, {"extra_params": {"a": "9", "c": "4"}, "extra_headers": {"X": "9"}})
    assert changed.params == (("b", "3"), ("a", "9"), ("c", "4"))
    assert changed.headers == {"x": "9", "y": "2"}
    assert with_call(request, {}) is request
    assert with_call(request, {"retry": RetryPolicy()}) is request


def test_with_call_refuses() -> None:
    """An unknown option is a TypeError, as an unknown keyword would be; a wrong kind is a ConfigError."""
    with pytest.raises(TypeError, match="unknown argument page, q"):
        with_call(Request("GET", "/"), {"q": 1, "page": 2})
    with pytest.raises(ConfigError, match="retry must be RetryPolicy"):
        with_call(Request("GET", "/"), {"retry": 3})
