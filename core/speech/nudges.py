"""A nudge as a card, and what follows when its author does something about it."""

from collections.abc import Sequence
from datetime import datetime

from core.answer import Finding
from core.cards import Button, Card, Field, Form, Input, Kind, Line, Style, card
from core.kb.schema import KnowledgeBase
from core.nudging.records import Feedback, NudgeRecord, leading
from core.nudging.wording import of, reasons
from core.ports import Message, Nudge
from core.speech.values import pack
from core.vocabulary import Tier

JUDGEMENTS = {
    Feedback.NOT_PRACTICUM: "Nobody of my placement is meant",
    Feedback.NOT_IDENTIFYING: "Nobody could recognise anyone",
    Feedback.PUBLIC: "It is public anyway",
    Feedback.OTHER: "Something else",
}


def reference(message: Message) -> str:
    """Which message a nudge is for, as its buttons carry it."""
    return pack(message.channel, message.id, message.thread or "")


def nudge_card(nudge: Nudge, link: str) -> Card:
    """`link` opens the message, where the platform can."""
    value, soft = reference(nudge.to), leading(nudge.findings).tier is Tier.SOFT
    *text, why = nudge.text.split("\n")
    buttons = (
        *((Button("Go to my message", "open", url=link, style=Style.PRIMARY),) if link else ()),
        Button("Why?", "nudge.why", value),
        Button("This isn't about practicum", "nudge.judge", value),
        Button("Ask about this", "ask.open"),
        *((Button("Pause gentle nudges for a day", "pause.begin"),) if soft else ()),
    )
    return Card((*map(Line, text), Line(why, Kind.SMALL)), buttons)


def why_card(base: KnowledgeBase, record: NudgeRecord) -> Card:
    """What was found and by what, for the author alone."""
    return card(*reasons(base, record).split("\n"))


def judge_card(value: str) -> Card:
    """Asks what was wrong about a nudge."""
    buttons = tuple(Button(label, "nudge.judged", pack(value, code)) for code, label in JUDGEMENTS.items())
    return card(
        "Thank you for telling me. Which of these fits best? Your choice closes this note, and I keep nothing else.",
        buttons=buttons,
    )


def judged_card() -> Card:
    """Closes a nudge that was wrong."""
    return card("Thank you. This is closed. I count that I was wrong, and keep no word of your message.")


def closed_card() -> Card:
    """Stands where a nudge stood, once its message was mended."""
    return card("Thank you. Your message was changed or taken down, so this is settled.")


def gone_card() -> Card:
    """When a button of a nudge is pressed that ended already."""
    return card("There is nothing open about this message any more.")


def paused_card(until: datetime) -> Card:
    """Until when gentle nudges are paused; `until` is in the person's zone."""
    return card(
        f"I won't nudge you about stories until {until:%A %H:%M}. I'll still tell you about names, numbers, photos and contact "
        "with clients."
    )


def pausing_card(until: datetime | None) -> Card:
    """Whether gentle nudges are paused, and the other way; `until` is in the person's zone."""
    if until is None:
        return card(
            "Gentle nudges are on. They are about stories without names. You can pause them for a day.",
            buttons=(Button("Pause gentle nudges for a day", "pause.begin"),),
        )
    return card(f"Gentle nudges are paused until {until:%A %H:%M}.", buttons=(Button("Switch them on again", "pause.end"),))


def draft_form() -> Form:
    """Asks for a draft to look at before it is posted."""
    draft = Field("draft", "Your draft", Input.TEXT)
    lines = (Line("Only you see what I find. I don't keep the draft."),)
    return Form("draft.send", "Check my draft", "Check", (draft,), lines)


def draft_card(base: KnowledgeBase, findings: Sequence[Finding]) -> Card:
    """What a draft's author may want to change, without its words."""
    if not findings:
        return card(
            "I found nothing in this draft that says too much about anybody. I can miss things: if you are not sure, please ask."
        )
    lines = [Line("Only you see this. Please look at this before you post:")]
    for category, tier in dict.fromkeys((finding.category, finding.tier) for finding in findings):
        chosen = of(base, category, tier)
        lines.append(Line(f"• {chosen.name[0].upper()}{chosen.name[1:]}: {chosen.next_step}"))
        lines.append(Line(f"{chosen.why} [{', '.join(chosen.citations)}]", Kind.SMALL))
    return Card(tuple(lines))
