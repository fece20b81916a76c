"""Options of hfd.sh, hf, wget, curl, aria2c, pip and git, answered by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hfget.messages import advice
from hfget.messages import cli_texts as texts

_GOES_ON = texts.RESUMES
_BOOLEANS = "true false auto 0 1 yes no on off"


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
    "--conditional-get": Unneeded(texts.NEVER_AGAIN, _BOOLEANS),
    "--always-resume": Unneeded(_GOES_ON, _BOOLEANS),
    "--save-session": Unneeded(_GOES_ON, "any"),
    "-L": Unneeded(texts.FOLLOWS_REDIRECTS),
    "--location": Unneeded(texts.FOLLOWS_REDIRECTS),
    "--file-allocation": Unneeded(texts.NO_ALLOCATION, "any"),
    "--check-integrity": Unneeded(texts.VERIFIED, _BOOLEANS),
    "--checksum": Unneeded(texts.VERIFIED, "any"),
    "--sha256": Unneeded(texts.VERIFIED, "any"),
    "--fail": Unneeded(texts.EXIT_CODE),
    "--fail-with-body": Unneeded(texts.EXIT_CODE),
    "--enable-hf-transfer": Unneeded(texts.OWN_CONNECTIONS),
    "--use-hf-transfer": Unneeded(texts.OWN_CONNECTIONS),
    "--hf-transfer": Unneeded(texts.OWN_CONNECTIONS),
    "--no-xet": Unneeded(texts.NO_XET),
    "--disable-xet": Unneeded(texts.NO_XET),
    "-Z": Unneeded(texts.OWN_CONNECTIONS),
    "--parallel": Unneeded(texts.OWN_CONNECTIONS),
    "--min-split-size": Unneeded(texts.OWN_CONNECTIONS, "any"),
    "--piece-length": Unneeded(texts.OWN_CONNECTIONS, "any"),
    "-nH": Unneeded(texts.NAMES_KEPT),
    "-np": Unneeded(texts.NAMES_KEPT),
    "--no-host-directories": Unneeded(texts.NAMES_KEPT),
    "--no-parent": Unneeded(texts.NAMES_KEPT),
    "--content-disposition": Unneeded(texts.NAMES_KEPT),
    "--trust-server-names": Unneeded(texts.NAMES_KEPT),
    "--remote-name-all": Unneeded(texts.NAMES_KEPT),
    "--create-dirs": Unneeded(texts.NAMES_KEPT),
    "--auto-file-renaming": Unneeded(texts.NAMES_KEPT, _BOOLEANS),
    "-w": Unneeded(texts.WAITS, "any"),
    "--wait": Unneeded(texts.WAITS, "any"),
    "--random-wait": Unneeded(texts.WAITS),
    "--waitretry": Unneeded(texts.WAITS, "any"),
    "--retry-wait": Unneeded(texts.WAITS, "any"),
    "--retry-delay": Unneeded(texts.WAITS, "any"),
    "--retry-connrefused": Unneeded(texts.WAITS),
    "--retry-all-errors": Unneeded(texts.WAITS),
    "-4": Unneeded(texts.BOTH_FAMILIES),
    "-6": Unneeded(texts.BOTH_FAMILIES),
    "--ipv4": Unneeded(texts.BOTH_FAMILIES),
    "--ipv6": Unneeded(texts.BOTH_FAMILIES),
    "--inet4-only": Unneeded(texts.BOTH_FAMILIES),
    "--inet6-only": Unneeded(texts.BOTH_FAMILIES),
    "--disable-ipv6": Unneeded(texts.BOTH_FAMILIES, _BOOLEANS),
    "-nv": Unneeded(advice.PRINT_LESS),
    "--no-progress": Unneeded(advice.PRINT_LESS),
    "--summary-interval": Unneeded(advice.PRINT_LESS, "any"),
    "--console-log-level": Unneeded(advice.PRINT_LESS, "any"),
    "--download-result": Unneeded(advice.PRINT_LESS, "any"),
    "--show-progress": Unneeded(texts.PROGRESS_SHOWN),
    "--progress": Unneeded(texts.PROGRESS_SHOWN),
    "--progress-bar": Unneeded(texts.PROGRESS_SHOWN, _BOOLEANS),
    "-#": Unneeded(texts.PROGRESS_SHOWN),
}

_FOLDER = advice.USE_LOCAL_DIR
_NAMES = advice.NAMES_STAY
_TLS = advice.OWN_CA
_PROXY = advice.SET_PROXY
_TIMEOUT = advice.TIMEOUTS
_SPLIT = advice.CONNECTIONS
_LOG = advice.LOG_TO_FILE
_CHOOSE = advice.CHOOSE_BY_PATTERN
_FILES = advice.FILES_AFTER_REPO
_CHECK = advice.CHECK_DOWNLOAD

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
    "-m": advice.EITHER(one=advice.TRIES, other=advice.WHOLE_REPO),
    "--recursive": advice.WHOLE_REPO,
    "--level": advice.WHOLE_REPO,
    "-nd": _NAMES,
    "--cut-dirs": _NAMES,
    "--no-directories": _NAMES,
    "-A": _CHOOSE,
    "-R": _CHOOSE,
    "--accept-regex": _CHOOSE,
    "--reject-regex": _CHOOSE,
    "--file": _FILES,
    "--files": _FILES,
    "--filename": _FILES,
    "--simulate": advice.USE_DRY_RUN,
    "--spider": advice.USE_DRY_RUN,
    "--verify": _CHECK,
    "--check": _CHECK,
    "--no-verify": advice.LEAVE_VERIFY_OUT,
    "--skip-verify": advice.LEAVE_VERIFY_OUT,
    "-U": advice.UPDATE,
    "--upgrade": advice.UPDATE,
    "--update": advice.UPDATE,
    "--background": advice.BACKGROUND,
    "--format": advice.OUTPUT_FORMS,
    "--no-color": advice.NO_COLOR,
    "--no-input": advice.ANSWER_YES,
    "-a": _LOG,
    "-l": _LOG,
    "--log": _LOG,
    "--log-file": _LOG,
    "--log-level": _LOG,
    "--output-file": _LOG,
    "--append-output": _LOG,
    "-f": advice.USE_FORCE,
    "-n": advice.USE_DRY_RUN,
    "-v": advice.DEBUG_OR_VERSION,
    "--verbose": advice.USE_DEBUG,
    "-V": advice.USE_VERSION,
    "--requirement": advice.USE_INPUT_FILE,
    "-s": advice.EITHER(one=_SPLIT, other=advice.PRINT_LESS),
    "-k": advice.EITHER(one=_TLS, other=_SPLIT),
    "--insecure": _TLS,
    "--cacert": _TLS,
    "--cert": _TLS,
    "--ca-certificate": _TLS,
    "--native-tls": _TLS,
    "--trusted-host": _TLS,
    "--no-check-certificate": _TLS,
    "--check-certificate": _TLS,
    "-e": _PROXY,
    "--proxy": _PROXY,
    "--all-proxy": _PROXY,
    "--https-proxy": _PROXY,
    "--http-proxy": _PROXY,
    "--use-proxy": _PROXY,
    "--no-proxy": advice.GO_WITHOUT_PROXY,
    "-T": _TIMEOUT,
    "--read-timeout": _TIMEOUT,
    "--dns-timeout": _TIMEOUT,
    "--timeout": _TIMEOUT,
    "--connect-timeout": _TIMEOUT,
    "-H": advice.SET_TOKEN,
    "--header": advice.SET_TOKEN,
    "-u": advice.SET_TOKEN,
    "--user": advice.SET_TOKEN,
    "--password": advice.SET_TOKEN,
    "--http-user": advice.SET_TOKEN,
    "--http-passwd": advice.SET_TOKEN,
    "--http-password": advice.SET_TOKEN,
    "--depth": advice.NO_HISTORY,
    "--model": advice.REPO_BY_ITSELF,
    "--repo": advice.REPO_BY_ITSELF,
    "--repo-id": advice.REPO_BY_ITSELF,
    "--no-cache-dir": advice.NO_CACHE,
    "--subfolder": advice.FOLDER_AFTER_REPO,
    "--offline": advice.GO_OFFLINE,
}
