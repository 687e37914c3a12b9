"""The runbook's drill as it is written: back up while it runs, lose everything, restore, go on."""

import asyncio
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url

from core.cohort import Cohort
from core.nudging.records import NudgeRecord
from core.storage.sql import SqlStore
from core.storage.store import Claim, Member, Place
from core.vocabulary import Category, Tier
from tests.conftest import ROOT
from tests.contract import postgres

RUNBOOK = (ROOT / "deploy" / "RUNBOOK.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LEASE = timedelta(seconds=20)


def drill(name: str, folder: Path, **given: str) -> None:
    """Run a block of the runbook."""
    (block,) = re.findall(rf"<!-- drill: {name} -->\n```sh\n(.*?)```", RUNBOOK, re.DOTALL)
    command = folder / "practicum-bot"
    command.write_text(f"#!{sys.executable}\nfrom bots.cli import main\nmain()\n", encoding="utf-8")
    command.chmod(0o755)
    tools = [str(folder), str(Path(sys.executable).parent), *([str(found)] if (found := postgres.binaries()) else [])]
    environment = {**os.environ, **given, "PATH": os.pathsep.join([*tools, os.environ["PATH"]]), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", block], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if name.endswith("restore"):
        assert "The database is up to date." in done.stdout


def nudge(message: str) -> NudgeRecord:
    keys = dict.fromkeys(("channel", "thread"), "k")
    about = {"category": Category.LOCATION, "tier": Tier.SOFT, "band": 0.9, "rule": "r"}
    return NudgeRecord(id=message, message=message, author="ann", cohort="Sample Cohort", at=NOON, **keys, **about)  # type: ignore[arg-type]


async def fill(store: SqlStore, sample: Cohort) -> None:
    """Something in every table that would be missed."""
    await store.put_cohort(sample)
    await store.put_place(Place(platform="slack:T", channel="C", cohort=sample.name, seminar=True))
    await store.join(Member(platform="slack:T", person="U", cohort=sample.name, joined_at=NOON))
    await store.add_nudge(nudge("m"))
    await store.pause_person("ann", NOON)
    await store.claim("event", "holder", NOON, LEASE)
    await store.finish("event", "holder", NOON)
    await store.put_installation("slack:T", "encrypted")


async def check(store: SqlStore, sample: Cohort) -> None:
    """All of it is there, nothing that came later is, and work goes on."""
    assert await store.cohort(sample.name) == sample
    assert [place.seminar for place in await store.places(sample.name)] == [True]
    assert [member.person for member in await store.members(sample.name)] == ["U"]
    assert [record.message for record in await store.nudges_of("ann")] == ["m"]
    assert (await store.person("ann")).paused_until == NOON
    assert await store.claim("event", "other", NOON, LEASE) is Claim.DONE
    assert await store.installation("slack:T") == "encrypted"
    assert await store.claim("new", "other", NOON, LEASE) is Claim.TAKEN
    assert await store.add_nudge(nudge("new"))
    for number in range(3):
        assert await store.join(Member(platform="slack:T", person=f"new{number}", cohort=sample.name, joined_at=NOON))


def test_sqlite(sqlite: str, sample: Cohort, tmp_path: Path) -> None:
    database, backup = tmp_path / "test.db", tmp_path / "backup.db"

    async def before() -> None:
        store = SqlStore(sqlite)
        await fill(store, sample)
        await asyncio.to_thread(drill, "sqlite back up", tmp_path, DATABASE=str(database), BACKUP=str(backup))  # while it runs
        await store.add_nudge(nudge("after the backup"))
        await store.close()

    async def after() -> None:
        store = SqlStore(sqlite)
        await check(store, sample)
        await store.close()

    asyncio.run(before())
    database.write_bytes(b"lost")
    drill("sqlite restore", tmp_path, DATABASE=str(database), BACKUP=str(backup))
    assert database.stat().st_mode & 0o077 == 0
    asyncio.run(after())


def test_postgresql(server: postgres.Server, sample: Cohort, tmp_path: Path) -> None:
    url = server.new_database()
    restored = str(make_url(url).set(database="practicum_restored").render_as_string(hide_password=False))
    plain = [found.replace("+psycopg", "") for found in (url, restored, server.url("postgres"))]

    async def before() -> None:
        store = SqlStore(url)
        await fill(store, sample)
        backup = str(tmp_path / "backup")
        await asyncio.to_thread(drill, "postgresql back up", tmp_path, DATABASE=plain[0], BACKUP=backup)  # while it runs
        await store.add_nudge(nudge("after the backup"))
        await store.close()

    async def after() -> None:
        store = SqlStore(restored)
        await check(store, sample)
        await store.close()

    asyncio.run(before())
    server.drop(url)
    drill("postgresql restore", tmp_path, RESTORED=plain[1], SERVER=plain[2], BACKUP=str(tmp_path / "backup"))
    asyncio.run(after())
    server.drop(restored)
