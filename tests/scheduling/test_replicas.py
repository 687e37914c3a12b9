"""Five processes on one PostgreSQL: killed anywhere, cut off, refused, with clocks that are wrong, and the server restarting."""

from datetime import UTC, date
from pathlib import Path

from core.kb.schema import KnowledgeBase
from core.scheduling.prompter import due_between
from core.scheduling.review import dates_of
from core.storage.slots import Kind
from tests.contract.postgres import Server
from tests.scheduling.term import Conductor
from tests.scheduling.terms import ZONES, cohorts, expected
from tests.scheduling.world import utc

START = date(2027, 3, 8)  # clocks change in these weeks, in all parts of the world


def test_the_calendar_is_what_clocks_on_walls_show(base: KnowledgeBase) -> None:
    """The calendar that the bot computes beside the one that is read off the clocks, minute by minute."""
    first, last = utc("2026-12-01T00:00"), utc("2027-12-01T00:00")
    for one in cohorts(48, date(2027, 1, 11), weeks=15) + cohorts(48, START, weeks=6):
        read = {(due.at, due.kind) for due in expected(one) if due.kind is not Kind.FOLLOW_UP}
        computed = {(at.astimezone(UTC), slot.kind) for at, slot in due_between(one, dates_of(base), first, last)}
        assert {(at, kind) for at, kind in computed if kind is not Kind.REVIEW} == read, one.timezone


def test_each_slot_of_a_term_once_and_in_its_minute(server: Server, base: KnowledgeBase, tmp_path: Path) -> None:
    members = cohorts(60, START, weeks=6, times=2)
    assert {one.timezone for one in members} == set(ZONES)
    conductor = Conductor(server, base, tmp_path, members, seed=3)
    account = conductor.play()
    account.checked()
    for what in ("replicas killed", "kills from outside", "dropped connections", "refused by platforms"):
        assert conductor.counted[what] > 5, what
    for what in ("restarts of the database", "ticks without a database"):
        assert conductor.counted[what], what
    for counted in account.counted.values():
        assert counted["in its minute"] > 5 * counted["missed"]
