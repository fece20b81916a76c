"""References as people paste them: what each means, or the hint it is refused with.

`collected.json` holds texts from public pages, READMEs and forums, `written.json` the kinds
that were missing, `reviewed.json` more of both, `pasted.json` shells, configs, code, errors of
other tools and chat. `means` leaves out what is at its default;
`refused` lists words of the message or its hint (alternatives by `|`), `not` words that are in
neither.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from hfget.cli.main import make_app
from hfget.errors import UsageError
from hfget.model import RepoRef
from hfget.reference import parse
from hfget.reference.revision_paths import trail_candidates

FOLDER = Path(__file__).parents[2] / "references"
ROWS: list[dict[str, Any]] = [
    row
    for name in ("collected.json", "written.json", "reviewed.json", "pasted.json")
    for row in json.loads((FOLDER / name).read_text(encoding="utf-8"))
]
MEANT = [row for row in ROWS if "means" in row]
REFUSED = [row for row in ROWS if "refused" in row]
GROUP: Any = typer.main.get_command(make_app())


def refusal_of(text: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        parse(text)
    return caught.value


@pytest.mark.parametrize("row", MEANT, ids=lambda row: row["text"][:80])
def test_what_a_reference_means(row: dict[str, Any]) -> None:
    means = row["means"]
    ref = parse(row["text"])
    assert (ref.repo_id, ref.repo_type) == (means["repo"], means.get("type", "model"))
    asked = {*trail_candidates(ref), (ref.revision, ref.path)}
    assert (means.get("revision"), means.get("path", "")) in asked
    assert ",".join(ref.quants) == means.get("label", "")
    if "endpoint" in means:
        assert ref.endpoint == means["endpoint"]
    elif ref.endpoint:
        assert "http://" in row["text"] or ref.endpoint.endswith(("huggingface.co", "mirror.com"))


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["text"][:80])
def test_how_it_is_refused(row: dict[str, Any]) -> None:
    error = refusal_of(row["text"])
    said = f"{error.message} | {error.hint}"
    for words in row["refused"]:
        assert any(word in said for word in words.split("|")), said
    for word in row.get("not", ()):
        assert word not in said, said


def hinted(hint: str) -> list[list[str]]:
    """The arguments of every command and reference that a hint names."""
    found = [[name] for name in re.findall(r"did you mean (\S+)\?", hint)]
    if "give one of them: " in hint:
        found += [[name] for name in hint.partition("them: ")[2].split(", ")]
    if command := re.search(r"(?:^|: )hfget (.*)", hint):
        found.append(shlex.split(command[1]))
    return found


def followed(arguments: list[str]) -> tuple[RepoRef, dict[str, Any]]:
    """What the command line makes of a hint; nothing is asked."""
    parent = typer.Context(GROUP, info_name="hfget")
    context = GROUP.commands["get"].make_context("get", list(arguments), parent=parent)
    given = context.params
    ref = parse(given["repo"], revision=given["revision"], endpoint=given["endpoint"])
    return ref, given


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["text"][:80])
def test_a_hint_is_a_command_that_works(row: dict[str, Any]) -> None:
    hint = refusal_of(row["text"]).hint
    assert hint
    if "FILE…" in hint:
        return
    refs = [followed(arguments)[0] for arguments in hinted(hint)]
    if "did you mean" in hint:
        assert refs
        assert len({(ref.repo_type, ref.repo_id) for ref in refs}) == 1


def test_a_hint_keeps_all_that_was_asked_for() -> None:
    error = refusal_of("hf download org/name --revision a/b --include 'x y*' --exclude=*.bin -d")
    ((ref, given),) = [followed(arguments) for arguments in hinted(error.hint)]
    assert (ref.repo_id, ref.revision) == ("org/name", "a/b")
    assert (list(given["include"]), list(given["exclude"])) == (["x y*"], ["*.bin"])


def test_the_texts_are_told_apart() -> None:
    texts = [row["text"] for row in ROWS if "means" in row]
    assert len(texts) == len(set(texts))
    assert len(ROWS) >= 350
