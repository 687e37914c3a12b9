"""What the engine and a chat platform ask of each other. Core owns it; bots obey it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.answer import Answer, Finding
from core.cohort import Cohort
from core.scan.reading import File


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message a person wrote, with nothing of its platform left in it."""

    id: str
    author: str
    channel: str
    sent_at: datetime  # timezone-aware
    to_bot: bool
    thread: str | None = None  # the id of the thread it stands in
    text: str = field(repr=False)  # a student's words never reach a log through repr
    parent: str | None = field(default=None, repr=False)  # the thread's first message
    files: tuple[File, ...] = field(default=(), repr=False)

    @property
    def conversation(self) -> str:
        """What a follow-up by the same author leans on."""
        return "\n".join((self.channel, self.thread or "", self.author))


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a question, for the asker."""

    to: Message
    answer: Answer


@dataclass(frozen=True, slots=True)
class Nudge:
    """For the author's eyes only: an adapter that cannot whisper must refuse."""

    to: Message
    findings: tuple[Finding, ...]
    text: str


Action = Reply | Nudge


class Engine(Protocol):
    """Decides what to do about a message; touches no network and writes nothing down."""

    def handle(self, message: Message, cohort: Cohort) -> Sequence[Action]:
        """An empty sequence means stay quiet."""
        ...


class Platform(Protocol):
    """A chat platform, as far as the engine's decisions need one."""

    async def deliver(self, action: Action) -> None:
        """Render and send. Raises DeliveryError, never the platform's own error."""
        ...
