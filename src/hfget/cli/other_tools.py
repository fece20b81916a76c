"""Options of hfd.sh, hf, wget, curl, aria2c, pip and git, answered by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hfget.errors import UsageError
from hfget.system import safe_text

TOOL = "--tool"
_GOES_ON = "hfget always goes on where it stopped"
_BOOLEANS = "true false auto 0 1 yes no"


class Unneeded(NamedTuple):
    """Why an option may be left out; `values`: those it may have behind it, "any" or "" none."""

    why: str
    values: str = ""


#: Taken, and said to be unnecessary.
NOT_NEEDED: Mapping[str, Unneeded] = {
    "--hf-username": Unneeded("the token alone says who you are", "any"),
    "--hf-user": Unneeded("the token alone says who you are", "any"),
    "--local-dir-use-symlinks": Unneeded("a folder gets files, never links", _BOOLEANS),
    "--resume-download": Unneeded(_GOES_ON),
    "--resume": Unneeded(_GOES_ON),
    "--continue": Unneeded(_GOES_ON, _BOOLEANS),
    "--continue-at": Unneeded(_GOES_ON, "any"),
    "-c": Unneeded(_GOES_ON),
    "-C": Unneeded(_GOES_ON, "any"),
    "-nc": Unneeded("what is complete is never fetched again"),
    "--no-clobber": Unneeded("what is complete is never fetched again"),
    "-N": Unneeded("what is complete is never fetched again"),
    "--timestamping": Unneeded("what is complete is never fetched again"),
    "-L": Unneeded("hfget follows redirects"),
    "--location": Unneeded("hfget follows redirects"),
    "--file-allocation": Unneeded("hfget writes only what has come", "any"),
    "--check-integrity": Unneeded("every byte is verified", _BOOLEANS),
    "--aria2c-path": Unneeded("hfget downloads by itself", "any"),
    "--enable-hf-transfer": Unneeded("hfget has connections of its own"),
    "-nv": Unneeded("for silence: --quiet"),
    "--show-progress": Unneeded("progress is shown"),
}

_FOLDER = "the folder is chosen with --local-dir DIR"
_NAMES = "files keep the repo's names; the folder is chosen with --local-dir DIR"
_TLS = "certificates are always checked; a CA of your own: REQUESTS_CA_BUNDLE (.env.example)"
_PROXY = "a proxy is named by HTTPS_PROXY in the environment"
_TIMEOUT = "HF_HUB_DOWNLOAD_TIMEOUT sets the seconds without a byte; --max-time ends the run"
_SPLIT = "connections a file: -x N; files at a time: -j N"

#: Not taken; what to do instead.
INSTEAD: Mapping[str, str] = {
    "-O": _NAMES,
    "-o": _NAMES,
    "--out": _NAMES,
    "--output-document": _NAMES,
    "--remote-name": _NAMES,
    "-P": _FOLDER,
    "-d": _FOLDER,
    "-t": "tries: --retries N; the folder: --local-dir DIR",
    "-b": "a branch is chosen with --revision REV",
    "-r": "the whole repo is fetched unless files are named; a revision: --revision REV",
    "-f": "to fetch again: --force",
    "-n": "to see what would be fetched: --dry-run",
    "-v": "every request is told of with --debug; the version: --version",
    "--verbose": "every request is told of with --debug",
    "-V": "the version: --version",
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
    "-H": "a token is given by HF_TOKEN, --token-file or --token",
    "--header": "a token is given by HF_TOKEN, --token-file or --token",
    "-u": "a token is given by HF_TOKEN, --token-file or --token",
    "--user": "a token is given by HF_TOKEN, --token-file or --token",
    "--depth": "hfget fetches one revision, without history",
    "--model": "the repo stands by itself: hfget org/name",
    "--repo": "the repo stands by itself: hfget org/name",
    "--repo-id": "the repo stands by itself: hfget org/name",
    "--no-cache-dir": "files go into a folder unless --cache is given",
    "--subfolder": "a folder of the repo stands behind it: hfget org/name FOLDER",
    "--offline": "HF_HUB_OFFLINE=1; hfget verify DIR needs no network",
}


def check_tool(name: str) -> None:
    """`--tool hfget` is what is done anyway. Raises UsageError for another program."""
    if name != "hfget":
        raise UsageError(
            f"no such option: {TOOL} {safe_text(name, 40)}".rstrip(),
            hint=f"leave {TOOL} out: hfget itself fetches over several connections (-x N)",
        )
