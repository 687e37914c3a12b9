"""What is kept of a nudge: never a word of the message, never a name."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.answer import Finding
from core.vocabulary import Category, Tier

BAND = 0.05  # scores are kept in steps of this


class Feedback(StrEnum):
    """What an author may say of a nudge."""

    NOT_PRACTICUM = "not_practicum"  # nobody of the placement is meant
    NOT_IDENTIFYING = "not_identifying"  # a case nobody could recognise
    PUBLIC = "public"  # known to everybody anyway
    OTHER = "other"


class Closing(StrEnum):
    """How a nudge ended."""

    EDITED = "edited"
    DELETED = "deleted"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class NudgeRecord:
    """One nudge, given or, in shadow, only counted. Keys are keyed hashes: who has the database has no names."""

    id: str
    at: datetime
    cohort: str
    channel: str  # key
    thread: str  # key; the channel's where the message stands in none
    author: str  # key
    message: str  # key
    category: Category  # the leading finding's, as the three that follow
    tier: Tier
    band: float
    rule: str
    shadow: bool = False
    delivered_at: datetime | None = None  # before that, a nudge is owed: its delivery is tried again with the event's
    closed_at: datetime | None = None
    closing: Closing | None = None
    feedback: Feedback | None = None


class Keys:
    """Turns what identifies a person or a message into keys that say nothing without the secret."""

    def __init__(self, secret: bytes) -> None:
        """`secret` is at least 16 bytes. Raises ValueError."""
        if len(secret) < 16:
            raise ValueError("the secret for pseudonyms needs at least 16 bytes")
        self._secret = secret

    def key(self, *parts: str) -> str:
        """32 hexadecimal digits; the same parts give the same key, and no others do."""
        spoken = "\x1f".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self._secret, spoken.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def leading(findings: Sequence[Finding]) -> Finding:
    """The finding that a nudge is about first: the hard before the soft, the surer before the less sure."""
    return min(findings, key=lambda finding: (finding.tier is not Tier.HARD, -finding.score, finding.start))


def banded(score: float) -> float:
    """A score in the steps in which it is kept."""
    return round(round(score / BAND) * BAND, 2)
