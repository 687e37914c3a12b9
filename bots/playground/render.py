"""Cards, forms and the engine's decisions → what one person's windows show, as JSON."""

import uuid
from dataclasses import asdict
from typing import Any

from bots.playground.room import COHORT, DIRECT, SEMINAR, Room, Whispered, now
from core.cards import Card, Form, Input, card
from core.kb.schema import KnowledgeBase
from core.nudging.records import leading
from core.ports import Letter, Nudge, Reply, Whisper
from core.speech.answers import reply_card
from core.speech.nudges import nudge_card

EDIT = "#edit="  # what the address of a nudge's message begins with; the page edits it in place


def whispered(action: Reply | Nudge | Whisper | Letter, base: KnowledgeBase) -> Whispered:
    """What the author sees, and nobody else; the same action always has the same id."""
    if isinstance(action, Letter):
        name, direct = letter_id(action), f"{DIRECT}-{action.person}"
        return Whispered(id=name, to=action.person, kind="line", channel=direct, at=now(), card=shown(action.card))
    message, tier = action.to, None
    if isinstance(action, Nudge):
        tier = leading(action.findings).tier
        kind, name, said = "nudge", f"nudge-{message.id}-{tier}", nudge_card(action, f"{EDIT}{message.id}")
    elif isinstance(action, Whisper):
        kind, name, said = "line", f"line-{message.id}", card(*action.text.split("\n"))
    else:
        shared = not message.channel.startswith(f"{DIRECT}-")
        kind, name, said = "reply", f"reply-{message.id}", reply_card(base, action, shared=shared)
    return Whispered(
        id=name, to=message.author, kind=kind, channel=message.channel, at=now(), card=shown(said),
        message=message.id, thread=message.thread, tier=tier,
    )  # fmt: skip


def letter_id(letter: Letter) -> str:
    """A letter's id: the same for the same marker, and one of its own where it has none."""
    return f"letter-{letter.marker or uuid.uuid4().hex}"


def shown(given: Card) -> dict[str, Any]:
    """A card."""
    return {"lines": [asdict(line) for line in given.lines], "buttons": [asdict(button) for button in given.buttons]}


def form(given: Form, room: Room) -> dict[str, Any]:
    """A form; what is chosen from channels and people has the page's own as choices. Files are imported elsewhere on the page."""
    own = {Input.CHANNELS: CHANNELS, Input.PEOPLE: [(p.id, p.name) for p in room.people.values()]}
    taken = [field for field in given.fields if field.input is not Input.FILE]
    fields = [{**asdict(field), "choices": own.get(field.input, field.choices)} for field in taken]
    return {**asdict(given), "fields": fields}


CHANNELS = [(COHORT, "#practicum"), (SEMINAR, "#seminar")]
