"""What is shipped beside the package: the file that runs without pip, and the man page."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 90


def requirements(name: str) -> set[str]:
    """The distributions that `name` needs here, itself among them."""
    found, waiting = set(), {name}
    while waiting:
        one = waiting.pop()
        try:
            needs = metadata.distribution(one).requires or []
        except metadata.PackageNotFoundError:  # of another platform
            continue
        found.add(one)
        named = [re.split(r"[^\w.-]", need)[0] for need in needs if "extra ==" not in need]
        waiting |= {re.sub(r"[-_.]+", "-", name).lower() for name in named} - found
    return found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`hfget.pyz` of what is installed here; pip would ask a package index."""
    place = tmp_path_factory.mktemp("zipapp")
    folder = place / "packages"
    shutil.copytree(ROOT / "src" / "hfget", folder / "hfget")
    for name in requirements("hfget") - {"hfget"}:
        for file in metadata.files(name) or []:
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.is_file() and "__pycache__" not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                os.link(source, folder / file) if same_disk(source, folder) else shutil.copy(
                    source, folder / file
                )
    out = place / "hfget.pyz"
    runpy.run_path(str(ROOT / "docs" / "zipapp.py"))["pack"](folder, out)
    shutil.rmtree(folder)
    return out


def same_disk(one: Path, other: Path) -> bool:
    return one.stat().st_dev == other.stat().st_dev


def run(archive: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Where nothing else of Python is installed: without site-packages."""
    return subprocess.run(
        [sys.executable, "-S", str(archive), *arguments],
        env={"PATH": os.environ["PATH"], "HFGET_LANG": "en", **env},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def test_one_file_runs_without_pip_and_unpacks_itself_once(archive: Path, tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    first = run(archive, "--version", **home)
    assert (first.returncode, first.stderr) == (0, "") and first.stdout.startswith("hfget ")
    [unpacked] = (tmp_path / "cache" / "hfget").iterdir()
    moved = shutil.copy(archive, tmp_path / "renamed")
    said = run(Path(moved), "list", str(tmp_path), **home)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert list((tmp_path / "cache" / "hfget").iterdir()) == [unpacked]
    page = run(archive, **{**home, "HFGET_LANG": "zh_CN", "PYTHONUTF8": "1"})
    assert "镜像" in page.stderr


def test_where_the_cache_cannot_be_used_a_temporary_folder_is(
    archive: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "tmp").mkdir()
    env = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "file")}
    done = run(archive, "--version", TMPDIR=str(tmp_path / "tmp"), **env)
    assert done.returncode == 0 and done.stdout.startswith("hfget ")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_man_page_is_that_of_the_commands() -> None:
    page: str = runpy.run_path(str(ROOT / "docs" / "write_man.py"))["page"]()
    assert (ROOT / "docs" / "hfget.1").read_text() == page, "run: python docs/write_man.py"
    assert "\\-\\-pick" in page and ".B 130" in page


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is missing")
def test_the_man_page_is_set_without_a_warning() -> None:
    page = ROOT / "docs" / "hfget.1"
    command = ["groff", "-man", "-ww", "-Tascii", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "aria2c" in done.stdout
