"""What is kept of somebody, shown to them alone."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from core.cards import Button, Card, Kind, Line, Style, card
from core.kb.schema import KnowledgeBase
from core.nudging.records import Closing, NudgeRecord
from core.nudging.wording import of
from core.storage.store import Member, Person

SHOWN = 20  # nudges on a card; an export has them all
_ENDED = {
    Closing.EDITED: "you changed the message",
    Closing.DELETED: "you took the message down",
    Closing.JUDGED: "you called it wrong",
}
_KEYS = frozenset({"id", "author", "message", "channel", "thread"})  # which say nothing to anybody


def mine_card(
    base: KnowledgeBase, zone: ZoneInfo, nudges: Sequence[NudgeRecord], members: Sequence[Member], person: Person
) -> Card:
    """Everything kept of somebody, in words."""
    lines = [Line("What is kept about you", Kind.HEADING)]
    lines += [Line(_membership(member, zone)) for member in members]
    if person.paused_until:
        lines.append(Line(f"You paused gentle nudges until {person.paused_until.astimezone(zone):%Y-%m-%d %H:%M}."))
    lines.append(Line(f"Nudges: {len(nudges)}. For each I keep the kind, the time and how it ended, never your message."))
    for record in reversed(nudges[-SHOWN:]):
        name = of(base, record.category, record.tier).name
        lines.append(Line(f"• {record.at.astimezone(zone):%Y-%m-%d %H:%M}: {name} ({_end(record)})", Kind.SMALL))
    if len(nudges) > SHOWN:
        lines.append(Line(f"These are the last {SHOWN}. Export shows all of them.", Kind.SMALL))
    buttons = (Button("Export", "mine.export"), Button("Delete it", "mine.delete", style=Style.DANGER))
    return Card(tuple(lines), buttons)


def export_card(nudges: Sequence[NudgeRecord], members: Sequence[Member], person: Person) -> Card:
    """The same as data."""
    data = {
        "nudges": [_plain(asdict(record)) for record in nudges],
        "memberships": [_plain(asdict(member)) for member in members],
        "settings": _plain(asdict(person)),
    }
    return card("This is everything that is kept about you, as JSON:", json.dumps(data, indent=1, ensure_ascii=False))


def confirm_card() -> Card:
    """Asks before deleting."""
    return card(
        "Delete what is kept about your nudges, your pause, and that you acknowledged the policy? You stay in your cohort. You "
        "will be asked to acknowledge the policy again.",
        buttons=(
            Button("Delete it", "mine.deleted", style=Style.DANGER),
            Button("Keep it", "mine.show"),
        ),
    )


def deleted_card(count: int, members: Sequence[Member]) -> Card:
    """Confirms it, and says what is still kept."""
    done = f"Deleted: {count} {'record' if count == 1 else 'records'}."
    if not members:
        return card(f"{done} Nothing else was kept about you.")
    return card(f"{done} I only keep that you belong to {' and '.join(member.cohort for member in members)}.")


def _membership(member: Member, zone: ZoneInfo) -> str:
    article = "an" if member.role[0] in "aeiou" else "a"
    role = f"You are {article} {member.role} in {member.cohort}, since {member.joined_at.astimezone(zone):%Y-%m-%d}."
    if member.acknowledged_at is None:
        times = (
            f" You were asked to acknowledge the policy on {member.asked_at.astimezone(zone):%Y-%m-%d}."
            if member.asked_at
            else ""
        )
        return role + times
    version = (member.acknowledged or "").partition(" ")[0]
    return f"{role} You acknowledged the policy, version {version}, on {member.acknowledged_at.astimezone(zone):%Y-%m-%d}."


def _end(record: NudgeRecord) -> str:
    if record.shadow:
        return "only counted, not sent to you"
    return _ENDED[record.closing] if record.closing else "open"


def _plain(data: dict[str, object]) -> dict[str, object]:
    """Without the keys that stand for people and messages, and with times as text."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in data.items() if name not in _KEYS
    }
