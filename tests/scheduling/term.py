"""Plays a term: five replicas, each a process of its own, on one PostgreSQL, through kills, restarts and refusals.

`python -m tests.scheduling.term --cohorts 500` plays a whole one and prints a table; see README.md beside this file.
"""

import argparse
import asyncio
import contextlib
import heapq
import multiprocessing
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from bots import bootstrap
from bots.settings import Settings
from core.cohort import Cohort
from core.kb.schema import KnowledgeBase
from core.storage.sql import SqlStore
from tests.contract.postgres import Server, binaries
from tests.scheduling.accounts import Account, Weather
from tests.scheduling.replica import Done, Order, serve
from tests.scheduling.terms import DAY, MINUTE, cohorts, expected
from tests.scheduling.world import PLATFORMS, settled

WHOLE = date(2027, 1, 11)
REPLICAS = 5
HOUR = timedelta(hours=1)
CALM_EVERY = 3  # weeks: in a calm one nothing goes wrong, and everything is to be posted in its very minute
OFFSETS = (timedelta(), -2 * HOUR, -MINUTE, MINUTE, 3 * HOUR)  # of a replica's clock
DEADLY = (0, 0, 0, 0.1, 0.5)  # of the steps for each cohort, how many are a replica's last
OUTAGES = (1, 5, 11, 20, 40)  # hours in which no replica ticks
ANSWERS_WITHIN = 120  # seconds
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.scheduling.replica"])


@dataclass(slots=True)
class Seat:
    """A replica's place: who dies in it is followed by another."""

    process: multiprocessing.process.BaseProcess
    pipe: multiprocessing.connection.Connection
    offset: timedelta = field(default_factory=timedelta)  # of its clock
    killed: bool = False


class Conductor:
    """Gives replicas their time, and has them die."""

    def __init__(self, server: Server, base: KnowledgeBase, chats: Path, members: Sequence[Cohort], seed: int) -> None:
        self.server = server
        self.url = server.new_database()
        self.base = base
        self.chats = chats
        self.members = members
        self.draw = random.Random(seed)
        self.weather = Weather()
        self.counted: Counter[str] = Counter()
        self.longest = 0.0  # seconds that a tick of all took
        self._bad = 0  # ticks in bad weather
        self._start = min(one.at for cohort in members for one in expected(cohort)) - 7 * DAY
        self._end = max(one.at for cohort in members for one in expected(cohort)) + DAY
        self._seats: list[Seat] = []

    def play(self) -> Account:
        """The whole term; at the end everything is well for some hours."""
        for name in PLATFORMS:
            (self.chats / name).mkdir()
        asyncio.run(self._prepare())
        self._seats = [self._seated() for _ in range(REPLICAS)]
        try:
            self._tick(self._start, calm=True)
            for now in self._moments():
                self._moment(now)
            for hours in range(14):
                self._tick(self._end + hours * HOUR, calm=True)
                self._tick(self._end + hours * HOUR + MINUTE, calm=True)
            for seat in self._seats:
                seat.pipe.send(None)
                seat.process.join(ANSWERS_WITHIN)
        finally:
            for seat in self._seats:
                self._end_of(seat)
            if self.server.process is None or self.server.process.poll() is not None:
                self.server.start()
        return Account(self.members, self.chats, self.weather, asyncio.run(self._recorded()))

    def _moments(self) -> Iterator[datetime]:
        """When replicas tick: whenever something is due, the minutes after, as long as something is left, and now and then."""
        due = {one.at for cohort in self.members for one in expected(cohort)}
        idle = {self._start + n * 11 * HOUR for n in range(1, int((self._end - self._start) / (11 * HOUR)))}
        waiting = sorted(due | idle | {at - MINUTE for at in due if self.draw.random() < 0.2})
        last = waiting[0]
        while waiting:
            now = heapq.heappop(waiting)
            if now in due:
                last = now
            if (waiting and now == waiting[0]) or self.weather.out(now):
                continue
            yield now
            if now < self._end and self._left(now):
                heapq.heappush(waiting, now + (MINUTE if now - last < 4 * MINUTE else 15 * MINUTE))

    def _left(self, now: datetime) -> bool:
        asked = f"SELECT 1 FROM slots WHERE state = 'planned' AND due_at <= '{now.isoformat()}' LIMIT 1"
        return bool(self.server.query(self.url, asked))

    def _moment(self, now: datetime) -> None:
        draw = self.draw
        if (now - self._start).days // 7 % CALM_EVERY == 0:
            self.weather.calm.append(now)
            for seat in self._seats:
                seat.offset = timedelta()
            self._tick(now, calm=True)
            return
        if draw.random() < 0.02:
            draw.choice(self._seats).offset = draw.choice(OFFSETS)
        if draw.random() < 0.004:
            sunday = now + (7 - (now - self._start).days % 7) * DAY - DAY
            self.weather.outages.append((now, min(now + draw.choice(OUTAGES) * HOUR, max(sunday, now))))
            return
        self._tick(now, calm=False)

    def _tick(self, now: datetime, *, calm: bool) -> None:
        """All tick at once, in bad weather some; who died is followed by another."""
        began, draw = time.monotonic(), self.draw
        deadly, refusing = (0.0, 0.0) if calm else (draw.choice(DEADLY) / len(self.members), draw.choice((0, 0, 0, 0.3)))
        ticking = [seat for seat in self._seats if calm or draw.random() < 0.85]
        self._bad += not calm
        away = not calm and self._bad % 150 == 100
        if away:
            getattr(self.server, draw.choice(("stop", "kill")))()
        for seat in ticking:
            wall = now + seat.offset
            seat.pipe.send(Order(now, wall, (now - self._start).total_seconds(), deadly, refusing))
        if away:
            self.counted["ticks without a database"] += 1
            time.sleep(draw.random())
            self.server.start()
        elif not calm:
            self._havoc(ticking)
        for seat in ticking:
            self._answered(seat)
        self.counted["ticks"] += len(ticking)
        self.longest = max(self.longest, time.monotonic() - began)

    def _havoc(self, ticking: Sequence[Seat]) -> None:
        """What happens in the middle of a tick."""
        number = self._bad % 25
        if number == 3:
            time.sleep(self.draw.random() * 0.1)
            self.counted["kills from outside"] += 1
            seat = self.draw.choice(self._seats)
            seat.process.kill()
            seat.killed = True
            if seat not in ticking:
                self._follow(seat)
        elif number == 13:
            time.sleep(self.draw.random() * 0.05)
            self.counted["dropped connections"] += len(self.server.query(self.url, DROPPING))
        elif self._bad % 150 == 50:
            time.sleep(self.draw.random() * 0.05)
            self.counted["restarts of the database"] += 1
            getattr(self.server, self.draw.choice(("stop", "kill")))()
            self.server.start()

    def _answered(self, seat: Seat) -> None:
        """What a replica says of its tick; who says nothing was killed."""
        if seat.killed:  # it may have answered before
            self._follow(seat)
            return
        try:
            assert seat.pipe.poll(ANSWERS_WITHIN), "a replica hangs"
            done: Done = seat.pipe.recv()
        except (EOFError, ConnectionResetError):
            self._follow(seat)
            return
        self.counted["refused by platforms"] += done.refused
        self.counted["refused by the database"] += bool(done.error)

    def _follow(self, seat: Seat) -> None:
        seat.process.join(ANSWERS_WITHIN)
        assert seat.process.exitcode == -signal.SIGKILL, "a replica failed by itself"
        self.counted["replicas killed"] += 1
        self._end_of(seat)
        fresh = self._seated()
        seat.process, seat.pipe, seat.killed = fresh.process, fresh.pipe, False

    def _seated(self) -> Seat:
        ours, theirs = FORKS.Pipe()
        process = FORKS.Process(target=serve, args=(theirs, self.url, self.chats, self.base, self.draw.getrandbits(32)))
        process.start()
        theirs.close()
        return Seat(process, ours)

    def _end_of(self, seat: Seat) -> None:
        seat.pipe.close()
        with contextlib.suppress(ValueError):  # it is closed already
            seat.process.kill()
            seat.process.join()
            seat.process.close()

    async def _prepare(self) -> None:
        store = SqlStore(self.url)
        await settled(store, *self.members)
        await store.close()

    async def _recorded(self) -> dict[str, Sequence[object]]:
        store = SqlStore(self.url)
        found = {one.name: await store.decisions(one.name, self._start.date() - 62 * DAY) for one in self.members}
        await store.close()
        return found


DROPPING = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@contextlib.contextmanager
def served() -> Iterator[Server]:
    """A server of one's own."""
    folder = binaries()
    assert folder, "PostgreSQL's server is missing"
    server = Server(folder)
    try:
        yield server
    finally:
        server.remove()


def main() -> None:
    """Play a term, and print what became of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.scheduling.term", description=main.__doc__)
    for name, default in (("cohorts", 500), ("weeks", 15), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    began = time.monotonic()
    base, members = bootstrap.knowledge_base(Settings()), cohorts(asked.cohorts, WHOLE, asked.weeks)
    with served() as server, tempfile.TemporaryDirectory() as chats:
        conductor = Conductor(server, base, Path(chats), members, asked.seed)
        account = conductor.play()
    print(f"{asked.cohorts} cohorts, {asked.weeks} weeks, {REPLICAS} replicas, in {time.monotonic() - began:.0f} s")
    for name, number in sorted(conductor.counted.items()):
        print(f"{name:30} {number}")
    print(f"{'outages of all replicas':30} {len(conductor.weather.outages)}")
    print(f"{'longest tick of all':30} {conductor.longest:.1f} s\n")
    print(account.checked())


if __name__ == "__main__":
    sys.exit(main())
