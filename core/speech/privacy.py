"""What is kept of somebody, shown to them alone."""

import json
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.cards import Button, Card, Kind, Line, Style, card
from core.kb.schema import KnowledgeBase
from core.nudging.records import NudgeRecord
from core.nudging.wording import of
from core.storage.store import Member

SHOWN = 20  # nudges on a card; an export has them all


def mine_card(base: KnowledgeBase, zone: ZoneInfo, nudges: Sequence[NudgeRecord], members: Sequence[Member]) -> Card:
    """Everything kept of somebody, in words."""
    lines = [Line("What is kept of you", Kind.HEADING)]
    lines += [Line(_membership(member, zone)) for member in members]
    lines.append(Line(f"Nudges: {len(nudges)}. Of each the kind, the time and how it ended; never your message."))
    for record in reversed(nudges[-SHOWN:]):
        name = of(base, record.category, record.tier).name
        lines.append(Line(f"• {record.at.astimezone(zone):%Y-%m-%d %H:%M}: {name}, {record.closing or 'open'}", Kind.SMALL))
    buttons = (Button("Export", "mine.export"), Button("Delete all of it", "mine.delete", style=Style.DANGER))
    return Card(tuple(lines), buttons)


def export_card(nudges: Sequence[NudgeRecord], members: Sequence[Member]) -> Card:
    """The same as data."""
    shown = ("at", "category", "tier", "band", "rule", "closing", "feedback")
    data = {
        "nudges": [{name: _plain(getattr(record, name)) for name in shown} for record in nudges],
        "memberships": [
            {
                "cohort": member.cohort,
                "role": member.role,
                "joined_at": _plain(member.joined_at),
                "acknowledged": member.acknowledged,
                "acknowledged_at": _plain(member.acknowledged_at),
            }
            for member in members
        ],
    }
    return card("This is everything, as JSON:", json.dumps(data, indent=1))


def confirm_card() -> Card:
    """Asks before deleting."""
    return card(
        "Delete what is kept of your nudges, and your acknowledgement of the policy? You stay in your cohort, and will be asked "
        "to acknowledge again.",
        buttons=(
            Button("Delete it", "mine.deleted", style=Style.DANGER),
            Button("Keep it", "mine.show"),
        ),
    )


def deleted_card(count: int) -> Card:
    """Confirms it."""
    return card(f"Deleted: {count} {'record' if count == 1 else 'records'}. Nothing else was kept.")


def _membership(member: Member, zone: ZoneInfo) -> str:
    role = f"You are a {member.role} of {member.cohort}, since {member.joined_at.astimezone(zone):%Y-%m-%d}."
    if member.acknowledged_at is None:
        return role
    version = (member.acknowledged or "").partition(" ")[0]
    return f"{role} You acknowledged the policy, version {version}, on {member.acknowledged_at.astimezone(zone):%Y-%m-%d}."


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
