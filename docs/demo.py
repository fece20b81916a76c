"""The main job end to end, on this machine alone: serve, download, interrupt, go on, verify.

Makes a sample repo of a few hundred MB in `.demo/`, offers it with `hfget serve`, and runs the
real command against it, as a user would type it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / ".demo"
REPO = "bigscience/bloom-560m"
HFGET = [sys.executable, "-m", "hfget"]
MIB = 1 << 20


def main() -> int:
    shutil.rmtree(ROOT, ignore_errors=True)
    make_repo(ROOT / "hub" / REPO)
    server, endpoint = serve(ROOT / "hub")
    try:
        env = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(ROOT / "home")}
        env.pop("HF_TOKEN", None)
        os.chdir(ROOT)
        show(["ls", REPO], env)
        interrupted = show_interrupted([REPO], env)
        again = show([REPO], env)
        verified = show(["verify", "bloom-560m"], env)
        once_more = show([REPO], env)
    finally:
        server.terminate()
        server.wait(10)
    same = compare(ROOT / "hub" / REPO, ROOT / "bloom-560m")
    print(
        f"\ninterrupted: exit {interrupted}; resumed: exit {again}; verified: exit {verified}; "
        f"once more: exit {once_more}; every byte as served: {same}"
    )
    return 0 if (interrupted, again, verified, once_more, same) == (130, 0, 0, 0, True) else 1


def make_repo(folder: Path) -> None:
    """A model repo as the real one is shaped: one large LFS file, some middling, many small."""
    folder.mkdir(parents=True)
    chance = random.Random(560)
    with open(folder / "model.safetensors", "wb") as out:
        for _ in range(480):
            out.write(chance.randbytes(MIB))
    (folder / "tokenizer.json").write_bytes(chance.randbytes(14 * MIB))
    (folder / "config.json").write_text(json.dumps({"model_type": "bloom", "n_layer": 24}))
    (folder / "README.md").write_text("# A sample\n\nRandom bytes in the shape of a model.\n")
    for number in range(60):
        part = folder / "logs" / f"events-{number:02d}.json"
        part.parent.mkdir(exist_ok=True)
        part.write_text(json.dumps({"step": number, "loss": chance.random()}))


def serve(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """`hfget serve` on a free port; returns when it listens."""
    command = [*HFGET, "serve", str(folder), "--port", "0"]
    print(f"$ hfget serve {folder.relative_to(ROOT.parent)} --port 0 &")
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    for line in server.stderr:
        print(f"  {line.rstrip()}")
        if line.startswith("listening on "):
            return server, line.split()[-1]
    raise SystemExit("hfget serve did not start")


def show(arguments: list[str], env: dict[str, str]) -> int:
    print(f"\n$ hfget {' '.join(arguments)}", flush=True)
    return subprocess.run([*HFGET, *arguments], env=env, check=False, timeout=600).returncode


def show_interrupted(arguments: list[str], env: dict[str, str]) -> int:
    """Run the command and press Ctrl-C once a third of the large file is there."""
    print(f"\n$ hfget {' '.join(arguments)}    # interrupted by Ctrl-C", flush=True)
    process = subprocess.Popen([*HFGET, *arguments], env=env)
    journals = ROOT / "bloom-560m" / ".cache" / "huggingface" / "download"
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if any(path.stat().st_size > 160 * 32 for path in journals.glob("*.hfget-journal")):
            process.send_signal(signal.SIGINT)
            break
        time.sleep(0.002)
    return process.wait(60)


def compare(left: Path, right: Path) -> bool:
    files = [path.relative_to(left) for path in left.rglob("*") if path.is_file()]
    return all((left / name).read_bytes() == (right / name).read_bytes() for name in files)


if __name__ == "__main__":
    raise SystemExit(main())
