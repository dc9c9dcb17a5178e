"""What an answer of Monasca or Keystone means. All shapes seen on monasca-api 11.0.0 and Keystone 30.0.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from tocsin.errors import ForbiddenError
from tocsin.transport.judge import NOT_JSON, Failed, SignInAgain, Verdict, judge_status
from tocsin.transport.messages import Request
from tocsin.transport.wire import Answer


def judge(request: Request, answer: Answer) -> Verdict | None:
    """By the status, but for a missing role: that is a 401, too, and no other token of this user would help."""
    verdict = judge_status(request, answer, explain)
    if isinstance(verdict, SignInAgain) and _role_is_missing(answer.body):
        why = verdict.error
        return Failed(ForbiddenError(why.message, status=401, body=answer.body, request_id=why.request_id))
    return verdict


def _role_is_missing(body: bytes) -> bool:
    """A token that is not accepted is told by ``{"error": …}``, a missing role by ``{"title": "Forbidden"}``."""
    try:
        said = msgspec.json.decode(body)
    except NOT_JSON:
        return False
    return isinstance(said, dict) and cast("dict[str, object]", said).get("title") == "Forbidden"


def explain(body: Any) -> tuple[str, Mapping[str, list[str]]]:
    """A sentence from an error body; neither server tells fields apart.

    ``{"title": "…", "description": "…"}`` is Monasca's, ``{"title": "404 Not Found"}`` that of its router
    (whose number is not said twice), ``{"error": {"code", "title", "message"}}`` Keystone's.
    """
    if not isinstance(body, dict):
        return (body if isinstance(body, str) else ""), {}
    said = cast("dict[str, Any]", body)
    inner = said.get("error")
    if isinstance(inner, dict):
        said = cast("dict[str, Any]", inner)
    parts = [said.get("title"), said.get("description") or said.get("message")]
    texts = [part for part in parts if isinstance(part, str) and part]
    return re.sub(r"^[0-9]{3} ", "", ": ".join(texts)), {}
