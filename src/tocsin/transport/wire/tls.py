"""TLS contexts, one for the whole process per way of checking: reading the CA bundle takes 20 ms and more."""

from __future__ import annotations

import functools
import os
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.errors import ConfigError

if TYPE_CHECKING:
    from tocsin.transport.wire import Cert, Verify

#: Held while a context is made, so that clients that start together read the bundle once.
_making = threading.Lock()


def context(verify: Verify, cert: Cert | None, *, trust_env: bool) -> ssl.SSLContext:
    """The shared context for these settings. Reads files: call it in a thread.

    Args:
        verify: True checks against SSL_CERT_FILE or SSL_CERT_DIR (with `trust_env`), else certifi's bundle;
            False checks nothing; a path is a bundle's file or a folder of hashed certificates; a context is
            used as it is (and gets `cert` loaded into it).
        cert: a PEM file with certificate and key, or certificate and key, or both and the key's password.

    Raises ConfigError, which names the file that cannot be used.
    """
    if verify is True and trust_env:
        verify = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or True
    chain = (cert,) if isinstance(cert, str) else cert
    if isinstance(verify, ssl.SSLContext):
        if chain:
            _load_chain(verify, chain)
        return verify
    files = [verify] if isinstance(verify, str) else []
    files += list(chain[:2]) if chain else []
    with _making:
        return _shared(verify, chain, tuple([_stamp(file) for file in files]))


def _stamp(file: str) -> int:
    """When the file was last changed: a renewed certificate must not be hidden by an old context."""
    try:
        return Path(file).stat().st_mtime_ns
    except (OSError, ValueError):
        pass
    raise ConfigError(f"cannot read {file!r}")


@functools.lru_cache(maxsize=32)
def _shared(verify: bool | str, chain: tuple[str, ...] | None, _stamps: tuple[int, ...]) -> ssl.SSLContext:
    if verify is False:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    else:
        made = _trusting(verify)
    made.set_alpn_protocols(["http/1.1"])
    if chain:
        _load_chain(made, chain)
    return made


def _trusting(verify: bool | str) -> ssl.SSLContext:
    if isinstance(verify, str):
        bundle = verify
    else:
        import certifi

        bundle = certifi.where()
    try:
        if Path(bundle).is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        pass
    raise ConfigError(f"cannot use {bundle!r} as a bundle of CA certificates")


def _load_chain(made: ssl.SSLContext, chain: tuple[str, ...]) -> None:
    certificate, key, password = (*chain, None, None)[:3]
    try:
        # An empty password beats OpenSSL's own prompt on the terminal.
        made.load_cert_chain(str(certificate), key, password if password is not None else "")
    except (OSError, ValueError):
        pass
    else:
        return
    raise ConfigError(f"cannot use {' and '.join(repr(file) for file in chain[:2])} as a client certificate")
