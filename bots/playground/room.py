"""What the page shows: people, channels, messages and whispers, in memory alone, and who is to be told of what is new."""

import asyncio
import hashlib
import re
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from core.cohort import Cohort

PLATFORM = "playground:local"
BOT, NOBODY = "bot", ""
COHORT, SEMINAR, DIRECT = "cohort", "seminar", "direct"
KEPT = 10_000  # messages, and as many whispers
WAITING = 1_000  # news that a window may be behind before it has to ask for everything anew

News = tuple[str, dict[str, Any]]
END: News = ("end", {})


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of the page."""

    id: str
    name: str
    role: Literal["student", "coordinator", "instructor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message as everybody in its channel sees it."""

    id: str
    channel: str
    author: str
    at: str  # ISO, UTC
    name: str = ""  # of an author who is not there any more
    text: str = field(repr=False)
    thread: str | None = None
    edited: bool = False
    files: tuple[dict[str, str], ...] = ()
    card: dict[str, Any] | None = field(default=None, repr=False)  # the same text as the bot says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Whispered:
    """What one person alone sees."""

    id: str
    to: str
    kind: str  # nudge, reply or line
    channel: str
    at: str
    card: dict[str, Any] = field(repr=False)
    message: str | None = None
    thread: str | None = None
    tier: str | None = None
    closed: bool = False  # a nudge that has done its work


class Room:
    """One cohort's page."""

    def __init__(self, cohort: Cohort) -> None:
        self.cohort = cohort
        self.people = people_of(cohort)
        self.messages: OrderedDict[str, Posted] = OrderedDict()
        self.whispers: OrderedDict[str, Whispered] = OrderedDict()
        self.gone: OrderedDict[str, str] = OrderedDict()  # messages taken down, and whose they were
        self._windows: dict[asyncio.Queue[News], str] = {}

    def take_over(self, cohort: Cohort, *, anew: bool = False) -> None:
        """Show another cohort, or the same changed: `anew` with nothing said yet, else with what those who stay were told.

        What was written by somebody who left stands under their name and is nobody's.
        """
        before, self.cohort, self.people = self.people, cohort, people_of(cohort)
        left = before.keys() if anew else before.keys() - self.people.keys()
        for name, posted in list(self.messages.items()):
            if anew or (posted.author in left and not self.shared(posted.channel)):
                del self.messages[name]
            elif posted.author in left:
                self.messages[name] = replace(posted, author=NOBODY, name=before[posted.author].name)
        for name, whispered in list(self.whispers.items()):
            if whispered.to in left:
                del self.whispers[name]
        self.gone = OrderedDict((name, NOBODY if author in left else author) for name, author in self.gone.items())

    def shared(self, channel: str) -> bool:
        """Whether a channel is everybody's; a direct one is its person's and the bot's."""
        return channel in {COHORT, SEMINAR}

    def put(self, message: Posted) -> None:
        """Show a message, or show it changed."""
        new = message.id not in self.messages
        self.messages[message.id] = message if new else replace(message, edited=True)
        while len(self.messages) > KEPT:
            self.messages.popitem(last=False)
        self._tell(("message" if new else "edited", asdict(self.messages[message.id])), self._owner(message.channel))

    def take_down(self, name: str) -> None:
        """Show a message no longer."""
        if known := self.messages.get(name):
            self.gone[name] = known.author
            while len(self.gone) > KEPT:
                self.gone.popitem(last=False)
            self.take_back(name)

    def take_back(self, name: str) -> None:
        """Show a message no longer that may still come again."""
        if gone := self.messages.pop(name, None):
            self._tell(("deleted", {"id": name}), self._owner(gone.channel))

    def whisper(self, whispered: Whispered) -> None:
        """Show something to one person; the same again changes nothing."""
        if whispered.id in self.whispers:
            return
        self.whispers[whispered.id] = whispered
        while len(self.whispers) > KEPT:
            self.whispers.popitem(last=False)
        self._tell(("whisper", _shown(whispered)), whispered.to)

    def replace(self, name: str, card: dict[str, Any]) -> None:
        """Show another card in the place of a whisper's; a nudge with nothing left to press has done its work."""
        if known := self.whispers.get(name):
            closed = known.kind == "nudge" and not card["buttons"]
            changed = replace(known, card=card, at=known.at if closed or known.kind != "line" else now(), closed=closed)
            self.whispers[name] = changed
            self._tell(("whisper", _shown(changed)), known.to)

    def close(self, message: str, card: dict[str, Any]) -> None:
        """The nudge for a message has done its work, as a card says."""
        for name, known in list(self.whispers.items()):
            if known.message == message and known.kind == "nudge" and not known.closed:
                self.replace(name, card)

    def answer(self, pressed: Whispered, press: str, card: dict[str, Any]) -> str:
        """Show what a button of a whisper led to beside it; `press` says which. The new whisper's id."""
        name = f"{pressed.id}.{hashlib.sha256(press.encode()).hexdigest()[:16]}"
        if name in self.whispers:
            self.replace(name, card)
        else:
            self.whisper(replace(pressed, id=name, kind="line", at=now(), card=card, tier=None, closed=False))
        return name

    def tell(self, person: str, news: News) -> None:
        """Tell one person's windows something."""
        self._tell(news, person)

    def end(self) -> None:
        """Close all windows: the process ends."""
        self._tell(END, None)

    def start_over(self) -> None:
        """Everybody looks anew: the cohort changed."""
        self._tell(("reset", {}), None)

    def seen_by(self, person: str) -> dict[str, Any]:
        """All that a person sees."""
        mine = f"{DIRECT}-{person}"
        return {
            "messages": [asdict(m) for m in self.messages.values() if self.shared(m.channel) or m.channel == mine],
            "whispers": [_shown(w) for w in self.whispers.values() if w.to == person],
        }

    @contextmanager
    def window(self, person: str) -> Iterator["asyncio.Queue[News]"]:
        """A window of a person's, as long as it is open."""
        queue: asyncio.Queue[News] = asyncio.Queue(WAITING)
        self._windows[queue] = person
        try:
            yield queue
        finally:
            del self._windows[queue]

    def _owner(self, channel: str) -> str | None:
        return None if self.shared(channel) else channel.removeprefix(f"{DIRECT}-")

    def _tell(self, news: News, person: str | None) -> None:
        for queue, whose in self._windows.items():
            if person is None or whose == person:
                if queue.full():  # a window far behind asks for everything anew
                    while not queue.empty():
                        queue.get_nowait()
                    queue.put_nowait(("reset", {}))
                queue.put_nowait(news)


def people_of(cohort: Cohort) -> dict[str, Someone]:
    """Everybody of a cohort, by an id that hangs on what the file says of them and not on where it says so.

    So nobody comes into another's place when people are added or put in another order. Of people of the same name, what
    else is said tells them apart; where that is the same too, all of them get new ids when their number changes.
    """
    named: list[tuple[str, tuple[str, ...], Literal["student", "coordinator", "instructor"]]] = [
        *((person.name, person.aliases, "student") for person in cohort.roster),
        *((member.name, member.aliases, "instructor") for member in cohort.staff),
        (cohort.coordinator.name if cohort.coordinator else "Coordinator", (), "coordinator"),
    ]
    names, alike, met = Counter(_id(name) for name, _, _ in named), Counter(named), Counter[object]()
    people: dict[str, Someone] = {}
    for entry in named:
        known, met[entry] = _id(entry[0]), met[entry] + 1
        if not known or known == BOT or names[known] > 1:
            apart = repr((*entry, met[entry], alike[entry]))
            known = f"{known}-{hashlib.sha256(apart.encode()).hexdigest()[:8]}".strip("-")
        people[known] = Someone(known, entry[0], entry[2])
    return people


def now() -> str:
    """The present moment, as the page reads it."""
    return datetime.now(UTC).isoformat()


def _shown(whispered: Whispered) -> dict[str, Any]:
    return {name: value for name, value in asdict(whispered).items() if name != "to"}


def _id(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "-", plain).strip("-")[:40]
