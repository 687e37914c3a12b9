"""Vectors of the knowledge base's phrasings: kept in a file beside the model, computed where that file is behind."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from core.encoder import OnnxEncoder, Vectors, normalised

INDEX = "phrasings.npz"


def phrasing_vectors(encoder: OnnxEncoder, texts: Sequence[str]) -> Vectors:
    """(texts, dimensions), normalised; only texts the kept file doesn't know go through the encoder."""
    known = _kept(encoder)
    vectors = np.zeros((len(texts), encoder.dimensions), dtype=np.float32)
    missing = []
    for row, text in enumerate(texts):
        vector = known.get(_key(text))
        if vector is None:
            missing.append(row)
        else:
            vectors[row] = vector
    if missing:
        vectors[missing] = encoder.vectors([texts[row] for row in missing])
    return normalised(vectors)


def write_index(encoder: OnnxEncoder, texts: Sequence[str]) -> Path:
    """Compute and keep the vectors of all texts, so that a start needs no encoding."""
    unique = list(dict.fromkeys(texts))
    path = encoder.folder / INDEX
    np.savez_compressed(
        path,
        encoder=np.array(_stamp(encoder)),
        keys=np.array([_key(text) for text in unique]),
        vectors=normalised(encoder.vectors(unique)).astype(np.float16),
    )
    return path


def _kept(encoder: OnnxEncoder) -> dict[str, Vectors]:
    try:
        with (encoder.folder / INDEX).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            if str(file["encoder"]) != _stamp(encoder):
                return {}
            return dict(zip(map(str, file["keys"]), file["vectors"].astype(np.float32), strict=True))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return {}  # behind or absent: everything is computed, only slower


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _stamp(encoder: OnnxEncoder) -> str:
    return encoder.manifest.weights
