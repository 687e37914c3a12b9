"""The Home tab, and what is said where something is missing: pages, permissions, installations, private channels."""

import json
from pathlib import Path

import pytest

from bots.slack import render
from core.cards import Button, Card, Home, Kind, Line
from tests.slack import payloads
from tests.slack.blocks import view_errors
from tests.slack.doors import EVENTS
from tests.slack.served import running
from tests.slack.state import ALL_SCOPES, shown
from tests.slack.test_corners import people, window
from tests.slack.workspace import Workspace


def cohort(number: int, lines: int = 2) -> Card:
    texts = (Line(f"Cohort {number}", Kind.HEADING), *(Line(f"line {number}.{n}") for n in range(lines)))
    return Card(texts, tuple(Button(f"Do {n}", f"do{n}") for n in range(7)))


@pytest.mark.parametrize("cards", [[cohort(n) for n in range(40)], [cohort(0, 250)], [cohort(1, 96), cohort(2)], [cohort(3)], []])
def test_no_line_and_no_button_is_lost_on_a_long_page(cards: list[Card]) -> None:
    first = render.home(Home(tuple(cards)))
    said: list[str] = []
    for number in range(99):
        view = render.home(Home(tuple(cards)), number)
        assert view_errors(view) == []
        if view == first and number:
            break
        if int(view["private_metadata"]) < number:
            break
        said += shown(view["blocks"])
        assert ("Next page" in said[-2:]) == ("Next page" in shown(view["blocks"]))
    wanted = [text for own in cards for text in (*(line.text for line in own.lines), *(button.label for button in own.buttons))]
    assert [text for text in said if not text.startswith(("Page ", "Next page", "Previous page"))] == wanted


async def test_who_looks_after_many_cohorts_turns_pages(tmp_path: Path) -> None:
    async with Workspace(trigger_seconds=60) as ws, running(ws, tmp_path):
        _, cora, channel = people(ws)
        await ws.join(ws.bot, channel)
        for number in range(14):
            await ws.open_home(cora)
            await ws.click(cora, "Set up a cohort", ws.home(cora))
            await ws.until(lambda: ws.modals(cora))
            await ws.submit(cora, {"Name of the cohort": f"Cohort {number:02}", "Time zone": "America/Edmonton"})
            await ws.close_modal(cora, all_of_them=True)
            while any(label == "Next page" for label in shown(ws.home(cora).body)):  # type: ignore[union-attr]
                await ws.click(cora, "Next page", ws.home(cora))
        page = shown(ws.home(cora).body)  # type: ignore[union-attr]
        assert "Page 2 of 2" in page
        assert "Set up a cohort" in page
        await ws.click(cora, "Pause gentle nudges for a day", ws.home(cora))
        assert "Switch them on again" in shown(ws.home(cora).body)  # type: ignore[union-attr]
        assert "Page 2 of 2" in shown(ws.home(cora).body)  # type: ignore[union-attr]  # where it was pressed
        await ws.click(cora, "Previous page", ws.home(cora))
        assert "Page 1 of 2" in shown(ws.home(cora).body)  # type: ignore[union-attr]


async def test_a_card_too_long_for_a_window_is_written_into_the_chat() -> None:
    long = Card((*(Line(f"line {n}") for n in range(150)),))
    assert not render.fits(long)
    assert "wrote it into our chat" in str(render.modal(long))
    assert view_errors(render.modal(long)) == []


async def test_without_users_read_the_home_tab_says_so(tmp_path: Path) -> None:
    async with Workspace(scopes=ALL_SCOPES - {"users:read"}) as ws, running(ws, tmp_path) as bot:
        ana, _, _ = people(ws)
        await ws.open_home(ana)
        page = " ".join(shown(ws.home(ana).body))  # type: ignore[union-attr]
        assert "Ask me anything" in page
        assert "install me again" in page
        assert len([d for d in ws.deliveries if d.acked]) == len(ws.deliveries)
        said = [json.loads(line) for line in bot.printed().splitlines() if "users:read" in line]
        assert [line["action"] for line in said] == ["scopes missing", "home"]
        assert "install" in said[0]["reason"]
        await ws.click(ana, "What is kept about me", ws.home(ana))
        assert "What is kept about you" in window(ws, ana)


@pytest.mark.parametrize("socket", [True, False])
async def test_a_workspace_that_it_is_not_installed_in_is_named_in_the_log(tmp_path: Path, socket: bool) -> None:
    async with Workspace(retry_delays=()) as ws, running(ws, tmp_path, socket=socket) as bot:
        ana, _, channel = people(ws)
        message = ws.state.add(channel, ana, "words that nobody logs")
        body = payloads.envelope(ws, ws.installation(), payloads.posted(ws, message), channel)
        body |= {"team_id": "T0ELSEWHERE", "authorizations": [{**body["authorizations"][0], "team_id": "T0ELSEWHERE"}]}
        ws.ack_seconds = 1
        delivery = ws.doors.start(EVENTS, body)
        await delivery.over.wait()
        assert not delivery.acked
        (said,) = [json.loads(line) for line in bot.printed().splitlines() if "T0ELSEWHERE" in line]
        assert (said["action"], said["error"]) == ("refused", "UninstalledError")
        assert "not installed in slack:T0ELSEWHERE" in said["reason"]
        assert "nobody logs" not in bot.printed()


async def test_who_is_not_in_a_private_channel_does_not_drop_it(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path):
        ana, cora, public = people(ws)
        private = ws.channel("seminar", [ana, ws.bot], private=True)
        await ws.join(ws.bot, public)
        await ws.join(cora, private)
        await ws.open_home(cora)
        await ws.click(cora, "Settings", ws.home(cora))
        await ws.submit(cora, {"Seminar channels": [private.id]})
        assert "2 channels, 1 of them for seminars" in window(ws, cora)
        await ws.close_modal(cora, all_of_them=True)
        await ws.leave(cora, private)
        await ws.click(cora, "Settings", ws.home(cora))
        assert "1 more channel" in window(ws, cora)
        assert private.id not in window(ws, cora)
        await ws.submit(cora, {"Agencies": "Sample House\nOther Place"})
        assert "2 channels, 1 of them for seminars" in window(ws, cora)
        await ws.close_modal(cora, all_of_them=True)
        await ws.join(cora, private)
        await ws.click(cora, "Settings", ws.home(cora))
        await ws.submit(cora, {"Seminar channels": []})
        assert "1 channel, 0 of them" in window(ws, cora)
