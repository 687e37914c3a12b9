"""Question → scored entries. Lexical and semantic evidence together; pure, and ties are broken by id."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import bm25s
import numpy as np

from core.encoder import Vectors, normalised
from core.kb.schema import Entry
from core.qa.lexicon import Lexicon
from core.text import plain

LEXICAL = 0.1  # weight of words in common beside the cosine, chosen on the calibration questions
SHARPNESS = 30.0  # of the scores, when they are turned into probabilities


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry with the evidence for it."""

    entry: Entry
    probability: float
    nearest: float  # cosine of the nearest phrasing
    centre: float  # cosine of the mean of all phrasings
    lexical: float  # 0 to 1, as a share of the best entry's


class Ranker:
    """Ranks a fixed set of entries."""

    def __init__(self, entries: Sequence[Entry], embed: Callable[[Sequence[str]], Vectors], lexicon: Lexicon) -> None:
        """`embed` turns texts into (texts, dimensions), normalised."""
        self._entries = sorted(entries, key=lambda entry: entry.id)
        self._lexicon = lexicon
        texts = [plain(phrasing).text for entry in self._entries for phrasing in entry.phrasings]
        lengths = [len(entry.phrasings) for entry in self._entries]
        self._starts = np.cumsum([0, *lengths])  # of each entry's phrasings, and behind the last
        self._phrasings = embed(texts)
        self._centres = normalised(np.add.reduceat(self._phrasings, self._starts[:-1], axis=0))
        self._bm25 = bm25s.BM25()
        terms = iter(lexicon.terms(text) for text in texts)
        self._bm25.index([list(chain.from_iterable(islice(terms, length))) for length in lengths], show_progress=False)
        self.words = frozenset(word for text in texts for word in re.findall(r"[^\W\d_]+", text.casefold()))

    def rank(self, text: str, vector: Vectors, top: int = 5) -> list[Ranked]:
        """The `top` likeliest entries for a question and its vector, best first."""
        query = normalised(vector)
        centre = self._centres @ query
        lexical = self._lexical(text)
        scores = centre + LEXICAL * lexical
        powers = np.exp(SHARPNESS * (scores - scores.max()))
        probabilities = powers / powers.sum()
        best = np.argsort(-scores, kind="stable")[:top]
        nearest = [float((self._phrasings[self._starts[i] : self._starts[i + 1]] @ query).max()) for i in best]
        return [
            Ranked(self._entries[i], float(probabilities[i]), near, float(centre[i]), float(lexical[i]))
            for i, near in zip(best, nearest, strict=True)
        ]

    def _lexical(self, text: str) -> Vectors:
        """(entries,): words in common, as a share of the entry with most."""
        terms = [term for term in self._lexicon.terms(text) if term in self._bm25.vocab_dict]
        if not terms:
            return np.zeros(len(self._entries), dtype=np.float32)
        scores = np.asarray(self._bm25.get_scores(terms), dtype=np.float32)
        return scores / max(float(scores.max()), 1e-9)
