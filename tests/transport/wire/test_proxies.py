"""Proxies: which one is taken, what it sees, and what its refusal means."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
import trustme
from tests.transport.wire.conftest import OpenWire, Serve
from tests.transport.wire.servers import ProxyRules, Stub, answering, proxying, refusing
from tests.transport.wire.test_tls import Authority

from tocsin.errors import ConfigError, NotSentError
from tocsin.options import Timeouts
from tocsin.transport.wire.proxies import NoProxy, read_proxies

AUTHORIZATION = "Basic " + b64encode(b"user:p@ss w\xc3\xb6rd").decode()
CREDENTIALS = "user:p%40ss%20w%C3%B6rd@"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One CA for the whole module."""
    folder = tmp_path_factory.mktemp("ca")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    return Authority(ca, str(folder / "ca.pem"), "")


async def _get(wire_of: OpenWire, url: str, **settings: Any) -> int:
    async with wire_of(**settings) as wire:
        for _ in range(2):
            answer = await wire.send("POST", url, {"Authorization": "Token t"}, b"{}", Timeouts())
        return answer.status


def _with_credentials(proxy: Stub) -> str:
    return proxy.url.replace("://", f"://{CREDENTIALS}")


@pytest.mark.anyio
async def test_plain(wire_of: OpenWire, serve: Serve) -> None:
    """http goes through a proxy in absolute form, with the credentials of the proxy's URL, encoded as given."""
    server = serve(answering())
    proxy = serve(proxying(ProxyRules(AUTHORIZATION)))
    url = f"{server.url}/a%2Fb?c=%253A"
    assert await _get(wire_of, url, proxy=_with_credentials(proxy)) == 200
    assert [seen.target for seen in proxy.seen] == [url, url]
    assert [seen.target for seen in server.seen] == ["/a%2Fb?c=%253A"] * 2
    assert server.seen[0].body == b"{}"


@pytest.mark.anyio
async def test_tunnel(wire_of: OpenWire, serve: Serve, authority: Authority) -> None:
    """https goes through a tunnel: the proxy gets its credentials and no header of the request."""
    server = serve(answering(), tls=authority.server())
    proxy = serve(proxying(ProxyRules(AUTHORIZATION)))
    settings = {"proxy": {"https": _with_credentials(proxy)}, "verify": authority.bundle}
    assert await _get(wire_of, f"{server.url}/a%2Fb", **settings) == 200
    assert [(seen.method, seen.target) for seen in proxy.seen] == [("CONNECT", f"127.0.0.1:{server.port}")]
    assert "authorization" not in proxy.seen[0].headers
    assert [seen.target for seen in server.seen] == ["/a%2Fb"] * 2
    assert all("proxy-authorization" not in seen.headers for seen in server.seen)


@pytest.mark.anyio
async def test_tls_to_the_proxy(wire_of: OpenWire, serve: Serve, authority: Authority) -> None:
    """A proxy can be talked to over TLS; it is checked like a server."""
    server = serve(answering())
    proxy = serve(proxying(ProxyRules(AUTHORIZATION)), tls=authority.server())
    settings = {"proxy": _with_credentials(proxy), "verify": authority.bundle}
    assert await _get(wire_of, server.url, **settings) == 200
    with pytest.raises(NotSentError, match="certificate"):
        await _get(wire_of, server.url, proxy=_with_credentials(proxy))
    assert len(server.seen) == 2


@pytest.mark.anyio
async def test_tunnel_refused(wire_of: OpenWire, serve: Serve, authority: Authority) -> None:
    """A proxy that refuses the tunnel is NotSentError, and the proxy's credentials are not shown."""
    server = serve(answering(), tls=authority.server())
    wrong = serve(proxying(ProxyRules("Basic other")))
    closed = serve(proxying(ProxyRules(refuse=b"503 No")))
    for proxy in (wrong, closed):
        with pytest.raises(NotSentError, match="the proxy refused") as caught:
            await _get(wire_of, server.url, proxy=_with_credentials(proxy), verify=authority.bundle)
        assert "p@ss" not in str(caught.value)
    assert server.accepted == 0


@pytest.mark.anyio
async def test_plain_refused(wire_of: OpenWire, serve: Serve) -> None:
    """For http a proxy's refusal is an answer: nothing tells it from the server's own."""
    server = serve(answering())
    proxy = serve(proxying(ProxyRules("Basic other")))
    assert await _get(wire_of, server.url, proxy=proxy.url) == 407
    assert server.accepted == 0


@pytest.mark.anyio
async def test_no_proxy_there(wire_of: OpenWire, serve: Serve, authority: Authority) -> None:
    """A proxy that cannot be reached is NotSentError, for http and https."""
    plain, secure = serve(answering()), serve(answering(), tls=authority.server())
    with refusing() as proxy:
        for server in (plain, secure):
            with pytest.raises(NotSentError, match="Connection refused"):
                await _get(wire_of, server.url, proxy=proxy, verify=authority.bundle)
    assert plain.accepted == secure.accepted == 0


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_environment(name: str, wire_of: OpenWire, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy is taken, but for hosts of NO_PROXY, another setting, or without trust in it."""
    server = serve(answering())
    proxy = serve(proxying(ProxyRules()))
    monkeypatch.setenv(name, proxy.url)
    assert await _get(wire_of, server.url) == 200
    assert len(proxy.seen) == 2
    assert await _get(wire_of, server.url, trust_env=False) == 200
    assert await _get(wire_of, server.url, proxy={"http": None}) == 200
    monkeypatch.setenv("NO_PROXY", "example.org, 127.0.0.1")
    assert await _get(wire_of, server.url) == 200
    assert len(proxy.seen) == 2
    assert len(server.seen) == 8


@pytest.mark.anyio
async def test_environment_is_read_once(wire_of: OpenWire, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wire keeps to the environment in which it was made."""
    server = serve(answering())
    proxy = serve(proxying(ProxyRules()))
    async with wire_of() as wire:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        await wire.send("GET", server.url, {}, b"", Timeouts())
    assert proxy.accepted == 0


@pytest.mark.anyio
async def test_socks(wire_of: OpenWire, kind: str) -> None:
    """A SOCKS proxy needs what is not installed here, and the message says what."""
    words = 'needs transport="httpx"' if kind == "aiohttp" else r'pip install "httpx\[socks\]"'
    with pytest.raises(ConfigError, match=words):
        await _get(wire_of, "http://127.0.0.1:9/", proxy="socks5://user:s3cr3t@127.0.0.1:9")


@pytest.mark.parametrize(
    "proxy", ["127.0.0.1:3128", "ftp://s3cr3t@a", "http://", "http://a:s3cr3t", "http://[s3cr3t"]
)
def test_not_a_proxy(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no proxy's URL is a ConfigError that does not show it, from a setting or the environment."""
    with pytest.raises(ConfigError, match="proxy must be a URL such as") as caught:
        read_proxies(proxy, trust_env=True)
    assert "s3cr3t" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"proxy\['https'\] must be a URL"):
        read_proxies({"https": proxy}, trust_env=True)
    with pytest.raises(ConfigError, match='"http" and "https", not \'all\''):
        read_proxies({"all": "http://a"}, trust_env=True)


def test_environments_proxy_without_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY=host:port means http://host:port; a broken one is named, not shown."""
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    picked = read_proxies(None, trust_env=True).pick("https://argus.example")
    assert picked is not None
    assert picked.url == "http://proxy.example:3128"
    monkeypatch.setenv("HTTPS_PROXY", "ftp://s3cr3t@a")
    with pytest.raises(ConfigError, match="HTTPS_PROXY must be a URL") as caught:
        read_proxies(None, trust_env=True)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("listed", "host", "covered"),
    [
        ("", "a.example", False),
        ("*", "a.example", True),
        ("a.example", "a.example:8080", True),
        ("a.example", "b.a.example", True),
        (".example", "A.Example", True),
        ("example", "notexample", False),
        ("a.example:80", "a.example:80", True),
        ("a.example:80", "a.example:81", False),
        ("b.example , a.example", "a.example", True),
        ("::1", "[::1]:8080", True),
        ("[::1]", "[::1]", True),
    ],
)
def test_no_proxy(listed: str, host: str, covered: bool) -> None:
    """NO_PROXY names hosts, with or without a port, and what is below them."""
    assert NoProxy.parse(listed).covers(host) is covered


def test_nothing_shows_credentials() -> None:
    """Neither a proxy's repr nor that of all of them holds its credentials."""
    proxies = read_proxies("http://user:s3cr3t@proxy.example", trust_env=False)
    assert "s3cr3t" not in repr(proxies)
    assert b64encode(b"user:s3cr3t").decode() not in repr(proxies)
    assert repr(proxies.pick("http://a")) == "ProxyServer(url='http://proxy.example')"
