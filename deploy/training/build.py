"""Everything that makes the shipped model, in order; `make model` runs it.

    python -m deploy.training.build

The model is trained without some voices, which then give its thresholds: what is shipped is what was measured. Last come
the vectors of the knowledge base's phrasings.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from core.encoder import OnnxEncoder
from core.heads import Heads
from core.kb.load import load
from core.kb.schema import KnowledgeBase
from core.qa.ask import Asker
from core.qa.ask import Thresholds as AskThresholds
from core.qa.index import write_index
from core.text import plain
from deploy.training import calibrate, data, gate
from deploy.training.train import ROOT, train

SHIPPED = ROOT / "core" / "models" / "shipped"
EXAMPLES = ROOT / "policy_kb" / "examples"
# One voice of every few writers; no model hears them.
HELD_OUT_VOICES = frozenset(
    "a-gord b-camille c-walter d-beth e-bea f-kit g-pax h-thuy i-mae p-blake q-gus s-hamish t-leilani v-jamila w-tova "
    "x-brodie x-lamar y-anders y-jerome za-hoang zb-consuelo zc-tanvi zd-teodor ze-hanadi zf-efua "
    "zg-gulnara zh-elke zi-bolu zj-cuong zk-florin "  # messages
    "g-bree g-rob oc-dee oc-jun ub-colt ub-nasrin ga-lowell gd-halona "  # questions sorted by what to do with them
    "sb-oscar sd-cal sf-quill si-dag sk-otto tb-min va-kofi vb-stavros ta-dina tw-tuyet tc-yosef td-fatima "  # stories
    "ma-lena mb-lev mc-jody ia-solveig ib-tormod ic-minwoo oa-hiroko ob-hank oe-esi od-enzo "
    "fu-nat fv-june".split()  # follow-ups
)


def main() -> None:
    """Build into core/models/shipped, or the folder named as the only argument."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED
    base = load(ROOT / "policy_kb", today=datetime.now(UTC).date())
    train(out, held_out=HELD_OUT_VOICES)
    finish(out, base)
    calibrate.write(out, choose(out, base))


def finish(folder: Path, base: KnowledgeBase) -> None:
    """What follows on training: the gate fitted once more, and the phrasings' vectors."""
    phrasings = [plain(text).text for entry in base.entries.values() for text in entry.phrasings]
    examples = [g for g in data.gated(EXAMPLES) if g.author not in HELD_OUT_VOICES]
    settled = [*(s.text for s in data.stories(base, EXAMPLES) if s.author not in HELD_OUT_VOICES), *phrasings[::5]]
    gate.refit(folder, [*(g.text for g in examples), *settled], [*(g.label for g in examples), *[0] * len(settled)])
    write_index(OnnxEncoder(folder), phrasings)


def choose(folder: Path, base: KnowledgeBase) -> dict[str, dict[str, float]]:
    """Thresholds for a model, on the voices it hasn't heard."""
    encoder, heads = OnnxEncoder(folder), Heads(folder)
    entries = [base.entries[name] for name in sorted(base.entries)]
    questions = [*data.jsonl(EXAMPLES / "ask" / "calibration.jsonl"), *data.jsonl(EXAMPLES / "ask" / "messy.jsonl")]
    questions += [
        {"text": s.text, "verdicts": [entries[s.entry].verdict], "citations": entries[s.entry].citations[:3]}
        for s in data.stories(base, EXAMPLES)
        if s.author in HELD_OUT_VOICES
    ]
    gates = [g for g in data.gated(EXAMPLES) if g.author in HELD_OUT_VOICES]
    lines = [line for line in data.labelled(EXAMPLES) if line.author in HELD_OUT_VOICES]
    asker = Asker(base, encoder, heads, AskThresholds())
    thresholds = {
        "ask": calibrate.ask_thresholds(asker, encoder, heads, questions, gates),
        "scan": calibrate.scan_thresholds(encoder, heads, lines),
    }
    print(thresholds, flush=True)
    return thresholds


if __name__ == "__main__":
    main()
