"""What an answer of AppFirst means.

The overview tells the statuses (400, 401, 404, 429, 500) and that a reply has details, but no shape of an error
body. Read are the ones that servers of its kind send: ``{"detail": …}``, ``{"error": …}``, ``{"message": …}``,
``{"field": ["…"]}``, and text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from tocsin.transport.judge import Verdict, judge_status
from tocsin.transport.messages import Request
from tocsin.transport.wire import Answer

#: Names of what belongs to no field.
_NO_FIELD = {"detail", "details", "error", "message", "non_field_errors", "__all__"}


def judge(request: Request, answer: Answer) -> Verdict | None:
    """By the status; any 2xx is good, whatever the documents name."""
    return judge_status(request, answer, explain)


def explain(body: Any) -> tuple[str, Mapping[str, list[str]]]:
    """A sentence and the messages by field, from an error body."""
    said: Mapping[str, Any] = cast("dict[str, Any]", body) if isinstance(body, dict) else {"detail": body}
    errors: dict[str, list[str]] = {}
    for name, value in said.items():
        texts = list(_texts(value))
        if texts:
            errors.setdefault("" if name in _NO_FIELD else name, []).extend(texts)
    parts = [f"{name}: {text}" if name else text for name, texts in errors.items() for text in texts]
    return "; ".join(parts), errors


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in cast("dict[str, Any]", value).items():
            yield from (f"{name}: {text}" for text in _texts(item))
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _texts(item)
    elif value is not None and value != "":
        yield str(value)
