"""The exception tree: which `except` catches what, and that every error is plain data."""

import copy
import inspect
import pickle

import pytest

from tocsin import errors
from tocsin.errors import (
    AuthError,
    BadRequestError,
    ConfigError,
    ConflictError,
    DecodeError,
    ForbiddenError,
    InputError,
    MaybeSentError,
    NotFoundError,
    NotSentError,
    NotSupported,
    PagingError,
    PagingLoopError,
    PagingShiftError,
    PayloadTooLargeError,
    RateLimitedError,
    RedirectError,
    ServerError,
    StatusError,
    TocsinError,
    TransportError,
)

WHERE = {
    "method": "GET",
    "url": "https://x.example/a",
    "request_id": "r-1",
    "attempts": 3,
    "retry_after": 1.5,
    "checkpoint": {"cursor": "c"},
    "earlier": ("first", "second"),
}
ALL = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, TocsinError)]


def make(cls: type[TocsinError]) -> TocsinError:
    if issubclass(cls, StatusError):
        return cls("no", status=418, body=b"{}", errors={"a": ["b"]}, **WHERE)
    if issubclass(cls, AuthError):
        return cls("no", status=401, **WHERE)
    if issubclass(cls, DecodeError):
        return cls("no", path="$.a", row=2, status=200, excerpt="<html>", **WHERE)
    return cls("no", **WHERE)


@pytest.mark.parametrize("cls", ALL)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_copies(cls: type[TocsinError], again) -> None:
    """Copied, and pickled and read back, an error says all that it said, and owns its own dictionary."""
    error = make(cls)
    error.add_note("a note")
    second = again(error)
    assert type(second) is cls
    assert str(second) == str(error)
    assert second.__dict__ == error.__dict__
    second.attempts = 99
    assert error.attempts == 3


@pytest.mark.parametrize(
    ("cls", "bases"),
    [
        (ConfigError, {ValueError}),
        (InputError, {ConfigError, ValueError}),
        (NotSentError, {TransportError}),
        (MaybeSentError, {TransportError}),
        (RedirectError, {StatusError}),
        (BadRequestError, {StatusError}),
        (ForbiddenError, {StatusError}),
        (NotFoundError, {StatusError}),
        (ConflictError, {StatusError}),
        (PayloadTooLargeError, {StatusError}),
        (RateLimitedError, {StatusError}),
        (ServerError, {StatusError}),
        (PagingLoopError, {PagingError}),
        (PagingShiftError, {PagingError}),
        (AuthError, set()),
        (DecodeError, set()),
        (NotSupported, set()),
    ],
)
def test_except_tree(cls: type[TocsinError], bases: set[type]) -> None:
    """Each class is caught by its bases in the tree, and by none beside them."""
    assert issubclass(cls, TocsinError)
    caught = {base for base in [*ALL, ValueError] if issubclass(cls, base)}
    assert caught == bases | {cls, TocsinError}


def test_tree_is_drawn() -> None:
    """The module's docstring draws every class there is."""
    assert errors.__doc__ is not None
    assert {cls.__name__ for cls in ALL} <= set(errors.__doc__.split())


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (301, RedirectError), (399, RedirectError), (400, BadRequestError), (401, StatusError),
        (403, ForbiddenError), (404, NotFoundError), (409, ConflictError), (413, PayloadTooLargeError),
        (599, ServerError), (418, StatusError), (422, BadRequestError), (429, RateLimitedError),
        (500, ServerError),
    ],
)  # fmt: skip
def test_class_of_status(status: int, cls: type[StatusError]) -> None:
    """Each status has its class."""
    assert StatusError.for_status(status) is cls


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TocsinError("no"), "no"),
        (TocsinError("no", method="GET", url="http://x/"), "no (GET http://x/)"),
        (TocsinError("no", method="GET", url="http://x/", attempts=1), "no (GET http://x/)"),
        (TocsinError("no", attempts=2), "no after 2 attempts"),
        (DecodeError("no", excerpt="<html>"), "no: it begins '<html>'"),
    ],
)
def test_text(error: TocsinError, text: str) -> None:
    """The text names the request and the attempts where there are any; the message stays alone."""
    assert str(error) == text
    assert error.message == "no"
