"""A coordinator's presses on the calendar of prompts."""

from datetime import date, datetime

from bots.press import Instead, Press, Say, Shown
from core.cards import Card
from core.cohort import Cohort
from core.errors import InputError
from core.scheduling.calendar import Calendar
from core.speech.prompts import prompts_card

AHEAD = 6  # weeks on a card


class Prompting:
    """Shows and changes what is to come."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    async def press(self, press: Press, cohort: Cohort, week: str) -> Shown:
        """The calendar, changed as asked; `week` is the Monday meant, or empty. Raises InputError for what can't be done."""
        now, day = press.at, _day(week)
        match press.do:
            case "prompts.show":
                return Say(await self._card(cohort, now))
            case "prompts.skip":
                await self._calendar.skip(cohort, now, day)
            case "prompts.unskip":
                await self._calendar.unskip(cohort, now, day)
            case "prompts.post":
                await self._calendar.post_now(cohort, now, day)
            case "prompts.pause":
                await self._calendar.pause(cohort, now)
            case "prompts.resume":
                await self._calendar.resume(cohort, now)
            case _:
                raise InputError("this button is of another version; ask anew")
        return Instead(await self._card(cohort, now))

    async def _card(self, cohort: Cohort, now: datetime) -> Card:
        weeks = await self._calendar.preview(cohort, now.astimezone(cohort.zone).date(), AHEAD)
        return prompts_card(cohort, weeks, await self._calendar.paused_at(cohort), now)


def _day(week: str) -> date | None:
    try:
        return date.fromisoformat(week) if week else None
    except ValueError:
        raise InputError("this button is of another version; ask anew") from None
