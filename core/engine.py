"""The way of every message: scanned always, answered when asked; an urgent answer comes first."""

from collections.abc import Sequence

from core.answer import Answer, Finding
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.ports import Action, Message, Nudge, Reply
from core.qa.ask import Asker
from core.scan import nudge
from core.scan.reading import File
from core.scan.scanner import Scanner


class PracticumEngine:
    """Asks and scans over one knowledge base; pure, deterministic, and keeps nothing of what it reads."""

    def __init__(self, base: KnowledgeBase, asker: Asker, scanner: Scanner) -> None:
        self.base = base
        self._asker = asker
        self._scanner = scanner

    def handle(self, message: Message, cohort: Cohort) -> Sequence[Action]:
        """What to do about a message: a reply when it was put to the bot, a nudge when something stands in it."""
        actions: list[Action] = []
        if message.to_bot:
            actions.append(Reply(message, self.ask(message.text, cohort)))
        if findings := self.scan(message.text, cohort, message.parent, message.files):
            actions.append(Nudge(message, tuple(findings), nudge.wording(self.base, findings, message.id)))
        return actions

    def ask(self, text: str, cohort: Cohort) -> Answer:
        """The answer to a question."""
        return self._asker.ask(text, cohort)

    def scan(self, text: str, cohort: Cohort, parent: str | None = None, files: Sequence[File] = ()) -> list[Finding]:
        """What in a message its author may not want to leave standing."""
        return self._scanner.scan(text, cohort, parent, files)
