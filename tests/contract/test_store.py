"""What every Store promises, over every Store there is."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from core.cohort import Cohort
from core.errors import StoreError
from core.storage.memory import MemoryStore
from core.storage.migrate import differences, upgrade
from core.storage.sql import SqlStore
from core.storage.store import Store

Open = Callable[[], Store]


def sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'test.db'}"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return MemoryStore()
    upgrade(sqlite_url(tmp_path))
    return SqlStore(sqlite_url(tmp_path))


def winter(sample: Cohort, **changes: object) -> Cohort:
    return Cohort.model_validate({**sample.model_dump(), **changes})


def test_what_is_put_comes_back_whole(store: Store, sample: Cohort) -> None:
    async def run() -> None:
        assert await store.cohort(sample.name) is None
        assert await store.put_cohort(sample) is True
        assert await store.cohort(sample.name) == sample
        await store.close()

    asyncio.run(run())


def test_the_same_name_replaces(store: Store, sample: Cohort) -> None:
    async def run() -> None:
        await store.put_cohort(sample)
        assert await store.put_cohort(winter(sample, agencies=["Other House"])) is False
        assert [cohort.agencies for cohort in await store.cohorts()] == [("Other House",)]
        await store.close()

    asyncio.run(run())


def test_cohorts_come_by_name(store: Store, sample: Cohort) -> None:
    async def run() -> None:
        for name in ("b", "c", "a"):
            await store.put_cohort(winter(sample, name=name))
        assert [cohort.name for cohort in await store.cohorts()] == ["a", "b", "c"]
        await store.close()

    asyncio.run(run())


def test_migrations_and_tables_agree(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    assert differences(url) != []
    upgrade(url)
    upgrade(url)  # again does nothing
    assert differences(url) == [], "tables.py and the migrations disagree; add a migration in core/storage/migrations/versions"


def test_a_database_without_tables_says_what_to_run(tmp_path: Path) -> None:
    store = SqlStore(sqlite_url(tmp_path))
    with pytest.raises(StoreError, match="practicum-bot db upgrade"):
        asyncio.run(store.cohorts())
    asyncio.run(store.close())


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="database"):
        upgrade(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'x.db'}")
