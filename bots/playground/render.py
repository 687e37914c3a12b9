"""The engine's decisions → what one person's window shows."""

from bots.playground.room import DIRECT, Whispered, now
from core.kb.schema import KnowledgeBase
from core.nudging.records import leading
from core.ports import Letter, Nudge, Reply, Whisper
from core.speech.answers import CARELESS
from core.vocabulary import Outcome, Tier


def whispered(action: Reply | Nudge | Whisper | Letter, base: KnowledgeBase) -> Whispered:
    """What the author sees, and nobody else; the same action always has the same id."""
    if isinstance(action, Letter):
        at = now()
        return Whispered(
            id=f"letter-{at}", to=action.person, kind="line", channel=f"{DIRECT}-{action.person}", at=at, text=action.card.plain
        )
    message = action.to
    if isinstance(action, Nudge):
        tier = leading(action.findings).tier
        actions = ("why", "edit", "judge", "ask", *(("pause",) if tier is Tier.SOFT else ()))
        return Whispered(
            id=f"nudge-{message.id}-{tier}", to=message.author, kind="nudge", channel=message.channel, at=now(), text=action.text,
            message=message.id, thread=message.thread, tier=tier, actions=actions,
        )  # fmt: skip
    if isinstance(action, Whisper):
        return Whispered(
            id=f"line-{message.id}", to=message.author, kind="line", channel=message.channel, at=now(), text=action.text,
            message=message.id, thread=message.thread,
        )  # fmt: skip
    answer = action.answer
    choices = tuple(f"{number}: {base.entries[name].phrasings[0]}" for number, name in enumerate(answer.clarify, 1))
    said = "\n".join([answer.text, *([CARELESS] if action.careless else [])])
    return Whispered(
        id=f"reply-{message.id}", to=message.author, kind="reply", channel=message.channel, at=now(), text=said,
        message=message.id, thread=message.thread, choices=choices, share=answer.outcome is Outcome.ANSWERED and not choices,
    )  # fmt: skip
