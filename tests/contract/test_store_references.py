"""What every Store promises of where people, channels and teams are reached."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from core.cohort import default_cohort
from core.storage.store import Holder, Member, Reference, Store

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ANA = Reference(
    platform="teams:1", holder=Holder.PERSON, name="ana", service="https://s.example/", conversation="a:1", account="29:1"
)
TEAM = replace(ANA, holder=Holder.TEAM, name="19:t", conversation="", account="")
MEMBER = Member(platform="teams:1", person="ana", cohort="default", joined_at=NOON)


def test_a_reference_is_kept_fresh_and_can_be_forgotten(store: Store) -> None:
    async def work() -> None:
        assert await store.put_reference(ANA)
        moved = replace(ANA, service="https://other.example/", unreachable=True)
        assert not await store.put_reference(moved)
        await store.put_reference(TEAM)
        assert await store.reference("teams:1", Holder.PERSON, "ana") == moved
        assert await store.reference("teams:2", Holder.PERSON, "ana") is None
        assert list(await store.references("teams:1", Holder.TEAM)) == [TEAM]
        await store.drop_reference("teams:1", Holder.TEAM, "19:t")
        assert list(await store.references("teams:1", Holder.TEAM)) == []
        assert (await store.forget_platform("teams:1"))["references"] == 1
        assert await store.reference("teams:1", Holder.PERSON, "ana") is None
        await store.close()

    asyncio.run(work())


def test_who_leaves_their_last_cohort_is_reached_no_more(store: Store) -> None:
    async def work() -> None:
        await store.put_reference(ANA)
        await store.put_reference(replace(ANA, platform="teams:2"))
        for cohort in ("default", "other"):
            await store.join(replace(MEMBER, cohort=cohort))
        await store.join(replace(MEMBER, platform="teams:2"))
        await store.leave("teams:1", "ana", "other")
        assert await store.reference("teams:1", Holder.PERSON, "ana") == ANA
        await store.leave("teams:1", "ana", "default")
        assert await store.reference("teams:1", Holder.PERSON, "ana") is None
        assert await store.reference("teams:2", Holder.PERSON, "ana")
        await store.close()

    asyncio.run(work())


def test_the_end_of_a_cohort_ends_what_leads_to_its_people(store: Store) -> None:
    async def work() -> None:
        await store.put_cohort(default_cohort())
        await store.join(MEMBER)
        await store.join(replace(MEMBER, person="ben"))
        await store.join(replace(MEMBER, person="ben", cohort="other"))
        for name in ("ana", "ben"):
            await store.put_reference(replace(ANA, name=name))
        await store.put_reference(TEAM)
        await store.end_cohort("default")
        assert [kept.name for kept in await store.references("teams:1", Holder.PERSON)] == ["ben"]
        assert [kept.name for kept in await store.references("teams:1", Holder.TEAM)] == ["19:t"]
        await store.close()

    asyncio.run(work())


def test_those_who_cannot_be_written_to_are_counted_in_their_cohort(store: Store) -> None:
    async def work() -> None:
        await store.join(MEMBER)
        await store.put_reference(ANA)
        assert await store.unreachable("default") == 0
        await store.put_reference(replace(ANA, unreachable=True))
        await store.put_reference(replace(ANA, name="ben", unreachable=True))  # of no cohort
        assert await store.unreachable("default") == 1
        assert await store.unreachable("other") == 0
        await store.close()

    asyncio.run(work())
