"""The emulated workspace against Slack's own client: what it keeps, shows and refuses."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.slack.building import HOME, MODAL, Json, client, plain, refused, section
from tests.slack.payloads import typed
from tests.slack.state import ALL_SCOPES
from tests.slack.workspace import Workspace


async def test_a_message_is_kept_with_thread_and_metadata_and_can_be_changed_and_deleted() -> None:
    async with Workspace() as ws:
        ana = ws.user("Ana Lopez")
        channel, app = ws.channel("practicum", [ana, ws.bot]), client(ws)
        meta = {"event_type": "prompt", "event_payload": {"week": 3, "key": "a"}}
        first = await app.chat_postMessage(channel=channel.id, text="hello", blocks=[section("hello")], metadata=meta)
        reply = await app.chat_postMessage(channel=channel.id, text="more", thread_ts=first["ts"])
        await app.chat_update(channel=channel.id, ts=first["ts"], text="hello all", blocks=[section("hello all")])
        found = await app.conversations_history(channel=channel.id, include_all_metadata=True)
        assert [(m["text"], m.get("reply_count"), m["metadata"]) for m in found["messages"]] == [("hello all", 1, meta)]
        assert "metadata" not in (await app.conversations_history(channel=channel.id))["messages"][0]
        thread = await app.conversations_replies(channel=channel.id, ts=first["ts"])
        assert [m["ts"] for m in thread["messages"]] == [first["ts"], reply["ts"]]
        assert (await app.chat_getPermalink(channel=channel.id, message_ts=reply["ts"]))["permalink"].startswith("https://")
        await app.chat_delete(channel=channel.id, ts=reply["ts"])
        assert [m.text for m in ws.said(channel)] == ["hello all"]
        mine = await ws.post(ana, channel, "mine")
        assert (await refused(app.chat_update(channel=channel.id, ts=mine, text="x")))["error"] == "cant_update_message"
        assert (await refused(app.chat_delete(channel=channel.id, ts=mine)))["error"] == "cant_delete_message"


async def test_only_its_target_sees_what_is_ephemeral() -> None:
    async with Workspace() as ws:
        ana, ben, out = ws.user("Ana Lopez"), ws.user("Ben Okafor"), ws.user("Cleo Out")
        channel, app = ws.channel("practicum", [ana, ben, ws.bot]), client(ws)
        sent = await app.chat_postEphemeral(channel=channel.id, user=ana.id, text="a private word")
        assert [e.text for e in ws.ephemerals(ana)] == ["a private word"]
        assert ws.ephemerals(ben) == []
        ws.assert_private(["private word"], only=[ana])
        ws.assert_never_public(["private word"])
        with pytest.raises(AssertionError, match="Ana Lopez could read"):
            ws.assert_private(["private"], only=[ben])
        with pytest.raises(AssertionError, match="carried"):
            ws.assert_never_sent(["private"])
        update = app.chat_update(channel=channel.id, ts=sent["message_ts"], text="x")
        assert (await refused(update))["error"] == "message_not_found"
        cases: list[tuple[Json, str]] = [
            ({"channel": channel.id, "user": out.id}, "user_not_in_channel"),
            ({"channel": channel.id, "user": "U0"}, "user_not_found"),
            ({"channel": "C0", "user": ana.id}, "channel_not_found"),
            ({"channel": ws.channel("other", [ana]).id, "user": ana.id}, "not_in_channel"),
            ({"channel": ws.channel("secret", [ana], private=True).id, "user": ana.id}, "channel_not_found"),
            ({"channel": ws.channel("old", [ana, ws.bot], archived=True).id, "user": ana.id}, "is_archived"),
        ]
        for arguments, error in cases:
            assert (await refused(app.chat_postEphemeral(text="x", **arguments)))["error"] == error


async def test_slack_takes_an_ephemeral_message_and_does_not_show_it_to_the_absent_or_in_a_thread_of_one() -> None:
    async with Workspace() as ws:
        ana, ben = ws.user("Ana Lopez"), ws.user("Ben Okafor", presence="away")
        channel, app = ws.channel("practicum", [ana, ben, ws.bot]), client(ws)
        ts = await ws.post(ana, channel, "a first message")
        await app.chat_postEphemeral(channel=channel.id, user=ben.id, text="for Ben")
        await app.chat_postEphemeral(channel=channel.id, user=ana.id, text="too early", thread_ts=ts)
        assert (ws.ephemerals(ana), ws.ephemerals(ben)) == ([], [])
        assert [e.lost for u in (ana, ben) for e in ws.ephemerals(u, lost=True)] == [
            "there is no active thread",
            "the person isn't active",
        ]
        await ws.post(ana, channel, "an answer", thread=ts)
        await app.chat_postEphemeral(channel=channel.id, user=ana.id, text="in time", thread_ts=ts)
        assert [e.text for e in ws.ephemerals(ana)] == ["in time"]
        assert (await app.users_getPresence(user=ben.id))["presence"] == "away"


async def test_a_trigger_works_once_and_not_for_long() -> None:
    async with Workspace() as ws:
        ana, app = ws.user("Ana Lopez"), client(ws)
        trigger = ws.new_trigger(ana)
        view = (await app.views_open(trigger_id=trigger, view=MODAL))["view"]
        assert [v.id for v in ws.modals(ana)] == [view["id"]]
        again = await refused(app.views_open(trigger_id=trigger, view=MODAL))
        unknown = await refused(app.views_open(trigger_id="1.2.3", view=MODAL))
        ws.trigger_seconds = 0
        expired = await refused(app.views_open(trigger_id=ws.new_trigger(ana), view=MODAL))
        ws.trigger_seconds = 3
        errors = [answer["error"] for answer in (again, unknown, expired)]
        assert errors == ["exchanged_trigger_id", "invalid_trigger_id", "expired_trigger_id"]
        for n in range(2):
            below = ws.modals(ana)[0]
            await app.views_push(trigger_id=ws.new_trigger(ana, below), view={**MODAL, "title": plain(f"No. {n}")})
        assert [v.previous for v in ws.modals(ana)][1:] == [view["id"], ""]
        fourth = app.views_push(trigger_id=ws.new_trigger(ana, ws.modals(ana)[0]), view=MODAL)
        assert (await refused(fourth))["error"] == "push_limit_reached"
        stale = app.views_update(view_id=view["id"], hash="old", view=MODAL)
        assert (await refused(stale))["error"] == "hash_conflict"
        await app.views_update(view_id=view["id"], hash=view["hash"], view={**MODAL, "blocks": [section("second")]})
        await app.views_publish(user_id=ana.id, view={**HOME, "blocks": [section("at home")]})
        assert {s.where for s in ws.seen_by(ana)} == {"modal", "home"}
        ws.forgive()


async def test_tokens_and_scopes_are_checked() -> None:
    async with Workspace(scopes=ALL_SCOPES - {"users:read", "channels:history"}) as ws:
        ana = ws.user("Ana Lopez")
        channel, app = ws.channel("practicum", [ana, ws.bot]), client(ws)
        answer = await refused(app.users_info(user=ana.id))
        assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")
        assert (await refused(app.conversations_history(channel=channel.id)))["needed"] == "channels:history"
        assert (await refused(client(ws, "xoxb-other").auth_test()))["error"] == "invalid_auth"
        assert (await refused(client(ws, ws.app_token).auth_test()))["error"] == "not_allowed_token_type"
        assert (await refused(app.apps_connections_open(app_token=ws.installation().token)))["error"] == "not_allowed_token_type"
        assert (await app.auth_test())["user_id"] == ws.bot.id
        await app.auth_revoke()
        assert (await refused(app.auth_test()))["error"] == "token_revoked"


async def test_limits_and_faults_come_as_programmed() -> None:
    async with Workspace() as ws:
        channel, app = ws.channel("practicum", [ws.bot]), client(ws)
        post = {"channel": channel.id, "text": "x"}
        ws.limit("chat.postMessage", times=2, retry_after=0)
        with pytest.raises(SlackApiError) as caught:
            await app.chat_postMessage(**post)
        assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "0")
        app.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
        assert (await app.chat_postMessage(**post))["ok"]
        assert [call.status for call in ws.calls("chat.postMessage")] == [429, 429, 200]
        ws.fault("*", status=500)
        assert (await refused(app.auth_test()))["status"] == 500
        ws.fault("auth.test", error="internal_error")
        assert (await refused(app.auth_test()))["error"] == "internal_error"
        ws.fault("chat.postMessage", hang_up=True, done_first=True)
        app.retry_handlers.clear()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await app.chat_postMessage(**post)
        assert len(ws.said(channel)) == 2, "posted although the app never heard of it"
        ws.fault("auth.test", delay=0.01)
        assert (await app.auth_test())["ok"]


async def test_a_channel_takes_a_message_a_second_where_wanted() -> None:
    async with Workspace(one_a_second=True) as ws:
        one, two, app = ws.channel("one", [ws.bot]), ws.channel("two", [ws.bot]), client(ws)
        await app.chat_postMessage(channel=one.id, text="x")
        assert (await refused(app.chat_postMessage(channel=one.id, text="x")))["status"] == 429
        await app.chat_postMessage(channel=two.id, text="x")


async def test_people_and_channels_are_told_in_pages() -> None:
    async with Workspace() as ws:
        ana = ws.user("Ana Lopez", is_admin=True)
        people = [ana, *(ws.user(f"Person {n}", is_restricted=True) for n in range(4))]
        channel, app = ws.channel("practicum", [*people, ws.bot]), client(ws)
        pages = [page["members"] async for page in await app.conversations_members(channel=channel.id, limit=4)]
        assert [len(page) for page in pages] == [4, 2]
        names = [user["real_name"] async for page in await app.users_list(limit=3) for user in page["members"]]
        assert len(names) == 6
        assert (await app.users_info(user=ana.id))["user"]["is_admin"]
        assert "email" not in (await app.users_profile_get(user=ana.id))["profile"]
        assert (await app.conversations_info(channel=channel.id, include_num_members=True))["channel"]["num_members"] == 6
        ws.channel("secret", [ana], private=True)
        listed = await app.conversations_list(types="public_channel,private_channel")
        assert [c["name"] for c in listed["channels"]] == ["practicum"]
        assert [c["name"] for c in (await app.users_conversations())["channels"]] == ["practicum"]
        direct = (await app.conversations_open(users=[ana.id]))["channel"]["id"]
        await app.chat_postMessage(channel=ana.id, text="hello Ana")
        assert [m.text for m in ws.dms(ana)] == ["hello Ana"]
        assert ws.dms(ana)[0].channel.id == direct
        gone = ws.user("Gone Away", deleted=True)
        assert (await refused(app.conversations_open(users=[gone.id])))["error"] == "user_disabled"
        ws.channel("open")
        opened = next(c for c in (await app.conversations_list())["channels"] if c["name"] == "open")
        assert (await app.conversations_join(channel=opened["id"]))["channel"]["is_member"]
        assert (await app.team_info())["team"]["name"] == "Practicum"
        assert (await app.bots_info(bot=ws.bot.bot_id))["bot"]["app_id"] == ws.app_id


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_a_second_team_is_installed_by_oauth() -> None:
    async with Workspace() as ws:
        other = ws.team("Other School", installed=False)
        code = ws.oauth_code(other)
        given = await AsyncWebClient(base_url=ws.api_url).oauth_v2_access(
            client_id=ws.client_id, client_secret=ws.client_secret, code=code
        )
        assert given["team"]["id"] == other.id
        app = client(ws, given["access_token"])
        assert (await app.auth_test())["team_id"] == other.id
        here = ws.channel("practicum", [ws.bot])
        assert (await refused(app.chat_postMessage(channel=here.id, text="x")))["error"] == "channel_not_found"


async def test_a_response_url_works_five_times() -> None:
    async with Workspace() as ws:
        ana = ws.user("Ana Lopez")
        channel = ws.channel("practicum", [ana, ws.bot])
        await client(ws).chat_postEphemeral(channel=channel.id, user=ana.id, text="first")
        whisper = ws.ephemerals(ana)[0]
        hook = AsyncWebhookClient(ws.new_response_url(ana, channel, whisper))
        assert (await hook.send(text="second", replace_original=True)).status_code == 200
        assert (whisper.text, whisper.versions) == ("second", ["first", "second"])
        await hook.send(delete_original=True)
        assert ws.ephemerals(ana) == []
        await hook.send(text="anew", replace_original=False)
        await hook.send(text="to all", replace_original=False, response_type="in_channel")
        assert [e.text for e in ws.ephemerals(ana)] == ["anew"]
        assert [m.text for m in ws.said(channel)] == ["to all"]
        await hook.send(text="ambiguous")
        assert "replace_original" in ws.forgive()[0]
        assert (await hook.send(text="sixth", replace_original=False)).status_code == 404


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("hi <@U012AB> & co", "hi <@U012AB> &amp; co"),
        ("see https://example.org/a?b=1.", "see <https://example.org/a?b=1>."),
        ("mail ana@example.org", "mail <mailto:ana@example.org|ana@example.org>"),
        ("www.example.org", "<http://www.example.org|www.example.org>"),
    ],
)
def test_what_is_typed_arrives_as_slack_writes_it(text: str, wire: str) -> None:
    assert typed(text) == wire
