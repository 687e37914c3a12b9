"""The playground as a Platform: what is delivered is shown in one person's windows."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from bots.playground.render import letter_id, shown, whispered
from bots.playground.room import BOT, Posted, Room, now
from core.cohort import Cohort
from core.errors import DeliveryError, UnreachableError
from core.kb.schema import KnowledgeBase
from core.nudging.wording import of
from core.ports import Action, Engine, Known, Letter, Message, Nudge, Post, Reply, Withdrawal
from core.scan.adapt import Channel
from core.speech.nudges import closed_card

SEEN = 500  # messages of which the page may show what the engine saw


class PlaygroundPlatform:
    """Implements Platform."""

    lasting = False  # what is shown lives in memory

    def __init__(self, room: Room, base: KnowledgeBase) -> None:
        self._room = room
        self._base = base

    async def deliver(self, action: Action) -> str | None:
        """Show it to the one it is for, or to everybody where it is a post. Raises DeliveryError where that isn't here."""
        match action:
            case Withdrawal():
                self._room.close(action.to.id, shown(closed_card()))
                return None
            case Post() if not self._room.shared(action.channel):
                raise DeliveryError("the playground: what everybody is to see goes into a channel of the page")
            case Post():
                if action.marker not in self._room.messages:
                    said = Posted(
                        id=action.marker,
                        channel=action.channel,
                        author=BOT,
                        at=now(),
                        text=action.card.plain,
                        thread=action.thread,
                        card=shown(action.card),
                    )
                    self._room.put(said)
                return action.marker
            case _:
                private = whispered(action, self._base)
                if private.to not in self._room.people:
                    raise UnreachableError("the playground: nobody of this name is on the page")
                self._room.whisper(private)
                return private.id

    async def find(self, sent: Post | Letter) -> str | None:
        """A post or letter by its marker, which its id is made of."""
        name, kept = (sent.marker, self._room.messages) if isinstance(sent, Post) else (letter_id(sent), self._room.whispers)
        return name if name in kept else None

    async def people(self, channel: str) -> Sequence[Known]:
        """Everybody of the cohort is in both channels."""
        return [Known(person.id, person.name) for person in self._room.people.values() if self._room.shared(channel)]

    async def known(self, person: str) -> Known | None:
        """Somebody of the page."""
        someone = self._room.people.get(person)
        return Known(someone.id, someone.name) if someone else None

    async def rules(self, person: str) -> bool:
        """The page has a coordinator, and no administrator beside them."""
        someone = self._room.people.get(person)
        return bool(someone and someone.role == "coordinator")

    async def sees(self, person: str, channel: str) -> bool:  # noqa: ARG002  # as the port has it
        """The page's channels are everybody's."""
        return True

    def address(self, person: str) -> str:  # noqa: ARG002  # as the port has it
        """The page has no conversations between people."""
        return ""


class Watched:
    """An Engine that remembers, for the author's side panel, what it saw in the last messages."""

    def __init__(self, engine: Engine, base: KnowledgeBase) -> None:
        self._engine = engine
        self._base = base
        self._seen: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def handle(self, message: Message, cohort: Cohort, channel: Channel) -> Sequence[Reply | Nudge]:
        """As the engine does."""
        started = time.perf_counter()
        actions = self._engine.handle(message, cohort, channel)
        findings = [finding for action in actions if isinstance(action, Nudge) for finding in action.findings]
        self._seen[message.id] = {
            "message": message.id,
            "ms": round((time.perf_counter() - started) * 1000, 1),
            "findings": [
                {
                    "category": finding.category,
                    "name": of(self._base, finding.category, finding.tier).name,
                    "tier": finding.tier,
                    "start": finding.start,
                    "end": finding.end,
                    "score": finding.score,
                    "rule": finding.rule,
                    "citations": list(finding.citations),
                }
                for finding in findings
            ],
        }
        while len(self._seen) > SEEN:
            self._seen.popitem(last=False)
        return actions

    def seen(self, message: str) -> dict[str, Any] | None:
        """What was seen in a message."""
        return self._seen.get(message)
