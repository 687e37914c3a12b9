"""The words an answer begins with: the reply to the question as it was asked, whatever the verdict is called."""

import pytest

from bots import bootstrap
from bots.settings import Settings
from core.cohort import default_cohort
from core.kb.schema import KnowledgeBase, Stance, Tightening
from core.qa.compose import Composer
from core.qa.resolve import resolve
from core.vocabulary import Verdict


@pytest.mark.parametrize(
    ("stance", "verdict", "opening"),
    [
        (Stance.MAY_KEEP, Verdict.YES, "No, you don't have to. "),
        (Stance.NOT_REQUIRED, Verdict.NO, "No, you don't have to. "),
        (Stance.FORBIDDEN, Verdict.NO, "No. "),
        (Stance.TWIN, Verdict.YES, "Yes. "),
        (Stance.CONDITION, Verdict.DEPENDS, "It depends. "),
    ],
)
def test_openings(base: KnowledgeBase, stance: Stance, verdict: Verdict, opening: str) -> None:
    entry = next(entry for entry in base.entries.values() if entry.stance is stance)
    reading = resolve(entry, base.profiles["mru"])
    assert reading is not None
    assert reading.verdict is verdict
    assert Composer(base).answered(reading, base.profiles["mru"], default_cohort()).startswith(opening + reading.rule)


def test_what_a_program_takes_away_must_be_given_up(base: KnowledgeBase) -> None:
    entry = next(entry for entry in base.entries.values() if entry.stance is Stance.MAY_KEEP)
    line = Tightening(entry=entry.id, verdict=Verdict.NO, says="Our program asks you to close it.")
    profile = base.profiles["mru"].model_copy(update={"tighten": (line,)})
    reading = resolve(entry, profile)
    assert reading is not None
    assert Composer(base).answered(reading, profile, default_cohort()).startswith("Yes, you have to. Our program asks")


def test_a_choice_between_readings_says_the_same(base: KnowledgeBase) -> None:
    entry = next(entry for entry in base.entries.values() if entry.stance is Stance.MAY_KEEP)
    reading = resolve(entry, base.profiles["mru"])
    assert reading is not None
    assert f"(no, you don't have to: {reading.rule})" in Composer(base).clarify([reading], base.profiles["mru"])
    assert bootstrap.asker(base, bootstrap.encoder(Settings())).about(entry.id, default_cohort()).verdict is Verdict.YES
