"""The JSON that Slack sends: envelopes, events, slash commands and interactions."""

import re
import time
from typing import TYPE_CHECKING

from tests.slack.methods_chat import message_json
from tests.slack.methods_views import view_json
from tests.slack.state import Channel, Ephemeral, Installation, Json, Message, User, View

if TYPE_CHECKING:
    from tests.slack.workspace import Workspace

TOKEN = re.compile(r"(<(?:@[UW]\w+|#C\w+(?:\|[^>]*)?|!\w+(?:\^\w+)?(?:\|[^>]*)?|(?:https?|mailto|tel):[^>]+)>)")
LINK = re.compile(r"https?://[^\s<>]*[\w/]|\bwww\.[\w.-]*\w|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def typed(text: str) -> str:
    """What somebody typed as Slack passes it on: three characters escaped, addresses made links, `<@U…>` left alone."""
    parts = TOKEN.split(text)
    for n in range(0, len(parts), 2):
        escaped = re.sub(r"[&<>]", lambda found: ESCAPED[found[0]], parts[n])
        parts[n] = LINK.sub(lambda found: _link(found[0]), escaped)
    return "".join(parts)


def _link(address: str) -> str:
    if address.startswith("http"):
        return f"<{address}>"
    return f"<http://{address}|{address}>" if address.startswith("www.") else f"<mailto:{address}|{address}>"


def rich_text(ws: "Workspace", text: str) -> list[Json]:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": f"b{next(ws.state.ids)}", "elements": [section]}]


def whole(ws: "Workspace", message: Message) -> Json:
    """A message with what only events carry: the app that wrote it."""
    found = message_json(message)
    author = ws.state.users[message.user]
    if message.channel.shared:
        found |= {"team": author.team.id, "user_team": author.team.id, "source_team": author.team.id}
    if message.bot_id:
        app_id = ws.app_id if any(i.bot is author for i in ws.state.installations) else "A0OTHER"
        found |= {"app_id": app_id, "bot_profile": {"id": message.bot_id, "name": author.real_name, "app_id": app_id}}
    return found


def envelope(ws: "Workspace", app: Installation, event: Json, channel: Channel | None) -> Json:
    """The outer part of every event."""
    authorization = {"enterprise_id": None, "team_id": app.team.id, "user_id": app.bot.id, "is_bot": True}
    found: Json = {"token": ws.verification_token, "team_id": app.team.id, "context_team_id": app.team.id}
    found |= {"context_enterprise_id": None, "api_app_id": ws.app_id, "event": event, "type": "event_callback"}
    found |= {"event_id": ws.state.new_id("Ev"), "event_time": int(time.time())}
    found |= {"authorizations": [{**authorization, "is_enterprise_install": False}]}
    return {**found, "is_ext_shared_channel": bool(channel and channel.shared), "event_context": ws.state.new_id("4-")}


def in_channel(channel: Channel, ts: str) -> Json:
    return {"channel": channel.id, "channel_type": channel.kind, "event_ts": ts}


def posted(ws: "Workspace", message: Message) -> Json:
    event = {**whole(ws, message), **in_channel(message.channel, message.ts)}
    if message.subtype == "thread_broadcast":
        event["root"] = message_json(message.channel.messages[message.thread_ts])
    return event


def changed(ws: "Workspace", message: Message, previous: Json) -> Json:
    ts = ws.state.new_ts()
    event = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": ts}
    return {**event, "message": whole(ws, message), "previous_message": previous, **in_channel(message.channel, ts)}


def removed(ws: "Workspace", message: Message, previous: Json) -> Json:
    """A deletion; the first message of a thread with answers leaves a tombstone instead."""
    ts = ws.state.new_ts()
    event: Json = {"type": "message", "hidden": True, "ts": ts, "previous_message": previous}
    event |= in_channel(message.channel, ts)
    if any(m.thread_ts == message.ts for m in message.channel.standing()):
        stone = {"type": "message", "subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
        return {
            **event,
            "subtype": "message_changed",
            "message": {**stone, "hidden": True, "ts": message.ts, "thread_ts": message.ts},
        }
    return {**event, "subtype": "message_deleted", "deleted_ts": message.ts}


def channel_name(channel: Channel) -> str:
    return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)


def command(ws: "Workspace", user: User, channel: Channel, name: str, text: str) -> dict[str, str]:
    """A slash command's form."""
    form = {"token": ws.verification_token, "team_id": user.team.id, "team_domain": user.team.domain}
    form |= {"channel_id": channel.id, "channel_name": channel_name(channel), "user_id": user.id, "user_name": user.name}
    form |= {"command": name, "text": text, "api_app_id": ws.app_id, "is_enterprise_install": "false"}
    return {**form, "response_url": ws.new_response_url(user, channel, None), "trigger_id": ws.new_trigger(user)}


def _interaction(ws: "Workspace", kind: str, user: User) -> Json:
    who = {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team.id}
    found: Json = {"type": kind, "token": ws.verification_token, "api_app_id": ws.app_id, "user": who}
    team = {"id": user.team.id, "domain": user.team.domain}
    return {**found, "team": team, "enterprise": None, "is_enterprise_install": False}


def view_payload(ws: "Workspace", view: View) -> Json:
    app = ws.installation(view.team)
    return view_json(view, view.team.id, ws.app_id, app.bot.bot_id)


def block_actions(ws: "Workspace", user: User, place: Message | Ephemeral | View, action: Json) -> Json:
    """A click or a choice. In an ephemeral message there is no `message` to read back."""
    found = _interaction(ws, "block_actions", user)
    if isinstance(place, View):
        found |= {"container": {"type": "view", "view_id": place.id}, "view": view_payload(ws, place)}
        return {**found, "trigger_id": ws.new_trigger(user, place), "actions": [action]}
    quiet = isinstance(place, Ephemeral)
    container = {"type": "message", "message_ts": place.ts, "channel_id": place.channel.id, "is_ephemeral": quiet}
    if place.thread_ts:
        container["thread_ts"] = place.thread_ts
    found |= {"container": container, "channel": {"id": place.channel.id, "name": channel_name(place.channel)}}
    if isinstance(place, Message):
        found["message"] = whole(ws, place)
    chosen = {key: value for key, value in action.items() if key == "type" or key.startswith("selected_")}
    kept = {action["block_id"]: {action["action_id"]: chosen}} if action["type"] not in ("button", "overflow") else {}
    found |= {"state": {"values": kept}, "response_url": ws.new_response_url(user, place.channel, place)}
    return {**found, "trigger_id": ws.new_trigger(user), "actions": [action]}


def submission(ws: "Workspace", view: View) -> Json:
    found = _interaction(ws, "view_submission", view.user)
    return {**found, "trigger_id": ws.new_trigger(view.user, view), "view": view_payload(ws, view), "response_urls": []}


def closing(ws: "Workspace", view: View, *, cleared: bool) -> Json:
    return {**_interaction(ws, "view_closed", view.user), "view": view_payload(ws, view), "is_cleared": cleared}


def message_action(ws: "Workspace", user: User, message: Message, callback_id: str) -> Json:
    found = _interaction(ws, "message_action", user)
    where = {"id": message.channel.id, "name": channel_name(message.channel)}
    found |= {"callback_id": callback_id, "action_ts": ws.state.new_ts(), "message_ts": message.ts, "channel": where}
    found |= {"message": whole(ws, message), "response_url": ws.new_response_url(user, message.channel, message)}
    return {**found, "trigger_id": ws.new_trigger(user)}


def shortcut(ws: "Workspace", user: User, callback_id: str) -> Json:
    found = _interaction(ws, "shortcut", user)
    return {**found, "callback_id": callback_id, "action_ts": ws.state.new_ts(), "trigger_id": ws.new_trigger(user)}
