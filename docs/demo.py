"""The main job end to end, on this machine alone: serve, download, interrupt, go on, verify.

Makes a sample repo of 224 MB in `.demo/`, offers it with `hfget serve`, and runs the real command
against it, as a user would type it, slowed down so that there is something to see. Ends with an
error if any step goes wrong. `--keep` leaves what it has made, `--short` makes less of it; a folder
that is named takes the place of `.demo/`.
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

from hfget.messages.language import language_of

_PLACES = [word for word in sys.argv[1:] if not word.startswith("--")]
ROOT = Path(*(_PLACES or [Path(__file__).parent.parent / ".demo"])).resolve()
REPO = "bigscience/bloom-560m"
HFGET = (sys.executable, "-m", "hfget")
MIB = 1 << 20
LARGE_MIB, MIDDLING_MIB, RATE = (24, 1, 12) if "--short" in sys.argv[1:] else (200, 14, 40)
#: So that a bar is seen: a loopback brings all of it in half a second.
SLOWLY = ["--limit-rate", f"{RATE}M"]
#: A journal begins so; then come 32 bytes for each block, of a MiB or less.
_HEADER = 512
CHINESE = language_of(os.environ) == "zh_CN"
BOLD, PLAIN = (
    ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("", "")
)


def main() -> int:
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    os.chdir(ROOT)
    try:
        show()
    finally:
        os.chdir(ROOT.parent)
        leave()
    return 0


def leave() -> None:
    """Remove what was made, unless it is to be kept; say so."""
    size = size_of(ROOT) / 1e6
    if "--keep" in sys.argv[1:]:
        say(f"{ROOT} keeps {size:.0f} MB.", f"{ROOT} 保留了 {size:.0f} MB。")
        return
    shutil.rmtree(ROOT, ignore_errors=True)
    again = "make demo KEEP=1"
    say(
        f"{ROOT.name}/ is removed again ({size:.0f} MB). To keep it: {again}",
        f"{ROOT.name}/（{size:.0f} MB）已删除。如需保留：{again}",
    )


def show() -> None:
    chapter(f"A sample repo, made up, in {ROOT.name}/hub", f"在 {ROOT.name}/hub 生成示例仓库")
    source = make_repo(Path("hub") / REPO)
    size = size_of(Path("hub") / REPO) / 1e6
    say(
        f"{REPO}: {len(source)} files, {size:.0f} MB",
        f"{REPO}：{len(source)} 个文件，{size:.0f} MB",
    )

    chapter("One machine offers it (here: this one)", "由一台机器提供下载（这里是本机）")
    server, endpoint = serve("hub")
    try:
        download_and_check(endpoint, source)
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        if server.poll() is None:
            server.kill()


def download_and_check(endpoint: str, source: dict[str, str]) -> None:
    env = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(ROOT / "home")}
    env["XDG_CACHE_HOME"] = str(ROOT / "cache")
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE"):
        env.pop(name, None)
    print(f"$ export HF_ENDPOINT={endpoint}")

    chapter("What is in it?", "仓库里有什么？")
    expect(0, run(["ls", REPO, "--exclude", "logs/"], env))

    chapter("Download it, slowly, and press Ctrl-C on the way", "限速下载，中途按下 Ctrl-C")
    expect(130, run_interrupted([REPO, *SLOWLY], env))

    chapter("What is kept?", "保留了什么？")
    expect(0, run([REPO, "--dry-run", "--exclude", "logs/"], env))
    kept = kept_bytes(env)
    if not 0.1 * LARGE_MIB * MIB < kept < LARGE_MIB * MIB:
        raise SystemExit(f"the interrupted run has kept {kept} bytes")

    chapter("The same command goes on", "再次运行同一命令，断点续传")
    expect(0, run([REPO, *SLOWLY], env))

    chapter(
        "Are all bytes as the repo has them? Offline, every file hashed",
        "每个字节都与仓库一致吗？离线逐个文件校验",
    )
    expect(0, run(["verify", "bloom-560m"], env))
    if hashes_of(Path("bloom-560m")) != source:
        raise SystemExit("the downloaded files differ from those that were served")

    chapter("Once more: nothing is left to do", "再来一次：已无需下载")
    expect(0, run([REPO], env))
    if kept_bytes(env) != sum(path.stat().st_size for path in files_of(Path("bloom-560m"))):
        raise SystemExit("something was left to fetch after the second run")

    chapter("What you have seen", "演示小结")
    say(
        f"1. Interrupted, with {kept / 1e6:.0f} MB on disk; the same command went on from there.",
        f"1. 中断时磁盘上已有 {kept / 1e6:.0f} MB；同一命令从那里继续。",
    )
    say(
        f"2. {len(source)} files, each byte as it was served: hashed while it came, and again.",
        f"2. {len(source)} 个文件，每个字节都与仓库一致：下载时校验一次，之后又校验一次。",
    )
    say(
        "3. What is complete is not fetched again.",
        "3. 已完整的文件不会再次下载。",
    )


def make_repo(folder: Path) -> dict[str, str]:
    """A model repo as the real one is shaped: one large file, a middling one, many small."""
    (folder / "logs").mkdir(parents=True)
    chance = random.Random(560)
    with open(folder / "model.safetensors", "wb") as out:
        for _ in range(LARGE_MIB):
            out.write(chance.randbytes(MIB))
    (folder / "tokenizer.json").write_bytes(chance.randbytes(MIDDLING_MIB * MIB))
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


def run(arguments: list[str], env: dict[str, str]) -> int:
    """Run the command where it can be seen; its exit code."""
    print(f"$ hfget {shlex.join(arguments)}", flush=True)
    return subprocess.run([*HFGET, *arguments], env=env, check=False, timeout=600).returncode


def run_interrupted(arguments: list[str], env: dict[str, str]) -> int:
    """Run the command, and interrupt it once a third of the large file is recorded."""
    print(f"$ hfget {shlex.join(arguments)}", flush=True)
    process = subprocess.Popen([*HFGET, *arguments], env=env)
    records = Path("bloom-560m") / ".cache" / "huggingface" / "download"
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            if any(
                file.stat().st_size > _HEADER + LARGE_MIB // 3 * 32
                for file in records.glob("*.hfget-journal")
            ):
                process.send_signal(signal.SIGINT)
                break
        time.sleep(0.002)
    return process.wait(60)


def kept_bytes(env: dict[str, str]) -> int:
    """What a run would not have to fetch."""
    command = [*HFGET, REPO, "--dry-run", "--json"]
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, check=True, timeout=60)
    *_, total = map(json.loads, done.stdout.splitlines())
    return int(total["have_bytes"])


def expect(code: int, ended: int) -> None:
    if ended != code:
        raise SystemExit(f"this should have ended with exit code {code}, not {ended}")
    if code:
        say(f"(exit code {code})", f"（退出码 {code}）")


def files_of(folder: Path) -> list[Path]:
    """The files of a repo, without the records of a download."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != ".cache"
    ]


def hashes_of(folder: Path) -> dict[str, str]:
    """The sha256 of every file of a repo, by path."""
    found = {}
    for path in files_of(folder):
        with open(path, "rb") as file:
            digest = hashlib.sha256()
            while block := file.read(MIB):
                digest.update(block)
        found[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return found


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def chapter(title: str, chinese: str) -> None:
    print(f"\n{BOLD}{chinese if CHINESE else title}{PLAIN}", flush=True)


def say(text: str, chinese: str) -> None:
    print(chinese if CHINESE else text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
