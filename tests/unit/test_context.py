"""What stands around a message: words before it by the same author, and words that aren't the author's at all."""

from datetime import UTC, datetime, timedelta

import pytest

from bots import bootstrap
from core.kb.fingerprints import of_the_sources
from core.kb.schema import KnowledgeBase
from core.ports import Message
from core.scan.quotes import Quotes
from core.scan.recent import CHARACTERS, KEPT, Recent

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def message(
    name: str, text: str, seconds: float = 0, author: str = "a", channel: str = "c", thread: str | None = None
) -> Message:
    sent = NOON + timedelta(seconds=seconds)
    return Message(id=name, author=author, channel=channel, sent_at=sent, to_bot=False, thread=thread, text=text)


def test_a_thought_in_two_messages_is_read_together() -> None:
    recent = Recent()
    assert recent.before(message("1", "so my tuesday kid")) is None
    assert recent.before(message("2", "he bit someone", 30)) == "so my tuesday kid"
    assert recent.before(message("3", "again", 60)) == "so my tuesday kid\nhe bit someone"


@pytest.mark.parametrize(
    "other",
    [
        message("2", "x", 121),
        message("2", "x", -5),
        message("2", "x", 5, author="b"),
        message("2", "x", 5, channel="d"),
        message("2", "x", 5, thread="t"),
    ],
)
def test_what_does_not_belong_together(other: Message) -> None:
    recent = Recent()
    recent.before(message("1", "so my tuesday kid"))
    assert recent.before(other) is None


def test_a_message_delivered_twice_does_not_stand_before_itself() -> None:
    recent = Recent()
    recent.before(message("1", "first"))
    assert recent.before(message("2", "second", 5)) == "first"
    assert recent.before(message("2", "second, edited", 9)) == "first"


def test_little_is_kept() -> None:
    recent = Recent()
    recent.before(message("0", "x" * 10_000))
    assert len(recent.before(message("1", "y", 1)) or "") == CHARACTERS
    for number in range(KEPT + 50):
        recent.before(message(str(number), "x", 1, author=str(number)))
    assert len(recent._last) == KEPT
    recent.before(message("late", "x", 500))
    assert len(recent._last) == 1


def test_the_bots_own_words_are_not_the_authors(base: KnowledgeBase) -> None:
    quotes = Quotes(base, of_the_sources(bootstrap.KNOWLEDGE))
    rule = base.entries["former-client-years-later"].answer.rule
    text = f"> {rule}\nok but my own case is worse"
    assert quotes.blanked(text).split() == [">", *("." * rule.endswith(".")), "ok", "but", "my", "own", "case", "is", "worse"]
    assert len(quotes.blanked(text)) == len(text)


@pytest.mark.parametrize(
    "text", ["", "my client told me that she drinks again and lost her flat", "Kayla's on methadone 💊 " * 20]
)
def test_an_authors_words_stay(base: KnowledgeBase, text: str) -> None:
    assert Quotes(base, of_the_sources(bootstrap.KNOWLEDGE)).blanked(text) == text
