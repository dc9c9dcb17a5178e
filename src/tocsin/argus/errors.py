"""What an answer of Argus means. Its error bodies come in eight shapes, all seen on argus-server 2.10.2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from tocsin.errors import DecodeError
from tocsin.transport.judge import Failed, Judge, Verdict, judge_status
from tocsin.transport.messages import Request
from tocsin.transport.wire import Answer

#: Names under which Django puts what belongs to no field.
_NO_FIELD = {"detail", "non_field_errors", "__all__"}


def judge_at(base_url: str) -> Judge:
    """The judge of a client with this base URL: if that is odd, answers that look so name the likely right one."""
    if base_url.endswith("/api/v2"):
        return judge
    root = re.sub(r"(?<=[^/])/api(/.*)?$", "", base_url)
    hint = f"; the API of Argus is usually at {root}/api/v2, and the base URL is {base_url}"

    def judge_oddly(request: Request, answer: Answer) -> Verdict | None:
        verdict = judge(request, answer)
        if verdict is None:
            if not _is_html(answer):
                return None
            verdict = Failed(DecodeError("the answer is HTML, and should be JSON", status=answer.status))
        if answer.status in {404, 410} or answer.status < 400:
            verdict.error.args = (verdict.error.message + hint,)
        return verdict

    return judge_oddly


def judge(request: Request, answer: Answer) -> Verdict | None:
    """By the status; 401 means another token is needed, 403 that no token helps."""
    verdict = judge_status(request, answer, explain)
    if verdict is not None and _is_html(answer):
        title = re.search(rb"<title>(.*?)</title>", answer.body, re.DOTALL)
        if title:
            verdict.error.args = (f"HTTP {answer.status}: {title[1].decode('utf-8', 'replace').strip()}",)
    return verdict


def _is_html(answer: Answer) -> bool:
    return "html" in answer.headers.get("content-type", "")


def explain(body: Any) -> tuple[str, Mapping[str, list[str]]]:
    """A sentence and the messages by field, from an error body.

    ``{"field": ["…"]}``, ``{"field": "…"}``, ``{"tags": {"0": {…}}}``, ``{"non_field_errors": […]}``,
    ``{"__all__": […]}``, ``["…"]``, ``"…"`` and ``{"detail": "…"}``.
    """
    errors: dict[str, list[str]] = {}
    _gather(body, "", errors)
    parts = [f"{name}: {text}" if name else text for name, texts in errors.items() for text in texts]
    return "; ".join(parts), errors


def _gather(value: Any, name: str, errors: dict[str, list[str]]) -> None:
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            inner = name if key in _NO_FIELD else f"{name}.{key}" if name else key
            _gather(item, inner, errors)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            _gather(item, name, errors)
    elif value is not None:
        errors.setdefault(name, []).append(str(value))
