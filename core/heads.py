"""The small learned layers on top of the encoder, read from one file."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.encoder import Vectors
from core.errors import ModelError


class Heads:
    """Linear heads over encoder vectors; each method takes (n, dimensions) and gives probabilities."""

    def __init__(self, folder: Path) -> None:
        """Load `heads.npz`. Raises ModelError when it can't be read or lacks a head."""
        path = folder / "heads.npz"
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                self._weights: dict[str, Any] = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            raise ModelError(f"{path}: can't be read ({error}); restore the file") from error
        parts = [f"{head}_{part}" for head in ("gate", "nudge", "categories", "token") for part in "wb"]
        missing = [name for name in parts if name not in self._weights]
        if missing:
            raise ModelError(f"{path}: lacks {', '.join(missing)}; rebuild it with `make model`")

    def gate(self, vectors: Vectors) -> Vectors:
        """(n, 3): answered, out of scope, urgent."""
        return _softmax(self._logits("gate", vectors))

    def nudge(self, vectors: Vectors) -> Vectors:
        """(n,): that the message should be nudged."""
        return _sigmoid(self._logits("nudge", vectors)[:, 0])

    def categories(self, vectors: Vectors) -> Vectors:
        """(n, 9): each category, independently."""
        return _sigmoid(self._logits("categories", vectors))

    def token(self, states: Vectors) -> Vectors:
        """(tokens,): that each token is among the words that matter."""
        return _sigmoid(self._logits("token", states)[:, 0])

    def _logits(self, head: str, vectors: Vectors) -> Vectors:
        return np.asarray(vectors @ self._weights[f"{head}_w"].T + self._weights[f"{head}_b"], dtype=np.float32)


def _softmax(logits: Vectors) -> Vectors:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def _sigmoid(logits: Vectors) -> Vectors:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)
