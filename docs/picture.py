"""The picture in the README, from a real run: the real command in a terminal, photographed.

Needs tmux. The hub is the one of the tests, which can be slowed down; it serves sparse files of
the sizes that a model has.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.hub import LocalHub  # noqa: E402
from tests.support.command import new_shell  # noqa: E402
from tests.support.terminal import TMUX, Terminal  # noqa: E402

REPO = "bigscience/bloom-560m"
FILES = {
    "README.md": 20_814,
    "config.json": 693,
    "flax_model.msgpack": 1_118_419_096,
    "model.safetensors": 1_118_459_450,
    "onnx/decoder_model.onnx": 612_318_402,
    "onnx/decoder_model_merged.onnx": 914_260_117,
    "special_tokens_map.json": 85,
    "tokenizer.json": 14_500_438,
    "tokenizer_config.json": 222,
}
COMMAND = f"hfget {REPO} -x 4"
WIDTH, HEIGHT = 98, 16
# A mirror that slows each connection down.
BYTES_A_SECOND = 9_000_000.0
TAKEN_AT_PERCENT = 38

THEME = TerminalTheme(
    (22, 27, 34),
    (201, 209, 217),
    [
        *((72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34)),
        *((88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)),
    ],
    [
        *((68, 76, 86), (255, 161, 152), (86, 211, 100), (227, 179, 65)),
        *((121, 192, 255), (210, 168, 255), (86, 212, 221), (240, 246, 252)),
    ],
)


def main() -> None:
    if TMUX is None:
        raise SystemExit("the picture is taken in tmux, which is not installed")
    with tempfile.TemporaryDirectory() as place:
        make_repo(Path(place) / "hub" / REPO)
        with LocalHub(Path(place) / "hub", rate_per_connection=BYTES_A_SECOND) as hub:
            hub.store.warm()
            shell = new_shell(Path(place) / "work", hub.endpoint)
            with Terminal(shell, WIDTH, HEIGHT) as terminal:
                shot = photograph(terminal)
            address = hub.endpoint
    # Any port of the tests becomes the one that `hfget serve` has.
    (ROOT / "docs" / "screen.svg").write_text(draw(shot.replace(address, "http://127.0.0.1:8090")))


def make_repo(folder: Path) -> None:
    """Sparse files, no two of them alike."""
    folder.mkdir(parents=True)
    for number, (name, size) in enumerate(FILES.items()):
        (folder / name).parent.mkdir(exist_ok=True)
        with open(folder / name, "wb") as out:
            out.write(b"\0%d" % number)
            out.truncate(size)


def photograph(terminal: Terminal) -> str:
    """The screen, with its colours, when the run is well under way."""
    terminal.type(COMMAND)
    terminal.wait_for(
        lambda text: any(int(share) >= TAKEN_AT_PERCENT for share in re.findall(r" (\d+)%", text)),
        120,
    )
    shot = terminal.colours()
    terminal.press("C-c")
    terminal.wait_for_prompt()
    return shot


def draw(shot: str) -> str:
    """`shot` as an SVG that asks no other host for its fonts."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shot.rstrip()))
    picture = console.export_svg(title="hfget", theme=THEME, unique_id="hfget")
    return re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL)


if __name__ == "__main__":
    main()
