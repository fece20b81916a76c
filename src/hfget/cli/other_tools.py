"""Options of hfd.sh, hf, wget, curl, aria2c, pip and git, answered by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.system import safe_text

TOOL = "--tool"
_GOES_ON = texts.RESUMES
_BOOLEANS = "true false auto 0 1 yes no"


class Unneeded(NamedTuple):
    """Why an option may be left out; `values`: those it may have behind it, "any" or "" none."""

    why: str
    values: str = ""


#: Taken, and said to be unnecessary.
NOT_NEEDED: Mapping[str, Unneeded] = {
    "--hf-username": Unneeded(texts.TOKEN_IS_ENOUGH, "any"),
    "--hf-user": Unneeded(texts.TOKEN_IS_ENOUGH, "any"),
    "--local-dir-use-symlinks": Unneeded(texts.NO_LINKS, _BOOLEANS),
    "--resume-download": Unneeded(_GOES_ON),
    "--resume": Unneeded(_GOES_ON),
    "--continue": Unneeded(_GOES_ON, _BOOLEANS),
    "--continue-at": Unneeded(_GOES_ON, "any"),
    "-c": Unneeded(_GOES_ON),
    "-C": Unneeded(_GOES_ON, "any"),
    "-nc": Unneeded(texts.NEVER_AGAIN),
    "--no-clobber": Unneeded(texts.NEVER_AGAIN),
    "-N": Unneeded(texts.NEVER_AGAIN),
    "--timestamping": Unneeded(texts.NEVER_AGAIN),
    "-L": Unneeded(texts.FOLLOWS_REDIRECTS),
    "--location": Unneeded(texts.FOLLOWS_REDIRECTS),
    "--file-allocation": Unneeded(texts.NO_ALLOCATION, "any"),
    "--check-integrity": Unneeded(texts.VERIFIED, _BOOLEANS),
    "--aria2c-path": Unneeded(texts.BY_ITSELF, "any"),
    "--enable-hf-transfer": Unneeded(texts.OWN_CONNECTIONS),
    "-nv": Unneeded(texts.QUIET),
    "--show-progress": Unneeded(texts.PROGRESS_SHOWN),
}

_FOLDER = advice.USE_LOCAL_DIR
_NAMES = advice.NAMES_STAY
_LIST = advice.LOOP_OVER_LIST
_TLS = advice.OWN_CA
_PROXY = advice.SET_PROXY
_TIMEOUT = advice.TIMEOUTS
_SPLIT = advice.CONNECTIONS

#: Not taken; what to do instead.
INSTEAD: Mapping[str, str] = {
    "-O": _NAMES,
    "-o": _NAMES,
    "--out": _NAMES,
    "--output-document": _NAMES,
    "--remote-name": _NAMES,
    "-P": _FOLDER,
    "-d": _FOLDER,
    "-t": advice.TRIES,
    "-b": advice.USE_REVISION,
    "-r": advice.WHOLE_REPO,
    "-f": advice.USE_FORCE,
    "-n": advice.USE_DRY_RUN,
    "-v": advice.DEBUG_OR_VERSION,
    "--verbose": advice.USE_DEBUG,
    "-V": advice.USE_VERSION,
    "-i": _LIST,
    "--input-file": _LIST,
    "-s": _SPLIT,
    "-k": f"{_TLS}; {_SPLIT}",
    "--insecure": _TLS,
    "--no-check-certificate": _TLS,
    "--check-certificate": _TLS,
    "-e": _PROXY,
    "--proxy": _PROXY,
    "--all-proxy": _PROXY,
    "--https-proxy": _PROXY,
    "--http-proxy": _PROXY,
    "--use-proxy": _PROXY,
    "-T": _TIMEOUT,
    "--timeout": _TIMEOUT,
    "--connect-timeout": _TIMEOUT,
    "-H": advice.SET_TOKEN,
    "--header": advice.SET_TOKEN,
    "-u": advice.SET_TOKEN,
    "--user": advice.SET_TOKEN,
    "--depth": advice.NO_HISTORY,
    "--model": advice.REPO_BY_ITSELF,
    "--repo": advice.REPO_BY_ITSELF,
    "--repo-id": advice.REPO_BY_ITSELF,
    "--no-cache-dir": advice.NO_CACHE,
    "--subfolder": advice.FOLDER_AFTER_REPO,
    "--offline": advice.GO_OFFLINE,
}


def check_tool(name: str) -> None:
    """`--tool hfget` is what is done anyway. Raises UsageError for another program."""
    if name != "hfget":
        raise UsageError(
            texts.NO_SUCH_TOOL(option=TOOL, name=safe_text(name, 40)).rstrip(),
            hint=advice.LEAVE_TOOL_OUT(option=TOOL),
        )
