"""A channel's soft nudges, switched off or made rarer; the hard tier never changes."""

import pytest

from core.answer import Finding
from core.scan.adapt import ENOUGH, HIGHEST, Channel, Judged, soft_from
from core.vocabulary import Category, Tier


def finding(tier: Tier, score: float = 0.9) -> Finding:
    return Finding(
        category=Category.CASE_DETAILS, tier=tier, start=0, end=4, score=score, why="w", citations=("mru/law",), rule="r"
    )


def judged(score: float, false_alarm: bool, tier: Tier = Tier.SOFT) -> Judged:
    return Judged(Category.CASE_DETAILS, tier, score, "classifier", false_alarm)


@pytest.mark.parametrize(
    ("channel", "tiers"),
    [
        (Channel(), [Tier.HARD, Tier.SOFT]),
        (Channel(seminar=True), [Tier.HARD]),
        (Channel(soft_from=0.95), [Tier.HARD]),
        (Channel(soft_from=0.9), [Tier.HARD, Tier.SOFT]),
    ],
)
def test_what_is_due_in_a_channel(channel: Channel, tiers: list[Tier]) -> None:
    assert [f.tier for f in channel.due([finding(Tier.HARD, 0.1), finding(Tier.SOFT)])] == tiers


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], 0.0),
        ([judged(0.7, True)] * (ENOUGH - 1), 0.0),  # too few
        ([judged(0.7, True, Tier.HARD)] * 50, 0.0),  # the hard tier teaches nothing
        ([judged(0.7, False)] * ENOUGH, 0.0),
        ([judged(0.7, True)] * 6 + [judged(0.9, False)] * 6, 0.9),
        ([judged(0.7, True)] * 6 + [judged(0.8, False)] * 3 + [judged(0.9, False)] * 21, 0.0),
        ([judged(0.99, True)] * ENOUGH, HIGHEST),
        ([judged(0.7, True)] * 6 + [judged(0.99, False)] * 6, HIGHEST),
    ],
)
def test_how_much_a_channel_needs(given: list[Judged], wanted: float) -> None:
    assert soft_from(given) == wanted


def test_a_coordinator_sets_the_bound() -> None:
    assert soft_from([judged(0.99, True)] * ENOUGH, highest=0.8) == 0.8
