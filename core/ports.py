"""What the engine and a chat platform ask of each other. Core owns it; bots obey it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.answer import Answer, Finding
from core.cards import Card
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.scan.adapt import Channel
from core.scan.reading import File


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message a person wrote, with nothing of its platform left in it."""

    id: str
    author: str
    channel: str
    sent_at: datetime  # timezone-aware
    to_bot: bool
    private: bool = False  # nobody else can read it: a direct message to the bot, a command, a form
    thread: str | None = None  # the id of the thread it stands in
    text: str = field(repr=False)  # a student's words never reach a log through repr
    parent: str | None = field(default=None, repr=False)  # the thread's first message
    files: tuple[File, ...] = field(default=(), repr=False)

    @property
    def conversation(self) -> str:
        """What a follow-up by the same author leans on."""
        return "\n".join((self.channel, self.thread or "", self.author))


class Happened(StrEnum):
    """What became of a message."""

    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One delivery of a platform; it may come again, and together with others of the same message."""

    platform: str  # and its workspace, for example `slack:T0123`
    id: str  # the platform's own
    happened: Happened
    at: datetime  # when, by the platform's clock; timezone-aware, and the same however often it comes
    message: Message


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a question, for the asker."""

    to: Message
    answer: Answer
    careless: bool = False  # the question, which nobody else can read, holds more than it needs


@dataclass(frozen=True, slots=True)
class Nudge:
    """For the author's eyes only: an adapter that cannot whisper must refuse."""

    to: Message
    findings: tuple[Finding, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Whisper:
    """A line for one person's eyes only that is no nudge: an introduction, or the sum of a day."""

    to: Message
    text: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The nudge for a message has done its work: the message was changed or taken down."""

    to: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Said in a channel, to everybody in it, by the bot of its own accord; once, however often it is tried."""

    channel: str
    card: Card
    marker: str  # goes along unseen, so that a post can be found again; 64 characters at most
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """Said to one person alone, outside of any channel."""

    person: str
    card: Card
    marker: str = ""  # as a post's; without one it can't be found again


Action = Reply | Nudge | Whisper | Withdrawal | Post | Letter


class Engine(Protocol):
    """Decides what to do about a message; touches no network and writes nothing down."""

    def handle(self, message: Message, cohort: Cohort, channel: Channel) -> Sequence[Reply | Nudge]:
        """An empty sequence means stay quiet."""
        ...


class Answering(Protocol):
    """What answers presses: entries that were chosen, and drafts that were put in."""

    base: KnowledgeBase

    def settle(self, entry: str, cohort: Cohort, conversation: str | None = None) -> Answer:
        """The answer of an entry that an asker chose. Raises InputError for one that is unknown."""
        ...

    def scan(self, text: str, cohort: Cohort) -> Sequence[Finding]:
        """What in a text its author may not want to leave standing."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as their platform knows them."""

    person: str
    name: str
    guest: bool = False


class Platform(Protocol):
    """A chat platform, as far as the engine's decisions need one."""

    @property
    def lasting(self) -> bool:
        """Whether what it showed is still there when our process is gone."""
        ...

    async def deliver(self, action: Action) -> str | None:
        """Render and send; the platform's id of what it then shows, where it has one.

        The same action again changes nothing where the platform allows. Raises DeliveryError alone.
        """
        ...

    async def find(self, sent: Post | Letter) -> str | None:
        """The platform's id of what may have been sent before, by its marker. Raises DeliveryError alone."""
        ...

    async def people(self, channel: str) -> Sequence[Known]:
        """Who is in a channel, bots left out. Raises DeliveryError alone."""
        ...

    async def known(self, person: str) -> Known | None:
        """Somebody by their id; None who is unknown, gone or a bot. Raises DeliveryError alone."""
        ...

    async def rules(self, person: str) -> bool:
        """Whether somebody administers the platform's workspace. Raises DeliveryError alone."""
        ...

    async def sees(self, person: str, channel: str) -> bool:
        """Whether somebody can find a channel in a form, and so leave it out on purpose. Raises DeliveryError alone."""
        ...

    def address(self, person: str) -> str:
        """Where a conversation with somebody opens, as a URL; empty where the platform has no such thing."""
        ...


PlatformOf = Callable[[str], Awaitable[Platform | None]]  # by a platform's name; None where this process doesn't serve it
