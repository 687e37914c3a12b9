"""Every door of the playground's server, from outside: what it does, what it refuses, and what it survives."""

import asyncio
import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bots.playground.room import BOT, Room
from core.cohort import Cohort, Person
from tests.playground.conftest import COMMAND, Served
from tests.playground.windows import COHORT, DANA, FINE, GRACE, NOOR, RISKY, TOMASZ, Page, pages, said

ELSEWHERE = json.dumps(["former-client-friend-request-accept", f"direct-{TOMASZ}", ""])


def test_a_nudge_is_seen_by_its_author_alone(served: Served) -> None:
    async def work() -> None:
        async with pages(served, GRACE, TOMASZ, NOOR) as (grace, tomasz, noor):
            name = await grace.post(RISKY)
            assert "nudge" in [whisper["kind"] for whisper in await grace.whispers(name)]
            for other in (tomasz, noor):
                state = await other.state()
                assert name in [message["id"] for message in state["messages"]]
                assert [whisper for whisper in state["whispers"] if whisper["message"]] == []

    asyncio.run(work())


def test_a_question_is_answered_to_its_asker_alone_and_can_be_shared(served: Served) -> None:
    async def work() -> None:
        async with pages(served, GRACE, TOMASZ) as (grace, tomasz):
            name = uuid.uuid4().hex
            question = "can I accept a friend request from a former client?"
            status, _ = await grace.call("POST", "/api/ask", id=name, channel="cohort", text=question)
            assert status == 200
            (reply,) = await grace.whispers(name)
            assert (reply["kind"], "mru/boundaries-3" in said(reply["card"])) == ("reply", True)
            before = await tomasz.state()
            assert question not in json.dumps(before)
            form = (await grace.push(reply, "reply.share"))["form"]
            assert (await grace.send(form, about=RISKY))["shown"] == "wrong"
            assert (await grace.send(form, about="old ties"))["shown"] == "say"
            after = await tomasz.state()
            assert len(after["messages"]) == len(before["messages"]) + 1
            assert "Grace Example shares an answer: old ties" in after["messages"][-1]["text"]
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
    async def nudge(page: Page, name: str) -> dict[str, Any]:
        return next(whisper for whisper in await page.whispers(name) if whisper["kind"] == "nudge")

    async def work() -> None:
        async with pages(served, GRACE, TOMASZ) as (grace, tomasz):
            name = await grace.post(RISKY)
            assert (await tomasz.call("PATCH", f"/api/posts/{name}", text="x"))[0] == 400
            own = await nudge(grace, name)
            assert {"open", "nudge.why", "nudge.judge", "ask.open"} <= {button["do"] for button in own["card"]["buttons"]}
            assert next(b["url"] for b in own["card"]["buttons"] if b["do"] == "open") == f"#edit={name}"
            assert "nothing open" in said((await tomasz.push(own, "nudge.why"))["card"])
            why = await grace.push(own, "nudge.why")
            assert "0139" not in said(why["card"])
            assert why["whisper"] in [whisper["id"] for whisper in await grace.whispers(name)]
            await grace.call("PATCH", f"/api/posts/{name}", text=FINE)
            assert (await nudge(grace, name))["closed"]
            name = await grace.post(RISKY)
            led = await grace.push(await nudge(grace, name), "nudge.judge")
            assert led["shown"] == "instead"
            reason = led["card"]["buttons"][2]["value"]
            assert json.loads(reason)[1] == "public"
            await grace.press("nudge.judged", value=reason, card=led["whisper"])
            assert (await nudge(grace, name))["closed"]
            name = await grace.post(RISKY)
            await grace.call("DELETE", f"/api/posts/{name}")
            assert name not in [message["id"] for message in (await grace.state())["messages"]]

    asyncio.run(work())


def test_everything_kept_is_shown_exported_and_deleted(served: Served) -> None:
    async def work() -> None:
        async with pages(served, TOMASZ) as (tomasz,):
            await tomasz.post(RISKY)
            shown = said((await tomasz.press("mine.show"))["card"])
            assert "Nudges: 1." in shown
            assert "0139" not in shown
            exported = json.loads((await tomasz.press("mine.export"))["card"]["lines"][-1]["text"])
            assert [record["category"] for record in exported["nudges"]] == ["contact_details"]
            await tomasz.press("pause.begin")
            assert "paused until" in said((await tomasz.home())[-1])
            assert "Delete what is kept" in said((await tomasz.press("mine.delete"))["card"])
            await tomasz.press("mine.deleted")
            assert "Nudges: 0." in said((await tomasz.press("mine.show"))["card"])

    asyncio.run(work())


def test_ids_of_one_person_reach_nothing_of_another(served: Served) -> None:
    async def work() -> None:
        async with pages(served, GRACE, TOMASZ) as (grace, tomasz):
            name = await grace.post(RISKY)
            for own in (f"deleted-{name}-False", f"deleted-{name}", f"posted-{name}"):
                await tomasz.post(FINE, name=own)
            await grace.call("DELETE", f"/api/posts/{name}")
            assert [w["closed"] for w in await grace.whispers(name) if w["kind"] == "nudge"] == [True]
            name = await grace.post("@ethics can I google my client?")
            (reply,) = await grace.whispers(name)
            helpful = next(button for button in reply["card"]["buttons"] if button["do"] == "reply.helpful")
            digest = hashlib.sha256(f"reply.helpful {helpful['value']}".encode()).hexdigest()[:16]
            squatted = f"{name}-{digest}"
            assert (await tomasz.call("POST", "/api/ask", id=squatted, channel="cohort", text="can I google my client?"))[
                0
            ] == 200
            (before,) = await tomasz.whispers(squatted)
            thanks = (await grace.push(reply, "reply.helpful"))["card"]
            assert (await tomasz.whispers(squatted), thanks in [w["card"] for w in await grace.whispers(name)]) == (
                [before],
                True,
            )

    asyncio.run(work())


def test_a_message_taken_down_stays_down_however_it_comes_again(served: Served) -> None:
    async def work() -> None:
        async with pages(served, GRACE, TOMASZ) as (grace, tomasz):
            name = await grace.post(RISKY)
            await grace.call("DELETE", f"/api/posts/{name}")
            await grace.post(RISKY, name=name)  # a window that has not heard of it sends it again
            status, told = await tomasz.call("POST", "/api/posts", id=name, channel="cohort", text=FINE)
            assert (status, "somebody else" in told["error"]) == (400, True)
            assert name not in [message["id"] for message in (await tomasz.state())["messages"]]

    asyncio.run(work())


def test_people_of_the_same_name_and_one_named_as_the_bot_are_people_of_their_own() -> None:
    names = ["Sam 3", "Sam", "Sam", "Bot", "\u674e", "\u738b"]
    people = Room(Cohort(name="W", profile="mru", timezone="UTC", roster=tuple(Person(name=name) for name in names))).people
    assert [person.name for person in people.values() if person.role == "student"] == names
    assert BOT not in people


@pytest.mark.parametrize(("body", "kind"), [(b"[" * 200_000, "application/json"), (b"{}", "application/json; charset=none")])
def test_what_is_no_json_is_refused(served: Served, body: bytes, kind: str) -> None:
    async def work() -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{served.address}/api/posts", data=body, headers={"Content-Type": kind}) as response,
        ):
            assert (response.status, "not JSON" in (await response.json())["error"]) == (400, True)

    asyncio.run(work())


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/api/posts", {"as": "nobody", "id": "q", "channel": "cohort", "text": "x"}, 400, "choose one of"),
        ("POST", "/api/posts", {"as": GRACE, "id": "q", "channel": f"direct-{TOMASZ}", "text": "x"}, 400, "no channel"),
        ("POST", "/api/posts", {"as": GRACE, "id": "../q", "channel": "cohort", "text": "x"}, 400, "id"),
        ("POST", "/api/posts", {"as": GRACE, "id": "q", "channel": "cohort"}, 400, "text: Field required"),
        ("POST", "/api/posts", {"as": GRACE, "id": "q", "channel": "cohort", "text": "x" * 50_000}, 400, "40000"),
        ("POST", "/api/posts", ["a"], 400, ""),
        ("PATCH", "/api/posts/none", {"as": GRACE, "text": "x"}, 400, "no such message"),
        ("POST", "/api/press", {"as": "nobody", "do": "mine.show"}, 400, "choose one of"),
        ("POST", "/api/press", {"as": GRACE, "do": "nudge.why", "value": "x"}, 400, "older message"),
        ("POST", "/api/press", {"as": GRACE, "do": "reply.shared", "value": ELSEWHERE}, 503, "a channel of the page"),
        ("POST", "/api/press", {"as": GRACE, "do": "nothing", "value": json.dumps([COHORT])}, 400, "older message"),
        ("POST", "/api/press", {"as": GRACE, "do": "mine.show", "inputs": {"a": 1}}, 400, "inputs.a"),
        ("POST", "/api/press", {"as": GRACE, "do": "shadow.on", "value": json.dumps([COHORT])}, 400, "only its coordinators"),
        ("POST", "/api/press", {"as": DANA, "do": "term.end", "value": json.dumps([COHORT])}, 400, "only its coordinators"),
        ("POST", "/api/press", {"as": NOOR, "do": "cohort.edit", "value": json.dumps(["Another"])}, 400, "has ended"),
        ("POST", "/api/cohort/import", {"as": GRACE, "yaml": "name: x"}, 400, "only the coordinator"),
        ("POST", "/api/cohort/import", {"as": NOOR, "yaml": "name: x"}, 400, "profile"),
        ("POST", "/api/cohort/purge", {"as": NOOR, "cohort": COHORT, "days": "x"}, 400, "days"),
        ("POST", "/api/cohort/purge", {"as": NOOR, "cohort": "Another", "days": 1}, 400, "only its coordinators"),
        ("POST", "/api/cohort/purge", {"as": GRACE, "cohort": COHORT, "days": 1}, 400, "only its coordinators"),
    ],
)
def test_what_is_refused(served: Served, method: str, path: str, body: object, status: int, said: str) -> None:
    async def work() -> None:
        async with aiohttp.ClientSession() as session, session.request(method, served.address + path, json=body) as response:
            assert (response.status, said in (await response.json())["error"]) == (status, True)

    asyncio.run(work())


ELSEWHERES = [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "[::1"},
    {"Origin": "http://evil.example"},
    {"Origin": "http://["},
    {"Origin": "null"},
]


@pytest.mark.parametrize("headers", ELSEWHERES, ids=str)
def test_other_sites_cannot_reach_it_through_the_browser(served: Served, headers: dict[str, str]) -> None:
    async def work() -> None:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{served.address}/api/state", params={"as": GRACE}) as response,
        ):
            assert response.status == 403

    asyncio.run(work())


def test_a_port_in_use_and_an_address_for_everybody_are_refused(served: Served, tmp_path: Path) -> None:
    for variables, reason in (
        ({"PRACTICUM_BOT_PORT": str(served.port)}, "can't be used"),
        ({"PRACTICUM_BOT_HOST": "0.0.0.0"}, "serves this machine alone"),
    ):
        done = subprocess.run(
            [COMMAND, "run", "playground", "--no-browser"],
            env={**os.environ, **variables, "XDG_DATA_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, reason in done.stderr) == (2, True), done.stderr


def twenty(folder: Path) -> Path:
    """A cohort of twenty."""
    path = folder / "twenty.yaml"
    roster = "".join(f"- {{name: Student Number{number}}}\n" for number in range(20))
    path.write_text(f"name: Twenty\nprofile: mru\ntimezone: UTC\nroster:\n{roster}", encoding="utf-8")
    return path


def test_it_stops_when_it_is_told_to(serve: Callable[..., Served]) -> None:
    served = serve()
    assert served.stop() == 0
    assert served.printed().endswith("Stopped.\n")
