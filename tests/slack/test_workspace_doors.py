"""The emulated workspace against a small Bolt app, over signed HTTP and over Socket Mode."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from tests.slack.building import plain
from tests.slack.listening import by_http, by_socket, stubborn
from tests.slack.workspace import Workspace

Door = Callable[[Workspace], Any]
both = pytest.mark.parametrize("door", [by_http, by_socket])


@both
async def test_every_kind_of_message_arrives(door: Door) -> None:
    async with Workspace() as ws, door(ws) as heard:
        ana = ws.user("Ana Lopez")
        channel = ws.channel("practicum", [ana, ws.bot])
        first = await ws.post(ana, channel, "hello <all>")
        await ws.post(ana, channel, "an answer", thread=first)
        await ws.post(ana, channel, "louder", thread=first, broadcast=True)
        await ws.post(ana, channel, "waves", me=True)
        await ws.post(ana, channel, "look", files=[("notes.pdf", "application/pdf")])
        await ws.post(ana, channel, f"{ws.bot.mention} may I?")
        await ws.edit(ana, channel, first, "hello")
        await ws.unfurl(channel, first)
        await ws.other_bot(channel, "sunny")
        await ws.delete(ana, channel, first)
        second = await ws.post(ana, channel, "gone soon")
        await ws.delete(ana, channel, second)
        await ws.dm(ana, "a question")
        await ws.join(ws.user("Ben Okafor"), channel)
        await ws.open_home(ana)
        await ws.settled()
        kinds = ["message", "message", "thread_broadcast", "me_message", "file_share", "file_shared", "message", "app_mention"]
        kinds += ["message_changed", "message_changed", "bot_message", "message_changed", "message", "message_deleted"]
        kinds += ["message", "member_joined_channel", "channel_join", "app_home_opened"]
        await ws.until(lambda: len(heard.events) == len(kinds))
        assert sorted(heard.kinds()) == sorted(kinds)
        by_kind = {kind: body["event"] for kind, body in zip(heard.kinds(), heard.events, strict=True)}
        assert heard.events[0]["event"]["text"] == "hello &lt;all&gt;"
        assert by_kind["file_share"]["files"][0]["mimetype"] == "application/pdf"
        assert by_kind["message_deleted"]["deleted_ts"] == second
        assert by_kind["thread_broadcast"]["root"]["ts"] == first
        mention = by_kind["app_mention"]["ts"]
        assert sum(body["event"].get("ts") == mention for body in heard.events) == 2
        assert {body["event"].get("channel_type") for body in heard.events} >= {"channel", "im"}
        assert all(body["authorizations"][0]["user_id"] == ws.bot.id for body in heard.events)
        assert len({body["event_id"] for body in heard.events}) == len(heard.events)
        assert all(delivery.acked and len(delivery.attempts) == 1 for delivery in ws.deliveries)


@both
async def test_the_apps_own_posts_come_back_marked(door: Door) -> None:
    async with Workspace() as ws, door(ws) as heard:
        channel = ws.channel("practicum", [ws.bot])
        await heard.app.client.chat_postMessage(channel=channel.id, text="mine")
        await ws.settled()
        assert [(d.event["bot_id"], d.event["app_id"]) for d in ws.deliveries] == [(ws.bot.bot_id, ws.app_id)]
        assert heard.events == [], "Bolt leaves out what the app wrote itself"


@both
async def test_the_app_hears_only_of_what_it_may(door: Door) -> None:
    async with Workspace() as ws, door(ws) as heard:
        ana = ws.user("Ana Lopez")
        channel = ws.channel("practicum", [ana, ws.bot])
        await ws.post(ana, ws.channel("without", [ana]), "nobody listens")
        ws.installation().scopes.discard("channels:history")
        await ws.post(ana, channel, "no scope")
        ws.installation().scopes.add("channels:history")
        ws.subscriptions.discard("message")
        await ws.post(ana, channel, "no subscription")
        assert ws.deliveries == []
        ws.subscriptions.add("message")
        await ws.uninstall()
        await ws.post(ana, channel, "gone")
        assert sorted(d.event["type"] for d in ws.deliveries) == ["app_uninstalled", "tokens_revoked"]
        assert sorted(heard.kinds()) == ["app_uninstalled", "tokens_revoked"]


@both
async def test_a_command_its_answer_and_a_click(door: Door) -> None:
    async with Workspace() as ws, door(ws) as heard:
        ana, ben = ws.user("Ana Lopez"), ws.user("Ben Okafor")
        channel = ws.channel("practicum", [ana, ben, ws.bot])
        delivery = await ws.slash(ana, channel, "/ethics", "may I?")
        assert delivery.acked
        await ws.until(lambda: len(ws.ephemerals(ana)) == 2)
        assert {e.text for e in ws.ephemerals(ana)} == {"one moment", "the answer"}
        assert heard.bodies[0]["text"] == "may I?"
        await ws.click(ana, "Why?")
        await ws.until(lambda: any(e.text == "because" for e in ws.ephemerals(ana)))
        click = heard.bodies[1]
        assert click["container"]["is_ephemeral"]
        assert "message" not in click
        with pytest.raises(AssertionError, match="Ben Okafor sees nothing called"):
            await ws.click(ben, "Why?")


@both
async def test_a_shortcut_opens_a_modal_which_is_filled_in(door: Door) -> None:
    async with Workspace() as ws, door(ws) as heard:
        ana = ws.user("Ana Lopez")
        channel = ws.channel("practicum", [ana, ws.bot])
        ts = await ws.post(ana, channel, "check me")
        await ws.message_shortcut(ana, "check", channel, ts)
        await ws.until(lambda: ws.modals(ana))
        assert heard.bodies[0]["message"]["text"] == "check me"
        with pytest.raises(AssertionError, match="must be filled in"):
            await ws.submit(ana)
        await ws.submit(ana, {"Your words": "wrong"})
        assert ws.modals(ana)[0].errors == {"words": "not these"}
        await ws.submit(ana, {"words": "more"})
        assert ws.modals(ana)[0].body["title"]["text"] == "Once more"
        await ws.submit(ana, {"words": "right"})
        assert ws.modals(ana) == []
        await ws.global_shortcut(ana, "check")
        await ws.until(lambda: ws.modals(ana))
        await ws.close_modal(ana)
        await ws.until(lambda: heard.bodies[-1]["type"] == "view_closed")


async def test_a_choice_in_the_home_tab() -> None:
    async with Workspace() as ws, by_socket(ws) as heard:
        ana = ws.user("Ana Lopez")
        options = [{"text": plain(name), "value": name} for name in ("one", "two")]
        pick = {"type": "actions", "elements": [{"type": "static_select", "action_id": "pick", "options": options}]}
        await heard.app.client.views_publish(user_id=ana.id, view={"type": "home", "blocks": [pick]})
        await ws.click(ana, "pick", ws.home(ana), choose="two")
        await ws.until(lambda: heard.bodies)
        assert heard.bodies[0]["actions"][0]["selected_option"]["value"] == "two"
        assert heard.bodies[0]["container"]["type"] == "view"


@both
async def test_a_channel_shared_with_another_organisation(door: Door) -> None:
    async with Workspace() as ws, door(ws) as heard:
        stranger = ws.user("Sam Elsewhere", team=ws.team("Other School", installed=False))
        channel = ws.channel("joint", [stranger, ws.bot], shared=True)
        await ws.post(stranger, channel, "hello from afar")
        await ws.until(lambda: heard.events)
        assert heard.events[0]["is_ext_shared_channel"]
        assert heard.events[0]["event"]["user_team"] == stranger.team.id
        assert (await heard.app.client.users_info(user=stranger.id))["user"]["is_stranger"]


@both
async def test_the_same_event_can_come_twice(door: Door) -> None:
    async with Workspace() as ws, door(ws) as heard:
        ana = ws.user("Ana Lopez")
        await ws.dm(ana, "a question")
        again = await ws.redeliver(ws.deliveries[0])
        await ws.until(lambda: len(heard.events) == 2)
        assert again.acked
        assert len({body["event_id"] for body in heard.events}) == 1


@pytest.mark.parametrize(
    ("how", "headers", "reasons"),
    [
        ("error", {}, ["http_error"] * 3),
        ("error", {"X-Slack-No-Retry": "1"}, []),
        ("late", {}, ["http_timeout"] * 3),
    ],
)
async def test_http_is_tried_again_as_slack_does(how: str, headers: dict[str, str], reasons: list[str]) -> None:
    tries: list[tuple[str | None, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        if body["type"] == "url_verification":
            return web.json_response({"challenge": body["challenge"]})
        tries.append((request.headers.get("x-slack-retry-num"), request.headers.get("x-slack-retry-reason")))
        if how == "late":
            await asyncio.sleep(1)
        return web.Response(status=500 if how == "error" else 200, headers=headers)

    async with Workspace(ack_seconds=0.2, retry_delays=(0, 0.01, 0.02)) as ws, stubborn(answer) as url:
        await ws.http.subscribe(url)
        await ws.dm(ws.user("Ana Lopez"), "hello")
        await ws.settled()
        assert tries == [(None, None), *((str(n), reason) for n, reason in enumerate(reasons, 1))]
        assert not ws.deliveries[0].acked


async def test_a_request_url_must_give_the_challenge_back() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async with Workspace() as ws, stubborn(answer) as url:
        with pytest.raises(AssertionError, match="challenge"):
            await ws.http.subscribe(url)


async def test_bolt_refuses_a_forged_and_an_old_signature() -> None:
    async with Workspace() as ws, by_http(ws) as heard:
        body = '{"type": "event_callback", "event": {"type": "message"}}'
        assert (await ws.http.post(body, "application/json", secret="another")).status == 401
        assert (await ws.http.post(body, "application/json", at=time.time() - 301)).status == 401
        assert heard.events == []


async def test_an_envelope_comes_again_until_it_is_acknowledged() -> None:
    async with Workspace(ack_seconds=0.2, retry_delays=(0, 0.01)) as ws, by_socket(ws) as heard:
        heard.app.middleware(_never)
        await ws.dm(ws.user("Ana Lopez"), "hello")
        await ws.settled()
        delivery = ws.deliveries[0]
        assert [a.reason for a in delivery.attempts] == ["timeout"] * 3
        assert (delivery.acked, ws.socket.acks) == (False, 0)


async def _never() -> None:
    await asyncio.sleep(5)


async def test_an_event_goes_to_one_of_two_connections() -> None:
    async with Workspace() as ws, by_socket(ws) as first, by_socket(ws) as second:
        await ws.until(lambda: len(ws.socket.connections) == 2)
        ana = ws.user("Ana Lopez")
        for n in range(4):
            await ws.dm(ana, f"{ws.bot.mention} question {n}")
        await ws.until(lambda: len(first.events) + len(second.events) == 4)
        assert (len(first.events), len(second.events), ws.socket.acks) == (2, 2, 4)
        assert {*first.kinds(), *second.kinds()} == {"message"}, "nobody is mentioned in a direct conversation"


async def test_connections_are_replaced_and_an_event_in_between_comes_later() -> None:
    async with Workspace(retry_delays=(0, 0.3, 3)) as ws, by_socket(ws) as heard:
        ana = ws.user("Ana Lopez")
        await ws.socket.refresh()
        await ws.dm(ana, "after a refresh")
        await ws.until(lambda: len(heard.events) == 1)
        await ws.socket.break_off()
        await ws.dm(ana, "after a break")
        await ws.until(lambda: len(heard.events) == 2)
        assert ws.socket.ever == 3
        assert ws.deliveries[-1].attempts[0].reason == "connection_failed"
