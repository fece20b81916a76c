"""Listings in the shape of well-known public repos: path → size in bytes."""

from __future__ import annotations

from collections.abc import Mapping

from hfget.model import RemoteFile

kB, MB, GB = 1_000, 1_000_000, 1_000_000_000

TOKENIZER = {"tokenizer.json": 2 * MB, "tokenizer_config.json": kB, "vocab.json": MB}
BASICS = {".gitattributes": kB, "README.md": 8 * kB, "config.json": kB}

GPT2 = {
    **BASICS,
    **TOKENIZER,
    "64-8bits.tflite": 125 * MB,
    "64.tflite": 496 * MB,
    "flax_model.msgpack": 498 * MB,
    "generation_config.json": 124,
    "merges.txt": 456 * kB,
    "model.safetensors": 548 * MB,
    "onnx/config.json": 879,
    "onnx/decoder_model.onnx": 654 * MB,
    "onnx/decoder_with_past_model.onnx": 655 * MB,
    "onnx/tokenizer.json": 2 * MB,
    "pytorch_model.bin": 548 * MB,
    "rust_model.ot": 703 * MB,
    "tf_model.h5": 498 * MB,
}

BERT = {
    **BASICS,
    "LICENSE": 11 * kB,
    "coreml/fill-mask/float32_model.mlpackage/Data/com.apple.CoreML/model.mlmodel": 165 * kB,
    "coreml/fill-mask/float32_model.mlpackage/Data/com.apple.CoreML/weights/weight.bin": 532 * MB,
    "coreml/fill-mask/float32_model.mlpackage/Manifest.json": 617,
    "flax_model.msgpack": 438 * MB,
    "model.onnx": 532 * MB,
    "model.safetensors": 440 * MB,
    "pytorch_model.bin": 440 * MB,
    "rust_model.ot": 534 * MB,
    "tf_model.h5": 536 * MB,
    "tokenizer.json": 466 * kB,
    "tokenizer_config.json": 48,
    "vocab.txt": 232 * kB,
}

LLAMA = {
    **BASICS,
    "LICENSE.txt": 7 * kB,
    "generation_config.json": 188,
    "model-00001-of-00002.safetensors": 9_976 * MB,
    "model-00002-of-00002.safetensors": 3_500 * MB,
    "model.safetensors.index.json": 27 * kB,
    "original/consolidated.00.pth": 13_500 * MB,
    "original/params.json": 100,
    "original/tokenizer.model": 500 * kB,
    "pytorch_model-00001-of-00002.bin": 9_976 * MB,
    "pytorch_model-00002-of-00002.bin": 3_500 * MB,
    "pytorch_model.bin.index.json": 27 * kB,
    "tokenizer.model": 500 * kB,
}

DIFFUSERS = {
    "README.md": 14 * kB,
    "model_index.json": 541,
    "feature_extractor/preprocessor_config.json": 342,
    "safety_checker/config.json": 5 * kB,
    "safety_checker/pytorch_model.bin": 1_216 * MB,
    "scheduler/scheduler_config.json": 308,
    "text_encoder/config.json": 617,
    "text_encoder/model.fp16.safetensors": 246 * MB,
    "text_encoder/model.safetensors": 492 * MB,
    "text_encoder/pytorch_model.bin": 492 * MB,
    "tokenizer/merges.txt": 525 * kB,
    "tokenizer/vocab.json": MB,
    "unet/config.json": 743,
    "unet/diffusion_pytorch_model-00001-of-00002.safetensors": 2 * GB,
    "unet/diffusion_pytorch_model-00002-of-00002.safetensors": GB,
    "unet/diffusion_pytorch_model.bin": 3 * GB,
    "unet/diffusion_pytorch_model.fp16.safetensors": 1_720 * MB,
    "unet/diffusion_pytorch_model.safetensors.index.fp16.json": kB,
    "unet/diffusion_pytorch_model.safetensors.index.json": kB,
    "v1-5-pruned-emaonly.ckpt": 4_265 * MB,
    "v1-5-pruned-emaonly.safetensors": 4_265 * MB,
    "vae/config.json": 547,
    "vae/diffusion_pytorch_model.bin": 335 * MB,
    "vae/diffusion_pytorch_model.safetensors": 335 * MB,
}

#: One file a quantisation, split by hand where it is larger than 50 GB.
THEBLOKE = {
    **BASICS,
    "llama-2-70b.Q2_K.gguf": 29 * GB,
    "llama-2-70b.Q4_0.gguf": 39 * GB,
    "llama-2-70b.Q4_K_M.gguf": 41 * GB,
    "llama-2-70b.Q4_K_S.gguf": 39 * GB,
    "llama-2-70b.Q6_K.gguf-split-a": 30 * GB,
    "llama-2-70b.Q6_K.gguf-split-b": 27 * GB,
}

#: Folders of shards, dynamic quantisations beside plain ones, projectors in three precisions.
UNSLOTH = {
    **BASICS,
    "BF16/Qwen3-VL-30B-BF16-00001-of-00002.gguf": 49 * GB,
    "BF16/Qwen3-VL-30B-BF16-00002-of-00002.gguf": 12 * GB,
    "Qwen3-VL-30B-IQ4_NL.gguf": 17 * GB,
    "Qwen3-VL-30B-Q4_0.gguf": 17 * GB,
    "Qwen3-VL-30B-Q4_K_M.gguf": 18 * GB,
    "Qwen3-VL-30B-UD-IQ2_XXS.gguf": 10 * GB,
    "Qwen3-VL-30B-UD-Q4_K_XL.gguf": 18 * GB,
    "imatrix_unsloth.dat": 90 * MB,
    "imatrix_unsloth.gguf_file": 90 * MB,
    "mmproj-BF16.gguf": 1_100 * MB,
    "mmproj-F16.gguf": 1_100 * MB,
    "mmproj-F32.gguf": 2_200 * MB,
}

BARTOWSKI = {
    ".gitattributes": 3 * kB,
    "README.md": 17 * kB,
    "google_gemma-3-4b-it-IQ4_XS.gguf": 2_263 * MB,
    "google_gemma-3-4b-it-Q4_K_L.gguf": 2_650 * MB,
    "google_gemma-3-4b-it-Q4_K_M.gguf": 2_490 * MB,
    "google_gemma-3-4b-it-Q8_0.gguf": 4_130 * MB,
    "google_gemma-3-4b-it-bf16.gguf": 7_770 * MB,
    "google_gemma-3-4b-it-imatrix.gguf": 3 * MB,
    "mmproj-google_gemma-3-4b-it-bf16.gguf": 851 * MB,
    "mmproj-google_gemma-3-4b-it-f16.gguf": 851 * MB,
}

MRADERMACHER = {
    "README.md": 5 * kB,
    "Big.i1-IQ2_XXS.gguf": 13 * GB,
    "Big.i1-Q4_K_M.gguf": 42 * GB,
    "Big.i1-Q6_K.gguf.part1of2": 30 * GB,
    "Big.i1-Q6_K.gguf.part2of2": 29 * GB,
    "imatrix.dat": 25 * MB,
}

SENTENCE_TRANSFORMER = {
    **BASICS,
    "1_Pooling/config.json": 190,
    "2_Dense/config.json": 114,
    "2_Dense/pytorch_model.bin": 1_575 * kB,
    "config_sentence_transformers.json": 116,
    "model.safetensors": 90 * MB,
    "modules.json": 349,
    "onnx/model.onnx": 90 * MB,
    "onnx/model_O1.onnx": 90 * MB,
    "onnx/model_qint8_arm64.onnx": 23 * MB,
    "openvino/openvino_model.bin": 90 * MB,
    "openvino/openvino_model.xml": 211 * kB,
    "openvino/openvino_model_qint8_quantized.bin": 22 * MB,
    "openvino/openvino_model_qint8_quantized.xml": 368 * kB,
    "pytorch_model.bin": 90 * MB,
    "rust_model.ot": 90 * MB,
    "sentence_bert_config.json": 53,
    "tf_model.h5": 91 * MB,
    "tokenizer.json": 466 * kB,
    "train_script.py": 13 * kB,
    "vocab.txt": 231 * kB,
}

WHISPER = {
    **BASICS,
    **TOKENIZER,
    "flax_model.msgpack": 3 * GB,
    "generation_config.json": 4 * kB,
    "model.fp32-00001-of-00002.safetensors": 4_993 * MB,
    "model.fp32-00002-of-00002.safetensors": 1_180 * MB,
    "model.safetensors": 3_087 * MB,
    "model.safetensors.index.fp32.json": 117 * kB,
    "preprocessor_config.json": 340,
    "pytorch_model.bin": 3_087 * MB,
    "pytorch_model.bin.index.fp32.json": 118 * kB,
    "pytorch_model.fp32-00001-of-00002.bin": 4_994 * MB,
    "pytorch_model.fp32-00002-of-00002.bin": 1_180 * MB,
}

#: A fine-tuned adapter with the state of its training.
CHECKPOINTS = {
    **BASICS,
    **TOKENIZER,
    "adapter_config.json": 700,
    "adapter_model.safetensors": 30 * MB,
    "checkpoint-500/adapter_config.json": 700,
    "checkpoint-500/adapter_model.safetensors": 30 * MB,
    "checkpoint-500/global_step500/mp_rank_00_model_states.pt": 60 * MB,
    "checkpoint-500/optimizer.pt": 60 * MB,
    "checkpoint-500/rng_state.pth": 14 * kB,
    "checkpoint-500/scheduler.pt": kB,
    "checkpoint-500/trainer_state.json": 9 * kB,
    "training_args.bin": 5 * kB,
}

DATASET = {
    ".gitattributes": 2 * kB,
    "README.md": 30 * kB,
    "data/test-00000-of-00001.parquet": 40 * MB,
    "data/train-00000-of-00002.parquet": 300 * MB,
    "data/train-00001-of-00002.parquet": 300 * MB,
    "train.csv": 5 * MB,
}

LISTINGS: Mapping[str, Mapping[str, int]] = {
    "gpt2": GPT2,
    "bert": BERT,
    "llama": LLAMA,
    "diffusers": DIFFUSERS,
    "thebloke": THEBLOKE,
    "unsloth": UNSLOTH,
    "bartowski": BARTOWSKI,
    "mradermacher": MRADERMACHER,
    "sentence transformer": SENTENCE_TRANSFORMER,
    "whisper": WHISPER,
    "checkpoints": CHECKPOINTS,
    "dataset": DATASET,
}


def files_of(listing: Mapping[str, int]) -> list[RemoteFile]:
    """The listing in the Hub's order: by path."""
    return [RemoteFile(path, size, "0" * 40) for path, size in sorted(listing.items())]


def paths_of(files: tuple[RemoteFile, ...] | list[RemoteFile]) -> set[str]:
    return {file.path for file in files}
