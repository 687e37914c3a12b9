"""JSON Lines in, JSON Lines out: one result per line, in order, flushed as it goes; a bad line stops nothing."""

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from rich.console import Console
from rich.progress import Progress

from core.answer import Answer, Finding
from core.errors import InputError
from core.scan.reading import File

LineT = TypeVar("LineT", bound=BaseModel)
Text = Annotated[str, StringConstraints(strict=True)]


class AskLine(BaseModel):
    """A question; lines of one thread may follow up on each other. Other keys of the line are left alone."""

    model_config = ConfigDict(extra="ignore")
    id: str | int | None = None
    thread: str | None = None
    text: Text = Field(repr=False)


class FileLine(BaseModel):
    """An attached file, by name and type."""

    model_config = ConfigDict(extra="ignore")
    name: Text
    mimetype: Text = ""


class ScanLine(BaseModel):
    """A message, with what it answers and the files it carries."""

    model_config = ConfigDict(extra="ignore")
    id: str | int | None = None
    text: Text = Field(repr=False)
    author: str | None = None
    parent: Text | None = Field(default=None, repr=False)
    files: list[FileLine] | None = Field(default=None, repr=False)

    @property
    def attached(self) -> tuple[File, ...]:
        """The files as the engine knows them."""
        return tuple(File(file.name, file.mimetype) for file in self.files or ())


def run_batch(source: str, model: type[LineT], work: Callable[[LineT], dict[str, Any]], what: str) -> bool:
    """Answer every line of `source` (`-` is standard input) on standard output; True when all lines were good.

    Raises InputError when the source can't be opened.
    """
    good = True
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    console = Console(stderr=True)
    # what is printed must stay on standard output, though the bar is drawn on standard error
    bar = Progress(console=console, transient=True, disable=not console.is_terminal, redirect_stdout=False, redirect_stderr=False)
    with opened(source) as stream, bar:
        for number, raw in bar.track(enumerate(stream, 1), description=what):
            result = _one(number, raw, model, work)
            good = good and "error" not in result
            print(json.dumps(result, ensure_ascii=False), flush=True)
    return good


def _one(number: int, raw: bytes, model: type[LineT], work: Callable[[LineT], dict[str, Any]]) -> dict[str, Any]:
    """The result of one line; whatever is wrong with it is said without repeating it."""
    name = None
    try:
        data = json.loads(raw.decode("utf-8-sig"))
        if not isinstance(data, dict):
            return {"id": None, "error": f"line {number}: must be a JSON object"}
        given = data.get("id")
        name = given if isinstance(given, (str, int)) else None
        return {"id": name, **work(model.model_validate(data))}
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    except json.JSONDecodeError as error:
        problem = f"is not JSON: {error.msg} at column {error.colno}" if raw.strip() else "is empty"
    except ValidationError as error:
        problem = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors(include_input=False))
    except Exception as error:  # whatever one line does, the others are still answered
        problem = f"can't be worked on ({type(error).__name__})"
    return {"id": name, "error": f"line {number}: {problem}"}


def opened(source: str) -> IO[bytes]:
    """The lines to read. Raises InputError when they can't be."""
    if source == "-":
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise InputError(f"{source}: can't be read: {error.strerror}") from error


def answer_json(answer: Answer, started: float) -> dict[str, Any]:
    """An answer as the contract writes it."""
    return {
        "outcome": answer.outcome,
        "verdict": answer.verdict,
        "citations": list(answer.citations),
        "entry": answer.entry,
        "confidence": round(answer.confidence, 4),
        "clarify": list(answer.clarify),
        "text": answer.text,
        "ms": _since(started),
    }


def scan_json(findings: list[Finding], started: float) -> dict[str, Any]:
    """Findings as the contract writes them."""
    return {
        "nudge": bool(findings),
        "categories": list(dict.fromkeys(finding.category for finding in findings)),
        "findings": [
            {
                "category": finding.category,
                "tier": finding.tier,
                "start": finding.start,
                "end": finding.end,
                "score": finding.score,
                "why": finding.why,
                "citations": list(finding.citations),
            }
            for finding in findings
        ],
        "ms": _since(started),
    }


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
