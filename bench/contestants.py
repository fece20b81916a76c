"""How each program is asked to fetch a file or a repo: its command line, its environment."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import tools
from bench.contents import Repo


@dataclass(frozen=True, slots=True)
class Job:
    """One download to be made: `repo` from the hub at `endpoint` into `folder`.

    `url` is where the first file of the repo is; `ca` a file with the hub's CA, if it has one;
    `scratch` a folder for what does not count as the download.
    """

    repo: Repo
    endpoint: str
    url: str
    folder: Path
    scratch: Path
    ca: Path | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """Nothing of the user's: an empty home, no proxy, no token."""
        env = {
            "PATH": os.environ.get("PATH", ""),
            "LANG": "C.UTF-8",
            "HOME": str(self.scratch),
            "HF_HOME": str(self.scratch / "hf"),
            "HF_ENDPOINT": self.endpoint,
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        if self.ca is not None:
            env |= {"SSL_CERT_FILE": str(self.ca), "REQUESTS_CA_BUNDLE": str(self.ca)}
        return env


@dataclass(frozen=True, slots=True)
class Contestant:
    """A program and how it is called. `verifies`: what it compares by itself."""

    name: str
    needs: tuple[str, ...]
    verifies: str
    command: Callable[[Job], list[str]]

    @property
    def missing(self) -> list[str]:
        return [program for program in self.needs if tools.find(program) is None]

    @property
    def is_hfget(self) -> bool:
        return self.name.split()[0] == "hfget"


def _program(name: str) -> str:
    path = tools.find(name)
    assert path is not None, f"{name} is not here"
    return path


def hfget(*options: str) -> Contestant:
    def command(job: Job) -> list[str]:
        target = ["--local-dir", str(job.folder)]
        return [_program("hfget"), job.repo.repo_id, *target, *options]

    return Contestant(" ".join(["hfget", *options]), ("hfget",), "hash", command)


def hf_download() -> Contestant:
    def command(job: Job) -> list[str]:
        return [_program("hf"), "download", job.repo.repo_id, "--local-dir", str(job.folder)]

    return Contestant("hf download", ("hf",), "size", command)


def curl(*, and_sum: bool = False) -> Contestant:
    def command(job: Job) -> list[str]:
        target = str(job.folder / job.repo.entries[0].path)
        fetch = [_program("curl"), "-q", "-sSfL", "-o", target]
        fetch += ["--cacert", str(job.ca)] if job.ca else []
        fetch += [job.url]
        if not and_sum:
            return fetch
        return ["/bin/sh", "-c", f"{shlex.join(fetch)} && sha256sum {shlex.quote(target)}"]

    if and_sum:
        return Contestant("curl && sha256sum", ("curl", "sha256sum"), "hash", command)
    return Contestant("curl", ("curl",), "nothing", command)


def wget() -> Contestant:
    def command(job: Job) -> list[str]:
        target = str(job.folder / job.repo.entries[0].path)
        ca = [f"--ca-certificate={job.ca}"] if job.ca else []
        return [_program("wget"), "--no-config", "-q", *ca, "-O", target, job.url]

    return Contestant("wget", ("wget",), "nothing", command)


def aria2c(connections: int) -> Contestant:
    """One file over so many connections, in pieces of at least 1 MiB, as hfd.sh has it.

    Without preallocation, which would only cost it time here.
    """

    def command(job: Job) -> list[str]:
        name = job.repo.entries[0].path
        split = [f"-x{connections}", f"-s{connections}"]
        return [*_aria2c(job), *split, "-d", str(job.folder), "-o", name, job.url]

    return Contestant(f"aria2c -x{connections}", ("aria2c",), "nothing", command)


def aria2c_list() -> Contestant:
    """A list of files, as hfd.sh fetches a repo: five at a time, four connections each."""

    def command(job: Job) -> list[str]:
        listed = job.scratch / "aria2c.list"
        base = job.url.removesuffix(job.repo.entries[0].path)
        lines = [f"{base}{entry.path}\n out={entry.path}\n" for entry in job.repo.entries]
        listed.write_text("".join(lines))
        return [*_aria2c(job), "-j5", "-x4", "-s4", "-d", str(job.folder), "-i", str(listed)]

    return Contestant("aria2c -j5 -x4", ("aria2c",), "nothing", command)


def _aria2c(job: Job) -> list[str]:
    quiet = ["--no-conf", "--console-log-level=error", "--summary-interval=0"]
    ca = [f"--ca-certificate={job.ca}"] if job.ca else []
    return [_program("aria2c"), *quiet, "-k1M", "--file-allocation=none", *ca]


def start_up(*options: str) -> Contestant:
    def command(job: Job) -> list[str]:
        return [_program("hfget"), *options]

    return Contestant(" ".join(["hfget", *options]), ("hfget",), "", command)


def empty_typer(*options: str) -> Contestant:
    """The smallest Typer program, in the same Python."""

    def command(job: Job) -> list[str]:
        program = job.scratch / "empty.py"
        text = "import typer\napp = typer.Typer()\n\n\n@app.command()\ndef main() -> None:\n"
        program.write_text(text + "    pass\n\n\napp()\n")
        return [_program("python"), str(program), *options]

    name = " ".join(["an empty Typer program", *options])
    return Contestant(name, ("python",), "", command)
