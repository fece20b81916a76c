"""Names that people know an option by from elsewhere, and the keyword that a wrong one means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from hfget.options.download import DEFAULTS, OPTIONS

#: Names that other programs and huggingface_hub have for an option, with underscores.
OTHER_NAMES: Mapping[str, str] = {
    "allow_patterns": "include",
    "ignore_patterns": "exclude",
    "filename": "files",
    "type": "repo_type",
    "branch": "revision",
    "commit": "revision",
    "tag": "revision",
    "force_download": "force",
    "dir": "local_dir",
    "directory": "local_dir",
    "directory_prefix": "local_dir",
    "output_dir": "local_dir",
    "output": "local_dir",
    "out_dir": "local_dir",
    "target": "local_dir",
    "prefix": "local_dir",
    "save_dir": "local_dir",
    "mirror": "endpoint",
    "mirrors": "endpoint",
    "endpoints": "endpoint",
    "index_url": "endpoint",
    "hf_endpoint": "endpoint",
    "base_url": "endpoint",
    "access_token": "token",
    "auth_token": "token",
    "use_auth_token": "token",
    "max_workers": "jobs",
    "max_concurrent_downloads": "jobs",
    "max_concurrent_files": "jobs",
    "threads": "connections",
    "split": "connections",
    "max_connection_per_server": "connections",
    "retry": "retries",
    "tries": "retries",
    "max_tries": "retries",
}


def keyword_meant(name: str, also: Iterable[str] = ()) -> str:
    """The keyword that a wrong `name` is nearest to (`force`, `ambient_token=False`), or "".

    `also` are keywords that are no options.
    """
    name = name.lower().replace("-", "_")
    meant = {one: one for one in (*OPTIONS, *also)} | dict(OTHER_NAMES)
    for one, known in OPTIONS.items():
        for flag in known.flags:
            off = DEFAULTS[one] is True and flag.startswith("--no-")
            meant.setdefault(_keyword(flag), f"{one}=False" if off else one)
        for short in known.shorthands:
            meant.setdefault(_keyword(short.flag), f'{one}="{short.value}"')
    near = get_close_matches(name, meant, n=1, cutoff=0.6)
    return meant[near[0]] if near else ""


def _keyword(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")
