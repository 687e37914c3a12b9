"""Everything that makes the shipped model, in order; `make model` runs it.

    python -m deploy.training.build

First a model that never saw some voices and phrasings, which gives the thresholds; then the one that is shipped,
which saw everything; last the vectors of the knowledge base's phrasings.
"""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from core.encoder import OnnxEncoder
from core.heads import Heads
from core.kb.load import load
from core.qa.index import write_index
from core.text import plain
from deploy.training import calibrate, data
from deploy.training.train import ROOT, train

SHIPPED = ROOT / "core" / "models" / "shipped"
HELD_OUT_VOICES = frozenset({"a-gord", "b-camille", "c-walter", "d-beth", "e-bea", "f-kit"})


def main() -> None:
    """Build into core/models/shipped, or the folder named as the only argument."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED
    base = load(ROOT / "policy_kb", today=datetime.now(UTC).date())
    examples = ROOT / "policy_kb" / "examples"
    gates = data.gated(examples)
    gate_voices = frozenset(sorted({g.author for g in gates})[::4])
    with tempfile.TemporaryDirectory() as folder:
        held_out = HELD_OUT_VOICES | gate_voices
        train(Path(folder), held_out=held_out)
        encoder, heads = OnnxEncoder(Path(folder)), Heads(Path(folder))
        unheard = [line for line in data.labelled(examples) if line.author in held_out]
        thresholds = {
            "ask": calibrate.ask_thresholds(
                base,
                encoder,
                heads,
                [row for path in sorted((examples / "ask").glob("*.jsonl")) for row in data.jsonl(path)],
                [g for g in gates if g.author in gate_voices],
            ),
            "scan": calibrate.scan_thresholds(encoder, heads, unheard),
        }
    print(thresholds, flush=True)
    train(out, held_out=frozenset())
    calibrate.write(out, thresholds)
    write_index(OnnxEncoder(out), [plain(text).text for entry in base.entries.values() for text in entry.phrasings])


if __name__ == "__main__":
    main()
