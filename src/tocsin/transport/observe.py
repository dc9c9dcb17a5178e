"""What a client tells of its work, with every secret taken out first."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Literal
from urllib.parse import quote, quote_plus

from attrs import frozen

logger = logging.getLogger("tocsin")

HIDDEN = "***"

#: Query parameters whose value is a secret wherever they appear.
_SECRET_PARAMS = re.compile(
    r"(?i)([?&](?:[^=&#]*(?:token|password|passwd|secret|apikey|signature)[^=&#]*|(?:[^=&#]*[_-])?key)=)"
    r"[^&#\s'\"\\]*"
)
_USERINFO = re.compile(r"(?<=://)[^/\s?#\"\\]+@")
_SECRET_HEADER = re.compile(
    r"(?i)authorization|cookie|token|secret|password|passwd|signature|apikey|(?:^|(?<!idempotency)[_-])key$"
)
#: Secrets of a kind that are remembered, so that renewed tokens do not pile up.
_KEPT = 64


def is_secret_header(name: str) -> bool:
    """Whether the value of this header is a secret, by its name."""
    return _SECRET_HEADER.search(name) is not None


@frozen(kw_only=True)
class Event:
    """One thing that happened to a request.

    Attributes:
        kind: "attempt" (one try ended), "sign_in" (a token was fetched), "sign_in_failed",
            "retry" (another try was decided; `wait` says after how long), "throttled" (the host's gate
            closed for `wait` seconds).
        backend: which API, e.g. "argus".
        method, url: the request, secrets taken out.
        attempt: the number of the try, from 1.
        status: HTTP status, or None where no answer came.
        elapsed: seconds the try took.
        wait: seconds until the next try may start.
        error: what went wrong, in a line.
        request_id: the server's own id of the request.
    """

    kind: Literal["attempt", "sign_in", "sign_in_failed", "retry", "throttled"]
    backend: str
    method: str = ""
    url: str = ""
    attempt: int = 0
    status: int | None = None
    elapsed: float | None = None
    wait: float | None = None
    error: str | None = None
    request_id: str | None = None


Observer = Callable[[Event], None]


class Redactor:
    """Takes secrets out of what is told: those it was given, and those that URLs carry by their names.

    A client gives it every password, key and token it learns. Only values of six characters or more are
    looked for in free text: a shorter one would blank half a message.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: dict[str, None] = {}
        #: Those of headers, apart: what single calls bring must not push out a password.
        self._from_headers: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None
        self.learn(*secrets)

    def learn(self, *secrets: str | None) -> None:
        """Remember values to hide; the last 64 are kept, so that renewed tokens do not pile up."""
        self._remember(self._secrets, secrets)

    def learn_headers(self, headers: Mapping[str, str]) -> None:
        """Remember the values of headers that are secret by their name; of these too, the last 64."""
        for name, value in headers.items():
            if is_secret_header(name):
                # Whole, behind a scheme ("Token …"), and each of the cookies.
                cookies = [pair.partition("=")[2] for pair in value.split(";")]
                self._remember(self._from_headers, [value, value.partition(" ")[2].strip(), *cookies])

    def _remember(self, known: dict[str, None], secrets: Iterable[str | None]) -> None:
        for secret in secrets:
            if secret and len(secret) >= 6:
                if secret not in known:
                    self._pattern = None
                known.pop(secret, None)
                known[secret] = None
        while len(known) > _KEPT:
            del known[next(iter(known))]

    def text(self, text: str) -> str:
        """`text` without secrets."""
        if self._secrets or self._from_headers:
            text = self._known().sub(HIDDEN, text)
        return _SECRET_PARAMS.sub(rf"\g<1>{HIDDEN}", _USERINFO.sub(f"{HIDDEN}@", text))

    def body(self, body: bytes) -> bytes:
        """`body` without secrets; every other byte as it is."""
        return self.text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _known(self) -> re.Pattern[str]:
        if self._pattern is None:
            spellings = {
                spelling for secret in {**self._secrets, **self._from_headers} for spelling in _spellings(secret)
            }
            # The longest first: a secret inside another must not leave the rest of that one to be read.
            self._pattern = re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True))))
        return self._pattern

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._secrets) + len(self._from_headers)} secrets>"


def _spellings(secret: str) -> set[str]:
    """How servers repeat a value: as it is, and quoted as in URLs, forms, JSON and HTML."""
    import html  # late, with its table of all entities: it is for those who have secrets
    import json

    as_json = {json.dumps(secret, ensure_ascii=ascii)[1:-1] for ascii in (True, False)}
    in_urls = {spell(secret, safe="", errors="surrogateescape") for spell in (quote, quote_plus)}
    return {secret, html.escape(secret), repr(secret)[1:-1], *in_urls, *as_json}


class Reporter:
    """Hands events to the observer, and to the log "tocsin" at DEBUG; costs nothing where nobody listens."""

    def __init__(self, backend: str, observer: Observer | None, redactor: Redactor) -> None:
        self.backend = backend
        self.observer = observer
        self.redactor = redactor

    @property
    def listening(self) -> bool:
        """Whether an event would reach anyone."""
        return self.observer is not None or logger.isEnabledFor(logging.DEBUG)

    def tell(self, event: Event) -> None:
        """Hand over one event. An observer that raises is logged, and harms no request."""
        logger.debug("%s", event)
        if self.observer is not None:
            try:
                self.observer(event)
            except Exception:
                logger.exception("the observer failed on a %s event", event.kind)
