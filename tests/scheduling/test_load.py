"""What a tick costs with many cohorts, and that what goes wrong with one of them, or one platform, is nobody else's."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.errors import DeliveryError, StoreError, UnreadableError
from core.kb.schema import KnowledgeBase
from core.ports import Action, Letter, Platform, Post
from core.scheduling import sender
from core.scheduling.prompter import Prompter
from core.storage.memory import MemoryStore
from core.storage.migrate import upgrade
from core.storage.slots import State
from core.storage.sql import SqlStore
from core.storage.store import Store
from core.storage.tables import cohorts
from tests.scheduling.world import KEYS, MINUTE, PLATFORMS, Chat, Process, World, cohort, coordinators, settled, utc

NINE = utc("2027-01-11T16:00")  # in Edmonton
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Asked:
    """A store that counts what is asked of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        self.calls[name] += 1
        return getattr(self._store, name)  # type: ignore[no-any-return]


def test_what_a_tick_asks_the_database_does_not_grow_with_the_cohorts(base: KnowledgeBase) -> None:
    """But for what is decided and sent in it."""

    async def run() -> None:
        world, asked = World(NINE - DAY), Asked(MemoryStore())
        await settled(asked._store, *(cohort(f"Cohort {number}") for number in range(60)))
        first, second = (Process(world, asked, base) for _ in range(2))  # type: ignore[arg-type]
        await first.prompter.tick(NINE - DAY)
        for process, now, wanted in (
            (first, NINE - DAY + MINUTE, {}),
            (first, NINE - 2 * MINUTE, {}),
            (second, NINE - MINUTE, {"cohorts": 1}),  # one that was just started
            (first, NINE, None),
            (second, NINE, {"decided": 1}),  # what was due is decided and sent
            (first, NINE + MINUTE, {}),
            (first, NINE + 2 * HOUR, {"decided": 1}),  # it is looked at anew from time to time
            (first, NINE + 30 * DAY, None),
            (first, NINE + 30 * DAY + MINUTE, None),  # coordinators are told what was missed
            (first, NINE + 30 * DAY + 2 * MINUTE, {}),
        ):
            asked.calls.clear()
            await process.prompter.tick(now)
            if wanted is not None:
                assert asked.calls == Counter({"prompt_places": 1, "calendars": 1, "due": 1} | wanted), now
        assert len(world.said("This week's prompt")) == 2 * 60

    asyncio.run(run())


def test_what_waits_for_its_next_try_is_read_at_once(base: KnowledgeBase) -> None:
    async def run() -> None:
        world, asked = World(NINE - DAY), Asked(MemoryStore())
        await settled(asked._store, *(cohort(f"Cohort {number}", agencies=()) for number in range(4)))
        process = Process(world, asked, base)  # type: ignore[arg-type]
        await process.prompter.tick(NINE - DAY)
        world.refusing = 1.0
        for now in (NINE, NINE + MINUTE):
            await process.prompter.tick(now)
        asked.calls.clear()
        await process.prompter.tick(NINE + 2 * MINUTE)  # nothing's turn
        assert asked.calls == Counter({"prompt_places": 1, "calendars": 1, "due": 1, "under_way": 1})

    asyncio.run(run())


def test_what_was_sent_while_the_database_went_away_is_recorded_later(base: KnowledgeBase) -> None:
    """By the process that knows it, before another sends it again to a platform that can't be asked."""

    class Away:
        """A store that takes no record for a while."""

        def __init__(self, store: Store) -> None:
            self._store = store
            self.away = True

        def __getattr__(self, name: str) -> Any:
            return getattr(self._store, name)

        async def sent(self, *arguments: Any) -> None:
            if self.away:
                raise StoreError("the database is away")
            await self._store.sent(*arguments)

    class Blind(Chat):
        async def find(self, sent: Post | Letter) -> str | None:
            return None

    async def run() -> None:
        world, store = World(NINE - DAY), MemoryStore()
        await settled(store, *(cohort(f"Cohort {number}") for number in range(20)))
        away, process = Away(store), Process(world, store, base)

        async def chats(name: str) -> Platform | None:
            return Blind(process, name)  # type: ignore[return-value]

        first, second = (
            Prompter(kept, base, KEYS, chats, coordinators, steady=lambda: world.steady)  # type: ignore[arg-type]
            for kept in (away, store)
        )
        await first.tick(NINE - DAY)
        with pytest.raises(StoreError, match="away"):
            await first.tick(NINE)
        shown = len(world.shown)
        assert shown
        away.away = False
        for minutes in range(1, 5):
            world.steady += 60
            for prompter in (second, first):
                await prompter.tick(NINE + minutes * MINUTE)
        assert len(world.shown) == len({(one.platform, one.action.marker) for one in world.shown})  # type: ignore[union-attr]
        assert len(world.said("This week's prompt")) == 2 * 20
        assert not await store.due(NINE + HOUR)

    asyncio.run(run())


def test_a_cohort_that_cannot_be_read_back_keeps_no_other_waiting(
    base: KnowledgeBase, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
    upgrade(url)
    one, other, third = (cohort(name) for name in ("Fall", "Spring", "Winter"))

    async def written(store: SqlStore, document: object) -> None:
        statement = update(cohorts).where(cohorts.c.name == one.name).values(document=document)
        await store._database.do(lambda transaction: transaction.run(statement))

    async def run() -> None:
        world, store = World(NINE - DAY), SqlStore(url)
        await settled(store, one, other, third)
        await Process(world, store, base).prompter.tick(NINE - DAY)
        await written(store, {"name": one.name, "of a later version": 1})
        fresh = SqlStore(url)  # that has read nothing yet
        with pytest.raises(UnreadableError, match="import its file again"):
            await fresh.cohort(one.name)
        process = Process(world, fresh, base)
        for now in (NINE, NINE + MINUTE):
            await process.prompter.tick(now)
        assert len(world.said("This week's prompt")) == 2 * 2
        await written(store, one.model_dump(mode="json"))
        await process.prompter.tick(NINE + HOUR)
        assert len(world.said("This week's prompt")) == 3 * 2
        for each in (store, fresh):
            await each.close()

    asyncio.run(run())
    assert "Fall" in caplog.text


@pytest.mark.parametrize("how", [TimeoutError(), DeliveryError("it is down")], ids=["silent", "refusing"])
def test_a_platform_that_is_down_holds_no_other_up(base: KnowledgeBase, how: Exception) -> None:
    """Silent, it would be given its time for each of hundreds of posts, and the next minute's would wait for them."""
    number, down, tried = 100, PLATFORMS[0], 0

    async def run() -> None:
        nonlocal tried
        world, store = World(NINE - DAY), MemoryStore()
        await settled(store, *(cohort(f"Cohort {n}") for n in range(number)))
        process = Process(world, store, base)

        class Down(Chat):
            async def deliver(self, action: Action) -> str | None:
                nonlocal tried
                tried += 1
                raise how

        async def chats(name: str) -> Platform | None:
            return (Down if name == down else Chat)(process, name)  # type: ignore[return-value]

        prompter = Prompter(store, base, KEYS, chats, coordinators, steady=lambda: world.steady)
        for now in (NINE - DAY, NINE):
            await prompter.tick(now)
        assert {shown.platform for shown in world.shown} == {PLATFORMS[1]}
        assert len(world.posts) == 2 * number  # prompts and self-checks
        assert sender.DOWN <= tried < sender.DOWN + sender.AT_ONCE
        again = Prompter(store, base, KEYS, process._chat, coordinators, steady=lambda: world.steady)
        for minutes in range(1, 4):
            await again.tick(NINE + minutes * MINUTE)
        assert Counter(shown.platform for shown in world.posts) == dict.fromkeys(PLATFORMS, 2 * number)
        assert not await store.due(NINE + HOUR)
        assert {d.state for d in await store.decisions("Cohort 7", NINE.date() - 12 * DAY)} == {State.DONE, State.PLANNED}

    asyncio.run(run())
