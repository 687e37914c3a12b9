"""What a coordinator can do with a cohort's calendar, and what is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.scheduling.calendar import Calendar
from core.storage.memory import MemoryStore
from core.storage.migrate import upgrade
from core.storage.slots import Decision, Kind, Slot, State
from core.storage.sql import SqlStore
from core.storage.store import Store
from tests.scheduling.world import cohort, settled, utc

NINE = utc("2027-01-11T16:00")
BEFORE = NINE - timedelta(hours=1)
WINTER = cohort()
Work = Callable[[Store, Calendar], Awaitable[None]]


@pytest.fixture(params=["memory", "sqlite"])
def play(request: pytest.FixtureRequest, tmp_path: Path, base: KnowledgeBase) -> Callable[[Work], None]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    upgrade(url)

    def played(work: Work) -> None:
        async def run() -> None:
            store: Store = MemoryStore() if request.param == "memory" else SqlStore(url)
            await settled(store, WINTER)
            await work(store, Calendar(store, base.prompts))
            await store.close()

        asyncio.run(run())

    return played


def test_the_whole_term_or_so_many_weeks(play: Callable[[Work], None]) -> None:
    async def work(store: Store, calendar: Calendar) -> None:
        assert len(await calendar.preview(WINTER, date(2027, 1, 1))) == 13
        assert len(await calendar.preview(WINTER, date(2027, 1, 1), 4)) == 4
        assert len(await calendar.preview(WINTER, date(2027, 4, 1))) == 2
        assert await calendar.preview(WINTER, date(2027, 5, 1)) == []
        assert len(await calendar.preview(cohort(term=None), date(2027, 5, 1))) == 16

    play(work)


def test_only_what_is_to_come_is_skipped(play: Callable[[Work], None]) -> None:
    async def work(store: Store, calendar: Calendar) -> None:
        last = NINE + timedelta(weeks=13)  # in summer time
        assert (await calendar.skip(WINTER, last - timedelta(days=6))).planned.week == date(2027, 4, 12)
        for refused in (calendar.skip, calendar.post_now):
            with pytest.raises(InputError, match="no prompt of Winter is to come"):
                await refused(WINTER, last)
            with pytest.raises(InputError, match="in the week of 2027-02-15"):  # a break
                await refused(WINTER, BEFORE, date(2027, 2, 15))
        with pytest.raises(InputError, match="no such week to come is skipped"):
            await calendar.unskip(WINTER, last)

    play(work)


def test_skipping_twice_is_skipping_once_and_a_skipped_week_can_still_be_posted(play: Callable[[Work], None]) -> None:
    async def work(store: Store, calendar: Calendar) -> None:
        week = date(2027, 1, 25)
        for _ in range(2):
            assert (await calendar.skip(WINTER, BEFORE, week)).skipped
        assert (await calendar.post_now(WINTER, BEFORE, week)).posted
        (found,) = [found for found in await calendar.preview(WINTER, BEFORE.date()) if found.planned.week == week]
        assert (found.skipped, found.posted, found.state) == (False, True, State.PLANNED)
        kinds = {decision.slot.kind: decision.due_at for decision in await store.decisions("Winter", week)}
        assert kinds == {
            Kind.PROMPT: BEFORE,
            Kind.NOTE: BEFORE,
            Kind.FOLLOW_UP: NINE + timedelta(days=2),  # at nine, two days after it was posted
        }

    play(work)


def test_what_was_missed_is_shown_and_not_posted(play: Callable[[Work], None]) -> None:
    async def work(store: Store, calendar: Calendar) -> None:
        await store.decide(Decision(Slot("Winter", Kind.PROMPT, date(2027, 1, 11)), State.LATE, NINE))
        (found, *_) = await calendar.preview(WINTER, NINE.date())
        assert (found.skipped, found.state) == (True, State.LATE)
        with pytest.raises(InputError, match="recorded as missed"):
            await calendar.post_now(WINTER, NINE + timedelta(days=1), date(2027, 1, 11))

    play(work)


def test_a_pause_is_kept_from_its_first_moment_on(play: Callable[[Work], None]) -> None:
    async def work(store: Store, calendar: Calendar) -> None:
        assert await calendar.paused_at(WINTER) is None
        await calendar.pause(WINTER, BEFORE)
        await calendar.pause(WINTER, NINE)
        assert await calendar.paused_at(WINTER) == BEFORE
        await calendar.resume(WINTER, NINE + timedelta(weeks=1))
        assert await calendar.paused_at(WINTER) is None
        weeks = await calendar.preview(WINTER, NINE.date(), 3)
        assert [week.state for week in weeks] == [State.SKIPPED, State.SKIPPED, None]

    play(work)


def test_of_a_skip_and_a_post_at_once_one_holds(play: Callable[[Work], None]) -> None:
    async def work(store: Store, calendar: Calendar) -> None:
        week = date(2027, 1, 18)
        both = await asyncio.gather(
            calendar.skip(WINTER, BEFORE, week), calendar.post_now(WINTER, BEFORE, week), return_exceptions=True
        )
        (found,) = [found for found in await calendar.preview(WINTER, BEFORE.date()) if found.planned.week == week]
        assert found.state in {State.SKIPPED, State.PLANNED}
        assert isinstance(both[1], InputError) is found.skipped

    play(work)
