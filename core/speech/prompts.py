"""A cohort's calendar of prompts, as its coordinator sees and changes it."""

from collections.abc import Sequence
from datetime import datetime

from core.cards import Button, Card, Kind, Line, Style
from core.cohort import Cohort
from core.scheduling.calendar import Week
from core.speech.values import pack
from core.storage.slots import State

CHANGED = 3  # weeks that have buttons of their own
_STATES = {State.SKIPPED: "left out", State.LATE: "missed", State.PLANNED: "being posted", State.DONE: "posted"}


def prompts_card(cohort: Cohort, weeks: Sequence[Week], paused_at: datetime | None, now: datetime) -> Card:
    """What is to come, with what can be done about it; `now` decides which weeks still lie ahead."""
    lines = [Line(f"Prompts of {cohort.name}", Kind.HEADING)]
    if paused_at:
        lines.append(Line(f"Nothing has been posted since {paused_at.astimezone(cohort.zone):%Y-%m-%d}: prompts are paused."))
    if not weeks:
        lines.append(Line("No prompts are to come: the term is over."))
    for week in weeks:
        state = f" ({_STATES[week.state]})" if week.state in _STATES else ""
        at = week.planned.at.astimezone(cohort.zone)
        lines.append(Line(f"{at:%a} {at.day} {at:%b, %H:%M}{state}: {week.planned.prompt.text}"))
    return Card(tuple(lines), (*_changes(cohort, weeks, now), _pause(cohort, paused_at)))


def _changes(cohort: Cohort, weeks: Sequence[Week], now: datetime) -> list[Button]:
    ahead = [week for week in weeks if not week.posted and week.planned.at > now][:CHANGED]
    buttons = []
    for week in ahead:
        at, value = week.planned.at.astimezone(cohort.zone), pack(cohort.name, week.planned.week.isoformat())
        day = f"{at.day} {at:%b}"
        if week.skipped:
            buttons.append(Button(f"Post {day} after all", "prompts.unskip", value))
        else:
            buttons.append(Button(f"Leave out {day}", "prompts.skip", value))
    following = next((week for week in ahead if not week.skipped), None)
    if following:
        value = pack(cohort.name, following.planned.week.isoformat())
        buttons.insert(0, Button("Post now", "prompts.post", value, style=Style.PRIMARY))
    return buttons


def _pause(cohort: Cohort, paused_at: datetime | None) -> Button:
    if paused_at:
        return Button("Resume prompts", "prompts.resume", pack(cohort.name, ""))
    return Button("Pause prompts", "prompts.pause", pack(cohort.name, ""))
