"""Choose thresholds on lines the model has not seen, by voices it has not heard."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.cohort import default_cohort
from core.encoder import MANIFEST, OnnxEncoder
from core.heads import Heads
from core.qa.ask import Asker
from core.qa.ask import Thresholds as AskThresholds
from core.vocabulary import Outcome, Verdict
from deploy.training import data

FALSE_ALARMS = 0.07  # of innocent look-alikes by unheard voices, at most; ordinary chat is far from them
FIRST_MISSES = 0.002  # of what should be nudged, let go at the first glance, at most
CLARIFYING = 0.08  # of questions answered with a question, at most
HARM = 3.0  # right answers that avoiding one wrong `yes` or `no` is worth
WRONG_REFUSALS = 0.03  # of good questions, at most
URGENT_ALARMS = 0.04  # of questions where nobody is at risk, at most; missing somebody at risk costs more


def scan_thresholds(encoder: OnnxEncoder, heads: Heads, lines: Sequence[data.Labelled]) -> dict[str, float]:
    """The lowest nudge threshold within FALSE_ALARMS, the first glance's, and the category threshold with the most exact sets."""
    glances = [encoder.glance(line.read) for line in lines]
    encodings = [encoder.finish(glance) for glance in glances]
    likelihood = heads.nudge(encodings)
    risky = np.array([line.nudge for line in lines])
    innocent = np.sort(likelihood[~risky])[::-1]
    nudge = float(innocent[int(len(innocent) * FALSE_ALARMS)]) + 1e-4
    recall = float((likelihood[risky] >= nudge).mean())
    print(f"scan: {len(lines)} lines, threshold {nudge:.3f}: recall {recall:.3f} at {FALSE_ALARMS:.0%} false alarms")
    at_first = np.array([heads.first(glance) for glance in glances])
    first = float(np.quantile(at_first[risky & (likelihood >= nudge)], FIRST_MISSES))
    print(f"scan: first glance at {first:.3f} lets {(at_first[~risky] < first).mean():.3f} of the innocent go")
    categories = heads.categories(encodings)
    best = (0.0, 0.5)
    for cut in np.arange(0.2, 0.9, 0.05):
        good = 0
        for line, row in zip(lines, categories, strict=True):
            if line.nudge:
                named = {int(row.argmax())} | {i for i, value in enumerate(row) if value >= cut}
                good += named <= set(line.categories)
        best = max(best, (good / risky.sum(), float(cut)))
    print(f"scan: category threshold {best[1]:.2f}, none beyond the accepted in {best[0]:.3f}")
    return {"first": round(first, 4), "nudge": round(nudge, 4), "category": round(best[1], 2)}


def ask_thresholds(
    asker: Asker, encoder: OnnxEncoder, heads: Heads, questions: Sequence[dict[str, Any]], gates: Sequence[data.Gated]
) -> dict[str, float]:
    """Gate thresholds first, then the margin under which two readings are both shown."""
    outside = [g.text for g in gates if data.GATE[g.label] is Outcome.OUT_OF_SCOPE]
    urgent = [g.text for g in gates if data.GATE[g.label] is Outcome.URGENT]
    inside = [q["text"] for q in questions] + [g.text for g in gates if data.GATE[g.label] is Outcome.ANSWERED]
    cohort = default_cohort()
    asker.thresholds = AskThresholds(urgent=2.0)  # nothing is urgent, so that everything is looked up
    p_in, p_out = ([asker.consider(text, cohort) for text in texts] for texts in (inside, outside))
    refuse = float(np.quantile([c.out_of_scope for c in p_in], 1 - WRONG_REFUSALS))
    alarm = float(np.quantile([c.urgency for c in (*p_in, *p_out)], 1 - URGENT_ALARMS))
    refused = np.mean([c.out_of_scope >= refuse for c in p_out])
    alarmed = (heads.gate([encoder.encode(text) for text in urgent])[:, 2] >= alarm).mean()
    print(f"ask: refuse at {refuse:.3f}: recall {refused:.3f}; urgent at {alarm:.3f}: recall {alarmed:.3f}")
    gate = {"urgent": round(alarm, 4), "out_of_scope": round(refuse, 4)}
    asker.thresholds = AskThresholds(**gate)
    considered = [(q, asker.consider(q["text"], cohort)) for q in questions]
    considered = [(q, c) for q, c in considered if c.outcome is Outcome.ANSWERED]
    best: tuple[float, dict[str, float]] = (-9.0, {})
    for caution, margin in itertools.product((0.0, 0.3, 0.5, 0.6, 0.7, 0.8), (0.0, 0.1, 0.2, 0.3, 0.4)):
        chosen = gate | {"margin": margin, "caution": caution}
        asker.thresholds = AskThresholds(**chosen)
        answers = [(q, asker.answer(c, cohort)) for q, c in considered]
        right = np.mean([a.verdict in q["verdicts"] and bool(set(a.citations[:3]) & set(q["citations"])) for q, a in answers])
        harm = np.mean([(a.verdict, q["verdicts"][0]) in {(Verdict.YES, "no"), (Verdict.NO, "yes")} for q, a in answers])
        asks = np.mean([bool(a.clarify) for _, a in answers])
        value = float(right - HARM * harm) if asks <= CLARIFYING else -1.0
        print(f"ask: caution {caution}, margin {margin}: right {right:.3f}, harmful {harm:.3f}, clarifies {asks:.3f}")
        best = max(best, (value, chosen), key=lambda item: item[0])
    return best[1]


def write(folder: Path, thresholds: dict[str, dict[str, float]]) -> None:
    """Put thresholds into a model's manifest."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["thresholds"] = thresholds
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
