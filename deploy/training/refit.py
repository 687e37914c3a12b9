"""Fit one linear head once more, on the finished encoder as the product runs it; nothing else of the model changes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from deploy.training.export import sign


def refit(folder: Path, head: str, loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> None:
    """Replace a head of the model in `folder` by the one with the least `loss` of weight and bias, starting where it is."""
    with np.load(folder / "heads.npz") as file:
        heads = {name: file[name] for name in file.files}
    parts = [torch.tensor(heads[f"{head}_{part}"], requires_grad=True) for part in "wb"]
    optimiser = torch.optim.LBFGS(parts, max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(*parts)
        value.backward()
        return value

    optimiser.step(closure)
    heads |= {f"{head}_{part}": value.detach().numpy() for part, value in zip("wb", parts, strict=True)}
    np.savez(folder / "heads.npz", **heads)
    sign(folder)
