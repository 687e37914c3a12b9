"""Fit the gate once more, on the finished encoder as the product runs it.

A phrasing is short and a story is long: questions told as stories teach the gate that a story alone is no alarm. Only the
gate's linear head changes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from core.encoder import OnnxEncoder
from deploy.training.export import sign

DECAY = 1e-3
WEIGHTS = torch.tensor([1.0, 4.0, 6.0])  # what is to be answered is many times more; missing somebody at risk costs most


def refit(folder: Path, texts: Sequence[str], labels: Sequence[int]) -> None:
    """Replace the gate head of the model in `folder`; labels are places in `data.GATE`."""
    encoder = OnnxEncoder(folder)
    vectors = torch.tensor(encoder.vectors(texts))
    wanted = torch.tensor(labels)
    each = WEIGHTS[wanted]
    with np.load(folder / "heads.npz") as file:
        heads = {name: file[name] for name in file.files}
    weight = torch.tensor(heads["gate_w"], requires_grad=True)
    bias = torch.tensor(heads["gate_b"], requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        losses = functional.cross_entropy(vectors @ weight.T + bias, wanted, reduction="none")
        loss = (losses * each).sum() / each.sum() + DECAY * weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    heads |= {"gate_w": weight.detach().numpy(), "gate_b": bias.detach().numpy()}
    np.savez(folder / "heads.npz", **heads)
    sign(folder)
