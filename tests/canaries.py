"""Words that nobody else would write, and a look for them in all that a process leaves behind."""

import json
import os
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

CANARY = "Zebulonka Quistgaard"
TEXT = f"my client {CANARY} told me her dad hits her, her cell is 403-555-0134"
WORDS = ("Zebulonka", "Quistgaard", "555-0134", "dad hits")
FAULTY = (sys.executable, "-m", "tests.faulty")
TALKATIVE = {  # whatever makes Python and its libraries say more
    "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONDEVMODE": "1",
    "PYTHONFAULTHANDLER": "1",
    "ORT_LOGGING_LEVEL": "0",
}


def core_files_allowed() -> None:
    """For a child: whatever this machine would allow it to leave after a crash."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


def spelt(word: str) -> set[bytes]:
    """The ways in which a word could stand in a file."""
    ways = {word, word.casefold(), word.upper(), json.dumps(word), repr(word), word.replace(" ", "+"), word.replace(" ", "%20")}
    return {way.encode(code) for way in ways for code in ("utf-8", "utf-16-le", "utf-32-le")}


def found(folder: Path, words: Iterable[str] = WORDS) -> list[tuple[str, str]]:
    """Which files below a folder hold which of the words, in their content or their name."""
    ways = [(word, way) for word in words for way in spelt(word)]
    left = []
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        left += [(str(path.relative_to(folder)), word) for word, way in ways if way in content or way in os.fsencode(path.name)]
    return left


def said(words: Iterable[str], *texts: Any) -> list[str]:
    """Which of the words stand in what somebody was told."""
    whole = "\n".join(map(str, texts)).casefold()
    return [word for word in words if word.casefold() in whole]
