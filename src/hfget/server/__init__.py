"""The embedded hub: folders of this machine offered through the Hub's read protocol.

A *store* knows the repos on disk, a *listing* the files of one of them; *access* says who may see
what. It needs the extra `hfget[serve]`.
"""

from __future__ import annotations

from hfget.server.access import ServeOptions
from hfget.server.hashes import default_cache_file
from hfget.server.hostnames import KnownHosts
from hfget.server.running import bind, run
from hfget.server.store import Store

__all__ = ["KnownHosts", "ServeOptions", "Store", "bind", "default_cache_file", "run"]
