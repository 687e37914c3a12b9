"""Unanswered questions → groups that ask the same, so that a curator sees what to write next."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.encoder import OnnxEncoder, Vectors, normalised
from core.qa.rank import Ranked, Ranker
from core.text import plain

ALIKE = 0.35  # cosine, told apart, from which two questions count as asking the same
DIRECTIONS = 100  # in which questions are told apart, at most
NEAR = 0.7  # cosine of an entry's nearest phrasing from which more phrasings help rather than a new entry


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that ask the same, the most typical first, and the entry that comes nearest to that one."""

    questions: tuple[str, ...] = field(repr=False)
    nearest: Ranked

    @property
    def near(self) -> bool:
        """Whether that entry may already answer them."""
        return self.nearest.nearest >= NEAR


def groups(questions: Sequence[str], encoder: OnnxEncoder, ranker: Ranker) -> list[Group]:
    """The groups, largest first; every question stands in exactly one."""
    texts = list(dict.fromkeys(plain(question).text.strip() for question in questions))
    vectors = normalised(encoder.vectors(texts))
    apart = _told_apart(vectors)
    alike = apart @ apart.T >= ALIKE
    np.fill_diagonal(alike, val=True)
    open_ = np.ones(len(texts), dtype=bool)
    found = []
    while open_.any():
        counts = np.where(open_, (alike & open_).sum(axis=1), 0)
        typical = int(counts.argmax())
        members = np.flatnonzero(alike[typical] & open_)
        others = sorted((int(m) for m in members if m != typical), key=lambda m: -float(apart[m] @ apart[typical]))
        found.append(Group(tuple(texts[i] for i in (typical, *others)), ranker.rank(texts[typical], vectors[typical], 1)[0]))
        open_[members] = False
    return found


def _told_apart(vectors: Vectors) -> Vectors:
    """The vectors whitened: the encoder puts all that it refuses into one corner, and differences there are small."""
    left, _, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    return normalised(left[:, : max(1, min(DIRECTIONS, len(vectors) // 2))])
