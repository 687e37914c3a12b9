"""The playground as a Platform: what is delivered is shown in one person's windows."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from bots.playground.render import whispered
from bots.playground.room import Room
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.nudging.wording import of
from core.ports import Action, Engine, Message, Nudge, Reply, Withdrawal
from core.scan.adapt import Channel

SEEN = 500  # messages of which the page may show what the engine saw


class PlaygroundPlatform:
    """Implements Platform."""

    def __init__(self, room: Room, base: KnowledgeBase) -> None:
        self._room = room
        self._base = base

    async def deliver(self, action: Action) -> None:
        """Show it to the one it is for."""
        if isinstance(action, Withdrawal):
            self._room.close(action.to.id)
        else:
            self._room.whisper(whispered(action, self._base))


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
