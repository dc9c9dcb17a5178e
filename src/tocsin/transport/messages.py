"""One request and its answer, as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from attrs import evolve, field, frozen

from tocsin.errors import DecodeError, InputError
from tocsin.options import CallOptions, check_kinds

Params = tuple[tuple[str, str], ...]


class Headers(Mapping[str, str]):
    """An answer's headers: names in any case, values joined with ", " where a name repeats (RFC 9110, 5.2).

    Kept as the bytes that came in, and read when first asked for.
    """

    __slots__ = ("_index", "raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.raw = raw if isinstance(raw, tuple) else tuple(raw)
        self._index: dict[str, str] | None = None

    def _read(self) -> dict[str, str]:
        if self._index is None:
            index: dict[str, str] = {}
            for key, value in self.raw:
                name, text = key.decode("latin-1").lower(), value.decode("latin-1")
                index[name] = f"{index[name]}, {text}" if name in index else text
            self._index = index
        return self._index

    def __getitem__(self, name: str) -> str:
        return self._read()[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return f"<Headers {', '.join(self)}>"


@frozen
class Request:
    """What a service method asks for. Holds no token and no host: the pipeline adds both.

    Attributes:
        path: below the base URL, every part already percent-encoded (see `path`).
        params: decoded query pairs, in order.
        body: the encoded body; its type stands in `headers`.
        idempotent: whether doing it twice is as good as once; None leaves it to the method (RFC 9110, 9.2.2).
        sign: whether the credential signs it; sign-in calls themselves are sent bare.
    """

    method: str
    path: str
    params: Params = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    idempotent: bool | None = None
    sign: bool = True

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again when it is unknown if the first time was acted on."""
        if self.idempotent is None:
            return self.method in _IDEMPOTENT
        return self.idempotent

    @property
    def target(self) -> str:
        """Path and query, as they stand in the request line.

        Raises InputError for a parameter that UTF-8 cannot carry.
        """
        if not self.params:
            return self.path
        try:
            return f"{self.path}?{urlencode(self.params)}"
        except UnicodeEncodeError:
            raise InputError("a query parameter has a character that UTF-8 cannot carry") from None


#: The methods that are one request and one answer.
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})


@frozen
class Meta:
    """How an answer was had: attempts, seconds in all, the server's request id, the host."""

    attempts: int = 1
    elapsed: float = 0.0
    request_id: str | None = None
    host: str = ""


@frozen
class Response:
    """A whole answer, read to its end."""

    status: int
    headers: Headers
    body: bytes = field(repr=False)
    meta: Meta = field(factory=Meta)

    def json(self) -> Any:
        """The body, as JSON says.

        Raises DecodeError where it is not JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            failure = DecodeError(f"the answer is not whole JSON ({error})", status=self.status)
        raise failure


def segment(value: str | int) -> str:
    """One path segment, percent-encoded whole, so that no id leaves its place (RFC 3986, 3.3).

    Raises InputError for what no encoding can keep in place: nothing at all, "." and "..".
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"a part of a path must be a str or an int, not {type(value).__name__}")
    text = str(value)
    if text in {"", ".", ".."}:
        raise InputError(f"{text!r} cannot be a part of a path")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise InputError("a part of a path has a character that UTF-8 cannot carry") from None


def path(*parts: str | int, slash: bool = False) -> str:
    """Parts joined to a path, each in its own segment; `slash` closes it with "/"."""
    return "/" + "/".join([segment(part) for part in parts]) + ("/" if slash else "")


def with_call(request: Request, call: CallOptions) -> Request:
    """The request with what the call adds to it.

    Raises TypeError for an option that there is none of.
    """
    if not call:
        return request
    if unknown := set(call) - set(CallOptions.__annotations__):
        raise TypeError(f"unknown argument {', '.join(sorted(unknown))}")
    check_kinds(call)
    params = check_params(call.get("extra_params", {}))
    headers = check_headers(call.get("extra_headers", {}))
    if params:
        names = {name for name, _ in params}
        request = evolve(request, params=(*[p for p in request.params if p[0] not in names], *params))
    return evolve(request, headers={**request.headers, **headers}) if headers else request


def check_params(params: Mapping[str, str] | Sequence[tuple[str, str]]) -> Params:
    """Query pairs, if they are text.

    Raises InputError without showing a value.
    """
    pairs = tuple(params.items()) if isinstance(params, Mapping) else tuple(params)
    for name, value in pairs:
        if not isinstance(name, str) or not isinstance(value, str):
            raise InputError(f"query parameters must be str: {name!r} is {type(value).__name__}")
    return pairs


#: RFC 9110, 5.1 and 5.5: a name, and visible ASCII with blanks inside only. HTTP libraries do not agree on how to
#: encode more.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~\w-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")
#: Made from the body, by the wire alone: a second opinion would break the framing.
_FRAMING = frozenset({"content-length", "transfer-encoding"})


def header_fault(name: str, value: str) -> str | None:
    """Why a header cannot be sent, without its value; None if it can."""
    if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
        return f"the header {name!r} has a character that cannot be sent, or a blank at an end"
    if name.lower() in _FRAMING:
        return f"the header {name!r} follows from the body and cannot be given"
    return None


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with names in lower case, if they can be sent.

    Raises InputError without showing a value.
    """
    if not isinstance(headers, Mapping):
        raise InputError(f"headers must be a mapping of str to str, not {type(headers).__name__}")
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise InputError(f"headers must map str to str: {name!r} is {type(value).__name__}")
        if fault := header_fault(name, value):
            raise InputError(fault)
    return {name.lower(): value for name, value in headers.items()}


def request_id(headers: Mapping[str, str]) -> str | None:
    """The server's own id of a request, under the names that servers use."""
    return headers.get("x-request-id") or headers.get("x-openstack-request-id")
