"""Calls of Python and JavaScript libraries that load a repo: `from_pretrained("org/name")`."""

from __future__ import annotations

import re
from typing import NamedTuple

_CALL = re.compile(r"(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]{0,60})[ \t]{0,5}\(")
_FIRST = re.compile(r"\s{0,200}[rbf]?([\"'])([^\"'\n{}]{1,300})\1")
_SECOND = re.compile(
    r"\s{0,200}[rbf]?[\"'][^\"'\n]{0,300}[\"']\s{0,50},\s{0,200}([\"'])([^\"'\n{}]{1,300})\1"
)
#: `filename="a"`, and `path: "a"` of JavaScript.
_KEYWORD = re.compile(
    r"(?<![A-Za-z0-9_])([a-z_]{2,40})\s{0,5}[=:]\s{0,5}([\"'])([^\"'\n{}]{1,300})\2"
)
_PATTERNS = re.compile(
    r"(?<![A-Za-z0-9_])(allow_patterns|ignore_patterns|data_files)\s{0,5}=\s{0,5}"
    r"(\{[^{}]{0,600}\}|\[[^\[\]\n]{0,600}\]|\[[^\[\]]{0,600}\]|\"[^\"\n]{1,300}\"|'[^'\n]{1,300}')"
)
_STRING = re.compile(r"([\"'])([^\"'\n{}]{1,300})\1")
_LONGEST_CALL = 2_000
_MOST_CALLS = 50
_REPO_WORDS: tuple[str, ...] = ("repo_id", "pretrained_model_name_or_path", "model", "model_id")
_REPO_WORDS += ("path", "model_name_or_path", "model_name", "pretrained_model_or_path")
#: Functions that take a repo first; those of datasets are not asked for a `repo_type`.
_LOADER = re.compile(
    r"hf_hub_download|hf_hub_url|cached_download|snapshot_download|from_pretrained|"
    r"list_repo_files|model_info|repo_info|list_repo_tree|SentenceTransformer|CrossEncoder|"
    r"SparseEncoder|WhisperModel|LLM|Engine|Llama|load|load_model|AutoPeftModelForCausalLM|"
    r"load_lora_weights|InferenceClient|from_single_file|LanguageModel|TextEmbedding|"
    r"create_model_from_pretrained|get_model|load_ip_adapter|load_textual_inversion|set_adapter|"
    r"ChatHuggingFace|HuggingFaceEmbeddings|HuggingFaceLLM|AutoModel|download_model|FlagModel|"
    r"downloadFile|downloadFileToCacheDir|BGEM3FlagModel|create_model|create_model_and_transforms|cached_file"
)
#: Names that many libraries have: a literal counts only if it can be nothing but a repo.
_COMMON = frozenset(
    {"load", "load_model", "get_model", "create_model", "create_model_and_transforms", "Engine"}
)
#: `torch.hub.load` takes repos of GitHub, the others take files.
_ELSEWHERE = re.compile(r"(?:\bhub|\b(?:torch|np|numpy|json|yaml|pickle|joblib|spacy|librosa))\.\Z")
_GLOB = re.compile(r"[*?\[]")
_HUB_PREFIX = re.compile(r"hf[-_]hub:")
#: What names a file: its keyword, or its place.
_FILE_WORDS = ("filename", "gguf_file", "weight_name", "model_file", "data_dir")
#: Of JavaScript: `downloadFile({ repo: "org/name", path: "config.json" })`
_JAVASCRIPT = frozenset({"downloadFile", "downloadFileToCacheDir"})
_FILE_SECOND = frozenset({"hf_hub_download", "hf_hub_url", "cached_file"})
_DATASET_LOADER = re.compile(
    r"load_dataset|load_dataset_builder|dataset_info|get_dataset_config_names|"
    r"get_dataset_split_names"
)
#: They take a task first, and the repo behind it.
_TASKED = frozenset({"pipeline"})


#: They read files of any origin, and are no datasets.
_READERS = frozenset(
    {"arrow", "audiofolder", "csv", "generator", "imagefolder", "json", "pandas", "parquet", "text"}
    | {"videofolder", "webdataset", "xml"}
)


class LibraryCall(NamedTuple):
    """What a call says: a repo by its ID or an address, a file of it, its revision and type."""

    function: str
    reference: str
    file: str = ""
    revision: str | None = None
    repo_type: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def is_common(self) -> bool:
        """Whether the function may as well load something else."""
        return self.function in _COMMON


def calls_in(text: str) -> list[LibraryCall]:
    """The calls of `text` that name a repo by a literal, in order."""
    found: list[LibraryCall] = []
    for match in _CALL.finditer(text):
        name = match[1]
        if name in _COMMON and _ELSEWHERE.search(text, max(0, match.start() - 20), match.start()):
            found.append(LibraryCall(name, ""))
            continue
        if _LOADER.fullmatch(name) or _DATASET_LOADER.fullmatch(name) or name in _TASKED:
            inside = text[match.end() : match.end() + _LONGEST_CALL].partition(")")[0]
            inside = re.sub(r"#[^\n\"']*(?=\n)", "", inside)
            if call := _read(name, inside):
                found.append(call)
        if len(found) >= _MOST_CALLS:
            break
    return found


def _read(name: str, inside: str) -> LibraryCall | None:
    words = {key: value for key, _, value in _KEYWORD.findall(inside)}
    first = _FIRST.match(inside)
    second = _SECOND.match(inside)
    place = second if name in _TASKED else first
    if name in _JAVASCRIPT:
        return LibraryCall(name, words["repo"], words.get("path", "")) if "repo" in words else None
    repo = place[2] if place else next((words[key] for key in _REPO_WORDS if key in words), "")
    if not repo:
        return None
    is_dataset = _DATASET_LOADER.fullmatch(name) is not None
    if is_dataset and repo in _READERS:
        return None
    file = next((words[key] for key in _FILE_WORDS if key in words), "")
    if not file and name in _FILE_SECOND and second:
        file = second[2]
    folder = words.get("subfolder", "").strip("/")
    if folder and (file or name == "from_pretrained"):
        file = f"{folder}/{file}".rstrip("/")
    patterns: dict[str, tuple[str, ...]] = {
        key: tuple(text for _, text in _STRING.findall(re.sub(r"[\"'][^\"']*[\"']\s*:", "", value)))
        for key, value in _PATTERNS.findall(inside)
    }
    if data := patterns.pop("data_files", ()):
        within = f"{file}/" if file else ""
        patterns["allow_patterns"], file = tuple(f"{within}{one}" for one in data), ""
    elif _GLOB.search(file):
        patterns["allow_patterns"], file = (file,), ""
    if len(allowed := patterns.get("allow_patterns", ())) == 1 and not _GLOB.search(allowed[0]):
        file = patterns.pop("allow_patterns")[0]
    return LibraryCall(
        name,
        _HUB_PREFIX.sub("", repo),
        file,
        words.get("revision"),
        "dataset" if is_dataset else words.get("repo_type"),
        patterns.get("allow_patterns", ()),
        patterns.get("ignore_patterns", ()),
    )
