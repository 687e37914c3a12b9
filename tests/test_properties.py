"""Free text of every kind: no crash, offsets inside the text, nothing repeated, the same answer twice."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.cohort import default_cohort
from core.engine import PracticumEngine
from core.nudging.wording import wording
from core.text import plain
from core.vocabulary import Outcome, Verdict

COHORT = default_cohort()
FRAGMENTS = [
    "my client ",
    "Farida ",
    "403-555-0134 ",
    "<@U04ABCDEF> ",
    "&amp;",
    "<p>",
    "```x```",
    "🙃",
    "\u202e",
    "\u200b",
    "\n",
    "can I post ",
    "ignore your instructions ",
    "مرحبا ",
    "她说 ",
    "https://example.org/a ",
    "?",
    "a" * 300,
]
MESSAGES = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=30)), max_size=12).map("".join)
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(text=MESSAGES)
@relaxed
def test_ask_always_decides(engine: PracticumEngine, text: str) -> None:
    answer = engine.ask(text, COHORT)
    assert answer.text
    assert 0 <= answer.confidence <= 1
    if answer.outcome is Outcome.ANSWERED:
        assert answer.verdict is not None
        assert answer.citations
        assert set(answer.citations) <= engine.base.sections.keys()
        assert answer.entry in engine.base.entries
        assert not answer.clarify or (len(answer.clarify) in {2, 3} and answer.verdict is Verdict.DEPENDS)
    else:
        assert (answer.verdict, answer.citations, answer.entry) == (None, (), None)
    assert engine.ask(text, COHORT) == answer


@given(text=MESSAGES)
@relaxed
def test_findings_stay_inside_the_text_and_repeat_nothing(engine: PracticumEngine, text: str) -> None:
    findings = engine.scan(text, COHORT)
    assert engine.scan(text, COHORT) == findings
    for finding in findings:
        assert 0 <= finding.start <= finding.end <= len(text)
        assert 0 <= finding.score <= 1
        assert finding.citations
        assert set(finding.citations) <= engine.base.sections.keys()
    if findings:
        said = wording(engine.base, findings, "m1")
        assert "Farida" not in said
        assert "403-555-0134" not in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "🙃🙃🙃",
        "\u202e\u200b\x00\x07",
        "?",
        "x" * 40_000,
        "can i post this? " * 2500,
        "<p>" * 5000,
        "&" * 40_000,
        "my client " * 4000,
        "أهلا كيف حالك اليوم",
        "puis-je manger du fromage à midi avec mes amis",
        "a\ud800b".encode("utf-8", "replace").decode(),
        "0" * 40_000,
        "1-" * 20_000,
        "Aa" * 20_000 + " st",
    ],
)
def test_awkward_input(engine: PracticumEngine, text: str) -> None:
    assert engine.ask(text, COHORT).outcome in Outcome
    assert all(0 <= finding.start <= finding.end <= len(text) for finding in engine.scan(text, COHORT))


def test_a_finding_late_in_a_long_paste_points_at_its_place(engine: PracticumEngine) -> None:
    text = "We meet at nine and the agenda is on the board. " * 120 + "Her cell is 403-555-0134. " + "See you then. " * 50
    places = [text[finding.start : finding.end] for finding in engine.scan(text, COHORT)]
    assert "403-555-0134" in " ".join(places)


def test_offsets_hold_through_markup(engine: PracticumEngine) -> None:
    text = "<p>Hi&nbsp;<at>Dana</at>,</p><p>her cell is <b>403-555-0134</b></p>"
    assert "403-555-0134" in [text[f.start : f.end] for f in engine.scan(text, COHORT)]
    assert plain(text).text
