"""What every Store promises of events, channels, nudges and people."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.cohort import Cohort
from core.errors import StoreError
from core.nudging.records import Closing, Feedback, NudgeRecord
from core.scan.adapt import Judged
from core.storage.sql import SqlStore
from core.storage.store import Claim, Person, Place, Store
from core.vocabulary import Category, Tier

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
NUDGE = NudgeRecord(
    id="n1",
    at=NOON,
    cohort="Winter",
    channel="c",
    thread="t",
    author="a",
    message="m1",
    category=Category.CASE_DETAILS,
    tier=Tier.SOFT,
    band=0.85,
    rule="classifier",
)


def ran(store: Store, work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await work()
        await store.close()

    asyncio.run(run())


def test_an_event_is_claimed_once(store: Store) -> None:
    async def work() -> None:
        assert await store.claim("e", "one", NOON, LEASE) is Claim.TAKEN
        assert await store.claim("e", "two", NOON + LEASE / 2, LEASE) is Claim.HELD
        assert await store.claim("e", "two", NOON + LEASE, LEASE) is Claim.TAKEN  # the first one died
        assert not await store.finish("e", "one", NOON + LEASE)  # and comes back too late
        assert await store.finish("e", "two", NOON + LEASE)
        assert await store.claim("e", "three", NOON + 9 * LEASE, LEASE) is Claim.DONE

    ran(store, work)


def test_a_claim_given_up_is_free_at_once(store: Store) -> None:
    async def work() -> None:
        await store.claim("e", "one", NOON, LEASE)
        await store.release("e", "two")  # not theirs
        assert await store.claim("e", "two", NOON, LEASE) is Claim.HELD
        await store.release("e", "one")
        assert await store.claim("e", "two", NOON, LEASE) is Claim.TAKEN

    ran(store, work)


def test_what_is_marked_is_done_at_the_latest_of_its_times(store: Store) -> None:
    async def work() -> None:
        assert await store.done("m") is None
        assert await store.mark("m", NOON)
        assert not await store.mark("m", NOON + LEASE)
        assert not await store.mark("m", NOON - LEASE)
        assert await store.done("m") == NOON + LEASE
        assert await store.claim("m", "one", NOON + 9 * LEASE, LEASE) is Claim.DONE
        assert sorted(await asyncio.gather(*(store.mark("n", NOON) for _ in range(9)))) == [*[False] * 8, True]

    ran(store, work)


def test_of_many_at_once_one_gets_the_claim(store: Store) -> None:
    async def work() -> None:
        claims = await asyncio.gather(*(store.claim("e", str(number), NOON, LEASE) for number in range(20)))
        assert sorted(claims) == [*[Claim.HELD] * 19, Claim.TAKEN]
        later = await asyncio.gather(*(store.claim("e", str(number), NOON + LEASE, LEASE) for number in range(20)))
        assert sorted(later) == [*[Claim.HELD] * 19, Claim.TAKEN]

    ran(store, work)


def test_a_message_has_one_nudge(store: Store) -> None:
    async def work() -> None:
        assert await store.add_nudge(NUDGE)
        assert not await store.add_nudge(replace(NUDGE, id="n2"))
        assert await store.nudge("m1") == NUDGE
        assert await store.nudge("m2") is None

    ran(store, work)


def test_a_nudge_is_owed_until_it_is_delivered(store: Store) -> None:
    async def work() -> None:
        await store.add_nudge(NUDGE)
        await store.deliver_nudge("m1", NOON + LEASE)
        await store.deliver_nudge("m2", NOON + LEASE)  # unknown: nothing happens
        assert await store.nudge("m1") == replace(NUDGE, delivered_at=NOON + LEASE)

    ran(store, work)


def test_a_cohort_can_be_put_in_shadow(store: Store, sample: Cohort) -> None:
    async def work() -> None:
        assert await store.put_shadow(sample.name, True) is False  # no such cohort
        await store.put_cohort(sample)
        assert await store.put_shadow(sample.name, True)
        await store.put_cohort(sample)  # imported again, it stays as it was
        assert await store.shadow(sample.name)
        await store.put_shadow(sample.name, False)
        assert not await store.shadow(sample.name)
        assert not await store.shadow("nobody")

    ran(store, work)


def test_a_nudge_is_closed_once(store: Store) -> None:
    async def work() -> None:
        await store.add_nudge(NUDGE)
        assert await store.close_nudge("m1", NOON, Closing.JUDGED, Feedback.PUBLIC)
        assert not await store.close_nudge("m1", NOON, Closing.EDITED)
        assert not await store.close_nudge("m2", NOON, Closing.EDITED)
        assert await store.nudge("m1") == replace(NUDGE, closed_at=NOON, closing=Closing.JUDGED, feedback=Feedback.PUBLIC)

    ran(store, work)


def test_what_bears_on_the_next_nudge(store: Store) -> None:
    async def work() -> None:
        for number, changes in enumerate(
            [{}, {"at": NOON - timedelta(days=2)}, {"author": "b"}, {"shadow": True}, {"at": NOON + timedelta(hours=1)}]
        ):
            await store.add_nudge(replace(NUDGE, id=f"n{number}", message=f"m{number}", **changes))
        await store.pause_person("a", NOON)
        await store.sum_up_person("a", NOON)
        await store.pause_person("a", NOON + LEASE)
        past = await store.past("a", NOON - timedelta(days=1))
        assert ([n.id for n in past.nudges], past.paused_until, past.summed_up_at) == (["n0", "n4"], NOON + LEASE, NOON)
        assert [n.id for n in await store.nudges_of("a")] == ["n1", "n0", "n3", "n4"]
        assert [n.id for n in await store.nudges_in("Winter", NOON)] == ["n0", "n2", "n3", "n4"]
        assert await store.person("nobody") == Person("nobody")

    ran(store, work)


def test_what_authors_made_of_their_nudges(store: Store) -> None:
    async def work() -> None:
        for number, how in enumerate([Closing.JUDGED, Closing.EDITED, None]):
            await store.add_nudge(replace(NUDGE, id=f"n{number}", message=f"m{number}"))
            if how:
                await store.close_nudge(f"m{number}", NOON, how)
        given = [Judged(Category.CASE_DETAILS, Tier.SOFT, 0.85, "classifier", wrong) for wrong in (True, False)]
        assert list(await store.judged("c")) == given
        assert list(await store.judged("d")) == []

    ran(store, work)


def test_everything_about_an_author_can_be_forgotten(store: Store) -> None:
    async def work() -> None:
        await store.add_nudge(NUDGE)
        await store.add_nudge(replace(NUDGE, id="n2", message="m2", author="b"))
        await store.pause_person("a", NOON)
        assert await store.forget("a") == 2
        assert await store.forget("a") == 0
        assert (await store.nudges_of("a"), await store.person("a")) == ([], Person("a"))
        assert len(await store.nudges_of("b")) == 1

    ran(store, work)


def test_what_is_old_is_purged(store: Store) -> None:
    async def work() -> None:
        await store.add_nudge(NUDGE)
        await store.add_nudge(replace(NUDGE, id="n2", message="m2", at=NOON + LEASE))
        for name in ("done", "abandoned", "new"):
            await store.claim(name, "one", NOON + (9 * LEASE if name == "new" else timedelta()), LEASE)
        await store.finish("done", "one", NOON)
        await store.introduce_person("a", NOON)
        await store.introduce_person("b", NOON)
        await store.pause_person("b", NOON + 9 * LEASE)
        assert await store.purge(NOON + LEASE, NOON + LEASE) == {"nudges": 1, "people": 1, "claims": 1}
        assert await store.purge(NOON + 2 * LEASE, NOON + 2 * LEASE) == {"nudges": 1, "people": 0, "claims": 1}

    ran(store, work)


def test_a_channel_keeps_its_setting(store: Store) -> None:
    async def work() -> None:
        place = Place(platform="slack:T1", channel="C1", cohort="Winter")
        await store.put_place(place)
        await store.put_place(replace(place, seminar=True, soft_bound=0.9, introduced_at=NOON))
        await store.put_place(replace(place, platform="slack:T2"))
        kept = await store.place("slack:T1", "C1")
        assert kept == replace(place, seminar=True, soft_bound=0.9, introduced_at=NOON)
        assert [found.platform for found in await store.places("Winter")] == ["slack:T1", "slack:T2"]
        assert await store.place("slack:T1", "C2") is None
        assert await store.places("Fall") == []

    ran(store, work)


def test_a_time_without_a_zone_is_refused(url: str) -> None:
    store = SqlStore(url)

    async def work() -> None:
        with pytest.raises(StoreError, match="needs its zone"):
            await store.add_nudge(replace(NUDGE, at=NOON.replace(tzinfo=None)))
        assert await store.nudges_of(NUDGE.author) == []

    ran(store, work)


def test_a_mark_is_kept_as_long_as_nudges(store: Store) -> None:
    async def work() -> None:
        await store.mark("marked", NOON)
        await store.claim("worked on", "one", NOON, LEASE)
        await store.finish("worked on", "one", NOON)
        await store.purge(NOON - LEASE, NOON + LEASE)
        assert await store.done("worked on") is None
        assert not await store.mark("marked", NOON)  # somebody's second word doesn't count as another's
        await store.purge(NOON + LEASE, NOON + LEASE)
        assert await store.mark("marked", NOON)

    ran(store, work)
