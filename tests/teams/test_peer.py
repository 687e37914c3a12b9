"""The bot in Microsoft's own playground, as a student meets it there: in a browser."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pytest_socket
from playwright.sync_api import Page, expect

from tests import chromium
from tests.teams.activities import CHANNEL, TENANT, Json, in_channel
from tests.teams.peer import FOLDER, Peer, require_installed

ANA = {"id": "user-ana", "name": "Ana Lopez", "aadObjectId": "aaaaaaaa-0000-0000-0000-00000000000a"}
BEN = {"id": "user-ben", "name": "Ben Okoro", "aadObjectId": "bbbbbbbb-0000-0000-0000-00000000000b"}
RISKY = "call my client's mom at 403 555 0139"
NOTED = "One thing to do now"
LONG = 20_000  # milliseconds


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    require_installed()
    pytest_socket.enable_socket()
    running = Peer(tmp_path_factory.mktemp("teams"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def page(peer: Peer) -> Iterator[Page]:
    chromium.require("Microsoft's playground")
    with chromium.running() as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.goto(peer.url)
        expect(page.get_by_role("button", name="Pause gentle nudges for a day")).to_be_visible(timeout=60_000)  # the last card
        yield page
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / "teams.png")


def said(peer: Peer, wanted: Callable[[Json], bool]) -> list[Json]:
    """Activities of the bot that are as wanted; waits until there is one."""
    until = time.monotonic() + 20
    while True:
        bodies = [record["request"].get("body") or {} for record in peer.recorded() if record["direction"].startswith("User App")]
        found = [body for body in bodies if isinstance(body, dict) and wanted(body)]
        if found or time.monotonic() > until:
            return found
        time.sleep(0.1)


def open_chat(page: Page, name: str) -> None:
    page.get_by_role("treeitem", name=re.compile(name)).click()


def test_a_question_in_personal_chat(page: Page) -> None:
    box = page.get_by_role("textbox").last
    box.click()
    box.press_sequentially("can I accept a friend request from a former client?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("[mru/boundaries-3]").last).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Helpful", exact=True).last.click()
    expect(page.get_by_text("I counted that, without your name.")).to_be_visible(timeout=LONG)


def test_a_draft_by_a_form(page: Page) -> None:
    page.get_by_role("button", name="Check my draft").first.click()
    field = page.get_by_label("Your draft").last
    expect(field).to_be_visible(timeout=LONG)
    field.fill(RISKY)
    page.get_by_role("button", name="Check", exact=True).last.click()
    expect(page.get_by_text("Please look at this before you post").last).to_be_visible(timeout=LONG)
    expect(page.get_by_label("Your draft")).to_have_count(0)


def test_a_channel_post_without_a_mention_an_edit_and_a_card_action(page: Page, peer: Peer) -> None:
    peer.send(in_channel(ANA, "1700000000001", text=f"<div><div>{RISKY}</div></div>"))
    nudge = page.get_by_text(NOTED).last
    expect(nudge).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Why?").last.click()
    expect(page.get_by_text("I took it for")).to_be_visible(timeout=LONG)
    count = page.get_by_text(NOTED).count()
    peer.send(in_channel(ANA, "1700000000001", type="messageUpdate", text="<div>call me after class</div>"))
    expect(page.get_by_text("your message was changed or taken down")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(NOTED)).to_have_count(count - 1)


def test_the_notice_is_a_thread_of_its_own_in_the_channel(page: Page) -> None:
    open_chat(page, "ethics-talk")
    expect(page.get_by_text("This channel has a practicum helper").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text(NOTED)).to_have_count(0)
    open_chat(page, "Personal Chat")


def test_somebody_else_is_written_to_of_the_bots_own_accord(page: Page, peer: Peer) -> None:
    peer.send(in_channel(BEN, "1700000000002", text=RISKY))
    (opened, *_) = said(peer, lambda body: BEN["id"] in json.dumps(body.get("members", "")))
    assert (opened["isGroup"], opened["channelData"]["tenant"]["id"]) == (False, TENANT)
    assert said(peer, lambda body: NOTED in body.get("summary", ""))
    recorded = peer.recorded()
    nudged = [r for r in recorded if NOTED in json.dumps(r["request"].get("body") or {})]
    assert nudged
    assert all(CHANNEL not in str(record.get("conversationId")) for record in nudged)


def test_no_word_of_a_message_is_in_the_log_or_the_database(peer: Peer) -> None:
    kept = b"".join(path.read_bytes() for path in (peer.home / "data").rglob("*") if path.is_file())
    assert b"555 0139" not in kept
    assert "555 0139" not in peer.printed()
    assert "former client" not in peer.printed()


def test_the_lock_names_no_machine() -> None:
    lock = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "://" not in lock
    assert json.loads(lock)["packages"]["node_modules/@microsoft/m365agentsplayground"]["version"] == "0.2.28"
