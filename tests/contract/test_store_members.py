"""What every Store promises of members, their acknowledgements, and what answers were worth."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.storage.store import Member, Person, Role, Store

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ANA = Member(platform="p:1", person="U1", cohort="Winter", joined_at=NOON)


def ran(store: Store, work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await work()
        await store.close()

    asyncio.run(run())


def test_members_join_once_and_rise_but_never_fall(store: Store) -> None:
    async def work() -> None:
        assert await store.join(ANA)
        assert not await store.join(replace(ANA, joined_at=NOON + timedelta(days=1)))
        assert not await store.join(replace(ANA, role=Role.COORDINATOR))
        assert not await store.join(replace(ANA, role=Role.INSTRUCTOR))
        assert list(await store.members("Winter")) == [replace(ANA, role=Role.COORDINATOR)]

    ran(store, work)


def test_somebody_may_be_in_several_cohorts_and_on_several_platforms(store: Store) -> None:
    async def work() -> None:
        later = replace(ANA, cohort="Spring", joined_at=NOON + timedelta(days=90))
        elsewhere = replace(ANA, platform="p:2")
        for member in (ANA, later, elsewhere):
            await store.join(member)
        assert list(await store.memberships("p:1", "U1")) == [later, ANA]
        assert list(await store.members("Winter")) == [ANA, elsewhere]
        await store.leave("p:1", "U1", "Winter")
        assert list(await store.memberships("p:1", "U1")) == [later]
        assert list(await store.memberships("p:3", "U1")) == []

    ran(store, work)


def test_one_of_many_processes_asks_a_member(store: Store) -> None:
    async def work() -> None:
        await store.join(ANA)
        asked = await asyncio.gather(*(store.ask_member(ANA, "1.0 abc", 1, NOON) for _ in range(5)))
        assert sorted(asked) == [False] * 4 + [True]
        (member,) = await store.members("Winter")
        assert (member.asked, member.asked_version, member.asked_at) == (1, "1.0 abc", NOON)

    ran(store, work)


def test_who_acknowledged_meanwhile_is_not_asked(store: Store) -> None:
    async def work() -> None:
        await store.join(ANA)
        await store.acknowledge("p:1", "U1", "Winter", "1.0 abc", NOON)
        assert not await store.ask_member(ANA, "1.0 abc", 1, NOON)
        (member,) = await store.members("Winter")
        assert (member.acknowledged, member.acknowledged_at, member.asked) == ("1.0 abc", NOON, 0)
        await store.acknowledge("p:1", "U1", "Winter", None, NOON)
        (member,) = await store.members("Winter")
        assert (member.acknowledged, member.acknowledged_at) == (None, None)

    ran(store, work)


def test_answers_are_counted_without_anybody(store: Store) -> None:
    async def work() -> None:
        await asyncio.gather(*(store.count_answer("Winter", "friend-request", "unclear") for _ in range(5)))
        await store.count_answer("Winter", "friend-request", "helpful")
        await store.count_answer("Spring", "friend-request", "helpful")
        assert list(await store.answers_counted("Winter")) == [("friend-request", "unclear", 5), ("friend-request", "helpful", 1)]

    ran(store, work)


def test_an_introduction_counts_once_and_nothing_else_is_lost_by_it(store: Store) -> None:
    async def work() -> None:
        async def all_at_once() -> list[object]:
            return await asyncio.gather(
                store.introduce_person("a", NOON), store.pause_person("a", NOON), store.introduce_person("a", NOON)
            )

        assert sorted(map(bool, await all_at_once())) == [False, False, True]
        assert await store.person("a") == Person("a", paused_until=NOON, introduced_at=NOON)

    ran(store, work)
