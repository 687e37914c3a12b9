"""A short tour on a sample cohort: one question, one draft, this week's prompt; then a prompt to type at."""

from datetime import date, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from core.cohort import Cohort, read_cohort
from core.engine import PracticumEngine
from core.scan import nudge
from core.scheduling.plan import plan

SAMPLE = Path(__file__).resolve().parent.parent / "deploy" / "sample-cohort.yaml"
QUESTION = "can I accept a friend request from a former client?"
DRAFT = "rough afternoon. my 3pm no-showed again because she's back in detox and her mom has the kids"


def tour(engine: PracticumEngine, *, interactive: bool, console: Console | None = None) -> None:
    """Show what the bot does; with a terminal, go on until an empty line or the end of input."""
    console = console or Console()
    cohort = read_cohort(SAMPLE, engine.base.profiles)
    console.print(f"A sample cohort: {cohort.name}. Everything below is computed on this machine; nothing is kept.\n")
    _show(console, "A student asks", QUESTION, "The bot answers, to the asker alone", engine.ask(QUESTION, cohort).text)
    _show(console, "A student drafts a message", DRAFT, "The bot whispers, to the author alone", _review(engine, DRAFT, cohort))
    this_week = plan(cohort, engine.base.prompts, _monday_in_term(cohort), 1)[0]
    console.print(Panel(Text(this_week.prompt.text), title=f"This week's prompt, {this_week.at:%A %H:%M}"))
    if not interactive:
        return
    console.print("\nType a question and follow it up, or `check: ` and a draft. An empty line ends.")
    while line := _typed(console):
        if line.casefold().startswith("check:"):
            console.print(Panel(Text(_review(engine, line.partition(":")[2], cohort))))
        else:
            console.print(Panel(Text(engine.ask(line, cohort, "tour").text)))
            if engine.scan(line, cohort):
                console.print("(This question carries details of its own; on a platform its author would be told, privately.)")


def _show(console: Console, asks: str, text: str, answers: str, reply: str) -> None:
    console.print(Panel(Text(text), title=asks, title_align="left"))
    console.print(Panel(Text(reply), title=answers, title_align="left"))


def _review(engine: PracticumEngine, draft: str, cohort: Cohort) -> str:
    findings = engine.scan(draft, cohort)
    return nudge.wording(engine.base, findings, draft) if findings else "Nothing here that would be nudged."


def _monday_in_term(cohort: Cohort) -> date:
    """Monday of this week; the term's first week outside of it, and in its last one, whose prompts may be over."""
    today = datetime.now(cohort.zone).date()
    monday = today - timedelta(days=today.weekday())
    if cohort.term and not cohort.term.start <= monday <= cohort.term.end - timedelta(days=7):
        return cohort.term.start
    return monday


def _typed(console: Console) -> str:
    try:
        return console.input("[bold]> [/bold]").strip()
    except (EOFError, KeyboardInterrupt):
        return ""
