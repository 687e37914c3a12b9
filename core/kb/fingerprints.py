"""Every eight words in a row as a short hash: enough to recognise a copy, not to restore what was copied."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

SHINGLE = 8  # words in a row that count as copied
FILE = "source_fingerprints.txt"  # of the five sources, which are not ours to ship
_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?", re.IGNORECASE | re.ASCII)


def fingerprints(text: str) -> Iterator[tuple[str, int, int]]:
    """Each hash with the characters it stands for."""
    found = list(_WORD.finditer(text))
    spoken = [match[0].lower().replace("’", "'") for match in found]
    for start in range(len(found) - SHINGLE + 1):
        row = " ".join(spoken[start : start + SHINGLE])
        yield hashlib.blake2b(row.encode(), digest_size=5).hexdigest(), found[start].start(), found[start + SHINGLE - 1].end()


def of_the_sources(root: Path) -> frozenset[str]:
    """The hashes of the source documents, as the knowledge base in `root` keeps them. Raises OSError."""
    return frozenset((root / FILE).read_text(encoding="ascii", errors="replace").split())
