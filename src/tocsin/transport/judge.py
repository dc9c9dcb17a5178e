"""What an answer means. One pure function for each backend, made of the pieces here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from attrs import frozen

from tocsin.errors import StatusError, TocsinError
from tocsin.transport.messages import Request, request_id
from tocsin.transport.observe import HIDDEN
from tocsin.transport.retry import parse_retry_after, throttles
from tocsin.transport.wire import Answer


@frozen
class SignInAgain:
    """The token is not accepted; another may be."""

    error: TocsinError


@frozen
class Throttled:
    """The host wants fewer requests; it did nothing."""

    error: StatusError


@frozen
class Failed:
    """The request failed."""

    error: TocsinError


Verdict = SignInAgain | Throttled | Failed

#: What reading JSON may raise; RecursionError for what is nested too deep.
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: None is a good answer.
Judge = Callable[[Request, Answer], Verdict | None]

#: From a body that is JSON: a sentence, and messages by field.
Explain = Callable[[Any], tuple[str, Mapping[str, list[str]]]]


def judge_status(request: Request, answer: Answer, explain: Explain) -> Verdict | None:
    """By the status alone: 2xx is good, 401 asks for another token, 429 and a dated 503 throttle."""
    if 200 <= answer.status < 300:
        return None
    error = status_error(answer, explain)
    if answer.status == 401 and request.sign:
        return SignInAgain(error)
    return Throttled(error) if throttles(error) else Failed(error)


def status_error(answer: Answer, explain: Explain) -> StatusError:
    """The error for an answer, with what its body says."""
    status = answer.status
    message, errors = _read(answer, explain)
    if 300 <= status < 400:
        # Without query and fragment, which may hold a token.
        location = re.split("[?#]", answer.headers.get("location", ""), maxsplit=1)[0]
        message = f"redirected to {location!r}; redirects are not followed: is the base URL right?"
    return StatusError.for_status(status)(
        f"HTTP {status}: {message}" if message else f"HTTP {status}",
        status=status,
        body=answer.body,
        errors=errors,
        request_id=request_id(answer.headers),
        retry_after=parse_retry_after(answer.headers.get("retry-after"), answer.headers.get("date")),
    )


def _read(answer: Answer, explain: Explain) -> tuple[str, Mapping[str, list[str]]]:
    if not answer.body:
        return "", {}
    try:
        return explain(msgspec.json.decode(answer.body))
    except NOT_JSON:
        return excerpt(answer.body), {}


#: A member of a JSON object that is secret by its name; it may be cut off.
_SECRET_MEMBER = re.compile(r'(?i)("[^"]*(?:token|passw|secret|key|auth)[^"]*"\s*:\s*")[^"]*')


def excerpt(body: bytes, size: int = 200) -> str:
    """The beginning of a body on one line, for a message; without what JSON names as secret."""
    text = " ".join(body[: size * 4].decode("utf-8", "replace").split())
    text = text if len(text) <= size else text[:size] + "…"
    return _SECRET_MEMBER.sub(rf"\g<1>{HIDDEN}", text)
