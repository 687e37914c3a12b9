"""`practicum-bot cohort` and `prompts`: who is in a cohort, and what it will discuss."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from bots import bootstrap
from bots.settings import read_settings
from core.cohort import Cohort, read_cohort
from core.errors import InputError
from core.nudging.counts import counts
from core.nudging.wording import of
from core.scheduling.calendar import Calendar, Week
from core.speech.cohorts import acknowledged_csv, receipt_card
from core.storage.slots import State
from core.storage.store import Store


class OnOff(StrEnum):
    """A switch."""

    ON = "on"
    OFF = "off"


SHOWN = {State.SKIPPED: "skipped", State.LATE: "missed", State.PLANNED: "being posted", State.DONE: "posted"}
app = typer.Typer(no_args_is_help=True, help="Cohorts.")
prompts_app = typer.Typer(no_args_is_help=True, help="Weekly prompts.")
ResultT = TypeVar("ResultT")
Name = Annotated[str, typer.Argument(help="The cohort's name.")]


@app.command("import")
def import_(path: Annotated[Path, typer.Argument(metavar="FILE", help="A cohort file.")]) -> None:
    """Keep a cohort; one of the same name is replaced."""
    base = bootstrap.knowledge_base(read_settings(os.environ))
    cohort = read_cohort(path, base.profiles)
    new = _with_store(lambda store: store.put_cohort(cohort))
    print(f"{'Imported' if new else 'Replaced'} {cohort.name}: {_counts(cohort)}.")


@app.command("list")
def list_() -> None:
    """All cohorts."""
    cohorts = _with_store(lambda store: store.cohorts())
    for cohort in cohorts:
        print(f"{cohort.name}: {_counts(cohort)}")
    if not cohorts:
        print("No cohorts yet; `practicum-bot cohort import FILE` keeps one.")


@app.command()
def show(name: Name) -> None:
    """One cohort, its roster included."""
    cohort = _known(name)
    print(f"{cohort.name}\nprofile {cohort.profile}, {cohort.timezone}")
    if cohort.term:
        breaks = ", ".join(f"{first} to {last}" for first, last in cohort.term.breaks)
        print(f"term {cohort.term.start} to {cohort.term.end}" + (f", breaks {breaks}" if breaks else ""))
    if cohort.prompts:
        print(f"prompts on {cohort.prompts.weekday} at {cohort.prompts.at:%H:%M}")
    if cohort.holidays:
        print(f"holidays of {cohort.holidays}")
    if cohort.own_prompts:
        print(f"{len(cohort.own_prompts)} prompts of its own")
    if cohort.coordinator:
        print(
            f"coordinator {cohort.coordinator.name}" + (f", {cohort.coordinator.contact}" if cohort.coordinator.contact else "")
        )
    print(f"agencies: {', '.join(cohort.agencies) or 'none'}")
    for person in cohort.roster:
        print(f"student {person.name}" + (f" ({', '.join(person.aliases)})" if person.aliases else ""))
    for member in cohort.staff:
        print(f"{member.role} {member.name}" + (f" ({', '.join(member.aliases)})" if member.aliases else ""))


@app.command()
def shadow(name: Name, switch: Annotated[OnOff, typer.Argument(help="on: everything is counted, nobody is nudged.")]) -> None:
    """Try the scan out on a cohort without telling anybody anything."""
    cohort = _known(name)
    _with_store(lambda store: store.put_shadow(cohort.name, switch is OnOff.ON))
    print(f"Shadow mode is {switch} for {cohort.name}.")


@app.command()
def numbers(name: Name, days: Annotated[int, typer.Option(min=1, max=3660, help="How far back.")] = 30) -> None:
    """What was nudged, or in shadow mode would have been: counts alone, and only where five people or more are behind them."""
    base = bootstrap.knowledge_base(read_settings(os.environ))
    cohort = _known(name)
    since = datetime.now(UTC) - timedelta(days=days)
    summed = counts(_with_store(lambda store: store.nudges_in(cohort.name, since)), datetime.now(UTC), cohort.zone)
    few = "too few to say"
    if not summed.rows:
        print(f"Too few people are behind the numbers of the last {days} days, until yesterday, to show any.")
    for row in summed.rows:
        kind = of(base, row.category, row.tier).name
        said = (
            f"{few if number is None else number} {what}"
            for number, what in ((row.mended, "mended"), (row.judged_wrong, "wrong"))
        )
        print(f"{row.nudged:4} {kind} ({row.tier}): {', '.join(said)}")


@app.command()
def acknowledged(name: Name) -> None:
    """Who acknowledged the policy, as CSV: the platform's id, version and time of each student."""
    cohort = _known(name)
    print(acknowledged_csv(_with_store(lambda store: store.members(cohort.name)), {}), end="")


@app.command()
def end(name: Name, yes: Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts.")] = False) -> None:
    """End the term: delete everything kept of a cohort for good, and print a receipt."""
    cohort = _known(name)
    if not yes:
        typer.confirm(f"Delete everything kept of {cohort.name} for good?", abort=True)
    deleted = _with_store(lambda store: store.end_cohort(cohort.name))
    print(receipt_card(cohort.name, datetime.now(cohort.zone), deleted).plain)


@prompts_app.command()
def preview(
    name: Name,
    weeks: Annotated[int | None, typer.Option(min=1, max=60, help="How many weeks; all of the term by default.")] = None,
) -> None:
    """The prompts to come, with the time on the cohort's wall."""

    async def look(calendar: Calendar, cohort: Cohort, now: datetime) -> tuple[list[Week], datetime | None]:
        return await calendar.preview(cohort, now.astimezone(cohort.zone).date(), weeks), await calendar.paused_at(cohort)

    cohort = _known(name)
    found, paused = _with_calendar(cohort, look)
    if paused:
        print(f"Paused since {paused.astimezone(cohort.zone):%a %Y-%m-%d %H:%M %Z}; nothing is posted.")
    for week in found:
        print(f"{_line(week)}\n  {week.planned.prompt.text}\n  [{', '.join(week.planned.prompt.citations)}]")
    if not found:
        print(f"No prompts ahead: the term of {cohort.name} is over.")


@prompts_app.command("post-now")
def post_now(name: Name) -> None:
    """Post the next prompt now instead of at its time; the bot that runs does so within a minute."""
    print(f"To be posted now: {_line(_with_calendar(_known(name), Calendar.post_now))}")


@prompts_app.command()
def skip(name: Name) -> None:
    """Leave the next prompt out; said again, the one after it too."""
    print(f"Skipped: {_line(_with_calendar(_known(name), Calendar.skip))}")


@prompts_app.command()
def unskip(name: Name) -> None:
    """Take the next skip back."""
    print(f"Planned again: {_line(_with_calendar(_known(name), Calendar.unskip))}")


@prompts_app.command()
def pause(name: Name) -> None:
    """Post nothing until it is resumed."""
    _with_calendar(_known(name), Calendar.pause)
    print(f"Prompts are paused for {name}.")


@prompts_app.command()
def resume(name: Name) -> None:
    """End a pause; what was due meanwhile is left out."""
    _with_calendar(_known(name), Calendar.resume)
    print(f"Prompts go on for {name}.")


def _line(week: Week) -> str:
    shown = f"  ({SHOWN[week.state]})" if week.state else ""
    return f"{week.planned.at:%a %Y-%m-%d %H:%M %Z}  {week.planned.prompt.id}{shown}"


def _with_calendar(cohort: Cohort, work: Callable[[Calendar, Cohort, datetime], Awaitable[ResultT]]) -> ResultT:
    base = bootstrap.knowledge_base(read_settings(os.environ))
    return _with_store(lambda store: work(Calendar(store, base.prompts), cohort, datetime.now(UTC)))


def _known(name: str) -> Cohort:
    async def find(store: Store) -> tuple[Cohort | None, list[str]]:
        return await store.cohort(name), [cohort.name for cohort in await store.cohorts()]

    cohort, names = _with_store(find)
    if cohort is None:
        raise InputError(
            f"no cohort is called '{name}'; "
            + (f"known are {', '.join(names)}" if names else "import one with `practicum-bot cohort import FILE`")
        )
    return cohort


def _counts(cohort: Cohort) -> str:
    return f"{len(cohort.roster)} students, {len(cohort.staff)} staff, {len(cohort.agencies)} agencies, profile {cohort.profile}"


def _with_store(work: Callable[[Store], Awaitable[ResultT]]) -> ResultT:
    store = bootstrap.store(read_settings(os.environ))

    async def run() -> ResultT:
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())
