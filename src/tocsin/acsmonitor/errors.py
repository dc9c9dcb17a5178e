"""What an answer of ACS Monitor means, and the error that only this backend has.

Refusals are ``{"message": "…"}``, and with 422 ``{"message": "…", "errors": {"field": ["…"]}}`` (the API's page
"API Overview"). A 429 may be plain text, and a 5xx an HTML page: neither is published. PHP calls HTML what has no
type: an empty answer, and plain text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from tocsin.errors import DecodeError, TocsinError
from tocsin.transport.judge import Failed, Judge, Verdict, judge_status
from tocsin.transport.messages import Request
from tocsin.transport.wire import Answer

_TITLE = re.compile(rb"(?i)<title>([^<]*)</title>")
_DEVICE_ALERTS = re.compile(r"/devices/[^/]+/alerts")
_NOT_OFFERED = (
    ": no such device, or the alerts of a device are not offered by this server, for only a part of the API's "
    "documentation knows them; alert_events has those of all devices"
)


class CheckTimeoutError(TocsinError, TimeoutError):
    """A monitor that was told to check had no result in time; see `MonitorService.check_and_wait`."""


def judge_at(base_url: str) -> Judge:
    """The judge of a client with this base URL, which answers that are not the API's are blamed on."""
    hint = f": is the base URL right? It is {base_url}, and should be the root of ACS Monitor and /api/v1"

    def judge(request: Request, answer: Answer) -> Verdict | None:
        verdict = judge_status(request, answer, explain)
        if _is_html(answer):
            if verdict is None:
                verdict = Failed(DecodeError("the answer is HTML, and should be JSON", status=answer.status))
            elif answer.status >= 400 and answer.body.lstrip().startswith(b"<"):
                title = _TITLE.search(answer.body)
                text = title[1].decode("utf-8", "replace").strip() if title else ""
                verdict.error.args = (f"HTTP {answer.status}: {text or 'an HTML page'}",)
        if verdict is None:
            return None
        if answer.status < 400 or (_is_html(answer) and answer.status in {404, 405}):
            verdict.error.args = (verdict.error.message.partition(": is the base URL")[0] + hint,)
        elif answer.status == 404 and _DEVICE_ALERTS.fullmatch(request.path):
            verdict.error.args = (verdict.error.message + _NOT_OFFERED,)
        return verdict

    return judge


def _is_html(answer: Answer) -> bool:
    return bool(answer.body.strip()) and "html" in answer.headers.get("content-type", "").lower()


def explain(body: Any) -> tuple[str, Mapping[str, list[str]]]:
    """The sentence and the messages by field of an error body."""
    if not isinstance(body, dict):
        return str(body), {}
    said = cast("dict[str, Any]", body)
    found = said.get("errors")
    errors: dict[str, list[str]] = {}
    for name, texts in cast("dict[str, Any]", found).items() if isinstance(found, dict) else ():
        errors[name] = (
            [str(text) for text in cast("list[object]", texts)] if isinstance(texts, list) else [str(texts)]
        )
    message = str(said.get("message") or "")
    # Laravel's message is the first of them, and how many more there are.
    others = [f"{name}: {text}" for name, texts in errors.items() for text in texts if text != message]
    return "; ".join(filter(None, [message, *others])), errors
