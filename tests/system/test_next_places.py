"""Where a folder, a disk, a cache or a server stands in between, what is advised mends it."""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

from hfget.system import hold_folder
from tests.hub import Fault, effects
from tests.support.advised import Desk, Scenario, row
from tests.support.command import HFGET
from tests.support.loopback import BOUND
from tests.support.serving import serving

_TOKEN = "made-up-for-this-test"


@contextmanager
def _small_disk(desk: Desk, options: str) -> Iterator[Path]:
    place = desk.folder / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, timeout=BOUND, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    try:
        yield place
    finally:
        hold_folder(str(desk.folder))
        subprocess.run(["umount", str(place)], timeout=BOUND, check=True)


def _too_small(desk: Desk) -> None:
    with _small_disk(desk, "size=256k"):
        if desk.advice == "OTHER_CACHE":
            desk.wrong("org/l --cache-dir small/c", 7)
            desk.right("org/l --cache-dir c")
            return
        desk.wrong("org/l --local-dir small/l", 7)
        desk.right("org/l --local-dir l", "l/w.bin")
        desk.right("org/l --local-dir small/l --include '*.json'", "small/l/c.json")


def _without_inodes(desk: Desk) -> None:
    with _small_disk(desk, "nr_inodes=12"):
        desk.wrong("org/m --local-dir small/m", 7)
        desk.right("org/m --local-dir m", "m/w.bin")


def _read_only(desk: Desk) -> None:
    with _small_disk(desk, "size=1m,ro"):
        desk.wrong("org/m --local-dir small/m", 7)
        desk.right("org/m --local-dir m", "m/w.bin")
        desk.right("org/m --cache-dir c")


def _planted_link(desk: Desk) -> None:
    (desk.folder / "m").mkdir()
    (desk.folder / "elsewhere").mkdir()
    (desk.folder / "m" / "sub").symlink_to(desk.folder / "elsewhere")
    desk.wrong("org/m", 8)
    desk.right("org/m --local-dir other", "other/sub/c.json")
    desk.right("org/m --cache-dir c")


def _of_another_repo(desk: Desk) -> None:
    desk.right("org/m --local-dir x")
    desk.worked.clear()
    desk.wrong("org/s --local-dir x --delete --yes", 2)
    desk.right("org/s --local-dir y --delete")
    desk.right("org/s --local-dir x --yes", "x/model.safetensors")


def _locked_by_another(desk: Desk) -> None:
    desk.right("org/m")
    desk.worked.clear()
    lock = next((desk.folder / "m").rglob("*.lock"))
    with FileLock(lock):
        desk.wrong("org/m --no-wait --force", 9)
    desk.right("org/m --force")


def _not_downloaded_by_us(desk: Desk) -> None:
    """A record that does not say which repo it is of, and a file that is damaged."""
    desk.right("org/m")
    desk.worked.clear()
    for record in (desk.folder / "m" / ".cache" / "huggingface").rglob("hfget*"):
        if record.is_file():
            record.unlink()
    (desk.folder / "m" / "d.txt").write_text("damaged")
    desk.wrong("verify --repair m", 2)
    (desk.folder / "m" / "d.txt").unlink()
    desk.right("org/m --local-dir m", "m/d.txt")


def _leaves_partial(desk: Desk) -> None:
    """Of another process: what this one began is at work."""
    desk.hub.faults.add(Fault(effects.Reset(after_bytes=300_000), origin="cdn"))
    desk.hub.faults.add(Fault(effects.Status(500), skip=1, origin="cdn", times=None))
    words = [*HFGET, "org/l", "w.bin", "--retries", "0", "-x", "1"]
    begun = subprocess.run(words, capture_output=True, timeout=BOUND, check=False)
    assert begun.returncode == 5, begun.stderr
    desk.wrong("prune --older-than 0 l")
    desk.right("prune --older-than 0 --yes l")


def _no_such_name_here(desk: Desk) -> None:
    """The repo has a name that no disk takes."""

    def longer(listing: object) -> object:
        if isinstance(listing, list):
            listing.append({**listing[0], "path": "n" * 300})
        return listing

    desk.hub.faults.add(Fault(effects.EditJson(longer), path="/api/*/tree/*", times=None))
    desk.wrong("new/m", 7)
    desk.right("new/m --force --exclude 'n*'", "m/c.json")


def _nothing_is_known_of_this_user(desk: Desk) -> None:
    def unknown(number: int) -> object:
        raise KeyError(number)

    desk.patch.setattr("pwd.getpwuid", unknown)
    desk.patch.delenv("HOME")
    if desk.advice == "SET_HOME":
        desk.wrong("org/m --local-dir '~/x'", 2)
        desk.right(f"HOME={desk.folder} org/m --local-dir '~/x'", "x/d.txt")
        return
    desk.wrong("org/m --cache", 2)
    desk.right("org/m --cache-dir c")
    desk.right(f"HF_HOME={desk.folder}/hf org/m --cache", "hf/hub")
    desk.right(f"HOME={desk.folder} org/m --cache", ".cache/huggingface/hub")


def _merge_conflict(desk: Desk) -> None:
    def git(*words: str, code: int = 0) -> None:
        named = ["-c", "user.name=u", "-c", "user.email=u@example.org"]
        done = subprocess.run(
            ["git", *named, *words], capture_output=True, timeout=BOUND, check=False
        )
        assert done.returncode == code, done.stderr

    if shutil.which("git") is None:
        pytest.skip("needs git")
    git("init", "-q")
    desk.right("lock new/m")
    git("add", "hfget.lock")
    git("commit", "-qm", "one")
    for branch, repo in (("other", "org/s"), ("mine", "org/m")):
        git("checkout", "-qb", branch, *(["HEAD~1"] if branch == "mine" else []))
        desk.right(f"lock {repo} --local-dir {branch}")
        git("commit", "-qam", repo)
    git("merge", "other", code=1)
    desk.worked.clear()
    said = desk.wrong("sync", 2)
    first = said.partition("  next: ")[2].partition(", then: ")[0]
    assert first.startswith("git checkout ")
    git(*shlex.split(first)[1:])
    desk.right("lock --update")
    desk.right("sync")


def _port_in_use(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        desk.wrong(f"serve . --port {taken.getsockname()[1]}", 2)
    _serves(desk.hub.endpoint)
    desk.worked.append(_SERVED)


def _server(line: str, *files: str) -> Scenario:
    """A line of `serve` that is refused, and a server that is started with all that is advised."""

    def scenario(desk: Desk) -> None:
        for name in files:
            (desk.folder / name).write_text("x")
        desk.wrong(line, 2)
        _serves(desk.hub.endpoint)
        desk.worked.append(_SERVED)

    return scenario


_ALL_ADVISED = (
    "--alias gpt2=openai-community/gpt2 --allow-host hub.example.org"
    " --allow-origin https://app.example.org --upstream {hub} --require-token"
)
#: As a user types it.
_SERVED = f"serve DIR {_ALL_ADVISED} FILE --port 0"


@cache
def _serves(hub: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        tokens = Path(place) / "tokens"
        tokens.write_text(_TOKEN)
        tokens.chmod(0o600)
        words = _ALL_ADVISED.format(hub=hub).split()
        with serving(Path(place) / "kept", *words, str(tokens), home=Path(place)):
            pass


SCENARIOS: dict[str, Scenario] = {
    "ADD_YES": _leaves_partial,
    "ALIAS": _server("serve --alias x"),
    "ALLOW_HOST": _server("serve --allow-host https://x"),
    "ALLOW_ORIGIN": _server("serve --allow-origin x"),
    "DOWNLOAD_AGAIN": _not_downloaded_by_us,
    "FREE_INODES": _without_inodes,
    "GIVE_UPSTREAM": _server("serve --max-size 9M"),
    "MAKE_ROOM_OR_ELSE": _too_small,
    "OTHER_CACHE": _too_small,
    "OTHER_FOLDER": _too_small,
    "OTHER_FOLDER_OR_CACHE": _read_only,
    "OTHER_FOLDER_OR_NO_DELETE": _of_another_repo,
    "OTHER_UPSTREAM": _server("serve --port 8090 --upstream http://127.0.0.1:8090"),
    "REMOVE_LINK": _planted_link,
    "SERVE_DIR": _server("serve nothing"),
    "SERVE_NAMED": _server("serve --cache"),
    "WAIT_OR_NO_WAIT": _locked_by_another,
    "LEAVE_TOOL_OUT": row("org/m --tool x", "org/m -x 4"),
    "CHECK_ARIA2C_PATH": row(
        "org/m --tool aria2c --aria2c-path no", "org/m --tool aria2c --aria2c-path aria2c"
    ),
    "INSTALL_TOOL": row("PATH=/nothing org/m --tool wget", "org/m --tool wget", "org/m --force"),
    "NAME_CACHE": _nothing_is_known_of_this_user,
    "OTHER_DISK_OR_EXCLUDE": _no_such_name_here,
    "OTHER_PORT": _port_in_use,
    "REQUIRE_TOKEN_OR_REMOVE": _server("serve .", ".hfget-filled-with-token"),
    "SET_HOME": _nothing_is_known_of_this_user,
    "TAKE_ONE_SIDE": _merge_conflict,
    "MAKE_SERVER_TOKEN": _server("serve --require-token short", "short"),
}
