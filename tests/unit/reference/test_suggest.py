"""What is no reference, and the hint that says which form was meant."""

from __future__ import annotations

import secrets

import pytest

from hfget.errors import UsageError
from hfget.model import RepoType
from hfget.reference import parse

FORMS = "a reference looks like org/name"


def refusal(
    text: str,
    *,
    repo_type: RepoType | None = None,
    revision: str | None = None,
    endpoint: str | None = None,
) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text, repo_type=repo_type, revision=revision, endpoint=endpoint)
    assert caught.value.exit_code == 2
    return caught.value


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "no repo is named", FORMS),
        (" \t\n\u200b", "no repo is named", FORMS),
        ("''", "no repo is named", FORMS),
        ("@main", "names no repo", FORMS),
        ("datasets/", "datasets names no repo", FORMS),
        ("org/na me", "contains spaces", FORMS),
        ("org / name", "contains spaces", "did you mean org/name?"),
        ("模型：org/name", "is not a repo ID", "did you mean org/name?"),
        ("[org/name)", "is not a repo ID", "did you mean org/name?"),
        ("hfget org/name", "command line of hfget", "hfget org/name"),
        ("org\\name", "is not a repo ID", "did you mean org/name?"),
        ("-org/name", "is not a repo ID", "did you mean org/name?"),
        ("org/name--x", "is not a repo ID", FORMS),
        ("org/name.git", "is not a repo ID", "did you mean org/name?"),
        ("org/" + "x" * 97, "is not a repo ID", FORMS),
        ("org/naïve", "is not a repo ID", FORMS),
        ("models--org--name", "is not a repo ID", "did you mean org/name?"),
        ("datasets--org--name", "is not a repo ID", "did you mean datasets/org/name?"),
        (
            'AutoModel.from_pretrained("org/name")',
            "calls from_pretrained",
            "did you mean org/name?",
        ),
        ("org/name@", "no revision behind the @", "did you mean org/name?"),
        ("org/name@/", "no revision behind the @", "did you mean org/name?"),
        ("org/name@a b", "contains spaces", FORMS),
        ("org/name@..", "cannot be a revision", "for instance main"),
        ("org/name@main/../x", "cannot be a path", "without"),
        ("dataset/na me", "contains spaces", FORMS),
        ("org/*/name/a.txt", "too many segments", FORMS),
        ("ftp:///org/name/a.txt", "not understood", FORMS),
        ("datasets/org/name/a.txt", "too many segments", "hfget datasets/org/name a.txt"),
        ("dataset/org/name", "begins with dataset/", "did you mean datasets/org/name?"),
        ("model/org/name", "begins with model/", "did you mean org/name?"),
        ("hf://dataset/org/name", "begins with dataset/", "did you mean datasets/org/name?"),
        ("hf://space/name", "begins with space/", "did you mean spaces/name?"),
        ("Datasets/org/name", "too many segments", "did you mean datasets/org/name?"),
        ("org/name/config.json", "too many segments", "hfget org/name config.json"),
        ("org/name/*.json", "too many segments", "hfget org/name '*.json'"),
        ("org/name/a\nb", "control characters", FORMS),
        ("org/name\x1b[31m", "control characters", "did you mean org/name"),
        ("hf://", "names no repo", FORMS),
        ("hf://buckets/org/name", "not supported", FORMS),
        ("hf://org/name/../x", "cannot be a path", "without"),
        ("hf://org/name@v1/a/./b", "cannot be a path", "without"),
        ("hf://huggingface.co/org/name", "is not a repo ID", "did you mean org/name?"),
        ("hf://HuggingFace.CO/name", "is not a repo ID", "did you mean name?"),
        ("hf://org/name:/data:ro", "is not a repo ID", "did you mean org/name?"),
        ("models/datasets/name", "is not a repo ID", FORMS),
        ("x" * 20_000, "20000 characters", FORMS),
    ],
)
def test_text_that_names_no_repo(text: str, message: str, hint: str) -> None:
    error = refusal(text)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize("text", ["org/name:", "org/name:Q4:Q5", "org/name:Q4%2FK", ":Q4_K_M"])
def test_what_no_quantisation_is_called(text: str) -> None:
    assert "is not a repo ID" in refusal(text).message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("./org/name", "did you mean org/name?"),
        ("../name", "did you mean name?"),
        ("/data/name", FORMS),
        ("~/gpt2", "did you mean gpt2?"),
        (".", FORMS),
        ("..", FORMS),
        ("/", FORMS),
        ("/home/user/models/gpt2", FORMS),
        ("C:\\", FORMS),
        ("C:\\data\\hub\\llm\\gpt2", FORMS),
        ("\\\\server\\share\\x\\y", FORMS),
        ("file:///srv/data/x", FORMS),
        ("~/.cache/huggingface/hub/models--org--name/snapshots", "did you mean org/name?"),
    ],
)
def test_a_local_path(text: str, hint: str) -> None:
    error = refusal(text)
    assert "is a local path; a repo ID is wanted" in error.message
    assert error.hint.startswith(hint)


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("", "names no repo", FORMS),
        ("datasets", "datasets names no repo", FORMS),
        ("models?search=x", "models names no repo", FORMS),
        ("docs/hub/index", "/docs/hub/index is not the page of a repo", FORMS),
        ("settings/tokens", "not the page of a repo", FORMS),
        ("collections/org/x-1", "not the page of a repo", FORMS),
        ("papers/2301.00001", "not the page of a repo", FORMS),
        ("buckets/org/name", "not the page of a repo", FORMS),
        ("api", "not the page of a repo", FORMS),
        ("api/whoami-v2", "not the page of a repo", FORMS),
        ("org/name/discussions", "nothing to download", "paste the repo alone: org/name"),
        ("org/name/discussions/3", "nothing to download", "org/name --revision refs/pr/3"),
        ("org/name/commit", "nothing to download", "paste the repo alone: org/name"),
        ("org/name/settings", "nothing to download", "paste the repo alone: org/name"),
        ("org/name/edit/main/a.txt", "nothing to download", "/blob/"),
        ("org/name/anything", "the page /anything of org/name", "paste the repo alone: org/name"),
        ("datasets/org/name/viewer/default", "nothing to download", "datasets/org/name"),
        ("gpt2/discussions/1", "nothing to download", "gpt2 --revision refs/pr/1"),
        ("org/name/blob/main", "the URL names no file", "paste the repo alone: org/name"),
        ("org/name/resolve/refs%2Fpr%2F1/", "the URL names no file", "org/name"),
        ("org/name/blob/main/../x", "cannot be a path", "without"),
        ("org/name/blob/main/%2e%2e/x", "cannot be a path", "without"),
        ("org/name/blob/main/a%00b", "cannot be a path", "without"),
        ("org/name/tree/ma%20in/x", "cannot be a revision", "for instance main"),
        ("org/name/tree/%2e%2e", "cannot be a revision", "for instance main"),
        ("org/na%20me", "is not a repo ID", FORMS),
        ("org/name%0A", "is not a repo ID", "did you mean org/name?"),
        ("org/..%2F..%2Fx", "is not a repo ID", "did you mean org/x"),
        ("dataset/org/name", "begins with dataset/", "did you mean datasets/org/name?"),
    ],
)
def test_a_page_that_is_nothing_to_download(path: str, message: str, hint: str) -> None:
    for start in ("https://huggingface.co/", "hf-mirror.com/"):
        error = refusal(start + path)
        assert message in error.message
        assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "https://example.com/org/name",
            "example.com is not a hub",
            "--endpoint https://example.com",
        ),
        (
            "https://huggingface.com/org/name",
            "is not a hub",
            "did you mean https://huggingface.co/org",
        ),
        ("https://huggingface.co.evil.com/org/name", "is not a hub", "paste org/name"),
        ("https://huggingface.co@evil.com/org/name", "evil.com is not a hub", "paste org/name"),
        ("https://hf-mirror.com.cn/org/name", "is not a hub", "https://hf-mirror.com/org/name?"),
        ("http://hub.corp:81/org/name", "is not a hub", "--endpoint http://hub.corp:81"),
        ("http://192.168.1.5/org/name", "is not a hub", "--endpoint https://192.168.1.5"),
        ("http://box/org/name", "box is not a hub", "--endpoint https://box"),
        ("http://0.0.0.0:80/org/name", "is not a hub", "--endpoint"),
        ("http://8.8.8.8:80/org/name", "is not a hub", "--endpoint"),
        ("http://169.254.169.254:80/org/name", "is not a hub", "--endpoint"),
        ("git@github.com:org/name.git", "github.com is not a hub", "paste org/name"),
        ("https://cdn-lfs.huggingface.co/repos/a/b", "has no repos", "the repo's own page"),
        ("https://cas-bridge.xethub.hf.co/xet/a", "has no repos", "the repo's own page"),
        ("https://org-name.hf.space", "has no repos", "the repo's own page"),
        ("s3://bucket/name", "s3:// addresses are not understood", FORMS),
        ("ftp://huggingface.co/org/name", "ftp:// addresses", "did you mean org/name?"),
        ("localhost:8090/org/name", "without its scheme", "http://"),
        ("https://", "no host", FORMS),
        ("https:///org/name", "is not a hub", "paste org/name"),
        ("https://[::1/org/name", "malformed", FORMS),
        ("https://huggingface.co:99999/org/name", "malformed", FORMS),
        ("https://user:pass@/org/name", "no host", FORMS),
    ],
)
def test_an_address_that_is_no_hub(text: str, message: str, hint: str) -> None:
    error = refusal(text)
    assert message in error.message
    assert hint in error.hint


def test_a_password_in_an_address_is_not_repeated() -> None:
    password = "made-up-" + secrets.token_hex(8)
    address = f"someone:{password}@example.com/org/name"
    for text in (f"https://{address}", f"s3://{address}", f"x y {address}", address):
        error = refusal(text)
        assert password not in error.message + error.hint, text
    assert password not in repr(parse(f"https://someone:{password}@huggingface.co/org/name"))


def test_a_url_on_another_host_than_the_endpoint() -> None:
    for endpoint in ("https://hub.corp", "ftp://other.corp", "https://other.corp:x"):
        error = refusal("https://other.corp/org/name", endpoint=endpoint)
        assert "other.corp is not a hub" in error.message


def test_a_lan_name_without_port_is_an_organisation() -> None:
    assert parse("box/name", endpoint="http://box:8090").repo_id == "box/name"


@pytest.mark.parametrize(
    ("text", "repo_type", "message"),
    [
        (
            "datasets/org/name",
            "model",
            "datasets/org/name is a dataset, but --repo-type says model",
        ),
        ("models/org/name", "space", "org/name is a model, but --repo-type says space"),
        ("hf://spaces/org/name", "dataset", "spaces/org/name is a space"),
        ("https://hf.co/datasets/org/name", "space", "datasets/org/name is a dataset"),
    ],
)
def test_a_type_that_contradicts(text: str, repo_type: RepoType, message: str) -> None:
    error = refusal(text, repo_type=repo_type)
    assert message in error.message
    assert "leave --repo-type out" in error.hint


@pytest.mark.parametrize(
    ("text", "named", "revision"),
    [
        ("org/name@v1", "v1", "v2"),
        ("org/name/tree/main/data", "main/data", "v2"),
        ("org/name/blob/feature/x/a.txt", "feature/x/a.txt", "feature/y"),
        ("https://hf.co/org/name/tree/refs%2Fpr%2F1", "refs/pr/1", "refs/pr/2"),
    ],
)
def test_a_revision_that_contradicts(text: str, named: str, revision: str) -> None:
    error = refusal(text, revision=revision)
    assert error.message == f"the reference names {named}, but --revision says {revision}"
    assert "leave one of them out" in error.hint


NOT_REVISIONS = [
    "",
    " ",
    "a b",
    "..",
    "a..b",
    "/abs/path",
    "./main",
    "../x",
    "a/",
    "a//b",
    "a.lock",
]
NOT_REVISIONS += [
    "@",
    "-1",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[b",
    "a\\b",
    "a@{1}",
    ".hidden",
    "a/.b",
]
NOT_REVISIONS += ["a\x00", "a\x1bb"]


@pytest.mark.parametrize("revision", NOT_REVISIONS)
def test_what_git_forbids_is_no_revision(revision: str) -> None:
    error = refusal("org/name", revision=revision)
    assert "cannot be a revision" in error.message
    assert "for instance main" in error.hint
    assert error.message.isprintable()


@pytest.mark.parametrize("revision", ["a@b", "v1.0", "fix#12", "föö", "refs/pr/1", "a,b", "x-1"])
def test_what_git_allows_is_a_revision(revision: str) -> None:
    assert parse("org/name", revision=revision).revision == revision


def test_a_hint_says_no_more_than_it_knows() -> None:
    for page in ("discussions/new", "settings/3", "discussions"):
        assert refusal(f"hf.co/org/name/{page}").hint == "paste the repo alone: org/name"
    assert refusal("org\\name").hint == "did you mean org/name?"
    assert (
        refusal("org/name/a b").hint
        == FORMS + ", datasets/org/name or https://huggingface.co/org/name"
    )


def test_messages_are_short_and_printable() -> None:
    for text in ("\x1b]8;;x\x07" * 500, "a b" * 5_000, "[/foo]\u202e" * 900, "\ud800" * 99):
        error = refusal(text)
        assert error.message.isprintable()
        assert error.hint.isprintable()
        assert len(error.message) + len(error.hint) < 600
