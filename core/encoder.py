"""The sentence encoder: int8 ONNX in two parts, run without PyTorch, on one thread, the same on every run.

Its first layers are a model of their own: most chat needs no more than a glance at what they see.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, model_validator
from tokenizers import Tokenizer

from core.errors import ModelError

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # else onnxruntime reports to its makers, from the moment it is imported
import onnxruntime

Vectors = npt.NDArray[np.float32]
Readable = str | tuple[str, str]  # a text, or a text with what it answers
FileName = Literal["first.onnx", "rest.onnx", "tokenizer.json", "heads.npz"]
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Glance:
    """One text through the first layers."""

    states: Vectors  # (1, tokens, dimensions)
    spans: tuple[tuple[int, int], ...]  # of each token, in characters of the first part; (0, 0) for all others


@dataclass(frozen=True, slots=True)
class Encoding:
    """One text through the encoder."""

    vector: Vectors  # (dimensions,), the mean of its tokens, not normalised
    tokens: Vectors  # (tokens, dimensions)
    spans: tuple[tuple[int, int], ...]  # as a Glance's


class Manifest(BaseModel):
    """What stands beside a model: its shape, the hashes of its files, and the thresholds chosen for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    dimensions: int
    max_tokens: int
    base: dict[str, str]
    thresholds: dict[Literal["ask", "scan"], dict[str, float]]
    sha256: dict[FileName, str]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if set(self.sha256) != set(get_args(FileName)) or set(self.thresholds) != {"ask", "scan"}:
            raise ValueError("names not every file's hash, or not both thresholds")
        return self

    @property
    def weights(self) -> str:
        """What names the encoder: two models with the same weights give the same vectors."""
        return f"{self.sha256['first.onnx']}{self.sha256['rest.onnx']}"


class OnnxEncoder:
    """The encoder from a folder with a manifest, the model and its tokenizer."""

    def __init__(self, folder: Path) -> None:
        """Load and verify. Raises ModelError naming the file that is missing, altered or of the wrong kind."""
        self.folder = folder
        self.manifest = verified_manifest(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._first, self._rest = (
                onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
                for name in ("first.onnx", "rest.onnx")
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise ModelError(f"{folder}: the encoder can't be loaded: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.manifest.max_tokens, direction="left")
        self.dimensions = self.manifest.dimensions

    def vectors(self, texts: Sequence[Readable]) -> Vectors:
        """(texts, dimensions), not normalised. Each text runs alone: in a batch, int8 scales would depend on the others."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            out[row] = self.encode(text).vector
        return out

    def encode(self, text: Readable) -> Encoding:
        """One text with its tokens; of a text beyond the manifest's `max_tokens`, the end is read."""
        return self.finish(self.glance(text))

    def glance(self, text: Readable) -> Glance:
        """What the first layers make of a text."""
        (encoding,) = self._tokenizer.encode_batch([text])
        (states,) = self._first.run(["states"], {"input_ids": np.array([encoding.ids], dtype=np.int64)})
        spans = tuple(span if part == 0 else (0, 0) for span, part in zip(encoding.offsets, encoding.sequence_ids, strict=True))
        return Glance(states, spans)

    def finish(self, glance: Glance) -> Encoding:
        """The same text through the other layers."""
        pooled, states = self._rest.run(["pooled", "tokens"], {"states": glance.states})
        return Encoding(pooled[0], states[0], glance.spans)


def verified_manifest(folder: Path) -> Manifest:
    """The manifest of a model folder, once every file has the hash it says. Raises ModelError."""
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: no usable manifest ({error}); restore the folder or point PRACTICUM_BOT_ENCODER elsewhere"
        ) from error
    for name, expected in manifest.sha256.items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise ModelError(f"{folder / name}: can't be read ({error.strerror}); restore the file") from error
        if found != expected:
            raise ModelError(f"{folder / name}: has sha256 {found}, the manifest says {expected}; restore the file")
    return manifest


def normalised(vectors: Vectors) -> Vectors:
    """Rows of length one; a row of zeros stays as it is."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-9), dtype=np.float32)
