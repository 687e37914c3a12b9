"""Question → scored entries. Lexical and semantic evidence together; pure, and ties are broken by id."""

from collections.abc import Sequence
from dataclasses import dataclass

import bm25s
import numpy as np

from core.encoder import OnnxEncoder, Vectors, normalised
from core.kb.schema import Entry
from core.qa.index import phrasing_vectors
from core.qa.lexicon import Lexicon
from core.text import plain

NEAREST, CENTRE, LEXICAL = 1.0, 1.0, 0.15  # weights, chosen on the calibration questions
SHARPNESS = 18.0  # of the scores, when they are turned into probabilities


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry with the evidence for it."""

    entry: Entry
    probability: float
    nearest: float  # cosine of the nearest phrasing


class Ranker:
    """Ranks a fixed set of entries."""

    def __init__(self, entries: Sequence[Entry], encoder: OnnxEncoder, lexicon: Lexicon) -> None:
        self._entries = sorted(entries, key=lambda entry: entry.id)
        self._lexicon = lexicon
        texts = [plain(phrasing).text for entry in self._entries for phrasing in entry.phrasings]
        owners = [number for number, entry in enumerate(self._entries) for _ in entry.phrasings]
        self._starts = np.flatnonzero(np.diff(np.array([-1, *owners])))  # first phrasing of each entry
        self._phrasings = phrasing_vectors(encoder, texts)
        self._centres = normalised(np.add.reduceat(self._phrasings, self._starts, axis=0))
        self._bm25 = bm25s.BM25()
        self._bm25.index([lexicon.terms(text) for text in texts], show_progress=False)

    def rank(self, text: str, vector: Vectors, top: int = 5) -> list[Ranked]:
        """The `top` likeliest entries for a question and its vector, best first."""
        query = normalised(vector)
        nearest = np.maximum.reduceat(self._phrasings @ query, self._starts)
        centre = self._centres @ query
        lexical = np.maximum.reduceat(self._lexical(text), self._starts)
        lexical = lexical / max(float(lexical.max()), 1e-9)
        scores = NEAREST * nearest + CENTRE * centre + LEXICAL * lexical
        powers = np.exp(SHARPNESS * (scores - scores.max()))
        probabilities = powers / powers.sum()
        best = np.argsort(-scores, kind="stable")[:top]
        return [Ranked(self._entries[i], float(probabilities[i]), float(nearest[i])) for i in best]

    def _lexical(self, text: str) -> Vectors:
        terms = self._lexicon.terms(text)
        known = [term for term in terms if term in self._bm25.vocab_dict]
        if not known:
            return np.zeros(len(self._phrasings), dtype=np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)
