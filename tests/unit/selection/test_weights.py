"""`--weights`, `--quant` and `--safe-only` on the listings of well-known repos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfget.errors import UsageError
from hfget.messages import lookup_of, translated
from hfget.model import RemoteFile
from hfget.selection.groups import groups
from hfget.selection.warnings import remarks
from hfget.selection.weights import Choice, choose, split_words, without_pickles
from tests.support.weights_listings import (
    BARTOWSKI,
    BERT,
    CHECKPOINTS,
    DATASET,
    DIFFUSERS,
    GPT2,
    LISTINGS,
    LLAMA,
    MRADERMACHER,
    SENTENCE_TRANSFORMER,
    THEBLOKE,
    UNSLOTH,
    WHISPER,
    files_of,
    paths_of,
)
from tests.unit.selection.test_kinds import PATHS


def kept(listing: Mapping[str, int], weights: str = "", quant: str = "") -> set[str]:
    choice = Choice(split_words(weights), split_words(quant))
    return paths_of(choose(files_of(listing), choice))


def plain(listing: Mapping[str, int]) -> set[str]:
    """What is not weights."""
    return paths_of([f for g in groups(files_of(listing)) if not g.is_weights for f in g.files])


def refused(
    listing: Mapping[str, int], weights: str = "", quant: str = "", narrowed: bool = False
) -> UsageError:
    choice = Choice(split_words(weights), split_words(quant))
    with pytest.raises(UsageError) as caught:
        choose(files_of(listing), choice, narrowed=narrowed)
    return caught.value


@pytest.mark.parametrize(
    ("listing", "weights", "expected"),
    [
        (GPT2, "safetensors", {"model.safetensors"}),
        (GPT2, "bin", {"pytorch_model.bin"}),
        (GPT2, "tensorflow,rust", {"tf_model.h5", "rust_model.ot"}),
        (BERT, "onnx", {"model.onnx"}),
        (
            LLAMA,
            "safetensors",
            {
                "model-00001-of-00002.safetensors",
                "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
            },
        ),
        (
            WHISPER,
            "safetensors",
            {
                "model.safetensors",
            },
        ),
        (CHECKPOINTS, "safetensors", {"adapter_model.safetensors"}),
        (UNSLOTH, "gguf", {p for p in UNSLOTH if "gguf" in p or "imatrix" in p}),
        (
            SENTENCE_TRANSFORMER,
            "OpenVINO",
            {p for p in SENTENCE_TRANSFORMER if p.startswith("openvino/")}
            | {"2_Dense/pytorch_model.bin"},
        ),
    ],
)
def test_a_kind_is_kept_with_all_that_is_not_weights(
    listing: Mapping[str, int], weights: str, expected: set[str]
) -> None:
    assert kept(listing, weights) == expected | plain(listing)


@pytest.mark.parametrize("name", LISTINGS)
def test_all_is_all(name: str) -> None:
    assert kept(LISTINGS[name]) == kept(LISTINGS[name], "all") == set(LISTINGS[name])


def test_the_folder_of_onnx_comes_and_goes_with_its_config() -> None:
    onnx = {path for path in GPT2 if path.startswith("onnx/")}
    assert kept(GPT2, "onnx") >= onnx
    assert not kept(GPT2, "safetensors") & onnx


@pytest.mark.parametrize(
    ("listing", "quant", "expected"),
    [
        (THEBLOKE, "Q4_K_M", {"llama-2-70b.Q4_K_M.gguf"}),
        (THEBLOKE, "q4_0", {"llama-2-70b.Q4_0.gguf"}),
        (THEBLOKE, "Q6_K", {"llama-2-70b.Q6_K.gguf-split-a", "llama-2-70b.Q6_K.gguf-split-b"}),
        (UNSLOTH, "Q4_K_M", {"Qwen3-VL-30B-Q4_K_M.gguf", "mmproj-BF16.gguf"}),
        (UNSLOTH, "ud-q4_k_xl", {"Qwen3-VL-30B-UD-Q4_K_XL.gguf", "mmproj-BF16.gguf"}),
        (
            UNSLOTH,
            "BF16",
            {
                "BF16/Qwen3-VL-30B-BF16-00001-of-00002.gguf",
                "BF16/Qwen3-VL-30B-BF16-00002-of-00002.gguf",
                "mmproj-BF16.gguf",
            },
        ),
        (UNSLOTH, "Q4_0,mmproj-F16", {"Qwen3-VL-30B-Q4_0.gguf", "mmproj-F16.gguf"}),
        (UNSLOTH, "mmproj-f32", {"mmproj-F32.gguf"}),
        (
            UNSLOTH,
            "Q4_0,IQ4_NL",
            {"Qwen3-VL-30B-Q4_0.gguf", "Qwen3-VL-30B-IQ4_NL.gguf", "mmproj-BF16.gguf"},
        ),
        (
            BARTOWSKI,
            "Q4_K_M,imatrix",
            {
                "google_gemma-3-4b-it-Q4_K_M.gguf",
                "google_gemma-3-4b-it-imatrix.gguf",
                "mmproj-google_gemma-3-4b-it-bf16.gguf",
            },
        ),
        (MRADERMACHER, "Q4_K_M", {"Big.i1-Q4_K_M.gguf"}),
        (MRADERMACHER, "i1-q4_k_m", {"Big.i1-Q4_K_M.gguf"}),
        (MRADERMACHER, "Q6_K", {"Big.i1-Q6_K.gguf.part1of2", "Big.i1-Q6_K.gguf.part2of2"}),
        (MRADERMACHER, "big.i1-q6_k.gguf", {f"Big.i1-Q6_K.gguf.part{n}of2" for n in (1, 2)}),
        (
            UNSLOTH,
            "BF16/Qwen3-VL-30B-BF16-00001-of-00002.gguf",
            {
                "BF16/Qwen3-VL-30B-BF16-00001-of-00002.gguf",
                "BF16/Qwen3-VL-30B-BF16-00002-of-00002.gguf",
                "mmproj-BF16.gguf",
            },
        ),
    ],
)
def test_a_label_picks_its_files_whole(
    listing: Mapping[str, int], quant: str, expected: set[str]
) -> None:
    assert kept(listing, quant=quant) == expected | plain(listing)


def test_a_plain_label_comes_before_one_with_i1() -> None:
    listing = {"m.Q4_K_M.gguf": 1, "m.i1-Q4_K_M.gguf": 1}
    assert kept(listing, quant="Q4_K_M") == {"m.Q4_K_M.gguf"}
    assert kept(listing, quant="i1-Q4_K_M") == {"m.i1-Q4_K_M.gguf"}


def test_near_labels_are_told_and_never_taken() -> None:
    listing = {"m-Q4_K_M_L.gguf": 3_000_000_000, "m-UD-Q4_K_M.gguf": 2_000_000_000, "m-F16.gguf": 9}
    error = refused(listing, quant="Q4_K_M")
    assert error.exit_code == 2
    assert error.message == "the repo has no GGUF file Q4_K_M"
    assert error.hint == (
        "did you mean UD-Q4_K_M (2.0 GB), Q4_K_M_L (3.0 GB)? there also are F16 (9 B)"
    )
    assert "did you" not in translated(error.hint, lookup_of("zh_CN"))


def test_the_projector_is_the_one_llama_cpp_takes() -> None:
    # The nearest folder above the model, then the nearest bits, then the first.
    listing = {
        "a/model-Q8_0.gguf": 1,
        "a/mmproj-F16.gguf": 1,
        "a/mmproj-Q8_0.gguf": 1,
        "b/Q4_K_M/model-Q4_K_M.gguf": 1,
        "b/mmproj-model-f16.gguf": 1,
        "mmproj-Q4_0.gguf": 1,
        "c/mmproj-F32.gguf": 1,
        "c/model-Q2_K.gguf": 1,
        "ab/mmproj-Q8_0.gguf": 1,
    }
    for quant, projector in (
        ("Q8_0", "a/mmproj-Q8_0.gguf"),
        ("Q4_K_M", "b/mmproj-model-f16.gguf"),
        ("Q2_K", "c/mmproj-F32.gguf"),
    ):
        found = {path for path in kept(listing, quant=quant) if "mmproj" in path}
        assert found == {projector}


def test_draft_models_come_when_they_are_named() -> None:
    listing = {"m-Q4_K_M.gguf": 1, "mtp-m-Q4_K_M.gguf": 1}
    assert kept(listing, quant="Q4_K_M") == {"m-Q4_K_M.gguf"}
    assert kept(listing, quant="Q4_K_M,mtp-Q4_K_M") == set(listing)


def test_labels_leave_other_weights_out_unless_they_are_named() -> None:
    listing = {"config.json": 1, "m.safetensors": 1, "m-Q8_0.gguf": 1, "m-Q4_0.gguf": 1}
    assert kept(listing, quant="Q8_0") == {"config.json", "m-Q8_0.gguf"}
    both = {"config.json", "m.safetensors", "m-Q8_0.gguf"}
    assert kept(listing, "safetensors,gguf", "Q8_0") == both
    assert kept(listing, "all", "Q8_0") == both
    error = refused(listing, "safetensors", "Q8_0")
    assert error.message == "the repo has no Q8_0 among these weights"


def test_a_kind_that_is_not_there_lists_those_that_are() -> None:
    error = refused(WHISPER, "onnx")
    assert (error.exit_code, error.message) == (2, "the repo has no onnx weights")
    assert error.hint == "there are safetensors (9.3 GB), bin (9.3 GB), flax (3.0 GB)"
    assert refused(GPT2, "safetensor,gguf").message == "the repo has no gguf, safetensor weights"
    assert refused(DATASET, "safetensors").message == "the repo has no weights"
    narrowed = refused(GPT2, "gguf", narrowed=True)
    assert narrowed.message == "the files chosen by name or pattern contain no gguf weights"


def test_labels_where_there_is_no_gguf() -> None:
    error = refused(CHECKPOINTS, quant="Q4_K_M")
    assert error.message == "the repo has no GGUF files"
    assert error.hint == "there are safetensors (60.0 MB), training (120 MB)"
    assert "--revision" in refused(CHECKPOINTS, quant="main").hint
    assert "--revision" in refused(UNSLOTH, quant="v1.0").hint
    assert "--revision" not in refused(UNSLOTH, quant="Q3_K_M").hint
    unlabelled = refused({"stories.gguf": 1}, quant="Q4_0")
    assert "name the file" in unlabelled.hint
    assert kept({"stories.gguf": 1}, quant="stories.gguf") == {"stories.gguf"}


def test_a_list_of_labels_is_cut() -> None:
    listing = {f"m-Q{n}_K_{size}.gguf": n for n in range(1, 10) for size in ("XXS", "XS", "S", "M")}
    listing |= {f"m-IQ{n}_K_{size}.gguf": n for n in range(1, 10) for size in ("XS", "S", "M")}
    error = refused(listing, quant="F16")
    assert "and 23 more" in error.hint
    assert len(error.hint) < 1000


def test_safe_only_leaves_pickles_out() -> None:
    assert paths_of(without_pickles(files_of(LLAMA), files_of(LLAMA))) == {
        path for path in LLAMA if not path.endswith((".bin", ".pth"))
    }
    assert paths_of(without_pickles(files_of(GPT2), files_of(GPT2))) == set(GPT2) - {
        "pytorch_model.bin"
    }
    assert without_pickles([], []) == ()
    with pytest.raises(UsageError):
        without_pickles(files_of({"model.ckpt": 1}), files_of({"model.ckpt": 1}))


def told(
    listing: Mapping[str, int],
    weights: str = "",
    *,
    safe_only: bool = False,
    within: str = "",
) -> list[str]:
    files, choice = files_of(listing), Choice(split_words(weights))
    narrowed: Sequence[RemoteFile] = [file for file in files if file.path.startswith(within)]
    if safe_only:
        narrowed = without_pickles(narrowed, files)
    return remarks(files, narrowed, choice, safe_only=safe_only)


def test_pickles_are_worth_a_line_where_safetensors_are_there_too() -> None:
    line = "can run code when loaded; --weights safetensors avoids that"
    assert told(GPT2) == [f"1 file {line}"]
    assert told(LLAMA) == [f"3 files {line}"]
    assert told(CHECKPOINTS) == [f"5 files {line}"]
    assert told(LLAMA, "safetensors") == []
    assert "can run code" not in " ".join(told(LLAMA, "bin"))
    assert told({"pytorch_model.bin": 1, "config.json": 1}) == []
    assert told(THEBLOKE) == told(DATASET) == []


def test_safe_only_says_what_it_leaves_out() -> None:
    assert told(LLAMA, safe_only=True) == [
        "3 files of the repo can run code when loaded: left out by --safe-only"
    ]
    assert told({"pytorch_model.bin": 1, "config.json": 1}, safe_only=True) == [
        "1 file of the repo can run code when loaded: left out by --safe-only; no weights remain"
    ]
    assert told(THEBLOKE, safe_only=True) == []


def test_parts_that_come_in_another_kind_are_named() -> None:
    line = "not there as safetensors, so they come as they are"
    pickle = "1 file can run code when loaded; no safetensors file has the same weights"
    assert told(DIFFUSERS, "safetensors")[2:] == [
        f"{line}: safety_checker/pytorch_model.bin (1.2 GB)",
        pickle,
    ]
    assert told(SENTENCE_TRANSFORMER, "safetensors") == [
        f"{line}: 2_Dense/pytorch_model.bin (1.6 MB)",
        pickle,
    ]
    assert told(SENTENCE_TRANSFORMER, "bin") == []
    assert told(LLAMA, "safetensors") == []
    # A part that was not asked for is no loss.
    assert told(DIFFUSERS, "safetensors", within="vae/") == []


def test_a_second_precision_or_layout_is_left_out_with_a_word() -> None:
    ways = "the same weights in another precision or layout; --all-variants brings them"
    assert told(WHISPER, "safetensors") == [
        "left out: model.fp32-00001-of-00002.safetensors, model.fp32-00002-of-00002.safetensors, "
        f"model.safetensors.index.fp32.json (6.2 GB), {ways}"
    ]
    assert told(LLAMA, "bin") == [f"left out: original/consolidated.00.pth (13.5 GB), {ways}"]
    every = Choice(("safetensors",), all_variants=True)
    assert {path for path in WHISPER if "safetensors" in path} <= paths_of(
        choose(files_of(WHISPER), every)
    )


def test_several_precisions_are_told_where_the_program_chooses() -> None:
    listing = {
        "config.json": 1,
        "onnx/config.json": 1,
        "onnx/decoder_model_merged.onnx": 8,
        "onnx/decoder_model_merged_q4.onnx": 2,
        "onnx/encoder_model.onnx": 8,
        "onnx/encoder_model_fp16.onnx": 4,
        "onnx/encoder_model_q4.onnx": 2,
        "onnx/encoder_model_q4f16.onnx": 1,
    }
    line = "onnx comes in 4 precisions, and a program loads one; --quant fp16 fetches one"
    assert told(listing, "onnx") == [line]
    assert kept(listing, "onnx", "q4") == {
        "config.json",
        "onnx/config.json",
        "onnx/decoder_model_merged_q4.onnx",
        "onnx/encoder_model_q4.onnx",
    }
    # A part without that precision comes as it is.
    assert kept(listing, "onnx", "fp16") == {path for path in listing if "encoder" not in path} | {
        "onnx/encoder_model_fp16.onnx"
    }
    assert told(BERT, "onnx") == []


def test_words_come_apart_at_commas() -> None:
    assert split_words(None) == split_words("") == split_words([" , "]) == ()
    assert split_words("a") == ("a",)
    assert split_words(["a,b", " c ", "a"]) == ("a", "b", "c")


@settings(max_examples=150)
@given(st.lists(PATHS, unique=True, max_size=30))
def test_kinds_add_up_to_all_and_nothing_else_is_dropped(paths: list[str]) -> None:
    files = [RemoteFile(path, 1, "") for path in paths]
    found = groups(files)
    others = {f.path for g in found if not g.is_weights for f in g.files}
    together = set(others)
    for kind in {group.kind for group in found if group.is_weights}:
        part = choose(files, Choice((kind,), all_variants=True))
        assert [file for file in files if file in part] == list(part)
        mine = {f.path for g in found if g.kind == kind for f in g.files}
        assert paths_of(part) >= others | mine
        together |= mine
    assert together == set(paths)


@settings(max_examples=150)
@given(st.lists(PATHS, unique=True, max_size=30))
def test_every_label_that_is_shown_can_be_chosen(paths: list[str]) -> None:
    files = [RemoteFile(path, 1, "") for path in paths]
    found = groups(files)
    for group in found:
        if group.kind == "gguf" and group.quant:
            part = paths_of(choose(files, Choice((), (group.quant,), all_variants=True)))
            assert part >= paths_of(group.files)
            extra = part - paths_of(group.files)
            assert all(
                g.quant.startswith("mmproj") or g.kind != "gguf"
                for g in found
                for f in g.files
                if f.path in extra
            )
