"""Learning from false alarms without keeping a word of them: a channel's soft nudges need more, where too many were wrong.

What is learnt from is what `Judged` holds, and never reaches the hard tier: names, numbers, photos and contact with clients.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.answer import Finding
from core.vocabulary import Category, Tier

ENOUGH = 10  # nudges of a channel that somebody judged, before anything changes
TOLERABLE = 0.2  # share of them that may be false alarms
HIGHEST = 0.95  # likelihood that a coordinator may let a channel go up to


@dataclass(frozen=True, slots=True)
class Judged:
    """What is kept of a nudge that its author judged."""

    category: Category
    tier: Tier
    score: float  # 0 to 1
    rule: str
    false_alarm: bool


@dataclass(frozen=True, slots=True)
class Channel:
    """How a channel wants its soft stories: not at all in a `seminar`, else from a likelihood on."""

    seminar: bool = False
    soft_from: float = 0.0  # 0 to 1; nothing under the model's own threshold is ever found

    def due(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings to nudge for here."""
        return [
            finding for finding in findings if finding.tier is Tier.HARD or (not self.seminar and finding.score >= self.soft_from)
        ]


def soft_from(judged: Iterable[Judged], highest: float = HIGHEST) -> float:
    """The lowest likelihood, up to `highest`, from which a channel's soft nudges were wrong tolerably often; 0 for no change."""
    soft = [j for j in judged if j.tier is Tier.SOFT]
    if len(soft) < ENOUGH:
        return 0.0
    scores = sorted({j.score for j in soft})
    for score in scores:
        kept = [j.false_alarm for j in soft if j.score >= score]
        if sum(kept) <= TOLERABLE * len(kept):
            return min(score, highest) if score > scores[0] else 0.0
    return highest
