"""A call that Slack took and whose answer was lost: what can be found again is not said twice."""

from pathlib import Path

from bots.slack.delivery import SlackWorkspace
from core.cards import card
from core.ports import Post
from tests.slack.building import client
from tests.slack.served import running
from tests.slack.state import User
from tests.slack.test_corners import ASKED, NAMED, people
from tests.slack.workspace import Workspace

LOST = {"hang_up": True, "done_first": True}
NEVER = {"hang_up": True}
OFTEN = (0.3,) * 60  # seconds between deliveries


def workspace(ws: Workspace) -> SlackWorkspace:
    calls = client(ws)
    calls.retry_handlers.clear()  # as the bot's own client has none that repeats
    return SlackWorkspace(calls, None, team=ws.home_team.id, bot=ws.bot.id, bot_id=ws.bot.bot_id, url="")  # type: ignore[arg-type]


def nudges(ws: Workspace, user: User) -> int:
    return sum("Why?" in str(shown.blocks) for shown in ws.ephemerals(user))


async def test_what_is_posted_or_written_stands_once() -> None:
    for fault in (LOST, NEVER, {"error": "internal_error", "done_first": True}, {"status": 502}):
        async with Workspace() as ws:
            ana = ws.user("Ana Lopez")
            channel = ws.channel("practicum", [ana, ws.bot])
            platform = workspace(ws)
            root = await ws.post(ana, channel, "hello")
            for thread in (None, root):
                ws.fault("chat.postMessage", **fault)
                post = Post(channel=channel.id, card=card("This week's prompt"), marker="m1", thread=thread)
                ts = await platform.deliver(post)
                assert ts == await platform.find(post)
            ws.fault("chat.postMessage", **fault)
            where, _, ts = (await platform.write(ana.id, card("For you alone"))).partition(":")
            assert ts in ws.state.channels[where].messages
            assert [message.text for message in ws.said(channel)] == ["This week's prompt"] * 2
            assert [message.text for message in ws.dms(ana)] == ["For you alone"]


async def test_the_same_words_may_be_said_again() -> None:
    async with Workspace() as ws:
        ana, platform = ws.user("Ana Lopez"), workspace(ws)
        for _ in range(2):
            ws.fault("chat.postMessage", **LOST)
            await platform.write(ana.id, card("Saved."))
        await platform.write(ana.id, card("Saved."))
        assert [message.text for message in ws.dms(ana)] == ["Saved."] * 3


async def test_reading_and_setting_are_done_again_at_once() -> None:
    async with Workspace() as ws:
        ana = ws.user("Ana Lopez", is_admin=True)
        channel = ws.channel("practicum", [ana, ws.bot])
        platform = workspace(ws)
        for method in ("users.info", "conversations.members", "views.publish", "conversations.info"):
            ws.fault(method, **LOST)
        assert [known.name for known in await platform.people(channel.id)] == ["Ana Lopez"]
        assert await platform.rules(ana.id)
        assert await platform.sees(ana.id, channel.id)
        await platform.publish(ana.id, {"type": "home", "blocks": []})
        assert len(ws.calls("views.publish")) == 2


async def test_a_nudge_of_which_nobody_knows_is_said_again_in_its_place_and_nowhere_else(tmp_path: Path) -> None:
    async with Workspace(retry_delays=OFTEN) as ws, running(ws, tmp_path):
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.post(ana, channel, NAMED)
        await ws.settled()
        await ws.until(lambda: ws.dms(ana))
        before = len(ws.dms(ana))
        assert nudges(ws, ana) == 1
        ws.fault("chat.postEphemeral", **NEVER)
        await ws.post(ana, channel, NAMED.replace("tuesday", "monday"))
        await ws.settled()
        assert nudges(ws, ana) == 2
        ws.fault("chat.postEphemeral", **LOST)
        await ws.post(ana, channel, NAMED.replace("tuesday", "friday"))
        await ws.settled()
        assert nudges(ws, ana) == 4  # it can't be found again: see bots.slack.calling
        assert len(ws.dms(ana)) == before
        assert all(delivery.acked for delivery in ws.deliveries)


async def test_what_is_written_to_somebody_away_stands_once(tmp_path: Path) -> None:
    async with Workspace(retry_delays=OFTEN) as ws, running(ws, tmp_path):
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.until(lambda: ws.dms(ana))
        ana.presence, before = "away", len(ws.dms(ana))
        ws.fault("chat.postMessage", times=2, **LOST)  # who speaks, and the nudge
        await ws.post(ana, channel, NAMED)
        await ws.settled()
        assert len(ws.dms(ana)) == before + 2
        ws.fault("chat.postMessage", **LOST)
        await ws.dm(ana, ASKED)
        await ws.settled()
        assert len(ws.dms(ana)) == before + 3
