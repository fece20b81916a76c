"""Where huggingface_hub and others keep what is the user's, if that is known at all.

A process may have no HOME, and its user no entry in the system's list (containers, services).
huggingface_hub then takes a folder named `~` in the working directory; and a variable that is set
to nothing, for the working directory. No user means either.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def home_folder() -> Path | None:
    """The user's home folder; None where nothing says which it is."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 (pathlib raises)
    return home if home.is_absolute() else None


def cache_folder(env: Mapping[str, str]) -> Path | None:
    """XDG_CACHE_HOME, else ~/.cache."""
    home = home_folder()
    return _named(env, "XDG_CACHE_HOME") or (home and home / ".cache")


def hub_home(env: Mapping[str, str]) -> Path | None:
    """HF_HOME, else `huggingface` in the user's cache (huggingface_hub, `constants.py`)."""
    base = cache_folder(env)
    return _named(env, "HF_HOME") or (base and base / "huggingface")


def hub_cache(env: Mapping[str, str]) -> Path | None:
    """HF_HUB_CACHE, or its older name, else `hub` in `hub_home`."""
    named = _named(env, "HF_HUB_CACHE") or _named(env, "HUGGINGFACE_HUB_CACHE")
    home = hub_home(env)
    return named or (home and home / "hub")


def login_file(env: Mapping[str, str]) -> Path | None:
    """HF_TOKEN_PATH, else `token` in `hub_home`."""
    home = hub_home(env)
    return _named(env, "HF_TOKEN_PATH") or (home and home / "token")


def _named(env: Mapping[str, str], name: str) -> Path | None:
    value = env.get(name, "").strip()
    if not value:
        return None
    path = os.path.expandvars(os.path.expanduser(value))  # noqa: PTH111
    return None if path.startswith("~") else Path(path)
