"""What was written is nowhere afterwards: every path of the playground, with faults, a full disk and crashes among them."""

import asyncio
import json
import resource
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tests.canaries import CANARY, FAULTY, TALKATIVE, TEXT, WORDS, core_files_allowed, found, said
from tests.contract.postgres import Server
from tests.faulty import DIES, FORGETS, RAISES
from tests.playground.conftest import Served
from tests.playground.windows import GRACE, NOOR

ENTRY = "former-client-friend-request-accept"
OWN = "Ottoline Brandvold"  # in the roster and in a prompt of the coordinator's own, which the database keeps
ALIEN = "Persephonia Uddgren"  # in files that can't be used
PARTS = ("Ottoline", "Brandvold")
GOOD = f"""\
name: Sample Cohort
profile: mru
timezone: UTC
coordinator: {{name: Noor Sample}}
roster: [{{name: Grace Example}}, {{name: {OWN}}}]
own_prompts: ["What would {OWN} do?"]
"""
BAD = (
    f"name: W\nprofile: mru\ntimezone: UTC\nroster: [{ALIEN}]\n",
    f"name: W\nprofile: mru\ntimezone: UTC\nroster:\n- {{name: {ALIEN}\n- {{name: B}}\n",
    f"name: W\nprofile: mru\ntimezone: {ALIEN}\nholidays: {ALIEN}\nterm: {{start: {ALIEN}, end: 2027-01-01}}\n",
    f'name: W\nprofile: mru\ntimezone: UTC\nprompts: {{weekday: {ALIEN}, at: "{ALIEN}"}}\n',
    f"name: *{ALIEN.split()[0]}\n",
    f"name: !{ALIEN.split()[0]} x\n",
    f'name: "\x01{ALIEN}"\n',
    f"{ALIEN}\t: [\n",
)


class Caller:
    """Asks for something, and remembers what was answered to what must have no words of anybody in its answer."""

    def __init__(self, session: aiohttp.ClientSession, served: Served) -> None:
        self._session, self._address = session, served.address
        self.told: list[str] = []

    async def __call__(self, method: str, path: str, *, who: str = GRACE, told: bool = False, **body: object) -> int:
        async with self._session.request(method, f"{self._address}{path}", json={"as": who, **body}) as response:
            text = await response.text()
            if told:
                self.told.append(text)
            return response.status


async def a_day(call: Caller) -> None:
    """Everything that can be done with words, and what follows from it."""
    for channel in ("cohort", "seminar", f"direct-{GRACE}"):
        name = uuid.uuid4().hex
        await call("POST", "/api/posts", id=name, channel=channel, text=TEXT, files=[{"name": f"{CANARY}.jpg"}])
        await call("POST", "/api/posts", id=uuid.uuid4().hex, channel=channel, text=f"@ethics {TEXT}?", thread=name)
        nudge = json.dumps([channel, name, ""])
        await call("POST", "/api/press", do="nudge.why", value=nudge, told=True)
        await call("PATCH", f"/api/posts/{name}", text=f"again {TEXT}")
        await call("POST", "/api/press", do="nudge.judge", value=nudge, told=True)
        await call("POST", "/api/press", do="nudge.judged", value=json.dumps([nudge, "other"]), told=True)
        await call("DELETE", f"/api/posts/{name}", told=True)
    await call("POST", "/api/ask", id=uuid.uuid4().hex, channel="cohort", text=f"what about {CANARY}?", told=True)
    shared = json.dumps([ENTRY, "cohort", ""])
    for do, value, inputs in (
        ("draft.send", "", {"draft": TEXT}),
        ("reply.shared", shared, {"about": TEXT}),  # refused
        ("reply.shared", shared, {"about": "old ties"}),
        ("reply.coordinator", json.dumps([ENTRY, "cohort"]), {}),
        ("reply.unhelpful", json.dumps([ENTRY, "cohort"]), {}),
        ("reply.because", json.dumps([ENTRY, "cohort", "unclear"]), {}),
        ("reply.helpful", json.dumps([CANARY, "cohort"]), {}),
        ("mine.show", "", {}),
        ("mine.export", "", {}),
        ("mine.deleted", "", {}),
    ):
        await call("POST", "/api/press", do=do, value=value, inputs=inputs, told=True)
    assert await call("POST", "/api/tour") == 200


async def what_is_refused(call: Caller, served: Served) -> None:
    """What nobody can do, or nothing can be made of."""
    await call("POST", "/api/press", do=CANARY, value=TEXT)  # nothing to press
    await call("POST", "/api/press", do="draft.send", inputs={"draft": {"a": CANARY}}, told=True)  # no text
    await call("POST", "/api/posts", id="bad id", channel="cohort", text=TEXT, told=True)
    await call("POST", "/api/posts", id="x", channel="cohort", text={"a": CANARY}, told=True)
    await call("POST", "/api/posts", id="y", channel="cohort", text=TEXT * 9_000, told=True)
    await call("POST", "/api/posts", id="z", channel="cohort", text=f"\ud800 {TEXT}")  # no character
    await call("POST", f"/api/posts/{CANARY}", text=TEXT, told=True)  # no such door
    for body in (TEXT, f'{{"{CANARY}": "{TEXT}"', f'["{TEXT}"]'):
        async with call._session.post(f"{served.address}/api/posts", data=body.encode()) as response:  # no JSON, or no request
            assert response.status == 400
            call.told.append(await response.text())
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(f"{CANARY} / HTTP/9.9\r\n{CANARY}\r\n\r\n{TEXT}".encode())
    await reader.read()
    writer.close()


async def what_is_imported(call: Caller) -> None:
    for text in BAD:
        assert await call("POST", "/api/cohort/import", who=NOOR, yaml=text, told=True) == 400
    assert await call("POST", "/api/cohort/import", who=GRACE, yaml=GOOD, told=True) == 400
    assert await call("POST", "/api/cohort/import", who=NOOR, yaml=GOOD, told=True) == 200


async def what_goes_wrong(call: Caller, served: Served) -> None:
    """An engine that raises, errors that nobody waits for, a database that is locked, and a disk that is full."""
    for path, more in (("/api/posts", {"channel": "cohort"}), ("/api/ask", {"channel": "cohort"})):
        assert await call("POST", path, id=uuid.uuid4().hex, text=f"{RAISES} {TEXT}", told=True, **more) == 500
    assert await call("POST", "/api/press", do="draft.send", inputs={"draft": f"{RAISES} {TEXT}"}, told=True) == 500
    assert await call("POST", "/api/posts", id=uuid.uuid4().hex, channel="cohort", text=f"{FORGETS} {TEXT}") == 200
    (database,) = served.home.rglob("playground.db")
    with sqlite3.connect(database, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert await call("POST", "/api/posts", id="locked", channel="cohort", text=TEXT, told=True) == 503
        other.execute("ROLLBACK")
    other.close()
    nothing, before = (1, resource.RLIM_INFINITY), resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, nothing)
    assert await call("POST", "/api/posts", id="full", channel="cohort", text=TEXT, told=True) == 503
    resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, before)
    assert await call("POST", "/api/posts", id="full", channel="cohort", text=TEXT) == 200


async def what_is_watched(call: Caller) -> None:
    for path in ("/metrics", "/readyz", "/healthz", f"/{CANARY}"):
        await call("GET", path, told=True)


def test_no_word_reaches_a_file_or_what_is_printed(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(tmp_path, command=FAULTY, environment=TALKATIVE, first=core_files_allowed)

    async def work() -> list[str]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=90)) as session:
            call = Caller(session, served)
            await a_day(call)
            await what_is_refused(call, served)
            await what_is_imported(call)
            await what_goes_wrong(call, served)
            await what_is_watched(call)
            with pytest.raises(aiohttp.ClientError):
                await call("POST", "/api/posts", id=uuid.uuid4().hex, channel="cohort", text=f"{DIES} {TEXT}")
            return call.told

    told = asyncio.run(work())
    assert served.process.wait(30) == -6  # as an abort ends a process
    assert said((*WORDS, *ALIEN.split()), *told) == []
    printed = served.printed()
    assert '"action": "broken", "error": "RuntimeError"' in printed
    assert "Fatal Python error: Aborted" in printed
    assert list((tmp_path / "cwd").iterdir()) == [], "a core file holds everything"
    assert any(path.suffix == ".db" for path in tmp_path.rglob("*"))
    assert found(tmp_path, (*WORDS, *ALIEN.split())) == []
    assert {Path(name).name.partition(".")[0] for name, _ in found(tmp_path, PARTS)} == {"playground"}  # the database alone


def test_no_word_reaches_a_database_server(serve: Callable[..., Served], server: Server, tmp_path: Path) -> None:
    served = serve(tmp_path, database_url=server.new_database())

    async def work() -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=90)) as session:
            call = Caller(session, served)
            await a_day(call)
            await what_is_imported(call)

    asyncio.run(work())
    served.kill()
    assert found(tmp_path) == []
    assert found(server.folder, (*WORDS, *ALIEN.split())) == []  # its tables, its write-ahead log, and what it logged
    assert {Path(name).parts[0] for name, _ in found(server.folder, PARTS)} == {"data"}
