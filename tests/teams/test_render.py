"""Cards on Teams: the same words as on Slack, in shapes that Teams takes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.slack import render as slack
from bots.teams import render
from core.cards import Button, Card, Field, Form, Home, Input, Kind, Line, Style, card
from core.cohort import Cohort, default_cohort
from core.engine import PracticumEngine
from core.kb.schema import KnowledgeBase
from core.ports import Message, Nudge
from core.speech import answers, cohorts, nudges, privacy, welcome
from core.storage.store import Person

MISCHIEF = "*bold* [a](https://evil.example) `x` {{DATE(2020-01-01T00:00:00Z, SHORT)}} <at>x</at> 1. one\\ www.x.ca"


def blocks(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
        for value in content.values():
            yield from blocks(value)
    elif isinstance(content, list):
        for value in content:
            yield from blocks(value)


def said(content: dict[str, Any]) -> list[str]:
    """The words of a Teams card, line by line."""
    return [block["text"] for block in blocks(content) if block.get("type") in {"TextRun", "TextBlock"}]


def said_on_slack(shown: Card) -> list[str]:
    found = []
    for block in slack.blocks(shown):
        if block["type"] != "actions":
            text = block["elements"][0]["text"] if block["type"] == "context" else block["text"]["text"]
            found += text.split("\n")
    return found


@pytest.fixture(scope="module")
def cards(base: KnowledgeBase, engine: PracticumEngine) -> list[Card]:
    cohort = default_cohort()
    profile = base.profiles[cohort.profile]
    text = "call my client's mom at 403 555 0139"
    message = Message(id="1", author="a", channel="c", sent_at=datetime(2026, 11, 2, tzinfo=UTC), to_bot=False, text=text)
    nudge = next(action for action in engine.handle(message, cohort) if isinstance(action, Nudge))
    questions = (
        "can I accept a friend request from a former client?",
        "can I post it",
        "my client says he will kill himself tonight",
        "when is the bus?",
    )
    return [
        *(answers.answer_card(base, engine.ask(question, cohort), "c") for question in questions),
        nudges.nudge_card(nudge, "https://example.invalid/m"),
        nudges.draft_card(base, engine.scan(text, cohort)),
        welcome.welcome_card(cohort, profile),
        welcome.notice_card(),
        answers.help_card(command=""),
        privacy.mine_card(base, cohort.zone, [], [], Person("a")),
        cohorts.cohort_card(cohort, profile, [], shadow=True, stale=["old"], unreachable=2),
    ]


def test_a_card_says_the_same_on_both_platforms(cards: list[Card]) -> None:
    for shown in cards:
        assert said(render.content(shown)) == said_on_slack(shown) == shown.plain.split("\n")
        labels = [action["title"] for action in blocks(render.content(shown)) if str(action.get("type")).startswith("Action.")]
        on_slack = [e["text"]["text"] for block in slack.blocks(shown) if block["type"] == "actions" for e in block["elements"]]
        assert labels == on_slack == [button.label for button in shown.buttons]


def test_all_of_it_is_told_where_cards_are_not_shown(cards: list[Card]) -> None:
    for shown in cards:
        (activity,) = render.activities(shown)
        (attachment,) = activity["attachments"]
        assert activity["summary"] == attachment["content"]["fallbackText"] == shown.plain
        assert attachment["content"]["version"] == "1.5"


def test_nothing_a_person_wrote_is_read_as_markup() -> None:
    content = render.content(Card((Line(MISCHIEF), Line(MISCHIEF, Kind.HEADING), Line(MISCHIEF, Kind.SMALL))))
    assert not [block for block in blocks(content["body"]) if block.get("type") == "TextBlock"]
    assert {text.replace("\u200b", "") for text in said(content)} == {MISCHIEF}
    assert "{{DATE" not in json.dumps(content["body"])


def test_a_plain_heading_is_a_heading_to_a_screen_reader() -> None:
    (block,) = render.content(Card((Line("The policy in brief", Kind.HEADING),)))["body"]
    assert (block["type"], block["style"], block["wrap"]) == ("TextBlock", "heading", True)


def test_what_is_too_long_comes_in_parts_with_the_buttons_last() -> None:
    shown = Card(tuple(Line("A sentence of some length. " * 40) for _ in range(30)), (Button("Why?", "nudge.why"),))
    parts = render.activities(shown)
    assert len(parts) > 1
    assert all(len(json.dumps(part)) < 25_000 for part in parts)
    assert ["Why?" in json.dumps(part) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert " ".join(" ".join(said(part)) for part in parts).split() == shown.plain.split()


def test_buttons_carry_what_they_do() -> None:
    buttons = tuple(Button(f"b{number}", "do.it", f"v{number}", style=Style.DANGER) for number in range(8))
    content = render.content(Card((Line("x"),), (*buttons, Button("Open", "open", url="https://example.invalid/"))), "19:c", "7")
    sets = [block for block in content["body"] if block["type"] == "ActionSet"]
    assert [len(block["actions"]) for block in sets] == [6, 3]
    first = sets[0]["actions"][0]
    assert first["data"] == {"practicum": {"do": "do.it", "value": "v0", "channel": "19:c", "thread": "7"}}
    assert (first["type"], first["associatedInputs"], first["style"]) == ("Action.Submit", "none", "destructive")
    assert sets[1]["actions"][2] == {"type": "Action.OpenUrl", "title": "Open", "url": "https://example.invalid/"}


FIELDS = (
    Field("line", "A line", value="kept", hint="a hint"),
    Field("text", "A text", Input.TEXT, required=False),
    Field("choice", "A choice", Input.CHOICE, "b", (("a", "A"), ("b", "B"))),
    Field("channels", "Channels", Input.CHANNELS, "19:c"),
    Field("people", "People", Input.PEOPLE),
    Field("day", "Day", Input.DATE, "2027-01-11"),
    Field("at", "At", Input.TIME, "09:00"),
)


def test_every_kind_of_field() -> None:
    content = render.form(
        Form("x.save", "Title", "Save", FIELDS), "19:c", "7", render.Options([("19:c", "ethics"), ("19:d", "other")])
    )
    inputs = {block["id"]: block for block in blocks(content) if str(block.get("type")).startswith("Input.")}
    assert list(inputs) == [field.name for field in FIELDS]
    assert all(inputs[field.name]["label"].startswith(field.label) for field in FIELDS)
    assert inputs["line"]["label"] == "A line (a hint)"
    assert [name for name, shown in inputs.items() if shown.get("isRequired")] == [
        "line",
        "choice",
        "channels",
        "people",
        "day",
        "at",
    ]
    assert inputs["channels"]["choices"] == [{"title": "ethics", "value": "19:c"}, {"title": "other", "value": "19:d"}]
    assert (inputs["channels"]["isMultiSelect"], inputs["channels"]["value"]) == (True, "19:c")
    assert (inputs["day"]["value"], inputs["at"]["value"]) == ("2027-01-11", "09:00")
    (submit,) = [block for block in blocks(content) if block.get("type") == "Action.Submit"]
    assert submit["data"]["practicum"] == {"do": "x.save", "value": "", "channel": "19:c", "thread": "7"}


def test_a_form_shown_again_keeps_what_was_put_in_and_says_what_is_wrong() -> None:
    options = render.Options(given={"line": "mine", "text": ""}, faults={"line": "Choose another."})
    content = render.form(Form("x.save", "Title", "Save", FIELDS[:2]), options=options)
    inputs = {block["id"]: block for block in blocks(content) if str(block.get("type")).startswith("Input.")}
    assert inputs["line"]["value"] == "mine"
    assert "Choose another." in said(content)


def test_a_page_is_a_message_for_each_card() -> None:
    assert [part["summary"] for part in render.home(Home((card("one"), card("two"))))] == ["one", "two"]


def test_forms_of_the_product_have_fields_that_teams_knows(base: KnowledgeBase, sample: Cohort) -> None:
    for form in (cohorts.cohort_form(base, None, ()), cohorts.roster_form(sample, ()), answers.ask_form(), nudges.draft_form()):
        content = render.form_activity(form)["attachments"][0]["content"]
        fields = [field for field in form.fields if field.input is not Input.FILE]
        assert len([block for block in blocks(content) if str(block.get("type")).startswith("Input.")]) == len(fields)
