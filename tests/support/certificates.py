"""A private CA and certificates, made on the spot by openssl."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from functools import cached_property
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_EXTENSIONS = """\
subjectAltName={names}
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""


def is_openssl_there() -> bool:
    return shutil.which("openssl") is not None


class PrivateCA:
    """Signs certificates for servers on loopback; `bundle` is what verifies them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.bundle = folder / "ca.pem"
        self._openssl(
            "req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=a CA for tests", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        )  # fmt: skip

    @cached_property
    def trusted(self) -> ssl.SSLContext:
        """For a server on 127.0.0.1, localhost and ::1."""
        return self._context("trusted", "IP:127.0.0.1,IP:::1,DNS:localhost", days=2)

    @cached_property
    def elsewhere(self) -> ssl.SSLContext:
        """For a server under another name."""
        return self._context("elsewhere", "DNS:elsewhere.test", days=2)

    @cached_property
    def expired(self) -> ssl.SSLContext:
        """For a server whose certificate is no more valid."""
        return self._context("expired", "IP:127.0.0.1", days=-1)

    def context_for(self, names: str) -> ssl.SSLContext:
        """For a server under these names, as a certificate has them: `DNS:hub.test`."""
        return self._context("named", names, days=2)

    def _context(self, name: str, names: str, days: int) -> ssl.SSLContext:
        (self._folder / f"{name}.ext").write_text(_EXTENSIONS.format(names=names))
        self._openssl(
            "req", *_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}"
        )
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext",
            "-out", f"{name}.pem",
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        return context

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(
            ["openssl", *arguments],
            cwd=self._folder,
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
