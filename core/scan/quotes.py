"""Words that are not the author's: a message that quotes the policy, or this bot, discloses nothing by them."""

from collections.abc import Iterator

from core.kb.fingerprints import fingerprints
from core.kb.schema import KnowledgeBase


class Quotes:
    """Knows the words of the sources, by their hashes, and the bot's own."""

    def __init__(self, base: KnowledgeBase, sources: frozenset[str]) -> None:
        """`sources` are the fingerprints of the source documents."""
        self._known = sources | {row for text in _said(base) for row, _, _ in fingerprints(text)}

    def blanked(self, text: str) -> str:
        """The text with what it quotes blanked; every character stays in its place."""
        letters = list(text)
        for row, start, end in fingerprints(text):
            if row in self._known:
                letters[start:end] = " " * (end - start)
        return "".join(letters)


def _said(base: KnowledgeBase) -> Iterator[str]:
    """Everything the bot may have said."""
    own = (entry for profile in base.profiles.values() for entry in profile.entries)
    for entry in (*base.entries.values(), *own):
        yield from (said for said in (entry.answer.rule, entry.answer.instead, entry.answer.ask) if said)
        yield from (differs.says for differs in entry.differs)
    for profile in base.profiles.values():
        yield from (line.says for line in profile.tighten)
    yield from (section.gist for section in base.sections.values())
    for wording in base.nudges.values():
        yield from (*wording.variants, wording.why, wording.next_step)
    for prompt in base.prompts.values():
        yield from (said for said in (prompt.text, prompt.follow_up) if said)
