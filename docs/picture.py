"""The pictures of README and docs, from real runs: python docs/picture.py [NAME...]

The real command in a terminal, photographed. Needs tmux. The hub is the one of the tests, which can
be slowed down and can refuse; it serves sparse files of the sizes that models have.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "docs"))

from terminal_svg import moving, still  # noqa: E402

from tests.hub import LocalHub  # noqa: E402
from tests.hub.effects import Status  # noqa: E402
from tests.hub.faults import Fault  # noqa: E402
from tests.support.command import new_shell  # noqa: E402
from tests.support.terminal import TMUX, Terminal  # noqa: E402

OUT = ROOT / "docs" / "pictures"
WIDTH = 98
MODEL, SMALL, GGUF = "bigscience/bloom-560m", "datasets/org/notes", "org/llama-8b-GGUF"
MODEL_FILES = {
    "README.md": 20_814,
    "config.json": 693,
    "model.safetensors": 559_234_122,
    "onnx/decoder_model.onnx": 206_159_201,
    "onnx/decoder_model_merged.onnx": 114_260_117,
    "special_tokens_map.json": 85,
    "tokenizer.json": 14_500_438,
}
GGUF_FILES = {
    "README.md": 9_310,
    "llama-8b-Q2_K.gguf": 31_790_000,
    "llama-8b-Q4_K_M.gguf": 49_200_000,
    "llama-8b-Q5_K_M.gguf": 57_300_000,
    "llama-8b-Q8_0.gguf": 85_400_000,
    "mmproj-llama-8b-f16.gguf": 6_100_000,
}
SMALL_FILES = {f"notes/{number:04d}.json": 900 + number % 700 for number in range(2000)}
FRAME_SECONDS, LAST_SECONDS = 0.7, 4.0


class Studio:
    """Hubs with the repos, and a terminal before the first of them."""

    def __init__(self, root: Path, held: ExitStack) -> None:
        self._root, self._held = root, held
        self._terminals = 0
        self.hubs: list[LocalHub] = []

    def hub(self, rate: float | None = None, latency: float = 0.0) -> LocalHub:
        hub = self._held.enter_context(
            LocalHub(self._root / "hub", rate_total=rate, latency=latency)
        )
        hub.store.warm()
        self.hubs.append(hub)
        return hub

    def terminal(self, height: int = 24, language: str = "en") -> Terminal:
        self._terminals += 1
        shell = new_shell(self._root / f"work{self._terminals}", self.hubs[0].endpoint)
        shell = shell.with_env(HFGET_LANG=language)
        return self._held.enter_context(Terminal(shell, WIDTH, height))

    def plain(self, shot: str) -> str:
        """Ports of the tests become others, which are as long: columns stay."""
        for number, hub in enumerate(self.hubs):
            ports = {hub.endpoint: 18090 + number, hub.cdn or hub.endpoint: 18190 + number}
            for url, port in ports.items():
                shot = shot.replace(url.partition("://")[2], f"127.0.0.1:{port}")
        return shot


def at_percent(share: int) -> Callable[[str], bool]:
    return lambda text: any(int(seen) >= share for seen in re.findall(r" (\d+)%", text))


def picture_of_mirrors(studio: Studio) -> str:
    one, two = studio.hub(rate=60e6), studio.hub(rate=25e6)
    terminal = studio.terminal()
    terminal.type(f"export HF_ENDPOINT={one.endpoint} HFGET_MIRRORS={two.endpoint}; clear")
    terminal.wait_for(lambda text: "export" not in text)
    terminal.type(f"hfget {MODEL}")
    terminal.wait_for(at_percent(45), 60)
    return terminal.colours()


def picture_of_small_files(studio: Studio) -> str:
    studio.hub(latency=0.05)
    terminal = studio.terminal()
    terminal.type(f"hfget {SMALL}")
    terminal.wait_for(lambda text: at_percent(40)(text) and ".json" in text, 60)
    return terminal.colours()


def picture_of_a_wait(studio: Studio) -> str:
    hub = studio.hub(rate=80e6)
    terminal = studio.terminal()
    terminal.type(f"hfget {MODEL}")
    terminal.wait_for(at_percent(30), 60)
    hub.faults.add(Fault(Status(429, {"Retry-After": "12"}), times=None))
    hub.refuse("cdn")
    hub.restore("cdn")
    terminal.wait_for(lambda text: re.search(r"asks for 1\d s: 9 s", text) is not None, 60)
    return terminal.colours()


def picture_of_resuming(studio: Studio) -> str:
    hub = studio.hub(rate=150e6)
    terminal = studio.terminal()
    terminal.type(f"hfget {MODEL}")
    terminal.wait_for(at_percent(50), 60)
    terminal.press("C-c")
    terminal.wait_for_prompt()
    hub.set_rate(None)
    terminal.type(f"hfget {MODEL}")
    terminal.wait_for(lambda text: "done: " in text, 60)
    terminal.wait_for_prompt()
    return terminal.colours()


def picture_of_an_error(studio: Studio, language: str = "en") -> str:
    studio.hub()
    terminal = studio.terminal(language=language)
    terminal.type(f"hfget {MODEL} confg.json")
    terminal.wait_for_prompt(60)
    return terminal.colours()


def picture_of_an_error_in_chinese(studio: Studio) -> str:
    return picture_of_an_error(studio, "zh_CN")


def picture_of_a_listing(studio: Studio) -> str:
    studio.hub()
    terminal = studio.terminal()
    terminal.type(f"hfget ls {GGUF}")
    terminal.wait_for_prompt(60)
    return terminal.colours()


def picture_of_endpoints(studio: Studio) -> str:
    """A fast one, a slow one, and one that is down."""
    fast, slow, down = studio.hub(rate=90e6), studio.hub(rate=12e6), studio.hub()
    down.refuse("hub")
    terminal = studio.terminal(height=40)
    terminal.type(f"A={fast.endpoint} B={slow.endpoint} C={down.endpoint}; clear")
    terminal.wait_for(lambda text: "clear" not in text)
    terminal.type(f"hfget mirrors {MODEL} --endpoint $A --endpoint $B --endpoint $C")
    terminal.wait_for_prompt(60)
    return terminal.colours()


PICTURES = {
    "which-mirror": (picture_of_endpoints, "hfget mirrors"),
    "mirrors": (picture_of_mirrors, "two mirrors"),
    "small-files": (picture_of_small_files, "2,000 small files"),
    "wait": (picture_of_a_wait, "a server asks for a wait"),
    "resume": (picture_of_resuming, "Ctrl-C, and the same command again"),
    "error": (picture_of_an_error, "an error"),
    "error.zh-CN": (picture_of_an_error_in_chinese, "错误信息"),
    "ls": (picture_of_a_listing, "the quantisations of a model"),
}


def animation(studio: Studio) -> str:
    """A download from its command to its last line."""
    studio.hub(rate=130e6)
    terminal = studio.terminal(height=12)
    terminal.type(f"hfget {MODEL}")
    shots: list[str] = []
    until = time.monotonic() + 60
    while time.monotonic() < until and "done: " not in terminal.screen():
        shots.append(studio.plain(terminal.colours()))
        time.sleep(FRAME_SECONDS)
    terminal.wait_for_prompt()
    shots.append(studio.plain(terminal.colours()).replace(str(studio._root), "~"))
    return moving(
        shots, [FRAME_SECONDS] * (len(shots) - 1) + [LAST_SECONDS], WIDTH, f"hfget {MODEL}"
    )


def pictures_of_the_page(root: Path) -> None:
    """The page of a mirror that fetches, light and dark, as a browser shows it."""
    browser = shutil.which("chromium")
    if browser is None:
        print("docs/pictures/serve.png: chromium is missing")
        return
    name = "models.lan:8090"
    with LocalHub(root / "hub", rate_total=20e6) as hub, ExitStack() as held:
        hub.store.warm()
        shell = new_shell(root / "serve", hub.endpoint)
        arguments = ("serve", "models", "--upstream", hub.endpoint, "--port", "0", "--quiet")
        server = shell.start(*arguments, "--allow-host", "models.lan", "--max-size", "2T")
        held.callback(server.wait, 30)
        held.callback(server.terminate)
        assert server.stderr is not None
        url = re.search(r"http://\S+", server.stderr.readline().decode())
        assert url is not None, "the server does not start"
        for path in ("config.json", "tokenizer.json"):
            fetched(url[0] + f"/{MODEL}/resolve/main/{path}")
        held.enter_context(urlopen(url[0] + f"/{MODEL}/resolve/main/model.safetensors"))
        time.sleep(4)
        page = root / "page.html"
        shown = fetched(url[0] + "/", Host=name).replace(hub.endpoint, "https://huggingface.co")
        page.write_text(shown, encoding="utf-8")
    for scheme, picture in ((1, "serve"), (0, "serve-dark")):
        subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={root / 'chromium'}", "--window-size=900,800",
             f"--blink-settings=preferredColorScheme={scheme}",
             f"--screenshot={OUT / picture}.png", page.as_uri()],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        print(f"docs/pictures/{picture}.png")


def fetched(url: str, **headers: str) -> str:
    with urlopen(Request(url, headers=headers)) as answer:
        return str(answer.read().decode("utf-8", "replace"))


def make_repos(root: Path) -> None:
    """Sparse files, no two of them alike."""
    number = 0
    for repo, files in ((MODEL, MODEL_FILES), (SMALL, SMALL_FILES), (GGUF, GGUF_FILES)):
        for name, size in files.items():
            number += 1
            path = root / repo / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "wb") as out:
                out.write(b"\0%d" % number)
                out.truncate(size)


def main(wanted: list[str]) -> None:
    if TMUX is None:
        raise SystemExit("the pictures are taken in tmux, which is not installed")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        make_repos(root / "hub")
        for name, (take, title) in PICTURES.items():
            if wanted and name not in wanted:
                continue
            with ExitStack() as held:
                studio = Studio(root / name, held)
                (root / name).mkdir()
                (root / name / "hub").symlink_to(root / "hub")
                shot = studio.plain(take(studio)).replace(str(root / name), "~")
            (OUT / f"{name}.svg").write_text(still(shot, WIDTH, title), encoding="utf-8")
            print(f"docs/pictures/{name}.svg")
        if not wanted or "serve" in wanted:
            pictures_of_the_page(root)
        if not wanted or "screen" in wanted:
            with ExitStack() as held:
                studio = Studio(root / "screen", held)
                (root / "screen").mkdir()
                (root / "screen" / "hub").symlink_to(root / "hub")
                (ROOT / "docs" / "screen.svg").write_text(animation(studio), encoding="utf-8")
            print("docs/screen.svg")


if __name__ == "__main__":
    main(sys.argv[1:])
