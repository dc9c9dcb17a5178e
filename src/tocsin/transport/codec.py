"""JSON bytes to models and back, with msgspec: one compiled decoder for each type.

Unknown fields are ignored. A type that msgspec does not know decodes by its own `from_json` class method.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar, cast

import msgspec
from attrs import AttrsInstance, asdict, field, has, make_class

from tocsin.errors import DecodeError, InputError
from tocsin.transport.judge import NOT_JSON, excerpt
from tocsin.transport.messages import Response

T = TypeVar("T")


class _AttrsView:
    """What `attrs.fields`, `asdict` and `evolve` look for in a class; made when they first do."""

    def __get__(self, instance: object, model: type[Model]) -> Any:
        made: Any = make_class(model.__name__, {name: field() for name in model.__struct_fields__})
        model.__attrs_attrs__ = made.__attrs_attrs__
        return made.__attrs_attrs__


class Model(msgspec.Struct, frozen=True, gc=False):
    """Base of what APIs say: a frozen class for attrs, laid out as a struct of msgspec.

    Decoding a page of incidents into classes that `attrs` itself lays out takes 1.4 times the instructions:
    msgspec sets and looks up each of their fields by name. And the garbage collector, which walks over all it
    tracks while pages come and go, takes as long as the decoding; what was read from JSON has no cycles to find.
    """

    __attrs_attrs__: ClassVar[Any] = _AttrsView()

    #: Whether numbers and flags may come as text, and times as seconds since 1970.
    lax: ClassVar[bool] = False

    @classmethod
    def reworded(cls, said: Any) -> Any:  # noqa: ARG003 - for those that have other words
        """A JSON value that could not be read as this, in the words that the fields are in.

        For APIs that write a thing in several ways: the usual one is read as fast as any, and the others here.
        Raises ValueError where there is no other way.
        """
        raise ValueError


class FromJson(Protocol):
    """A class that reads itself from a JSON value; raises ValueError for one that it cannot read."""

    @classmethod
    def from_json(cls, value: object) -> Any: ...


def _read(type_: type[FromJson], value: object) -> Any:
    return type_.from_json(value)


def _write(value: object) -> Any:
    raise InputError(f"{type(value).__name__} cannot be sent as JSON")


_decoders: dict[tuple[Any, bool], msgspec.json.Decoder[Any]] = {}


def decoder(type_: Any, of: Any = None) -> msgspec.json.Decoder[Any]:
    """The compiled decoder of a type, which is as lax as that is, or as `of` is; compiled once."""
    lax = bool(getattr(of if of is not None else type_, "lax", False))
    found = _decoders.get((type_, lax))
    if found is None:
        found = _decoders[type_, lax] = msgspec.json.Decoder(type_, strict=not lax, dec_hook=_read)
    return found


_encoder = msgspec.json.Encoder(enc_hook=_write)


def decode(type_: type[T], response: Response) -> T:
    """The body as a `type_`.

    Raises DecodeError, with the JSON path where there is one, and with the content type where it is not JSON.
    """
    try:
        return read(type_, response.body)
    except NOT_JSON as error:
        failure = decode_error(response, error)
    raise failure


def read(type_: type[T], json: bytes | msgspec.Raw) -> T:
    """JSON as a `type_`, reworded where it must be. Raises as msgspec does."""
    try:
        return cast("T", decoder(type_).decode(json))
    except msgspec.ValidationError as error:
        failure = error
    if isinstance(type_, type) and issubclass(type_, Model):
        try:
            return _convert(type_.reworded(msgspec.json.decode(json)), type_)
        except msgspec.ValidationError as error:
            failure = error  # what is wrong in any words
        except ValueError:
            pass
    raise failure


def convert(value: object, type_: type[T]) -> T:
    """A JSON value, already decoded, as a `type_`.

    Raises a plain ValueError: to that, and not to its own, msgspec adds the path where a `from_json` raises it.
    """
    try:
        return _convert(value, type_)
    except msgspec.ValidationError as error:
        message = str(error)
    raise ValueError(message)


def _convert(value: object, type_: type[T]) -> T:
    return msgspec.convert(value, type_, strict=not getattr(type_, "lax", False), dec_hook=_read)


def decode_error(response: Response, error: Exception) -> DecodeError:
    """What is wrong with an answer that did not decode."""
    if isinstance(error, msgspec.ValidationError):
        return DecodeError(str(error), path=path_of(error), status=response.status)
    kind = response.headers.get("content-type", "")
    if not response.body:
        why = "the answer is empty, and should be JSON"
    elif kind and "json" not in kind.lower():
        why = f"the answer is {kind}, and should be JSON: is the base URL right?"
    else:
        why = f"the answer is not whole JSON ({error})"
    return DecodeError(why, status=response.status, excerpt=excerpt(response.body, 80))


def path_of(error: msgspec.ValidationError) -> str:
    """The JSON path in a validation error of msgspec: "… - at `$.results[3].pk`"."""
    _, found, path = str(error).rpartition(" - at `")
    return path.rstrip("`") if found else "$"


def encode(value: object) -> bytes:
    """`value` as JSON.

    Raises InputError for a naive datetime, a number that JSON has no word for, or a type it does not know.
    """
    try:
        check(value)
    except RecursionError:
        raise InputError("the value is nested too deep, or contains itself") from None
    return _encoder.encode(value)


def check(value: object, where: str = "") -> None:
    """Whether JSON can carry all of `value` and loses nothing.

    Raises InputError, which names the place.
    """
    if isinstance(value, datetime):
        aware(value, where or "the time")
    if isinstance(value, dict):
        for key, item in cast("dict[object, object]", value).items():
            if not isinstance(key, str):
                raise InputError(f"{where or 'the mapping'} has a key that is no str: {key!r}")
            check(key, f"a key of {where or 'the mapping'}")
            check(item, f"{where}.{key}" if where else key)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(cast("Sequence[object]", value)):
            check(item, f"{where}[{index}]")
    elif isinstance(value, float) and value - value != 0:
        raise InputError(f"{where or 'the number'} is {value!r}, which JSON cannot carry")
    elif isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise InputError(f"{where or 'the number'} has more than 64 bits")
    elif isinstance(value, bytes | bytearray | set | frozenset):
        _write(cast("object", value))
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InputError(f"{where or 'the text'} has a character that UTF-8 cannot carry") from None
    elif has(type(value)):
        check(asdict(cast("AttrsInstance", value), recurse=False), where)


def aware(when: object, name: str) -> datetime:
    """`when`, if it is an aware datetime.

    Raises InputError for anything else; for a naive one the message says how to make it aware.
    """
    if not isinstance(when, datetime):
        raise InputError(f"{name} must be a datetime, not {type(when).__name__}")
    if when.utcoffset() is None:
        raise InputError(
            f"{name} is a naive datetime, of no known zone: "
            f"pass {name}.astimezone() for local time, or datetime.now(UTC)"
        )
    return when
