"""What both wires do with a request before it goes out: refuse what HTTP cannot carry, find its origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from tocsin.errors import NotSentError
from tocsin.transport.messages import METHODS, header_fault

T = TypeVar("T")

#: Both libraries send such a URL as it stands; others they would quote, cut or resolve, each in its own way.
_URL = re.compile(
    r"(?P<origin>https?://(?:(?:[\w~%-]{1,63}\.)*[\w~%-]{1,63}\.?|\[[\da-fA-F:.]+\])(?::(?P<port>\d{1,5}))?)"
    r"(?:/(?!\.\.?(?:[/?]|$))[\w.~!$&'()*+,;=:@%-]*)*"
    r"(?:\?[\w.~!$&()*+,;=:@%/?\[\]|^\\-]*)?",
    re.ASCII,
)

#: What both wires decode; asked for unless the caller asks for something else.
ACCEPT_ENCODING = "gzip, deflate"


def origin_of(url: str) -> str:
    """Scheme, host and port of an absolute, encoded URL, as they stand in it.

    Raises NotSentError for anything that would not go out exactly as given: an unencoded character, a
    fragment, userinfo, a "." or ".." segment.
    """
    match = _URL.fullmatch(url)
    if match is None or int(match["port"] or 0) > 65535:
        raise NotSentError("the URL is not an absolute and fully encoded http or https URL")
    return match["origin"]


def check_method(method: str) -> None:
    """Raises NotSentError for what is no method, or one that needs more than a request and an answer."""
    if method not in METHODS:
        raise NotSentError(f"the method must be one of {', '.join(sorted(METHODS))}")


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse what HTTP/1.1 cannot carry. Raises NotSentError, which never shows a header's value."""
    for name, value in headers.items():
        if fault := header_fault(name, value):
            raise NotSentError(fault)


class Prepared(Generic[T]):
    """Headers in the form that a library wants, made once for as long as they stay the same.

    A client sends the same few headers with nearly every request, and checking them costs more than all else
    that a wire does by itself.
    """

    def __init__(self, build: Callable[[Mapping[str, str]], T]) -> None:
        self._build = build
        self._last: tuple[dict[str, str], T] | None = None

    def get(self, headers: Mapping[str, str]) -> T:
        """The prepared form of `headers`; NotSentError where they cannot be sent."""
        if self._last is None or self._last[0] != headers:
            check_headers(headers)
            self._last = dict(headers), self._build(headers)
        return self._last[1]
