"""The learned reading of a message: whether to nudge, for what, and which words matter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.encoder import OnnxEncoder, Vectors
from core.heads import Heads
from core.scan.reading import File, reading
from core.vocabulary import Category

CHUNK = 500  # characters read at once; longer messages are read in overlapping pieces
_CATEGORIES = tuple(Category)


@dataclass(frozen=True, slots=True)
class Reading:
    """One piece of a message as the classifier read it; spans are in characters of the whole readable text."""

    start: int
    end: int
    likelihood: float  # that it should be nudged
    categories: dict[Category, float]
    span: tuple[int, int]  # the words that matter most


class Classifier:
    """Reads messages with the encoder and its heads."""

    def __init__(self, encoder: OnnxEncoder, heads: Heads) -> None:
        self._encoder = encoder
        self._heads = heads

    def read(self, text: str, parent: str | None, files: Sequence[File]) -> Reading:
        """The likeliest piece of the message to need a nudge."""
        pieces = list(chunks(text))
        read = [reading(text[start:end], parent, files) for start, end in pieces]
        best = int(np.argmax(self._heads.nudge(self._encoder.vectors(read)))) if len(read) > 1 else 0
        encoding = self._encoder.encode(read[best])
        start, end = pieces[best]
        categories = self._heads.categories(encoding.vector[None])[0]
        likelihood = float(self._heads.nudge(encoding.vector[None])[0])
        tokens = self._heads.token(encoding.tokens)
        first, last = _words_that_matter(tokens, encoding.spans, end - start)
        return Reading(
            start,
            end,
            likelihood,
            {category: float(value) for category, value in zip(_CATEGORIES, categories, strict=True)},
            (start + first, start + last),
        )


def chunks(text: str) -> list[tuple[int, int]]:
    """Overlapping pieces of at most CHUNK characters, cut between words; one piece for a short text."""
    if len(text) <= CHUNK:
        return [(0, len(text))]
    pieces = []
    start = 0
    while start < len(text):
        end = min(start + CHUNK, len(text))
        if end < len(text):
            cut = text.rfind(" ", start + CHUNK // 2, end)
            end = cut if cut > 0 else end
        pieces.append((start, end))
        if end == len(text):
            break
        start = max(end - CHUNK // 4, start + 1)
    return pieces


def _words_that_matter(tokens: Vectors, spans: Sequence[tuple[int, int]], length: int) -> tuple[int, int]:
    """The run of tokens with the most weight; everything when none stands out."""
    runs: list[list[float]] = []  # start, end, weight
    for probability, (start, end) in zip(tokens, spans, strict=True):
        if probability < 0.5 or start >= end or start >= length:
            continue
        end = min(end, length)
        if runs and start - runs[-1][1] <= 12:
            runs[-1][1] = end
            runs[-1][2] += float(probability)
        else:
            runs.append([start, end, float(probability)])
    if not runs:
        return 0, length
    best = max(runs, key=lambda run: (run[2], -run[0]))
    return int(best[0]), int(best[1])
