"""What must hold after every scenario, whatever was injected."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.support.command import leftovers
from tests.trials.trial import Trial, sha256

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_INTERRUPTED = (129, 130, 143)


class Tree:
    """What lies in a folder, as path → sha256, links and folders by their kind."""

    def __init__(self, root: Path, *, without: Path) -> None:
        self.entries: dict[str, str] = {}
        for folder, folders, names in os.walk(root):
            here = Path(folder)
            folders[:] = [name for name in folders if here / name != without]
            for name in [*folders, *names]:
                path = here / name
                self.entries[path.relative_to(root).as_posix()] = _kind(path)

    def differences(self, other: Tree) -> list[str]:
        names = self.entries.keys() | other.entries.keys()
        return sorted(n for n in names if self.entries.get(n) != other.entries.get(n))


def _kind(path: Path) -> str:
    try:
        if path.is_symlink():
            return f"link to {path.readlink()}"
        if path.is_file():
            return sha256(path)
        return "folder" if path.is_dir() else "other"
    except OSError as error:
        return str(error.strerror)


def _readable(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink()
    except OSError:  # its path is too long
        return False


def final_files(out: Path) -> dict[str, Path]:
    """Every file in the folder but the records."""
    return {
        path.relative_to(out).as_posix(): path
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.relative_to(out).as_posix().startswith(".cache/huggingface/")
    }


def wrong_bytes(trial: Trial, before: Tree) -> list[str]:
    """Files under a final name that are neither the repo's nor the user's."""
    expected, found = trial.expected(), []
    for path, file in final_files(trial.out).items():
        actual = sha256(file)
        if file in trial.user_files:
            continue
        if actual != expected.get(path) and before.entries.get(path) != actual:
            found.append(f"wrong bytes under a final name: {path}")
    return found


def missing(trial: Trial, lost: tuple[str, ...]) -> list[str]:
    there = set(final_files(trial.out))
    wanted = set(trial.expected()) - set(lost)
    found = [f"missing: {path}" for path in sorted(wanted - there)]
    return found + [f"there, but must not be: {path}" for path in sorted(there & set(lost))]


def secrets_shown(trial: Trial) -> list[str]:
    """Tokens and signatures in anything said, written or shown in the process list.

    To be asked after every run, for what an interrupted one leaves the next one clears away.
    """
    found = []
    needles = {needle for canary in trial.canaries for needle in _forms(canary)}
    needles |= set(trial.hub.signatures)
    texts = {"output": trial.text.encode()}
    if not trial.on_command_line:
        texts["command line"] = "\n".join(trial.seen).encode()
    for path in sorted(trial.shell.directory.rglob("*")):
        if _readable(path) and path not in trial.own_files:
            texts[str(path)] = path.read_bytes()
    for where, data in texts.items():
        trial.searched[where] = max(trial.searched.get(where, 0), len(data))
        found += [f"secret in {where}" for needle in needles if needle.encode() in data]
    return sorted(set(found))


def _forms(secret: str) -> set[str]:
    """The secret, both halves of it, and as it looks in a URL and amid base64."""
    half = len(secret) // 2
    return {secret, quote(secret, safe=""), secret[:half], secret[-half:], *_amid_base64(secret)}


def _amid_base64(secret: str) -> Iterator[str]:
    """What shows of a secret in base64, whatever stands before it (`user:`) and after."""
    for before in range(3):
        encoded = base64.b64encode(b"x" * before + secret.encode()).decode()
        yield encoded[(0, 2, 3)[before] : len(encoded.rstrip("=")) - 2]


def tokens_astray(trial: Trial) -> list[str]:
    home = trial.scenario.token_home
    return sorted(
        {
            f"token at {request.origin}: {request.path}"
            for request in trial.hub.log
            if request.token_seen and request.origin != home
        }
    )


def messages(trial: Trial) -> list[str]:
    """The error is one that somebody can act on."""
    scenario, result = trial.scenario, trial.last
    said, found = result.out + result.err, []
    if not trial.json and "Traceback" in said:
        found.append("a traceback")
    if not trial.json and (match := _UNSAFE.search(result.err.replace("\r\n", "\n"))):
        found.append(f"stderr holds {match[0]!r}")
    found += [f"not said: {words!r}" for words in scenario.says if words not in said]
    if result.code <= 0 or result.code in _INTERRUPTED or result.code not in scenario.codes:
        return found
    if "next:" not in said and '"hint"' not in said:
        found.append("no next step")
    hosts = [
        urlsplit(url).netloc for url in (trial.endpoint, trial.hub.cdn, trial.hub.foreign) if url
    ]
    if result.code in (3, 4, 5, 6) and scenario.names_host and not any(h in said for h in hosts):
        found.append("no host named")
    lost = scenario.lost or ()
    if set(lost) < set(scenario.files):  # otherwise the run as a whole has failed
        found += [f"file not named: {path}" for path in lost if path not in said]
    return found


def unclean(trial: Trial) -> list[str]:
    return [f"left over: {name}" for name in leftovers(trial.out)]
