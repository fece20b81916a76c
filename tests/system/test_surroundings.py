"""Folders that are closed, gone or unknown: what is not needed is done without, the rest named."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hub.fixtures import StartHub
from tests.hub.repos import make_model
from tests.support.command import HFGET, Result, Shell, ShellAt, Started, tree
from tests.support.forking import fork_hfget

REPO = "org/m"
COLLEAGUE = 4242

#: Root without the right to read everything, and a user of whom the system knows nothing.
_AS_OTHERS = ("--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
_UNKNOWN = (
    f"--reuid={COLLEAGUE}",
    f"--regid={COLLEAGUE}",
    "--clear-groups",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
)


def limited(shell: Shell, how: tuple[str, ...], *arguments: str, setup: str = "") -> Result:
    """`hfget ARGUMENTS`, with fewer rights, after a line of shell; what is not set is unset."""
    setpriv = shutil.which("setpriv")
    probe = [setpriv or "false", *how, "true"]
    if os.geteuid() != 0 or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("needs setpriv, and the rights to give up rights")
    process: Started
    if setup:
        process = subprocess.Popen(
            ["sh", "-c", f'{setup}; exec "$@"', "sh", *probe[:-1], *HFGET, *arguments],
            cwd=shell.directory,
            env=shell.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    else:
        under, env = probe[:-1] if how else (), shell.environment()
        process = fork_hfget(arguments, directory=shell.directory, environment=env, under=under)
    try:
        out, err = (text.decode(errors="replace") for text in process.communicate(timeout=60))
    finally:
        process.kill()
    result = Result(process.wait(), out, err)
    assert "Traceback" not in result.err and "a bug" not in result.err
    return result


def closed(folder: Path) -> Path:
    """A folder of a colleague, who lets nobody in."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chown(folder, COLLEAGUE, COLLEAGUE)
    folder.chmod(0o700)
    return folder


@pytest.fixture
def shell(repos_root: Path, start_hub: StartHub, shell_at: ShellAt) -> Shell:
    make_model(repos_root, REPO, {"w.bin": 3_000_000, "config.json": "{}"})
    return shell_at(start_hub().endpoint)


@pytest.mark.parametrize("below", ["", "deep/hub", "models--org--m", "models--org--m/blobs"])
def test_a_cache_that_is_closed_is_done_without(shell: Shell, repos_root: Path, below: str) -> None:
    cache = shell.directory / "hub"
    closed(cache / below)
    at = cache if below.startswith("models") else cache / below
    done = limited(shell.with_env(HF_HUB_CACHE=str(at)), _AS_OTHERS, REPO)
    assert done.code == 0, done.err
    assert tree(shell.directory / "m") == tree(repos_root / REPO)
    assert below == "deep/hub" or "nothing is taken from the Hub cache" in done.err


@pytest.mark.parametrize("home", ["home-of-another", "home-of-another/inside"])
def test_the_home_of_another_user_is_done_without(shell: Shell, home: str) -> None:
    closed(shell.directory / "home-of-another")
    elsewhere = shell.with_env(HOME=str(shell.directory / home), HF_HOME="")
    assert limited(elsewhere, _AS_OTHERS, REPO).code == 0
    assert limited(elsewhere, _AS_OTHERS, "ls", REPO).code == 0
    done = limited(elsewhere, _AS_OTHERS, REPO, "--cache")
    assert done.code == 7 and "home-of-another" in done.err


@pytest.mark.parametrize(
    ("place", "arguments"),
    [
        ("x", (REPO, "--local-dir", "x")),
        ("x", (REPO, "--local-dir", "x/y/z")),
        ("x", (REPO, "--cache-dir", "x")),
        ("x", (REPO, "--cache-dir", "x/y")),
        ("x/models--org--m", (REPO, "--cache-dir", "x")),
        ("x/models--org--m/blobs", (REPO, "--cache-dir", "x")),
        ("x/models--org--m/snapshots", (REPO, "--cache-dir", "x")),
        ("x/models--org--m/trees", (REPO, "--cache-dir", "x")),
        ("x/.cache", (REPO, "--local-dir", "x")),
        ("x/.cache/huggingface", (REPO, "--local-dir", "x")),
        ("x/.cache/huggingface/trees", (REPO, "--local-dir", "x")),
        ("x/.cache/huggingface/download", (REPO, "--local-dir", "x")),
        ("x", ("verify", "x")),
        ("x", ("verify", "x/y")),
        ("x/.cache", ("verify", "x")),
        ("x/.cache/huggingface", ("verify", "x")),
    ],
)
def test_what_is_needed_and_closed_is_named(
    shell: Shell, place: str, arguments: tuple[str, ...]
) -> None:
    closed(shell.directory / place)
    done = limited(shell, _AS_OTHERS, *arguments)
    assert done.code == 7, done.err
    assert place.split("/")[0] in done.err and "permission denied" in done.err


def test_a_name_too_long_for_any_disk(shell: Shell) -> None:
    name = "n" * 300
    for arguments in ((REPO, "--local-dir", name), (REPO, "--cache-dir", name)):
        done = shell.run(*arguments)
        assert done.code == 7 and "too long" in done.err, done.err
    assert shell.with_env(HF_HOME=str(shell.directory / name)).run(REPO).code == 0


def test_a_working_directory_that_was_deleted(shell: Shell) -> None:
    gone = "mkdir gone && cd gone && rmdir ../gone"
    done = limited(shell, (), REPO, setup=gone)
    assert done.code == 7 and "working directory has been deleted" in done.err
    assert limited(shell, (), "verify", "m", setup=gone).code in (3, 7)
    whole = str(shell.directory / "m")
    assert limited(shell, (), REPO, "--local-dir", whole, setup=gone).code == 0
    assert limited(shell, (), REPO, "--cache", setup=gone).code == 0
    assert limited(shell, (), "ls", REPO, setup=gone).code == 0


@pytest.mark.parametrize("locale", ["C", "zh_CN.GBK", "en_US.ISO-8859-1"])
def test_a_locale_that_cannot_write_a_name(
    repos_root: Path, start_hub: StartHub, shell_at: ShellAt, locale: str
) -> None:
    """File names are bytes: the repo's are UTF-8, what was typed stays as it was typed."""
    names = {"naïve-模型.txt": "x", "config.json": "{}"}
    source = make_model(repos_root, REPO, dict(names))
    shell = shell_at(start_hub().endpoint)
    if locale != "C":
        name, _, charset = locale.partition(".")
        made = ["localedef", "-i", name, "-f", charset, str(shell.directory / "home" / locale)]
        if shutil.which("localedef") is None or subprocess.run(made, check=False).returncode:
            pytest.skip("needs localedef")
    odd = shell.with_env(
        LC_ALL=locale,
        LOCPATH=str(shell.directory / "home") if locale != "C" else "",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    done = odd.run(REPO)
    assert done.code == 0 and "Traceback" not in done.err, done.err
    assert done.out == f"{shell.directory / 'm'}\n"
    assert tree(shell.directory / "m") == tree(source)
    done = limited(odd, (), REPO, "--local-dir", "x", setup='set -- "$@"$(printf "\\304\\277")')
    assert done.code == 0, done.err
    assert (os.fsencode(shell.directory) + b"/x\304\277/config.json") in [
        os.path.join(os.fsencode(shell.directory), b"x\304\277", name)
        for name in os.listdir(os.fsencode(shell.directory) + b"/x\304\277")  # noqa: PTH208
    ]
    assert limited(odd, (), "verify", "m").code == 0


@pytest.mark.parametrize("setting", [{}, {"HF_HOME": "~/hf"}, {"HF_HUB_CACHE": "~/hub"}])
def test_a_user_of_whom_nothing_is_known(
    shell: Shell, repos_root: Path, setting: dict[str, str]
) -> None:
    """No folder of the name `~` appears, nor is one believed that lies there."""
    shell.directory.chmod(0o777)
    for above in shell.directory.parents:
        if above.stat().st_mode & 0o005 != 0o005:
            above.chmod(0o755)
        if above.name.startswith("pytest-of-"):
            break
    token = shell.directory / "~" / ".cache" / "huggingface" / "token"
    token.parent.mkdir(parents=True)
    token.write_text("made-up-for-this-test")
    nobody = shell.with_env(**{"HOME": "", "HF_HOME": "", **setting})
    done = limited(nobody, _UNKNOWN, REPO)
    assert done.code == 0 and "login" not in done.err, done.err
    assert tree(shell.directory / "m") == tree(repos_root / REPO)
    done = limited(nobody, _UNKNOWN, REPO, "--cache")
    assert done.code == 2 and "--cache-dir" in done.err
    assert limited(nobody, _UNKNOWN, REPO, "--cache-dir", "c").code == 0
    assert sorted(path.name for path in shell.directory.iterdir()) == ["c", "home", "m", "~"]
    assert [path.name for path in (shell.directory / "~").iterdir()] == [".cache"]
    assert list(token.parent.iterdir()) == [token]


def test_a_variable_set_to_nothing_means_no_folder_here(shell: Shell) -> None:
    env = "export HF_HOME= HF_HUB_CACHE= XDG_CACHE_HOME= HF_TOKEN_PATH="
    done = limited(shell, (), REPO, "--cache", setup=env)
    assert done.code == 0, done.err
    assert sorted(path.name for path in shell.directory.iterdir()) == ["home"]
    assert (shell.directory / "home" / ".cache" / "huggingface" / "hub").is_dir()
