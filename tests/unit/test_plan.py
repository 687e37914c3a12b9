from collections import Counter
from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from core.cohort import Cohort, PromptTimes, Term
from core.kb.schema import KnowledgeBase, WeeklyPrompt
from core.scheduling.days import wall_clock
from core.scheduling.plan import plan

EDMONTON = ZoneInfo("America/Edmonton")


def cohort(**changes: object) -> Cohort:
    values: dict[str, object] = {
        "name": "Winter",
        "profile": "mru",
        "timezone": "America/Edmonton",
        "term": Term(start=date(2027, 1, 11), end=date(2027, 4, 16), breaks=((date(2027, 2, 15), date(2027, 2, 19)),)),
        "prompts": PromptTimes(weekday="monday", at=time(9)),
    }
    return Cohort.model_validate(values | changes)


def test_the_whole_term(base: KnowledgeBase) -> None:
    planned = plan(cohort(), base.prompts, date(2027, 1, 1), 60)
    days = [week.at.date() for week in planned]
    assert days[0] == date(2027, 1, 11)
    assert date(2027, 2, 15) not in days
    assert days[-1] == date(2027, 4, 12)
    assert {week.at.timetz().replace(tzinfo=None) for week in planned} == {time(9)}
    assert {week.at.tzname() for week in planned} == {"MST", "MDT"}
    assert max(Counter(week.prompt.id for week in planned).values()) == 1
    assert planned[0].prompt.season == "first_week"
    assert {week.prompt.season for week in planned[-2:]} == {"ending"}


def test_the_plan_does_not_change_as_the_term_goes_on(base: KnowledgeBase) -> None:
    whole = plan(cohort(), base.prompts, date(2027, 1, 1), 60)
    later = plan(cohort(), base.prompts, date(2027, 3, 1), 60)
    assert later == whole[-len(later) :]


def test_two_cohorts_differ(base: KnowledgeBase) -> None:
    one = [week.prompt.id for week in plan(cohort(), base.prompts, date(2027, 1, 1), 60)]
    other = [week.prompt.id for week in plan(cohort(name="Fall"), base.prompts, date(2027, 1, 1), 60)]
    assert one != other


def test_no_repeat_before_the_bank_is_used_up(base: KnowledgeBase) -> None:
    few: dict[str, WeeklyPrompt] = {name: prompt for name, prompt in base.prompts.items() if prompt.season is None}
    few = dict(list(few.items())[:5])
    planned = plan(cohort(), few, date(2027, 1, 1), 60)
    for start in range(0, len(planned), 5):
        ids = [week.prompt.id for week in planned[start : start + 5]]
        assert len(set(ids)) == len(ids)


def test_a_finished_term_has_no_prompts(base: KnowledgeBase) -> None:
    assert plan(cohort(), base.prompts, date(2027, 6, 1), 4) == []


@pytest.mark.parametrize("today", [date(2026, 11, 21), date(2026, 12, 30), date(2027, 1, 19), date(2027, 3, 1)])
def test_a_cohort_without_a_term_gets_prompts_on_and_on(base: KnowledgeBase, today: date) -> None:
    planned = plan(cohort(term=None), base.prompts, today, 30)
    assert len(planned) == 30
    assert {week.prompt.season for week in planned} == {None}
    assert {(after.at.date() - before.at.date()).days for before, after in pairwise(planned)} == {7}


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (
            date(2027, 3, 14),
            time(2, 30),
            datetime(2027, 3, 14, 9, 0, tzinfo=UTC),
        ),  # skipped: the next minute that exists is 03:00
        (date(2027, 11, 7), time(1, 30), datetime(2027, 11, 7, 7, 30, tzinfo=UTC)),  # comes twice: the first
        (date(2027, 3, 15), time(9), datetime(2027, 3, 15, 15, 0, tzinfo=UTC)),
        (date(2027, 3, 8), time(9), datetime(2027, 3, 8, 16, 0, tzinfo=UTC)),
    ],
)
def test_the_clock_on_the_wall(day: date, at: time, expected: datetime) -> None:
    assert wall_clock(day, at, EDMONTON).astimezone(UTC) == expected
