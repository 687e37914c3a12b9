"""The real processes, `practicum-bot run slack`, on one database; and what each takes of processor and memory."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, product
from pathlib import Path

import aiohttp

from core.cohort import Cohort, Coordinator, Person
from core.storage.migrate import upgrade
from core.storage.sql import SqlStore
from core.storage.store import Place
from tests.benchmarks.peer import TEAM, Peer
from tests.contract import postgres
from tests.slack.emulated import free_ports
from tests.slack.served import COMMAND

STARTS_WITHIN = 180.0  # seconds
QUIET = 0.1  # of a core, below which a process counts as done with what it does at its start
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is in the database: cohorts with a channel each, and students in each."""

    cohorts: int = 1
    names: int = 25


@contextmanager
def databases(folder: Path) -> Iterator["Databases"]:
    """Fresh databases of both kinds; PostgreSQL's server is ended afterwards."""
    made = Databases(folder)
    try:
        yield made
    finally:
        if made.server:
            made.server.remove()


class Databases:
    """Makes databases; starts a PostgreSQL server for the first that needs one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self.server: postgres.Server | None = None

    def new(self, kind: str) -> str:
        """The URL of a database with all tables; `kind` is sqlite or postgresql."""
        if kind == "postgresql":
            if self.server is None:
                binaries = postgres.binaries()
                assert binaries, "PostgreSQL's server is missing; install the package postgresql"
                self.server = postgres.Server(binaries)
            return self.server.new_database()
        self._number += 1
        url = f"sqlite+aiosqlite:///{self._folder / f'load{self._number}.db'}"
        upgrade(url)
        return url

    def drop(self, url: str) -> None:
        """Give a server's database back."""
        if self.server and url.startswith("postgresql"):
            self.server.drop(url)


async def filled(url: str, scale: Scale) -> list[str]:
    """Cohorts, each with a roster and a channel that was told of the bot; the channels."""
    store = SqlStore(url)
    names = list(islice(_names(), scale.names))
    channels = [f"C{number:07d}" for number in range(scale.cohorts)]
    roster = tuple(Person(name=name) for name in names)
    try:
        for number, channel in enumerate(channels):
            name = f"Cohort {number}"
            await store.put_cohort(
                Cohort(
                    name=name,
                    profile="mru",
                    timezone="America/Edmonton",
                    coordinator=Coordinator(name="Cora Dean", contact="cora@program.example"),
                    agencies=("Sample House",),
                    roster=roster,
                )
            )
            place = Place(platform=f"slack:{TEAM}", channel=channel, cohort=name, introduced_at=datetime.now(UTC))
            await store.put_place(place)
    finally:
        await store.close()
    return channels


def _names() -> Iterator[str]:
    """Given and family names, no two the same, out of syllables."""
    first = "Ama Bel Cor Dari Eli Fen Gor Hani Ilo Jora Kel Lumi Mar Nori Ozi Pel".split()
    last = "bek dra fin gus hal jen kar lin mor nas pol rik san tov vin zel".split()
    given = [a + b for a, b in product(first, last)]
    family = [f"{a}{b}son" for a, b in product(first, last)]
    return (f"{g} {f}" for f, g in product(family, given))


class Process:
    """One running bot."""

    def __init__(self, peer: Peer, url: str, home: Path) -> None:
        (self.port,) = free_ports(1)
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = home / "log"
        home.mkdir(parents=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PRACTICUM_BOT_", "SLACK_"))}
        environment |= {"HOME": str(home), "XDG_DATA_HOME": str(home / "data"), **peer.environment}
        environment |= {"PRACTICUM_BOT_PORT": str(self.port), "PRACTICUM_BOT_DATABASE_URL": url}
        environment |= {"PRACTICUM_BOT_SECRET": "the secret that all processes share"}
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen([COMMAND, "run", "slack"], stdout=log, stderr=log, env=environment)

    async def ready(self) -> None:
        """Wait until it can work, and has done what it does at its start."""
        ends = time.monotonic() + STARTS_WITHIN
        while not await _ready(self.address):
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-2000:]
            assert time.monotonic() < ends, f"it did not start within {STARTS_WITHIN:.0f} seconds"
            await asyncio.sleep(0.2)
        while time.monotonic() < ends:
            before = self.seconds()
            await asyncio.sleep(1.0)
            if self.seconds() - before < QUIET:
                return

    def seconds(self) -> float:
        """Processor time that it took so far."""
        return seconds_of(self.process.pid)

    def memory(self) -> float:
        """MB that it holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def end(self) -> None:
        """Ask it to end; kill it where it does not."""
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


async def _ready(address: str) -> bool:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(f"{address}/readyz") as found,
        ):
            return found.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def seconds_of(pid: int) -> float:
    """Processor time of a process and of its children that are still there, as PostgreSQL's are."""
    taken = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            own, _, rest = path.read_text(encoding="utf-8").rpartition(")")
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        fields = rest.split()
        if int(own.partition(" ")[0]) == pid or int(fields[1]) == pid:
            taken += int(fields[11]) + int(fields[12])
    return taken / TICKS


@asynccontextmanager
async def running(peer: Peer, url: str, number: int, home: Path) -> AsyncIterator[Sequence[Process]]:
    """So many processes on one database, ready; ended afterwards."""
    processes = [Process(peer, url, home / f"process{nth}") for nth in range(number)]
    try:
        await asyncio.gather(*(process.ready() for process in processes))
        yield processes
    finally:
        for process in processes:
            process.process.terminate()
        await asyncio.gather(*(asyncio.to_thread(process.end) for process in processes))
