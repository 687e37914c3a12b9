"""The command as its user meets it: what it prints, what it exits with."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT

COMMAND = Path(sys.executable).parent / "practicum-bot"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def call(*arguments: str, stdin: str = "", environment: Mapping[str, str] = {}) -> subprocess.CompletedProcess[str]:
        home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data"), "COLUMNS": "100"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRACTICUM_BOT_")}
        return subprocess.run(
            [COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=kept | home | dict(environment),
        )

    return call


def test_ask_in_json(run: Run) -> None:
    done = run("ask", "can I accept a friend request from a former client?", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert (answer["outcome"], answer["verdict"]) == ("answered", "no")
    assert "mru/boundaries-3" in answer["citations"]
    assert set(answer) == {"id", "outcome", "verdict", "citations", "entry", "confidence", "clarify", "text", "ms"}


def test_a_batch_goes_on_after_a_bad_line(run: Run) -> None:
    lines = [
        '\ufeff{"id": "a", "text": "can I google my client?"}',
        "not json",
        "[1]",
        '{"id": "d"}',
        "",
        '{"id": NaN, "text": "x"}',
        "[" * 100_000,
        '{"id": ' + "9" * 5000 + "}",
        '{"id": "\\ud800", "text": "hello there"}',
        '{"id": 5, "text": "what is for lunch?"}',
    ]
    done = run("ask", "--batch", "-", stdin="\n".join(lines), environment={"PYTHONIOENCODING": "ascii"})
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [answer["id"] for answer in answers[:6]] == ["a", None, None, "d", None, None]
    assert ["error" in answer for answer in answers] == [False, True, True, True, True, True, True, True, False, False]
    assert "line 2: is not JSON" in answers[1]["error"]
    assert "text: Field required" in answers[3]["error"]
    assert "line 5: is empty" in answers[4]["error"]
    assert answers[-1]["id"] == 5


def test_a_batch_prints_on_standard_output_also_under_a_terminal(tmp_path: Path) -> None:
    """The progress bar is drawn on a terminal's standard error and must take nothing from standard output."""
    master, slave = pty.openpty()
    done = subprocess.run(
        [COMMAND, "ask", "--batch", "-"],
        input=b'{"id": "a", "text": "can I google my client?"}\n',
        stdout=subprocess.PIPE,
        stderr=slave,
        check=False,
        timeout=120,
        env={**os.environ, "HOME": str(tmp_path), "TERM": "xterm"},
    )
    os.close(slave)
    os.close(master)
    assert json.loads(done.stdout)["id"] == "a"


def test_scan_says_what_could_be_done_instead_and_repeats_nothing(run: Run) -> None:
    done = run("scan", "her cell is 403-555-0134")
    assert done.returncode == 0
    assert "contact_details (hard), characters 12 to 24" in done.stdout
    assert "  Instead: " in done.stdout
    assert "0134" not in done.stdout


def test_scan_a_batch(run: Run, tmp_path: Path) -> None:
    rows = [
        {"id": "m1", "text": "my 3pm no-showed because she is back in detox and her mom has the kids", "author": "U1"},
        {
            "id": "m2",
            "text": "Tom can you send the slides?",
            "parent": "who has the slides",
            "files": [{"name": "a.pdf", "mimetype": "application/pdf"}],
        },
        {"id": "m3", "text": "her cell is 403-555-0134"},
    ]
    path = tmp_path / "messages.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = run("scan", "--batch", str(path), "--cohort", str(ROOT / "deploy" / "sample-cohort.yaml"))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert [line["nudge"] for line in found] == [True, False, True]
    assert found[0]["categories"] == ["case_details"]
    assert {key for finding in found[2]["findings"] for key in finding} == {
        "category",
        "tier",
        "start",
        "end",
        "score",
        "why",
        "citations",
    }
    (finding,) = found[2]["findings"]
    assert rows[2]["text"][finding["start"] : finding["end"]] == "403-555-0134"  # type: ignore[index]


@pytest.mark.parametrize(
    ("platforms", "said"),
    [
        (["slack"], ["SLACK_APP_TOKEN: is needed", "SLACK_BOT_TOKEN: is needed"]),
        (["teams"], ["MICROSOFT_APP_ID: is needed"]),
        (["matrix"], ["can't run matrix; choose of slack, teams and playground"]),
        (["playground", "slack"], ["SLACK_APP_TOKEN: is needed", "SLACK_BOT_TOKEN: is needed"]),
    ],
)
def test_a_platform_that_can_t_be_run_is_told_with_the_cure(run: Run, platforms: list[str], said: list[str]) -> None:
    done = run("run", *platforms)
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if not line.startswith(tuple(said))] == []
    assert len(done.stderr.splitlines()) == len(said)


def test_kb_check_and_show(run: Run) -> None:
    done = run("kb", "check")
    assert done.returncode == 0, done.stdout
    assert "103 sections" in done.stdout
    section = run("kb", "show", "mru/boundaries-3")
    assert "leads:" in section.stdout
    assert "tier 1" in section.stdout
    missing = run("kb", "show", "no-such-thing")
    assert missing.returncode == 2
    assert "no section, entry or prompt is called" in missing.stderr


def test_a_cohort_from_import_to_prompts(run: Run) -> None:
    assert "No cohorts yet" in run("cohort", "list").stdout
    assert "Imported Sample Cohort: 3 students" in run("cohort", "import", str(ROOT / "deploy" / "sample-cohort.yaml")).stdout
    assert "Replaced" in run("cohort", "import", str(ROOT / "deploy" / "sample-cohort.yaml")).stdout
    assert "Grace Example (Gracie)" in run("cohort", "show", "Sample Cohort").stdout
    assert "Sample Cohort: 3 students" in run("cohort", "list").stdout
    preview = run("prompts", "preview", "Sample Cohort", "--weeks", "2")
    assert preview.stdout.count("09:00 MST") == 2
    assert run("prompts", "preview", "Sample Cohort").stdout.count("Mon 2027-") == 13  # the whole term
    nobody = run("cohort", "show", "Nobody")
    assert nobody.returncode == 2
    assert "no cohort is called 'Nobody'; known are Sample Cohort" in nobody.stderr
    assert "up to date" in run("db", "check").stdout


def test_prompts_are_skipped_paused_and_posted(run: Run) -> None:
    run("cohort", "import", str(ROOT / "deploy" / "sample-cohort.yaml"))
    assert run("prompts", "skip", "Sample Cohort").stdout.startswith("Skipped: Mon 2027-01-11 09:00 MST")
    assert run("prompts", "skip", "Sample Cohort").stdout.startswith("Skipped: Mon 2027-01-18 09:00 MST")
    assert run("prompts", "unskip", "Sample Cohort").stdout.startswith("Planned again: Mon 2027-01-11")
    assert run("prompts", "pause", "Sample Cohort").stdout == "Prompts are paused for Sample Cohort.\n"
    preview = run("prompts", "preview", "Sample Cohort", "--weeks", "3").stdout
    assert preview.startswith("Paused since ")
    assert ["(skipped)" in line for line in preview.splitlines() if line.startswith("Mon")] == [False, True, False]
    assert run("prompts", "resume", "Sample Cohort").stdout == "Prompts go on for Sample Cohort.\n"
    assert "Paused" not in run("prompts", "preview", "Sample Cohort", "--weeks", "3").stdout
    unconnected = run("prompts", "post-now", "Sample Cohort")
    assert (unconnected.returncode, "takes prompts; connect one first" in unconnected.stderr) == (2, True)
    assert run("prompts", "skip", "Nobody").returncode == 2


def test_a_term_ends_with_a_receipt_and_not_by_accident(run: Run) -> None:
    run("cohort", "import", str(ROOT / "deploy" / "sample-cohort.yaml"))
    assert run("cohort", "acknowledged", "Sample Cohort").stdout == "person,name,version,acknowledged_at\n"
    assert run("cohort", "end", "Sample Cohort", stdin="n\n").returncode != 0
    assert "Sample Cohort: 3 students" in run("cohort", "list").stdout
    done = run("cohort", "end", "Sample Cohort", stdin="y\n")
    assert (done.returncode, "Receipt. Sample Cohort ended on" in done.stdout) == (0, True)
    assert "No cohorts yet" in run("cohort", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("ask",), {}, "either a text or --batch FILE"),
        (("ask", "a", "--batch", "-"), {}, "either a text or --batch FILE"),
        (("ask", "--batch", "/no/such/file"), {}, "can't be read"),
        (("ask", "--nonsense"), {}, "No such option"),
        (("ask", "a", "--cohort", "/no/such/cohort.yaml"), {}, "can't be read"),
        (("ask", "a"), {"PRACTICUM_BOT_SPACY_MODEL": "xx_none"}, "is not installed"),
        (("ask", "a"), {"PRACTICUM_BOT_ENCODR": "x"}, "is not a setting"),
        (("ask", "a"), {"PRACTICUM_BOT_ENCODER": "/"}, "no usable manifest"),
        (("prompts", "preview", "x", "--weeks", "0"), {}, "greater than or equal to 1"),
        (("nonsense",), {}, "No such command"),
    ],
)
def test_unusable_arguments_end_with_status_2(
    run: Run, arguments: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    done = run(*arguments, environment=environment)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_a_bad_cohort_file_names_every_fault(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cohort.yaml"
    path.write_text("name: W\nprofile: nope\ntimezone: Mars\ncolour: red\n", encoding="utf-8")
    done = run("cohort", "import", str(path))
    assert done.returncode == 2
    assert [f"{path}:{line}:" in done.stderr for line in (2, 3, 4)] == [True] * 3


def test_shadow_mode_and_numbers(run: Run) -> None:
    run("cohort", "import", str(ROOT / "deploy" / "sample-cohort.yaml"))
    assert run("cohort", "shadow", "Sample Cohort", "on").stdout == "Shadow mode is on for Sample Cohort.\n"
    assert run("cohort", "shadow", "Nobody", "on").returncode == 2
    assert "Too few people" in run("cohort", "numbers", "Sample Cohort").stdout


def test_purging_by_hand(run: Run) -> None:
    done = run("db", "purge")
    assert (done.returncode, done.stdout) == (0, "Deleted 0 records of nudges, 0 settings of people, 0 marks of events.\n")
