"""What every backend's client and its service objects share."""

from __future__ import annotations

import copy
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack, cast
from urllib.parse import urlencode, urlsplit

import anyio
from attrs import evolve, field, frozen

from tocsin._version import __version__
from tocsin.errors import ConfigError, DecodeError, InputError, NotFoundError, NotSentError
from tocsin.options import CallOptions, Limits, Rate, RetryPolicy, Timeouts, check_kinds
from tocsin.paging.checkpoint import Key
from tocsin.paging.page import OnBadRow, Reader
from tocsin.paging.pager import ListPager, Pager
from tocsin.paging.strategies import Strategy
from tocsin.paging.walk import Listing
from tocsin.profiles import Profile, Setting, from_environment, get
from tocsin.transport import codec
from tocsin.transport.clock import Clock, SystemClock
from tocsin.transport.credentials import Credential, OnToken, Token, TokenCache
from tocsin.transport.gate import Gate
from tocsin.transport.judge import Judge
from tocsin.transport.messages import METHODS, Params, Request, Response, check_headers, check_params
from tocsin.transport.observe import Observer, Redactor, Reporter
from tocsin.transport.pipeline import Link, Pipeline
from tocsin.transport.wire import Wire, WireSettings, open_wire
from tocsin.transport.wire.outgoing import origin_of

if TYPE_CHECKING:
    from pathlib import Path

    from tocsin.transport.wire import Cert, Proxy, TransportChoice, Verify

T = TypeVar("T")

#: RFC 3986, 3.3: segments of unreserved and encoded characters, the first not empty.
_PATH = re.compile(r"/(?!/)(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*", re.ASCII)

#: Connections kept for signing in, apart from those of the calls that wait for it.
_SIGN_IN_LIMITS = Limits(concurrency=2)


class SiblingOptions(TypedDict, total=False):
    """What `with_options` may change."""

    retry: RetryPolicy
    timeouts: Timeouts
    headers: Mapping[str, str]
    observer: Observer | None


class ClientOptions(SiblingOptions, total=False):
    """What every client takes besides its address and credentials.

    retry, timeouts, limits: see `RetryPolicy`, `Timeouts`, `Limits`.
    headers: sent with every request.
    verify: True for the usual certificates, False for none, a CA bundle's path, or an `ssl.SSLContext`.
    cert: a client certificate: a PEM file, or (certificate, key[, password]).
    proxy: a URL, or a mapping by "http" and "https"; without it the environment's (HTTPS_PROXY, NO_PROXY …).
    trust_env: False leaves the environment's proxies and certificates alone.
    on_token: is given every new `Token`, to store it; may be async.
    observer: is given an `Event` for every attempt; must be quick.
    transport: "auto", "httpx", "aiohttp", or an `httpx.AsyncBaseTransport` (or what makes one).
    clock: another time than the machine's, for tests and simulations.
    """

    limits: Limits
    verify: Verify
    cert: Cert | None
    proxy: Proxy | None
    trust_env: bool
    on_token: OnToken | None
    transport: TransportChoice
    clock: Clock


@frozen(kw_only=True)
class _Options:
    """`ClientOptions`, checked and with its defaults."""

    retry: RetryPolicy = field(factory=RetryPolicy)
    timeouts: Timeouts = field(factory=Timeouts)
    limits: Limits = field(factory=Limits)
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    verify: Verify = True
    cert: Cert | None = field(default=None, repr=False)
    proxy: Proxy | None = field(default=None, repr=False)
    trust_env: bool = True
    on_token: OnToken | None = None
    observer: Observer | None = None
    transport: TransportChoice = "auto"
    clock: Clock = field(factory=SystemClock)

    def wire(self, limits: Limits) -> WireSettings:
        return WireSettings(
            limits=limits,
            verify=self.verify,
            cert=self.cert,
            proxy=self.proxy,
            trust_env=self.trust_env,
            transport=self.transport,
        )


class Client(ABC):
    """A client of one API: an async context manager, or closed with `aclose`.

    Nothing is opened or sent before the first call. A client belongs to the event loop of its first call.
    """

    #: The name of the API, as profiles and events have it.
    backend: str = ""
    #: What a profile and the environment may say, as keywords of the client; the address first.
    settings: Sequence[Setting] = ()
    #: Headers of every request, before those of the options.
    _headers: Mapping[str, str] = {"accept": "application/json"}
    #: The limit that the API is known to have, where `Limits.rate` gives none.
    _rate: Rate | None = None
    #: Its limit for signing in, where that is another one.
    _sign_in_rate: Rate | None = None

    def __init__(
        self,
        base_url: str | None,
        *,
        judge: Judge,
        credential: Credential | None = None,
        sign_in_url: str | None = None,
        token: Token | None = None,
        exchange: bool = False,
        options: ClientOptions,
    ) -> None:
        _check_options(type(self).__name__, options, ClientOptions)
        settings = _Options(**options)
        base_url = "" if base_url is None and sign_in_url is not None else check_base_url(base_url)
        reporter = Reporter(self.backend, settings.observer, Redactor())

        def opener(limits: Limits) -> Wire:
            from tocsin.transport.wire.proxies import proxy_secrets  # late, as are the wires themselves

            reporter.redactor.learn(*proxy_secrets(settings.proxy, trust_env=settings.trust_env))
            return open_wire(settings.wire(limits))

        def link(base_url: str, limits: Limits, gate: Gate) -> Link:
            return Link(base_url, limits, settings.clock, gate, lambda: opener(limits))

        reporter.redactor.learn_headers(check_headers(settings.headers))

        gate = Gate(settings.limits.rate or self._rate)
        self._links = [link(base_url, settings.limits, gate)]
        pipeline = Pipeline(
            link=self._links[0],
            judge=judge,
            reporter=reporter,
            retry=settings.retry,
            timeouts=settings.timeouts,
            headers=self._all_headers(settings.headers),
        )
        if credential is not None:
            # Signing in must not queue behind the calls that wait for it: it has its own wire and places.
            apart = sign_in_url is not None or self._sign_in_rate is not None
            address = sign_in_url if sign_in_url is not None else base_url
            self._links.append(link(address, _SIGN_IN_LIMITS, Gate(self._sign_in_rate) if apart else gate))
            self._sign_in = sign_in = evolve(pipeline, link=self._links[1])
            pipeline = evolve(
                pipeline,
                tokens=TokenCache(
                    credential,
                    sign_in.send,
                    settings.clock,
                    reporter,
                    first=token,
                    exchange=exchange,
                    on_token=settings.on_token,
                ),
            )
        self._pipeline = pipeline
        self._bind()

    @classmethod
    def from_env(cls, **options: Unpack[ClientOptions]) -> Self:
        """A client from the environment variables that `settings` names.

        Raises ConfigError where they are not enough.
        """
        called = {setting.name: setting.env for setting in cls.settings}
        return cls._from_settings(from_environment(cls.settings), options, called)

    @classmethod
    def from_profile(
        cls, profile: str | Profile, config: str | Path | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """A client from a profile in ``tocsin.toml``; see `tocsin.profiles`.

        Blocks while it reads files and runs commands for the secrets.

        Args:
            config: the file; by default the one that TOCSIN_CONFIG names, else the one in the user's folder.
            options: go before those of the profile.

        Raises ConfigError for a profile that is not there, or cannot be used.
        """
        if isinstance(profile, str):
            profile = get(profile, config)
        if profile.backend != cls.backend:
            raise ConfigError(f"profile {profile.name!r} is of {profile.backend!r}, and not of {cls.backend!r}")
        called = {setting.name: setting.name for setting in cls.settings}
        return cls._from_settings(profile.values(cls.settings), {**profile.options(), **options}, called)

    @classmethod
    def _from_settings(
        cls, values: Mapping[str, str], options: Mapping[str, object], called: Mapping[str, str]
    ) -> Self:
        """Made of what `settings` name; a backend that takes them in another shape has its own.

        Args:
            called: what each setting is called where it comes from.
        """
        make = cast("Callable[..., Self]", cls)
        if cls.settings and cls.settings[0].name not in values:
            raise ConfigError(f"{cls.__name__} needs {called[cls.settings[0].name]}")
        return make(**values, **options)

    @abstractmethod
    def _bind(self) -> None:
        """Make the service objects of this client's pipeline."""

    def with_options(self, **options: Unpack[SiblingOptions]) -> Self:
        """A client with other options that shares this one's connections, token and limits.

        Closing it closes nothing: the connections belong to the client that it came from.
        """
        _check_options("with_options", options, SiblingOptions)
        sibling = copy.copy(self)
        sibling._links = []
        pipeline = self._pipeline
        pipeline.reporter.redactor.learn_headers(check_headers(options.get("headers", {})))
        if "observer" in options:
            reporter = Reporter(self.backend, options["observer"], pipeline.reporter.redactor)
            pipeline = evolve(pipeline, reporter=reporter)
        sibling._pipeline = evolve(
            pipeline,
            retry=options.get("retry", pipeline.retry),
            timeouts=options.get("timeouts", pipeline.timeouts),
            headers=self._all_headers(options["headers"]) if "headers" in options else pipeline.headers,
        )
        sibling._bind()
        return sibling

    def _all_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {"user-agent": f"tocsin/{__version__}", **self._headers, **check_headers(headers)}

    @property
    def base_url(self) -> str:
        """Where requests go; empty until a client that looks it up has signed in."""
        return self._pipeline.link.base_url

    @property
    def address(self) -> str:
        """What tells this server from others without asking anybody: by default the base URL."""
        return self.base_url

    async def locate(self) -> str:
        """The base URL, for which a client that looks it up signs in now. Raises as requests do."""
        if not self.base_url and self._pipeline.tokens is not None:
            await self._pipeline.tokens.get()
        return self.base_url

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        json: object = None,
        content: bytes = b"",
        idempotent: bool | None = None,
        **call: Unpack[CallOptions],
    ) -> Response:
        """Send any request below the base URL: signed, retried and judged like the rest.

        Args:
            path: begins with "/"; percent-encoded by the caller.
            json: a value to send as JSON; or `content`: bytes, with their type in `extra_headers`.
            idempotent: whether it may be sent again when it is unknown if it was acted on; by default by
                the method.

        Raises what `errors` lists; InputError for a path that would leave the base URL.
        """
        if method.upper() not in METHODS:
            raise InputError(f"method must be one of {', '.join(sorted(METHODS))}, not {method!r}")
        if not _PATH.fullmatch(path):
            raise InputError('path must begin with one "/", be percent-encoded, and have no query')
        if {".", ".."} & set(path.replace("%2e", ".").replace("%2E", ".").split("/")):
            raise InputError(f'path must not have "." or ".." as a part, not {path!r}')
        if json is not None and content:
            raise InputError("json and content exclude each other")
        request = build(
            method.upper(), path, params=check_params(params), json=json, content=content, idempotent=idempotent
        )
        return await self._pipeline.send(request, **call)

    async def aclose(self) -> None:
        """Close all connections; doing it twice is fine."""
        with anyio.CancelScope(shield=True):
            async with AsyncExitStack() as closing:  # one that fails keeps no other from closing
                for link in self._links:
                    closing.push_async_callback(link.aclose)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url or self.address}>"


class Service:
    """A group of calls of one client."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def _call(self, into: type[T], request: Request, call: CallOptions) -> T:
        """Send, and read the answer as `into`."""
        response = await self._pipeline.send(request, **call)
        try:
            return codec.decode(into, response)
        except DecodeError as error:
            failure = error
        raise self._pipeline.stamp(failure, request, response)

    async def _ask(
        self,
        into: type[T],
        method: str,
        where: str,
        call: CallOptions,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        params: Params = (),
        idempotent: bool | None = None,
    ) -> T:
        """Send, and read the answer as `into`."""
        request = build(method, where, params=params, json=json, form=form, idempotent=idempotent)
        return await self._call(into, request, call)

    def _list(
        self,
        shape: Reader[T],
        where: str,
        params: Params,
        strategy: Strategy,
        call: CallOptions,
        *,
        key: Callable[[Any], Key],
        order: Callable[[Any], Any] | None = None,
        on_bad_row: OnBadRow = "raise",
    ) -> Pager[T]:
        """The rows that GET gives; see `Listing`."""
        listing = Listing(Request("GET", where, params), shape, strategy, key, order, on_bad_row)
        return ListPager(self._pipeline, listing, call)

    async def _delete(self, where: str, call: CallOptions) -> None:
        """Delete; that it is gone already after a try whose answer was lost counts as done."""
        try:
            await self._pipeline.send(Request("DELETE", where), **call)
        except NotFoundError as error:
            if not error.maybe_done:
                raise


def build(
    method: str,
    path: str,
    *,
    params: Params = (),
    json: object = None,
    form: Mapping[str, str] | None = None,
    content: bytes = b"",
    idempotent: bool | None = None,
) -> Request:
    """A request; `json`, or `form` in its place, is checked and encoded here, so that bad input never leaves."""
    headers: dict[str, str] = {}
    if json is not None:
        content, headers = codec.encode(json), {"content-type": "application/json"}
    elif form is not None:
        codec.check(dict(form))
        content = urlencode(form).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
    return Request(method, path, params, content, headers, idempotent)


def _check_options(what: str, options: Mapping[str, object], allowed: type[SiblingOptions]) -> None:
    """Raises TypeError for an option that `allowed` has not, ConfigError for one of another kind."""
    names = sorted(allowed.__annotations__)
    if unknown := sorted(set(options) - set(names)):
        raise TypeError(f"{what} has no option {', '.join(unknown)}; its options are {', '.join(names)}")
    check_kinds(options)


def check_base_url(url: object, name: str = "base_url") -> str:
    """`url` without slashes at its end, if requests can go there; `name` is what errors call it.

    Raises ConfigError, which shows no credentials.
    """
    if not isinstance(url, str):
        raise ConfigError(f"{name} must be a str, not {type(url).__name__}")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{name} is no URL") from None
    if "@" in parts.netloc:
        raise ConfigError(f"{name} must hold no credentials: pass them as arguments")
    if not url.startswith(("http://", "https://")) or not host:
        raise ConfigError(f'{name} must begin with "https://" or "http://" and a host')
    if "?" in url or "#" in url:
        raise ConfigError(f"{name} must have no query and no fragment")
    try:
        origin_of(url.rstrip("/"))
    except NotSentError:
        raise ConfigError(f'{name} must be percent-encoded, in ASCII, with no "." or ".." as a part') from None
    return url.rstrip("/")
