"""`chat.*`: what the app writes, checked as strictly as Slack checks it."""

from typing import Any

from tests.slack import blocks as kit
from tests.slack.api import Asked, RefusedError, method
from tests.slack.state import Channel, Json, Message, User, fill_block_ids

HISTORY = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def find_channel(asked: Asked, id_: str) -> Channel:
    """The channel, unless the app may not even know of it."""
    channel = asked.ws.state.channels.get(id_)
    hidden = channel is not None and channel.kind != "channel" and asked.app.bot not in channel.members
    if channel is None or hidden or (channel.team is not asked.app.team and not channel.shared):
        raise RefusedError("channel_not_found")
    return channel


def find_user(asked: Asked, id_: str) -> User:
    user = asked.ws.state.users.get(id_)
    if user is None:
        raise RefusedError("user_not_found")
    return user


def content(asked: Asked, args: Json) -> tuple[str, list[Json]]:
    """Text and blocks as they are kept; refuses what Slack refuses, and records what it only dislikes."""
    ws, text, blocks = asked.ws, str(args.get("text", "")), args.get("blocks") or []
    if not text and not blocks and not args.get("attachments"):
        raise RefusedError("no_text")
    if errors := kit.message_errors(blocks):
        ws.problem(f"{asked.method}: {errors}")
        raise RefusedError(
            "invalid_blocks", errors=[e.removeprefix("[ERROR] ") for e in errors], response_metadata={"messages": errors}
        )
    if kit.too_long(blocks):
        ws.problem(f"{asked.method}: the blocks together are too long")
        raise RefusedError("msg_blocks_too_long")
    if blocks and not text:
        ws.problem(f"{asked.method}: blocks without top-level text, so screen readers and notifications have nothing to say")
    if len(text) > 40_000:
        ws.problem(f"{asked.method}: text of more than 40,000 characters is cut off")
        text = text[:40_000]
    return text, fill_block_ids(blocks, ws.state.ids)


def metadata(args: Json) -> Json | None:
    """Message metadata: a type, and a payload of scalars or of one level of flat objects."""
    given = args.get("metadata")
    if not given:
        return None
    payload = given.get("event_payload") if isinstance(given, dict) else None
    if not isinstance(payload, dict) or not isinstance(given.get("event_type"), str):
        raise RefusedError("invalid_metadata_format")
    for value in payload.values():
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        if any(isinstance(v, dict | list) for v in inner):
            raise RefusedError("invalid_metadata_schema")
    return {"event_type": given["event_type"], "event_payload": payload}


def message_json(message: Message, *, with_metadata: bool = True) -> Json:
    """A message as events and history show it."""
    found: dict[str, Any] = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    found |= {"team": message.channel.team.id}
    optional = {
        "subtype": message.subtype,
        "bot_id": message.bot_id,
        "client_msg_id": message.client_msg_id,
        "blocks": message.blocks,
        "files": message.files,
        "attachments": message.attachments,
        "edited": message.edited,
        "thread_ts": message.thread_ts,
        "metadata": message.metadata if with_metadata else None,
    }
    found |= {name: value for name, value in optional.items() if value}
    replies = [m for m in message.channel.thread(message.ts) if m is not message]
    if replies and not message.thread_ts:
        users = list(dict.fromkeys(m.user for m in replies))
        found |= {"thread_ts": message.ts, "reply_count": len(replies), "reply_users": users, "latest_reply": replies[-1].ts}
    elif message.thread_ts and (parent := message.channel.messages.get(message.thread_ts)):
        found["parent_user_id"] = parent.user
    return found


def writable(asked: Asked, channel: Channel) -> None:
    if asked.app.bot not in channel.members and "chat:write.public" not in asked.app.scopes:
        raise RefusedError("not_in_channel")
    if channel.archived:
        raise RefusedError("is_archived")
    if channel.kind == "im" and not asked.ws.messages_tab:
        raise RefusedError("messages_tab_disabled")


def thread_of(asked: Asked, channel: Channel) -> str:
    ts = str(asked.args.get("thread_ts") or "")
    parent = channel.messages.get(ts)
    if ts and (parent is None or parent.thread_ts):
        asked.ws.problem(f"{asked.method}: thread_ts names no first message of a thread")
        raise RefusedError("cannot_reply_to_message")
    return ts


@method("chat.postMessage", "chat:write", json=True)
def post_message(asked: Asked) -> Json:
    where = asked.required("channel")
    state = asked.ws.state
    if where in state.users:
        user = state.users[where]
        if user.deleted or user.is_bot:
            raise RefusedError("channel_not_found")
        channel = state.dm(user, asked.app.bot)
    else:
        channel = find_channel(asked, where)
    writable(asked, channel)
    text, blocks = content(asked, asked.args)
    thread_ts, meta = thread_of(asked, channel), metadata(asked.args)
    broadcast = thread_ts and asked.flag("reply_broadcast")
    subtype = "thread_broadcast" if broadcast else ""
    message = state.add(channel, asked.app.bot, text, blocks=blocks, thread_ts=thread_ts, metadata=meta, subtype=subtype)
    asked.ws.told(message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(message)}


@method("chat.postEphemeral", "chat:write", json=True)
def post_ephemeral(asked: Asked) -> Json:
    channel = find_channel(asked, asked.required("channel"))
    target = find_user(asked, asked.required("user"))
    if asked.app.bot not in channel.members:
        raise RefusedError("not_in_channel")
    if channel.archived:
        raise RefusedError("is_archived")
    if target not in channel.members or target.deleted:
        raise RefusedError("user_not_in_channel")
    text, blocks = content(asked, asked.args)
    whisper = asked.ws.state.add_ephemeral(channel, target, text, blocks, str(asked.args.get("thread_ts") or ""))
    return {"message_ts": whisper.ts}


def own_message(asked: Asked, error: str) -> Message:
    channel = find_channel(asked, asked.required("channel"))
    message = channel.messages.get(asked.required("ts"))
    if message is None or message.deleted:
        raise RefusedError("message_not_found")
    if message.user != asked.app.bot.id:
        raise RefusedError(error)
    return message


@method("chat.update", "chat:write", json=True)
def update(asked: Asked) -> Json:
    message = own_message(asked, "cant_update_message")
    text, blocks = content(asked, {"text": message.text, **asked.args})
    if "text" not in asked.args and blocks:
        asked.ws.problem("chat.update: new blocks keep the old top-level text; give the text too")
    asked.ws.change(message, text, blocks if "blocks" in asked.args else [], metadata(asked.args) or message.metadata)
    return {"channel": message.channel.id, "ts": message.ts, "text": text, "message": message_json(message)}


@method("chat.delete", "chat:write", json=True)
def delete(asked: Asked) -> Json:
    message = own_message(asked, "cant_delete_message")
    asked.ws.drop(message)
    return {"channel": message.channel.id, "ts": message.ts}


@method("chat.getPermalink")
def permalink(asked: Asked) -> Json:
    channel = find_channel(asked, asked.required("channel"))
    ts = asked.required("message_ts")
    message = channel.messages.get(ts)
    if message is None or message.deleted:
        raise RefusedError("message_not_found")
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"https://{channel.team.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}
