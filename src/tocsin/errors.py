"""What can go wrong, in one tree.

TocsinError
├── ConfigError            a setting was refused; nothing was sent (also a ValueError)
│   └── InputError         an argument of a call was refused; nothing was sent
├── TransportError         no usable answer came back
│   ├── NotSentError       the request never left: doing it again is safe
│   └── MaybeSentError     the server may have acted on it
├── StatusError            the server answered, and said no
│   ├── RedirectError      3xx: the base URL is probably wrong
│   ├── BadRequestError    400, 422; `errors` says which field
│   ├── ForbiddenError     403
│   ├── NotFoundError      404
│   ├── ConflictError      409
│   ├── PayloadTooLargeError  413
│   ├── RateLimitedError   429
│   ├── ServerError        5xx
│   └── LastlineError      Lastline's own refusal, whatever the status (`tocsin.lastline`)
├── AuthError              signing in failed, or a fresh token was refused
├── DecodeError            the answer is not what this API sends
├── PagingError            a walk over pages cannot go on without losing or doubling rows
│   ├── PagingLoopError    the server repeats a page for ever
│   └── PagingShiftError   rows moved under the walk
├── NotSupported           this API does not offer the thing
├── CheckTimeoutError      a monitor was not checked in time (`tocsin.acsmonitor`)
└── BatchError             not all of many rows were written (`tocsin.monasca`): tells which, as far as is known

Every one is plain data: it pickles, and holds no request, no client and no secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class TocsinError(Exception):
    """Base of all that tocsin raises on purpose.

    Attributes:
        method, url: the request it was about, secrets taken out; None where there was none.
        request_id: the server's own id of the request, if it sent one.
        attempts: how often the request was tried; 0 where nothing was tried.
        retry_after: seconds that the server asked to wait, if it did.
        checkpoint: where a walk over pages stood (the JSON form of a `Checkpoint`), if it was one.
        earlier: one line for each failed attempt before the last.
        maybe_done: whether an earlier try of the same call may have been acted on: its answer was lost, or was a
            408 or 5xx that proves nothing.
        signing_in: whether it is of signing in: this try of the call itself was not acted on.
    """

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        url: str | None = None,
        request_id: str | None = None,
        attempts: int = 0,
        retry_after: float | None = None,
        checkpoint: Mapping[str, Any] | None = None,
        earlier: tuple[str, ...] = (),
        maybe_done: bool = False,
    ) -> None:
        super().__init__(message)
        self.method = method
        self.url = url
        self.request_id = request_id
        self.attempts = attempts
        self.retry_after = retry_after
        self.checkpoint = checkpoint
        self.earlier = earlier
        self.maybe_done = maybe_done
        self.signing_in = False

    @property
    def message(self) -> str:
        """The sentence alone, without the request that it was about."""
        return str(self.args[0])

    def __str__(self) -> str:
        where = f" ({self.method} {self.url})" if self.url else ""
        tries = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        return f"{self.message}{where}{tries}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[TocsinError], args: tuple[Any, ...], state: dict[str, Any]) -> TocsinError:
    error = cls.__new__(cls)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


class ConfigError(TocsinError, ValueError):
    """A setting cannot be used. Nothing was sent."""


class InputError(ConfigError):
    """An argument of a call was refused, with what is allowed. Nothing was sent."""


class TransportError(TocsinError):
    """No usable answer came back; the two subclasses say whether the request left."""


class NotSentError(TransportError):
    """The request never reached the server (refused, no route, TLS, time ran out while connecting)."""


class MaybeSentError(TransportError):
    """The connection broke or time ran out after sending began: the server may have acted."""


class StatusError(TocsinError):
    """The server answered with an error status.

    Attributes:
        status: the HTTP status.
        body: the body as it came, with the client's own secrets blanked.
        errors: messages by field, where the API says so; "" for what belongs to no field.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        body: bytes = b"",
        errors: Mapping[str, list[str]] | None = None,
        **where: Any,
    ) -> None:
        super().__init__(message, **where)
        self.status = status
        self.body = body
        self.errors = dict(errors or {})

    @classmethod
    def for_status(cls, status: int) -> type[StatusError]:
        """The class that stands for `status`."""
        if 300 <= status < 400:
            return RedirectError
        return _CLASSES.get(status, ServerError if status >= 500 else StatusError)


class RedirectError(StatusError):
    """A redirect, which is never followed: the base URL is probably not the API's."""


class BadRequestError(StatusError):
    """The server refused what was sent (400, 422)."""


class ForbiddenError(StatusError):
    """Signed in, but not allowed (403)."""


class NotFoundError(StatusError):
    """No such thing (404)."""


class ConflictError(StatusError):
    """It clashes with what is there (409)."""


class PayloadTooLargeError(StatusError):
    """The body sent was too large (413)."""


class RateLimitedError(StatusError):
    """Too many requests (429), and waiting longer was not allowed."""


class ServerError(StatusError):
    """The server failed (5xx)."""


#: The class for a status; what is not listed is a plain StatusError or a ServerError.
_CLASSES: dict[int, type[StatusError]] = {
    400: BadRequestError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: PayloadTooLargeError,
    422: BadRequestError,
    429: RateLimitedError,
}


class AuthError(TocsinError):
    """Signing in failed, or the server refuses a token it has just given.

    Attributes:
        status: the HTTP status of the refusal, if it came by HTTP.
    """

    def __init__(self, message: str, *, status: int | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.status = status


class DecodeError(TocsinError):
    """The answer is not what this API sends: HTML, cut-off JSON, another shape.

    Attributes:
        path: the JSON path of the trouble, e.g. ``$.results[3].pk``, if it is inside the JSON.
        row: the index in the page of a malformed row, if it is one.
        status: the HTTP status of the answer.
        excerpt: how an answer begins that is not JSON at all; "" for one that was to bring a token.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        row: int | None = None,
        status: int | None = None,
        excerpt: str = "",
        **where: Any,
    ) -> None:
        super().__init__(message, **where)
        self.path = path
        self.row = row
        self.status = status
        self.excerpt = excerpt

    def __str__(self) -> str:
        return f"{super().__str__()}: it begins {self.excerpt!r}" if self.excerpt else super().__str__()


class PagingError(TocsinError):
    """A walk over pages cannot go on without losing or doubling rows."""


class PagingLoopError(PagingError):
    """The server gives the same page for ever."""


class PagingShiftError(PagingError):
    """Rows moved under the walk, so that some may have been missed."""


class NotSupported(TocsinError):  # noqa: N818 - the word of the field for "this API has no such thing"
    """This API does not offer the thing; asking is no failure of the server."""
