"""What every Store promises, over every Store there is."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.cohort import Cohort
from core.errors import StoreError
from core.storage.migrate import differences, upgrade
from core.storage.sql import SqlStore
from core.storage.store import Store

Open = Callable[[], Store]


def sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / 'test.db'}"


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


def test_a_cohort_that_did_not_change_is_the_same_object(store: Store, sample: Cohort) -> None:
    async def run() -> None:
        await store.put_cohort(sample)
        first = await store.cohort(sample.name)
        assert await store.cohort(sample.name) is first
        await store.put_cohort(winter(sample, agencies=["Other House"]))
        assert (await store.cohort(sample.name)) == winter(sample, agencies=["Other House"])
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

    async def run() -> None:
        with pytest.raises(StoreError, match="practicum-bot db upgrade"):
            await store.cohorts()
        await store.close()

    asyncio.run(run())


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="database"):
        upgrade(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'x.db'}")


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    upgrade(url)
    with closing(sqlite3.connect(tmp_path / "test.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="another version"):
        upgrade(url)


def test_processes_that_migrate_at_once_do_not_trip_over_each_other(tmp_path: Path) -> None:
    code = f"from core.storage.migrate import upgrade; upgrade({sqlite_url(tmp_path)!r})"
    running = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1].decode() for process in running] == [""] * 4
    assert differences(sqlite_url(tmp_path)) == []
