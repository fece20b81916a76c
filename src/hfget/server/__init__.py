"""The embedded hub: folders of this machine offered through the Hub's read protocol.

A *store* knows the repos on disk, a *listing* the files of one of them; *access* says who may see
what. It needs the extra `hfget[serve]`.
"""

from __future__ import annotations

from hfget.server.protocol.access import ServeOptions, Tls
from hfget.server.protocol.client_tokens import VARIABLE as TOKEN_VARIABLE
from hfget.server.protocol.client_tokens import read_client_tokens
from hfget.server.protocol.hostnames import KnownHosts
from hfget.server.repos.hashes import default_cache_file
from hfget.server.repos.mirror import Mirror
from hfget.server.repos.store import Store
from hfget.server.running import bind, run

__all__ = [
    "TOKEN_VARIABLE",
    "KnownHosts",
    "Mirror",
    "ServeOptions",
    "Store",
    "Tls",
    "bind",
    "default_cache_file",
    "read_client_tokens",
    "run",
]
