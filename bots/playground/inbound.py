"""What the page sends → events; a request that can't be read gets an InputError with the cure."""

import re
import uuid
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bots.playground.room import DIRECT, PLATFORM, Posted, Room
from core.errors import InputError
from core.ports import Event, Happened, Message
from core.scan.reading import File
from core.text import MAX_CHARACTERS

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text = Annotated[str, StringConstraints(max_length=MAX_CHARACTERS)]
RequestT = TypeVar("RequestT", bound=BaseModel)
_MENTION = re.compile(r"(?<!\w)@ethics\b[\s,:]*", re.IGNORECASE)


class _Request(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)
    by: Id = Field(alias="as")


class Attached(BaseModel):
    """A file, by name and type; its content never leaves the page."""

    model_config = ConfigDict(extra="ignore")
    name: Annotated[str, StringConstraints(max_length=255)]
    mimetype: Annotated[str, StringConstraints(max_length=100)] = ""


class NewMessage(_Request):
    """A message to post, or a question for the bot alone."""

    id: Id
    channel: Id
    thread: Id | None = None
    text: Text = Field(repr=False)
    files: Annotated[tuple[Attached, ...], Field(max_length=10)] = ()


class Change(_Request):
    """Other words for a message."""

    text: Text = Field(repr=False)


class Pressed(_Request):
    """A button pressed, or a form sent."""

    id: Id = Field(default_factory=lambda: uuid.uuid4().hex)  # the same when it is sent again
    do: Annotated[str, StringConstraints(max_length=64)]
    value: Annotated[str, StringConstraints(max_length=4_000)] = Field(default="", repr=False)
    inputs: dict[str, Text] = Field(default_factory=dict, repr=False)
    card: str = ""  # the whisper that it stands in, where it stands in one


class Imported(_Request):
    """A cohort file."""

    yaml: Text = Field(repr=False)


class Purged(_Request):
    """Records to delete."""

    cohort: str
    days: Annotated[int, Field(strict=True, ge=0, le=3_660)]


class Asked(_Request):
    """Something about a person alone."""


def read(model: type[RequestT], data: object) -> RequestT:
    """A request's body. Raises InputError."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_input=False)]
        raise InputError("; ".join(faults)) from None


def event(posted: Posted, room: Room, happened: Happened = Happened.POSTED, *, to_bot: bool = False, name: str = "") -> Event:
    """What happened to a message; a mention of the bot, or a message to it alone, is put to it."""
    first = room.messages.get(posted.thread or "")
    sent_at = datetime.fromisoformat(posted.at).astimezone(UTC)
    asked = to_bot or posted.channel.startswith(f"{DIRECT}-") or bool(_MENTION.search(posted.text))
    return Event(
        platform=PLATFORM,
        id=f"{happened}.{name or posted.id}",
        happened=happened,
        at=sent_at if happened is Happened.POSTED else datetime.now(UTC),
        message=Message(
            id=posted.id,
            author=posted.author,
            channel=posted.channel,
            sent_at=sent_at,
            to_bot=asked,
            private=to_bot or posted.channel.startswith(f"{DIRECT}-"),
            thread=posted.thread,
            text=_MENTION.sub(lambda found: " " * len(found[0]), posted.text) if asked else posted.text,
            parent=first.text if first else None,
            files=tuple(File(file["name"], file["mimetype"]) for file in posted.files),
        ),
    )
