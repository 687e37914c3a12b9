"""Fit the nudge head once more, with policy questions among the innocent lines: asking about a rule discloses nothing.

The head stays close to the one that was trained with the encoder.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from core.encoder import OnnxEncoder
from deploy.training import data
from deploy.training.export import sign

CLOSENESS = 0.02  # how much leaving the trained head costs
SHORT = 70  # characters; a longer question often tells a story of its own


def refit(folder: Path, lines: Sequence[data.Labelled], questions: Sequence[str]) -> None:
    """Replace the nudge head of the model in `folder`."""
    encoder = OnnxEncoder(folder)
    general = [question for question in questions if len(question) < SHORT]
    vectors = torch.tensor(encoder.vectors([*(line.read for line in lines), *general]))
    wanted = torch.tensor([*(float(line.nudge) for line in lines), *(0.0 for _ in general)])
    with np.load(folder / "heads.npz") as file:
        heads = {name: file[name] for name in file.files}
    trained = torch.tensor(heads["nudge_w"])
    weight = trained.clone().requires_grad_()
    bias = torch.tensor(heads["nudge_b"], requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        fit = functional.binary_cross_entropy_with_logits((vectors @ weight.T + bias).squeeze(-1), wanted)
        loss = fit + CLOSENESS * (weight - trained).square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    heads |= {"nudge_w": weight.detach().numpy(), "nudge_b": bias.detach().numpy()}
    np.savez(folder / "heads.npz", **heads)
    sign(folder)
