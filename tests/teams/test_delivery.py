"""What is sent to Teams, and to whom: rosters, posts, those who come and go, and a Teams that refuses."""

import time
from datetime import UTC, datetime

import pytest

from bots.teams import app
from core.cards import card
from core.cohort import default_cohort
from core.engine import PracticumEngine
from core.errors import DeliveryError, UnreachableError
from core.ports import Letter, Post
from core.storage.store import Holder, Member, Place, Role
from tests.teams.activities import ANA, BEN, BOT, CHANNEL, NOOR, TEAM, in_channel, in_private, mention, private, team_update
from tests.teams.cohort import NAME, world

RISKY = "call my client's mom at 403 555 0139"
QUESTION = "can I accept a friend request from a former client?"
ANSWERED = "casw/2.1.1"  # a source of its answer


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
        assert "I can't write to 1 person of this cohort in private" in " ".join(here.microsoft.told(NOOR))
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
        assert here.counted("call_retries") == 2


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
        assert here.counted("redeliveries") == 1


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


async def test_before_teams_said_anything_there_is_nobody_to_call(engine: PracticumEngine) -> None:
    async with world(engine, cohort=False) as here:
        with pytest.raises(DeliveryError, match="nothing yet") as caught:
            await here.tenant.deliver(Letter(ANA["aadObjectId"], card("hello")))
        assert not isinstance(caught.value, UnreachableError)


async def test_the_teams_roster_is_asked_by_its_team(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.send(in_channel(ANA, text="hello all"))
        assert {call.path for call in here.microsoft.made("pagedmembers")} == {f"/v3/conversations/{TEAM}/pagedmembers"}


async def test_a_private_channel_keeps_nobody_waiting(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        here.microsoft.refuse(r"POST /v3/conversations$", 403)
        for number in range(3):
            assert (await here.send(in_channel(ANA, f"{number}", text=f"{RISKY} {number}")))[0] == 200
        assert len(here.microsoft.made("POST /v3/conversations$")) == 1 + 3 + 1  # the first notice, three chats, and a refusal


async def test_a_notice_that_was_refused_comes_again_with_the_activity(engine: PracticumEngine) -> None:
    async with world(engine, cohort=False) as here:
        await here.store.put_cohort(default_cohort())
        here.microsoft.refuse(r"POST /v3/conversations$", 500)
        added = team_update(membersAdded=[{"id": BOT}])
        assert (await here.send(added))[0] == 503
        assert here.microsoft.told(ANA) == []
        assert (await here.send(added))[0] == 200
        assert [len(here.microsoft.told(person)) for person in (ANA, BEN, NOOR)] == [1, 1, 1]
        assert len(here.microsoft.posts()) == 2  # one of them refused


async def test_a_welcome_that_was_refused_is_made_up_for_and_nobody_is_told_twice(engine: PracticumEngine) -> None:
    async with world(engine, cohort=False) as here:
        await here.store.put_cohort(default_cohort())
        here.microsoft.refuse(rf"POST .*{private(BEN)}/activities", 500)
        assert (await here.send(team_update(membersAdded=[{"id": BOT}])))[0] == 200
        await here.welcoming.greet_all(here.teams.platform, datetime.now(UTC))
        assert [len(here.microsoft.told(person)) for person in (ANA, BEN, NOOR)] == [1, 2, 1]  # Ben's first was refused
        assert len(here.microsoft.posts()) == 1


async def test_a_notice_cut_off_by_the_end_of_the_process_is_made_up_for_with_the_next_message(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        await here.store.put_place(Place(platform=NAME, channel=CHANNEL, cohort="default"))  # and then it was killed
        before = len(here.microsoft.posts())
        for number in range(3):
            assert (await here.send(in_channel(ANA, f"{number}", text="hello all")))[0] == 200
        assert len(here.microsoft.posts()) == before + 1


async def test_a_whole_class_that_comes_at_once_keeps_teams_waiting_for_nothing(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        people = [
            {"id": f"29:1{n:03}", "name": f"N {n}", "aadObjectId": f"{n:04}dddd-0000-0000-0000-00000000000d"} for n in range(60)
        ]
        here.microsoft.roster += people
        here.microsoft.letters.clear()
        answered = await here.hand_over(team_update(membersAdded=[{"id": person["id"]} for person in people]))
        assert answered[0] == 200
        assert not any(here.microsoft.told(person) for person in people)
        here.microsoft.letters.set()
        await here.welcoming.settled()
        assert {len(here.microsoft.told(person)) for person in people} == {1}


async def test_a_roster_that_was_refused_is_asked_for_with_the_next_delivery(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        eli = {"id": "29:1eli", "name": "Eli", "aadObjectId": "eeeeeeee-0000-0000-0000-00000000000e"}
        here.microsoft.roster.append(eli)
        here.microsoft.refuse("pagedmembers", 500)
        came = team_update(membersAdded=[{"id": eli["id"]}])
        assert (await here.send(came))[0] == 503
        assert (await here.send(came))[0] == 200
        assert len(here.microsoft.told(eli)) == 1


async def test_two_people_s_own_chat_is_not_the_bot_s(engine: PracticumEngine) -> None:
    async with world(engine) as here:
        theirs = {
            "id": "19:ana_ben@unq.gbl.spaces",
            "conversationType": "personal",
            "tenantId": in_private()["conversation"]["tenantId"],
        }
        call = {**in_private(ANA, "f:9"), "conversation": theirs, "type": "invoke", "name": "composeExtension/fetchTask"}
        status, answer = await here.send({**call, "value": {"commandId": app.ASK}})
        assert (status, "Ask about the policy" in str(answer)) == (200, True)
        kept = await here.store.reference(NAME, Holder.PERSON, ANA["aadObjectId"])
        assert kept is not None
        assert kept.conversation == private(ANA)
