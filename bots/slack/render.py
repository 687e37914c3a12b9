"""Cards and forms → Slack's blocks, within its limits; pure.

Everything is plain text to Slack, so that nothing a person wrote can become a link or a mention.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bots.fitting import fitted, parts
from core.cards import Button, Card, Field, Form, Home, Input, Kind, Line, Style

SECTION, HEADER, CONTEXT = 3_000, 150, 2_000  # characters
MOST = {Kind.TEXT: SECTION, Kind.HEADING: HEADER, Kind.SMALL: CONTEXT}
BLOCKS, HOME_BLOCKS = 50, 100
PAGE_BLOCKS = HOME_BLOCKS - 3  # beside what turns pages
WINDOW = 100_000  # characters of a window; Slack takes 250 KB of JSON
LINES = BLOCKS - 5  # and rows of buttons
WHOLE = 8_000  # characters of one message; Slack refuses more than some 10,000 over all blocks
ROW = 5  # buttons beside each other
LABEL = 75
OPTION = 75
OPTIONS = 100
FILES = ["csv", "tsv", "txt"]
TOO_LONG = Card((Line("This is too long for a window, so I wrote it into our chat. You find it under Messages."),))
Block = dict[str, Any]


def messages(card: Card) -> list[dict[str, Any]]:
    """One or, for what is longer than Slack takes, several messages: `text` says all, `blocks` show it."""
    return [{"text": escaped(part.plain), "blocks": blocks(part)} for part in parts(card, MOST, whole=WHOLE, lines=LINES)]


def blocks(card: Card) -> list[Block]:
    """A card's blocks; a card of one message has lines that fit."""
    shown = [_line(part) for line in card.lines for part in fitted(line, MOST)]
    return [*shown, *_rows(card.buttons)]


def view(form: Form, channel: str = "", thread: str = "", *, files: bool = True) -> dict[str, Any]:
    """A form as a modal; `channel` and `thread` are where it was opened, `files` is whether the bot may read any."""
    fields = [field for field in form.fields if files or field.input is not Input.FILE]
    lines = [_line(part) for line in form.lines for part in fitted(line, MOST)]
    return {
        "type": "modal",
        "callback_id": form.do,
        "title": _plain(form.title, 24),
        "submit": _plain(form.submit, 24),
        "close": _plain("Close", 24),
        "private_metadata": json.dumps([form.value, channel, thread]),
        "blocks": [*lines, *map(_input, fields)],
    }


def fits(card: Card) -> bool:
    """Whether a window takes all of a card."""
    return len(blocks(card)) <= HOME_BLOCKS and len(card.plain) <= WINDOW


def modal(card: Card, channel: str = "", thread: str = "") -> dict[str, Any]:
    """A card in a window of its own; for one that no window takes, where it is instead."""
    return {
        "type": "modal",
        "callback_id": "card",
        "title": _plain("Practicum helper", 24),
        "close": _plain("Close", 24),
        "private_metadata": json.dumps(["", channel, thread]),
        "blocks": blocks(card if fits(card) else TOO_LONG),
    }


def home(page: Home, number: int = 0) -> dict[str, Any]:
    """A person's own page; where Slack takes less than all of it, one of several, with buttons to turn them."""
    pages = _pages(page.cards, HOME_BLOCKS)
    pages = pages if len(pages) == 1 else _pages(page.cards, PAGE_BLOCKS)
    number = min(number, len(pages) - 1)
    shown = [*pages[number], *(_turning(number, len(pages)) if len(pages) > 1 else [])]
    for row, block in enumerate(found for found in shown if found["type"] == "actions"):
        for element in block["elements"]:  # ids are to differ over the whole page
            element["action_id"] = f"{element['action_id']}:{row}"
    return {"type": "home", "private_metadata": str(number), "blocks": shown}


def _pages(cards: Sequence[Card], most: int) -> list[list[Block]]:
    """The blocks of cards, on pages of at most so many; a card is torn only where it has more than a page by itself."""
    pages: list[list[Block]] = [[]]
    for own in map(blocks, cards):
        for piece in (own[start : start + most] for start in range(0, len(own), most)):
            if pages[-1] and len(pages[-1]) + 1 + len(piece) > most:
                pages.append([])
            pages[-1] += [*([{"type": "divider"}] if pages[-1] else []), *piece]
    return pages


def _turning(number: int, count: int) -> list[Block]:
    before = (Button("Previous page", "home.page", str(number - 1)),) if number else ()
    after = (Button("Next page", "home.page", str(number + 1)),) if number + 1 < count else ()
    return [{"type": "divider"}, _line(Line(f"Page {number + 1} of {count}", Kind.SMALL)), *_rows((*before, *after))]


def escaped(text: str) -> str:
    """Text that Slack shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(line: Line) -> Block:
    if line.kind is Kind.HEADING:
        return {"type": "header", "text": _plain(line.text, HEADER)}
    if line.kind is Kind.SMALL:
        return {"type": "context", "elements": [_plain(line.text, CONTEXT)]}
    return {"type": "section", "text": _plain(line.text, SECTION)}


def _rows(buttons: Sequence[Button]) -> Iterator[Block]:
    for start in range(0, len(buttons), ROW):
        row = enumerate(buttons[start : start + ROW], start)
        yield {"type": "actions", "elements": [_button(number, button) for number, button in row]}


def _button(number: int, button: Button) -> Block:
    shown: Block = {"type": "button", "action_id": f"{button.do}:{number}", "text": _plain(button.label, LABEL)}
    if button.url:
        shown["url"] = button.url
    elif button.value:
        shown["value"] = button.value
    if button.style is not Style.PLAIN:
        shown["style"] = button.style.value
    return shown


def _input(field: Field) -> Block:
    block: Block = {
        "type": "input",
        "block_id": field.name,
        "label": _plain(field.label, 2_000),
        "optional": not field.required,
        "element": {"action_id": field.name, **_element(field)},
    }
    if field.hint:
        block["hint"] = _plain(field.hint, 2_000)
    return block


def _element(field: Field) -> Block:
    several = [value for value in field.value.split(",") if value]
    match field.input:
        case Input.CHOICE:
            options = [_option(value, label) for value, label in field.choices[:OPTIONS]]
            chosen = next((option for option in options if option["value"] == field.value), None)
            return {"type": "static_select", "options": options, **_given("initial_option", chosen)}
        case Input.CHANNELS:
            own = {"filter": {"include": ["public", "private"], "exclude_bot_users": True}}
            return {"type": "multi_conversations_select", **own, **_given("initial_conversations", several)}
        case Input.PEOPLE:
            return {"type": "multi_users_select", **_given("initial_users", several)}
        case Input.DATE:
            return {"type": "datepicker", **_given("initial_date", field.value)}
        case Input.TIME:
            return {"type": "timepicker", **_given("initial_time", field.value)}
        case Input.FILE:
            return {"type": "file_input", "filetypes": FILES, "max_files": 1}
        case _:
            most = {"max_length": min(field.longest, 3_000)}
            multiline = field.input is Input.TEXT
            return {"type": "plain_text_input", "multiline": multiline, **most, **_given("initial_value", field.value)}


def _given(name: str, value: Any) -> Block:
    return {name: value} if value else {}


def _option(value: str, label: str) -> Block:
    return {"text": _plain(label, OPTION), "value": value[:OPTION]}


def _plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": text if len(text) <= most else f"{text[: most - 1]}…", "emoji": False}
