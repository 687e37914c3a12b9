"""`conversations.*`, `users.*`, `auth.*` and the rest: what the app reads."""

import base64
from typing import Any

from tests.slack.api import Asked, RefusedError, method
from tests.slack.methods_chat import HISTORY, find_channel, find_user, message_json
from tests.slack.state import Channel, Installation, Json, User


def paged(asked: Asked, key: str, rows: list[Any], most: int = 100) -> Json:
    """One page, and the cursor of the next."""
    limit = min(int(asked.args.get("limit") or most), 1000)
    try:
        start = int(base64.b64decode(str(asked.args.get("cursor", ""))) or 0)
    except ValueError:
        raise RefusedError("invalid_cursor") from None
    more = start + limit < len(rows)
    cursor = base64.b64encode(str(start + limit).encode()).decode() if more else ""
    return {key: rows[start : start + limit], "response_metadata": {"next_cursor": cursor}}


def user_json(user: User, asked: Asked) -> Json:
    found: Json = {"id": user.id, "team_id": user.team.id, "name": user.name, "deleted": user.deleted, "is_bot": user.is_bot}
    found |= {"real_name": user.real_name, "tz": "America/Edmonton", "tz_offset": -25200, "profile": profile(user, asked)}
    if not user.deleted:
        found |= {"is_admin": user.is_admin, "is_owner": user.is_owner, "is_primary_owner": False}
        found |= {"is_restricted": user.is_restricted, "is_ultra_restricted": user.is_ultra_restricted, "is_app_user": False}
    if user.team is not asked.app.team:
        found["is_stranger"] = True
    return found


def profile(user: User, asked: Asked) -> Json:
    first, _, last = user.real_name.partition(" ")
    found = {"real_name": user.real_name, "display_name": user.name, "first_name": first, "last_name": last, "team": user.team.id}
    found |= {"real_name_normalized": user.real_name, "display_name_normalized": user.name, "title": "", "status_text": ""}
    if "users:read.email" in asked.app.scopes:
        found["email"] = user.email
    return found


def channel_json(channel: Channel, asked: Asked) -> Json:
    kinds = {f"is_{kind}": channel.kind == kind for kind in ("channel", "group", "im", "mpim")}
    found: Json = {"id": channel.id, **kinds, "is_archived": channel.archived, "context_team_id": asked.app.team.id}
    if channel.kind == "im":
        other = next(m for m in channel.members if m is not asked.app.bot)
        return {**found, "user": other.id, "is_user_deleted": other.deleted, "is_org_shared": False}
    found |= {"name": channel.name, "name_normalized": channel.name, "is_private": channel.kind != "channel", "is_general": False}
    found |= {"is_shared": channel.shared, "is_ext_shared": channel.shared, "is_org_shared": False}
    found |= {"is_member": asked.app.bot in channel.members, "topic": {"value": channel.topic}, "purpose": {"value": ""}}
    if asked.flag("include_num_members"):
        found["num_members"] = len(channel.members)
    return found


@method("auth.test", json=True)
def auth_test(asked: Asked) -> Json:
    app, team = asked.app, asked.app.team
    names = {"url": f"https://{team.domain}.slack.com/", "team": team.name, "user": app.bot.name}
    return {**names, "team_id": team.id, "user_id": app.bot.id, "bot_id": app.bot.bot_id, "is_enterprise_install": False}


@method("auth.revoke")
def auth_revoke(asked: Asked) -> Json:
    if not asked.flag("test"):
        asked.ws.revoke(asked.app)
    return {"revoked": not asked.flag("test")}


@method("apps.connections.open", token="app", json=True)
def connections_open(asked: Asked) -> Json:
    return {"url": asked.ws.socket.new_url()}


@method("oauth.v2.access", token="")
def oauth_access(asked: Asked) -> Json:
    if (asked.args.get("client_id"), asked.args.get("client_secret")) != (asked.ws.client_id, asked.ws.client_secret):
        raise RefusedError("bad_client_secret")
    app = _renewed(asked) if asked.args.get("grant_type") == "refresh_token" else _installed(asked)
    team, more = app.team, asked.ws.rotate(app)
    found: Json = {
        **more,
        "access_token": app.token,
        "token_type": "bot",
        "scope": ",".join(sorted(app.scopes)),
        "bot_user_id": app.bot.id,
    }
    found |= {"app_id": asked.ws.app_id, "team": {"id": team.id, "name": team.name}, "enterprise": None}
    installer = next((u for u in asked.ws.state.users.values() if u.team is team and u.is_admin), app.bot)
    return {**found, "is_enterprise_install": False, "authed_user": {"id": installer.id}}


def _installed(asked: Asked) -> Installation:
    team = asked.ws.state.oauth_codes.pop(str(asked.args.get("code")), None)
    if team is None:
        raise RefusedError("invalid_code")
    return asked.ws.state.install(team, asked.ws.scopes)


def _renewed(asked: Asked) -> Installation:
    """Whose token is to be renewed; what renews it works once."""
    given = asked.required("refresh_token")
    app = next((app for app in asked.ws.state.installations if app.refresh == given and not app.revoked), None)
    if app is None:
        raise RefusedError("invalid_refresh_token")
    return app


@method("team.info", "team:read")
def team_info(asked: Asked) -> Json:
    team = asked.app.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": ""}}


@method("bots.info", "users:read")
def bots_info(asked: Asked) -> Json:
    bot = asked.args.get("bot", asked.app.bot.bot_id)
    user = next((u for u in asked.ws.state.users.values() if u.bot_id and u.bot_id == bot), None)
    if user is None:
        raise RefusedError("bot_not_found")
    ours = any(i.bot is user for i in asked.ws.state.installations)
    app_id = asked.ws.app_id if ours else "A0OTHER"
    return {"bot": {"id": bot, "deleted": user.deleted, "name": user.real_name, "user_id": user.id, "app_id": app_id}}


@method("users.info", "users:read")
def users_info(asked: Asked) -> Json:
    return {"user": user_json(find_user(asked, asked.required("user")), asked)}


@method("users.list", "users:read")
def users_list(asked: Asked) -> Json:
    team = [u for u in asked.ws.state.users.values() if u.team is asked.app.team]
    return paged(asked, "members", [user_json(user, asked) for user in team])


@method("users.getPresence", "users:read")
def presence(asked: Asked) -> Json:
    return {"presence": find_user(asked, asked.required("user")).presence}


@method("users.profile.get", "users.profile:read")
def profile_get(asked: Asked) -> Json:
    return {"profile": profile(find_user(asked, asked.required("user")), asked)}


@method("conversations.open", "im:write", "mpim:write", json=True)
def conversations_open(asked: Asked) -> Json:
    users = str(asked.required("users")).split(",")
    if len(users) > 1:
        raise RefusedError("not_emulated")
    user = asked.ws.state.users.get(users[0])
    if user is None:
        raise RefusedError("user_not_found")
    if user.is_bot:
        raise RefusedError("cannot_dm_bot")
    if user.deleted:
        raise RefusedError("user_disabled")
    channel = asked.ws.state.dm(user, asked.app.bot)
    whole = channel_json(channel, asked) if asked.flag("return_im") else {"id": channel.id}
    return {"channel": whole, "no_op": True, "already_open": True}


@method("conversations.info")
def conversations_info(asked: Asked) -> Json:
    channel = find_channel(asked, asked.required("channel"))
    asked.needs(f"{HISTORY[channel.kind]}:read")
    return {"channel": channel_json(channel, asked)}


@method("conversations.members")
def conversations_members(asked: Asked) -> Json:
    channel = find_channel(asked, asked.required("channel"))
    asked.needs(f"{HISTORY[channel.kind]}:read")
    return paged(asked, "members", [member.id for member in channel.members])


@method("conversations.list")
def conversations_list(asked: Asked) -> Json:
    types = str(asked.args.get("types") or "public_channel").split(",")
    kinds = [{"public_channel": "channel", "private_channel": "group"}.get(name, name) for name in types]
    for kind in kinds:
        asked.needs(f"{HISTORY.get(kind, kind)}:read")
    rows = []
    for channel in asked.ws.state.channels.values():
        known = channel.kind == "channel" or asked.app.bot in channel.members
        skipped = channel.archived and asked.flag("exclude_archived")
        if channel.kind in kinds and known and not skipped and channel.team is asked.app.team:
            rows.append(channel_json(channel, asked))
    return paged(asked, "channels", rows)


@method("users.conversations")
def users_conversations(asked: Asked) -> Json:
    found = conversations_list(asked)["channels"]
    return {"channels": [c for c in found if asked.app.bot in asked.ws.state.channels[c["id"]].members]}


def read(asked: Asked) -> Channel:
    channel = find_channel(asked, asked.required("channel"))
    asked.needs(f"{HISTORY[channel.kind]}:history")
    if asked.app.bot not in channel.members:
        raise RefusedError("not_in_channel")
    return channel


def within(asked: Asked, ts: str) -> bool:
    """Whether a message lies between `oldest` and `latest`."""
    oldest, latest = str(asked.args.get("oldest") or "0"), str(asked.args.get("latest") or "9999999999.9")
    inside = float(oldest) < float(ts) < float(latest)
    return inside or (asked.flag("inclusive") and ts in (oldest, latest))


@method("conversations.history")
def history(asked: Asked) -> Json:
    top = [m for m in read(asked).standing() if not m.thread_ts or m.subtype == "thread_broadcast"]
    kept = [m for m in reversed(top) if within(asked, m.ts)]
    rows = [message_json(m, with_metadata=asked.flag("include_all_metadata")) for m in kept]
    page = paged(asked, "messages", rows)
    return {**page, "has_more": bool(page["response_metadata"]["next_cursor"])}


@method("conversations.replies")
def replies(asked: Asked) -> Json:
    channel, ts = read(asked), asked.required("ts")
    thread = channel.thread(ts)
    if not thread:
        raise RefusedError("thread_not_found")
    kept = [m for m in thread if m.ts == ts or within(asked, m.ts)]
    rows = [message_json(m, with_metadata=asked.flag("include_all_metadata")) for m in kept]
    page = paged(asked, "messages", rows)
    return {**page, "has_more": bool(page["response_metadata"]["next_cursor"])}


@method("conversations.join", "channels:join", json=True)
def join(asked: Asked) -> Json:
    channel = find_channel(asked, asked.required("channel"))
    if channel.kind != "channel":
        raise RefusedError("method_not_supported_for_channel_type")
    if channel.archived:
        raise RefusedError("is_archived")
    known = asked.app.bot in channel.members
    if not known:
        asked.ws.joined(channel, asked.app.bot)
    return {"channel": channel_json(channel, asked), **({"warning": "already_in_channel"} if known else {})}
