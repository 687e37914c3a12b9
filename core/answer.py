"""What the engine decides: an Answer to a question, a Finding in a message."""

from dataclasses import dataclass, field

from core.vocabulary import Category, Outcome, Tier, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A question's outcome. Verdict, entry and citations are set only when it is `answered`."""

    outcome: Outcome
    text: str  # fully rendered, plain sentences
    verdict: Verdict | None = None
    citations: tuple[str, ...] = ()  # section ids, lead first
    entry: str | None = None
    confidence: float = 0.0  # 0 to 1
    clarify: tuple[str, ...] = ()  # two or three entry ids, when it is open which is meant
    related: tuple[str, ...] = ()  # ids of entries that one could ask next, at most three


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a message its author may not want to leave standing."""

    category: Category
    tier: Tier
    start: int  # characters of the text as given
    end: int
    score: float  # 0 to 1
    why: str = field(repr=False)  # never repeats the words found
    citations: tuple[str, ...]
    rule: str  # which recognizer or model found it
