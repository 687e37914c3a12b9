"""The small learned layers on top of the encoder, read from one file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.encoder import Encoding, Glance, Vectors
from core.errors import ModelError

HEADS = ("first", "gate", "nudge", "categories", "token")
_LOOKS = {"gate": "ask", "nudge": "scan", "categories": "scan", "first": "first"}  # where each head's attention is learnt


class Heads:
    """Linear heads over encodings; each gives probabilities.

    Most read two things: the mean of a text's tokens, and their mean as a learnt attention weighs them, so that one clause
    of a long message counts.
    """

    def __init__(self, folder: Path) -> None:
        """Load `heads.npz`. Raises ModelError when it can't be read or lacks a head."""
        path = folder / "heads.npz"
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                self._weights: dict[str, Any] = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, BadZipFile) as error:
            raise ModelError(f"{path}: can't be read ({error}); restore the file") from error
        parts = [f"{head}_{part}" for head in HEADS for part in "wb"] + [f"look_{look}" for look in set(_LOOKS.values())]
        missing = [name for name in sorted(parts) if name not in self._weights]
        if missing:
            raise ModelError(f"{path}: lacks {', '.join(missing)}; rebuild it with `make model`")

    def first(self, glance: Glance) -> float:
        """That a message might need a nudge, at a first glance."""
        states = glance.states[0]
        return float(_sigmoid(self._logits("first", self._looked("first", states.mean(0), states)[None]))[0, 0])

    def gate(self, encodings: Sequence[Encoding]) -> Vectors:
        """(n, 3): answered, out of scope, urgent."""
        return _softmax(self._logits("gate", self.read("gate", encodings)))

    def nudge(self, encodings: Sequence[Encoding]) -> Vectors:
        """(n,): that the message should be nudged."""
        return _sigmoid(self._logits("nudge", self.read("nudge", encodings)))[:, 0]

    def categories(self, encodings: Sequence[Encoding]) -> Vectors:
        """(n, 9): each category, independently."""
        return _sigmoid(self._logits("categories", self.read("categories", encodings)))

    def token(self, encoding: Encoding) -> Vectors:
        """(tokens,): that each token is among the words that matter."""
        return _sigmoid(self._logits("token", encoding.tokens))[:, 0]

    def read(self, head: str, encodings: Sequence[Encoding]) -> Vectors:
        """(n, 2 × dimensions): what a head sees of texts."""
        return np.stack([self._looked(_LOOKS[head], encoding.vector, encoding.tokens) for encoding in encodings])

    def _looked(self, look: str, mean: Vectors, states: Vectors) -> Vectors:
        attention = _softmax(states @ self._weights[f"look_{look}"])
        return np.concatenate([mean, attention @ states])

    def _logits(self, head: str, vectors: Vectors) -> Vectors:
        return np.asarray(vectors @ self._weights[f"{head}_w"].T + self._weights[f"{head}_b"], dtype=np.float32)


def _softmax(logits: Vectors) -> Vectors:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def _sigmoid(logits: Vectors) -> Vectors:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)
