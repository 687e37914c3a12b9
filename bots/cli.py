"""The `practicum-bot` command: each subcommand reads its arguments, calls one thing, and prints."""

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from bots import bootstrap, log
from bots.cohorts import app as cohort_app
from bots.cohorts import prompts_app
from bots.kb import app as kb_app
from bots.lines import AskLine, ScanLine, answer_json, run_batch, scan_json
from bots.settings import Settings, described, read_settings
from core.cohort import Cohort, default_cohort, read_cohort
from core.errors import InputError, PracticumBotError
from core.kb.schema import KnowledgeBase
from core.qa.conversation import Conversations
from core.qa.explain import Explanation, explain

if TYPE_CHECKING:
    from core.engine import PracticumEngine


class _Commands(TyperGroup):
    """The commands; a text that was put in the place of one is not repeated."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        known = super().get_command(ctx, cmd_name)
        if known is None and " " in cmd_name:
            ctx.fail("There is no such command; a text goes behind `ask` or `scan`.")
        return known


app = typer.Typer(
    cls=_Commands,
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
    words: Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="The question.")] = None,
    batch: BatchFile = None,
    cohort: CohortFile = None,
    as_json: AsJson = False,
    why: Annotated[bool, typer.Option("--explain", help="Show what spoke for which entry, and which source decided.")] = False,
) -> None:
    """Answer a question on the policy, with its verdict and citations."""
    text = _one_of(words, batch)
    with _loading():
        settings, base, members = _read(cohort)
        encoder = bootstrap.encoder(settings)
        asker = bootstrap.asker(base, encoder)
    conversations = Conversations(asker)
    if batch is not None:

        def answer(line: AskLine) -> dict[str, object]:
            started = time.perf_counter()
            given = answer_json(conversations.ask(line.text, members, line.thread), started)
            return given | ({"explain": asdict(explain(asker, line.text, members))} if why else {})

        raise typer.Exit(0 if run_batch(batch, AskLine, answer, "Answering") else 1)
    started = time.perf_counter()
    found = conversations.ask(text, members)
    if as_json:
        given = {"id": None, **answer_json(found, started)}
        print(json.dumps(given | ({"explain": asdict(explain(asker, text, members))} if why else {}), ensure_ascii=False))
        return
    print(found.text, flush=True)
    if why:
        _show_explanation(explain(asker, text, members))
    with _loading():
        findings = bootstrap.scanner(settings, base, encoder).scan(text, members)
    if findings:
        print(
            "\nYour question carries details of its own; on a platform you alone would be told so. "
            "Asked in general terms, it gets the same answer."
        )


@app.command()
def scan(
    words: Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="The message or draft.")] = None,
    batch: BatchFile = None,
    cohort: CohortFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what in a message its author may not want to leave standing."""
    text = _one_of(words, batch)
    with _loading():
        engine, members = _ready(cohort)
    if batch is not None:

        def check(line: ScanLine) -> dict[str, object]:
            started = time.perf_counter()
            return scan_json(engine.scan(line.text, members, line.parent, line.attached), started)

        raise typer.Exit(0 if run_batch(batch, ScanLine, check, "Scanning") else 1)
    started = time.perf_counter()
    findings = engine.scan(text, members)
    if as_json:
        print(json.dumps({"id": None, **scan_json(findings, started)}, ensure_ascii=False))
    elif not findings:
        print("Nothing here that would be nudged.")
    for finding in [] if as_json else findings:
        print(f"{finding.category} ({finding.tier}), characters {finding.start} to {finding.end}")
        print(f"  {finding.why} [{', '.join(finding.citations)}]")
        print(f"  Instead: {engine.base.nudges[finding.category, finding.tier].next_step}")


@app.command()
def run(
    platforms: Annotated[
        list[str] | None,
        typer.Argument(help="Any of slack, teams and playground; all that are configured, the playground when none is."),
    ] = None,
    cohort: CohortFile = None,
    browser: Annotated[bool, typer.Option(help="Open the playground in a browser, where there is one.")] = True,
) -> None:
    """Serve chat platforms, all in one process, and the playground: a page to try everything on, with a sample cohort."""
    settings = _settings()
    chosen = set(platforms or bootstrap.configured(settings) or ["playground"])
    if unknown := chosen - {"slack", "teams", "playground"}:
        raise InputError(f"can't run {', '.join(sorted(unknown))}; choose of slack, teams and playground")
    log.to(sys.stderr, logging.ERROR if chosen == {"playground"} else logging.INFO)
    asyncio.run(_served(settings, chosen, cohort, browser=browser and sys.stdout.isatty()))
    if "playground" in chosen:
        print("Stopped.")


async def _served(settings: Settings, chosen: set[str], path: Path | None, *, browser: bool) -> None:
    with _loading():
        cohort = read_cohort(path, bootstrap.knowledge_base(settings).profiles) if path else None
        service = bootstrap.service(settings, chosen, cohort, browser=browser)
    if cohort:
        await service.keep(cohort)
    await service.run(settings.host, settings.port)


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
    from core.storage.migrate import upgrade

    upgrade(_settings().async_database_url)
    print("The database is up to date.")


@db.command("check")
def db_check() -> None:
    """Say whether the database is up to date."""
    from core.storage.migrate import differences

    found = differences(_settings().async_database_url)
    for difference in found:
        print(difference)
    if found:
        raise typer.Exit(1)
    print("The database is up to date.")


@db.command("purge")
def db_purge() -> None:
    """Delete what is older than it may be kept; a running bot does so each day by itself."""
    settings = _settings()
    gone = asyncio.run(_purged(settings))
    names = {"nudges": "records of nudges", "people": "settings of people", "claims": "marks of events"}
    print(f"Deleted {', '.join(f'{number} {names[table]}' for table, number in gone.items())}.")


async def _purged(settings: Settings) -> Mapping[str, int]:
    from bots.retention import purge

    store = bootstrap.store(settings)
    try:
        return await purge(store, bootstrap.keep(settings), datetime.now(UTC))
    finally:
        await store.close()


def _settings() -> Settings:
    return read_settings(os.environ)


def _read(cohort: Path | None) -> tuple[Settings, KnowledgeBase, Cohort]:
    """Settings, knowledge base and the cohort to use, before the models, which take longer."""
    settings = _settings()
    base = bootstrap.knowledge_base(settings)
    return settings, base, default_cohort() if cohort is None else read_cohort(cohort, base.profiles)


def _ready(cohort: Path | None) -> "tuple[PracticumEngine, Cohort]":
    """The whole engine with the cohort to use."""
    settings, base, members = _read(cohort)
    return bootstrap.engine(settings, base), members


def _show_explanation(explanation: Explanation) -> None:
    cuts = explanation.thresholds
    print(f"\nLanguage: {explanation.language or 'English'}. Gate:")
    for name, likelihood in explanation.gate.items():
        print(f"  {name} {likelihood:.3f}" + (f" (decided from {cuts[name]:.3f})" if name in cuts else ""))
    print("Candidates, best first:")
    for candidate in explanation.candidates:
        print(
            f"  {candidate.probability:.2f}  {candidate.verdict or 'not in this profile':8} {candidate.entry}"
            f" (nearest {candidate.nearest:.2f}, centre {candidate.centre:.2f}, words {candidate.lexical:.2f})\n"
            f"        situation: {candidate.situation}"
        )
    print("Asks which is meant when the opposite is near:")
    print(f"  `no` within {cuts['caution']:.2f} of `yes`, `yes` within {cuts['margin']:.2f} of `no`")
    print(f"Precedence: {explanation.precedence}")


def _one_of(words: list[str] | None, batch: str | None) -> str:
    """The text that was given, in quotes or without; empty beside a batch."""
    if bool(words) is (batch is not None):
        raise InputError("give either a text or --batch FILE")
    return " ".join(words or ())


@contextmanager
def _loading() -> Iterator[None]:
    """A sign of life on a terminal while the models load."""
    with Console(stderr=True).status("Loading…") if sys.stderr.isatty() else _nothing():
        yield


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def main() -> None:
    """The console script. Errors raised on purpose end with status 2 and their own words, others with 1 and none."""
    log.silence()
    try:
        app()
    except PracticumBotError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except Exception as error:
        print(log.described(error), file=sys.stderr)
        sys.exit(1)
