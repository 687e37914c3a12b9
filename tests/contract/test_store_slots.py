"""What every Store promises of what is scheduled."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from core.cohort import Cohort
from core.storage.slots import Decision, Kind, Sending, Slot, State
from core.storage.store import Place, Store

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SLOT = Slot("Winter", Kind.PROMPT, date(2026, 11, 2))
PROMPT = Decision(SLOT, State.PLANNED, NOON, "a-prompt")
FOLLOW_UP = Decision(replace(SLOT, kind=Kind.FOLLOW_UP), State.PLANNED, NOON + timedelta(days=2), "a-prompt")


def ran(store: Store, work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await work()
        await store.close()

    asyncio.run(run())


def test_who_decides_first_decides(store: Store) -> None:
    async def work() -> None:
        assert await store.decide(PROMPT, FOLLOW_UP)
        assert not await store.decide(replace(PROMPT, state=State.SKIPPED))
        assert list(await store.decisions("Winter", SLOT.day)) == [FOLLOW_UP, PROMPT]
        assert await store.decisions("Winter", SLOT.day + timedelta(days=1)) == []
        assert await store.decisions("Fall", SLOT.day) == []

    ran(store, work)


def test_what_goes_along_is_kept_where_it_is_new(store: Store) -> None:
    async def work() -> None:
        earlier = replace(FOLLOW_UP, state=State.SKIPPED)
        assert await store.decide(earlier)
        assert await store.decide(PROMPT, FOLLOW_UP)
        assert list(await store.decisions("Winter", SLOT.day)) == [earlier, PROMPT]

    ran(store, work)


@pytest.mark.parametrize("shared", [False, True])
def test_of_many_at_once_one_decides(store: Store, shared: bool) -> None:
    """Also where what goes along is the same for different decisions."""

    async def work() -> None:
        days = [SLOT.day + timedelta(weeks=number if shared else 0) for number in range(12)]
        decisions = [replace(PROMPT, slot=replace(SLOT, day=day), choice=str(n)) for n, day in enumerate(days)]
        decided = await asyncio.gather(*(store.decide(decision, FOLLOW_UP) for decision in decisions))
        assert sum(decided) == (12 if shared else 1)
        kept = await store.decisions("Winter", SLOT.day)
        assert len(kept) == sum(decided) + 1

    ran(store, work)


def test_what_is_due_comes_the_earliest_first_until_it_is_settled(store: Store) -> None:
    async def work() -> None:
        other = replace(PROMPT, slot=replace(SLOT, cohort="Fall"), due_at=NOON - timedelta(hours=1))
        await store.decide(PROMPT, FOLLOW_UP, other)
        assert list(await store.due(NOON - timedelta(seconds=1))) == [other]
        assert list(await store.due(NOON)) == [other, PROMPT]
        assert await store.settle(SLOT, State.DONE)
        assert not await store.settle(SLOT, State.LATE)
        assert list(await store.due(NOON + timedelta(days=9))) == [other, FOLLOW_UP]
        assert [d.state for d in await store.decisions("Winter", SLOT.day)] == [State.PLANNED, State.DONE]

    ran(store, work)


def test_a_skip_can_be_taken_back_and_nothing_else(store: Store) -> None:
    async def work() -> None:
        assert not await store.unskip(SLOT)
        await store.decide(replace(PROMPT, state=State.SKIPPED))
        assert await store.unskip(SLOT)
        assert await store.decide(PROMPT)
        assert not await store.unskip(SLOT)

    ran(store, work)


def test_of_many_at_once_one_takes_a_sending(store: Store) -> None:
    async def work() -> None:
        await store.decide(PROMPT)
        assert sum(await asyncio.gather(*(store.take(SLOT, "p C1", 0) for _ in range(12)))) == 1
        assert sum(await asyncio.gather(*(store.take(SLOT, "p C1", 1) for _ in range(12)))) == 1  # taken over
        assert await store.take(SLOT, "p C2", 0)
        assert await store.sendings(SLOT) == {
            "p C1": Sending("p C1", State.SENDING, 2),
            "p C2": Sending("p C2", State.SENDING, 1),
        }

    ran(store, work)


def test_who_lost_a_sending_can_neither_end_it_nor_hand_it_back(store: Store) -> None:
    async def work() -> None:
        await store.take(SLOT, "p C1", 0)
        await store.take(SLOT, "p C1", 1)
        await store.sent(SLOT, "p C1", 1, "m1")
        await store.hand_back(SLOT, "p C1", 1, NOON)
        assert (await store.sendings(SLOT))["p C1"] == Sending("p C1", State.SENDING, 2)
        await store.hand_back(SLOT, "p C1", 2, NOON)
        assert (await store.sendings(SLOT))["p C1"] == Sending("p C1", State.PLANNED, 2, NOON)
        assert await store.take(SLOT, "p C1", 2)
        await store.sent(SLOT, "p C1", 3, "m3")
        await store.hand_back(SLOT, "p C1", 3, NOON)
        assert not await store.take(SLOT, "p C1", 3)
        assert await store.sendings(SLOT) == {"p C1": Sending("p C1", State.DONE, 3, message="m3")}
        assert await store.sendings(replace(SLOT, cohort="Fall")) == {}

    ran(store, work)


def test_what_was_decided_of_several_cohorts_as_far_as_its_time_has_come(store: Store) -> None:
    async def work() -> None:
        other, later = replace(PROMPT, slot=replace(SLOT, cohort="Fall")), replace(SLOT, day=SLOT.day + timedelta(weeks=1))
        for decision in (PROMPT, FOLLOW_UP, other, replace(PROMPT, slot=later, due_at=NOON + timedelta(weeks=1))):
            await store.decide(decision)
        await store.settle(SLOT, State.DONE)
        assert set(await store.decided({"Winter"}, SLOT.day, NOON)) == {SLOT}
        assert set(await store.decided({"Winter", "Fall", "Spring"}, SLOT.day, NOON)) == {SLOT, other.slot}
        assert set(await store.decided({"Winter"}, SLOT.day, NOON + timedelta(weeks=1))) == {SLOT, FOLLOW_UP.slot, later}
        assert set(await store.decided({"Winter"}, later.day, NOON + timedelta(weeks=1))) == {later}
        assert set(await store.decided((), SLOT.day, NOON)) == set()

    ran(store, work)


def test_the_sendings_of_all_that_is_due(store: Store) -> None:
    async def work() -> None:
        other = replace(PROMPT, slot=replace(SLOT, cohort="Fall"))
        for decision in (PROMPT, FOLLOW_UP, other):
            await store.decide(decision)
            await store.take(decision.slot, "p C1", 0)
        await store.take(SLOT, "p C2", 0)
        await store.sent(SLOT, "p C2", 1, "m1")
        sending = {"p C1": Sending("p C1", State.SENDING, 1)}
        assert await store.under_way(NOON - timedelta(seconds=1)) == {}
        assert await store.under_way(NOON) == {SLOT: await store.sendings(SLOT), other.slot: sending}
        await store.settle(SLOT, State.DONE)
        assert await store.under_way(NOON) == {other.slot: sending}
        assert await store.under_way(FOLLOW_UP.due_at) == {other.slot: sending, FOLLOW_UP.slot: sending}

    ran(store, work)


def test_a_calendar_is_watched_from_the_earliest_time_on_and_paused_once(store: Store, sample: Cohort) -> None:
    async def work() -> None:
        assert await store.calendars() == []
        await store.put_cohort(sample)
        for hours in (2, 0, 1):
            await store.watch(sample.name, NOON + timedelta(hours=hours))
            await store.pause_prompts(sample.name, NOON + timedelta(hours=hours))
        (watched,) = await store.calendars()
        assert (watched.cohort, watched.since, watched.paused_at) == (sample.name, NOON, NOON + timedelta(hours=2))
        await store.pause_prompts(sample.name, None)
        (again,) = await store.calendars()
        assert (again.version, again.paused_at) == (watched.version, None)
        await store.put_cohort(sample.model_copy(update={"agencies": ("Other House",)}))
        (changed,) = await store.calendars()
        assert (changed.version == watched.version, changed.since) == (False, NOON)

    ran(store, work)


def test_prompts_go_to_channels_that_want_them_and_are_no_seminars(store: Store) -> None:
    async def work() -> None:
        place = Place(platform="slack:T1", channel="C1", cohort="Winter")
        for channel, changes in {"C1": {}, "C2": {"seminar": True}, "C3": {"prompts": False}, "C4": {"cohort": "Fall"}}.items():
            await store.put_place(replace(place, channel=channel, **changes))
        assert [found.channel for found in await store.prompt_places()] == ["C1", "C4"]
        kept = await store.place("slack:T1", "C3")
        assert kept == replace(place, channel="C3", prompts=False)

    ran(store, work)
