"""Five processes on one PostgreSQL: killed anywhere, cut off, refused, with clocks that are wrong, and the server restarting."""

from datetime import date
from pathlib import Path

from core.kb.schema import KnowledgeBase
from tests.contract.postgres import Server
from tests.scheduling.term import Conductor
from tests.scheduling.terms import ZONES, cohorts

START = date(2027, 3, 8)  # clocks change in these weeks, in all parts of the world


def test_each_slot_of_a_term_once_and_in_its_minute(server: Server, base: KnowledgeBase, tmp_path: Path) -> None:
    members = cohorts(60, START, weeks=6, times=2)
    assert {one.timezone for one in members} == set(ZONES)
    conductor = Conductor(server, base, tmp_path, members, seed=3)
    account = conductor.play()
    account.checked()
    for what in ("replicas killed", "kills from outside", "dropped connections", "refused by platforms"):
        assert conductor.counted[what] > 5, what
    assert conductor.counted["restarts of the database"] + conductor.counted["ticks without a database"] > 0
    for counted in account.counted.values():
        assert counted["in its minute"] > 5 * counted["missed"]
