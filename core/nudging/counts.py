"""What a coordinator may see of nudges: numbers, and only where enough people stand behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from core.nudging.records import Closing, NudgeRecord
from core.vocabulary import Category, Tier

ENOUGH = 5  # people, below whom a number could point at one of them


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of finding."""

    category: Category
    tier: Tier
    nudged: int  # in shadow mode, how many would have been
    mended: int | None  # changed or taken down afterwards; None where too few people did
    judged_wrong: int | None  # by their authors; None likewise


@dataclass(frozen=True, slots=True)
class Counts:
    """The rows, most frequent first; none where too few people are behind all of them, or behind a row."""

    enough: bool
    rows: tuple[Row, ...]


def counts(nudges: Sequence[NudgeRecord], now: datetime, zone: ZoneInfo) -> Counts:
    """Sum up a cohort's nudges of the days before today in its zone: nobody is to see a number rise and know who just wrote."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    nudges = [nudge for nudge in nudges if nudge.at < today]
    if len({nudge.author for nudge in nudges}) < ENOUGH:
        return Counts(enough=False, rows=())
    kinds = sorted({(nudge.category, nudge.tier) for nudge in nudges})
    rows = []
    for category, tier in kinds:
        of_kind = [nudge for nudge in nudges if (nudge.category, nudge.tier) == (category, tier)]
        if len({nudge.author for nudge in of_kind}) < ENOUGH:
            continue
        mended = [nudge for nudge in of_kind if nudge.closing in {Closing.EDITED, Closing.DELETED}]
        wrong = [nudge for nudge in of_kind if nudge.closing is Closing.JUDGED]
        rows.append(Row(category, tier, len(of_kind), _number(mended), _number(wrong)))
    return Counts(enough=True, rows=tuple(sorted(rows, key=lambda row: (-row.nudged, row.category, row.tier))))


def _number(nudges: Sequence[NudgeRecord]) -> int | None:
    return len(nudges) if len({nudge.author for nudge in nudges}) >= ENOUGH else None
