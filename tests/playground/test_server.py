"""Every door of the playground's server, from outside: what it does, what it refuses, and what it survives."""

import asyncio
import json
import os
import random
import subprocess
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.playground.conftest import COMMAND, Served

GRACE, TOMASZ, NOOR = "grace-example", "tomasz-sample", "noor-sample"
RISKY = "call my client's mom at 403 555 0139"  # found by rule, whatever the model
FINE = "who brings snacks to seminar?"


class Page:
    """One person's window."""

    def __init__(self, session: aiohttp.ClientSession, address: str, person: str) -> None:
        self._session, self._address, self.person = session, address, person

    async def call(self, method: str, path: str, **body: object) -> tuple[int, Any]:
        async with self._session.request(method, f"{self._address}{path}", json={"as": self.person, **body}) as response:
            return response.status, await response.json()

    async def post(self, text: str, channel: str = "cohort", name: str = "", **more: object) -> str:
        name = name or uuid.uuid4().hex
        status, said = await self.call("POST", "/api/messages", id=name, channel=channel, text=text, **more)
        assert status == 200, said
        return name

    async def state(self) -> dict[str, Any]:
        async with self._session.get(f"{self._address}/api/state", params={"as": self.person}) as response:
            return dict(await response.json())

    async def cohort(self) -> dict[str, Any]:
        async with self._session.get(f"{self._address}/api/cohort", params={"as": self.person}) as response:
            return dict(await response.json())

    async def whispers(self, message: str) -> list[dict[str, Any]]:
        return [whisper for whisper in (await self.state())["whispers"] if whisper["message"] == message]


@asynccontextmanager
async def pages(served: Served, *people: str) -> AsyncIterator[list[Page]]:
    async with aiohttp.ClientSession() as session:
        yield [Page(session, served.address, person) for person in people]


def test_a_nudge_is_seen_by_its_author_alone(served: Served) -> None:
    async def work() -> None:
        async with pages(served, GRACE, TOMASZ, NOOR) as (grace, tomasz, noor):
            name = await grace.post(RISKY)
            assert "nudge" in [whisper["kind"] for whisper in await grace.whispers(name)]
            for other in (tomasz, noor):
                state = await other.state()
                assert name in [message["id"] for message in state["messages"]]
                assert state["whispers"] == []

    asyncio.run(work())


def test_a_question_is_answered_to_its_asker_alone_and_can_be_shared(served: Served) -> None:
    async def work() -> None:
        async with pages(served, GRACE, TOMASZ) as (grace, tomasz):
            name = uuid.uuid4().hex
            question = "can I accept a friend request from a former client?"
            status, _ = await grace.call("POST", "/api/ask", id=name, channel="cohort", text=question)
            assert status == 200
            (reply,) = await grace.whispers(name)
            assert (reply["kind"], "mru/boundaries-3" in reply["text"]) == ("reply", True)
            before = await tomasz.state()
            assert question not in json.dumps(before)
            status, _ = await tomasz.call("POST", "/api/share", whisper=reply["id"])
            assert status == 400
            await grace.call("POST", "/api/share", whisper=reply["id"])
            after = await tomasz.state()
            assert len(after["messages"]) == len(before["messages"]) + 1
            assert question not in json.dumps(after)

    asyncio.run(work())


def test_a_mention_and_a_direct_message_are_answered_and_chatter_is_not(served: Served) -> None:
    async def work() -> None:
        async with pages(served, GRACE) as (grace,):
            for text, channel, kinds in (
                ("@ethics can I google my client?", "cohort", ["reply"]),
                ("can I google my client?", f"direct-{GRACE}", ["reply"]),
                (FINE, "cohort", []),
            ):
                name = await grace.post(text, channel)
                assert [whisper["kind"] for whisper in await grace.whispers(name)] == kinds

    asyncio.run(work())


def test_edit_delete_why_and_judge(served: Served) -> None:
    async def work() -> None:
        async with pages(served, GRACE, TOMASZ) as (grace, tomasz):
            name = await grace.post(RISKY)
            assert (await tomasz.call("PATCH", f"/api/messages/{name}", text="x"))[0] == 400
            assert (await tomasz.call("POST", f"/api/nudges/{name}/why"))[0] == 400
            status, why = await grace.call("POST", f"/api/nudges/{name}/why")
            assert status == 200
            assert "0139" not in why["text"]
            await grace.call("PATCH", f"/api/messages/{name}", text=FINE)
            assert [w["closed"] for w in await grace.whispers(name) if w["kind"] == "nudge"] == [True]
            name = await grace.post(RISKY)
            assert (await grace.call("POST", f"/api/nudges/{name}/judge", reason="nonsense"))[0] == 400
            assert (await grace.call("POST", f"/api/nudges/{name}/judge", reason="public"))[0] == 200
            assert [w["closed"] for w in await grace.whispers(name) if w["kind"] == "nudge"] == [True]
            name = await grace.post(RISKY)
            await grace.call("DELETE", f"/api/messages/{name}")
            assert name not in [message["id"] for message in (await grace.state())["messages"]]

    asyncio.run(work())


def test_everything_kept_is_shown_and_deleted(served: Served) -> None:
    async def work() -> None:
        async with pages(served, TOMASZ) as (tomasz,):
            await tomasz.post(RISKY)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{served.address}/api/mine", params={"as": TOMASZ}) as response:
                    records = (await response.json())["records"]
                assert [record["category"] for record in records] == ["contact_details"]
                assert "0139" not in json.dumps(records)
                assert (await tomasz.call("DELETE", "/api/mine"))[1]["deleted"] >= 1
                async with session.get(f"{served.address}/api/mine", params={"as": TOMASZ}) as response:
                    assert (await response.json())["records"] == []

    asyncio.run(work())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/api/messages", {"as": "nobody", "id": "q", "channel": "cohort", "text": "x"}, 400, "choose one of"),
        ("POST", "/api/messages", {"as": GRACE, "id": "q", "channel": f"direct-{TOMASZ}", "text": "x"}, 400, "no channel"),
        ("POST", "/api/messages", {"as": GRACE, "id": "../q", "channel": "cohort", "text": "x"}, 400, "id"),
        ("POST", "/api/messages", {"as": GRACE, "id": "q", "channel": "cohort"}, 400, "text: Field required"),
        ("POST", "/api/messages", {"as": GRACE, "id": "q", "channel": "cohort", "text": "x" * 50_000}, 400, "40000"),
        ("POST", "/api/messages", ["a"], 400, ""),
        ("PATCH", "/api/messages/none", {"as": GRACE, "text": "x"}, 400, "no such message"),
        ("POST", "/api/nudges/none/why", {"as": GRACE}, 400, "no nudge"),
        ("POST", "/api/cohort/shadow", {"as": GRACE, "on": True}, 403, "only for the coordinator"),
        ("POST", "/api/cohort/nothing", {"as": NOOR}, 400, "nothing called"),
        ("POST", "/api/cohort/import", {"as": NOOR, "yaml": "name: x"}, 400, "profile"),
        ("POST", "/api/cohort/purge", {"as": NOOR, "days": "x"}, 400, "number of days"),
        ("POST", "/api/cohort/prompt", {"as": NOOR, "week": 99, "do": "post"}, 400, "week of the calendar"),
    ],
)
def test_what_is_refused(served: Served, method: str, path: str, body: object, status: int, said: str) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as session, session.request(method, served.address + path, json=body) as response:
            assert (response.status, said in (await response.json())["error"]) == (status, True)

    asyncio.run(work())


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_other_sites_cannot_reach_it_through_the_browser(served: Served, headers: dict[str, str]) -> None:
    async def work() -> None:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{served.address}/api/state", params={"as": GRACE}) as response,
        ):
            assert response.status == 403

    asyncio.run(work())


def test_the_coordinators_page(served: Served) -> None:
    async def work() -> None:
        async with pages(served, NOOR, GRACE) as (noor, grace):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{served.address}/api/cohort", params={"as": NOOR}) as response,
            ):
                shown = await response.json()
            assert (shown["name"], shown["shadow"], shown["counts"]["enough"]) == ("Sample Cohort", False, False)
            assert len(shown["prompts"]) > 10
            await noor.call("POST", "/api/cohort/prompt", week=1, do="post")
            await noor.call("POST", "/api/cohort/prompt", week=1, do="post")
            said = [message["text"] for message in (await grace.state())["messages"] if message["author"] == "bot"]
            assert sum(shown["prompts"][0]["text"] in text for text in said) == 1
            for do, skipped in (("skip", True), ("skip", True), ("unskip", False)):
                assert (await noor.call("POST", "/api/cohort/prompt", week=2, do=do))[0] == 200
                assert [(p["skipped"], p["posted"]) for p in (await noor.cohort())["prompts"][:2]] == [
                    (False, True),
                    (skipped, False),
                ]
            assert (await noor.call("POST", "/api/cohort/prompt", week=1, do="skip"))[0] == 400
            whispers = [whisper["text"] for whisper in (await noor.state())["whispers"]]
            assert sum("For you alone" in text for text in whispers) == 1
            receipt = (await noor.call("POST", "/api/cohort/purge", days=0))[1]["receipt"]
            assert "Deleted everything older than" in receipt

    asyncio.run(work())


def test_a_port_in_use_and_an_address_for_everybody_are_refused(served: Served, tmp_path: Path) -> None:
    for variables, said in (
        ({"PRACTICUM_BOT_PORT": str(served.port)}, "can't be used"),
        ({"PRACTICUM_BOT_HOST": "0.0.0.0"}, "serves this machine alone"),
    ):
        done = subprocess.run(
            [COMMAND, "run", "--no-browser"],
            env={**os.environ, **variables, "XDG_DATA_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def twenty(folder: Path) -> Path:
    """A cohort of twenty."""
    path = folder / "twenty.yaml"
    roster = "".join(f"- {{name: Student Number{number}}}\n" for number in range(20))
    path.write_text(f"name: Twenty\nprofile: mru\ntimezone: UTC\nroster:\n{roster}", encoding="utf-8")
    return path


async def heard(session: aiohttp.ClientSession, served: Served, person: str, news: Counter[tuple[str, str]]) -> None:
    """Count the nudges that a person's window is told of, until it is gone."""
    try:
        async with session.get(
            f"{served.address}/api/stream", params={"as": person}, timeout=aiohttp.ClientTimeout(None)
        ) as stream:
            kind = ""
            async for line in stream.content:
                if line.startswith(b"event: "):
                    kind = line[7:].decode().strip()
                elif line.startswith(b"data: ") and kind == "whisper":
                    data = json.loads(line[6:])
                    if data["kind"] == "nudge":
                        assert (
                            data["id"] == f"nudge-{data['message']}-hard"
                        )  # so that a window shows it once, however often it comes
                        news[person, data["message"]] += 1
    except aiohttp.ClientError:
        pass


def test_two_processes_a_burst_and_a_killed_one_nudge_everybody_once(serve: Callable[..., Served], tmp_path: Path) -> None:
    """200 messages by 20 authors, each delivered to both processes; one is killed in the middle and comes back."""
    home = tmp_path / "home"
    home.mkdir()
    first, second = serve(home, twenty(tmp_path)), serve(home, twenty(tmp_path))
    draw = random.Random(7)
    sent = [(f"m{n}", f"student-number{n % 20}", n % 3 == 0) for n in range(200)]
    news: Counter[tuple[str, str]] = Counter()

    async def deliver(session: aiohttp.ClientSession, served: Served, name: str, person: str, risky: bool) -> None:
        """As a platform does: again and again until it is taken."""
        text = f"{RISKY} ({name})" if risky else f"{FINE} ({name})"
        for _ in range(120):
            try:
                body = {"as": person, "id": name, "channel": "cohort", "text": text}
                async with session.post(f"{served.address}/api/messages", json=body) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(draw.uniform(0.1, 0.5))
        raise AssertionError(f"{name} was never taken")

    async def work() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            people = {person for _, person, _ in sent}
            windows = [asyncio.create_task(heard(session, at, person, news)) for at in (first, second) for person in people]
            deliveries = [asyncio.create_task(deliver(session, at, *message)) for message in sent for at in (first, second)]
            await asyncio.sleep(1.0)
            second.kill()
            await asyncio.to_thread(second.start)
            windows += [asyncio.create_task(heard(session, second, person, news)) for person in people]
            await asyncio.gather(*deliveries)
            await asyncio.sleep(1.0)
            for window in windows:
                window.cancel()

    asyncio.run(work())
    wanted = {(person, name) for name, person, risky in sent if risky}
    assert set(news) <= wanted, "somebody was nudged for nothing, or for another's message"
    lost = wanted - set(news)
    # only what was between delivery and its record when the process was killed may have gone with its windows, or come again
    in_flight = os.cpu_count() or 1
    assert len(lost) <= in_flight, lost
    again = [entry for entry, times in news.items() if times > 1]
    assert len(again) <= in_flight, again
    assert max(news.values()) <= 2


def test_it_stops_when_it_is_told_to(serve: Callable[..., Served]) -> None:
    served = serve()
    assert served.stop() == 0
    assert served.printed().endswith("Stopped.\n")
