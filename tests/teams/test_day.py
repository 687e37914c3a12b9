"""A cohort's day on Teams: what each activity leads to at Microsoft's side, and who is told."""

import asyncio
from typing import Any

import pytest

from bots.teams import app
from core.engine import PracticumEngine
from core.speech.answers import CARELESS
from core.storage.store import Holder, Role
from tests.teams.activities import ANA, BEN, BOT, CHANNEL, NOOR, in_channel, in_private, mention, team_update
from tests.teams.cohort import NAME, World, world

RISKY = "call my client's mom at 403 555 0139"
QUESTION = "can I accept a friend request from a former client?"
ANSWERED = "casw/2.1.1"  # a source of its answer
CARRYING = "may I save a client's number, 403 555 0139, in my own phone?"


def everything(here: World) -> str:
    return str([call.body for call in here.microsoft.calls])


async def test_a_nudge_goes_to_its_author_alone_and_is_settled_in_its_place(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        before = len(here.microsoft.posts())
        assert (await here.send(in_channel(ANA, text=RISKY)))[0] == 200
        told = here.microsoft.told(ANA)[-1]
        assert told.startswith("Nobody else sees this note")
        assert "555 0139" not in everything(here)
        assert len(here.microsoft.told(BEN)) == 1  # the welcome
        (name, content) = here.microsoft.cards(ANA)[-1]
        link = next(action["url"] for block in content["body"] for action in block.get("actions", []) if "url" in action)
        assert link.startswith("https://teams.microsoft.com/l/message/19%3Aethics%40thread.tacv2/1700000000001?")
        assert (await here.send(in_channel(ANA, type="messageUpdate", text="call me after class")))[0] == 200
        (changed,) = here.microsoft.made("^PUT ")
        assert (changed.body["id"], "settled" in changed.body["summary"]) == (name, True)
        posted = here.microsoft.posts()[before:]
        assert [post["summary"].partition(",")[0] for post in posted] != [told]
        assert all("Nobody else sees" not in str(post) for post in here.microsoft.posts())


async def test_a_deletion_settles_a_nudge_too(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_channel(ANA, text=RISKY))
        await here.send(in_channel(ANA, type="messageDelete", text=None))
        assert len(here.microsoft.made("^PUT ")) == 1


async def test_who_takes_down_another_s_message_learns_of_no_nudge(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_channel(ANA, text=RISKY))
        before = here.microsoft.told(NOOR)
        assert (await here.send(in_channel(NOOR, type="messageDelete", text=None)))[0] == 200
        assert here.microsoft.told(NOOR) == before


async def test_a_reply_is_read_with_the_first_message_of_its_thread(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        seen: list[str | None] = []
        handle = engine.handle

        def watched(message: Any, cohort: Any, channel: Any) -> Any:
            seen.append(message.parent)
            return handle(message, cohort, channel)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "handle", watched)
            await here.send(in_channel(ANA, "1", text="what do you tell a client who adds you?"))
            await here.send(in_channel(BEN, "2", thread="1", text="nothing"))
            await here.send(in_channel(ANA, "1", type="messageDelete", text=None))
            await here.send(in_channel(BEN, "3", thread="1", text="nothing at all"))
        assert seen == [None, "what do you tell a client who adds you?", None]


async def test_why_and_a_false_alarm(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_channel(ANA, text=RISKY))
        await here.press(ANA, "Why?")
        assert "I took it for" in here.microsoft.told(ANA)[-1]
        await here.press(ANA, "This isn't about practicum")
        await here.press(ANA, "It is public anyway")
        assert "This is closed" in here.microsoft.told(ANA)[-1]
        assert here.microsoft.made("^PUT ")  # in the place of the question


async def test_an_answer_to_a_mention_comes_in_private_and_can_be_shared(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        asked = in_channel(ANA, "77", text=f"<at>Practicum helper</at> {QUESTION}", entities=[mention()])
        assert (await here.send(asked))[0] == 200
        assert ANSWERED in here.microsoft.told(ANA)[-1]
        before = here.microsoft.posts()
        await here.press(ANA, "Share with channel")
        await here.press(ANA, "Share", about="an old contact")
        (shared,) = [post for post in here.microsoft.posts() if post not in before]
        assert shared["summary"].startswith("Ana Lopez shares an answer: an old contact")
        assert here.microsoft.told(ANA)[-1] == "The answer is in the channel now."


async def test_what_nobody_else_can_read_is_not_nudged_but_told_with_the_answer(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        before = len(here.microsoft.told(ANA))
        await here.send(in_private(ANA, "p1", text=CARRYING))
        (told,) = here.microsoft.told(ANA)[before:]
        assert CARELESS in told
        call = in_channel(ANA, "f:1", type="invoke", name="composeExtension/submitAction")
        data = {"practicum": {"do": "ask.send", "value": "", "channel": CHANNEL, "thread": "9"}, "question": CARRYING}
        await here.send({**call, "value": {"data": data}})
        (_, told) = here.microsoft.told(ANA)[before:]
        assert CARELESS in told


async def test_delivered_twice_it_is_done_once(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        body = in_private(ANA, text=QUESTION)
        await asyncio.gather(here.send(body), here.send(body), here.send(body))
        assert len([text for text in here.microsoft.told(ANA) if ANSWERED in text]) == 1


async def test_words_that_open_the_page_and_the_draft_check(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_private(ANA, "h", text="Help"))
        assert len(here.microsoft.told(ANA)) >= 4
        await here.send(in_private(ANA, "c", text="check my draft"))
        await here.press(ANA, "Check", draft=RISKY)
        name, content = here.microsoft.cards(ANA)[-1]
        assert "Please look at this before you post" in str(content)
        assert here.microsoft.made("^PUT ")[-1].body["id"] == name  # no form is left that could be sent twice
        assert "555 0139" not in everything(here)


async def test_a_question_by_form(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_private(ANA, "h", text="home"))
        await here.press(ANA, "Ask a question")
        await here.press(ANA, "Ask", question=QUESTION)
        assert ANSWERED in " ".join(here.microsoft.told(ANA))
        assert "I answered in our chat" in here.microsoft.made("^PUT ")[-1].body["summary"]


async def test_the_policy_is_acknowledged(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.press(ANA, "I have read and understand it")
        assert "Thank you. You acknowledged" in here.microsoft.made("^PUT ")[-1].body["summary"]
        (member,) = await here.store.memberships(NAME, ANA["aadObjectId"])
        assert member.acknowledged


async def test_a_cohort_is_set_up_from_an_empty_tenant(engine: PracticumEngine) -> None:
    async with world(engine, cohort=False) as here:
        await here.send(team_update(membersAdded=[{"id": BOT}]))
        await here.press(NOOR, "Set up a cohort")
        form = str(here.microsoft.cards(NOOR)[-1][1])
        assert "ethics" in form
        assert CHANNEL in form
        given = {
            "name": "Winter", "profile": "mru", "timezone": "Mars/Olympus", "start": "", "end": "", "weekday": "monday",
            "at": "09:00", "contact": "", "agencies": "Sample House", "channels": CHANNEL, "seminars": "",
        }  # fmt: skip
        await here.press(NOOR, "Save", **given)
        _, again = here.microsoft.cards(NOOR)[-1]
        assert "know this time zone" in str(again)
        assert "Sample House" in str(again)  # nothing that was put in is lost
        await here.press(NOOR, "Save", **(given | {"timezone": "America/Edmonton"}))
        assert (await here.store.cohort("Winter")) is not None
        (noor,) = await here.store.memberships(NAME, NOOR["aadObjectId"])
        assert noor.role is Role.COORDINATOR
        assert len(here.microsoft.posts()) == 1
        assert here.microsoft.told(ANA)[0].startswith("Welcome to Winter")


async def test_the_message_extension(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        value = {
            "commandId": app.ASK,
            "messagePayload": {"id": "9", "body": {"contentType": "html", "content": f"<p>{QUESTION}</p>"}},
        }
        call = in_channel(ANA, "f:1", type="invoke", name="composeExtension/fetchTask", value=value)
        status, answer = await here.send(call)
        assert status == 200
        content = answer["task"]["value"]["card"]["content"]
        assert QUESTION in str(content)
        data = next(block for block in content["body"] if block["type"] == "ActionSet")["actions"][0]["data"]
        sent = {**call, "id": "f:2", "name": "composeExtension/submitAction", "value": {"data": {**data, "question": QUESTION}}}
        _, answer = await here.send(sent)
        assert "I answered in our chat" in str(answer)
        assert ANSWERED in here.microsoft.told(ANA)[-1]
        here.microsoft.strangers, here.microsoft.roster = {ANA["id"]}, [ANA]
        await here.store.drop_reference(NAME, Holder.PERSON, ANA["aadObjectId"])
        _, answer = await here.send({**sent, "id": "f:3"})
        assert "can't write to you there yet" in str(answer)


async def test_a_draft_is_checked_in_a_window_and_nothing_is_sent(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        before = len(here.microsoft.calls)
        call = in_private(ANA, "f:1", type="invoke", name="composeExtension/fetchTask", value={"commandId": app.CHECK})
        _, answer = await here.send(call)
        content: Any = answer["task"]["value"]["card"]["content"]
        data = next(block for block in content["body"] if block["type"] == "ActionSet")["actions"][0]["data"]
        sent = {**call, "name": "composeExtension/submitAction", "value": {"data": {**data, "draft": RISKY}}}
        _, answer = await here.send(sent)
        assert "Please look at this before you post" in str(answer)
        assert "555 0139" not in str(answer)
        assert len(here.microsoft.calls) == before


async def test_what_is_none_of_ours(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        before = len(here.microsoft.calls)
        assert (await here.send(in_private(ANA, type="invoke", name="signin/verifyState", value={})))[0] == 501
        for kind in ("messageReaction", "typing", "event", "somethingNew"):
            assert (await here.send(in_channel(ANA, type=kind)))[0] == 200
        assert len(here.microsoft.calls) == before
        assert (
            await here.send({**in_private(ANA, text="x"), "conversation": {"tenantId": "22222222-2222-2222-2222-222222222222"}})
        )[0] == 400


async def test_a_press_of_another_version_is_told_kindly(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        body = in_private(ANA, text=None, value={"practicum": {"do": "no.such.thing", "value": "x"}})
        assert (await here.send(body))[0] == 200
        assert "older message" in here.microsoft.told(ANA)[-1]


async def test_who_waits_sees_that_an_answer_is_on_its_way(engine: PracticumEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "TYPING_AFTER", 0.0)
    async with world(engine) as here:
        await here.send(in_private(ANA, text=QUESTION))
        assert [call for call in here.microsoft.calls if call.body.get("type") == "typing"]


@pytest.mark.parametrize("junk", [None, 7, "x", ["x"], {"id": ["x"]}, {"practicum": "x"}, {"data": {"practicum": {"do": [1]}}}])
async def test_no_junk_is_an_error_of_ours(engine: PracticumEngine, junk: object) -> None:
    async with world(engine) as here:
        bodies = [
            in_channel(ANA, text="x", entities=[mention()]),
            in_private(ANA, text="x"),
            team_update(membersAdded=[{"id": BEN["id"]}], membersRemoved=[]),
            in_private(ANA, type="installationUpdate", action="add"),
            in_private(ANA, type="invoke", name="composeExtension/fetchTask", value={"commandId": app.ASK}),
            in_private(ANA, type="invoke", name="task/submit", value={"data": {"practicum": {"do": "ask.open"}}}),
        ]
        for body in bodies:
            for name in body.keys() - {"serviceUrl", "channelId", "type"}:
                status, _ = await here.send({**body, name: junk})
                assert status in {200, 400, 501}, (body["type"], name)


async def test_what_was_filled_in_is_not_lost_when_it_can_t_be_worked_on(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_private(ANA, "h", text="home"))
        await here.press(ANA, "Ask a question")
        form = here.microsoft.made("POST .*/activities$")[-1]
        here.microsoft.refuse(r"POST .*/activities$", 500)
        await here.press(ANA, "Ask", question=QUESTION)
        again = here.microsoft.made("^PUT ")[-1]
        assert form.body["attachments"]
        assert "try again in a minute" in str(again.body)
        assert QUESTION in str(again.body)
        await here.press(ANA, "Ask", question=f"{QUESTION} ")
        assert ANSWERED in here.microsoft.told(ANA)[-1] + here.microsoft.told(ANA)[-2]
