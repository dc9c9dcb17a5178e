"""What the servers in memory share that clients of backends are tested with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from anyio.lowlevel import checkpoint

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class ScriptedServer:
    """Answers each request with the next of its answers, the last one again and again; keeps the requests."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._said(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0], request)

    def _said(self, answer: Answer, request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """As a call, but others may run before the answer."""
        await checkpoint()
        return self(request)

    @property
    def transport(self) -> httpx.MockTransport:
        """What a client of it takes as its transport."""
        return httpx.MockTransport(self.answer)

    @property
    def body(self) -> Any:
        """What the last request carried."""
        return json.loads(self.requests[-1].content)
