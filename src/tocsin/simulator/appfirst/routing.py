"""Paths and methods, and the checks that come before any operation."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping

import attrs

from tocsin.simulator.appfirst.request import Ask, refusal
from tocsin.simulator.appfirst.state import AppFirstState
from tocsin.simulator.web import Call, Reply

Handler = Callable[[Ask], Reply]

VERSION = "5"
_ROOT = re.compile(r"/api(?:/v5)?(?=/|$)")
_JSON = frozenset({"*/*", "application/*", "application/json"})


@attrs.frozen
class Route:
    """One path, a regular expression whose groups are the variable parts, and its operations.

    ``paged`` tells that its GET is a list in pages.
    """

    pattern: re.Pattern[str]
    handlers: Mapping[str, Handler]
    paged: bool

    @classmethod
    def of(cls, path: str, *, paged: bool = False, **handlers: Handler) -> "Route":
        """``path`` is below ``/api/``; ``{id}`` stands for a number, ``{uid}`` for a process's id."""
        pattern = path.replace("{id}", "([0-9]{1,18})").replace("{uid}", "([0-9]+_[0-9]+_[0-9]+)")
        return cls(re.compile(pattern), handlers, paged)

    @property
    def allow(self) -> str:
        """The methods, as a 405 lists them."""
        return ", ".join(sorted(self.handlers))


def below_root(path: str) -> str | None:
    """A path without the API's root and the slash at its end, which may be left out; None outside of the API."""
    root = _ROOT.match(path)
    return path[root.end() :].removeprefix("/").removesuffix("/") if root else None


def dispatch(routes: Iterable[Route], call: Call, state: AppFirstState) -> Reply:
    """Find out who asks, then for which version, then what for; raises Refusal."""
    _authenticate(call, state)
    _check_version(call, state)
    path = below_root(call.path)
    for route in routes:
        found = None if path is None else route.pattern.fullmatch(path)
        if found is None:
            continue
        handler = route.handlers.get(call.method)
        if handler is None:
            raise refusal(state, 405, f'Method "{call.method}" not allowed.', Allow=route.allow)
        _throttle(state, found.string.partition("/")[0].replace("-", "_"))
        return handler(Ask(call, state, found.groups()))
    raise refusal(state, 404, "Not found.")


def _authenticate(call: Call, state: AppFirstState) -> None:
    """The account owner's e-mail address is the name, the API key the password."""
    scheme, _, encoded = call.headers.get("authorization", "").partition(" ")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    if scheme.lower() != "basic" or text != f"{state.email}:{state.api_key}":
        headers = {"WWW-Authenticate": 'Basic realm="api"'}
        raise refusal(state, 401, "The api key and email you gave us do not match.", **headers)


def _check_version(call: Call, state: AppFirstState) -> None:
    """The Accept header may name the version; of the formats, JSON alone is simulated."""
    versions: set[str] = set()
    for part in call.headers.get("accept", "*/*").split(","):
        media, *parameters = (each.strip() for each in part.split(";"))
        if media.lower() in _JSON:
            named = [
                value.strip(' "')
                for name, _, value in (each.partition("=") for each in parameters)
                if name.strip().lower() == "version"
            ]
            versions.update(named or [VERSION])
    if not versions:
        raise refusal(state, 406, "Could not satisfy the request Accept header.")
    if VERSION not in versions and state.other_versions == "refuse":
        raise refusal(state, 406, 'Invalid version in "Accept" header.')


def _throttle(state: AppFirstState, resource: str) -> None:
    """Every resource has a limit of its own."""
    seconds = state.wait(resource)
    if seconds is not None:
        headers = {"Retry-After": str(seconds)} if state.retry_after else {}
        raise refusal(state, 429, "Request of this resource has reached the limit.", **headers)
