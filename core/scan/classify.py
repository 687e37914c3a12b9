"""The learned reading of a message: whether to nudge, for what, and which words matter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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

    def moved(self, characters: int) -> "Reading":
        """The same, counted from elsewhere; what would stand before the start is cut."""
        return replace(
            self,
            start=max(0, self.start + characters),
            end=max(0, self.end + characters),
            span=(max(0, self.span[0] + characters), max(0, self.span[1] + characters)),
        )


class Classifier:
    """Reads messages with the encoder and its heads."""

    def __init__(self, encoder: OnnxEncoder, heads: Heads, first: float) -> None:
        """`first` is the likelihood at a first glance under which a text isn't looked at again."""
        self._encoder = encoder
        self._heads = heads
        self._first = first

    def read(self, text: str, parent: str | None, files: Sequence[File]) -> Reading | None:
        """The likeliest piece of the message to need a nudge; None where no piece needs a second look."""
        glances = [
            (piece, glance)
            for piece in chunks(text)
            for glance in [self._encoder.glance(reading(text[piece[0] : piece[1]], parent, files))]
            if self._heads.first(glance) >= self._first
        ]
        if not glances:
            return None
        encodings = [self._encoder.finish(glance) for _, glance in glances]
        likelihoods = self._heads.nudge(encodings)
        best = int(np.argmax(likelihoods))
        (start, end), encoding = glances[best][0], encodings[best]
        categories = self._heads.categories([encoding])[0]
        first, last = _whole_words(text[start:end], *_words_that_matter(self._heads.token(encoding), encoding.spans, end - start))
        return Reading(
            start,
            end,
            float(likelihoods[best]),
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


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span up to the edges of its first and last word; the encoder's tokens may be parts of words."""
    while 0 < start < len(text) and text[start].isalnum() and text[start - 1].isalnum():
        start -= 1
    while 0 < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return start, end


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
