"""Findings → the words of one private nudge; kind, short, and never repeating what was found."""

import hashlib
from collections.abc import Sequence

from core.answer import Finding
from core.kb.schema import KnowledgeBase
from core.vocabulary import Tier


def wording(base: KnowledgeBase, findings: Sequence[Finding], message_id: str) -> str:
    """The nudge for a message; the variant follows from the message's id, so that a retry says the same."""
    lead = min(findings, key=lambda finding: (finding.tier is not Tier.HARD, -finding.score, finding.start))
    chosen = base.nudges.get((lead.category, lead.tier)) or base.nudges[(lead.category, Tier.HARD)]
    number = hashlib.blake2b(message_id.encode(), digest_size=2).digest()[0]
    others = list(dict.fromkeys(f.category for f in findings if f.category is not lead.category))
    lines = [chosen.variants[number % len(chosen.variants)]]
    if others:
        names = [next(n.name for key, n in base.nudges.items() if key[0] is category) for category in others]
        lines.append(f"It may also hold {_listed(names)}.")
    lines.append(f"One thing to do now: {chosen.next_step}")
    lines.append(f"Why: {chosen.why} [{', '.join(chosen.citations)}]")
    return "\n".join(lines)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
