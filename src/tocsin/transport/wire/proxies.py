"""Which proxy a URL goes through: the one that was set, else the environment's."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import field, frozen

from tocsin.errors import ConfigError

if TYPE_CHECKING:
    from tocsin.transport.wire import Proxy

_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})


@frozen
class ProxyServer:
    """One proxy. `url` holds no credentials; `authorization` is the value of Proxy-Authorization."""

    url: str
    authorization: str | None = field(default=None, repr=False)
    credentials: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def scheme(self) -> str:
        """What is spoken with the proxy: "http", "https", "socks5" or "socks5h"."""
        return self.url.partition("://")[0]

    @property
    def socks(self) -> bool:
        """Whether it speaks SOCKS instead of HTTP."""
        return self.scheme.startswith("socks")


@frozen
class NoProxy:
    """Hosts that are reached without a proxy: what NO_PROXY lists, read as urllib reads it."""

    names: tuple[str, ...] = ()

    @classmethod
    def parse(cls, listed: str) -> NoProxy:
        """From names with a comma between them: "*" is every host, and a name covers what is below it."""
        return cls(tuple([name for part in listed.split(",") if (name := part.strip().lower().lstrip("."))]))

    def covers(self, authority: str) -> bool:
        """Whether "host" or "host:port" is listed, or lies below a listed name."""
        authority = authority.lower()
        host, colon, port = authority.rpartition(":")
        spellings = {authority}
        if colon and port.isdecimal():
            spellings.add(host)
        spellings |= {spelling.strip("[]") for spelling in spellings}
        return any(
            name in {"*", spelling} or spelling.endswith(f".{name}")
            for name in self.names
            for spelling in spellings
        )


@frozen
class Proxies:
    """Proxies by scheme, and the hosts that are reached without one."""

    by_scheme: Mapping[str, ProxyServer | None]
    bypass: NoProxy = field(factory=NoProxy)

    def pick(self, origin: str) -> ProxyServer | None:
        """The proxy for "scheme://host:port", or None to go straight there."""
        scheme, _, host = origin.partition("://")
        server = self.by_scheme.get(scheme)
        return None if server is None or self.bypass.covers(host) else server


def read_proxies(proxy: Proxy | None, *, trust_env: bool) -> Proxies:
    """What was set, or else HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (in either case) as they are now.

    Raises ConfigError for a URL that is no proxy's; the message never shows it.
    """
    if isinstance(proxy, str):
        server = _server(proxy, "proxy")
        return Proxies({"http": server, "https": server})
    if proxy is not None:
        unknown = sorted(set(proxy) - {"http", "https"})
        if unknown:
            raise ConfigError(f'the keys of proxy must be "http" and "https", not {unknown[0]!r}')
        return Proxies({key: _server(url, f"proxy[{key!r}]") if url else None for key, url in proxy.items()})
    if not trust_env:
        return Proxies({})
    return _from_environment()


def proxy_secrets(proxy: Proxy | None, *, trust_env: bool) -> list[str]:
    """What must never be shown of the proxies that `read_proxies` gives; none where it refuses them."""
    try:
        servers = read_proxies(proxy, trust_env=trust_env).by_scheme.values()
    except ConfigError:
        return []
    return [
        secret
        for server in servers
        if server is not None and server.credentials is not None and server.authorization is not None
        for secret in (server.credentials[1], server.authorization.removeprefix("Basic "))
    ]


def _from_environment() -> Proxies:
    from urllib.request import getproxies

    found = getproxies()
    servers: dict[str, ProxyServer | None] = {}
    for scheme in ("http", "https"):
        url = found.get(scheme) or found.get("all")
        if url:
            named = f"{scheme.upper()}_PROXY" if found.get(scheme) else "ALL_PROXY"
            servers[scheme] = _server(url if "://" in url else f"http://{url}", named)
    return Proxies(servers, NoProxy.parse(found.get("no", "")))


def _server(url: str, named: str) -> ProxyServer:
    parts = _split(url)
    if parts is None or parts.scheme not in _SCHEMES or not parts.hostname:
        raise ConfigError(f"{named} must be a URL such as http://user:password@proxy.example.org:3128")
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if not parts.username and not parts.password:
        return ProxyServer(bare)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    token = b64encode(f"{user}:{password}".encode()).decode("ascii")
    return ProxyServer(bare, f"Basic {token}", (user, password))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it is parsed, and refused, when it is asked for
    except ValueError:
        return None
    return parts
