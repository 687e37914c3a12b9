"""Findings → the words of one private nudge; kind, short, and never repeating what was found."""

import hashlib
from collections.abc import Sequence

from core.answer import Finding
from core.kb.schema import KnowledgeBase, NudgeWording
from core.nudging.records import NudgeRecord, leading
from core.vocabulary import Category, Tier

INTRODUCTION = (
    "Hello, I'm this cohort's practicum helper, and only you can see this. When a message here may hold something about a "
    "client, a classmate or a colleague, I tell its author, and nobody else: not your coordinator, not your instructor. "
    "I keep no message."
)
NOTICE = (
    "This channel has a practicum helper. It looks for client and case information, for what concerns classmates and colleagues, "
    "for photos, places and contact details, and for contact with clients outside of practice. Only the author is told. It "
    "keeps no message text and no names: a count by kind and the time, which everybody can look at and delete for themselves. "
    "Coordinators see counts, and only where five people or more are behind them. Ask it anything on the policy; nobody sees "
    "who asked."
)
SUM_UP = (
    "Only you see this: there was more today that sounds like practice stories, so I'll stay quiet about the gentle ones until "
    "tomorrow. Supervision may be a good place for what is on your mind."
)


SURE = ((0.97, "quite sure"), (0.9, "fairly sure"), (0.0, "not very sure"))  # a band from which on, in words


def wording(base: KnowledgeBase, findings: Sequence[Finding], message_id: str) -> str:
    """The nudge for a message; the variant follows from the message's id, so that a retry says the same."""
    lead = leading(findings)
    chosen = of(base, lead.category, lead.tier)
    number = hashlib.blake2b(message_id.encode(), digest_size=2).digest()[0]
    others = list(dict.fromkeys(f.category for f in findings if f.category is not lead.category))
    lines = [chosen.variants[number % len(chosen.variants)]]
    if others:
        names = [next(n.name for key, n in base.nudges.items() if key[0] is category) for category in others]
        lines.append(f"It may also hold {_listed(names)}.")
    lines.append(f"One thing to do now: {chosen.next_step}")
    lines.append(f"Why: {chosen.why} [{', '.join(chosen.citations)}]")
    return "\n".join(lines)


def reasons(base: KnowledgeBase, record: NudgeRecord) -> str:
    """Why a nudge came, from what is kept of it: the kind, how sure, by which rule, and what the policy says."""
    chosen = of(base, record.category, record.tier)
    by = "the reading of the whole message" if record.rule == "classifier" else f"the rule {record.rule}"
    sure = next(words for least, words in SURE if record.band >= least)
    lines = [
        f"I took it for {chosen.name}. What made me think so was {by}, and I was {sure}.",
        chosen.why,
        *(f"- [{section}] {base.sections[section].gist}" for section in chosen.citations),
        "I don't keep your message. If I was wrong, say so, and I'll learn from the count alone.",
    ]
    return "\n".join(lines)


def of(base: KnowledgeBase, category: Category, tier: Tier) -> NudgeWording:
    """The wordings for a kind of finding."""
    return base.nudges.get((category, tier)) or base.nudges[category, Tier.HARD]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
