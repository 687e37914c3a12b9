"""What was written on Slack is nowhere afterwards, faults and a crash included, in a process that tells all it can."""

import json
from pathlib import Path

from tests.canaries import FAULTY, TALKATIVE, TEXT, WORDS, core_files_allowed, found, said
from tests.faulty import DIES, FORGETS, RAISES
from tests.slack.served import running
from tests.slack.test_process import get
from tests.slack.workspace import Workspace


async def test_no_word_reaches_a_file_or_what_is_printed(tmp_path: Path) -> None:
    async with (
        Workspace(retry_delays=(0.5,) * 8) as ws,
        running(ws, tmp_path, command=FAULTY, first=core_files_allowed, **TALKATIVE) as bot,
    ):
        ana = ws.user("Ana Lopez")
        channel = ws.channel("practicum", [ana, ws.bot])
        message = await ws.post(ana, channel, TEXT)
        await ws.until(lambda: ws.ephemerals(ana)[1:], within=60)  # after who speaks, the nudge
        await ws.click(ana, "Why?")
        await ws.edit(ana, channel, message, f"again {TEXT}")
        await ws.delete(ana, channel, message)
        await ws.slash(ana, channel, "/ethics", f"what about {TEXT}?")
        await ws.slash(ana, channel, "/ethics", f"check {TEXT}")
        asked = await ws.post(ana, channel, f"{TEXT} (2)")
        await ws.message_shortcut(ana, "ask_about_this", channel, asked)
        for fault in ({"error": "invalid_blocks"}, {"status": 500}, {"hang_up": True}):
            ws.fault("chat.postEphemeral", times=4, **fault)
            await ws.post(ana, channel, f"{TEXT} {json.dumps(fault)}")
            await ws.settled()
        for word in (RAISES, FORGETS):
            await ws.post(ana, channel, f"{word} {TEXT}")
            await ws.dm(ana, f"{word} {TEXT}")
            await ws.slash(ana, channel, "/ethics", f"{word} {TEXT}")
            await ws.slash(ana, channel, "/ethics", f"check {word} {TEXT}")
        await ws.settled()
        told = [await get(bot, path) for path in ("/metrics", "/readyz", "/healthz")]
        assert told[0][0] == told[2][0] == 200
        await ws.post(ana, channel, f"{DIES} {TEXT}")
        await ws.until(lambda: bot.process.poll() == -6, within=60)
        ws.forgive()  # the process that fell silent
    assert said(WORDS, told) == []
    assert '"error": "RuntimeError"' in bot.printed()
    assert [path for path in bot.cwd.iterdir() if path.name.startswith("core")] == []
    assert found(tmp_path) == []
