"""A model that is missing, altered or of the wrong kind is refused with words that say so."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bots import bootstrap
from core.encoder import MANIFEST, OnnxEncoder, normalised
from core.errors import ModelError
from core.heads import Heads
from core.qa.index import INDEX, phrasing_vectors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(bootstrap.ENCODER, tmp_path / "model"))


def edit_manifest(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / MANIFEST
        path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / MANIFEST).unlink(), "no usable manifest"),
        (lambda folder: (folder / MANIFEST).write_text("{", encoding="utf-8"), "no usable manifest"),
        (edit_manifest(sha256={}), "names not every file's hash"),
        (edit_manifest(thresholds={}), "not both thresholds"),
        (edit_manifest(surprise=1), "no usable manifest"),
        (lambda folder: (folder / "rest.onnx").write_bytes(b"x"), "rest.onnx: has sha256"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json: can't be read"),
    ],
)
def test_a_bad_model_is_refused(folder: Path, change: Callable[[Path], None], said: str) -> None:
    change(folder)
    with pytest.raises(ModelError, match=said):
        OnnxEncoder(folder)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_bad_heads_are_refused(folder: Path, content: bytes) -> None:
    (folder / "heads.npz").write_bytes(content)
    with pytest.raises(ModelError, match=r"heads\.npz: can't be read"):
        Heads(folder)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_a_broken_index_is_only_slower(folder: Path, content: bytes) -> None:
    encoder = OnnxEncoder(folder)
    (folder / INDEX).write_bytes(content)
    vectors = phrasing_vectors(encoder, ["can I follow a client?", "can I follow a client?"])
    assert np.allclose(vectors, normalised(encoder.vectors(["can I follow a client?"])), atol=1e-6)


def test_the_shipped_index_knows_the_shipped_phrasings(base) -> None:
    with np.load(bootstrap.ENCODER / INDEX) as index:
        assert len(index["keys"]) >= 0.95 * sum(len(entry.phrasings) for entry in base.entries.values()), "run `make index`"


def test_a_text_has_the_same_vector_in_any_company(folder: Path) -> None:
    encoder = OnnxEncoder(folder)
    alone = encoder.vectors(["can I follow a client?"])[0]
    together = encoder.vectors(["x" * 400, "can I follow a client?", "hi"])[1]
    assert np.array_equal(alone, together)
