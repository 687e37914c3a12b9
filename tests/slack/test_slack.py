"""A cohort's day on Slack, through each door, with the real process."""

import sqlite3
import time
from pathlib import Path

import aiohttp
import pytest

from tests.slack.served import running
from tests.slack.state import Channel, User
from tests.slack.workspace import Workspace

STORY = "rough day, my 3pm no-showed because she is back in detox"
NAMED = "my client Marisol Quintero from the tuesday group relapsed again, call her at 403-555-0199"
CANARIES = ["Quintero", "555-0199", "no-showed", "detox"]
DOORS = pytest.mark.parametrize("socket", [True, False], ids=["socket", "http"])


class Cohort:
    """Three people and a channel that the bot is in."""

    def __init__(self, ws: Workspace) -> None:
        self.ana: User = ws.user("Ana Lopez")
        self.ben: User = ws.user("Ben Okafor")
        self.cora: User = ws.user("Cora Dean", is_admin=True)
        self.channel: Channel = ws.channel("practicum", [self.ana, self.ben, self.cora])


def whispered(ws: Workspace, user: User) -> list[str]:
    """What somebody alone was shown in channels."""
    return [shown.text for shown in ws.ephemerals(user)]


def window(ws: Workspace, user: User) -> str:
    """What the topmost window says."""
    return str(ws.modals(user)[0].body["blocks"])


@DOORS
async def test_setting_up_a_cohort(tmp_path: Path, socket: bool) -> None:
    async with Workspace() as ws, running(ws, tmp_path, socket=socket, cohort=False):
        people = Cohort(ws)
        await ws.join(ws.bot, people.channel, inviter=people.cora)
        await ws.click(people.cora, "Set up a cohort")
        wrong = {"Name of the cohort": "Winter", "Time zone": "Calgary"}
        await ws.submit(people.cora, wrong)
        assert "time zone" in ws.modals(people.cora)[0].errors["timezone"]
        right = {"Time zone": "America/Edmonton", "First day of the term": "2026-11-02", "Last day of the term": "2027-02-26"}
        await ws.submit(people.cora, right | {"Agencies": "Sample House\nOther Place"})
        await ws.until(lambda: ws.dms(people.ana) and ws.dms(people.ben))
        assert "2 agencies" in window(ws, people.cora)
        assert [m.text.partition(".")[0] for m in ws.said(people.channel)] == ["This channel has a practicum helper"]
        assert ["Welcome to Winter" in ws.dms(student)[-1].text for student in (people.ana, people.ben)] == [True, True]
        assert not any("Welcome to Winter" in m.text for m in ws.dms(people.cora))
        await ws.click(people.cora, "Names")
        assert "Ana Lopez\\nBen Okafor" in window(ws, people.cora)
        await ws.submit(
            people.cora, {"Students": "Ana Lopez, Anita\nBenedict Okafor, Ben", "Staff": "Dana Reyes, field instructor"}
        )
        assert "2 students, 1 staff" in window(ws, people.cora)
        await ws.click(people.ana, "I have read and understand it")
        assert "You acknowledged the policy for Winter (version 1.0)" in ws.dms(people.ana)[-1].text
        await ws.close_modal(people.cora, all_of_them=True)
        await ws.open_home(people.cora)
        await ws.click(people.cora, "Acknowledgements")
        assert "1 of 2 students" in window(ws, people.cora)
        assert "Not yet: Ben Okafor" in window(ws, people.cora)
        await ws.click(people.cora, "Export as CSV")
        assert f"{people.ana.id},Ana Lopez,1.0" in window(ws, people.cora)


@DOORS
async def test_a_day(tmp_path: Path, socket: bool) -> None:
    async with Workspace() as ws, running(ws, tmp_path, socket=socket) as bot:
        people = Cohort(ws)
        ana, ben, channel = people.ana, people.ben, people.channel
        await ws.join(ws.bot, channel)
        for innocent in ("who has the slides from tuesday?", "happy birthday Ana!", "see you at 3 in B201"):
            await ws.post(ben, channel, innocent)
        assert whispered(ws, ben) == []
        first = await ws.post(ana, channel, STORY)
        second = await ws.post(ana, channel, NAMED)
        nudges = whispered(ws, ana)
        assert nudges[0].startswith("Hello, I'm this cohort's practicum helper")
        assert len(nudges) == 3
        await ws.click(ana, "Why?")
        assert "mru/" in whispered(ws, ana)[-1]
        await ws.edit(ana, channel, second, "supervision was good today")
        assert "settled" in whispered(ws, ana)[-1]
        await ws.delete(ana, channel, first)
        assert "settled" in whispered(ws, ana)[-1]
        third = await ws.post(ana, channel, NAMED.replace("Marisol", "Maria"))
        await ws.click(ana, "This isn't about practicum")
        await ws.click(ana, "Nobody of my placement is meant")
        assert any("closed" in shown.casefold() for shown in whispered(ws, ana))
        await ws.edit(ana, channel, third, "fine now")
        await ws.settled()
        ws.assert_private(["stories", "practicum helper, and only you", "One thing to do now"], only=[ana])
        ws.assert_never_sent(CANARIES)
        assert await bot.stop() == 0
        left = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert [path for path in left for word in CANARIES if word.encode() in path.read_bytes()] == []


@DOORS
async def test_questions(tmp_path: Path, socket: bool) -> None:
    async with Workspace() as ws, running(ws, tmp_path, socket=socket):
        people = Cohort(ws)
        ana, ben, channel = people.ana, people.ben, people.channel
        await ws.join(ws.bot, channel)
        await ws.slash(ben, channel, "/ethics", "can I accept a friend request from a former client?")
        answer = whispered(ws, ben)[-1]
        assert answer.startswith("No.")
        assert "mru/boundaries-3" in answer
        await ws.click(ben, "Share with channel")
        await ws.submit(ben, {"What it is about": "my client Marisol Quintero wants to be friends"})
        assert "too much" in ws.modals(ben)[0].errors["about"]
        await ws.submit(ben, {"What it is about": "friend requests"})
        assert ws.said(channel)[-1].text.startswith("Ben Okafor shares an answer: friend requests")
        assert "can I accept" not in ws.said(channel)[-1].text
        await ws.close_modal(ben, all_of_them=True)
        await ws.click(ben, "Not helpful")
        await ws.click(ben, "I don't understand it")
        assert any("counted" in shown for shown in whispered(ws, ben))
        await ws.post(ana, channel, f"{ws.bot.mention} may I follow my agency on instagram?")
        assert len([shown for shown in whispered(ws, ana) if "Sources:" in shown]) == 1  # the message and the mention are one
        await ws.dm(ana, "can I look up a client on facebook?")
        await ws.dm(ana, "why?")
        assert [m.text.split(maxsplit=1)[0] for m in ws.dms(ana)[-2:]] == ["No.", "Because:"]
        await ws.dm(ana, "my client just texted me that he will end it tonight")
        assert "911" in ws.dms(ana)[-1].text or "988" in ws.dms(ana)[-1].text
        await ws.slash(ana, channel, "/ethics", f"check {NAMED}")
        assert "identify a client" in whispered(ws, ana)[-1]
        ts = await ws.post(ben, channel, "is it fine to post a group photo from the agency party?")
        await ws.message_shortcut(ana, "ask_about_this", channel, ts)
        await ws.submit(ana)
        assert "Sources:" in whispered(ws, ana)[-1]
        await ws.global_shortcut(ana, "check_my_draft")
        await ws.submit(ana, {"Your draft": "hello everyone, where are the slides?"})
        assert "I found nothing" in window(ws, ana)
        ws.assert_never_public(["look up a client", "end it tonight", "Quintero"])


async def test_threads_files_and_people_who_are_away(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        people = Cohort(ws)
        ana, ben, channel = people.ana, people.ben, people.channel
        away = ws.user("Chidi Eze", presence="away")
        channel.members.append(away)
        await ws.join(ws.bot, channel)
        await ws.until(lambda: ws.dms(away))
        welcomed = len(ws.dms(away))
        root = await ws.post(ben, channel, "anyone else have a client who stopped coming after a relapse?")
        await ws.post(ana, channel, "same here", thread=root)
        await ws.post(ana, channel, NAMED, thread=root)
        assert ws.ephemerals(ana)[-1].thread_ts == root
        ts = await ws.post(away, channel, NAMED)
        assert not ws.ephemerals(away, lost=True)
        assert len(ws.dms(away)) == welcomed + 2
        await ws.edit(away, channel, ts, "see you all on monday")
        assert "settled" in ws.dms(away)[-1].text
        assert len(ws.dms(away)) == welcomed + 2  # closed in its place
        await ws.post(ben, channel, "", files=[("group_home_residents_bbq.jpg", "image/jpeg")])
        await ws.post(ben, channel, STORY, me=True)
        await ws.post(ben, channel, NAMED, thread=root, broadcast=True)
        assert len(whispered(ws, ben)) >= 2
        before = len(ws.calls())
        await ws.other_bot(channel, NAMED)
        await ws.unfurl(channel, root)
        await ws.settled()
        assert {call.method for call in ws.calls()[before:]} <= {"users.info"}


async def test_repeats_limits_and_a_killed_process(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path) as bot:
        people = Cohort(ws)
        ana, ben, channel = people.ana, people.ben, people.channel
        await ws.join(ws.bot, channel)
        ws.limit("chat.postEphemeral", times=1)
        await ws.post(ana, channel, NAMED)
        await ws.settled()
        await ws.redeliver(ws.deliveries[-1])
        assert len(whispered(ws, ana)) == 2  # the introduction and one nudge
        ws.limit("chat.postEphemeral", times=1, retry_after=30)  # longer than an event may be held: it is delivered again
        ws.limit("chat.postMessage", times=1, retry_after=30)
        await ws.post(ana, channel, NAMED.replace("tuesday", "wednesday"))
        await ws.settled()
        assert len(whispered(ws, ana)) == 3
        bot.kill()
        await ws.post(ben, channel, NAMED)
        await bot.start()
        await ws.settled()
        await ws.redeliver(ws.deliveries[-1])
        await ws.redeliver(ws.deliveries[-1])
        await ws.settled()
        assert len(whispered(ws, ben)) == 2
        ws.fault("chat.postEphemeral", times=1, error="user_not_in_channel")
        await ws.post(ben, channel, NAMED.replace("tuesday", "monday"))
        await ws.settled()
        assert "client" in ws.dms(ben)[-1].text


async def test_what_is_not_for_us_or_not_readable(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path) as bot:
        people = Cohort(ws)
        await ws.join(ws.bot, people.channel)
        door, words = ws.http, "token that nobody logs"
        json = "application/json"
        unreadable = [
            "{",
            "[]",
            '"text"',
            '{"type": "event_callback", "event": {"text": "' + words + '"}}',
            '{"type": "event_callback", "team_id": "T0", "event": {"type": "message", "text": "' + words + '"}}',
            '{"type": "event_callback", "team_id": "' + ws.home_team.id + '", "event": {"type": "message", "user": 3, "ts": []}}',
            '{"type": "event_callback", "team_id": "' + ws.home_team.id + '", "event": null}',
        ]
        assert [(await door.post(body, json)).status // 100 for body in unreadable] == [4] * len(unreadable)
        assert (await door.post("{}", json, secret="wrong")).status == 401
        assert (await door.post("{}", json, at=time.time() - 400)).status == 401
        assert (await door.post('{"a": "' + "x" * 5_000_000 + '"}', json)).status == 413
        assert words not in bot.printed()
        await ws.post(people.ana, people.channel, NAMED)
        assert len(whispered(ws, people.ana)) == 2


async def test_one_workspace_goes_and_another_stays(tmp_path: Path) -> None:
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    more = {
        "SLACK_CLIENT_ID": Workspace.client_id,
        "SLACK_CLIENT_SECRET": Workspace.client_secret,
        "PRACTICUM_BOT_TOKEN_KEYS": key,
    }
    async with Workspace() as ws, running(ws, tmp_path, **more) as bot:
        other = ws.team("Other College", installed=False)
        statuses = []
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            for team in (ws.home_team, other):
                async with browser.get(f"{bot.address}/slack/install") as page:
                    cookie = page.headers["Set-Cookie"].partition(";")[0]
                back = {"code": ws.oauth_code(team), "state": cookie.partition("=")[2]}
                for _ in range(2):  # a state is good once
                    async with browser.get(
                        f"{bot.address}/slack/oauth_redirect", params=back, headers={"Cookie": cookie}
                    ) as done:
                        statuses.append(done.status)
        assert statuses == [200, 401, 200, 401]
        people = Cohort(ws)
        zoe = ws.user("Zoe Hart", team=other)
        there = ws.channel("field", [zoe], team=other)
        await ws.join(ws.bot, people.channel)
        await ws.join(ws.installation(other).bot, there)
        await ws.post(people.ana, people.channel, NAMED)
        await ws.post(zoe, there, NAMED)
        assert len(whispered(ws, people.ana)) == len(whispered(ws, zoe)) == 2
        tokens = [ws.installation(team).token for team in (ws.home_team, other)]
        database = next(tmp_path.rglob("practicum-bot.db"))
        assert [token for token in tokens if token.encode() in database.read_bytes()] == []
        await ws.uninstall(ws.installation(other))
        await ws.settled()
        assert all(delivery.acked for delivery in ws.deliveries[-2:])
        with sqlite3.connect(database) as connection:
            kept = {
                row[0]
                for table in ("installations", "channels", "members")
                for row in connection.execute(f"SELECT platform FROM {table}")
            }
        assert kept == {f"slack:{ws.home_team.id}"}
        await ws.post(people.ben, people.channel, NAMED)
        assert len(whispered(ws, people.ben)) == 2
