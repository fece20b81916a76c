"""What files and folders on a disk are called, to tell paths from repos (pure)."""

from __future__ import annotations

from hfget.system import lazy_pattern

_FILE = lazy_pattern(
    r"(?i).+\.(?:7z|bin|bz2|cfg|ckpt|csv|dll|exe|gguf|ggml|gz|h5|html?|ini|ipynb|jpe?g|jsonl?|"
    r"lock|log|md|mp3|mp4|msgpack|npy|npz|onnx|parquet|pdf|pkl|png|pt|pth|py|safetensors|sh|so|"
    r"tar|toml|tsv|txt|wav|xml|ya?ml|zip|zst)"
)
#: Folders on everybody's disk: `build/bin`, `models/7B`, `checkpoints/run-2`.
_FOLDER = lazy_pattern(
    r"app|apps|application|applications|assets|audio|bin|boot|build|builds|cache|ckpt|ckpts|"
    r"checkpoint|checkpoints|cmd|code|conf|config|configs|content|data|dataset|datasets|dev|"
    r"dist|doc|docs|documents|download|downloads|drive|env|etc|example|examples|exp|experiments|"
    r"export|external|github|home|hub|image|images|include|input|inputs|kaggle|lib|libs|llm|"
    r"llms|local|log|logs|media|mnt|model|models|node_modules|opt|out|output|outputs|path|pkg|"
    r"pretrained|private|proc|project|projects|release|repo|repos|result|results|root|run|runs|"
    r"scratch|script|scripts|share|shared|snapshots|spaces|src|srv|storage|target|temp|test|"
    r"tests|text|third_party|tmp|tools|train|usr|user|users|utils|var|vendor|venv|video|volume|"
    r"volumes|weights|work|workdir|workspace"
)


def is_file_name(name: str) -> bool:
    """Whether a name ends as files do, and repos hardly ever."""
    return _FILE.fullmatch(name) is not None


def is_folder_name(name: str) -> bool:
    """Whether this is a folder on many disks, and hardly an organisation."""
    return _FOLDER.fullmatch(name.lower()) is not None
