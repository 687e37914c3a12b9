"""Precedence: the binding source decides, and the answer says who would differ."""

import pytest

from core.cohort import default_cohort
from core.kb.schema import Entry, KnowledgeBase, Profile, Stance, Tightening
from core.qa.compose import Composer
from core.qa.resolve import resolve
from core.vocabulary import Verdict

SEARCH = Entry.model_validate(
    {
        "id": "search-a-client",
        "stance": "forbidden",
        "situation": {"act": "search", "target": "client"},
        "verdict": "no",
        "answer": {"rule": "The rule.", "instead": "The way.", "ask": "Your supervisor."},
        "citations": ["mru/boundaries-2", "guide/tips-6", "blog/self-harm"],
        "differs": [{"source": "guide", "verdict": "depends", "says": "With consent, or for clinical need."}],
        "phrasings": ["may i search a client"],
    }
)


def test_the_binding_source_decides_and_the_other_is_named(base: KnowledgeBase) -> None:
    resolved = resolve(SEARCH, base.profiles["mru"])
    assert resolved is not None
    assert (resolved.verdict, resolved.binding, resolved.citations[0]) == (Verdict.NO, "mru", "mru/boundaries-2")
    text = Composer(base).answered(resolved, base.profiles["mru"], default_cohort())
    assert text.startswith("No. The rule.")
    assert "Where sources differ: With consent, or for clinical need. Your program's policy binds you" in text
    assert "[mru/boundaries-2]" in text


def test_another_profile_gives_its_own_answer(base: KnowledgeBase) -> None:
    resolved = resolve(SEARCH, base.profiles["us"])
    assert resolved is not None
    assert (resolved.verdict, resolved.binding) == (Verdict.DEPENDS, "guide")
    assert resolved.citations == ("guide/tips-6", "blog/self-harm")
    assert resolved.rule == "With consent, or for clinical need."
    assert resolved.others == ()


def test_a_profile_whose_sources_are_silent_settles_nothing(base: KnowledgeBase) -> None:
    only_mru = SEARCH.model_copy(update={"citations": ("mru/boundaries-2",), "differs": ()})
    assert resolve(only_mru, base.profiles["us"]) is None


def test_an_institution_may_be_stricter(base: KnowledgeBase) -> None:
    lenient = SEARCH.model_copy(update={"verdict": Verdict.YES, "differs": ()})
    profile: Profile = base.profiles["mru"].model_copy(
        update={"tighten": (Tightening(entry=SEARCH.id, verdict=Verdict.NO, says="Not here."),)}
    )
    resolved = resolve(lenient, profile)
    assert resolved is not None
    assert (resolved.verdict, resolved.rule, resolved.tightened) == (Verdict.NO, "Not here.", True)


CONDITION = SEARCH.model_copy(update={"verdict": Verdict.DEPENDS, "differs": ()})
RELAXED = {"source": "guide", "verdict": "depends", "says": "With consent."}
OWN = {"instead": "Another way.", "ask": "Somebody else."}
SUPERVISOR = "your agency supervisor or your field instructor."


@pytest.mark.parametrize(
    ("differs", "tightenings", "lines"),
    [
        ((), (), ["No. The rule.", "The way.", "Ask: Your supervisor."]),
        ((RELAXED,), (), ["It depends. With consent.", f"Ask: {SUPERVISOR}"]),
        ((RELAXED | OWN,), (), ["It depends. With consent.", "Another way.", "Ask: Somebody else."]),
        # back to the entry's own verdict, for which its own words were written
        ((RELAXED | OWN,), ({"verdict": "no", "says": "Not here."},), ["No. Not here.", "The way.", "Ask: Your supervisor."]),
        ((RELAXED,), ({"verdict": "no", "says": "Not here."} | OWN,), ["No. Not here.", "Another way.", "Ask: Somebody else."]),
        ((), ({"verdict": "depends", "says": "A."}, {"verdict": "yes", "says": "B."}), ["Yes. B.", f"Ask: {SUPERVISOR}"]),
    ],
)
def test_the_answers_parts_fit_its_verdict(
    base: KnowledgeBase, differs: tuple[dict[str, str], ...], tightenings: tuple[dict[str, str], ...], lines: list[str]
) -> None:
    entry = Entry.model_validate(SEARCH.model_dump() | {"differs": differs})
    tighten = tuple(Tightening.model_validate({"entry": entry.id} | given) for given in tightenings)
    profile = base.profiles["us"].model_copy(update={"tighten": tighten})
    resolved = resolve(entry, profile)
    assert resolved is not None
    assert Composer(base).answered(resolved, profile, default_cohort()).splitlines()[: len(lines)] == lines


def test_no_source_stands_against_a_tightened_answer(base: KnowledgeBase) -> None:
    lenient = SEARCH.model_copy(update={"verdict": Verdict.YES, "stance": Stance.TWIN})
    tighten = (Tightening(entry=SEARCH.id, verdict=Verdict.NO, says="Not here."),)
    profile = base.profiles["mru"].model_copy(update={"tighten": tighten, "title": "Our School"})
    resolved = resolve(lenient, profile)
    assert resolved is not None
    assert resolved.others
    text = Composer(base).answered(resolved, profile, default_cohort())
    assert "Our School is stricter here than its sources" in text
    assert "Where sources differ" not in text


def test_an_open_choice_of_readings_says_how_to_settle_it(base: KnowledgeBase) -> None:
    profile = base.profiles["mru"]
    readings = [resolved for entry in (SEARCH, CONDITION) if (resolved := resolve(entry, profile))]
    text = Composer(base).clarify(readings, profile)
    assert "1. " in text
    assert "2. " in text
    assert "(its number will do)" in text


def test_every_entry_resolves_for_the_default_profile_to_its_own_verdict(base: KnowledgeBase) -> None:
    for entry in base.entries.values():
        resolved = resolve(entry, base.profiles["mru"])
        assert resolved is not None
        assert resolved.verdict is entry.verdict, entry.id
