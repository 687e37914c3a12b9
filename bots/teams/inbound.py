"""What Teams sends → events and presses; pure. What says nothing to us is None."""

import hashlib
import mimetypes
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from bots.payload import Payload, part
from bots.press import Press
from bots.press import question as put
from core.errors import InputError
from core.ports import Event, Happened, Message
from core.scan.reading import File
from core.text import MAX_CHARACTERS, plain

PERSONAL = "personal"
DATA = "practicum"  # what our buttons and forms carry beside the fields that were filled in
HTML = "text/html"
DOWNLOAD = "application/vnd.microsoft.teams.file.download.info"
MOST_FILES = 20
_HAPPENED = {"message": Happened.POSTED, "messageUpdate": Happened.EDITED, "messageDelete": Happened.DELETED}
_IMAGE = re.compile(r"<img\b[^<>]{0,2000}>", re.IGNORECASE)
_EMOJI = re.compile(r"schema\.skype\.com/Emoji", re.IGNORECASE)
_BEHIND = r"(?:&nbsp;|[\s,:\xa0])*"


def tenant(body: Payload) -> str:
    """The id of the tenant that an activity comes from. Raises InputError."""
    data, conversation = part(body.get("channelData")), part(body.get("conversation"))
    named = {found for found in (part(data.get("tenant")).get("id"), conversation.get("tenantId")) if found}
    if len(named) != 1 or not isinstance(only := named.pop(), str):
        raise InputError("the activity names no tenant, or two")
    return only


def platform(body: Payload) -> str:
    """Teams with the tenant, the part in front of every id. Raises InputError."""
    return f"teams:{tenant(body)}"


def person(body: Payload) -> str:
    """Who did it: their directory id, or Teams' own where it gives none; empty for bots and for Teams itself."""
    return identity(part(body.get("from")))


def identity(account: Payload) -> str:
    """Somebody of a roster, a mention or an activity, by the one id that the rest of the product knows; empty for bots."""
    own = account.get("id")
    if account.get("role") == "bot" or (isinstance(own, str) and own.startswith("28:")):
        return ""
    found = account.get("aadObjectId") or account.get("objectId") or own
    return found if isinstance(found, str) else ""


def place(body: Payload) -> tuple[str, str]:
    """The conversation, and the message that its thread began with; empty outside of channels. Raises InputError."""
    name = part(body.get("conversation")).get("id")
    if not isinstance(name, str) or not name:
        raise InputError("the activity names no conversation")
    channel, _, thread = name.partition(";messageid=")
    return channel, thread


def personal(body: Payload) -> bool:
    """Whether it stands in somebody's own conversation with the bot; two people's own is called personal as well."""
    conversation = part(body.get("conversation"))
    return conversation.get("conversationType") == PERSONAL and not str(conversation.get("id")).startswith("19:")


def shared(channel: str) -> bool:
    """Whether the bot can say something to others in a conversation."""
    return channel.startswith("19:") and not channel.endswith("@unq.gbl.spaces")


def team(body: Payload) -> str:
    """The team that a channel belongs to, by the id that its roster is asked with; empty outside of teams."""
    found = part(part(body.get("channelData")).get("team")).get("id")
    return found if isinstance(found, str) else ""


def event(body: Payload, parent: str | None = None) -> Event | None:
    """What happened to a message; `parent` is the first message of its thread. Raises InputError."""
    happened, author = _HAPPENED.get(str(body.get("type"))), person(body)
    if happened is None or not author or (happened is Happened.POSTED and carried(body) is not None):
        return None
    channel, thread = place(body)
    name = body.get("id")
    if not isinstance(name, str) or not name:
        raise InputError("the activity has no id")
    own = str(part(body.get("recipient")).get("id") or "")
    text = "" if happened is Happened.DELETED else _blanked(body, own)
    at = _at(body)
    return Event(
        platform=platform(body),
        id=_once(channel, name, happened, body, text),
        happened=happened,
        at=at,
        message=Message(
            id=name,
            author=author,
            channel=channel,
            sent_at=at,
            to_bot=personal(body) or any(_mentioned(mention) == own for mention in _mentions(body)),
            private=personal(body),
            thread=thread if thread and thread != name else None,
            text=text[:MAX_CHARACTERS],
            parent=parent,
            files=() if happened is Happened.DELETED else tuple(_files(body)),
        ),
    )


def question(body: Payload, text: str, channel: str, thread: str = "") -> Event:
    """A question put by a form, asked from `channel`."""
    name = f"{body.get('id') or datetime.now(UTC).isoformat()}-asked"
    return put(platform(body), name, person(body), text, channel, thread)


def carried(body: Payload) -> Payload | None:
    """What a button of ours carries, with the fields of its form; None where no button of ours was pressed."""
    value = part(body.get("value"))
    data = value if DATA in value else part(value.get("data"))
    return data if isinstance(data.get(DATA), dict) else None


def press(body: Payload) -> Press:
    """A button pressed or a form sent. Raises InputError."""
    data, who = carried(body), person(body)
    if data is None or not who:
        raise InputError("the activity is no press of a button of ours")
    own = part(data[DATA])
    return Press(
        platform=platform(body),
        id=str(body.get("id") or datetime.now(UTC).isoformat()),
        person=who,
        do=str(own.get("do") or ""),
        at=datetime.now(UTC),
        value=str(own.get("value") or ""),
        inputs={str(name): _given(value) for name, value in data.items() if name not in {DATA, "msteams"}},
    )


def origin(body: Payload) -> tuple[str, str]:
    """Channel and thread that a form was opened from; empty where there is none."""
    own = part(part(carried(body)).get(DATA))
    return str(own.get("channel") or ""), str(own.get("thread") or "")


def about(body: Payload) -> tuple[str, str]:
    """The message that the message extension was called on, as its reader sees it, and its id."""
    payload = part(part(body.get("value")).get("messagePayload"))
    return plain(str(part(payload.get("body")).get("content") or "")).text.strip(), str(payload.get("id") or "")


def words(body: Payload) -> str:
    """What somebody wrote to the bot, for words that are commands."""
    return " ".join(plain(_blanked(body, str(part(body.get("recipient")).get("id") or ""))).text.split()).casefold()


def delivery(body: Payload) -> bytes:
    """A short sum of what an activity shares with its redeliveries alone; Teams doesn't mark them."""
    named = (body.get("type"), part(body.get("conversation")).get("id"), body.get("id"), body.get("timestamp"))
    return hashlib.blake2b(repr(named).encode(errors="replace"), digest_size=16).digest()


def _once(channel: str, name: str, happened: Happened, body: Payload, text: str) -> str:
    """The same for each delivery of one happening: edits of a message have no ids of their own."""
    if happened is not Happened.EDITED:
        return f"{channel}-{name}-{happened}"
    what = hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()
    return f"{channel}-{name}-{happened}-{body.get('timestamp') or ''}-{what}"


def _body(body: Payload) -> str:
    """The message as it was sent: its text, or the HTML that came beside an empty one."""
    text = str(body.get("text") or "")
    if text.strip():
        return text
    attached = (attachment.get("content") for attachment in _attachments(body) if attachment.get("contentType") == HTML)
    return next((content for content in attached if isinstance(content, str)), text)


def _blanked(body: Payload, own: str) -> str:
    """The message without the bot's own name, with every other character in its place."""
    text = _body(body)
    for mention in _mentions(body):
        if _mentioned(mention) != own:
            continue
        name = str(part(mention.get("mentioned")).get("name") or "")
        ways = [str(mention.get("text") or ""), f"<at>{name}</at>"]
        span = rf"<span\b[^<>]*schema\.skype\.com/Mention[^<>]*>{re.escape(name)}</span>|<at\b[^<>]*>{re.escape(name)}</at>"
        pattern = "|".join([*(re.escape(way) for way in ways if way), span])
        text = re.sub(f"(?:{pattern}){_BEHIND}", lambda found: " " * len(found[0]), text)
    return text


def _mentions(body: Payload) -> Iterator[Payload]:
    entities = body.get("entities")
    for entity in map(part, entities if isinstance(entities, list) else []):
        if entity.get("type") == "mention":
            yield entity


def _mentioned(mention: Payload) -> str:
    return str(part(mention.get("mentioned")).get("id") or "")


def _attachments(body: Payload) -> Iterator[Payload]:
    attachments = body.get("attachments")
    yield from map(part, attachments[:MOST_FILES] if isinstance(attachments, list) else [])


def _files(body: Payload) -> Iterator[File]:
    """Files by name and kind: those of Teams' own kind, pictures by address, and pictures inside the words."""
    for attachment in _attachments(body):
        kind, name = str(attachment.get("contentType") or ""), str(attachment.get("name") or "")
        if kind == HTML:
            for found in _IMAGE.findall(str(attachment.get("content") or ""))[:MOST_FILES]:
                if not _EMOJI.search(found):
                    yield File("image", "image/png")
        elif kind == DOWNLOAD or kind == "reference":
            yield File(name or "file", _kind(name))
        elif kind and not kind.startswith("application/vnd.microsoft."):
            yield File(name or kind.partition("/")[0], kind if "*" not in kind else "image/png")


def _kind(name: str) -> str:
    return mimetypes.guess_type(name)[0] or ""


def _given(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "")


def _at(body: Payload) -> datetime:
    given = body.get("timestamp")
    if given is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        raise InputError("the activity's time is no time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
