"""https: whom the wires trust, with which certificate they come, and what that costs."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from attrs import frozen
from tests.transport.wire.conftest import OpenWire, Serve
from tests.transport.wire.servers import Peer, answering

from tocsin.errors import ConfigError, MaybeSentError, NotSentError, TransportError
from tocsin.options import Timeouts
from tocsin.transport.wire import tls


@frozen
class Authority:
    """A CA made for these tests, with its files."""

    ca: trustme.CA
    bundle: str
    client: str

    def server(self, host: str = "127.0.0.1", *, ask_client: bool = False) -> ssl.SSLContext:
        """What a server of `host` needs."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert(host).configure_cert(context)
        if ask_client:
            self.ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One CA for the whole module."""
    folder = tmp_path_factory.mktemp("ca")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    ca.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(folder / "client.pem")
    return Authority(ca, str(folder / "ca.pem"), str(folder / "client.pem"))


def _hashed_folder(bundle: str, folder: Path) -> None:
    command = ["openssl", "x509", "-hash", "-noout", "-in", bundle]
    hashed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    (folder / f"{hashed}.0").write_bytes(Path(bundle).read_bytes())


async def _get(wire_of: OpenWire, url: str, **settings: Any) -> int:
    async with wire_of(**settings) as wire:
        for _ in range(2):
            answer = await wire.send("GET", url, {}, b"", Timeouts())
        return answer.status


@pytest.mark.anyio
async def test_unknown_authority(wire_of: OpenWire, serve: Serve, authority: Authority) -> None:
    """A server that nobody vouches for is NotSentError, with the TLS library's word on it."""
    server = serve(answering(), tls=authority.server())
    with pytest.raises(NotSentError, match="unable to get local issuer certificate"):
        await _get(wire_of, server.url)
    assert server.seen == []


@pytest.mark.anyio
async def test_another_hosts_certificate(wire_of: OpenWire, serve: Serve, authority: Authority) -> None:
    """A good certificate of another host is NotSentError."""
    server = serve(answering(), tls=authority.server("else.example"))
    with pytest.raises(NotSentError, match=r"certificate is not valid for '127\.0\.0\.1'"):
        await _get(wire_of, server.url, verify=authority.bundle)
    assert server.seen == []


@pytest.mark.anyio
async def test_trusted(wire_of: OpenWire, serve: Serve, authority: Authority) -> None:
    """A bundle's file, a context, or no checking at all let the request through, over one connection."""
    context = ssl.create_default_context()
    authority.ca.configure_trust(context)
    for verify in (authority.bundle, context, False):
        server = serve(answering(), tls=authority.server())
        assert await _get(wire_of, server.url, verify=verify) == 200
        assert server.accepted == 1


@pytest.mark.anyio
async def test_folder_of_certificates(
    wire_of: OpenWire, serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    """A folder with certificates under their hashes is trusted."""
    _hashed_folder(authority.bundle, tmp_path)
    server = serve(answering(), tls=authority.server())
    assert await _get(wire_of, server.url, verify=str(tmp_path)) == 200


@pytest.mark.anyio
async def test_environment(
    wire_of: OpenWire, serve: Serve, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE is the default's bundle, unless the environment is not to be trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", authority.bundle)
    server = serve(answering(), tls=authority.server())
    assert await _get(wire_of, server.url) == 200
    with pytest.raises(NotSentError):
        await _get(wire_of, server.url, trust_env=False)


@pytest.mark.anyio
async def test_client_certificate(wire_of: OpenWire, serve: Serve, authority: Authority) -> None:
    """A server that wants a client certificate gets it, from one file or two; without one it never answers."""
    server = serve(answering(), tls=authority.server(ask_client=True))
    assert await _get(wire_of, server.url, verify=authority.bundle, cert=authority.client) == 200
    both = (authority.client, authority.client)
    assert await _get(wire_of, server.url, verify=authority.bundle, cert=both) == 200
    # With TLS 1.3 the refusal comes after the handshake, when the request may be under way.
    with pytest.raises((NotSentError, MaybeSentError)):
        await _get(wire_of, server.url, verify=authority.bundle)
    assert len(server.seen) == 4


@pytest.mark.anyio
async def test_not_tls(wire_of: OpenWire, serve: Serve) -> None:
    """https to a port that talks plain HTTP is NotSentError."""

    def plain(peer: Peer) -> None:
        peer.wait_for_bytes()
        peer.answer(b"", status=b"400 Bad Request")

    server = serve(plain)
    with pytest.raises(NotSentError, match="wrong version number"):
        await _get(wire_of, server.url.replace("http:", "https:"))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "settings",
    [
        {"verify": "/nowhere/ca.pem"},
        {"verify": __file__},
        {"cert": "/nowhere/client.pem"},
        {"cert": __file__},
        {"cert": (__file__, "/nowhere/key.pem")},
    ],
)
async def test_files_that_cannot_be_used(settings: dict[str, Any], wire_of: OpenWire) -> None:
    """A file that is missing, or is no certificate, is a ConfigError that names it."""
    named = settings.get("verify") or settings["cert"]
    named = named if isinstance(named, str) else named[-1]
    with pytest.raises(ConfigError) as caught:
        await _get(wire_of, "https://127.0.0.1:9/", **settings)
    assert repr(named) in str(caught.value)
    assert not isinstance(caught.value, TransportError)


def test_password_is_never_asked_for_nor_shown(tmp_path: Path) -> None:
    """A key with a password opens with it; with none or another one it is a ConfigError without the password."""
    key, sealed = tmp_path / "plain.pem", tmp_path / "sealed.pem"
    pair = trustme.CA().issue_cert("client@example.org")
    pair.private_key_pem.write_to_path(key)
    pair.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    command = ["openssl", "pkey", "-in", str(key), "-aes128", "-passout", "pass:s3cr3t", "-out", str(sealed)]
    subprocess.run(command, check=True, capture_output=True)
    certificate = str(tmp_path / "cert.pem")
    tls.context(False, (certificate, str(sealed), "s3cr3t"), trust_env=False)
    for cert in ((certificate, str(sealed)), (certificate, str(sealed), "s3cr3tly wrong")):
        with pytest.raises(ConfigError, match=r"sealed\.pem") as caught:
            tls.context(False, cert, trust_env=False)
        assert "s3cr3t" not in str(caught.value)


def test_one_context_for_all(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same settings share a context; others, and a renewed file, get their own."""
    made: list[int] = []
    create: Callable[..., ssl.SSLContext] = ssl.create_default_context

    def counting(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        made.append(1)
        return create(*args, **kwargs)

    monkeypatch.setattr(ssl, "create_default_context", counting)
    first = tls.context(authority.bundle, None, trust_env=True)
    made.clear()
    assert tls.context(authority.bundle, None, trust_env=True) is first
    assert made == []
    assert tls.context(False, None, trust_env=True) is not first
    changed = Path(authority.bundle).stat().st_mtime_ns + 1_000_000_000
    os.utime(authority.bundle, ns=(changed, changed))
    assert tls.context(authority.bundle, None, trust_env=True) is not first
    assert len(made) == 1
