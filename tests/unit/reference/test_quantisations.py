"""`org/name:Q4_K_M`: a repo and the quantisation that is wanted of it."""

from __future__ import annotations

import pytest

from hfget.model import PathKind
from hfget.reference import parse


@pytest.mark.parametrize(
    ("text", "repo", "quants"),
    [
        ("org/name:Q4_K_M", "org/name", ("Q4_K_M",)),
        ("org/name:ud-q4_k_xl", "org/name", ("ud-q4_k_xl",)),
        ("org/name:Q4_K_M,Q8_0,", "org/name", ("Q4_K_M", "Q8_0")),
        ("gpt2:F16", "gpt2", ("F16",)),
        ("hf.co/org/name:Q4_K_M", "org/name", ("Q4_K_M",)),
        ("huggingface.co/org/name:Q4_K_M", "org/name", ("Q4_K_M",)),
        ("https://hf.co/org/name:Q4_K_M", "org/name", ("Q4_K_M",)),
        ("https://hf.co/org/name%3AQ4_K_M?x=1", "org/name", ("Q4_K_M",)),
        ("http://localhost:8090/org/name:Q4_K_M", "org/name", ("Q4_K_M",)),
        ("hf://org/name:Q4_K_M", "org/name", ("Q4_K_M",)),
        ("org/name:Llama-3.2-3B-IQ3_M.gguf", "org/name", ("Llama-3.2-3B-IQ3_M.gguf",)),
        ("org/name", "org/name", ()),
    ],
)
def test_a_label_behind_a_colon(text: str, repo: str, quants: tuple[str, ...]) -> None:
    ref = parse(text)
    assert (ref.repo_id, ref.repo_type, ref.quants) == (repo, "model", quants)
    assert (ref.revision, ref.path, ref.trail) == (None, "", ())


def test_a_label_goes_with_a_revision_and_a_folder() -> None:
    assert parse("org/name:Q8_0@v1").revision == "v1"
    assert parse("org/name:Q8_0", revision="v1").revision == "v1"
    ref = parse("https://hf.co/org/name:Q8_0/tree/main/sub")
    assert (ref.quants, ref.path_kind, ref.trail) == (("Q8_0",), PathKind.ANY, ("main", "sub"))
