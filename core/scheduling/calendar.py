"""A cohort's calendar, as its coordinator sees and changes it, on the command line and on every platform alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.cohort import Cohort, Term
from core.errors import InputError
from core.kb.schema import WeeklyPrompt
from core.scheduling.days import MINUTES, OPEN_TERM, days, in_break, is_holiday, monday, terms, times_of, wall_clock
from core.scheduling.plan import Decided, Planned, plan
from core.storage.slots import Decision, Kind, Slot, State
from core.storage.store import Store

WHOLE = 105  # weeks of the longest term
FOLLOW_UP = timedelta(days=2)  # after the prompt
DAY = timedelta(minutes=MINUTES)


@dataclass(frozen=True, slots=True)
class Week:
    """One week's prompt, and what became of it; None as long as it is still to come."""

    planned: Planned
    state: State | None

    @property
    def skipped(self) -> bool:
        """Whether it was left out, on purpose or because it was too late."""
        return self.state in {State.SKIPPED, State.LATE}

    @property
    def posted(self) -> bool:
        """Whether it is posted, or just being posted."""
        return self.state in {State.PLANNED, State.DONE}


class Calendar:
    """Shows and changes what is to come; what is due is posted by `Prompter`."""

    def __init__(self, store: Store, prompts: Mapping[str, WeeklyPrompt]) -> None:
        self._store = store
        self._prompts = prompts

    async def preview(self, cohort: Cohort, today: date, weeks: int | None = None) -> list[Week]:
        """The weeks from `today` on: so many, or the rest of the term; sixteen where the cohort has none."""
        count = weeks or (WHOLE if cohort.term else OPEN_TERM)
        decided = await self.decided(cohort, today)
        planned = plan(cohort, self._prompts, today, count, decided)
        return [Week(week, decided[week.week].state if week.week in decided else None) for week in planned]

    async def paused_at(self, cohort: Cohort) -> datetime | None:
        """Since when nothing is posted."""
        return next((known.paused_at for known in await self._store.calendars() if known.cohort == cohort.name), None)

    async def skip(self, cohort: Cohort, now: datetime, week: date | None = None) -> Week:
        """Leave a week out, by its Monday, or the next one still to come. Raises InputError when it was posted."""
        found = await self._find(cohort, now, week)
        slot = Slot(cohort.name, Kind.PROMPT, found.planned.week)
        if not await self._store.decide(Decision(slot, State.SKIPPED, found.planned.at)):
            found = await self._find(cohort, now, found.planned.week)
            if found.posted:
                raise InputError(f"the prompt of {found.planned.at:%A, %d %B %Y} is posted already and can't be skipped")
        return Week(found.planned, State.SKIPPED)

    async def unskip(self, cohort: Cohort, now: datetime, week: date | None = None) -> Week:
        """Take a skip back. Raises InputError when the week wasn't skipped, or its time has passed."""
        weeks = await self.preview(cohort, now.astimezone(cohort.zone).date())
        skipped = [found for found in weeks if found.state is State.SKIPPED and found.planned.at > now]
        found = next((found for found in skipped if week in {None, found.planned.week}), None)
        if found is None or not await self._store.unskip(Slot(cohort.name, Kind.PROMPT, found.planned.week)):
            raise InputError("no such week to come is skipped; `practicum-bot prompts preview` shows which are")
        return Week(found.planned, None)

    async def post_now(self, cohort: Cohort, now: datetime, week: date | None = None) -> Week:
        """Have a week's prompt posted at once, or that of the next week to come; its own time then passes quietly.

        A prompt that is posted already stays as it is. Raises InputError when there is none to post.
        """
        if not any(place.cohort == cohort.name for place in await self._store.prompt_places()):
            raise InputError(f"no channel of {cohort.name} takes prompts; connect one first")
        found = await self._find(cohort, now, week)
        slot = Slot(cohort.name, Kind.PROMPT, found.planned.week)
        if found.state is State.SKIPPED:
            await self._store.unskip(slot)
        if found.state is State.LATE:
            raise InputError("that week's prompt is recorded as missed; post the next one")
        if not await self._store.decide(*opened(cohort, found.planned, now)):
            found = await self._find(cohort, now, found.planned.week)
            if not found.posted:
                raise InputError(f"the prompt of {found.planned.at:%A, %d %B %Y} was skipped at this moment; try again")
        return Week(found.planned, State.PLANNED)

    async def pause(self, cohort: Cohort, now: datetime) -> None:
        """Post nothing from now on."""
        await self._store.pause_prompts(cohort.name, now)

    async def resume(self, cohort: Cohort, now: datetime) -> None:
        """Post again; what was due during the pause is left out."""
        paused = await self.paused_at(cohort)
        if paused is None:
            return
        for term in terms(cohort, paused.date() - DAY, now.date() + DAY):
            for due in days(cohort, term):
                if paused <= due.at <= now:
                    for slot in (Slot(cohort.name, Kind.PROMPT, due.week), self_check(cohort, due.day)):
                        await self._store.decide(Decision(slot, State.SKIPPED, due.at))
        for decision in await self._store.due(now):
            if decision.slot.cohort == cohort.name and decision.slot.kind is Kind.FOLLOW_UP and decision.due_at >= paused:
                await self._store.settle(decision.slot, State.SKIPPED)
        await self._store.pause_prompts(cohort.name, None)

    async def decided(self, cohort: Cohort, today: date) -> Decided:
        """What was decided about the prompts of the terms that lie around a day, by week."""
        start = min(term.start for term in terms(cohort, today, today))
        decisions = await self._store.decisions(cohort.name, monday(start))
        return {decision.slot.day: decision for decision in decisions if decision.slot.kind is Kind.PROMPT}

    async def _find(self, cohort: Cohort, now: datetime, week: date | None) -> Week:
        """That week, or the next one about which nothing was decided. Raises InputError."""
        today = now.astimezone(cohort.zone).date()
        weeks = await self.preview(cohort, min(today, week) if week else today)
        if week is None:
            found = next((found for found in weeks if found.state is None and found.planned.at > now), None)
        else:
            found = next((found for found in weeks if found.planned.week == week), None)
        if found is None:
            raise InputError(f"no prompt of {cohort.name} is to come{f' in the week of {week}' if week else ''}")
        return found


def self_check(cohort: Cohort, day: date) -> Slot:
    """The self-check of a day's month."""
    return Slot(cohort.name, Kind.SELF_CHECK, day.replace(day=1))


def opened(cohort: Cohort, planned: Planned, due_at: datetime) -> list[Decision]:
    """The decision to post a prompt, with what goes along: the note to its facilitator, and the follow-up two days later."""
    week, prompt = planned.week, planned.prompt
    decisions = [Decision(Slot(cohort.name, Kind.PROMPT, week), State.PLANNED, due_at, prompt.id)]
    if prompt.facilitator_note:
        decisions.append(Decision(Slot(cohort.name, Kind.NOTE, week), State.PLANNED, due_at, prompt.id))
    day = due_at.astimezone(cohort.zone).date() + FOLLOW_UP
    if prompt.follow_up and not is_holiday(cohort, day) and not (cohort.term and _outside(cohort.term, day)):
        at = wall_clock(day, times_of(cohort).at, cohort.zone)
        decisions.append(Decision(Slot(cohort.name, Kind.FOLLOW_UP, week), State.PLANNED, at, prompt.id))
    return decisions


def _outside(term: Term, day: date) -> bool:
    return day > term.end or in_break(term, day)
