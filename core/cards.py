"""What a person is shown, in no platform's own terms: cards with buttons, forms, and a home made of cards."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How a line stands in its card."""

    TEXT = "text"
    HEADING = "heading"
    SMALL = "small"  # sources, and what is only by the way


class Style(StrEnum):
    """How a button looks; its label alone says what it does."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of plain text; no markup of any platform, and a platform shows what looks like markup as it stands."""

    text: str = field(repr=False)
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Button:
    """Something a person can do; `value` goes back with the press, or `url` is opened instead."""

    label: str  # at most 75 characters
    do: str  # what `bots.desk` is asked for
    value: str = field(default="", repr=False)  # at most 2,000 characters; never words of a message
    url: str = ""
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Card:
    """Lines, then buttons."""

    lines: tuple[Line, ...]
    buttons: tuple[Button, ...] = ()

    @property
    def plain(self) -> str:
        """All it says, for screen readers, notifications and platforms without cards."""
        return "\n".join(line.text for line in self.lines)


class Input(StrEnum):
    """What can be put into a field."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"  # one of the field's choices
    CHANNELS = "channels"  # of the platform
    PEOPLE = "people"
    DATE = "date"  # YYYY-MM-DD
    TIME = "time"  # HH:MM
    FILE = "file"  # a text file, whose text is put in; where a platform has no such thing, the field is left out


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    input: Input = Input.LINE
    value: str = field(default="", repr=False)  # several are joined by commas
    choices: tuple[tuple[str, str], ...] = ()  # value and label
    hint: str = ""
    required: bool = True
    longest: int = 3_000  # characters


@dataclass(frozen=True, slots=True)
class Form:
    """Fields that are sent together."""

    do: str
    title: str  # at most 24 characters
    submit: str  # at most 24 characters
    fields: tuple[Field, ...]
    lines: tuple[Line, ...] = ()
    value: str = field(default="", repr=False)  # goes back with the fields


@dataclass(frozen=True, slots=True)
class Home:
    """A person's own page: cards one under the other."""

    cards: tuple[Card, ...]


def card(*texts: str, buttons: tuple[Button, ...] = ()) -> Card:
    """A card of plain lines."""
    return Card(tuple(Line(text) for text in texts), buttons)
