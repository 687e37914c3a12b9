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
from tests.canaries import CANARY, FAULTY, TALKATIVE, TEXT, WORDS, core_files_allowed, found, said
from tests.faulty import DIES, RAISES

COMMAND = (Path(sys.executable).parent / "practicum-bot",)
LINE = json.dumps({"id": "1", "text": TEXT})
RAISING = json.dumps({"id": "2", "text": f"{RAISES} {TEXT}"})
COHORT = "name: {}\nprofile: mru\ntimezone: UTC\nroster: [{}]\n"


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


def ended(folder: Path, *command: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """A command that ended, in a folder of its own, which is also home to all that it could leave."""
    folder.mkdir(exist_ok=True)
    places = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "TMPDIR"), str(folder))
    environment = {**os.environ, **TALKATIVE, **places}
    return subprocess.run(
        command, input=given, capture_output=True, check=False, timeout=240, env=environment, cwd=folder,
        preexec_fn=core_files_allowed,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "given", "status"),
    [
        (["scan", f"{RAISES} {TEXT}"], "", 1),
        (["scan", f"{DIES} {TEXT}"], "", -6),
        (["scan", *TEXT.split()], "", 0),  # without quotes
        (["scan", "--batch", "-"], f'{LINE}\n{RAISING}\n{{"text": ["{TEXT}"]}}\n{TEXT}\n{{"{CANARY}": 1}}', 1),
        ([TEXT], "", 2),  # without a command
        (["kb", "suggest", "given"], f'{{"txt": "{TEXT}"}}', 2),
        (["kb", "suggest", "given"], f'{{"text": ["{TEXT}"]}}', 2),
        (["kb", "suggest", "given"], f"{TEXT} \udcff", 2),
        (["cohort", "import", "given"], COHORT.format("W", CANARY), 2),
        (["cohort", "import", "given"], COHORT.format("W", f"{{name: {CANARY}, aliases: {CANARY}}}"), 2),
        (["cohort", "import", "given"], f"{CANARY}: [\n\t{TEXT}", 2),
        (["ask", "what now?", "--cohort", "given"], COHORT.format("W", CANARY), 2),
    ],
)
def test_a_command_that_fails_repeats_nothing(tmp_path: Path, arguments: list[str], given: str, status: int) -> None:
    content = given.encode("utf-8", "surrogateescape")
    (tmp_path / "given").write_bytes(content)
    named = [str(tmp_path / "given") if argument == "given" else argument for argument in arguments]
    done = ended(tmp_path / "home", *FAULTY, *named, given=content)
    assert done.returncode == status, done.stderr.decode()
    assert said(WORDS, done.stdout.decode(), done.stderr.decode()) == []
    assert found(tmp_path / "home") == []
    assert list((tmp_path / "home").glob("core*")) == []


def test_what_a_command_keeps_or_shows_goes_nowhere_else(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "given"
    file.write_text(f"{TEXT}?\n{TEXT}, and what then?\n", encoding="utf-8")
    done = ended(home, *COMMAND, "kb", "suggest", file)
    assert (done.returncode, CANARY in done.stdout.decode()) == (0, True)  # a curator's own list of questions
    assert (said(WORDS, done.stderr.decode()), found(home)) == ([], [])
    file.write_text(COHORT.format("Winter", f"{{name: {CANARY}}}"), encoding="utf-8")
    done = ended(home, *COMMAND, "cohort", "import", file)
    assert (done.returncode, said(WORDS, done.stdout.decode(), done.stderr.decode())) == (0, [])
    assert {Path(name).suffix for name, _ in found(home)} == {".db"}  # a roster is kept, in the database alone


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
