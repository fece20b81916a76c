"""The programs: where each is, which package brings it, and what it is started with.

No secret is in its environment, and no settings of files of its own count.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from hfget.errors import UsageError
from hfget.http import bundle_named
from hfget.messages import advice
from hfget.messages import external_texts as texts
from hfget.system import safe_text

#: Debian's package of each; the same name elsewhere (Homebrew, conda-forge).
_PACKAGES = {"aria2c": "aria2", "wget": "wget", "curl": "curl"}
#: What holds a secret, or would lead a program elsewhere than hfget decided.
_WITHHELD = frozenset(
    {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE", "HF_ENDPOINT"}
    | {"WGETRC", "SYSTEM_WGETRC", "CURL_HOME", "CURL_CA_BUNDLE", "SSLKEYLOGFILE"}
)
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy"})


def find_program(tool: str, aria2c_path: str | os.PathLike[str] | None = None) -> str:
    """The program that `--tool` names; aria2c may be at a path of its own.

    Raises UsageError where it is not installed, and on Windows, where no pipe can be waited on.
    """
    if os.name == "nt":
        raise UsageError(
            texts.NOT_ON_WINDOWS(tool=tool), hint=advice.LEAVE_TOOL_OUT(option=f"--tool {tool}")
        )
    if tool == "aria2c" and aria2c_path is not None:
        path = os.fspath(aria2c_path)
        found = shutil.which(path)
        if found is None:
            raise UsageError(
                texts.NOT_A_PROGRAM(path=safe_text(path)), hint=advice.CHECK_ARIA2C_PATH
            )
        return str(Path(found).absolute())
    found = shutil.which(tool)
    if found is None:
        package = _PACKAGES[tool]
        raise UsageError(
            texts.NOT_INSTALLED(tool=tool),
            hint=advice.INSTALL_TOOL(package=package, tool=tool),
        )
    return str(Path(found).absolute())


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
