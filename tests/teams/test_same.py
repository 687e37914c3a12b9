"""The same message is found and worded alike, whichever platform it came by."""

import uuid
from typing import Any

import pytest

from bots.slack import inbound as slack
from bots.teams import inbound as teams
from core.cohort import default_cohort
from core.engine import PracticumEngine
from core.ports import Message, Nudge, Reply
from core.text import plain
from tests.teams.activities import Json, in_channel, mention


def somebody() -> Json:
    """Who wrote nothing before, which would be read along."""
    name = str(uuid.uuid4())
    return {"id": f"29:1{name}", "name": "Ana Lopez", "aadObjectId": name}


def by_slack(text: str, name: str, mimetype: str) -> Message:
    files = [{"name": name, "mimetype": mimetype}] if name else []
    event: dict[str, Any] = {
        "type": "message",
        "channel": "C1",
        "user": f"U{uuid.uuid4().hex}",
        "ts": "1700000000.000100",
        "text": text,
    }
    found = slack.event(
        {"team_id": "T1", "event_id": "E1", "event": {**event, **({"subtype": "file_share", "files": files} if files else {})}},
        "UBOT",
    )
    assert found is not None
    return found.message


def by_teams(html: str, name: str, mimetype: str, asked: bool) -> Message:
    attachments = [{"contentType": mimetype, "name": name}] if name else []
    found = teams.event(in_channel(somebody(), text=html, attachments=attachments, entities=[mention()] if asked else []))
    assert found is not None
    return found.message


@pytest.mark.parametrize(
    ("on_slack", "on_teams", "name", "mimetype"),
    [
        ("call my client's mom at 403 555 0139", "<div><div>call my client&#39;s mom at <b>403&nbsp;555&nbsp;0139</b></div></div>", "", ""),
        ("rough day, my 3pm no-showed because she is back in detox", "<p>rough day, my 3pm no-showed because she is back in detox</p>", "", ""),
        ("look, my client at the park", "look, my client at the park", "IMG_2041.jpg", "image/jpeg"),
        ("who has the slides for monday?", "<div>who has the <i>slides</i> for monday?</div>", "", ""),
        ("<@UBOT> can I follow a client &amp; their family?", "<at>Practicum helper</at> can I follow a client &amp; their family?", "", ""),
    ],
)  # fmt: skip
def test_findings_and_words_are_the_same(engine: PracticumEngine, on_slack: str, on_teams: str, name: str, mimetype: str) -> None:
    here, there = by_slack(on_slack, name, mimetype), by_teams(on_teams, name, mimetype, "<at>" in on_teams)
    assert here.to_bot == there.to_bot
    assert " ".join(plain(here.text).text.split()) == " ".join(plain(there.text).text.split())
    found = [engine.handle(message, default_cohort()) for message in (here, there)]
    shown = [
        [
            action.answer.text
            if isinstance(action, Reply)
            else [(f.category, f.tier, f.rule, plain_span(action, f.start, f.end)) for f in action.findings]
            for action in actions
        ]
        for actions in found
    ]
    assert shown[0] == shown[1]


def plain_span(nudge: Nudge, start: int, end: int) -> str:
    """What a finding points at, as its reader sees it: the offsets are those of the platform's own text."""
    return " ".join(plain(nudge.to.text[start:end]).text.split())
