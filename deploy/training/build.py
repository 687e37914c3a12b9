"""Everything that makes the shipped model, in order; `make model` runs it.

    python -m deploy.training.build

First a model that never heard some voices, which gives the thresholds; then the one that is shipped, which heard all;
last the vectors of the knowledge base's phrasings.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from core.encoder import OnnxEncoder
from core.heads import Heads
from core.kb.load import load
from core.kb.schema import KnowledgeBase
from core.qa.index import write_index
from core.text import plain
from deploy.training import calibrate, data, gate, nudge
from deploy.training.train import ROOT, train

SHIPPED = ROOT / "core" / "models" / "shipped"
EXAMPLES = ROOT / "policy_kb" / "examples"
HELD_OUT_VOICES = frozenset({"a-gord", "b-camille", "c-walter", "d-beth", "e-bea", "f-kit"})
EVERY = 4  # every fourth voice of the gate's examples, and every second of the stories, is held out too


def main() -> None:
    """Build into core/models/shipped, or the folder named as the only argument."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED
    base = load(ROOT / "policy_kb", today=datetime.now(UTC).date())
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder), held_out=held_out())
        finish(Path(folder), base, held_out())
        thresholds = choose(Path(folder), base)
    train(out, held_out=frozenset())
    finish(out, base, frozenset())
    calibrate.write(out, thresholds)


def held_out() -> frozenset[str]:
    """The voices that the model for choosing thresholds doesn't hear."""
    gate_voices = sorted({g.author for g in data.gated(EXAMPLES)})[::EVERY]
    story_voices = sorted({row["author"] for row in data.jsonl(EXAMPLES / "ask" / "messy.jsonl")})[::2]
    return HELD_OUT_VOICES | set(gate_voices) | set(story_voices)


def finish(folder: Path, base: KnowledgeBase, unheard: frozenset[str]) -> None:
    """What follows on training: two heads fitted once more, and the phrasings' vectors."""
    phrasings = [plain(text).text for entry in base.entries.values() for text in entry.phrasings]
    examples = [g for g in data.gated(EXAMPLES) if g.author not in unheard]
    some = phrasings[::5]
    texts, labels = [*(g.text for g in examples), *some], [*(g.label for g in examples), *(0 for _ in some)]
    gate.refit(folder, texts, labels, gate.told_as_stories(EXAMPLES, unheard))
    nudge.refit(folder, [line for line in data.labelled(EXAMPLES) if line.author not in unheard], phrasings[::12])
    write_index(OnnxEncoder(folder), phrasings)


def choose(folder: Path, base: KnowledgeBase) -> dict[str, dict[str, float]]:
    """Thresholds for a model, on the voices it hasn't heard."""
    encoder, heads, unheard = OnnxEncoder(folder), Heads(folder), held_out()
    questions = data.jsonl(EXAMPLES / "ask" / "calibration.jsonl")
    questions += [row for row in data.jsonl(EXAMPLES / "ask" / "messy.jsonl") if row["author"] in unheard]
    gates = [g for g in data.gated(EXAMPLES) if g.author in unheard]
    lines = [line for line in data.labelled(EXAMPLES) if line.author in unheard]
    thresholds = {
        "ask": calibrate.ask_thresholds(base, encoder, heads, questions, gates),
        "scan": calibrate.scan_thresholds(encoder, heads, lines),
    }
    print(thresholds, flush=True)
    return thresholds


if __name__ == "__main__":
    main()
