"""A beginning that huggingface_hub has left: gone on with if it is right, harmless if it is not."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import MiB, content, make_model
from tests.support.command import Shell, ShellAt, tree
from tests.support.hub_cache import HubCache, content_sent
from tests.trials import tools

REPO = "org/m"
SIZE = 6 * MiB + 3
DATA = content(SIZE, f"{REPO}/sub/w.bin")
#: How hfget is called for each layout.
LAYOUTS = {"cache": ["--cache"], "folder": []}

pytestmark = pytest.mark.parametrize("layout", LAYOUTS)


def left_by_hf(layout: str, shell: Shell, data: bytes) -> Path:
    """A file as huggingface_hub names it while it downloads `sub/w.bin`."""
    etag = hashlib.sha256(DATA).hexdigest()
    if layout == "cache":
        path = HubCache(shell).repo() / "blobs" / f"{etag}.0a1b2c3d.incomplete"
    else:
        digest = urlsafe_b64encode(hashlib.sha1(b"w.bin.metadata").digest()).decode()
        records = shell.directory / "m" / ".cache" / "huggingface" / "download" / "sub"
        path = records / f"{digest}.{etag}.0a1b2c3d.incomplete"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("held", [True, False], ids=["held open", "left alone"])
@pytest.mark.parametrize("length", [4 * MiB, SIZE])
def test_what_is_right_is_not_fetched_again(
    length: int, held: bool, layout: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"sub/w.bin": SIZE})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    left = left_by_hf(layout, shell, DATA[:length])
    planned = shell.run(REPO, *LAYOUTS[layout], "--dry-run", "--json")
    assert planned.events[-1]["need_bytes"] == SIZE - length
    with left.open("r+b") if held else nullcontext():
        done = shell.run(REPO, *LAYOUTS[layout], "--json")
    assert done.code == 0, done.err
    assert done.report["received"] == content_sent(hub) == SIZE - length
    assert done.report["reused"] == length
    assert tree(shell.directory / done.report["path"]) == tree(source)
    assert not held or left.read_bytes() == DATA[:length]


@pytest.mark.parametrize(
    "lie", [bytes(4 * MiB), DATA[: 4 * MiB - 1] + b"\0", DATA[1 : 4 * MiB], DATA[1:] + b"\0"]
)
def test_what_is_wrong_costs_a_second_try_and_the_file_is_right(
    lie: bytes, layout: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"sub/w.bin": SIZE})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    left = left_by_hf(layout, shell, lie)
    with left.open("r+b"):
        done = shell.run(REPO, *LAYOUTS[layout], "--json")
    assert done.code == 0, done.err
    assert content_sent(hub) == SIZE, "what came in this run is kept"
    assert tree(shell.directory / done.report["path"]) == tree(source)
    assert left.read_bytes() == lie


def test_what_is_longer_than_the_file_is_not_even_tried(
    layout: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"sub/w.bin": SIZE})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    left_by_hf(layout, shell, DATA + b"more")
    done = shell.run(REPO, *LAYOUTS[layout], "--json")
    assert done.code == 0, done.err
    assert content_sent(hub) == SIZE
    assert tree(shell.directory / done.report["path"]) == tree(source)


def test_it_is_gone_on_with_where_there_is_no_room_for_a_copy(
    layout: str, repos_root: Path, start_hub: StartHub, shell_at: ShellAt
) -> None:
    source = make_model(repos_root, REPO, {"sub/w.bin": SIZE})
    hub = start_hub()
    shell = shell_at(hub.endpoint)
    with ExitStack() as stack:
        disk = shell.directory / ("home" if layout == "cache" else "m")
        disk.mkdir(exist_ok=True)
        tools.mount_tmpfs(stack, disk, SIZE + 2 * MiB)
        left_by_hf(layout, shell, DATA[: 4 * MiB])
        done = shell.run(REPO, *LAYOUTS[layout], "--json")
        assert done.code == 0, done.err
        assert content_sent(hub) == SIZE - 4 * MiB
        assert tree(shell.directory / done.report["path"]) == tree(source)
