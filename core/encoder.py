"""The sentence encoder: int8 ONNX, run without PyTorch, on one thread, the same on every run."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from core.errors import ModelError

Vectors = npt.NDArray[np.float32]
Readable = str | tuple[str, str]  # a text, or a text with what it answers
MANIFEST = "manifest.json"
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Encoding:
    """One text through the encoder."""

    vector: Vectors  # (dimensions,), not normalised
    tokens: Vectors  # (tokens, dimensions)
    spans: tuple[tuple[int, int], ...]  # of each token, in characters of the first part; (0, 0) for all others


class Encoder(Protocol):
    """Turns texts into vectors."""

    def vectors(self, texts: Sequence[Readable]) -> Vectors:
        """(texts, dimensions), not normalised; longer texts are cut at `max_tokens`."""
        ...

    def encode(self, text: Readable) -> Encoding:
        """One text with its tokens, for what points at words."""
        ...


class OnnxEncoder:
    """An Encoder from a folder with a manifest, the model and its tokenizer."""

    def __init__(self, folder: Path) -> None:
        """Load and verify. Raises ModelError naming the file that is missing, altered or of the wrong kind."""
        self.folder = folder
        self.manifest = verified_manifest(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / "encoder.onnx"), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise ModelError(f"{folder}: the encoder can't be loaded: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(int(self.manifest["max_tokens"]))
        self.dimensions = int(self.manifest["dimensions"])
        self.thresholds: Mapping[str, Mapping[str, float]] = self.manifest["thresholds"]

    def vectors(self, texts: Sequence[Readable]) -> Vectors:
        """(texts, dimensions), not normalised; longer texts are cut at the manifest's `max_tokens`."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        encodings = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda index: len(encodings[index].ids))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            out[chosen] = self._run([encodings[index].ids for index in chosen])[0]
        return out

    def encode(self, text: Readable) -> Encoding:
        """One text with its tokens."""
        (encoding,) = self._tokenizer.encode_batch([text])
        pooled, states = self._run([encoding.ids])
        spans = tuple(span if part == 0 else (0, 0) for span, part in zip(encoding.offsets, encoding.sequence_ids, strict=True))
        return Encoding(pooled[0], states[0], spans)

    def _run(self, rows: Sequence[Sequence[int]]) -> tuple[Vectors, Vectors]:
        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for index, row in enumerate(rows):
            ids[index, : len(row)] = row
            mask[index, : len(row)] = 1
        pooled, states = self._session.run(["pooled", "states"], {"input_ids": ids, "attention_mask": mask})
        return pooled, states


def verified_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a model folder, once every file it names has the hash it says. Raises ModelError."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        hashes = dict(manifest["sha256"])
        dict(manifest["thresholds"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path}: no usable manifest ({error}); restore the folder or point PRACTICUM_BOT_ENCODER elsewhere"
        ) from error
    for name, expected in hashes.items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise ModelError(f"{folder / name}: can't be read ({error.strerror}); restore the file") from error
        if found != expected:
            raise ModelError(f"{folder / name}: has sha256 {found}, the manifest says {expected}; restore the file")
    return dict(manifest)


def normalised(vectors: Vectors) -> Vectors:
    """Rows of length one; a row of zeros stays as it is."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-9), dtype=np.float32)
