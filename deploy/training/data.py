"""What the models learn from: the knowledge base's phrasings and the labelled examples beside it."""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.encoder import Readable
from core.kb.schema import KnowledgeBase
from core.scan.reading import File, reading
from core.text import plain
from core.vocabulary import Category, Outcome

GATE = (Outcome.ANSWERED, Outcome.OUT_OF_SCOPE, Outcome.URGENT)
CATEGORIES = tuple(Category)


@dataclass(frozen=True)
class Phrasing:
    """A question and the index of the entry it asks; `author` is empty for the entry's own phrasings."""

    text: str
    entry: int
    author: str = ""


@dataclass(frozen=True)
class Gated:
    """A question and what the gate should say."""

    text: str
    label: int
    author: str


@dataclass(frozen=True)
class Labelled:
    """A message with its labels; `spans` are character ranges of the text."""

    read: Readable
    author: str
    nudge: bool
    categories: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


def jsonl(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def phrasings(base: KnowledgeBase) -> list[list[Phrasing]]:
    """For each entry, in order of ids, its phrasings."""
    ids = sorted(base.entries)
    return [[Phrasing(plain(text).text, number) for text in base.entries[name].phrasings] for number, name in enumerate(ids)]


def stories(base: KnowledgeBase, examples: Path) -> list[Phrasing]:
    """Questions told at length, one word away from a neighbour's, or leaning on one before; each by a voice, for one entry."""
    ids = {name: number for number, name in enumerate(sorted(base.entries))}
    rows = [
        row
        for pattern in ("stories_*", "followups*")
        for path in sorted((examples / "ask").glob(f"{pattern}.jsonl"))
        for row in jsonl(path)
    ]
    return [
        Phrasing(plain(f"{row.get('earlier', '')} {row['text']}".strip()).text, ids[row["entry"]], row["author"]) for row in rows
    ]


def gated(examples: Path) -> list[Gated]:
    """The labelled questions for the gate."""
    return [
        Gated(plain(row["text"]).text, GATE.index(Outcome(row["label"])), row["author"])
        for path in sorted((examples / "gate").glob("*.jsonl"))
        for row in jsonl(path)
    ]


def labelled(examples: Path) -> list[Labelled]:
    """The labelled messages for the scan."""
    return [message(row) for path in sorted((examples / "scan").glob("*.jsonl")) for row in jsonl(path)]


def message(row: dict[str, Any]) -> Labelled:
    """One labelled message, with its spans found in the text as it is read."""
    text = plain(row["text"]).text
    files = [File(file["name"], file.get("mimetype", "")) for file in row.get("files") or ()]
    parent = plain(row["parent"]).text if row.get("parent") else None
    spans = []
    for words in row["spans"]:
        words = plain(words).text
        start = text.find(words)
        if start >= 0:
            spans.append((start, start + len(words)))
    return Labelled(
        reading(text, parent, files),
        row["author"],
        row["nudge"],
        tuple(CATEGORIES.index(Category(name)) for name in row["categories"]),
        tuple(spans),
    )


def noisy(text: str, rng: random.Random) -> str:
    """The text with a slip or two of the keyboard, so that misspelt words are met in training."""
    letters = list(text)
    for _ in range(max(1, len(letters) // 60)):
        at = rng.randrange(len(letters)) if letters else 0
        if at + 1 >= len(letters) or not letters[at].isalpha():
            continue
        slip = rng.random()
        if slip < 0.35:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif slip < 0.7:
            del letters[at]
        else:
            letters.insert(at, letters[at])
    return "".join(letters)


class Synonyms:
    """Swaps a platform or a person for another word of the same meaning, so that no entry hangs on one of them."""

    GROUPS = ("platforms", "apps", "sites", "networks", "tools", "people_slang")  # endings of the thesaurus's group names

    def __init__(self, thesaurus: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        self._alike: dict[str, list[str]] = {}
        for group, terms in thesaurus.items():
            if group.endswith(self.GROUPS):
                for variants in terms.values():
                    for variant in variants:
                        self._alike[variant] = [
                            v for v in variants if v.endswith("s") == variant.endswith("s") and "my " not in v
                        ]
        longest_first = sorted(map(re.escape, self._alike), key=len, reverse=True)
        self._pattern = re.compile(rf"\b(?:{'|'.join(longest_first)})\b", re.IGNORECASE)

    def swap(self, text: str, rng: random.Random) -> str:
        """The text with about every third such word swapped."""

        def other(match: re.Match[str]) -> str:
            alike = self._alike[match[0].lower()]
            return rng.choice(alike) if alike and rng.random() < 0.35 else match[0]

        return self._pattern.sub(other, text)


def in_a_story(text: str, fillers: Sequence[str], rng: random.Random) -> str:
    """The text among things that have nothing to do with it, as people write: before, behind, or both."""
    before = rng.sample(fillers, rng.choice((0, 1, 1, 2)))
    behind = rng.sample(fillers, rng.choice((0, 0, 1)))
    return " ".join([*before, text, *behind])


def batches(lengths: Sequence[int], size: int, rng: random.Random) -> Iterator[list[int]]:
    """Shuffled batches of indices of about equal length, so that little is padding."""
    order = sorted(range(len(lengths)), key=lambda index: lengths[index] * (1 + 0.3 * rng.random()))
    chunks = [order[start : start + size] for start in range(0, len(order), size)]
    rng.shuffle(chunks)
    yield from chunks
