"""What a person did with a card or a form, and what they are shown next."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.cards import Card, Form, card
from core.errors import ForbiddenError, InputError, PracticumBotError
from core.ports import Event, Happened, Message
from core.text import MAX_CHARACTERS

_NAME = re.compile(r"[a-z]{1,16}\.[a-z]{1,16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button pressed, or a form sent."""

    platform: str  # and its workspace, for example `slack:T0123`
    id: str  # the platform's own
    person: str
    do: str
    at: datetime  # timezone-aware
    value: str = field(default="", repr=False)
    inputs: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> str:
        """What was pressed, as a log may say it: a name of our cards' making, and nothing else that was sent in its place."""
        return self.do if _NAME.fullmatch(self.do) else "unknown"


@dataclass(frozen=True, slots=True)
class Say:
    """A further card, for the person alone."""

    card: Card


@dataclass(frozen=True, slots=True)
class Instead:
    """A card in the place of the one whose button was pressed."""

    card: Card


@dataclass(frozen=True, slots=True)
class Wrong:
    """A form that can't be taken as it is: what is wrong, by field; nothing that was put in is lost."""

    faults: Mapping[str, str]


Shown = Say | Instead | Form | Wrong


FORBIDDEN = card(
    "I can't do that here yet: I lack a permission. Please ask whoever installed me to install me again with every permission "
    "that I ask for. My log says which one is missing."
)
LATER = card("I couldn't do that just now. Nothing is lost; please try again in a minute.")


def troubled(error: PracticumBotError) -> Card:
    """What somebody is told whose press could not be worked on."""
    if isinstance(error, ForbiddenError):
        return FORBIDDEN
    return card(f"{str(error)[:1].upper()}{str(error)[1:]}.") if isinstance(error, InputError) else LATER


def question(platform: str, name: str, person: str, text: str, channel: str, thread: str = "") -> Event:
    """A question put by a command or a form, which nobody else can read; `name` is what the platform calls this once."""
    now = datetime.now(UTC)
    message = Message(
        id=name,
        author=person,
        channel=channel,
        sent_at=now,
        to_bot=True,
        private=True,
        thread=thread or None,
        text=text[:MAX_CHARACTERS],
    )
    return Event(platform=platform, id=name, happened=Happened.POSTED, at=now, message=message)
