"""When a nudge is spoken, and when not."""

from datetime import UTC, datetime, timedelta

import pytest

from core.answer import Finding
from core.nudging.manners import COOL_DOWN, DAY, SOFT_A_DAY, Manner, Past, manner
from core.nudging.records import Closing, Keys, NudgeRecord, banded, leading
from core.vocabulary import Category, Tier

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def finding(tier: Tier, score: float = 0.9, start: int = 0) -> Finding:
    return Finding(category=Category.CASE_DETAILS, tier=tier, start=start, end=9, score=score, why="w", citations=(), rule="r")


def given(minutes: float, tier: Tier = Tier.SOFT, thread: str = "other", message: str = "", **more: object) -> NudgeRecord:
    at = NOON - timedelta(minutes=minutes)
    return NudgeRecord(
        id=f"{minutes}", at=at, cohort="W", channel="c", thread=thread, author="a", message=message or f"m{minutes}",
        category=Category.CASE_DETAILS, tier=tier, band=0.9, rule="r", **{"delivered_at": at, **more},
    )  # fmt: skip


SOFT, HARD = [finding(Tier.SOFT)], [finding(Tier.SOFT), finding(Tier.HARD)]
FULL = tuple(given(60 * hour) for hour in range(1, SOFT_A_DAY + 1))
COOL = COOL_DOWN / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("findings", "past", "wanted"),
    [
        ([], Past(), Manner.QUIET),
        (SOFT, Past(), Manner.NUDGE),
        (SOFT, Past([given(1, thread="t")]), Manner.QUIET),  # the same thread, a minute ago
        (SOFT, Past([given(COOL, thread="t")]), Manner.NUDGE),
        (SOFT, Past([given(1)]), Manner.NUDGE),  # another thread
        (SOFT, Past([given(1, Tier.HARD, thread="t")]), Manner.NUDGE),
        (HARD, Past([given(1, thread="t")]), Manner.NUDGE),
        (SOFT, Past(FULL), Manner.SUM_UP),
        (SOFT, Past(FULL, summed_up_at=NOON - timedelta(hours=1)), Manner.QUIET),
        (SOFT, Past(FULL, summed_up_at=NOON - DAY), Manner.SUM_UP),
        (HARD, Past(FULL), Manner.NUDGE),
        (SOFT, Past(paused_until=NOON + timedelta(seconds=1)), Manner.QUIET),
        (SOFT, Past(paused_until=NOON), Manner.NUDGE),
        (HARD, Past(paused_until=NOON + DAY), Manner.NUDGE),
        (HARD, Past([given(9, Tier.HARD, message="m")]), Manner.QUIET),  # this message had its nudge
        (SOFT, Past([given(9, message="m")]), Manner.QUIET),
        (HARD, Past([given(9, message="m")]), Manner.NUDGE),  # a soft one, and now somebody is named
        (HARD, Past([given(9, message="m", delivered_at=None)]), Manner.NUDGE),  # it is still owed
        (SOFT, Past([given(9, message="m", delivered_at=None, closed_at=NOON, closing=Closing.EDITED)]), Manner.QUIET),
        (
            HARD,
            Past([given(9, Tier.HARD, message="m", delivered_at=None, shadow=True)]),
            Manner.QUIET,
        ),  # counted then, and not now
    ],
)
def test_manner(findings: list[Finding], past: Past, wanted: Manner) -> None:
    known = next((record for record in past.nudges if record.message == "m"), None)
    assert manner(findings, past, known, "t", NOON) is wanted


def test_the_leading_finding_is_hard_then_sure_then_first() -> None:
    soft, weak, late, first = (
        finding(Tier.SOFT, 0.99),
        finding(Tier.HARD, 0.5),
        finding(Tier.HARD, 0.9, 5),
        finding(Tier.HARD, 0.9),
    )
    assert leading([soft, weak, late, first]) is first
    assert leading([soft]) is soft


@pytest.mark.parametrize(("score", "band"), [(0.0, 0.0), (0.66, 0.65), (0.88, 0.9), (1.0, 1.0)])
def test_scores_are_kept_in_bands(score: float, band: float) -> None:
    assert banded(score) == band


def test_keys_say_nothing_without_the_secret_and_never_collide_by_joining() -> None:
    keys = Keys(b"x" * 16)
    assert keys.key("a", "b") == keys.key("a", "b")
    assert len({keys.key("a", "b"), keys.key("ab"), keys.key("ab", ""), keys.key("", "ab"), Keys(b"y" * 16).key("a", "b")}) == 5
    with pytest.raises(ValueError, match="16 bytes"):
        Keys(b"short")
