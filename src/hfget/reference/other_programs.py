"""Command lines of programs that load a repo themselves: what they would load (pure).

hfget does not carry them out: `llama-server -hf org/name` takes one quantisation, vLLM takes
one kind of weights, ModelScope is another hub. The hint is the command of hfget.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.model import RepoRef
from hfget.reference.copied_text import without_dirt
from hfget.reference.grammar import read
from hfget.reference.hints import WantedFiles, did_you_mean, one_of
from hfget.reference.hub_hosts import begins_with_host
from hfget.reference.library_calls import LibraryCall, calls_in
from hfget.reference.repo_names import type_named, with_type
from hfget.reference.revision_paths import with_revision
from hfget.reference.shell_lines import CommandLine
from hfget.reference.suggest import is_beside, is_sure
from hfget.reference.validation import FORMS, check_path, checked_revision, shown
from hfget.reference.web_urls import hub_at
from hfget.system import safe_text

#: Programs with their words before a repo. Their names alone say that no reference is meant.
_PROGRAMS: dict[str, tuple[str, ...]] = {
    "hfget": ("get", "ls", "urls", "verify", "download", "pull"),
    "hfd": (),
    "hfd.sh": (),
    "modelscope": ("download", "--model", "--dataset"),
    "ramalama": ("pull", "run", "serve"),
    "vllm": ("serve", "chat", "complete"),
    "sglang": ("serve",),
    "aphrodite": ("run",),
    "trtllm-serve": ("serve",),
    "lmdeploy": ("serve", "api_server", "chat", "lite"),
    "lms": ("get", "load"),
    "litgpt": ("download",),
    "tune": ("download",),
    "dvc": ("get", "import", "get-url", "import-url"),
    "transformers": ("chat", "serve"),
    "transformers-cli": ("download",),
    "hfdownloader": ("download",),
    "download-model.py": (),
    "snapshot_download": (),
    "hf_hub_download": (),
    "pip": ("install", "download"),
    "pip3": ("install", "download"),
    "uv": ("add", "pip", "install"),
    "conda": ("install",),
}
#: Programs that know models of their own by a bare name; one of the Hub has its host in front.
_WITH_OWN_NAMES = (
    "ollama",
    "docker",
    "podman",
    "lms",
    "jan",
    "gpt4all",
    "pip",
    "pip3",
    "uv",
    "conda",
    "dvc",
    "gh",
    *("npm", "pnpm", "yarn", "bun", "brew", "cargo", "go", "helm", "apt", "apt-get"),
)
_LLAMA_OPTIONS = ("-hf", "-hfr", "--hf-repo", "--hf_model_repo_id")
_FILE_OPTIONS = ("-hff", "--hf-file")
_MODEL_OPTION = re.compile(
    r"-m|-mu|--model-url|--(?:hf|base|pretrained|checkpoint|repo|model)[-_]?"
    r"(?:model|repo|path|id|name|name[-_]or[-_]path|model[-_]name[-_]or[-_]path|hf[-_]repo)?"
)
_DATASET_OPTION = re.compile(r"--dataset(?:[-_](?:name|id|path|repo))?")
_REVISION_OPTIONS = ("--revision", "--branch", "--model-revision", "--rev")
#: Options of `dvc get` and `dvc import` that have a value.
_DVC_OPTIONS = ("-o", "--out", "--rev", "-j", "--jobs", "--remote", "--remote-config", "--config")
#: In front of what is a repo although the function loads other things too.
_TYPED = re.compile(r"hf://|(?:models|datasets|spaces)/[^/]+/[^/]+\Z")
_PRETRAINED = re.compile(r"(?:.*,)?pretrained=([^,]+)(?:,.*)?", re.DOTALL)


def refusal_of(line: CommandLine, endpoint: str | None) -> UsageError | None:
    """What to say to a command line of such a program, None if it is not one."""
    is_llama = line.program in _LLAMA_OPTIONS or any(
        word.partition("=")[0] in (*_LLAMA_OPTIONS, *_FILE_OPTIONS) for word in line.words
    )
    known = line.program in _PROGRAMS or line.program in _WITH_OWN_NAMES or is_llama
    if not line.words or (not known and not any(word.startswith("-") for word in line.words)):
        return None
    wanted = _wanted(line, endpoint)
    if wanted is None and not known:
        return None
    name = "llama.cpp" if line.program.startswith("-") else shown(line.program)
    said = texts.COMMAND_LINE(name=name)
    hint = did_you_mean(wanted) if wanted else FORMS
    if line.program == "hfget" and wanted:
        hint = _without_verb(line) or hint
    return UsageError(said, hint=hint)


def _without_verb(line: CommandLine) -> str | None:
    """The line itself, without a token."""
    words = list(line.words)
    while words[0] in ("download", "pull"):
        del words[0]
    for at, word in reversed(list(enumerate(words))):
        if word.partition("=")[0] in ("--token", "--hf-token"):
            del words[at : at + 1 + ("=" not in word)]
    command = shlex.join(["hfget", *words])
    if safe_text(command, 300) != command:
        return None
    return advice.LEAVE_QUOTES_OUT(command=command)


def refusal_of_code(text: str, endpoint: str | None) -> UsageError | None:
    """What to say to Python code, None if no call in it names a repo."""
    found: dict[RepoRef, WantedFiles] = {}
    calls = calls_in(text)
    for call in calls:
        if (wanted := _of_call(call, endpoint)) is not None:
            found.setdefault(wanted.ref, wanted)
    if not calls:
        return None
    all_of = list(found.values())
    hint = did_you_mean(all_of[0]) if len(all_of) == 1 else one_of(all_of) if all_of else FORMS
    return UsageError(texts.CODE_NOT_REFERENCE(function=calls[0].function), hint=hint)


def _of_call(call: LibraryCall, endpoint: str | None) -> WantedFiles | None:
    if call.is_common and not (_TYPED.match(call.reference) or is_sure(call.reference)):
        return None
    try:
        found = read(call.reference, endpoint)
        kind = type_named(call.repo_type) if call.repo_type else None
        ref = with_revision((found if found.typed else with_type(found, kind)).ref, call.revision)
        check_path(call.file)
    except UsageError:
        return None
    return WantedFiles(ref, (call.file,) if call.file else (), call.include, call.exclude)


def _wanted(line: CommandLine, endpoint: str | None) -> WantedFiles | None:
    for text, is_dataset in _candidates(line, endpoint):
        try:
            found = read(without_dirt(text).removesuffix(":latest"), endpoint)
        except UsageError:
            continue
        kind = "dataset" if is_dataset else _type_of(line)
        try:
            ref = found.ref if found.typed else with_type(found, type_named(kind)).ref
            if line.program != "modelscope":  # whose main branch has another name
                ref = with_revision(ref, _value(line.words, _REVISION_OPTIONS))
            file = _value(line.words, _FILE_OPTIONS) or ""
            check_path(file)
            named = line.variables.get("HF_ENDPOINT")
            if named and ref.endpoint is None:
                ref = replace(ref, endpoint=hub_at(without_dirt(named), endpoint))
        except UsageError:
            return None
        include, exclude = (_patterns(line.words, name) for name in ("--include", "--exclude"))
        return WantedFiles(ref, (file,) if file else _files_behind(line), include, exclude)
    return None


def _files_behind(line: CommandLine) -> tuple[str, ...]:
    """`modelscope download --model X FILE…`: the words before and between its options.

    `dvc get URL PATH` names one file or folder.
    """
    if line.program == "dvc":
        plain = [word for word in line.words if not word.startswith("-")]
        values = [value for word, value in pairwise(line.words) if word in _DVC_OPTIONS]
        named_by = [word for word in plain if word not in values]
        return tuple(named_by[2:3]) if line.words[0] in ("get", "import") else ()
    if line.program != "modelscope":
        return ()
    named = any(option in line.words for option in ("--model", "--dataset"))
    found: list[str] = []
    option = ""
    for word in line.words[1:]:
        if word.startswith("-"):
            option = "" if "=" in word else word
        elif not option:
            found.append(word)
        elif option not in ("--include", "--exclude"):
            option = ""
    named |= any(word.startswith(("--model=", "--dataset=")) for word in line.words)
    return tuple(found if named else found[1:])


def _candidates(line: CommandLine, endpoint: str | None) -> Iterator[tuple[str, bool]]:
    """The words that may name the repo, the surest first; and whether a dataset is meant."""
    if line.program == "lms":
        line = line._replace(words=tuple(map(_labelled, line.words)))
    words = [line.program, *line.words]
    pairs = [pair for word, value in pairwise([*words, ""]) if (pair := _option(word, value))]
    for option, value in pairs:
        if option in _LLAMA_OPTIONS:
            yield value, False
    for word in line.words:
        if word.startswith(("https://", "http://", "hf://", "huggingface://")) or begins_with_host(
            word, endpoint
        ):
            yield re.sub("^huggingface://", "hf://", word), False
        elif word.startswith("git+https://"):
            yield word, False
    rest = list(line.words)
    while rest and rest[0] in _PROGRAMS.get(line.program, ()):
        del rest[0]
    verbs = line.words[: len(line.words) - len(rest)]
    if verbs and not verbs[-1].startswith("-") and rest and is_sure(rest[0]):
        yield rest[0], False
    for option, value in pairs:
        plain = line.program == "modelscope" and option in ("--model", "--dataset")
        is_dataset = _DATASET_OPTION.fullmatch(option) is not None
        if (is_dataset or _MODEL_OPTION.fullmatch(option)) and (plain or is_sure(value)):
            yield value, is_dataset
    for word in line.words:
        if (named := _PRETRAINED.fullmatch(word)) and is_sure(named[1]):
            yield named[1], False
    if line.program not in _PROGRAMS and _value(line.words, _REVISION_OPTIONS):
        yield from ((word, False) for word in line.words if is_sure(word))
    if line.program in _PROGRAMS:
        if rest and not rest[0].startswith("-") and line.program not in _WITH_OWN_NAMES:
            yield rest[0], False
        for before, word in pairwise(["", *rest]):
            if is_beside(before):
                continue
            if is_sure(word):
                yield word, False


def _labelled(word: str) -> str:
    """LM Studio writes a label as others write a revision: `org/name@q4_k_m`."""
    return re.sub(r"@(?=[\w.-]+$)", ":", word)


def _option(word: str, value: str) -> tuple[str, str] | None:
    if not word.startswith("-"):
        return None
    name, equals, given = word.partition("=")
    return (name, given) if equals else (name, value)


def _type_of(line: CommandLine) -> str | None:
    if named := _value(line.words, ("--repo-type", "--type")):
        return named
    own_flag = line.program in ("hfd", "hfd.sh", "hfget", "hfdownloader")
    return "dataset" if own_flag and "--dataset" in line.words else None


def _value(words: Sequence[str], options: Sequence[str]) -> str | None:
    for word, following in pairwise([*words, ""]):
        pair = _option(word, following)
        if pair and pair[0] in options:
            value = pair[1]
            try:
                return checked_revision(value) if options is _REVISION_OPTIONS else value
            except UsageError:
                return None
    return None


def _patterns(words: Sequence[str], option: str) -> tuple[str, ...]:
    """What stands behind `--include`, up to the next option."""
    found: list[str] = []
    taking = False
    for word in words:
        if word.startswith("-"):
            taking = word == option
            if word.startswith(f"{option}="):
                found.append(word.partition("=")[2])
        elif taking:
            found.append(word)
    return tuple(found)
