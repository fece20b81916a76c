"""Whose certificates are believed: what the environment names, else certifi's and the system's."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from typing import NamedTuple

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import http_texts as texts
from hfget.settings import user_path
from hfget.system import lazy_pattern, safe_text

#: Where the system keeps certificates that no file has (`ssl.enum_certificates`).
_HAS_STORES = os.name == "nt"
#: Where Linux keeps what all its programs trust: a Python of conda, or one that was built
#: elsewhere, has an OpenSSL that looks in a folder of its own (the list is Go's, crypto/x509).
_ON_LINUX = sys.platform == "linux"
_SYSTEM_FOLDERS = ("/etc/ssl/certs", "/etc/pki/tls/certs") if _ON_LINUX else ()
_SYSTEM_FILES = (
    (
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    )
    if _ON_LINUX
    else ()
)
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
#: As `openssl rehash` names a certificate, so that it is found when it is asked for.
_HASHED = lazy_pattern(r"[0-9a-f]{8}\.\d+")


class Authorities(NamedTuple):
    """PEM files, which are read at once, and folders of hashed names, which cost nothing.

    `named` is the variable they come from, empty for those of this machine. With `stores` those of
    Windows' own stores count too.
    """

    named: str
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    stores: bool = False

    def load(self, context: ssl.SSLContext) -> None:
        """Have `context` verify against them. Raises UsageError if one cannot be used."""
        for path in self.files:
            try:
                context.load_verify_locations(cafile=path)
            except OSError as error:
                if self.named:
                    raise _unusable(self.named, path) from error
                if path == DEFAULT_CA_BUNDLE_PATH:
                    raise
        for path in self.folders:
            context.load_verify_locations(capath=path)
        if self.stores:
            context.load_default_certs()


def authorities(env: Mapping[str, str]) -> Authorities:
    """The first bundle that is named, as requests and curl have it; else SSL_CERT_DIR; else both
    certifi's and the system's (huggingface_hub takes the latter).

    A bundle may be a folder, SSL_CERT_DIR several. Raises UsageError for what is not there.
    """
    name = _variable(env)
    if path := bundle_named(env):
        return Authorities(name, (), (path,)) if os.path.isdir(path) else Authorities(name, (path,))
    if value := env.get("SSL_CERT_DIR", "").strip(os.pathsep):
        folders = tuple(str(user_path(part, "SSL_CERT_DIR")) for part in value.split(os.pathsep))
        if not any(map(os.path.isdir, folders)):
            raise _unusable("SSL_CERT_DIR", value)
        return Authorities("SSL_CERT_DIR", (), folders)
    return _of_this_machine()


def bundle_named(env: Mapping[str, str]) -> str:
    """The file or folder that the user named, empty if none. Raises UsageError."""
    name = _variable(env)
    return str(user_path(env[name], name)) if name else ""


def _variable(env: Mapping[str, str]) -> str:
    return next((name for name in _BUNDLES if env.get(name)), "")


def _of_this_machine() -> Authorities:
    """Where a folder of the system has hashed names its file, which takes 10 ms, is not needed."""
    paths = ssl.get_default_verify_paths()
    if _is_hashed(paths.openssl_capath):
        return Authorities("", (DEFAULT_CA_BUNDLE_PATH,), (paths.openssl_capath,), _HAS_STORES)
    files = [DEFAULT_CA_BUNDLE_PATH]
    if os.path.isfile(paths.openssl_cafile):
        files.append(paths.openssl_cafile)
    folder = next(filter(_is_hashed, _SYSTEM_FOLDERS), "")
    known = {os.path.realpath(path) for path in files}
    file = "" if folder else next(filter(os.path.isfile, _SYSTEM_FILES), "")
    if file and os.path.realpath(file) not in known:
        files.append(file)
    return Authorities("", tuple(files), (folder,) if folder else (), _HAS_STORES)


def _is_hashed(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(_HASHED.fullmatch(entry.name) for entry in entries)
    except OSError:
        return False


def _unusable(name: str, path: str) -> UsageError:
    return UsageError(
        texts.NO_CA_BUNDLE(name=name, path=safe_text(path)),
        hint=advice.NAME_CA_BUNDLE,
    )
