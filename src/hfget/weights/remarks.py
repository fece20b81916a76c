"""What is worth a line about the weights that were chosen, or not chosen (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from hfget.model import RemoteFile
from hfget.text import safe_text
from hfget.weights.choice import Choice
from hfget.weights.kinds import BIN, OTHER, SAFETENSORS, kinds_of, may_run_code

_MOST_FOLDERS = 3


def remarks(
    repo: Sequence[RemoteFile], chosen: Sequence[RemoteFile], choice: Choice, *, safe_only: bool
) -> list[str]:
    """Warnings about `chosen`, a part of `repo`, a line each at most.

    Of pickles, where the repo has safetensors as well; of pickles that `--safe-only` leaves out;
    of parts whose weights are all of kinds that were not chosen.
    """
    kinds = kinds_of(repo)
    kept = {file.path for file in chosen}
    pickles = [
        file for file, kind in zip(repo, kinds, strict=True) if may_run_code(file.path, kind)
    ]
    lines = []
    risky = sum(file.path in kept for file in pickles)
    if risky and SAFETENSORS in kinds and BIN not in choice.kinds:
        lines.append(
            f"{_files(risky)} can run code when loaded; --weights safetensors leaves them out"
        )
    if safe_only and pickles:
        weights = any(
            kind != OTHER for file, kind in zip(repo, kinds, strict=True) if file.path in kept
        )
        lines.append(
            f"{_files(len(pickles))} of the repo can run code when loaded: left out by --safe-only"
            + ("" if weights else "; no weights remain")
        )
    if folders := _without_weights(repo, kinds, kept, choice):
        shown = ", ".join(safe_text(folder, 80) for folder in folders[:_MOST_FOLDERS])
        more = len(folders) - _MOST_FOLDERS
        shown += f" and {more} more" if more > 0 else ""
        wanted = " or ".join(sorted(choice.kinds))
        lines.append(f"{shown}: no {wanted} weights there, the others are left out")
    return lines


def _without_weights(
    repo: Sequence[RemoteFile], kinds: Sequence[str], kept: set[str], choice: Choice
) -> list[str]:
    """Folders of which the config.json is kept and none of the PyTorch weights.

    Such a folder is a part that is loaded by itself: `safety_checker/` of a pipeline, `2_Dense/`
    of a sentence transformer.
    """
    pytorch = frozenset({SAFETENSORS, BIN})
    if not choice.kinds or not choice.kinds <= pytorch:
        return []
    parts = {_folder(path) for path in kept if path.endswith("config.json")}
    held: dict[str, bool] = {}
    for file, kind in zip(repo, kinds, strict=True):
        folder = _folder(file.path)
        if kind in pytorch and folder in parts:
            held[folder] = held.get(folder, False) or kind in choice.kinds
    return [folder or "./" for folder, has in held.items() if not has]


def _folder(path: str) -> str:
    """`a/b/c.bin` → `a/b/`."""
    return path[: path.rfind("/") + 1]


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"
