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
from deploy.training.refit import refit as refit_head

CLOSENESS = 0.02  # how much leaving the trained head costs
SHORT = 70  # characters; a longer question often tells a story of its own


def refit(folder: Path, lines: Sequence[data.Labelled], questions: Sequence[str]) -> None:
    """Replace the nudge head of the model in `folder`."""
    general = [question for question in questions if len(question) < SHORT]
    vectors = torch.tensor(OnnxEncoder(folder).vectors([*(line.read for line in lines), *general]))
    wanted = torch.tensor([*(float(line.nudge) for line in lines), *(0.0 for _ in general)])
    with np.load(folder / "heads.npz") as file:
        trained = torch.tensor(file["nudge_w"])

    def loss(weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        fit = functional.binary_cross_entropy_with_logits((vectors @ weight.T + bias).squeeze(-1), wanted)
        return fit + CLOSENESS * (weight - trained).square().sum()

    refit_head(folder, "nudge", loss)
