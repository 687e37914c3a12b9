"""Fit the gate once more, on the finished encoder and on questions it never learned from.

While the encoder learns, long stories are mostly urgent ones; questions told as stories, which no phrasing is, teach the
gate that a story alone is no alarm. Only the gate's linear head changes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from core.encoder import OnnxEncoder
from deploy.training import data
from deploy.training.export import sign

DECAY = 3e-4
WEIGHTS = torch.tensor([1.0, 1.0, 1.5])  # missing somebody at risk costs most


def refit(folder: Path, texts: Sequence[str], labels: Sequence[int], told: Sequence[str]) -> None:
    """Replace the gate head of the model in `folder`; `told` are in-scope questions told as stories."""
    encoder = OnnxEncoder(folder)
    vectors = torch.tensor(encoder.vectors([*texts, *told]))
    wanted = torch.tensor([*labels, *[0] * len(told)])
    each = WEIGHTS[wanted]
    each[len(texts) :] *= max(1.0, 0.25 * len(texts) / max(len(told), 1))  # few, and the only ones of their kind
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


def told_as_stories(examples: Path, held_out: frozenset[str]) -> list[str]:
    """In-scope questions told as stories, but for the voices held out."""
    return [row["text"] for row in data.jsonl(examples / "ask" / "messy.jsonl") if row["author"] not in held_out]
