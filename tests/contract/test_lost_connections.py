"""A PostgreSQL server that restarts, hands over, falls silent, or is gone in the worst moment."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Any, Self

import pytest

from core.cohort import Cohort
from core.errors import StoreError
from core.nudging.records import Closing
from core.storage import database
from core.storage.migrate import upgrade
from core.storage.sql import SqlStore
from core.storage.store import Claim, Member, Place
from core.vocabulary import Tier
from tests.contract.postgres import Server
from tests.contract.test_store_nudges import LEASE, NOON, NUDGE

HANGS = 60  # seconds after which a test has failed
NOBODY = "postgresql+psycopg://user:secret-word@127.0.0.1:1/db"


class Mood(Enum):
    """How a way to the server behaves."""

    FAIR = auto()
    SILENT = auto()  # nothing comes through
    BREAKS_BEFORE_COMMIT = auto()  # the next commit doesn't reach the server
    BREAKS_AFTER_COMMIT = auto()  # the next commit does, and nobody hears of it


class Way:
    """A socket that leads to the server's, and can fail."""

    def __init__(self, entry: Path, to: Path) -> None:
        self.entry, self.to, self.mood, self.broke = entry, to, Mood.FAIR, 0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._connected, self.entry)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.entry.unlink(missing_ok=True)

    async def _connected(self, asking: asyncio.StreamReader, told: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        answering, asked = await asyncio.open_unix_connection(self.to)
        answers = asyncio.create_task(self._copy(answering, told))
        with suppress(ConnectionError, asyncio.CancelledError):
            while words := await asking.read(65536):
                if b"COMMIT" in words and self.mood in {Mood.BREAKS_BEFORE_COMMIT, Mood.BREAKS_AFTER_COMMIT}:
                    answers.cancel()
                    await asyncio.wait([answers])
                    if self.mood is Mood.BREAKS_AFTER_COMMIT:
                        asked.write(words)
                        assert b"COMMIT" in await answering.read(65536)
                    self.mood, self.broke = Mood.FAIR, self.broke + 1
                    break
                await self._while_silent()
                asked.write(words)
        answers.cancel()
        for writer in (asked, told):
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _copy(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while words := await source.read(65536):
                await self._while_silent()
                to.write(words)
        to.close()

    async def _while_silent(self) -> None:
        while self.mood is Mood.SILENT:
            await asyncio.sleep(0.01)


def ran(work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(HANGS):
            await work()

    asyncio.run(run())


@pytest.fixture
def running(server: Server) -> Iterator[Server]:
    """The server; a test may leave it stopped."""
    yield server
    if server.process is None or server.process.poll() is not None:
        server.start()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_after_a_restart_everything_goes_on(running: Server, postgresql: str, how: str) -> None:
    async def work() -> None:
        store = SqlStore(postgresql)
        await asyncio.gather(*(store.claim(str(n), "one", NOON, LEASE) for n in range(10)))  # several connections
        getattr(running, how)()
        running.start()
        claims = await asyncio.gather(*(store.claim(str(n), "two", NOON, LEASE) for n in range(20)))
        assert claims == [*[Claim.HELD] * 10, *[Claim.TAKEN] * 10]
        await store.close()

    ran(work)


def test_a_restart_is_ridden_out(running: Server, postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PAUSES", (0.2,) * 100)  # however slowly it restarts here
    monkeypatch.setattr(database, "LIMIT", HANGS)

    async def work() -> None:
        store, over = SqlStore(postgresql), asyncio.Event()

        async def works(name: str) -> int:
            done = 0
            while not over.is_set():
                assert await store.claim(f"{name} {done}", name, datetime.now(UTC), LEASE) is Claim.TAKEN
                assert await store.finish(f"{name} {done}", name, datetime.now(UTC)) is True
                done += 1
            return done

        working = [asyncio.create_task(works(str(n))) for n in range(8)]
        await store.claim("first", "me", NOON, LEASE)
        await asyncio.to_thread(running.stop)
        await asyncio.to_thread(running.start)
        await store.claim("last", "me", NOON, LEASE)
        over.set()
        done = sum(await asyncio.gather(*working))
        assert running.query(postgresql, "SELECT count(*) FROM claims WHERE done_at IS NOT NULL") == [(done,)]
        await store.close()

    ran(work)


def test_without_a_server_everything_ends_in_an_error(running: Server, postgresql: str, sample: Cohort) -> None:
    async def work() -> None:
        store = SqlStore(postgresql)
        await store.ping()
        running.stop()
        for operation in (store.ping(), store.cohorts(), store.put_cohort(sample), store.claim("e", "one", NOON, LEASE)):
            with pytest.raises(StoreError, match="check PRACTICUM_BOT_DATABASE_URL"):
                await operation
        running.start()
        await store.ping()
        assert await store.claim("e", "one", NOON, LEASE) is Claim.TAKEN
        await store.close()

    ran(work)


def test_an_error_never_tells_the_password() -> None:
    async def work() -> None:
        store = SqlStore(NOBODY)
        with pytest.raises(StoreError, match="database refused") as caught:
            await store.ping()
        assert "secret-word" not in str(caught.value)
        await store.close()

    ran(work)
    with pytest.raises(StoreError, match="database refused") as caught:
        upgrade(NOBODY)
    assert "secret-word" not in str(caught.value)


def test_a_server_that_falls_silent_is_given_up(server: Server, postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LIMIT", 2)
    monkeypatch.setattr(database, "GRACE", 0.2)

    async def work() -> None:
        by, entry, to = server.past(postgresql)
        async with Way(entry, to) as way:
            store = SqlStore(by)
            await store.ping()
            way.mood = Mood.SILENT
            for operation in (store.ping(), store.cohorts()):  # on an open connection, and on a new one
                with pytest.raises(StoreError, match="no answer"):
                    await operation
            way.mood = Mood.FAIR
            await store.ping()
            await store.close()

    ran(work)


def test_a_server_that_no_longer_leads_is_left(server: Server, postgresql: str) -> None:
    name = postgresql.split("/")[3].split("?")[0]

    async def work() -> None:
        server.query(postgresql, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        store = SqlStore(postgresql)
        await asyncio.gather(*(store.ping() for _ in range(5)))  # connections that can only read
        with pytest.raises(StoreError, match="read-only"):
            await store.claim("e", "one", NOON, LEASE)
        await asyncio.gather(*(store.ping() for _ in range(5)))
        change = f"BEGIN READ WRITE; ALTER DATABASE {name} RESET default_transaction_read_only; COMMIT"
        server.query(postgresql, change)
        assert await store.claim("e", "one", NOON, LEASE) is Claim.TAKEN
        await store.close()

    ran(work)


def test_of_several_hosts_the_one_that_leads_is_used(server: Server, postgresql: str) -> None:
    async def work() -> None:
        store = SqlStore(f"{postgresql.replace('host=', 'host=/nowhere,')}&target_session_attrs=read-write")
        assert await store.claim("e", "one", NOON, LEASE) is Claim.TAKEN
        await store.close()

    ran(work)


PLACE = Place(platform="slack:T1", channel="C1", cohort="Winter")
OPERATIONS: dict[str, tuple[Callable[[SqlStore], Awaitable[object]], object]] = {  # and what each gives
    "claim": (lambda store: store.claim("new", "one", NOON, LEASE), Claim.TAKEN),
    "claim, taken over": (lambda store: store.claim("e", "two", NOON + LEASE, LEASE), Claim.TAKEN),
    "claim, held": (lambda store: store.claim("e", "two", NOON, LEASE), Claim.HELD),
    "claim, held by the same": (lambda store: store.claim("e", "one", NOON + timedelta(seconds=1), LEASE), Claim.HELD),
    "finish": (lambda store: store.finish("e", "one", NOON), True),
    "finish, lost": (lambda store: store.finish("e", "two", NOON), False),
    "add": (lambda store: store.add_nudge(replace(NUDGE, id="n2", message="m2")), True),
    "add, known": (lambda store: store.add_nudge(replace(NUDGE, id="n2")), False),
    "raise": (lambda store: store.raise_nudge(replace(NUDGE, tier=Tier.HARD)), None),
    "deliver": (lambda store: store.deliver_nudge("m1", NOON), None),
    "close": (lambda store: store.close_nudge("m1", NOON, Closing.JUDGED), True),
    "close, unknown": (lambda store: store.close_nudge("m2", NOON, Closing.JUDGED), False),
    "person": (lambda store: store.sum_up_person("a", NOON), None),
    "introduce": (lambda store: store.introduce_person("b", NOON), True),
    "join": (lambda store: store.join(Member(platform="p", person="U", cohort="W", joined_at=NOON)), True),
    "place": (lambda store: store.put_place(PLACE), None),
    "shadow": (lambda store: store.put_shadow("nobody", True), False),
    "forget": (lambda store: store.forget("a"), 2),
}


@pytest.mark.parametrize("mood", [Mood.BREAKS_BEFORE_COMMIT, Mood.BREAKS_AFTER_COMMIT])
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_commit_that_breaks_off_changes_no_result(server: Server, postgresql: str, name: str, mood: Mood) -> None:
    operation, expected = OPERATIONS[name]

    async def work() -> None:
        by, entry, to = server.past(postgresql)
        async with Way(entry, to) as way:
            store = SqlStore(by)
            await store.claim("e", "one", NOON, LEASE)
            await store.add_nudge(NUDGE)
            await store.pause_person("a", NOON)
            way.mood = mood
            result = await operation(store)
            assert (result, way.broke) == (expected, 1)
            await store.close()

    ran(work)


@pytest.mark.parametrize("mood", [Mood.BREAKS_BEFORE_COMMIT, Mood.BREAKS_AFTER_COMMIT])
def test_a_cohort_is_new_once(server: Server, postgresql: str, sample: Cohort, mood: Mood) -> None:
    async def work() -> None:
        by, entry, to = server.past(postgresql)
        async with Way(entry, to) as way:
            store = SqlStore(by)
            for new in (True, False):
                way.mood = mood
                assert await store.put_cohort(sample) is new
            assert way.broke == 2
            await store.close()

    ran(work)


def test_a_claim_taken_anew_by_its_holder_survives_the_release_before(server: Server, postgresql: str) -> None:
    async def work() -> None:
        by, entry, to = server.past(postgresql)
        async with Way(entry, to) as way:
            store, other = SqlStore(by), SqlStore(postgresql)
            await store.claim("e", "one", NOON, LEASE)
            way.mood = Mood.BREAKS_AFTER_COMMIT
            releasing = asyncio.create_task(store.release("e", "one"))
            while await other.claim("e", "one", NOON, LEASE) is not Claim.TAKEN:
                await asyncio.sleep(0)
            await releasing
            assert await other.claim("e", "two", NOON, LEASE) is Claim.HELD
            for each in (store, other):
                await each.close()

    ran(work)
