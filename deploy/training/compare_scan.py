"""The same held-out messages through simpler means, in one table for the model card.

python -m deploy.training.compare_scan
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.nn import functional

from bots import bench, bootstrap
from bots.evaluation import GoldenMessage, read_golden
from bots.settings import Settings
from core.cohort import default_cohort
from core.encoder import Readable
from core.scan.reading import File, reading
from core.text import plain
from deploy.training import data
from deploy.training.build import EXAMPLES, HELD_OUT_VOICES
from deploy.training.train import ROOT, Net, tokenise

DECAY = 1e-4


def main() -> None:
    """Print one row for each means."""
    messages = read_golden(ROOT / "tests" / "golden")[1]
    settings, cohort = Settings(), default_cohort()
    base = bootstrap.knowledge_base(settings)
    scanner = bootstrap.scanner(settings, base, bootstrap.encoder(settings))
    presidio = bench.stock_presidio(settings.spacy_model)
    print("| means | nudged | left alone | nudged at 4 % false alarms | at 10 % |\n|---|---|---|---|---|")
    _row("key words", messages, lambda m: float(bench.says_a_key_word(m.text)))
    _row("stock Presidio", messages, lambda m: max((r.score for r in presidio.analyze(m.text, "en")), default=0.0))
    bare = _bare_with_regression()
    _row("all-MiniLM-L6-v2 as it comes, logistic regression on the same messages", messages, lambda m: bare(_read(m)))
    _row(
        "shipped",
        messages,
        lambda m: max((f.score for f in scanner.scan(m.text, cohort, m.parent, _files(m))), default=0.0),
    )


def _row(name: str, messages: Sequence[GoldenMessage], score: Callable[[GoldenMessage], float]) -> None:
    scores, risky = np.array([score(m) for m in messages]), np.array([m.nudge for m in messages])
    cut = 0.5 if name.startswith("all-") else 1e-9
    shares = [(scores[risky] >= cut).mean(), (scores[~risky] < cut).mean()]
    graded = len(set(scores)) > len(scores) / 2
    at = [f"{(scores[risky] > np.quantile(scores[~risky], 1 - share)).mean():.3f}" if graded else "" for share in (0.04, 0.10)]
    print(f"| {name} | {shares[0]:.3f} | {shares[1]:.3f} | {' | '.join(at)} |", flush=True)


def _files(message: GoldenMessage) -> list[File]:
    return [File(file.name, file.mimetype) for file in message.files]


def _read(message: GoldenMessage) -> Readable:
    return reading(plain(message.text).text, plain(message.parent).text if message.parent else None, _files(message))


def _bare_with_regression() -> Callable[[Readable], float]:
    net = Net(1).eval()

    @torch.no_grad()
    def vectors(texts: Sequence[Readable]) -> torch.Tensor:
        batches = [texts[start : start + 64] for start in range(0, len(texts), 64)]
        return torch.cat([functional.normalize(net(*tokenise(batch)[:2]).pooled, dim=-1) for batch in batches])

    lines = sorted(
        (line for line in data.labelled(EXAMPLES) if line.author not in HELD_OUT_VOICES), key=lambda line: len(str(line.read))
    )
    known, wanted = vectors([line.read for line in lines]), torch.tensor([float(line.nudge) for line in lines])
    weight, bias = torch.zeros(known.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=300, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = functional.binary_cross_entropy_with_logits(known @ weight + bias, wanted) + DECAY * weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return lambda text: float(torch.sigmoid(vectors([text])[0] @ weight + bias))


if __name__ == "__main__":
    main()
