"""The second peer answers Slack's client, keeps what is ephemeral apart, and signs events as Bolt expects."""

import asyncio
import json

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack.building import refused
from tests.slack.emulated import FOLDER, Emulated
from tests.slack.listening import serving


async def test_a_bot_hears_and_whispers(peer: Emulated) -> None:
    ana = AsyncWebClient(token=peer.token("ana"), base_url=peer.api_url)
    bot = AsyncWebClient(token=peer.bot_token, base_url=peer.api_url)
    me = (await ana.auth_test())["user_id"]
    listed = await bot.conversations_list()
    channel = next(c["id"] for c in listed["channels"] if c["name"] == "practicum")
    await bot.conversations_join(channel=channel)
    heard: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    app = AsyncApp(signing_secret=peer.signing_secret, client=bot)

    @app.event("message")
    async def message(event: dict[str, str]) -> None:
        await heard.put(event)

    async with serving(app.web_app(path="/slack/events")) as url:
        await asyncio.to_thread(peer.subscribe, f"{url}slack/events")
        sent = await ana.chat_postMessage(channel=channel, text="my client relapsed")
        event = await asyncio.wait_for(heard.get(), 20)
    assert (event["user"], event["text"], event["ts"]) == (me, "my client relapsed", sent["ts"])
    await bot.chat_postEphemeral(channel=channel, user=me, text="a private word")
    await bot.chat_postMessage(channel=channel, text="to all")
    whispers = await asyncio.to_thread(peer.ephemerals)
    assert [(w["target_user"], w["text"]) for w in whispers] == [(me, "a private word")]
    history = await ana.conversations_history(channel=channel)
    assert [m["text"] for m in history["messages"]][:2] == ["to all", "my client relapsed"]
    assert (await refused(bot.users_info(user="U0")))["error"] == "user_not_found"


def test_the_lock_names_no_machine() -> None:
    lock = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "://" not in lock
    assert json.loads(lock)["packages"]["node_modules/emulate"]["version"] == "0.12.2"
