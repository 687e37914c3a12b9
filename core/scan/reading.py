"""How a message is put before the classifier; training and the running product share it."""

from collections.abc import Sequence
from dataclasses import dataclass

PARENT_CHARACTERS = 240  # of the thread's first message; enough to know what is talked about


@dataclass(frozen=True, slots=True)
class File:
    """A file attached to a message, known by name and type alone; it is never opened."""

    name: str
    mimetype: str = ""

    @property
    def kind(self) -> str:
        """`image`, `video`, `audio`, or `document` for everything else."""
        kind = self.mimetype.partition("/")[0]
        return kind if kind in {"image", "video", "audio"} else "document"


def reading(text: str, parent: str | None, files: Sequence[File]) -> str | tuple[str, str]:
    """What the encoder reads: the text with its files named behind it, and the thread's first message as second part.

    Offsets into the text stay right, because everything added stands behind it.
    """
    read = " ".join([text, *(f"[{file.kind} {_spoken(file.name)}]" for file in files)])
    return (read, parent[:PARENT_CHARACTERS]) if parent else read


def _spoken(name: str) -> str:
    stem, _, extension = name.rpartition(".")
    return " ".join((stem or extension).replace("_", " ").replace("-", " ").split())
