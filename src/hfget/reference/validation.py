"""What may be a repo ID, a revision, a path (pure).

An error without a hint gets the nearest right form of the whole text: see `suggest`.
"""

from __future__ import annotations

import re
import unicodedata

from hfget.endpoints import is_public_hub
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import reference_texts as texts
from hfget.model import API_NAMES, RepoType, is_commit
from hfget.system import lazy_pattern, redact, safe_text, shell_word

FORMS = texts.FORMS
#: `datasets` → `dataset`: the first segment of an address, where it is not an organisation.
PREFIXES: dict[str, RepoType] = {name: kind for kind, name in API_NAMES.items()}
#: Programs whose pasted command lines are understood.
PROGRAMS = ("hf", "huggingface-cli", "git", "wget", "curl", "aria2c")

_REPO_ID = lazy_pattern(r"(?:[\w.-]{1,96}/)?[\w.-]{1,96}", re.ASCII)
#: Surely a repo ID by `validate_repo_id` of huggingface_hub, whose errors import an HTTP client.
_WORDS = r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*"
_SURE_REPO_ID = lazy_pattern(rf"(?=.{{1,96}}\Z)(?:{_WORDS}/)?{_WORDS}(?<!\.git)", re.ASCII)
_TOKEN = lazy_pattern(r"\b(?:hf|api_org)_(?:oauth_)?[A-Za-z0-9]{20,}")
#: What `git check-ref-format` forbids in the name of a ref or a branch.
_BAD_REVISION = lazy_pattern(r"[\s~^:?*\[\\]|\.\.|@\{|//|(?:^|/)[./]|[/.]\Z|\.lock(?:/|\Z)|^-|^@\Z")
#: Begins at the beginning of a word only, which keeps the work linear.
_PASSWORD = lazy_pattern(r"(?<![^\s/@])[^\s/@:]+:[^\s/@]+@")
#: `export HF_TOKEN=…`, `--token …`, `"api_key": "…"`, `Bearer …`, `login("…")`
_SECRET = lazy_pattern(
    r"(?i)(?:(?:token|api[_-]?key|secret|password|passwd)[\"']?[ \t]{0,4}[=:]|bearer"
    r"|-(?:token|password|api-key)|(?-i:_(?:TOKEN|KEY))[ \t]|\blogin\()"
    r"[ \t]{0,4}[\"']?((?!\w{1,40}=[\"'])[^\s\"',;)]{6,})"
)


def check_repo_id(repo_id: str) -> None:
    """Raises UsageError unless the Hub could have such a repo."""
    if repo_id in PROGRAMS:
        raise UsageError(
            texts.PROGRAM_NOT_REPO(repo_id=repo_id),
            hint=advice.QUOTE_COMMAND(command=shell_word(f"{repo_id} …")),
        )
    if not is_repo_id(repo_id):
        raise UsageError(texts.NOT_A_REPO_ID(repo_id=shown(repo_id)))


def is_repo_id(text: str) -> bool:
    """Whether huggingface_hub takes it, and it cannot be read as anything else."""
    first = text.partition("/")[0]
    if first in PREFIXES or text in PROGRAMS or is_public_hub(first) or _TOKEN.fullmatch(text):
        return False
    return _SURE_REPO_ID.fullmatch(text) is not None or _is_valid(text)


def _is_valid(text: str) -> bool:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(text)
    except HFValidationError:
        return False
    # Versions 1.x take a line break at the end and letters of any script.
    return _REPO_ID.fullmatch(text) is not None


def refuse_token(text: str) -> None:
    """Raises UsageError for a pasted token, without repeating it."""
    if "/" not in text and _TOKEN.search(text):
        raise UsageError(texts.TOKEN_NOT_REPO, hint=advice.PASS_AS_TOKEN)


def is_revision(text: str) -> bool:
    return text.isprintable() and text != "" and not _BAD_REVISION.search(text)


def checked_revision(revision: str) -> str:
    """`revision`, a commit hash in lower case. Raises UsageError for what git forbids."""
    if not is_revision(revision):
        raise UsageError(
            texts.NOT_A_REVISION(revision=shown(revision) or texts.EMPTY),
            hint=advice.REVISION_IS,
        )
    return revision.lower() if is_commit(revision.lower()) else revision


def check_path(path: str) -> None:
    """Raises UsageError for what cannot be a path in a repo. No path is the empty one."""
    bad = any(segment in ("", ".", "..") for segment in path.split("/")) if path else False
    if bad or has_control_characters(path):
        raise UsageError(texts.NOT_A_REPO_PATH(path=shown(path)), hint=advice.PLAIN_PATH)


def has_control_characters(text: str) -> bool:
    # most texts are printable throughout, which is quick to see
    return not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def shown(text: str) -> str:
    """The beginning of `text`, fit for a message."""
    return safe_text(without_secrets(text), limit=80)


def without_secrets(text: str) -> str:
    """The beginning of `text` without tokens and passwords."""
    text = _PASSWORD.sub("***@", redact(text, 1_000))
    return _SECRET.sub(lambda found: found[0].replace(found[1], "***"), text)
