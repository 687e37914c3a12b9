"""A roster as a file in the form: read from Slack's own place alone, in the encodings that spreadsheets write, kept nowhere."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from bots.slack import files
from core.errors import DeliveryError, InputError
from tests.slack.served import running
from tests.slack.state import ALL_SCOPES, User
from tests.slack.workspace import Workspace

ROSTER = 'Name;Programme\nÉloïse Beaulieu;BSW\nZebulon Quist;BSW\n"Doe, Jane";BSW\n'


async def names(ws: Workspace, cora: User) -> None:
    """Open the form for names."""
    await ws.open_home(cora)
    await ws.click(cora, "Names", ws.home(cora))
    await ws.until(lambda: ws.modals(cora))


def fault(ws: Workspace, user: User) -> str:
    return str(ws.modals(user)[0].errors.get("file"))


def window(ws: Workspace, user: User) -> str:
    return str(ws.modals(user)[0].body["blocks"])


async def test_a_file_takes_the_place_of_the_students(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path) as bot:
        cora = ws.user("Cora Dean", is_admin=True)
        await ws.join(ws.bot, ws.channel("practicum", [cora]))
        for content in (ROSTER.encode(), ROSTER.encode("utf-16"), ROSTER.encode("cp1252"), ROSTER.encode("utf-8-sig")):
            await names(ws, cora)
            await ws.submit(cora, {"Or a file with the students": [("roster.csv", content)]})
            assert "3 students" in window(ws, cora)
            await ws.close_modal(cora)
            await names(ws, cora)
            assert "Éloïse Beaulieu\\nZebulon Quist\\nJane Doe" in window(ws, cora)
            await ws.submit(cora)  # without a file the lines count
            assert "3 students" in window(ws, cora)
            await ws.close_modal(cora)
        await bot.stop()
        assert "Quist" not in bot.printed()
        assert list(tmp_path.rglob("*.csv")) == []


async def test_what_is_wrong_with_a_file_is_said_at_its_field(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path) as bot:
        cora = ws.user("Cora Dean", is_admin=True)
        await ws.join(ws.bot, ws.channel("practicum", [cora]))
        await names(ws, cora)
        cases: list[tuple[bytes, dict[str, object], str]] = [
            (b"x" * (files.MOST + 1), {}, "too big"),
            (b"x" * (files.MOST + 1), {"size": 5}, "too big"),  # whatever Slack said of it
            (b"PK\x03\x04\x00\x00", {}, "not a text file"),
            (b"\xff\xfe\x00", {}, "not a text file"),
            (b" \r\n", {}, "empty"),
            (b"1234567\n2345678\n", {}, "no names"),
            (b"x" * 300, {}, "longer than 200 characters"),
            (b"Ana\n", {"url_private": "https://files.example.org/files-pri/T-F/roster.csv"}, "not kept in Slack"),
            (b"Ana\n", {"url_private": "https://files.slack.com@example.org/roster.csv"}, "not kept in Slack"),
            (b"Ana\n", {"url_private": "http://files.slack.com/roster.csv"}, "not kept in Slack"),
            (b"Ana\n", {"url_private": "//files.slack.com:x/roster.csv"}, "not kept in Slack"),
            (b"Ana\n", {"url_private": None}, "not kept in Slack"),
        ]
        for content, more, why in cases:
            await ws.submit(cora, {"Or a file with the students": [("roster.csv", content, more)]})
            assert why in fault(ws, cora)
        ws.installation().scopes.discard("files:read")  # taken away while the form was open: Slack shows a page to log in
        await ws.submit(cora, {"Or a file with the students": [("roster.csv", b"Ana\n")]})
        assert "may not read files" in fault(ws, cora)
        assert {call.token for call in ws.calls("file")} == {ws.installation().token}
        await ws.submit(cora, {"Or a file with the students": []})
        assert "2 students" in window(ws, cora)  # as before
        assert "Traceback" not in bot.printed()


async def test_without_the_scope_there_is_no_field_and_the_log_says_why(tmp_path: Path) -> None:
    async with Workspace(scopes=ALL_SCOPES - {"files:read"}) as ws, running(ws, tmp_path) as bot:
        cora = ws.user("Cora Dean", is_admin=True)
        await ws.join(ws.bot, ws.channel("practicum", [cora]))
        await names(ws, cora)
        await ws.submit(cora, {"Students": "Ana Lopez\nBen Okafor"})
        assert "2 students" in window(ws, cora)
        assert bot.printed().count("files:read") == 1


async def test_the_token_goes_to_slack_alone_and_follows_nobody() -> None:
    asked: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked.append(request.headers.get("Authorization", ""))
        raise web.HTTPFound("http://127.0.0.1:1/login")

    app = web.Application()
    app.router.add_get("/file", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        for api in ("https://slack.com/api/", "http://127.0.0.1:1/api/"):
            with pytest.raises(InputError, match="not kept in Slack"):
                await files.text({"url_private": f"{here}/file"}, "xoxb-secret", api)
        assert asked == []
        with pytest.raises(InputError, match="may not read"):
            await files.text({"url_private": f"{here}/file"}, "xoxb-secret", f"{here}/api/")
        assert asked == ["Bearer xoxb-secret"]
    finally:
        await runner.cleanup()
    with pytest.raises(DeliveryError):
        await asyncio.wait_for(files.text({"url_private": f"{here}/file"}, "xoxb-secret", f"{here}/api/"), 20)
