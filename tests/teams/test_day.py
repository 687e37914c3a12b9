"""A cohort's day on Teams: what each activity leads to at Microsoft's side, and who is told."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from bots.teams import app
from core.cards import card
from core.cohort import default_cohort
from core.engine import PracticumEngine
from core.errors import DeliveryError, UnreachableError
from core.ports import Letter, Post
from core.storage.store import Holder, Member, Role
from tests.teams.activities import ANA, BEN, BOT, CHANNEL, NOOR, TEAM, in_channel, in_private, mention, private, team_update
from tests.teams.cohort import NAME, World, world

RISKY = "call my client's mom at 403 555 0139"
QUESTION = "can I accept a friend request from a former client?"
ANSWERED = "casw/2.1.1"  # a source of its answer


def everything(here: World) -> str:
    return str([call.body for call in here.microsoft.calls])


async def test_a_team_is_welcomed_once_however_often_teams_says_it(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        added = team_update(membersAdded=[{"id": BOT}])
        for _ in range(3):
            assert (await here.send(added))[0] == 200
            assert (await here.send({**added, "type": "installationUpdate", "action": "add"}))[0] == 200
        assert len(here.microsoft.posts()) == 1
        for person in (ANA, BEN, NOOR):
            assert [text.partition(".")[0] for text in here.microsoft.told(person)] == ["Welcome to default"]
        assert len(await here.store.members("default")) == 3


async def test_a_nudge_goes_to_its_author_alone_and_is_settled_in_its_place(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        before = len(here.microsoft.posts())
        assert (await here.send(in_channel(ANA, text=RISKY)))[0] == 200
        told = here.microsoft.told(ANA)[-1]
        assert told.startswith("Nobody else sees this note")
        assert "0139" not in everything(here)
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
        assert "Closed" in here.microsoft.told(ANA)[-1]
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
        assert here.microsoft.told(ANA)[-1] == "Shared with the channel."


async def test_targeted_answers_stand_in_the_channel_for_the_asker_alone_and_in_their_chat_where_that_fails(
    engine: PracticumEngine,
) -> None:
    async with world(engine, targeted=True) as here:
        await here.send(in_channel(BEN, "70", text="hello all"))
        asked = in_channel(ANA, "77", text=f"<at>Practicum helper</at> {QUESTION}", entities=[mention()])
        await here.send(asked)
        (told,) = [call for call in here.microsoft.calls if call.query.get("isTargetedActivity")]
        assert told.path == f"/v3/conversations/{CHANNEL};messageid=77/activities"
        assert told.body["recipient"] == {"id": ANA["id"], "isTargeted": True}
        assert ANSWERED not in str(here.microsoft.told(ANA))
        here.microsoft.refuse(rf"POST .*{CHANNEL};", 400)
        await here.send({**asked, "id": "78"})
        assert ANSWERED in here.microsoft.told(ANA)[-1]
        await here.send(in_channel(ANA, "79", text=RISKY))
        assert len([call for call in here.microsoft.calls if call.query.get("isTargetedActivity")]) == 2  # never a nudge


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
        assert "Before you post" in str(content)
        assert here.microsoft.made("^PUT ")[-1].body["id"] == name  # no form is left that could be sent twice
        assert "0139" not in everything(here)


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
        assert "IANA" in str(again)
        assert "Sample House" in str(again)  # nothing that was put in is lost
        await here.press(NOOR, "Save", **(given | {"timezone": "America/Edmonton"}))
        assert (await here.store.cohort("Winter")) is not None
        (noor,) = await here.store.memberships(NAME, NOOR["aadObjectId"])
        assert noor.role is Role.COORDINATOR
        assert len(here.microsoft.posts()) == 1
        assert here.microsoft.told(ANA)[0].startswith("Welcome to Winter")


async def test_who_cannot_be_written_to_is_counted_and_nothing_is_said_in_the_channel(engine: PracticumEngine) -> None:
    async with world(engine, cohort=False) as here:
        await here.store.put_cohort(default_cohort())
        here.microsoft.strangers = {BEN["id"]}
        await here.send(team_update(membersAdded=[{"id": BOT}]))
        assert here.microsoft.told(NOOR)  # who comes after Ben is welcomed all the same
        posts = len(here.microsoft.posts())
        assert (await here.send(in_channel(BEN, text=RISKY)))[0] == 200
        assert (len(here.microsoft.posts()), here.microsoft.told(BEN)) == (posts + 1, [])  # the notice in the new channel
        assert await here.store.unreachable("default") == 1
        coordinator = Member(
            platform=NAME, person=NOOR["aadObjectId"], cohort="default", role=Role.COORDINATOR, joined_at=datetime.now(UTC)
        )
        await here.store.join(coordinator)
        await here.send(in_private(NOOR, "n", text="home"))
        assert "1 of its people can't be reached in private" in " ".join(here.microsoft.told(NOOR))
        here.microsoft.strangers = set()
        await here.send(in_private(BEN, text="hi"))  # he adds the bot
        assert await here.store.unreachable("default") == 0


async def test_a_conversation_that_teams_lost_is_opened_anew(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        here.microsoft.refuse(rf"POST .*{private(ANA)}/activities", 404)
        name = await here.tenant.deliver(Letter(ANA["aadObjectId"], card("hello")))
        assert name
        assert here.microsoft.told(ANA)[-1] == "hello"


@pytest.mark.parametrize("status", [429, 412, 502, 504])
async def test_a_busy_teams_is_asked_again(engine: PracticumEngine, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.teams.connector.FIRST_WAIT", 0.01)
    async with world(engine) as here:
        here.microsoft.refuse(r"POST .*/activities", status, 2)
        await here.tenant.deliver(Letter(ANA["aadObjectId"], card("hello")))
        assert here.microsoft.told(ANA).count("hello") == 3  # two refused, one taken


async def test_retry_after_is_waited_for_unless_it_is_longer_than_the_turn(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        here.microsoft.refuse(r"POST .*/activities", 429, 1, retry_after="1")
        begun = time.monotonic()
        await here.tenant.deliver(Letter(ANA["aadObjectId"], card("hello")))
        assert time.monotonic() - begun >= 1
        here.microsoft.refuse(r"POST .*/activities", 429, 1, retry_after="3600")
        with pytest.raises(DeliveryError, match="429"):
            await here.tenant.deliver(Letter(ANA["aadObjectId"], card("hello")))


async def test_what_teams_did_not_take_comes_again(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        here.microsoft.refuse(r"POST .*/activities", 500, 1)
        body = in_private(ANA, text=QUESTION)
        assert (await here.send(body))[0] == 503
        assert (await here.send(body))[0] == 200
        assert len([text for text in here.microsoft.told(ANA) if ANSWERED in text]) == 2  # one of them refused


async def test_a_post_is_sent_once_and_a_reply_goes_to_its_thread(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_channel(ANA, text="hello all"))
        post = Post(channel=CHANNEL, card=card("This week"), marker="m1")
        name = await here.tenant.deliver(post)
        assert await here.tenant.deliver(post) == await here.tenant.find(post) == name
        await here.tenant.deliver(Post(channel=CHANNEL, card=card("And?"), marker="m2", thread=name))
        assert [call.path for call in here.microsoft.made(rf"POST /v3/conversations/{CHANNEL}")] == [
            f"/v3/conversations/{CHANNEL};messageid={name}/activities"
        ]
        assert len([body for body in here.microsoft.posts() if body["summary"] == "This week"]) == 1


async def test_rosters_come_in_pages_and_are_asked_for_once(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        asked = len(here.microsoft.made("pagedmembers"))
        names = [known.name for known in await here.tenant.people(CHANNEL)]
        again = await here.tenant.people(CHANNEL)
        assert names == [known.name for known in again] == ["Ana Lopez", "Ben Okoro", "Noor Sample"]
        assert len(here.microsoft.made("pagedmembers")) <= asked + 2
        known = await here.tenant.known(ANA["aadObjectId"])
        assert known is not None
        assert known.name == "Ana Lopez"
        assert await here.tenant.known("nobody") is None
        assert not await here.tenant.rules(NOOR["aadObjectId"])
        assert here.tenant.address("x@y.ca") == "https://teams.microsoft.com/l/chat/0/0?users=x%40y.ca"


async def test_who_comes_is_welcomed_and_who_leaves_is_forgotten(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        newcomer = {"id": "29:1eli", "name": "Eli", "aadObjectId": "eeeeeeee-0000-0000-0000-00000000000e"}
        here.microsoft.roster.append(newcomer)
        await here.send(team_update(membersAdded=[{"id": newcomer["id"]}]))  # without the directory's id
        assert here.microsoft.told(newcomer)[0].startswith("Welcome to default")
        here.microsoft.roster.remove(newcomer)
        gone = {"id": newcomer["id"], "aadObjectId": newcomer["aadObjectId"]}
        await here.send(team_update(membersRemoved=[gone]))
        assert await here.store.memberships(NAME, newcomer["aadObjectId"]) == []
        assert await here.store.reference(NAME, Holder.PERSON, newcomer["aadObjectId"]) is None


async def test_a_team_without_the_bot_and_a_channel_that_is_gone(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_channel(ANA, text="hello all"))
        assert await here.store.place(NAME, CHANNEL)
        channel_data = {**in_channel()["channelData"], "eventType": "channelDeleted"}
        await here.send({**team_update(), "channelData": channel_data})
        assert await here.store.place(NAME, CHANNEL) is None
        await here.send(team_update(membersRemoved=[{"id": BOT}]))
        assert await here.store.references(NAME, Holder.TEAM) == []
        await here.send(in_private(ANA, type="installationUpdate", action="remove"))
        assert await here.store.reference(NAME, Holder.PERSON, ANA["aadObjectId"]) is None


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
        assert "Before you post" in str(answer)
        assert "0139" not in str(answer)
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
        assert "another version" in here.microsoft.told(ANA)[-1]


async def test_who_waits_sees_that_an_answer_is_on_its_way(engine: PracticumEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "TYPING_AFTER", 0.0)
    async with world(engine) as here:
        await here.send(in_private(ANA, text=QUESTION))
        assert [call for call in here.microsoft.calls if call.body.get("type") == "typing"]


async def test_before_teams_said_anything_there_is_nobody_to_call(engine: PracticumEngine) -> None:
    async with world(engine, cohort=False) as here:
        with pytest.raises(DeliveryError, match="nothing yet") as caught:
            await here.tenant.deliver(Letter(ANA["aadObjectId"], card("hello")))
        assert not isinstance(caught.value, UnreachableError)


async def test_the_teams_roster_is_asked_by_its_team(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_channel(ANA, text="hello all"))
        assert {call.path for call in here.microsoft.made("pagedmembers")} == {f"/v3/conversations/{TEAM}/pagedmembers"}


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


async def test_a_private_channel_keeps_nobody_waiting(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        here.microsoft.refuse(r"POST /v3/conversations$", 403)
        assert (await here.send(in_channel(ANA, text=RISKY)))[0] == 200


async def test_a_welcome_that_was_cut_off_goes_on_where_it_stopped(engine: PracticumEngine) -> None:
    async with world(engine, cohort=False) as here:
        await here.store.put_cohort(default_cohort())
        here.microsoft.refuse(rf"POST .*{private(BEN)}/activities", 500)
        added = team_update(membersAdded=[{"id": BOT}])
        assert (await here.send(added))[0] == 503
        assert (await here.send(added))[0] == 200
        for person in (ANA, NOOR):
            assert len(here.microsoft.told(person)) == 1
        assert len(here.microsoft.posts()) == 1
