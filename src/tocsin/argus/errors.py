"""What an answer of Argus means. Its error bodies come in eight shapes, all seen on argus-server 2.10.2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from tocsin.transport.judge import Verdict, judge_status
from tocsin.transport.messages import Request
from tocsin.transport.wire import Answer

#: Names under which Django puts what belongs to no field.
_NO_FIELD = {"detail", "non_field_errors", "__all__"}


def judge(request: Request, answer: Answer) -> Verdict | None:
    """By the status; 401 means another token is needed, 403 that no token helps."""
    return judge_status(request, answer, explain)


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
        for item in value:
            _gather(item, name, errors)
    elif value is not None:
        errors.setdefault(name, []).append(str(value))
