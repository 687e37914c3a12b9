"""Whether to speak now: one nudge a message, rarely in one thread, a few soft ones a day, and quiet when asked to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.answer import Finding
from core.nudging.records import NudgeRecord
from core.vocabulary import Tier

COOL_DOWN = timedelta(minutes=10)  # between soft nudges to one author in one thread
SOFT_A_DAY = 3  # to one author, before one line that sums up
DAY = timedelta(hours=24)


class Manner(StrEnum):
    """What to do about findings."""

    NUDGE = "nudge"
    SUM_UP = "sum_up"  # one line in the place of all further soft nudges of the day
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of an author, from the store."""

    nudges: Sequence[NudgeRecord] = ()  # of the last day, given ones alone
    summed_up_at: datetime | None = None
    paused_until: datetime | None = None


def manner(findings: Sequence[Finding], past: Past, known: NudgeRecord | None, thread: str, now: datetime) -> Manner:
    """How to treat findings in a message; `known` is what is kept of its nudge however old that is, `thread` a key.

    The hard tier always speaks, once a message, also after a soft nudge.
    """
    if not findings:
        return Manner.QUIET
    hard = any(finding.tier is Tier.HARD for finding in findings)
    if known:
        ended = known.delivered_at or known.closed_at or known.shadow
        return Manner.QUIET if ended and (known.tier is Tier.HARD or not hard) else Manner.NUDGE
    if hard:
        return Manner.NUDGE
    if past.paused_until and now < past.paused_until:
        return Manner.QUIET
    recent = [record for record in past.nudges if record.tier is Tier.SOFT and now - record.at < DAY]
    if any(record.thread == thread and now - record.at < COOL_DOWN for record in recent):
        return Manner.QUIET
    if len(recent) < SOFT_A_DAY:
        return Manner.NUDGE
    return Manner.QUIET if past.summed_up_at and now - past.summed_up_at < DAY else Manner.SUM_UP
