"""Versions of the API, and the server's health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

import msgspec
from attrs import evolve

from tocsin import forms
from tocsin.errors import DecodeError, NotSupported
from tocsin.monasca.dialect import OF_2014, Speech
from tocsin.monasca.errors import judge
from tocsin.monasca.models.versions import Health, Version
from tocsin.monasca.resource import MonascaService, envelope, rows_of
from tocsin.options import CallOptions
from tocsin.service import Service
from tocsin.transport import codec
from tocsin.transport.judge import NOT_JSON, Verdict
from tocsin.transport.messages import Request, path
from tocsin.transport.pipeline import Link, Pipeline
from tocsin.transport.wire import Answer

#: A list in either dialect, put together at run time.
_VERSIONS: Any = envelope(Version)


class VersionService(MonascaService):
    """The versions of the API that a server has.

    Args:
        root: the link to the address above the API's version, where the servers of today tell of versions.
    """

    def __init__(self, pipeline: Pipeline, speech: Speech, root: Callable[[], Link]) -> None:
        super().__init__(pipeline, speech)
        self._root = root

    async def list(self, **call: Unpack[CallOptions]) -> tuple[Version, ...]:
        """All versions: ``GET /`` above the API's version; ``GET /versions`` in the 2014 dialect."""
        if await self._dialect() == OF_2014:
            return tuple(rows_of(await self._ask(_VERSIONS, "GET", "/versions", call)))
        return await RootService(self._pipeline, self._root()).versions(call)

    async def get(self, version_id: str, **call: Unpack[CallOptions]) -> Version:
        """One version, "v2.0" for one.

        Raises BadRequestError for one that the server does not have, as it says 422.
        """
        version_id = forms.filled("version_id", version_id)
        if await self._dialect() == OF_2014:
            return await self._ask(Version, "GET", path("versions", version_id), call)
        return await RootService(self._pipeline, self._root()).version(version_id, call)


class RootService(Service):
    """Calls above the API's version, where there is no other dialect."""

    def __init__(self, pipeline: Pipeline, link: Link) -> None:
        super().__init__(evolve(pipeline, link=link, prepare=None))

    async def versions(self, call: CallOptions) -> tuple[Version, ...]:
        """All versions."""
        return tuple(rows_of(await self._ask(_VERSIONS, "GET", "/", call)))

    async def version(self, version_id: str, call: CallOptions) -> Version:
        """One version."""
        return await self._ask(Version, "GET", path(version_id), call)

    async def health(self, speech: Speech, call: CallOptions, *, parts: bool) -> Health:
        """See `MonascaClient.health`. No token is sent: the server needs none, and Keystone may be what ails."""
        if speech.found == OF_2014:
            raise NotSupported("GET /healthcheck is not in the 2014 dialect of Monasca")
        request = Request("GET" if parts else "HEAD", "/healthcheck", sign=False)
        response = await evolve(self._pipeline, judge=judge_health).send(request, **call)
        if not parts:
            return Health(True)
        try:
            return Health(response.status == 200, codec.decode(dict[str, str], response))
        except DecodeError as error:
            failure = error
        raise self._pipeline.stamp(failure, request, response)


def judge_health(request: Request, answer: Answer) -> Verdict | None:
    """A 503 that tells of the server's parts is a good answer, and not one to try again."""
    return None if answer.status == 503 and _is_report(answer.body) else judge(request, answer)


def _is_report(body: bytes) -> bool:
    """Monasca's error bodies have a title; reports have none."""
    try:
        return "title" not in msgspec.json.decode(body, type=dict[str, str])
    except NOT_JSON:
        return False
