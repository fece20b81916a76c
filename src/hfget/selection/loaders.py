"""What loads a kind of weights: the programs that people use for it, by their own names."""

from __future__ import annotations

from hfget.selection import kinds

_LOADERS = {
    kinds.SAFETENSORS: "transformers, diffusers, vLLM",
    kinds.BIN: "transformers, PyTorch",
    kinds.GGUF: "llama.cpp, Ollama, LM Studio",
    kinds.ONNX: "ONNX Runtime, optimum",
    kinds.TENSORFLOW: "TensorFlow, Keras",
    kinds.FLAX: "Flax, JAX",
    kinds.OPENVINO: "OpenVINO",
    kinds.COREML: "Core ML",
    kinds.TFLITE: "LiteRT",
    kinds.RUST: "rust-bert",
    kinds.GGML: "whisper.cpp",
    kinds.MLC: "MLC LLM",
    kinds.MNN: "MNN",
    kinds.NEMO: "NVIDIA NeMo",
    kinds.PADDLE: "PaddlePaddle",
    kinds.EXECUTORCH: "ExecuTorch",
    kinds.TENSORRT: "TensorRT",
    kinds.NPZ: "MLX",
    kinds.LLAMAFILE: "llamafile",
    kinds.METAL: "gpt-oss (Metal)",
    kinds.NCNN: "ncnn",
}


def loaders_of(kind: str) -> str:
    """Names of programs, the usual one first; empty where none loads it as a model."""
    return _LOADERS.get(kind, "")
