"""What a program is started with: no secret in its environment, no settings of its own files."""

from __future__ import annotations

import os
from collections.abc import Mapping

from hfget.http import bundle_named

#: What holds a secret, or would lead a program elsewhere than hfget decided.
_WITHHELD = frozenset(
    {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE", "HF_ENDPOINT"}
    | {"WGETRC", "SYSTEM_WGETRC", "CURL_HOME", "CURL_CA_BUNDLE", "SSLKEYLOGFILE"}
)
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy"})


def environment(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`env` without tokens and proxies; what a proxy is, each request says."""
    return {
        name: value
        for name, value in env.items()
        if name not in _WITHHELD and name.lower() not in _PROXIES
    } | {"LC_ALL": "C"}


def ca_options(
    file: str, folder: str, env: Mapping[str, str] = os.environ
) -> list[tuple[str, str]]:
    """The option, `file` or `folder` of a program, for the CA bundle that the user named, if any.

    A program that takes no folder has "" for it.
    """
    bundle = bundle_named(env)
    if not bundle:
        return []
    name = folder if os.path.isdir(bundle) else file
    return [(name, bundle)] if name else []
