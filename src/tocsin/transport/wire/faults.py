"""From a lower library's exception to one of ours: what may have been sent, in words that hold no secret.

Lower exceptions carry requests, URLs and pieces of headers; of them only the class name, the operating
system's word and the TLS library's word go into ours.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping

from tocsin.errors import DecodeError, MaybeSentError, NotSentError

Kind = type[NotSentError] | type[MaybeSentError] | type[DecodeError]
#: What an exception class means, in our class and our words.
Faults = Mapping[type[BaseException], tuple[Kind, str]]

#: What both wires may meet below their library, and at any moment, so that nothing here means "not sent".
COMMON: Faults = {
    OSError: (MaybeSentError, "the connection failed"),
    TimeoutError: (MaybeSentError, "time ran out"),
    ssl.SSLError: (MaybeSentError, "the TLS connection failed"),
    EOFError: (MaybeSentError, "the connection was closed"),
}


def explain(error: BaseException, faults: Faults) -> NotSentError | MaybeSentError | DecodeError:
    """The error of ours that stands for `error`, by the nearest of its classes in `faults`.

    The caller raises it outside of its `except` block, so that the lower exception is not chained to it.
    """
    kind, words = next(faults[cls] for cls in type(error).__mro__ if cls in faults)
    detail = _detail(error)
    return kind(f"{words} ({type(error).__name__}{': ' + detail if detail else ''})")


def _detail(error: BaseException) -> str:
    """The system's or the TLS library's own word on it; never free text of a lower library."""
    seen: set[int] = set()
    causes: list[BaseException] = [error]
    while causes:
        cause = causes.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        word = _word(cause)
        if word:
            return word
        below = cause.__cause__ or cause.__context__
        if below is not None:
            causes.append(below)
        causes += getattr(cause, "exceptions", ())  # of an exception group, as from happy eyeballs
    return ""


def _word(error: BaseException) -> str:
    # Some of aiohttp's errors are SSLErrors that were never set up as such, so no attribute is sure.
    word: object = None
    if isinstance(error, ssl.SSLCertVerificationError):
        word = getattr(error, "verify_message", None)
    elif isinstance(error, ssl.SSLError):
        word = getattr(error, "reason", None)
        word = word.lower().replace("_", " ") if isinstance(word, str) else None
    elif isinstance(error, socket.gaierror):
        word = error.strerror
    elif isinstance(error, OSError) and isinstance(error.errno, int) and error.errno > 0:
        word = os.strerror(error.errno)
    return word if isinstance(word, str) else ""
