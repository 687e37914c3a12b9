"""A coordinator sees numbers, and none that could point at one person."""

from dataclasses import replace
from datetime import UTC, datetime

from core.nudging.counts import ENOUGH, Counts, Row, counts
from core.nudging.records import Closing, NudgeRecord
from core.vocabulary import Category, Tier

ONE = NudgeRecord(
    id="n", at=datetime(2026, 11, 2, tzinfo=UTC), cohort="W", channel="c", thread="t", author="a", message="m",
    category=Category.CASE_DETAILS, tier=Tier.SOFT, band=0.9, rule="r",
)  # fmt: skip


def by(people: int, **changes: object) -> list[NudgeRecord]:
    return [replace(ONE, author=f"a{number}", **changes) for number in range(people)]  # type: ignore[arg-type]


def test_few_people_show_nothing() -> None:
    assert counts([]) == counts(by(ENOUGH - 1) * 10) == Counts(enough=False, rows=())


def test_a_row_needs_enough_people_of_its_own() -> None:
    many, few = by(ENOUGH), by(ENOUGH - 1, category=Category.LOCATION)
    assert counts([*many, *few]) == Counts(enough=True, rows=(Row(Category.CASE_DETAILS, Tier.SOFT, ENOUGH, None, None),))


def test_how_nudges_ended() -> None:
    given = [*by(ENOUGH), *by(ENOUGH, closing=Closing.EDITED), *by(2, closing=Closing.DELETED), *by(1, closing=Closing.JUDGED)]
    assert counts(given).rows == (Row(Category.CASE_DETAILS, Tier.SOFT, 2 * ENOUGH + 3, ENOUGH + 2, None),)
