from datetime import time
from pathlib import Path

import pytest

from core.cohort import Cohort, read_cohort
from core.errors import CohortFileError

PROFILES = ("mru", "us")


def read_text(tmp_path: Path, text: str) -> Cohort:
    path = tmp_path / "cohort.yaml"
    path.write_text(text, encoding="utf-8")
    return read_cohort(path, PROFILES)


def test_the_least_a_cohort_needs(tmp_path: Path) -> None:
    cohort = read_text(tmp_path, "name: Winter\nprofile: mru\ntimezone: America/Edmonton\n")
    assert (cohort.name, cohort.roster, cohort.term) == ("Winter", (), None)


@pytest.mark.parametrize("clock", ['"09:00"', "09:00", '"9:00"', "'09:00:00'"])
def test_a_time_of_day(tmp_path: Path, clock: str) -> None:
    cohort = read_text(tmp_path, f"name: W\nprofile: mru\ntimezone: UTC\nprompts: {{weekday: monday, at: {clock}}}\n")
    assert cohort.prompts is not None
    assert cohort.prompts.at == time(9)


@pytest.mark.parametrize("clock", ["9", "900", "1330", "'24:00'", "'09:00Z'", "'09:61'", "noon", "true"])
def test_what_is_no_time_of_day(tmp_path: Path, clock: str) -> None:
    with pytest.raises(CohortFileError, match=r":4: prompts\.at: .*is not a time of day"):
        read_text(tmp_path, f"name: W\nprofile: mru\ntimezone: UTC\nprompts: {{weekday: monday, at: {clock}}}\n")


def test_faults_repeat_no_personal_data(tmp_path: Path) -> None:
    with pytest.raises(CohortFileError) as caught:
        read_text(tmp_path, "name: W\nprofile: mru\ntimezone: UTC\nroster: [Farida Quist]\ncoordinator: Noor Quist\n")
    assert "Quist" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("name: W\nprofile: mru\n", ["timezone: is missing"]),
        ("name: W\nprofile: nope\ntimezone: UTC\n", [":2: profile: 'nope' is unknown; the profiles are mru, us"]),
        ("name: W\nprofile: mru\ntimezone: Mars/Olympus\n", [":3: timezone"]),
        ("name: W\nprofile: mru\ntimezone: UTC\ncolour: red\n", [":4: colour: unknown key"]),
        (
            "name: W\nprofile: mru\ntimezone: UTC\nroster:\n- {name: A}\n- {alias: B}\n",
            [":6: roster.1.name: is missing", ":6: roster.1.alias"],
        ),
        ("name: W\nprofile: mru\ntimezone: UTC\nterm: {start: 2027-04-01, end: 2027-01-01}\n", ["ends before it starts"]),
        (
            "name: W\nprofile: mru\ntimezone: UTC\nterm: {start: 2027-01-01, end: 2027-02-01, breaks: [[2027-03-01, 2027-03-02]]}\n",
            ["outside the term"],
        ),
        ("name: W\nname: X\nprofile: mru\ntimezone: UTC\n", [":2: the key 'name' stands twice"]),
        ("name: W\nprofile: [mru]\ntimezone: UTC\n", [":2: profile"]),
        ("name: W\nprofile: mru\ntimezone: UTC\nterm: {start: 2027-02-30, end: 9999-12-31}\n", [":4: term.start"]),
        ("name: W\nprofile: mru\ntimezone: UTC\nterm: {start: 2027-01-01, end: 9999-12-31}\n", ["longer than two years"]),
        ("name: &a [*a]\n", ["an alias"]),
        ('name: "\x01"\n', ["is not YAML"]),
        ("[" * 3000, ["cohort.yaml"]),
        ("", ["is empty"]),
        ("- a\n- b\n", ["must have keys of its own"]),
        ("name: [unclosed\n", ["is not YAML"]),
        (
            "name: W\nprofile: nope\ntimezone: nowhere\nterm: {start: x, end: 2027-01-01}\n",
            [":2: profile", ":3: timezone", ":4: term.start"],
        ),
    ],
)
def test_every_fault_has_its_place_and_cure(tmp_path: Path, text: str, faults: list[str]) -> None:
    with pytest.raises(CohortFileError) as caught:
        read_text(tmp_path, text)
    for fault in faults:
        assert fault in str(caught.value)


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(CohortFileError, match="can't be read"):
        read_cohort(tmp_path / "none.yaml", PROFILES)


def test_holidays_and_own_prompts(tmp_path: Path) -> None:
    text = "name: W\nprofile: mru\ntimezone: UTC\nholidays: CA-AB\nown_prompts: ['What would you post?', ' And why? ']\n"
    cohort = read_text(tmp_path, text)
    assert (cohort.holidays, cohort.own_prompts) == ("CA-AB", ("What would you post?", "And why?"))


@pytest.mark.parametrize("place", ["ZZ", "CA-XX", "Alberta", "''", "ca-ab"])
def test_a_place_whose_holidays_nobody_knows(tmp_path: Path, place: str) -> None:
    with pytest.raises(CohortFileError, match=r":4: holidays: .*for example CA-AB"):
        read_text(tmp_path, f"name: W\nprofile: mru\ntimezone: UTC\nholidays: {place}\n")
