"""What every Store promises, over every Store there is."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from bots import bootstrap
from bots.settings import read_settings
from core.cohort import Cohort
from core.errors import StoreError
from core.storage.migrate import differences, upgrade
from core.storage.sql import SqlStore
from core.storage.store import Claim, Store
from tests.contract.test_store_nudges import NUDGE


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


def test_migrations_and_tables_agree(empty: str) -> None:
    assert differences(empty) != []
    upgrade(empty)
    upgrade(empty)  # again does nothing
    assert differences(empty) == [], "tables.py and the migrations disagree; add a migration in core/storage/migrations/versions"


def test_a_database_without_tables_says_what_to_run(empty: str) -> None:
    store = SqlStore(empty)

    async def run() -> None:
        for asked in (store.cohorts, store.ping):
            with pytest.raises(StoreError, match="practicum-bot db upgrade"):
                await asked()
        await store.close()

    asyncio.run(run())


def test_a_database_with_its_tables_is_ready(store: Store) -> None:
    async def run() -> None:
        await store.ping()
        await store.close()

    asyncio.run(run())


def test_a_file_is_upgraded_when_opened_and_a_server_only_on_purpose(empty: str) -> None:
    settings = read_settings({"PRACTICUM_BOT_DATABASE_URL": empty})
    if empty.startswith("sqlite"):
        bootstrap.store(settings)
        assert differences(empty) == []
    else:
        with pytest.raises(StoreError, match="practicum-bot db upgrade"):
            bootstrap.store(settings)
        upgrade(empty)
        bootstrap.store(settings)


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="database"):
        upgrade(f"sqlite+aiosqlite:///{tmp_path / 'no' / 'such' / 'folder' / 'x.db'}")


def changed(url: str, *statements: str) -> None:
    """What a newer program's migrations would do."""
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        for statement in (*statements, "UPDATE alembic_version SET version_num = '9999'"):
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_an_older_program_works_on_a_newer_ones_database(url: str, sample: Cohort) -> None:
    changed(url, "ALTER TABLE nudges ADD COLUMN later VARCHAR(10)", "CREATE TABLE later (id INTEGER PRIMARY KEY)")
    upgrade(url)  # leaves it as it is
    assert differences(url) == []
    store = bootstrap.store(read_settings({"PRACTICUM_BOT_DATABASE_URL": url}))

    async def run() -> None:
        await store.put_cohort(sample)
        assert await store.add_nudge(NUDGE)
        assert await store.nudge(NUDGE.message) == NUDGE
        await store.close()

    asyncio.run(run())


def test_a_newer_database_that_lacks_what_is_needed_is_refused(url: str) -> None:
    changed(url, "DROP TABLE answers")
    assert differences(url) != []
    with pytest.raises(StoreError, match="another version"):
        upgrade(url)


def test_processes_that_migrate_at_once_do_not_trip_over_each_other(empty: str) -> None:
    code = f"from core.storage.migrate import upgrade; upgrade({empty!r})"
    running = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1].decode() for process in running] == [""] * 4
    assert differences(empty) == []


def test_of_many_processes_at_once_one_gets_the_claim(url: str) -> None:
    async def run() -> None:
        stores = [SqlStore(url) for _ in range(20)]  # each with connections of its own
        now, lease = datetime.now(UTC), timedelta(seconds=30)
        for later in (timedelta(), lease):  # first anew, then taken over
            taken = await asyncio.gather(*(store.claim("e", str(n), now + later, lease) for n, store in enumerate(stores)))
            assert sorted(taken) == [*[Claim.HELD] * 19, Claim.TAKEN]
        for store in stores:
            await store.close()

    asyncio.run(run())


def test_a_file_that_another_process_writes_to_is_waited_for(sqlite: str, tmp_path: Path, sample: Cohort) -> None:
    async def run() -> None:
        store = SqlStore(sqlite)
        with closing(sqlite3.connect(tmp_path / "test.db", isolation_level=None)) as other:
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            other.execute("BEGIN EXCLUSIVE")
            assert await store.cohorts() == []  # reading doesn't wait
            writing = asyncio.create_task(store.put_cohort(sample))
            done, _ = await asyncio.wait([writing], timeout=0.3)
            assert not done
            other.execute("COMMIT")
            assert await writing is True
        await store.close()

    asyncio.run(run())
