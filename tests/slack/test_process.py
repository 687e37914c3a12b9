"""The process in front of Slack: ready when it can work, unready first when it ends, and nothing lost or told twice."""

import asyncio
import json
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from bots.bootstrap import ENCODER
from tests.contract.postgres import Server
from tests.slack.served import Bot, running
from tests.slack.state import User
from tests.slack.workspace import Workspace

RISKY = "my client Zebulonka Quistgaard relapsed again, her cell is 403-555-0134"
OFTEN = (0.3,) * 300  # seconds between deliveries: Slack's own are longer, and fewer


async def get(bot: Bot, path: str) -> tuple[int, str]:
    """The status and text of one of its pages; 0 where nobody listens."""
    limit = aiohttp.ClientTimeout(total=10)
    try:
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(f"{bot.address}{path}") as answer:
            return answer.status, await answer.text()
    except aiohttp.ClientError:
        return 0, ""


async def until_ready(bot: Bot, *, ready: bool = True) -> None:
    while ((await get(bot, "/readyz"))[0] == 200) is not ready:
        assert bot.process.poll() is None, bot.printed()
        await asyncio.sleep(0.05)


def logged(bot: Bot) -> list[str]:
    return [json.loads(line)["action"] for line in bot.printed().splitlines()]


def nudges(ws: Workspace, user: User) -> int:
    return sum("Why?" in json.dumps(shown.blocks) for shown in ws.ephemerals(user))


async def test_its_health_and_its_numbers(tmp_path: Path) -> None:
    async with Workspace() as ws, running(ws, tmp_path) as bot:
        assert await get(bot, "/healthz") == (200, '{"ok": true}')
        status, parts = await get(bot, "/readyz")
        assert (status, set(json.loads(parts)), all(json.loads(parts).values())) == (
            200,
            {"database", "models", "platforms", "running", "scheduler"},
            True,
        )
        ana = ws.user("Ana Lopez")
        channel = ws.channel("practicum", [ana, ws.bot])
        await ws.post(ana, channel, RISKY)
        await ws.until(lambda: nudges(ws, ana) == 1)
        await ws.redeliver(ws.deliveries[-1])
        ws.limit("chat.postEphemeral")
        await ws.post(ana, channel, f"{ws.bot.mention} may I accept a friend request from a former client?")
        await ws.settled()
        status, text = await get(bot, "/metrics")
        for line in (
            'practicum_bot_events_total{outcome="repeated",platform="slack"}',
            'practicum_bot_call_retries_total{platform="slack"} 1.0',
            'practicum_bot_nudges_total{category="client_identity",outcome="given",tier="hard"} 1.0',
            'practicum_bot_answers_total{outcome="answered"} 1.0',
            'practicum_bot_ready{part="database"} 1.0',
            "process_resident_memory_bytes",
        ):
            assert line in text, line
        for said in ("Zebulonka", "Quistgaard", "555-0134", ana.id, channel.id, ws.home_team.id):
            assert said not in text + bot.printed()


@pytest.mark.parametrize("socket", [False, True])
async def test_a_restart_in_the_middle_loses_nothing_and_tells_nothing_twice(socket: bool, tmp_path: Path) -> None:
    async with Workspace(retry_delays=OFTEN) as ws, running(ws, tmp_path, socket=socket) as bot:
        people = [ws.user(f"Person {number}") for number in range(12)]
        channel = ws.channel("practicum", [*people, ws.bot])
        ws.fault("chat.postEphemeral", times=4, delay=1.5)  # what is held when it is told to stop
        posting = [asyncio.create_task(ws.post(person, channel, RISKY)) for person in people[:6]]
        await ws.until(lambda: len(ws.calls("users.getPresence")) >= 2)
        bot.process.send_signal(signal.SIGTERM)
        await ws.until(lambda: "stopping" in bot.printed())
        status, parts = await get(bot, "/readyz")
        assert (status, status and json.loads(parts)["running"]) in {(503, False), (0, 0)}
        posting += [asyncio.create_task(ws.post(person, channel, RISKY)) for person in people[6:]]
        assert await asyncio.to_thread(bot.process.wait, 60) == 0
        assert logged(bot)[-1] == "stopped"
        await bot.start()
        await asyncio.gather(*posting)
        await ws.settled()
        assert all(delivery.acked for delivery in ws.deliveries)
        assert [nudges(ws, person) for person in people] == [1] * len(people)
        ws.assert_private(["Why?"], only=people)
        assert "let go" in logged(bot)


async def test_killed_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    async with Workspace(retry_delays=OFTEN) as ws, running(ws, tmp_path) as bot:
        people = [ws.user(f"Person {number}") for number in range(6)]
        channel = ws.channel("practicum", [*people, ws.bot])
        ws.fault("chat.postEphemeral", times=3, delay=5)
        posting = [asyncio.create_task(ws.post(person, channel, RISKY)) for person in people]
        await ws.until(lambda: len(ws.calls("users.getPresence")) >= 2)
        bot.kill()
        await bot.start()
        await asyncio.gather(*posting)
        await ws.settled()
        assert all(delivery.acked for delivery in ws.deliveries)
        assert min(nudges(ws, person) for person in people) == 1


async def test_models_that_cannot_be_loaded_end_it_before_it_opens_a_door(tmp_path: Path) -> None:
    broken = tmp_path / "encoder"
    broken.mkdir()
    for path in ENCODER.iterdir():
        (broken / path.name).symlink_to(path)
    (broken / "rest.onnx").unlink()
    (broken / "rest.onnx").write_bytes(b"not a model")
    async with Workspace() as ws:
        bot = Bot(ws, tmp_path, socket=False, PRACTICUM_BOT_ENCODER=str(broken))
        with pytest.raises(AssertionError, match=r"rest.onnx"):  # what it says as its last
            await bot.start()
        assert bot.process.wait(10) == 2
        assert "serving" not in bot.printed()
        assert (await get(bot, "/healthz"))[0] == 0


async def test_while_the_database_is_away_it_is_unready_and_refuses(server: Server, tmp_path: Path) -> None:
    database = server.new_database()
    async with Workspace(retry_delays=OFTEN) as ws, running(ws, tmp_path, PRACTICUM_BOT_DATABASE_URL=database) as bot:
        ana = ws.user("Ana Lopez")
        channel = ws.channel("practicum", [ana, ws.bot])
        await asyncio.to_thread(server.stop)
        await until_ready(bot, ready=False)
        assert json.loads((await get(bot, "/readyz"))[1])["database"] is False
        assert (await get(bot, "/healthz"))[0] == 200, "a restart would not bring the database back"
        posting = asyncio.create_task(ws.post(ana, channel, RISKY))
        await ws.until(lambda: any(attempt.status == 503 for d in ws.deliveries for attempt in d.attempts))
        assert nudges(ws, ana) == 0
        await asyncio.to_thread(server.start)
        await until_ready(bot)
        await posting
        await ws.settled()
        assert nudges(ws, ana) == 1


@pytest.mark.parametrize("variable", ["SLACK_APP_TOKEN", "SLACK_BOT_TOKEN"])
async def test_a_token_that_slack_does_not_take_is_named_and_ends_it(variable: str, tmp_path: Path) -> None:
    async with Workspace() as ws:
        bot = Bot(ws, tmp_path, socket=True, **{variable: "xapp-of-another"})
        starting = asyncio.create_task(bot.start())
        await asyncio.sleep(0)
        await ws.until(lambda: bot.process.poll() is not None, "it did not end", within=90)
        assert bot.process.returncode == 2
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        printed = bot.printed()
        assert variable in printed
        assert "xapp-of-another" not in printed
        assert "Traceback" not in printed
        assert '"stopped"' not in printed


async def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    async with Workspace() as ws:
        bot = Bot(ws, tmp_path, socket=False)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", bot.port))
            taken.listen()
            with pytest.raises(AssertionError, match="PRACTICUM_BOT_PORT"):
                await bot.start()
        assert bot.process.wait(10) == 2
        assert "Traceback" not in bot.printed()
