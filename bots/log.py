"""Log lines: one JSON object each, made of what is named here alone, so that no message text can slip in."""

import json
import logging
import sys
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from core.errors import BusyError, DeliveryError, StoreError, UninstalledError

LOGGER = logging.getLogger("practicum_bot")
FIELDS = frozenset(
    {"platform", "event", "error", "status", "count", "seconds", "kind", "place", "reason", "host", "port", "retry"}
    | {"nudges", "people", "claims"}
)


def event(action: str, *, level: int = logging.INFO, **fields: str | float) -> None:
    """Say that something happened. Raises ValueError for a field that is not one of FIELDS."""
    if unknown := set(fields) - FIELDS:
        raise ValueError(f"a log line has no field {', '.join(sorted(unknown))}; it has {', '.join(sorted(FIELDS))}")
    LOGGER.log(level, action, extra={"fields": fields})


def failed(action: str, error: BaseException, **fields: str | float) -> None:
    """Say that something failed, by its kind and place; the text of an error not ours could quote what was worked on."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    reason = {"reason": str(error)} if isinstance(error, DeliveryError | StoreError | BusyError | UninstalledError) else {}
    event(action, level=logging.ERROR, error=type(error).__name__, place=place, **reason, **fields)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps({"at": at, "level": record.levelname, "action": record.getMessage(), **getattr(record, "fields", {})})


def to(stream: TextIO = sys.stderr, level: int = logging.INFO) -> None:
    """Send our own lines from a level on to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json())
    LOGGER.handlers = [handler]
    LOGGER.setLevel(level)
    LOGGER.propagate = False


def silence() -> None:
    """Let nothing else write of what is worked on: no library's log, no error's own words, and no core file of a crash."""
    LOGGER.manager = logging.Manager(logging.root)  # so that ours is none of those that are switched off
    logging.disable(sys.maxsize)
    threading.excepthook = lambda given: _tell(given.exc_value)
    sys.unraisablehook = lambda given: _tell(given.exc_value)
    with suppress(ImportError):  # where there are no such files
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _tell(error: BaseException | None) -> None:
    if error and sys.stderr:
        print(described(error), file=sys.stderr)


def described(error: BaseException) -> str:
    """An error that nobody expected: its kind and the way to its place, as code has it, and no word of its own."""
    return f"{''.join(traceback.format_tb(error.__traceback__))}{type(error).__name__}, in the program itself; please report this"
