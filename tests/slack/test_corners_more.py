"""Further corners of a real workspace: what comes twice, from elsewhere, at length, or to where the bot isn't."""

import json
from pathlib import Path

from tests.slack import payloads
from tests.slack.doors import EVENTS, INTERACTIVE
from tests.slack.served import COHORT, Bot, running
from tests.slack.test_corners import ASKED, NAMED, labels, people, window
from tests.slack.workspace import Workspace


async def test_an_event_of_a_shared_channel_names_another_workspace_in_front(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        message = ws.state.add(channel, ana, NAMED)
        body = payloads.envelope(ws, ws.installation(), payloads.posted(ws, message), channel)
        delivery = ws.doors.start(EVENTS, {**body, "team_id": "T0ELSEWHERE", "context_team_id": ws.home_team.id})
        await delivery.over.wait()
        assert delivery.acked
        assert len(ws.ephemerals(ana)) == 2


async def test_a_shared_answer_is_posted_once_and_never_where_the_bot_is_not(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.slash(ana, channel, "/ethics", ASKED)
        await ws.click(ana, "Share with channel")
        await ws.submit(ana)
        sent = next(d for d in reversed(ws.deliveries) if d.payload.get("type") == "view_submission")
        again = ws.doors.start(INTERACTIVE, sent.payload)
        await again.over.wait()
        assert sum("shares an answer" in message.text for message in ws.said(channel)) == 1
        await ws.close_modal(ana, all_of_them=True)
        await ws.slash(ana, ws.channel("without", [ana]), "/ethics", ASKED)
        assert "Share with channel" in labels(ws.dms(ana)[-1].blocks)
        await ws.click(ana, "Share with channel", ws.dms(ana)[-1])
        await ws.submit(ana)
        assert "invite me" in window(ws, ana)


async def test_more_agencies_than_a_form_takes_stay_as_they_are(tmp_path: Path) -> None:
    async with Workspace() as ws:
        _, cora, channel = people(ws)
        bot = Bot(ws, tmp_path, socket=False)
        file = tmp_path / "cohort.yaml"
        agencies = ", ".join(f"Agency for Families number {number}" for number in range(150))
        file.write_text(COHORT.replace("Sample House", agencies), encoding="utf-8")
        await bot.start("--cohort", str(file))
        try:
            await ws.join(ws.bot, channel)
            await ws.open_home(cora)
            await ws.click(cora, "Settings", ws.home(cora))
            await ws.submit(cora, {"Time zone": "America/Toronto"})
            assert "150 agencies" in window(ws, cora)
        finally:
            bot.kill()


async def test_a_message_asked_about_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, cora, channel = people(ws)
        await ws.join(ws.bot, channel)
        ts = await ws.post(cora, channel, "R&D <-> field: may I post on www.example.org?")
        await ws.message_shortcut(ana, "ask_about_this", channel, ts)
        typed = ws.modals(ana)[0].body["blocks"][-1]["element"]["initial_value"]
        assert typed == "R&D <-> field: may I post on www.example.org?"


async def test_nulls_and_things_of_another_kind(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path) as bot:
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        outer = {"type": "event_callback", "team_id": ws.home_team.id, "event_id": "Ev1", "authorizations": None}
        message = {"type": "message", "channel": channel.id, "ts": "1.0", "user": ana.id, "text": "x"}
        bad = [
            {**message, "user": {}},
            {**message, "subtype": []},
            {**message, "subtype": "message_changed", "message": None, "previous_message": None},
            {**message, "subtype": "message_deleted", "previous_message": None, "deleted_ts": None},
            {**message, "text": None, "files": [None, {"name": None}], "thread_ts": None},
            {"type": "member_joined_channel", "user": None, "channel": None},
            {"type": "member_left_channel"},
            {"type": "app_home_opened", "tab": None, "user": None},
            {"type": "tokens_revoked", "tokens": None},
        ]
        statuses = [(await ws.http.post(json.dumps({**outer, "event": event}), "application/json")).status for event in bad]
        assert statuses[:5] == [200] * 5
        assert set(statuses) <= {200, 400, 503}, "it stands whatever comes"
        odd = {**outer, "event": {**message, "text": f"\ud800 {NAMED}"}}
        assert (await ws.http.post(json.dumps(odd), "application/json")).status in {200, 400, 503}
        assert "Quintero" not in bot.printed()
        await ws.post(ana, channel, NAMED)
        assert ws.ephemerals(ana)


async def test_a_token_revoked_while_it_runs(tmp_path: Path) -> None:
    async with Workspace(retry_delays=(0,)) as ws, running(ws, tmp_path) as bot:
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.until(lambda: ws.dms(ana))
        ws.revoke(ws.installation())
        body = payloads.envelope(ws, ws.installation(), payloads.posted(ws, ws.state.add(channel, ana, NAMED)), channel)
        delivery = ws.doors.start(EVENTS, body)
        await delivery.over.wait()
        assert not delivery.acked
        assert "token_revoked" in bot.printed()
        assert "Traceback" not in bot.printed()
        await ws.uninstall()
        await ws.settled()
        assert all(d.acked for d in ws.deliveries[-2:])


async def test_a_reply_that_is_taken_down_leaves_a_thread_in_which_nothing_is_shown(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, cora, channel = people(ws)
        await ws.join(ws.bot, channel)
        root = await ws.post(cora, channel, "how was your week?")
        reply = await ws.post(ana, channel, NAMED, thread=root)
        await ws.delete(ana, channel, reply)
        assert not ws.ephemerals(ana, lost=True)
        assert "settled" in ws.ephemerals(ana)[-1].text


async def test_a_person_whose_id_begins_like_the_bots_is_not_the_bot(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, _, channel = people(ws)
        await ws.join(ws.bot, channel)
        await ws.post(ana, channel, f"<@{ws.bot.id}X> {ASKED}", raw=True)
        assert ws.ephemerals(ana) == []
