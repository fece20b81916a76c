"""Any text is a sane reference or a UsageError, in bounded time; huggingface_hub agrees."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hfget.errors import UsageError
from hfget.model import API_NAMES, URL_PREFIXES, PathKind, RepoRef, RepoType
from hfget.reference import parse
from hfget.reference.revision_paths import trail_candidates
from hfget.system.text import safe_text
from tests.support.verdicts import refused

MAX_LENGTH = 16_384
HUB = "https://huggingface.co"

#: Pieces of references, so that a random row of them gets past the first check.
PIECES = (
    *("org", "name", "gpt2", "main", "refs", "pr", "1", "v1.0", "a.txt", "git", ".git", "hf"),
    *("datasets", "spaces", "models", "dataset", "api", "tree", "blob", "resolve", "discussions"),
    *("hf://", "https://", "http:/", "ssh://", "git@", "file:", "C:\\", "~", ".", "..", "-", "--"),
    *(
        "huggingface.co",
        "hf.co",
        "hf-mirror.com",
        "localhost:8090",
        "127.0.0.1",
        "[::1]",
        "hub.lan",
    ),
    *("/", "/", "/", "//", "@", ":", "?download=true", "#L1", "%2F", "%2e%2e", "%00", "%", "\\"),
    *(
        " ",
        "\n",
        "\t",
        "\x1b",
        "\u200b",
        "\ud800",
        "'",
        '"',
        "“",
        "(",
        ")",
        "[",
        "](",
        "<",
        ">",
        "／",
    ),
    *(
        "sudo ",
        "cd x && ",
        "$ ",
        "-hf ",
        "ollama run ",
        "load_dataset('",
        "; ",
        "# ",
        "\\\n",
        "&amp;",
    ),
    *(
        "?show_file_info=",
        "&",
        "https://https://",
        "Model: ",
        "[![",
        "<a href='",
        "parquet",
        "refs",
    ),
    *("hf download ", "git clone ", "curl -L ", "--revision ", "HF_ENDPOINT=", "*", "é", "．", "ﷺ"),
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=8).map("/".join),
)
ENDPOINTS = st.one_of(
    st.none(),
    st.sampled_from(["https://hub.lan", "http://localhost:8090/hf", "hub.lan:1", "x://", "[", ""]),
    st.text(max_size=20),
)
KINDS = st.sampled_from(sorted(API_NAMES))
NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,8}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda name: not re.search(r"--|\.\.|\.git\Z", name) and name not in API_NAMES.values()
)
REPO_IDS = st.tuples(NAMES, NAMES).map("/".join)
SEGMENTS = st.text(min_size=1, max_size=6).filter(
    lambda text: text.isprintable() and "/" not in text and text.strip(". ") != ""
)
REVISIONS = st.one_of(
    st.sampled_from(["main", "v1.0", "refs/pr/12", "refs/convert/parquet", "feature/x/y", "fix#1"]),
    st.from_regex(r"[0-9a-f]{40}", fullmatch=True),
    st.lists(st.from_regex(r"[a-z0-9_%+é]{1,6}", fullmatch=True), min_size=1, max_size=3).map(
        "/".join
    ),
)
#: What ends in a quote, a dot or a bracket loses it.
PATHS = st.lists(SEGMENTS, min_size=1, max_size=4).map("/".join).map("{}_x".format)


def assert_sane(ref: RepoRef) -> None:
    assert re.fullmatch(r"(?:[A-Za-z0-9_.-]{1,96}/)?[A-Za-z0-9_.-]{1,96}", ref.repo_id)
    assert not (ref.trail and (ref.revision or ref.path))
    pieces = [*ref.path.split("/")] if ref.path else []
    pieces += [piece for part in ref.trail for piece in part.split("/")]
    assert not {"", ".", ".."}.intersection(pieces)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", "".join(pieces))
    if ref.revision is not None:
        assert ref.revision.isprintable()
        assert re.fullmatch(r"[^\s~^:?*\[\\]+", ref.revision)
    if ref.path_kind is not PathKind.ANY:
        assert ref.path or ref.trail
    if ref.endpoint is not None:
        parts = urlsplit(ref.endpoint)
        assert parts.scheme in ("http", "https")
        assert parts.hostname
        assert not (parts.username or parts.password or parts.query or parts.fragment)
    splits = list(trail_candidates(ref))
    assert bool(splits) == bool(ref.trail)
    for revision, path in splits:
        assert f"{revision}/{path}".rstrip("/") == "/".join(ref.trail)
        assert path or ref.path_kind is not PathKind.FILE


def parsed(text: str, **flags: str | None) -> RepoRef | None:
    """The reference, None for a UsageError with a message and a hint; nothing else may come."""
    try:
        return parse(text, endpoint=flags.get("endpoint"), revision=flags.get("revision"))
    except UsageError as error:
        assert error.hint
        for name in re.findall(r"did you mean (\S+)\?", error.hint):
            assert_sane(parse(name, endpoint=flags.get("endpoint")))
        said = error.message + error.hint
        assert safe_text(said, 10_000) == said
        return None


@settings(max_examples=1_000, deadline=None)
@given(TEXTS, ENDPOINTS)
@example("https://[", None)
@example("hf download '", None)
@example("[](", "https://[")
def test_any_text_is_a_sane_reference_or_refused(text: str, endpoint: str | None) -> None:
    ref = parsed(text, endpoint=endpoint)
    if ref is None:
        refused()
    else:
        assert_sane(ref)
        assert parse(str(ref)) == RepoRef(ref.repo_id, ref.repo_type)


@settings(max_examples=200, deadline=None)
@given(TEXTS | REVISIONS)
def test_any_revision_is_taken_or_refused(revision: str) -> None:
    texts = ("org/name", "org/name/tree/main/data", "hf://org/name@v1/a.txt")
    refs = [ref for text in texts if (ref := parsed(text, revision=revision)) is not None]
    for ref in refs:
        assert_sane(ref)
        assert ref.revision in (revision.strip(), revision.strip().lower())
    if not refs:
        refused()


@settings(max_examples=200, deadline=None)
@given(KINDS, REPO_IDS, REVISIONS, PATHS, st.sampled_from(["blob", "resolve", "raw", "tree"]))
def test_the_address_of_a_file_names_it(
    kind: RepoType, repo_id: str, revision: str, path: str, view: str
) -> None:
    address = f"{HUB}/{URL_PREFIXES[kind]}{repo_id}/{view}/{quote(revision, safe='')}/{quote(path)}"
    ref = parse(f"{address}?download=true#L1")
    expected = PathKind.ANY if view == "tree" else PathKind.FILE
    assert (ref.repo_type, ref.repo_id, ref.path_kind) == (kind, repo_id, expected)
    assert (revision, path) in {*trail_candidates(ref), (ref.revision, ref.path)}
    unquoted = parse(f"{HUB}/{URL_PREFIXES[kind]}{repo_id}/{view}/{quote(revision)}/{quote(path)}")
    assert (revision, path) in {*trail_candidates(unquoted), (unquoted.revision, unquoted.path)}


@settings(max_examples=200, deadline=None)
@given(KINDS, REPO_IDS, st.none() | REVISIONS, st.just("") | PATHS)
def test_huggingface_hub_means_the_same(
    kind: RepoType, repo_id: str, revision: str | None, path: str
) -> None:
    uris = pytest.importorskip("huggingface_hub.utils._hf_uris")
    revision = revision and revision.replace("%", "x")  # huggingface_hub decodes it twice
    try:
        uri = uris.HfUri(type=kind, id=repo_id, revision=revision, path_in_repo=path)
        again = uris.parse_hf_uri(uri.to_uri())
        page = uris.parse_hf_uri(uri.to_url())
    except uris.HfUriError:
        return
    ref = parse(uri.to_uri())
    assert (ref.repo_type, ref.repo_id) == (again.type, again.id)
    assert (ref.revision, ref.path) == (again.revision, again.path_in_repo)
    ref = parse(uri.to_url())
    assert (ref.repo_type, ref.repo_id) == (page.type, page.id)
    assert (page.revision, page.path_in_repo) in {*trail_candidates(ref), (ref.revision, ref.path)}


ADVERSARIAL = {
    **{
        piece: piece
        for piece in ("/", "[", "](", "(", ")", "@", "'", "<", ":", "%", "\\", " ", "\n")
    },
    **{piece: piece for piece in ("a.", "a/", ".a@", "a:1", "A=a ", "%25", "../", "hf_", "X-Amz-")},
    **{
        piece: piece
        for piece in ("http://", "git ", "org/name ", "⑴", "ﷺ", "\u200b", "x--y", "q=&")
    },
    **{
        piece: piece
        for piece in ("load('", "sudo ", "&& ", "-hf a/b-1 ", "[![", "\n$ ", "bash -c ", "a@b:")
    },
}


def text_of(piece: str, start: str = "", end: str = "") -> str:
    room = MAX_LENGTH - len(start) - len(end)
    return start + (piece * (room // len(piece)))[:room] + end


@pytest.mark.timeout(100)
@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_the_longest_texts_are_read_in_bounded_time(piece: str) -> None:
    """Seconds at worst: what is cubic or exponential in 16 kB runs into the time limit."""
    shapes = [("", ""), ("org/name", ""), ("org/name@", ""), ("", "org/name"), ("hf://", "")]
    shapes += [("https://", ""), (f"{HUB}/org/name/tree/", ""), ("hf download ", ""), ("[", ")")]
    shapes += [("<a ", ")"), ("x.from_pretrained(", ""), (f"{HUB}/a/b?", ""), ("vllm serve ", "")]
    shapes += [("git clone ", ""), ("curl -L '", ""), (f"{HUB}/", "/blob/main/x")]
    for start, end in shapes:
        text = text_of(piece, start, end)
        ref = parsed(text)
        if ref is not None:
            assert_sane(ref)
    parsed("org/name", revision=text_of(piece))
    parsed("org/name", endpoint=text_of(piece))


@pytest.mark.timeout(100)
def test_nested_brackets_are_read_in_bounded_time() -> None:
    for opening, closing in (("(", ")"), ("'(", ")'"), ("[", "]"), ("<", ">"), ("[(", ")]")):
        half = MAX_LENGTH // 2 // len(opening) - 8
        assert parse(opening * half + "org/name" + closing * half) == RepoRef("org/name")


def test_the_time_grows_with_the_length() -> None:
    """Of texts that are refused, hostile ones cost no more than a small multiple of plain ones."""

    def seconds(text: str) -> float:
        runs = []
        for _ in range(5):
            begun = time.perf_counter()
            parsed(text)
            runs.append(time.perf_counter() - begun)
        return min(runs)

    plain = seconds(text_of("a"))
    for piece in ("a.", "X-Amz-", "[", ".a@", "a:1", "%25", "x--y", "http://"):
        assert seconds(text_of(piece)) < 40 * plain, piece


def test_a_megabyte_is_refused_as_it_is() -> None:
    for piece in ("org/name ", "[", "hf download ", "\u200b", "https://hf.co/a/b ", "$ ", "("):
        with pytest.raises(UsageError, match="characters"):
            parse(piece * (2**20 // len(piece)))


def test_one_character_more_is_refused() -> None:
    longest = replace(RepoRef("org/name"), path="x" * (MAX_LENGTH - len("hf://org/name/")))
    assert parse(f"hf://org/name/{longest.path}") == longest
    with pytest.raises(UsageError, match="16385 characters"):
        parse(f"hf://org/name/{longest.path}x")
