"""The `practicum-bot` command: each subcommand reads its arguments, calls one thing, and prints."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bots import bootstrap
from bots.cohorts import app as cohort_app
from bots.cohorts import prompts_app
from bots.kb import app as kb_app
from bots.lines import AskLine, ScanLine, answer_json, run_batch, scan_json
from bots.settings import Settings, described, read_settings
from core.cohort import Cohort, default_cohort, read_cohort
from core.engine import PracticumEngine
from core.errors import InputError, PracticumBotError
from core.storage.migrate import differences, upgrade

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ethics help and private nudges for practicum cohorts.",
    epilog=described(),
)
db = typer.Typer(no_args_is_help=True, help="The database.")
app.add_typer(kb_app, name="kb")
app.add_typer(cohort_app, name="cohort")
app.add_typer(prompts_app, name="prompts")
app.add_typer(db, name="db")

CohortFile = Annotated[
    Path | None, typer.Option("--cohort", metavar="FILE", help="A cohort file: its profile, roster, staff and agencies.")
]
BatchFile = Annotated[
    str | None, typer.Option("--batch", metavar="FILE", help="JSON Lines, one result per line; - is standard input.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def ask(
    text: Annotated[str | None, typer.Argument(help="The question.")] = None,
    batch: BatchFile = None,
    cohort: CohortFile = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question on the policy, with its verdict and citations."""
    _one_of(text, batch)
    with _loading():
        engine, members = _ready(cohort)
    if batch is not None:

        def answer(line: AskLine) -> dict[str, object]:
            started = time.perf_counter()
            return answer_json(engine.ask(line.text, members), started)

        raise typer.Exit(0 if run_batch(batch, AskLine, answer, "Answering") else 1)
    started = time.perf_counter()
    found = engine.ask(text or "", members)
    if as_json:
        print(json.dumps({"id": None, **answer_json(found, started)}, ensure_ascii=False))
        return
    print(found.text)
    if engine.scan(text or "", members):
        print(
            "\nYour question carries details of its own; on a platform you alone would be told so. "
            "Asked in general terms, it gets the same answer."
        )


@app.command()
def scan(
    text: Annotated[str | None, typer.Argument(help="The message or draft.")] = None,
    batch: BatchFile = None,
    cohort: CohortFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what in a message its author may not want to leave standing."""
    _one_of(text, batch)
    with _loading():
        engine, members = _ready(cohort)
    if batch is not None:

        def check(line: ScanLine) -> dict[str, object]:
            started = time.perf_counter()
            return scan_json(engine.scan(line.text, members, line.parent, line.attached), started)

        raise typer.Exit(0 if run_batch(batch, ScanLine, check, "Scanning") else 1)
    started = time.perf_counter()
    findings = engine.scan(text or "", members)
    if as_json:
        print(json.dumps({"id": None, **scan_json(findings, started)}, ensure_ascii=False))
    elif not findings:
        print("Nothing here that would be nudged.")
    for finding in [] if as_json else findings:
        print(f"{finding.category} ({finding.tier}), characters {finding.start} to {finding.end}")
        print(f"  {finding.why} [{', '.join(finding.citations)}]")


@app.command()
def run() -> None:
    """A short tour on a sample cohort, then a prompt to type at."""
    from bots.tour import tour

    with _loading():
        engine, _ = _ready(None)
    tour(engine, interactive=sys.stdin.isatty() and sys.stdout.isatty())


@app.command("eval")
def evaluate(
    golden: Annotated[Path, typer.Option(metavar="DIR", help="The evaluation sets.")] = bootstrap.PROJECT / "tests" / "golden",
    as_json: AsJson = False,
    failures: Annotated[bool, typer.Option(help="List every failure with its id.")] = False,
) -> None:
    """Our own held-out sets: figures with intervals, per class."""
    from bots.evaluation import evaluate as measure
    from bots.evaluation import show

    with _loading():
        engine, _ = _ready(None)
    report = measure(engine, golden)
    if as_json:
        print(json.dumps(report.figures(), indent=1))
    else:
        show(report, failures=failures)


@app.command()
def bench() -> None:
    """Speed beside the baselines, as ratios."""
    from bots.bench import bench as measure

    measure(_settings())


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the version this program needs."""
    upgrade(_settings().async_database_url)
    print("The database is up to date.")


@db.command("check")
def db_check() -> None:
    """Say whether the database is up to date."""
    found = differences(_settings().async_database_url)
    for difference in found:
        print(difference)
    if found:
        raise typer.Exit(1)
    print("The database is up to date.")


def _settings() -> Settings:
    return read_settings(os.environ)


def _ready(cohort: Path | None) -> tuple[PracticumEngine, Cohort]:
    """The engine with the cohort to use; the cohort's file is read first, because the models take seconds to load."""
    settings = _settings()
    base = bootstrap.knowledge_base(settings)
    members = default_cohort() if cohort is None else read_cohort(cohort, base.profiles)
    return bootstrap.engine(settings, base), members


def _one_of(text: str | None, batch: str | None) -> None:
    if (text is None) == (batch is None):
        raise InputError("give either a text or --batch FILE")


@contextmanager
def _loading() -> Iterator[None]:
    """A sign of life on a terminal while the models load."""
    with Console(stderr=True).status("Loading…") if sys.stderr.isatty() else _nothing():
        yield


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def main() -> None:
    """The console script. Errors raised on purpose end with status 2 and their own words."""
    try:
        app()
    except PracticumBotError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
