"""Every error this project raises on purpose.

PracticumBotError
├── InputError           what the caller handed in can't be used (a line of a batch, an id)
│   └── UninstalledError what comes from a workspace that the bot is not installed in
├── FaultyFileError      a file has faults: all of them are listed, with place and cure
│   ├── KnowledgeBaseError
│   ├── CohortFileError
│   └── SettingsError
├── ModelError           a model file is missing, altered or of the wrong kind
├── StoreError           the database refused or could not be reached
│   └── UnreadableError  one thing that it keeps can't be read back
├── BusyError            an event can't be worked on now; the platform is to deliver it again
└── DeliveryError        a platform did not take what was to be delivered
    ├── UnreachableError somebody can't be written to at all, until they do something about it
    ├── LostError        it was sent, and nobody said whether it arrived
    └── ForbiddenError   the bot lacks a permission that whoever installed it can give
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in one file: where, what, and how to cure it."""

    path: Path
    line: int  # 1-based; 0 when the fault is the file's as a whole
    message: str
    warning: bool = False  # worth a curator's look, but nothing is refused for it

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {'warning: ' if self.warning else ''}{self.message}"


class PracticumBotError(Exception):
    """Base of all errors raised on purpose; its text says what is wrong and how to cure it."""


class InputError(PracticumBotError):
    """What was handed in can't be used."""


class UninstalledError(InputError):
    """It comes from a workspace that the bot is not installed in; its text names the workspace and nothing else."""


class FaultyFileError(PracticumBotError):
    """One or more files have faults; `faults` lists every one found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(map(str, self.faults)))


class KnowledgeBaseError(FaultyFileError):
    """The knowledge base can't be used as it is."""


class CohortFileError(FaultyFileError):
    """A cohort file can't be used as it is."""


class SettingsError(FaultyFileError):
    """A setting can't be used as it is."""


class ModelError(PracticumBotError):
    """A model file is missing, altered or of the wrong kind."""


class StoreError(PracticumBotError):
    """The database refused, or could not be reached."""


class UnreadableError(StoreError):
    """One thing that the database keeps can't be read back; everything else can."""


class DeliveryError(PracticumBotError):
    """A platform did not take what was to be delivered."""


class UnreachableError(DeliveryError):
    """Somebody can't be written to: trying again changes nothing until they add the bot, or unblock it."""


class LostError(DeliveryError):
    """It was sent and its answer was lost: it may have been done, and doing it again may do it twice."""


class ForbiddenError(DeliveryError):
    """The bot lacks a permission: trying again changes nothing until the app is installed with it."""


class BusyError(PracticumBotError):
    """An event can't be worked on now: answer 503, and the platform delivers it again."""
