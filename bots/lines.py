"""JSON Lines in, JSON Lines out: one result per line, in order, flushed as it goes; a bad line stops nothing."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from rich.console import Console
from rich.progress import track

from core.answer import Answer, Finding
from core.errors import InputError
from core.scan.reading import File

LineT = TypeVar("LineT", bound=BaseModel)
Text = Annotated[str, StringConstraints(strict=True)]


class AskLine(BaseModel):
    """A question; other keys of the line are left alone."""

    model_config = ConfigDict(extra="ignore")
    id: str | int | None = None
    text: Text


class FileLine(BaseModel):
    """An attached file, by name and type."""

    model_config = ConfigDict(extra="ignore")
    name: Text
    mimetype: Text = ""


class ScanLine(BaseModel):
    """A message, with what it answers and the files it carries."""

    model_config = ConfigDict(extra="ignore")
    id: str | int | None = None
    text: Text
    author: str | None = None
    parent: Text | None = None
    files: list[FileLine] | None = None

    @property
    def attached(self) -> tuple[File, ...]:
        """The files as the engine knows them."""
        return tuple(File(file.name, file.mimetype) for file in self.files or ())


def run_batch(source: str, model: type[LineT], work: Callable[[LineT], dict[str, Any]], what: str) -> bool:
    """Answer every line of `source` (`-` is standard input) on standard output; True when all lines were good.

    Raises InputError when the source can't be opened.
    """
    good = True
    with _opened(source) as stream:
        lines = track(
            _lines(stream), description=what, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True
        )
        for number, raw in lines:
            result = _one(number, raw, model, work)
            good = good and "error" not in result
            print(json.dumps(result, ensure_ascii=False), flush=True)
    return good


def _one(number: int, raw: bytes, model: type[LineT], work: Callable[[LineT], dict[str, Any]]) -> dict[str, Any]:
    name = None
    try:
        data = json.loads(raw.decode("utf-8"))
        if not isinstance(data, dict):
            return {"id": None, "error": f"line {number}: must be a JSON object"}
        name = data.get("id")
        return {"id": name, **work(model.model_validate(data))}
    except UnicodeDecodeError:
        return {"id": name, "error": f"line {number}: is not UTF-8"}
    except json.JSONDecodeError as error:
        return {"id": name, "error": f"line {number}: is not JSON: {error.msg} at column {error.colno}"}
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in error.errors(include_input=False))
        return {"id": name, "error": f"line {number}: {problems}"}


def _opened(source: str) -> IO[bytes]:
    if source == "-":
        return sys.stdin.buffer
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise InputError(f"{source}: can't be read: {error.strerror}") from error


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, raw in enumerate(stream, 1):
        if raw.strip():
            yield number, raw


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
