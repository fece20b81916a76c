"""A look at the disk does not raise: pathlib's do where a folder is closed or a mount has died."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

import hfget
from hfget.errors import DiskError
from hfget.system import hub_cache, hub_home, login_file, naming_disk_errors

_RAISING = re.compile(r"[\w\])]\.(?:exists|is_dir|is_file|is_symlink|is_mount|glob|rglob)\(")
_HARMLESS = re.compile(r"os\.path\.|\b(?:entry|each)\.is_")


def test_no_module_looks_with_pathlib() -> None:
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in Path(hfget.__file__).parent.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _RAISING.search(line) and not _HARMLESS.search(line)
    ]
    assert found == [], "use os.path.exists, isdir, isfile, islink; os.scandir"


@pytest.mark.parametrize(
    "number",
    [
        errno.EACCES,
        errno.ENOTCONN,
        errno.ENAMETOOLONG,
        errno.ESTALE,
        errno.EIO,
        errno.EHOSTDOWN,
        errno.ELOOP,
    ],
)
def test_an_error_no_one_thought_of_names_what_it_is_about(number: int) -> None:
    with pytest.raises(DiskError) as caught, naming_disk_errors():
        raise OSError(number, os.strerror(number), "/mnt/dead/folder")
    assert caught.value.exit_code == 7 and "/mnt/dead/folder" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "error", [ConnectionResetError(104, "reset"), TimeoutError(110, "late"), OSError("no number")]
)
def test_what_is_not_the_disks_stays_as_it_is(error: OSError) -> None:
    with pytest.raises(type(error)) as caught, naming_disk_errors():
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"HF_HOME": "/h"},
        {"HF_HOME": "h"},
        {"XDG_CACHE_HOME": "/x"},
        {"HF_HUB_CACHE": "/c"},
        {"HUGGINGFACE_HUB_CACHE": "/old"},
        {"HF_HUB_CACHE": "~/c", "HF_TOKEN_PATH": "~/t"},
        {"HF_HOME": "$HOME/h"},
    ],
)
def test_folders_are_where_huggingface_hub_has_them(env: dict[str, str], tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "from huggingface_hub import constants as c;"
        "print(c.HF_HOME, c.HF_HUB_CACHE, c.HF_TOKEN_PATH)"
    )
    ours = (
        "import os; from hfget.system import hub_home, hub_cache, login_file as t;"
        "print(hub_home(os.environ), hub_cache(os.environ), t(os.environ))"
    )
    run = [
        subprocess.run(
            [sys.executable, "-c", text],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **env},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for text in (code, ours)
    ]
    assert run[0] == run[1]


def test_without_a_home_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert (hub_home({}), hub_cache({}), login_file({})) == (None, None, None)
    assert hub_cache({"HF_HUB_CACHE": "~/c"}) is None
    assert hub_cache({"HF_HOME": "/h"}) == Path("/h/hub")
