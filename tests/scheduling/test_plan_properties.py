"""What holds for every plan, whatever the term, its breaks, its holidays and what was skipped."""

from collections.abc import Mapping
from datetime import UTC, date, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bots import bootstrap
from bots.settings import Settings
from core.cohort import Cohort, PromptTimes, Term
from core.kb.schema import WeeklyPrompt
from core.scheduling.days import WEEKDAYS, monday
from core.scheduling.holidays import public_holidays
from core.scheduling.plan import Planned, plan
from core.storage.slots import Decision, Kind, Slot, State

BANK = bootstrap.knowledge_base(Settings()).prompts
PLACES = (None, "CA-AB", "CA-QC", "US-NY", "GB-SCT", "JP")


@st.composite
def cohorts(draw: st.DrawFn) -> Cohort:
    start = draw(st.dates(date(2024, 1, 1), date(2032, 1, 1)))
    length = draw(st.integers(0, 200))
    edges = draw(st.lists(st.integers(0, length), max_size=6))
    breaks = tuple(
        (start + timedelta(days=min(pair)), start + timedelta(days=max(pair)))
        for pair in zip(edges[::2], edges[1::2], strict=False)
    )
    return Cohort(
        name=draw(st.sampled_from(("Winter", "Fall", "Spring"))),
        profile="mru",
        timezone=draw(st.sampled_from(("America/Edmonton", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"))),
        term=Term(start=start, end=start + timedelta(days=length), breaks=breaks),
        prompts=PromptTimes(weekday=draw(st.sampled_from(WEEKDAYS)), at=time(draw(st.integers(0, 23)), draw(st.integers(0, 59)))),  # type: ignore[arg-type]
        holidays=draw(st.sampled_from(PLACES)),
        own_prompts=tuple(draw(st.lists(st.sampled_from(("One?", "Two?", "Three?")), max_size=3))),
    )


banks = st.integers(1, len(BANK)).map(lambda count: dict(list(BANK.items())[-count:]))


def whole(cohort: Cohort, bank: Mapping[str, WeeklyPrompt], decided: Mapping[date, Decision] | None = None) -> list[Planned]:
    assert cohort.term
    return plan(cohort, bank, cohort.term.start, 60, decided)


def decided(planned: Planned, state: State) -> Decision:
    choice = "" if state is State.SKIPPED else planned.prompt.id
    return Decision(Slot("any", Kind.PROMPT, planned.week), state, planned.at, choice)


@settings(max_examples=150, deadline=None)
@given(cohorts(), banks)
def test_in_term_on_a_free_day_and_without_repetition(cohort: Cohort, bank: dict[str, WeeklyPrompt]) -> None:
    assert cohort.term
    planned = whole(cohort, bank)
    holidays = public_holidays(cohort.holidays) if cohort.holidays else {}
    for week in planned:
        day = week.at.date()
        assert cohort.term.start <= day <= cohort.term.end
        assert not any(first <= day <= last for first, last in cohort.term.breaks)
        assert day not in holidays
        assert monday(day) == week.week
        assert week.at.astimezone(UTC).astimezone(cohort.zone) == week.at
    assert len({week.week for week in planned}) == len(planned)
    own = len(set(cohort.own_prompts))
    ids = [week.prompt.id for week in planned]
    assert [name.startswith("own-") for name in ids[:own]] == [True] * min(own, len(ids))
    if not own and all(prompt.season is None for prompt in bank.values()):
        for number in range(0, len(ids), len(bank)):
            round_ = ids[number : number + len(bank)]
            assert len(set(round_)) == len(round_)
    if not own and len(bank) == len(BANK):
        assert len(set(ids)) == len(ids)


@settings(max_examples=100, deadline=None)
@given(cohorts(), banks, st.data())
def test_a_skip_changes_no_other_week_of_the_bank_and_loses_no_prompt_of_ones_own(
    cohort: Cohort, bank: dict[str, WeeklyPrompt], data: st.DataObject
) -> None:
    before = whole(cohort, bank)
    skipped = {week.week for week in before if data.draw(st.booleans())}
    after = whole(cohort, bank, {week.week: decided(week, State.SKIPPED) for week in before if week.week in skipped})
    assert [week.at for week in after] == [week.at for week in before]
    kept = [week.prompt.id for week in after if week.week not in skipped]
    own = list(dict.fromkeys(week.prompt.id for week in before if week.prompt.id.startswith("own-")))
    assert [name for name in kept if name.startswith("own-")] == own[: len(kept)]
    plain = {week.week: week.prompt.id for week in before}
    for week in after:
        if not week.prompt.id.startswith("own-") and not plain[week.week].startswith("own-"):
            assert week.prompt.id == plain[week.week]


@settings(max_examples=100, deadline=None)
@given(cohorts(), banks, st.integers(0, 30))
def test_what_was_posted_changes_nothing_of_what_is_to_come(cohort: Cohort, bank: dict[str, WeeklyPrompt], count: int) -> None:
    before = whole(cohort, bank)
    after = whole(cohort, bank, {week.week: decided(week, State.DONE) for week in before[:count]})
    assert after == before


@settings(max_examples=60, deadline=None)
@given(cohorts().filter(lambda cohort: not cohort.own_prompts), st.data())
def test_a_bank_that_grows_in_the_middle_of_a_term_repeats_nothing(cohort: Cohort, data: st.DataObject) -> None:
    """And what was posted before its time does not come again at another."""
    fewer = dict(list(BANK.items())[20:])
    before = whole(cohort, fewer)
    posted = {week.week: decided(week, State.DONE) for week in before if data.draw(st.booleans())}
    after = whole(cohort, BANK, posted)
    assert {week.week: week.prompt.id for week in after if week.week in posted} == {w: d.choice for w, d in posted.items()}
    assert len({week.prompt.id for week in after}) == len(after)
