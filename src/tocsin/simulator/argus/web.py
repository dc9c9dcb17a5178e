"""How the simulated Argus speaks HTTP, in the manner of Django REST framework.

The order of checks is the framework's: the Accept header, then who asks, then the method, then the body.
"""

import json
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import parse_qsl, quote

import attrs
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tocsin.simulator.argus.entities import User
from tocsin.simulator.argus.state import ArgusState
from tocsin.simulator.argus.tokens import Token
from tocsin.simulator.frame import Json

HTML = "text/html; charset=utf-8"
_PAGE = "<head>\n  <title>{0}</title>\n</head>\n<body>\n  <h1>{0}</h1>\n  <p>{1}</p>\n</body>\n"
NOT_FOUND_PAGE = _PAGE.format("404 - Page Not Found", "The page you are looking for does not exist.")
SERVER_ERROR_PAGE = _PAGE.format(
    "500 - Internal Server Error", "An unexpected error occurred on the server. Please try again later."
)
_HOSTS = frozenset({"127.0.0.1", "localhost"})
_URL_PATH_SAFE = "/:@&+$,-_.!~*'()"


class ApiError(Exception):
    """An answer that is not a success: its status, its JSON body and headers of its own."""

    def __init__(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}


class ServerBugError(Exception):
    """The real server fails here: HTTP 500 with an HTML page."""


def not_found(what: str = "") -> ApiError:
    """The 404 for a missing object."""
    return ApiError(404, {"detail": f"No {what} matches the given query." if what else "Not found."})


def invalid(body: Json) -> ApiError:
    """The 400 for a body or a query; its shape differs from place to place."""
    return ApiError(400, body)


@attrs.frozen
class Reply:
    """A success. ``body`` None is an empty one."""

    body: Json = None
    status: int = 200


@attrs.define
class Call:
    """One request: what a handler may ask about it."""

    state: ArgusState
    request: Request
    raw: bytes
    signer: Token | None

    @property
    def user(self) -> User:
        """Who asks; only where a token is needed."""
        if self.signer is None:
            raise unauthorized("Authentication credentials were not provided.")
        return self.signer.user

    @property
    def query(self) -> dict[str, str]:
        """The query; of a repeated parameter the last one."""
        return dict(self.request.query_params.multi_items())

    @property
    def origin(self) -> str:
        """Scheme and host as the client named them."""
        scheme = self.request.headers.get("x-forwarded-proto", self.request.url.scheme)
        return f"{scheme}://{self.request.headers.get('host', '')}"

    @property
    def url(self) -> str:
        """The absolute URL without its query."""
        return f"{self.origin}{quote(self.request.url.path, safe=_URL_PATH_SAFE + '%')}"

    def pk(self, name: str = "pk") -> int:
        """The number in the path; a 404 if it is none."""
        try:
            return int(self.request.path_params[name])
        except ValueError:
            raise not_found() from None

    def data(self) -> Json:
        """The decoded body; 415 for an unknown media type, 400 for bad JSON."""
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self.raw:
            return {}
        if kind == "application/json":
            try:
                return json.loads(self.raw.decode("utf-8"), parse_constant=_refuse_constant)
            except ValueError as error:
                raise invalid({"detail": f"JSON parse error - {error}"}) from None
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(self.raw.decode("utf-8", "replace"), keep_blank_values=True))
        raise ApiError(415, {"detail": f'Unsupported media type "{kind}" in request.'})


Handler = Callable[[Call], Reply]
Access = Literal["token", "knox", "public"]


@attrs.frozen
class Resource:
    """What one path can do; ``allow`` is the server's Allow header, whose order is its own."""

    handlers: Mapping[str, Handler]
    allow: str
    access: Access = "token"
    name: str = ""

    def options(self) -> Reply:
        """What OPTIONS tells; the real server adds a description of the fields."""
        return Reply(
            {
                "name": self.name,
                "description": "",
                "renders": ["application/json", "text/html"],
                "parses": [
                    "application/json",
                    "application/x-www-form-urlencoded",
                    "multipart/form-data",
                ],
            }
        )


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"Out of range float values are not JSON compliant: {constant!r}")


def unauthorized(detail: str) -> ApiError:
    """The 401, which names the scheme."""
    return ApiError(401, {"detail": detail}, {"WWW-Authenticate": "Token"})


def token_of(state: ArgusState, request: Request, *, knox: bool = False) -> Token | None:
    """The token that signs the request; None if it is not signed; raises the 401 for a bad one."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "token":
        return None
    values = rest.split()
    if not values:
        raise unauthorized("Invalid token header. No credentials provided.")
    if len(values) > 1:
        raise unauthorized("Invalid token header. Token string should not contain spaces.")
    token = state.issued.find(values[0])
    if token is None or (knox and token.legacy):
        raise unauthorized("Invalid token.")
    return token


def _wants_html(request: Request) -> bool:
    """Whether HTML is preferred to JSON; raises the 406, or the 404 of an unknown ``?format=``."""
    chosen = request.query_params.get("format")
    if chosen:
        if chosen not in {"json", "api"}:
            raise not_found()
        return chosen == "api"
    ranges = [item.partition(";")[0].strip() for item in request.headers.get("accept", "*/*").split(",")]
    for json_range, html_range in (
        ("application/json", "text/html"),
        ("application/*", "text/*"),
        ("*/*", ""),
    ):
        if json_range in ranges:
            return False
        if html_range in ranges:
            return True
    raise ApiError(406, {"detail": "Could not satisfy the request Accept header."})


def _handle(resource: Resource, state: ArgusState, request: Request, raw: bytes) -> Response:
    html = False
    headers = {"Allow": resource.allow, "Vary": "Accept, Cookie, origin"}
    try:
        html = _wants_html(request)
        call = Call(state, request, raw, None)
        if resource.access != "public":
            call.signer = token_of(state, request, knox=resource.access == "knox")
            if call.signer is None:
                raise unauthorized("Authentication credentials were not provided.")
        method = "GET" if request.method == "HEAD" else request.method
        if request.method not in resource.allow.split(", "):
            raise ApiError(405, {"detail": f'Method "{request.method}" not allowed.'})
        reply = resource.options() if method == "OPTIONS" else resource.handlers[method](call)
        status, body = reply.status, reply.body
    except ApiError as error:
        status, body = error.status, error.body
        headers |= error.headers
    except ServerBugError:
        return Response(SERVER_ERROR_PAGE, 500, media_type=HTML)
    if isinstance(body, Response):  # not JSON
        body.headers.update(headers)
        return body
    if body is None:
        return Response(status_code=status, headers=headers)
    text = msgspec.json.encode(body)
    if html:
        page = f"<!DOCTYPE html>\n<html><title>Django REST framework</title><pre>{text.decode()}</pre></html>"
        return Response(page, status, headers, media_type=HTML)
    return Response(text, status, headers, media_type="application/json")


class Endpoint:
    """A resource as an ASGI app."""

    def __init__(self, resource: Resource, state: ArgusState) -> None:
        self.resource = resource
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with the state to itself."""
        request = Request(scope, receive)
        raw = await request.body()
        with self._state.lock:
            response = _handle(self.resource, self._state, request, raw)
        await response(scope, receive, send)


class App:
    """The site: its paths, and what it does with a path that it does not know."""

    def __init__(self, resources: Mapping[str, Resource], state: ArgusState) -> None:
        # A literal path comes before one with parameters that would match it too.
        paths = sorted(resources, key=lambda path: path.count("{"))
        alive = Response(status_code=204, media_type=HTML)
        self._routes = [
            Route("/.still-alive/", alive),
            *(Route(path, Endpoint(resources[path], state)) for path in paths),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._find(scope)(scope, receive, send)

    def _find(self, scope: Scope) -> ASGIApp:
        host = Request(scope).headers.get("host", "").partition(":")[0]
        if host not in _HOSTS:
            return Response(SERVER_ERROR_PAGE, 500, media_type=HTML)
        endpoint = self._match(scope)
        if endpoint is not None:
            return endpoint
        path = f"{scope['path']}/"
        if not scope["path"].endswith("/") and self._match({**scope, "path": path}):
            location = quote(path, safe=_URL_PATH_SAFE)
            if scope["query_string"]:
                location += "?" + scope["query_string"].decode("latin-1")
            return Response(status_code=301, headers={"Location": location}, media_type=HTML)
        return Response(NOT_FOUND_PAGE, 404, media_type=HTML)

    def _match(self, scope: Scope) -> ASGIApp | None:
        for route in self._routes:
            matched, found = route.matches(scope)
            if matched is not Match.NONE:
                scope.update(found)
                return route.app
        return None
