"""A coordinator sees numbers, and none that could point at one person."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from core.nudging.counts import ENOUGH, Counts, Row, counts
from core.nudging.records import Closing, NudgeRecord
from core.vocabulary import Category, Tier

ONE = NudgeRecord(
    id="n", at=datetime(2026, 11, 2, tzinfo=UTC), cohort="W", channel="c", thread="t", author="a", message="m",
    category=Category.CASE_DETAILS, tier=Tier.SOFT, band=0.9, rule="r",
)  # fmt: skip

NEXT_DAY = datetime(2026, 11, 3, 12, tzinfo=UTC)


def by(people: int, **changes: object) -> list[NudgeRecord]:
    return [replace(ONE, author=f"a{number}", **changes) for number in range(people)]  # type: ignore[arg-type]


def summed(nudges: Sequence[NudgeRecord], now: datetime = NEXT_DAY) -> Counts:
    return counts(nudges, now, ZoneInfo("America/Edmonton"))


def test_todays_are_not_counted_before_the_day_is_over_on_the_cohorts_wall() -> None:
    still_today = datetime(2026, 11, 2, 6, tzinfo=UTC)  # 23:00 of the first, as the nudges are of 17:00 there
    assert summed(by(ENOUGH), still_today) == Counts(enough=False, rows=())
    assert summed(by(ENOUGH), still_today.replace(hour=8)).enough


def test_few_people_show_nothing() -> None:
    assert summed([]) == summed(by(ENOUGH - 1) * 10) == Counts(enough=False, rows=())


def test_a_row_needs_enough_people_of_its_own() -> None:
    many, few = by(ENOUGH), by(ENOUGH - 1, category=Category.LOCATION)
    assert summed([*many, *few]) == Counts(enough=True, rows=(Row(Category.CASE_DETAILS, Tier.SOFT, ENOUGH, None, None),))


def test_how_nudges_ended() -> None:
    given = [*by(ENOUGH), *by(ENOUGH, closing=Closing.EDITED), *by(2, closing=Closing.DELETED), *by(1, closing=Closing.JUDGED)]
    assert summed(given).rows == (Row(Category.CASE_DETAILS, Tier.SOFT, 2 * ENOUGH + 3, ENOUGH + 2, None),)
