"""Our own held-out sets, scored: figures with intervals, per class, and the failures one by one."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import track
from rich.table import Table

from core.answer import Answer, Finding
from core.cohort import default_cohort
from core.engine import PracticumEngine
from core.errors import InputError
from core.scan.adapt import HIGHEST, Channel
from core.scan.reading import File
from core.vocabulary import Category, Outcome, Verdict

SOFT_FROM = (0.8, 0.9, HIGHEST)  # likelihoods that feedback could raise a channel's soft tier to
AMONG_FIRST = 3  # a fitting citation must stand among the first three


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)  # an unknown key is most often a typo
    id: str
    author: str
    family: str
    text: str
    kind: str


class Question(_Line):
    """A question, or a follow-up on an `earlier` one, with what a careful coordinator would accept."""

    earlier: str | None = None
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    harmful: tuple[Verdict, ...] = ()
    citations: tuple[str, ...]


class Attached(BaseModel):
    """A file by name and type."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    mimetype: str = ""


class GoldenMessage(_Line):
    """A message with whether, for what, and on which words its author should be nudged."""

    nudge: bool
    categories: tuple[Category, ...]
    hard: bool
    spans: tuple[Annotated[str, Field(min_length=1)], ...]
    parent: str | None = None
    files: tuple[Attached, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`, with its 95 % Wilson interval."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """0 to 1; 0 for an empty class."""
        return self.hits / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper end of the 95 % interval (Wilson)."""
        if not self.total:
            return 0.0, 1.0
        z, n, p = 1.96, self.total, self.value
        centre, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (centre - spread) / (1 + z * z / n), (centre + spread) / (1 + z * z / n)


@dataclass(slots=True)
class Report:
    """Counts by name, and what failed; it holds ids, never texts."""

    counts: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    failed: list[tuple[str, str]] = field(default_factory=list)  # id, what went wrong

    def note(self, name: str, good: bool) -> None:
        """Count one case of a class."""
        self.counts[name].append(good)

    def shares(self) -> dict[str, Share]:
        """Each class with its share."""
        return {name: Share(sum(values), len(values)) for name, values in self.counts.items()}

    def figures(self) -> dict[str, dict[str, float]]:
        """As JSON."""
        return {
            name: {"share": round(s.value, 4), "low": round(s.interval[0], 4), "high": round(s.interval[1], 4), "n": s.total}
            for name, s in self.shares().items()
        }


def read_golden(folder: Path) -> tuple[list[Question], list[GoldenMessage]]:
    """Both sets. Raises InputError with every bad line."""
    problems: list[str] = []
    asked = [*sorted(folder.glob("questions_*.jsonl")), *sorted(folder.glob("followups_*.jsonl"))]
    questions = _read(asked, Question, problems)
    messages = _read(sorted(folder.glob("messages_*.jsonl")), GoldenMessage, problems)
    if problems or not questions or not messages:
        raise InputError("\n".join(problems) or f"{folder}: holds no questions_*.jsonl and messages_*.jsonl")
    return questions, messages


def _read(paths: Iterable[Path], model: type[Any], problems: list[str]) -> list[Any]:
    found: dict[str, Any] = {}
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = TypeAdapter(model).validate_json(line)
            except ValidationError as error:
                problems += [f"{path}:{number}: {'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors()]
                continue
            if row.id in found:
                problems.append(f"{path}:{number}: the id {row.id} stands twice")
            found[row.id] = row
    return list(found.values())


def evaluate(engine: PracticumEngine, folder: Path) -> Report:
    """Score both sets."""
    questions, messages = read_golden(folder)
    report = Report()
    console = Console(stderr=True)
    cohort = default_cohort()
    for question in track(questions, description="Questions", console=console, transient=True, disable=not console.is_terminal):
        if question.earlier:
            engine.ask(question.earlier, cohort, question.id)
        score_question(question, engine.ask(question.text, cohort, question.id), report)
    for message in track(messages, description="Messages", console=console, transient=True, disable=not console.is_terminal):
        files = [File(file.name, file.mimetype) for file in message.files]
        findings = engine.scan(message.text, cohort, message.parent, files)
        score_message(message, [(f.category, f.tier == "hard", f.start, f.end) for f in findings], report)
        score_channels(message, findings, report)
    return report


def score_question(question: Question, answer: Answer, report: Report) -> None:
    """Count one question in every class it belongs to."""
    head = "follow-up" if question.earlier else "ask"

    def fail(what: str) -> None:
        report.failed.append((question.id, f"{question.kind}: {what}"))

    if question.outcome is Outcome.ANSWERED:
        answered = answer.outcome is Outcome.ANSWERED
        fitting = bool(set(answer.citations[:AMONG_FIRST]) & set(question.citations))
        right = answered and answer.verdict in question.verdicts and fitting
        report.note(f"{head}: right, all", right)
        report.note(f"{head}: right, {question.kind}", right)
        report.note(f"{head}: right, verdict {question.verdicts[0]}", right)
        report.note(f"{head}: fitting citation", answered and fitting)
        report.note(f"{head}: not harmful", answer.verdict not in question.harmful)
        report.note(f"{head}: not wrongly refused", answer.outcome is not Outcome.OUT_OF_SCOPE)
        report.note(f"{head}: not wrongly urgent", answer.outcome is not Outcome.URGENT)
        report.note(f"{head}: no clarifying question", not answer.clarify)
        if not right:
            said = answer.verdict or answer.outcome
            fail(
                f"said {said} ({answer.entry}), wanted {'/'.join(question.verdicts)}"
                + ("" if fitting else ", no fitting citation")
            )
    elif question.outcome is Outcome.OUT_OF_SCOPE:
        good = answer.outcome is Outcome.OUT_OF_SCOPE
        report.note(f"{head}: out-of-scope recall", good)
        report.note(f"{head}: out-of-scope recall, {question.kind}", good)
        if not good:
            fail(f"said {answer.verdict or answer.outcome} ({answer.entry})")
    else:
        good = answer.outcome is Outcome.URGENT
        report.note(f"{head}: urgent recall", good)
        report.note(f"{head}: urgent recall, {question.kind}", good)
        if not good:
            fail(f"said {answer.verdict or answer.outcome} ({answer.entry})")
    if answer.outcome is Outcome.URGENT and question.outcome is not Outcome.URGENT:
        report.note(f"{head}: urgent precision", False)
    elif answer.outcome is Outcome.URGENT:
        report.note(f"{head}: urgent precision", True)


def score_message(message: GoldenMessage, findings: Sequence[tuple[Category, bool, int, int]], report: Report) -> None:
    """Count one message; a finding is category, whether hard, and its place."""
    nudged = bool(findings)
    if not message.nudge:
        report.note("scan: left alone", not nudged)
        if nudged:
            report.failed.append((message.id, f"false alarm ({', '.join(sorted({c for c, *_ in findings}))}): {message.kind}"))
        return
    report.note("scan: nudged", nudged)
    for category in message.categories[:1]:
        report.note(f"scan: nudged, {category}", nudged)
    if not nudged:
        report.failed.append((message.id, f"missed ({', '.join(message.categories)}): {message.kind}"))
        return
    named = {category for category, *_ in findings}
    report.note("scan: a right category", bool(named & set(message.categories)))
    report.note("scan: no category beyond", named <= set(message.categories))
    report.note("scan: tier", any(hard for _, hard, *_ in findings) == message.hard)
    places = [(message.text.find(words), message.text.find(words) + len(words)) for words in message.spans]
    wanted = {index for start, end in places if start >= 0 for index in range(start, end)}
    given = {index for _, _, start, end in findings for index in range(start, end)}
    if wanted:
        overlap = len(wanted & given)
        f1 = 2 * overlap / (len(wanted) + len(given)) if overlap else 0.0
        report.note("scan: span F1 over a half", f1 >= 0.5)


def score_channels(message: GoldenMessage, findings: Sequence[Finding], report: Report) -> None:
    """What a channel's own setting would make of a message: a seminar, or what feedback may raise the soft tier to."""
    if message.nudge:
        due = bool(Channel(seminar=True).due(findings))
        report.note(f"scan, in a seminar: {'hard ones nudged' if message.hard else 'soft ones let pass'}", due == message.hard)
    for bound in SOFT_FROM:
        due = bool(Channel(soft_from=bound).due(findings))
        report.note(f"scan, soft from {bound:.2f}: {'nudged' if message.nudge else 'left alone'}", due == message.nudge)


def show(report: Report, *, failures: bool) -> None:
    """Print the figures, and with `failures` every one of them by id."""
    table = Table("what", "share", "95 % interval", "n")
    for name, share in sorted(report.shares().items()):
        low, high = share.interval
        table.add_row(name, f"{share.value:.3f}", f"{low:.3f} to {high:.3f}", str(share.total))
    console = Console()
    console.print(table)
    for name, what in report.failed if failures else []:
        print(f"{name}  {what}")


def floors(path: Path) -> Mapping[str, float]:
    """The figures below which a change is a regression."""
    return TypeAdapter(dict[str, float]).validate_python(json.loads(path.read_text(encoding="utf-8")))
