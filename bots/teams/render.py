"""Cards and forms → Adaptive Cards of the version that Teams renders; pure.

Buttons are `Action.Submit`, which every Teams client has in chats, channels and windows alike: pressed, they come back as a
message without text, and what follows replaces the card by its id. `Action.Execute` would need a fallback that does the same.
Words stand in `RichTextBlock`s, whose text is no Markdown, so that nothing a person wrote can become a link or lose a character.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bots.fitting import parts
from bots.teams.inbound import DATA
from core.cards import Button, Card, Field, Form, Home, Input, Kind, Line, Style

VERSION = "1.5"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
CONTENT = "application/vnd.microsoft.card.adaptive"
MOST = {Kind.TEXT: 3_000, Kind.HEADING: 300, Kind.SMALL: 3_000}  # characters of a paragraph
WHOLE = 8_000  # characters of a card; Teams refuses activities beyond some 28 KB
LINES = 60
ROW = 6  # buttons beside each other; Teams hides further ones of one set
OPTIONS = 100
_STYLES = {Style.PRIMARY: "positive", Style.DANGER: "destructive"}
_LOOKS: Mapping[Kind, Mapping[str, Any]] = {
    Kind.TEXT: {},
    Kind.HEADING: {"weight": "bolder", "size": "medium"},
    Kind.SMALL: {"isSubtle": True, "size": "small"},
}
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#+\-!|~&.:]")  # what a TextBlock might take for Markdown, or an address
_FUNCTION = re.compile(r"\{\{(?=DATE|TIME)", re.IGNORECASE)  # of Adaptive Cards, wherever text stands
Content = dict[str, Any]


def activities(card: Card, channel: str = "", thread: str = "") -> list[Content]:
    """One or, for what is longer than Teams takes, several messages; `channel` and `thread` are what it is about."""
    return [_activity(part.plain, content(part, channel, thread)) for part in parts(card, MOST, whole=WHOLE, lines=LINES)]


def content(card: Card, channel: str = "", thread: str = "") -> Content:
    """A card's Adaptive Card."""
    return _adaptive(card.plain, [*_lines(card.lines), *_rows(card.buttons, channel, thread)])


def form(shown: Form, channel: str = "", thread: str = "", options: "Options | None" = None) -> Content:
    """A form's Adaptive Card; `channel` and `thread` are where it was opened."""
    known = options or Options()
    fields = [field for field in shown.fields if field.input is not Input.FILE]  # no card of Teams takes a file
    return _adaptive(
        "\n".join((shown.title, *(line.text for line in shown.lines), *(field.label for field in fields))),
        [
            *_lines((Line(shown.title, Kind.HEADING), *shown.lines)),
            *_fault(known.faults.get("", "")),
            *(block for field in fields for block in _input(field, known)),
            {"type": "ActionSet", "actions": [_submit(shown.submit, shown.do, shown.value, channel, thread)]},
        ],
    )


def form_activity(shown: Form, channel: str = "", thread: str = "", options: "Options | None" = None) -> Content:
    """A form as a message."""
    return _activity("\n".join((shown.title, *(line.text for line in shown.lines))), form(shown, channel, thread, options))


def home(page: Home) -> list[Content]:
    """A person's own page: a message for each card, so that each can be changed in its place."""
    return [activity for card in page.cards for activity in activities(card)]


def window(title: str, shown: Content) -> Content:
    """A card in a window of its own, as the answer to a call of the message extension."""
    value = {"title": title, "height": "medium", "width": "medium", "card": {"contentType": CONTENT, "content": shown}}
    return {"task": {"type": "continue", "value": value}}


class Options:
    """What can be chosen in a form, and what was wrong with what was put in."""

    def __init__(
        self,
        channels: Sequence[tuple[str, str]] = (),
        given: Mapping[str, str] | None = None,
        faults: Mapping[str, str] | None = None,
    ) -> None:
        """`channels` are ids and names; `given` and `faults` are by field, a fault of the whole by the empty name."""
        self.channels = channels
        self.given = given or {}
        self.faults = faults or {}


def _activity(words: str, shown: Content) -> Content:
    return {"type": "message", "summary": words, "attachments": [{"contentType": CONTENT, "content": shown}]}


def _adaptive(words: str, body: Sequence[Content]) -> Content:
    return {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": words,
        "body": list(body),
    }


def _lines(lines: Sequence[Line]) -> list[Content]:
    return [block for line in lines for block in _line(line)]


def _line(line: Line) -> Iterator[Content]:
    """Its paragraphs; only a heading without any markup is a heading to a screen reader, as TextBlocks alone can be that."""
    for number, text in enumerate(line.text.split("\n")):
        near = {"spacing": "none"} if number else {}
        if line.kind is Kind.HEADING and not _MARKUP.search(text):
            yield {"type": "TextBlock", "text": text or " ", "wrap": True, "style": "heading", **_LOOKS[line.kind], **near}
        else:
            run = {"type": "TextRun", "text": shown_as_it_is(text) or " ", **_LOOKS[line.kind]}
            yield {"type": "RichTextBlock", "inlines": [run], **near}


def shown_as_it_is(text: str) -> str:
    """Text without Adaptive Cards' own functions: a character that nobody sees stands between their braces."""
    return _FUNCTION.sub("{\u200b{", text)


def _rows(buttons: Sequence[Button], channel: str, thread: str) -> Iterator[Content]:
    for start in range(0, len(buttons), ROW):
        row = buttons[start : start + ROW]
        yield {"type": "ActionSet", "actions": [_button(button, channel, thread) for button in row]}


def _button(button: Button, channel: str, thread: str) -> Content:
    if button.url:
        return {"type": "Action.OpenUrl", "title": button.label, "url": button.url}
    shown = _submit(button.label, button.do, button.value, channel, thread)
    shown["associatedInputs"] = "none"
    if style := _STYLES.get(button.style):
        shown["style"] = style
    return shown


def _submit(label: str, do: str, value: str, channel: str, thread: str) -> Content:
    carried = {"do": do, "value": value, **({"channel": channel, "thread": thread} if channel else {})}
    return {"type": "Action.Submit", "title": label, "data": {DATA: carried}}


def _input(field: Field, known: Options) -> Iterator[Content]:
    label = field.label if not field.hint else f"{field.label} ({field.hint})"
    shown: Content = {"id": field.name, "label": label, **_element(field, known)}
    if field.required:
        shown |= {"isRequired": True, "errorMessage": "Please fill this in."}
    yield shown
    yield from _fault(known.faults.get(field.name, ""))


def _fault(words: str) -> Iterator[Content]:
    if words:
        run = {"type": "TextRun", "text": shown_as_it_is(words), "color": "attention", "weight": "bolder"}
        yield {"type": "RichTextBlock", "inlines": [run]}


def _element(field: Field, known: Options) -> Content:
    value = known.given.get(field.name, field.value)
    given = {"value": value} if value else {}
    match field.input:
        case Input.CHOICE:
            return _choices(field.choices, given)
        case Input.CHANNELS:
            return _choices(known.channels, given) | {"isMultiSelect": True}
        case Input.PEOPLE:
            found = {"choices.data": {"type": "Data.Query", "dataset": "graph.microsoft.com/users?scope=currentContext"}}
            return _choices((), given) | {"isMultiSelect": True} | found
        case Input.DATE:
            return {"type": "Input.Date", **given}
        case Input.TIME:
            return {"type": "Input.Time", **given}
        case _:
            return {"type": "Input.Text", "isMultiline": field.input is Input.TEXT, "maxLength": field.longest, **given}


def _choices(choices: Sequence[tuple[str, str]], given: Content) -> Content:
    shown = [{"title": label, "value": value} for value, label in choices[:OPTIONS]]
    return {"type": "Input.ChoiceSet", "style": "compact", "choices": shown, **given}
