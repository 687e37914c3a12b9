"""What a student writes is nowhere afterwards: not on disk, not in a log, not in an error, not on the network."""

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.cohort import default_cohort
from core.engine import PracticumEngine
from core.ports import Message

CANARY = "Zebulonka Quistgaard"
TEXT = f"my client {CANARY} told me her dad hits her, her cell is 403-555-0134"


def test_text_reaches_no_file_and_no_stream(tmp_path: Path) -> None:
    lines = (
        "\n".join(json.dumps({"id": str(n), "text": TEXT}) for n in range(3))
        + '\n{"id": "bad", "txt": "'
        + CANARY
        + '"}\n{'
        + CANARY
    )
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }
    for command in ("scan", "ask"):
        done = subprocess.run(
            [Path(sys.executable).parent / "practicum-bot", command, "--batch", "-"],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=environment,
            cwd=tmp_path,
        )
        assert CANARY not in done.stdout + done.stderr
        assert "Quistgaard" not in done.stdout + done.stderr
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes()


def test_no_library_keeps_or_sends_anything_of_its_own(tmp_path: Path) -> None:
    hidden = {"CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}  # with these, onnxruntime's telemetry is off by itself
    places = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TMPDIR"), str(tmp_path))
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | places
    command = [Path(sys.executable).parent / "practicum-bot", "scan", TEXT]
    subprocess.run(command, capture_output=True, check=True, timeout=120, env=environment, cwd=tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == []


def test_text_reaches_no_log(engine: PracticumEngine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        engine.scan(TEXT, default_cohort())
        engine.ask(TEXT, default_cohort())
    assert "Zebulonka" not in caplog.text
    assert "0134" not in caplog.text


def test_text_reaches_no_repr() -> None:
    message = Message(id="1", author="U1", channel="C1", sent_at=datetime.now(UTC), to_bot=False, text=TEXT, parent=TEXT)
    assert "Zebulonka" not in repr(message)
