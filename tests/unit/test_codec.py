"""JSON to models and back, and what is said of that which is neither."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar

import msgspec
import pytest
from attrs import frozen
from hypothesis import given, strategies as st

from tocsin.errors import DecodeError, InputError
from tocsin.transport.codec import Model, aware, check, convert, decode, decoder, encode, path_of
from tocsin.transport.messages import Headers, Response

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)  # fmt: skip


@frozen
class Row:
    pk: int
    name: str = ""


@frozen
class Rows:
    results: list[Row]


class Odd:
    """Reads itself."""

    def __init__(self, value: object) -> None:
        self.value = value

    @classmethod
    def from_json(cls, value: object) -> "Odd":
        if value == "bad":
            raise ValueError("it is bad")
        return cls(value)


def response(body: bytes, kind: str = "application/json") -> Response:
    return Response(200, Headers([(b"content-type", kind.encode())]), body)


def test_decode() -> None:
    """A body becomes its model; fields that are not known are let go."""
    assert decode(Rows, response(b'{"results": [{"pk": 1, "new": []}], "x": 1}')) == Rows([Row(1)])
    assert decoder(Rows) is decoder(Rows)


def test_decode_by_itself() -> None:
    """A type of ours may read itself; what it says of a bad value reaches the error."""
    assert decode(list[Odd], response(b'[{"a": 1}]'))[0].value == {"a": 1}
    with pytest.raises(DecodeError, match="it is bad") as caught:
        decode(list[Odd], response(b'["bad"]'))
    assert caught.value.path == "$[0]"


@pytest.mark.parametrize(
    ("body", "kind", "message", "path", "excerpt"),
    [
        (b'{"results": [{"pk": "x"}]}', "application/json", "Expected `int`", "$.results[0].pk", ""),
        (b"[]", "application/json", "Expected `object`", "$", ""),
        (b"", "application/json", "the answer is empty", None, ""),
        (b"<html>  hi", "text/html; charset=utf-8", "is text/html.* base URL right", None, "<html> hi"),
        (b'{"results": [', "application/json", "not whole JSON", None, '{"results": ['),
        (b'{"results": [', "", "not whole JSON", None, '{"results": ['),
        (
            b'{"results": [{"pk": 1, "name": "\xff"}]}',
            "",
            "not whole JSON",
            None,
            '{"results": [{"pk": 1, "name": "�"}]}',
        ),
    ],
)
def test_decode_errors(body: bytes, kind: str, message: str, path: str | None, excerpt: str) -> None:
    """Each way not to be the model has its words, and the place if there is one."""
    with pytest.raises(DecodeError, match=message) as caught:
        decode(Rows, response(body, kind))
    assert caught.value.path == path
    assert caught.value.excerpt == excerpt
    assert caught.value.status == 200
    assert caught.value.__context__ is None


def test_decode_too_deep() -> None:
    """A body that is nested beyond reading is a DecodeError."""
    with pytest.raises(DecodeError, match="not whole JSON") as caught:
        decode(Any, response(b"[" * 100_000))
    assert caught.value.excerpt == "[" * 80 + "…"


@given(st.binary())
def test_decode_never_fails_otherwise(body: bytes) -> None:
    """Whatever comes, it decodes or is a DecodeError."""
    try:
        decode(Any, response(body))
    except DecodeError:
        with pytest.raises((ValueError, RecursionError)):
            json.loads(body.decode(), parse_constant=int)


class Loose(Model, frozen=True):
    """Has other words for a flag."""

    on: bool = False
    size: int = 0

    lax: ClassVar[bool] = True

    @classmethod
    def reworded(cls, said: Any) -> Any:
        if said["on"] not in {"yes", "no"}:
            raise ValueError("neither yes nor no")
        return {**said, "on": said["on"] == "yes"}


@pytest.mark.parametrize(
    "body", [b'{"on": true, "size": 7}', b'{"on": "1", "size": "7"}', b'{"on": "yes", "size": 7}']
)
def test_decode_other_words(body: bytes) -> None:
    """A lax model takes numbers and flags as text, and what else it has words for."""
    assert decode(Loose, response(body)) == Loose(on=True, size=7)


@pytest.mark.parametrize(
    ("body", "path"),
    [(b'{"on": "perhaps", "size": 7}', "$.on"), (b'{"on": "yes", "size": "much"}', "$.size")],
)
def test_decode_no_words(body: bytes, path: str) -> None:
    """The error names what can be read in no words, and not what it had other words for."""
    with pytest.raises(DecodeError) as caught:
        decode(Loose, response(body))
    assert caught.value.path == path


def test_convert() -> None:
    """What was decoded already becomes a model in the same way; its errors are plain, with the place."""
    assert convert({"on": "1", "size": "7"}, Loose) == Loose(on=True, size=7)
    with pytest.raises(ValueError, match=r"\$\.size") as caught:
        convert({"size": []}, Loose)
    assert type(caught.value) is ValueError


@pytest.mark.parametrize(("message", "path"), [("Expected `int` - at `$.a[0]`", "$.a[0]"), ("Expected", "$")])
def test_path_of(message: str, path: str) -> None:
    """The path is read from the message of msgspec."""
    assert path_of(msgspec.ValidationError(message)) == path


@given(JSON)
def test_encode_round_trip(value: object) -> None:
    """All that JSON can carry comes out as it went in."""
    assert json.loads(encode(value)) == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1.0, float("nan")]}, r"a\[1\] is nan"),
        (float("inf"), "the number is inf"),
        ({"a": {1: 2}}, "a has a key that is no str: 1"),
        ({1: 2}, "the mapping has a key that is no str"),
        ({"a": "\ud800"}, "a has a character"),
        ("\ud800", "the text has a character"),
        ({"\ud800": 1}, "a key of the mapping has a character"),
        ({"when": datetime(2026, 1, 1)}, r"when is a naive datetime.*when\.astimezone\(\)"),
        (datetime(2026, 1, 1), "the time is a naive datetime"),
        ({"a": object()}, "object cannot be sent as JSON"),
        ({"a": 2**70}, "a has more than 64 bits"),
        ({"a": {1.5}}, "set cannot be sent as JSON"),
        ({"a": b"x"}, "bytes cannot be sent as JSON"),
    ],
)
def test_encode_refuses(value: object, message: str) -> None:
    """What JSON would lose or twist is refused, and the place is named."""
    with pytest.raises(InputError, match=message):
        encode(value)


def test_encode_looks_into_models() -> None:
    """A model is looked through like a mapping."""

    @frozen
    class Sample:
        value: float

    assert encode({"s": Sample(1.5)}) == b'{"s":{"value":1.5}}'
    with pytest.raises(InputError, match=r"s\.value is nan"):
        encode({"s": Sample(float("nan"))})


def test_encode_itself() -> None:
    """What contains itself is refused."""
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(InputError, match="nested too deep"):
        encode(loop)


@pytest.mark.parametrize(
    "when", [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-3)))]
)
def test_aware(when: datetime) -> None:
    """An aware time passes as it is."""
    assert aware(when, "since") is when
    check({"since": [when]})


@pytest.mark.parametrize("when", ["2026-01-01", 1.0, None, datetime(2026, 1, 1).date()])
def test_no_time(when: object) -> None:
    """What is no datetime is refused by name."""
    with pytest.raises(InputError, match="since must be a datetime"):
        aware(when, "since")
