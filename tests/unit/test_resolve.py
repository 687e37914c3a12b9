"""Precedence: the binding source decides, and the answer says who would differ."""

from core.cohort import default_cohort
from core.kb.schema import Entry, KnowledgeBase, Profile, Tightening
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


def test_every_entry_resolves_for_the_default_profile_to_its_own_verdict(base: KnowledgeBase) -> None:
    for entry in base.entries.values():
        resolved = resolve(entry, base.profiles["mru"])
        assert resolved is not None
        assert resolved.verdict is entry.verdict, entry.id
