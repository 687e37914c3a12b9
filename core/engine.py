"""The way of every message: scanned always, answered when asked; an urgent answer comes first."""

from collections.abc import Sequence

from core.answer import Answer, Finding
from core.cohort import Cohort
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.nudging.wording import wording
from core.ports import Message, Nudge, Reply
from core.qa.conversation import Conversations
from core.scan.adapt import Channel
from core.scan.reading import File
from core.scan.recent import Recent
from core.scan.scanner import Scanner
from core.vocabulary import Outcome

ANYWHERE = Channel()


class PracticumEngine:
    """Asks and scans over one knowledge base; of what it reads it keeps the last words of a conversation, for minutes."""

    def __init__(self, base: KnowledgeBase, conversations: Conversations, scanner: Scanner) -> None:
        self.base = base
        self._conversations = conversations
        self._scanner = scanner
        self._recent = Recent()

    def handle(self, message: Message, cohort: Cohort, channel: Channel = ANYWHERE) -> Sequence[Reply | Nudge]:
        """What to do about a message: a reply when it was put to the bot, a nudge when something stands in it.

        What nobody else can read is not nudged; the answer says that the question holds more than it needs.
        """
        actions: list[Reply | Nudge] = []
        before = self._recent.before(message)
        findings = channel.due(self._scanner.scan(message.text, cohort, message.parent, message.files, before))
        if message.to_bot:
            answer = self.ask(message.text, cohort, message.conversation)
            careless = message.private and bool(findings) and answer.outcome is not Outcome.URGENT
            actions.append(Reply(message, answer, careless))
        if findings and not message.private:
            actions.append(Nudge(message, tuple(findings), wording(self.base, findings, message.id)))
        return actions

    def ask(self, text: str, cohort: Cohort, conversation: str | None = None) -> Answer:
        """The answer to a question; `conversation` names the thread or direct conversation that a follow-up leans on."""
        return self._conversations.ask(text, cohort, conversation)

    def settle(self, entry: str, cohort: Cohort, conversation: str | None = None) -> Answer:
        """The answer of an entry that an asker chose. Raises InputError for one that is unknown."""
        if entry not in self.base.entries and all(entry != own.id for own in self.base.profiles[cohort.profile].entries):
            raise InputError("this answer is of another version of the knowledge base; ask the question anew")
        return self._conversations.settle(entry, cohort, conversation)

    def scan(self, text: str, cohort: Cohort, parent: str | None = None, files: Sequence[File] = ()) -> list[Finding]:
        """What in a message its author may not want to leave standing."""
        return self._scanner.scan(text, cohort, parent, files)
