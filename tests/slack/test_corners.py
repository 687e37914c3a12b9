"""Corners of a real workspace, with the real process: what is slow, refused, shared or out of the way still ends with a word."""

from pathlib import Path
from typing import Any

from tests.slack.served import running
from tests.slack.state import Channel, User
from tests.slack.workspace import Workspace

NAMED = "my client Marisol Quintero from the tuesday group relapsed again, call her at 403-555-0199"
ASKED = "can I accept a friend request from a former client?"


def people(ws: Workspace) -> tuple[User, User, Channel]:
    ana, cora = ws.user("Ana Lopez"), ws.user("Cora Dean", is_admin=True)
    return ana, cora, ws.channel("practicum", [ana, cora])


def window(ws: Workspace, user: User) -> str:
    """What the topmost window says."""
    return str(ws.modals(user)[0].body["blocks"])


def labels(blocks: Any) -> list[str]:
    return [element["text"]["text"] for block in blocks if block["type"] == "actions" for element in block["elements"]]


async def test_a_command_between_two_people_is_answered_by_the_bot_itself(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, cora, _ = people(ws)
        between = ws.state.new_channel("directmessage", "im", ws.home_team, [ana, cora])
        assert (await ws.slash(ana, between, "/ethics", ASKED)).acked
        assert ws.dms(ana)[-1].text.startswith("No.")
        assert ws.dms(cora) == []
        assert not any("just now" in shown.text for shown in ws.ephemerals(ana))


async def test_a_question_out_of_the_home_tab_has_no_channel_to_share_with(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.open_home(ana)
        await ws.click(ana, "Ask a question", ws.home(ana))
        await ws.submit(ana, {"Your question": ASKED})
        answer = ws.dms(ana)[-1]
        assert answer.text.startswith("No.")
        assert "Share with channel" not in labels(answer.blocks)
        assert not [call for call in ws.calls("chat.postEphemeral") if call.error]


async def test_slow_work_keeps_nobody_waiting_for_an_acknowledgement(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, cora, channel = people(ws)
        more = [ws.channel(f"practicum-{number}", [cora, ws.bot]) for number in range(4)]
        await ws.join(ws.bot, channel)
        ws.fault("chat.postEphemeral", times=1, delay=4)
        asked = await ws.slash(ana, channel, "/ethics", ASKED)
        assert asked.acked
        await ws.until(lambda: any(shown.text.startswith("No.") for shown in ws.ephemerals(ana)))
        ws.fault("chat.postEphemeral", times=1, delay=4)
        assert (await ws.click(ana, "Not helpful")).acked
        await ws.until(lambda: any("What was it?" in shown.text for shown in ws.ephemerals(ana)))
        await ws.open_home(cora)
        await ws.click(cora, "Settings", ws.home(cora))
        ws.fault("conversations.history", times=4, delay=1.5)
        saved = await ws.submit(cora, {"Channels of the cohort": [channel.id, *(one.id for one in more)]})
        assert saved.acked
        await ws.until(lambda: "5 channels" in window(ws, cora))
        assert all("practicum helper" in ws.said(one)[0].text for one in more)


async def test_what_was_saved_is_said_to_be_saved_although_the_home_tab_is_not_taken(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        _, cora, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.open_home(cora)
        await ws.click(cora, "Settings", ws.home(cora))
        ws.fault("views.publish", times=1, error="internal_error")
        assert (await ws.submit(cora, {"Agencies": "Sample House\nOther Place"})).acked
        assert "2 agencies" in window(ws, cora)
        await ws.close_modal(cora, all_of_them=True)
        ws.fault("views.publish", times=1, error="internal_error")
        assert (await ws.click(cora, "Shadow mode", ws.home(cora))).acked
        assert "Shadow mode is on" in window(ws, cora)


async def test_settings_open_from_window_to_window(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        _, cora, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.open_home(cora)
        await ws.click(cora, "Settings", ws.home(cora))
        for number in range(4):
            await ws.submit(cora, {"Agencies": f"House {number}"})
            await ws.click(cora, "Settings")
            assert f"House {number}" in window(ws, cora)


async def test_people_of_another_organisation(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, _, _ = people(ws)
        sam = ws.user("Sam Elsewhere", team=ws.team("Other School", installed=False))
        joint = ws.channel("joint", [ana, sam], shared=True)
        await ws.join(ws.bot, joint)
        await ws.until(lambda: ws.dms(ana))
        ts = await ws.post(sam, joint, "see you on monday")
        await ws.edit(sam, joint, ts, NAMED)
        joe = ws.user("Joe Elsewhere", team=sam.team)
        await ws.join(joe, joint)
        await ws.post(ana, joint, NAMED)
        await ws.until(lambda: ws.ephemerals(ana))
        assert ws.ephemerals(sam) == []
        written = {call.args["users"] for call in ws.calls("conversations.open")}
        assert written <= {ana.id}


async def test_somebody_slack_does_not_tell_of(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        _, _, channel = people(ws)
        ben = ws.user("Ben Okafor")
        channel.members.append(ben)
        ws.fault("users.info", times=1, error="user_not_found")
        await ws.join(ws.bot, channel)
        await ws.until(lambda: ws.dms(ben))
        await ws.open_home(ws.user("Nina New"))
        assert all(delivery.acked for delivery in ws.deliveries)


async def test_a_card_that_cannot_be_replaced_is_shown_beside_it(tmp_path: Path) -> None:
    async with Workspace(response_url_seconds=-1) as ws, running(ws, tmp_path):
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.post(ana, channel, NAMED)
        await ws.click(ana, "This isn't about practicum")
        assert "Which of these fits best?" in ws.ephemerals(ana)[-1].text


async def test_a_window_that_opens_too_late_is_told_of(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.open_home(ana)
        ws.trigger_seconds = 0
        assert (await ws.click(ana, "What is kept about me", ws.home(ana))).acked
        assert "What is kept about you" in ws.dms(ana)[-1].text
        assert (await ws.click(ana, "Check my draft", ws.home(ana))).acked
        assert "again" in ws.dms(ana)[-1].text


async def test_a_few_people_beside_the_bot_are_no_cohort(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, cora, _ = people(ws)
        group = ws.state.new_channel("mpdm-ana--cora-1", "mpim", ws.home_team, [ana, cora, ws.bot])
        await ws.post(ana, group, NAMED)
        await ws.post(ana, group, f"{ws.bot.mention} {ASKED}")
        assert [shown.text.startswith("No.") for shown in ws.ephemerals(ana)] == [True]
        assert ws.said(group) == []
        assert ws.dms(ana) == ws.dms(cora) == []
