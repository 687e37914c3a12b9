"""What Slack sends → events and presses; pure. What says nothing to us is None."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from bots.payload import Payload, part
from bots.press import Press
from bots.press import question as put
from core.errors import InputError
from core.ports import Event, Happened, Message
from core.scan.reading import File
from core.text import MAX_CHARACTERS

SCANNED = frozenset({None, "file_share", "thread_broadcast", "me_message"})  # subtypes of messages that people write
MOST_FILES = 20
_MENTION = r"<@{}(?:\|[^<>]*)?>[\s,:]*"  # with a label in older clients


def platform(body: Payload) -> str:
    """Slack with the workspace, the part in front of every id. Raises InputError."""
    authorized = body.get("authorizations")
    ours = part(authorized[0]).get("team_id") if isinstance(authorized, list) and authorized else None
    ours = part(body.get("view")).get("app_installed_team_id") or ours  # the rest names others in channels shared with them
    team = ours or body.get("team_id") or part(body.get("team")).get("id") or part(body.get("user")).get("team_id")
    if not isinstance(team, str) or not team:
        raise InputError("the payload names no workspace")
    return f"slack:{team}"


def event(body: Payload, bot: str, parent: str | None = None) -> Event | None:
    """What happened to a message; `bot` is our own user id, `parent` the first message of its thread."""
    outer = part(body.get("event"))
    subtype = outer.get("subtype")
    inner, happened = outer, Happened.POSTED
    if subtype == "message_changed":
        inner, happened = part(outer.get("message")), Happened.EDITED
        before = part(outer.get("previous_message"))
        if before and (before.get("text"), _names(before)) == (inner.get("text"), _names(inner)):
            return None  # a link was unfurled, or a thread grew
        if inner.get("subtype") == "tombstone":  # a thread's first message was deleted
            inner, happened = {**before, "subtype": None}, Happened.DELETED
    elif subtype == "message_deleted":
        inner, happened = {**part(outer.get("previous_message")), "ts": outer.get("deleted_ts")}, Happened.DELETED
    kind, user = inner.get("subtype"), inner.get("user")
    if not (kind is None or (isinstance(kind, str) and kind in SCANNED)) or inner.get("bot_id"):
        return None
    if not isinstance(user, str) or user in {"", bot, "USLACKBOT"}:
        return None
    text, channel = str(inner.get("text") or ""), outer.get("channel")
    ts, thread = inner.get("ts"), inner.get("thread_ts")
    if not isinstance(channel, str) or not isinstance(ts, str):
        raise InputError("the event names no channel or no time")
    direct = outer.get("channel_type") == "im" or channel.startswith("D")
    asked = direct or outer.get("type") == "app_mention" or bool(re.search(_MENTION.format(re.escape(bot)), text))
    return Event(
        platform=platform(body),
        id=str(body.get("event_id") or f"{channel}-{ts}-{happened}"),
        happened=happened,
        at=_at(ts if happened is Happened.POSTED else str(outer.get("event_ts") or datetime.now(UTC).timestamp())),
        message=Message(
            id=ts,
            author=user,
            channel=channel,
            sent_at=_at(ts),
            to_bot=asked,
            private=direct,
            thread=thread if isinstance(thread, str) and thread != ts else None,
            text=_blanked(text, bot)[:MAX_CHARACTERS],
            parent=parent,
            files=tuple(_files(inner)),
        ),
    )


def teams(body: Payload) -> set[str]:
    """Where the author of a message is at home, as far as Slack says so: a workspace or an organisation."""
    outer = part(body.get("event"))
    inner = part(outer.get("message")) if outer.get("subtype") == "message_changed" else outer
    named = (found.get(name) for found in (inner, outer) for name in ("user_team", "source_team"))
    return {team for team in named if isinstance(team, str)}


def thread_of(body: Payload) -> tuple[str, str] | None:
    """Channel and first message of the thread that a reply stands in."""
    outer = part(body.get("event"))
    inner = part(outer.get("message")) if outer.get("subtype") == "message_changed" else outer
    channel, ts, thread = outer.get("channel"), inner.get("ts"), inner.get("thread_ts")
    if isinstance(channel, str) and isinstance(thread, str) and thread != ts and outer.get("subtype") != "message_deleted":
        return channel, thread
    return None


def question(body: Payload, text: str, channel: str, name: str, thread: str = "") -> Event:
    """A question put by a command or a form; `name` is what Slack calls this once."""
    person = body.get("user_id") or part(body.get("user")).get("id")
    return put(platform(body), name, str(person), text, channel, thread)


def press(body: Payload) -> Press:
    """A button pressed or a form sent. Raises InputError."""
    person = part(body.get("user")).get("id")
    if not isinstance(person, str):
        raise InputError("the payload names nobody")
    view = part(body.get("view"))
    if body.get("type") == "view_submission":
        do, value, inputs = str(view.get("callback_id")), origin(view)[0], dict(_inputs(view))
    else:
        actions = body.get("actions")
        action = part(actions[0]) if isinstance(actions, list) and actions else {}
        do, value, inputs = str(action.get("action_id", "")).partition(":")[0], str(action.get("value") or ""), {}
    name = str(body.get("trigger_id") or view.get("id") or "")
    return Press(platform=platform(body), id=name, person=person, do=do, at=datetime.now(UTC), value=value, inputs=inputs)


def origin(view: Payload) -> tuple[str, str, str]:
    """What a form carries: its value, and channel and thread that it was opened from. Raises InputError."""
    try:
        value, channel, thread = json.loads(view.get("private_metadata") or '["","",""]')
    except ValueError:
        raise InputError("this form is of another version; open it anew") from None
    return str(value), str(channel), str(thread)


def page(view: Payload) -> int:
    """Which page of the Home tab somebody was on."""
    return number(view.get("private_metadata"))


def number(given: object) -> int:
    """A page's number as it was sent along; the first one's for anything else."""
    return int(given) if isinstance(given, str) and given.isdecimal() and len(given) <= 3 else 0


def place(body: Payload) -> tuple[str, str]:
    """Channel and thread in which a button was pressed or a shortcut taken; empty where there is none."""
    message, container = part(body.get("message")), part(body.get("container"))
    channel = part(body.get("channel")).get("id") or container.get("channel_id") or ""
    thread = message.get("thread_ts") or container.get("thread_ts") or ""
    return str(channel), str(thread)


def files(view: Payload) -> Iterator[tuple[str, Payload]]:
    """Each field of a form that a file was put into, with what Slack says of the file."""
    for name, actions in part(part(view.get("state")).get("values")).items():
        for given in part(actions).values():
            put_in = part(given).get("files")
            if isinstance(put_in, list) and put_in:
                yield name, part(put_in[0])


def _inputs(view: Payload) -> Iterator[tuple[str, str]]:
    """Each field of a form with what was put in; several values are joined by commas."""
    for name, actions in part(part(view.get("state")).get("values")).items():
        for given in part(actions).values():
            yield name, _given(part(given))


def _given(given: Payload) -> str:
    for key in ("value", "selected_date", "selected_time", "selected_conversation", "selected_channel", "selected_user"):
        if isinstance(given.get(key), str):
            return str(given[key])
    if option := part(given.get("selected_option")):
        return str(option.get("value", ""))
    several: list[object] = next(
        (given[key] for key in given if key.startswith("selected_") and isinstance(given[key], list)), []
    )
    return ",".join(str(part(one).get("value", "")) if isinstance(one, dict) else str(one) for one in several)


def _files(message: Payload) -> Iterator[File]:
    files = message.get("files")
    for file in map(part, files[:MOST_FILES] if isinstance(files, list) else []):
        name = file.get("name") or file.get("title")
        if isinstance(name, str):
            yield File(name, str(file.get("mimetype") or ""))


def _names(message: Payload) -> list[tuple[str, str]]:
    return [(file.name, file.mimetype) for file in _files(message)]


def _blanked(text: str, bot: str) -> str:
    """Without our own name, with every other character in its place."""
    return re.sub(_MENTION.format(re.escape(bot)), lambda found: " " * len(found[0]), text)


def _at(ts: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        raise InputError("the event's time is no time") from None
