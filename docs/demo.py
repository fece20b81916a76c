"""The main job end to end, on this machine alone: serve, download, interrupt, go on, verify.

Makes a sample repo of half a GB in `.demo/`, offers it with `hfget serve`, and runs the real
command against it, as a user would type it. Ends with an error if any step goes wrong.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent / ".demo"
REPO = "bigscience/bloom-560m"
HFGET = (sys.executable, "-m", "hfget")
MIB = 1 << 20
BOLD, PLAIN = (
    ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("", "")
)


def main() -> int:
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    os.chdir(ROOT)
    chapter(f"A sample repo, made up, in {ROOT.name}/hub")
    source = make_repo(Path("hub") / REPO)
    print(f"{REPO}: {len(source)} files, {size_of(Path('hub') / REPO) / 1e6:.0f} MB")

    chapter("One machine offers it (here: this one)")
    server, endpoint = serve("hub")
    try:
        download_and_check(endpoint, source)
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        if server.poll() is None:
            server.kill()
    return 0


def download_and_check(endpoint: str, source: dict[str, str]) -> None:
    env = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(ROOT / "home")}
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE"):
        env.pop(name, None)
    print(f"$ export HF_ENDPOINT={endpoint}")

    chapter("What is in it?")
    expect(0, run(["ls", REPO, "--exclude", "logs/"], env))

    chapter("Download it, and press Ctrl-C on the way")
    expect(130, run_interrupted([REPO], env))

    chapter("What is kept?")
    expect(0, run([REPO, "--dry-run", "--exclude", "logs/"], env))
    kept = kept_bytes(env)
    if not 0.1 * 480 * MIB < kept < 480 * MIB:
        raise SystemExit(f"the interrupted run has kept {kept} bytes")

    chapter("The same command goes on")
    expect(0, run([REPO], env))

    chapter("Are all bytes as the repo has them? Offline, every file hashed")
    expect(0, run(["verify", "bloom-560m"], env))
    if hashes_of(Path("bloom-560m")) != source:
        raise SystemExit("the downloaded files differ from those that were served")

    chapter("Once more: nothing is left to do")
    if "all here already" not in expect(0, run([REPO], env, tell=True)):
        raise SystemExit("the third run has fetched something")

    chapter("Done")
    print(f"{len(source)} files in {ROOT.name}/bloom-560m, each byte as it was served.")
    print(f"Interrupted with {kept / 1e6:.0f} MB on disk, from where the second run went on.")


def make_repo(folder: Path) -> dict[str, str]:
    """A model repo as the real one is shaped: one large file, a middling one, many small."""
    (folder / "logs").mkdir(parents=True)
    chance = random.Random(560)
    with open(folder / "model.safetensors", "wb") as out:
        for _ in range(480):
            out.write(chance.randbytes(MIB))
    (folder / "tokenizer.json").write_bytes(chance.randbytes(14 * MIB))
    (folder / "config.json").write_text(json.dumps({"model_type": "bloom", "n_layer": 24}))
    (folder / "README.md").write_text("# A sample\n\nRandom bytes in the shape of a model.\n")
    for number in range(60):
        loss = {"step": number, "loss": chance.random()}
        (folder / "logs" / f"events-{number:02d}.json").write_text(json.dumps(loss))
    return hashes_of(folder)


def serve(folder: str) -> tuple[subprocess.Popen[str], str]:
    """`hfget serve` on a free port; returns when it listens."""
    print(f"$ hfget serve {folder} --port 0 &")
    command = [*HFGET, "serve", folder, "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    for line in server.stderr:
        if line.startswith("listening on "):
            print(line.rstrip())
            threading.Thread(target=drain, args=(server.stderr,), daemon=True).start()
            return server, line.split()[-1]
    raise SystemExit("hfget serve did not start")


def drain(stream: TextIO) -> None:
    """Read what the server says, so that it never waits for a reader."""
    for _ in stream:
        pass


def run(arguments: list[str], env: dict[str, str], *, tell: bool = False) -> tuple[int, str]:
    """Run the command where it can be seen; `tell` gives back what it says."""
    print(f"$ hfget {shlex.join(arguments)}", flush=True)
    done = subprocess.run(
        [*HFGET, *arguments],
        env=env,
        capture_output=tell,
        text=True,
        check=False,
        timeout=600,
    )
    if not tell:
        return done.returncode, ""
    print(done.stderr + done.stdout, end="", flush=True)
    return done.returncode, done.stderr


def run_interrupted(arguments: list[str], env: dict[str, str]) -> tuple[int, str]:
    """Run the command, and interrupt it once a third of the large file is recorded."""
    print(f"$ hfget {shlex.join(arguments)}", flush=True)
    process = subprocess.Popen([*HFGET, *arguments], env=env)
    records = Path("bloom-560m") / ".cache" / "huggingface" / "download"
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            if any(file.stat().st_size > 160 * 32 for file in records.glob("*.hfget-journal")):
                process.send_signal(signal.SIGINT)
                break
        time.sleep(0.002)
    return process.wait(60), ""


def kept_bytes(env: dict[str, str]) -> int:
    """What a run would not have to fetch."""
    command = [*HFGET, REPO, "--dry-run", "--json"]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True, timeout=60)
    *_, total = map(json.loads, done.stdout.splitlines())
    return int(total["have_bytes"])


def expect(code: int, ended: tuple[int, str]) -> str:
    """What the command said, if it ended with this code."""
    if ended[0] != code:
        raise SystemExit(f"this should have ended with exit code {code}, not {ended[0]}")
    if code:
        print(f"(exit code {code})")
    return ended[1]


def hashes_of(folder: Path) -> dict[str, str]:
    """The sha256 of every file of a repo, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and relative.parts[0] != ".cache":
            with open(path, "rb") as file:
                digest = hashlib.sha256()
                while block := file.read(MIB):
                    digest.update(block)
            found[relative.as_posix()] = digest.hexdigest()
    return found


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def chapter(title: str) -> None:
    print(f"\n{BOLD}{title}{PLAIN}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
