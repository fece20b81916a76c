"""What a finished download is loaded with: one line that works as it stands, or none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from hfget.messages import translated
from hfget.messages import ui_texts as texts
from hfget.model import Plan
from hfget.selection import label_of, projectors
from hfget.system import hub_cache, lazy_pattern, read_bytes, redact, safe_text, shell_word

_LARGEST_CONFIG, _HEADER, _LONGEST = 1 << 20, 1 << 12, 1000

#: What `from_pretrained` reads in a folder (`*_WEIGHTS_NAME` of transformers and diffusers).
_WEIGHTS = lazy_pattern(
    r"(?P<stem>(?:diffusion_pytorch_)?model|pytorch_model)(?:-\d{5}-of-(?P<of>\d{5}))?"
    r"\.(?P<suffix>safetensors|bin)\Z"
)
#: The class for each ending of an architecture, as `modeling_auto` of transformers has them.
_CLASSES = {
    "ForCausalLM": "AutoModelForCausalLM",
    "LMHeadModel": "AutoModelForCausalLM",
    "ForMaskedLM": "AutoModelForMaskedLM",
    "ForTokenClassification": "AutoModelForTokenClassification",
    "ForSequenceClassification": "AutoModelForSequenceClassification",
    "ForQuestionAnswering": "AutoModelForQuestionAnswering",
    "ForImageClassification": "AutoModelForImageClassification",
    "ForConditionalGeneration": "AutoModel",
    "Model": "AutoModel",
}
#: Types that it does not have in these classes: speech, pages and tables, pairs, omni models.
_NO_CLASS = lazy_pattern(
    r"wav|hubert|sew|unispeech|audio|tapas|layoutlm|vilt|blip|flaubert|omni|pix2struct"
    r"|pop2piano|^pp_|shieldgemma2|mistral4|encoder-decoder"
)
#: GGUF files that llama.cpp serves but does not talk with, and those it does not load.
_EMBEDS = lazy_pattern(rb"bert|t5encoder|embed")
_NOT_LLAMA = lazy_pattern(
    rb"flux|sd\d|sdxl|wan|ltxv|hidream|qwen_image|aura|cosmos|lumina|hyvid|pig|clip|whisper|bark"
)
_SHARD = lazy_pattern(r"-(\d{5})-of-(\d{5})\.gguf\Z")
#: One of the first entries of a header (ggml/docs/gguf.md): a key, 8 for a string, its length.
_ARCHITECTURE = lazy_pattern(rb"GGUF.*?general\.architecture\x08\0{3}(.)\0{7}", re.DOTALL)

#: What `load_dataset` reads in a folder without being told how.
_TABLE = lazy_pattern(r"\.(parquet|arrow|csv|jsonl|json)\Z")
_FRONT_MATTER = lazy_pattern(r"\A---\r?\n(.*?)^---", re.DOTALL | re.MULTILINE)


def next_lines(plan: Plan) -> list[str]:
    """The line that says it, none where what would be shown is not what works."""
    step = translated(next_step(plan))
    safe = safe_text(redact(step), _LONGEST)
    return [translated(texts.BLOCK_NEXT(hint=step))] if step and safe == step else []


def next_step(plan: Plan) -> str:
    """What loads a complete download; empty where it is not sure that this works."""
    if not os.fspath(plan.root).isprintable():
        return ""
    kind = plan.snapshot.ref.repo_type
    if kind == "dataset":
        return _of_dataset(plan)
    return (_of_model(plan) or _of_gguf(plan)) if kind == "model" else ""


def _of_model(plan: Plan) -> str:
    """By the index of a pipeline, the modules of sentence-transformers, or the config."""
    paths = {item.file.path for item in plan.items}
    all_paths = [file.path for file in plan.snapshot.files]
    call = ""
    if "model_index.json" in paths:
        folders = {path.removesuffix("config.json") for path in all_paths if _is_part(path)}
        parts = _json(plan, "model_index.json")
        known = all(
            not isinstance(part, list) or part[:1] in ([None], ["diffusers"], ["transformers"])
            for part in parts.values()
        )
        if known and folders and all(_has_weights(paths, folder) for folder in folders):
            call = "DiffusionPipeline.from_pretrained"
    elif "config.json" in paths and _has_weights(paths, ""):
        if "modules.json" in paths:
            modules = [path for path in all_paths if re.match(r"\d+_\w+/", path)]
            call = "SentenceTransformer" if paths.issuperset(modules) else ""
        elif name := _auto_class(_json(plan, "config.json")):
            call = f"{name}.from_pretrained"
    return texts.IN_PYTHON(call=f"{call}({_name_of(plan)})") if call else ""


def _is_part(path: str) -> bool:
    return path.count("/") == 1 and path.endswith("/config.json")


def _has_weights(paths: Collection[str], folder: str) -> bool:
    """Whether all files of one set of weights lie in `folder`: `a/`, or empty for the root."""
    found: dict[tuple[str, str, str], int] = {}
    for path in paths:
        if path.startswith(folder) and (match := _WEIGHTS.match(path[len(folder) :])):
            key = match["stem"], match["suffix"], match["of"] or ""
            found[key] = found.get(key, 0) + 1
    return any(
        not of or (count == int(of) and f"{folder}{stem}.{suffix}.index.json" in paths)
        for (stem, suffix, of), count in found.items()
    )


def _auto_class(config: dict[str, Any]) -> str:
    """None for a model of its own code, or of MLX, which writes `quantization`."""
    names, kind = config.get("architectures"), config.get("model_type")
    if not (isinstance(kind, str) and isinstance(names, list) and names):
        return ""
    if "auto_map" in config or "quantization" in config or _NO_CLASS.search(kind):
        return ""
    name = str(names[0])
    return next((made for ending, made in _CLASSES.items() if name.endswith(ending)), "")


def _of_gguf(plan: Plan) -> str:
    files = [item.file for item in plan.items if item.file.path.endswith(".gguf")]
    models = sorted((f for f in files if not label_of(f.path).role), key=lambda file: file.path)
    if not models:
        return ""
    first = models[0]
    if shard := _SHARD.search(first.path):
        stem = first.path[: shard.start()]
        mine = [f for f in models if f.path.startswith(stem) and _SHARD.search(f.path)]
        if int(shard[1]) != 1 or len(mine) != int(shard[2]):
            return ""
    kind = _architecture(_bytes(plan, first.path, _HEADER, cut=True))
    if not kind or _NOT_LLAMA.search(kind):
        return ""
    eyes = projectors([first], files)
    program = "llama-server" if eyes or _EMBEDS.search(kind) else "llama-cli"
    words = [program, "-m", _word(plan.root / first.path)]
    words += ["--mmproj", _word(plan.root / eyes[0].path)] if eyes else []
    return " ".join(words)


def _architecture(header: bytes) -> bytes:
    match = _ARCHITECTURE.match(header)
    return header[match.end() : match.end() + match[1][0]] if match else b""


def _of_dataset(plan: Plan) -> str:
    """Where the whole of it is here, its tables are of one kind, and its card names one way."""
    if len(plan.items) != len(plan.snapshot.files):
        return ""
    paths = [item.file.path for item in plan.items]
    found = {match[1] for path in paths if (match := _TABLE.search(path)) is not None}
    if len(found) != 1 or any(path.endswith(".py") for path in paths):
        return ""
    name = _name_of(plan)
    if "README.md" in paths:
        card = _bytes(plan, "README.md", _LARGEST_CONFIG).decode("utf-8", "replace")
        front = match[1] if (match := _FRONT_MATTER.match(card)) else ""
        _, _, configs = f"\n{front}".partition("\nconfigs:")
        configs = re.split(r"^(?=\w)", configs, maxsplit=1, flags=re.MULTILINE)[0]
        names = re.findall(r"config_name:[ \t]*['\"]?([\w.-]+)", configs)
        chosen = "default" in names or re.search(r"default:[ \t]*true", configs)
        if len(names) > 1 and not chosen:
            name += f', "{names[0]}"'
    return texts.IN_PYTHON(call=f"load_dataset({name})")


def _name_of(plan: Plan) -> str:
    """The arguments that name it: the repo where it is in the Hub cache, else the folder."""
    cache, root, ref = hub_cache(os.environ), plan.root, plan.snapshot.ref
    if cache is not None and root.parent.name == "snapshots" and root.parents[2] == cache:
        at = "" if ref.revision in (None, "main") else f", revision={_quoted(str(ref.revision))}"
        return _quoted(ref.repo_id) + at
    return _quoted(_as_typed(root))


def _as_typed(path: Path) -> str:
    """A relative path begins with a dot: `from_pretrained` takes others for names of repos."""
    return str(path) if path.is_absolute() or str(path)[:1] == "." else f".{os.sep}{path}"


def _word(path: Path) -> str:
    return shell_word(_as_typed(path))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _json(plan: Plan, path: str) -> dict[str, Any]:
    with suppress(ValueError, RecursionError):
        made = json.loads(_bytes(plan, path, _LARGEST_CONFIG))
        return made if isinstance(made, dict) else {}
    return {}


def _bytes(plan: Plan, path: str, most: int, *, cut: bool = False) -> bytes:
    """The content of a file of the download, empty where it cannot be read."""
    with suppress(OSError):
        real = os.path.realpath(plan.root / path)
        return read_bytes(real, most, foreign=True, cut=cut)[0]
    return b""
