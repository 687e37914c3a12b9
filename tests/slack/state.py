"""What the workspace holds: teams, people, channels, messages, and what each person gets to see."""

import copy
import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
SHOWN_KEYS = {"text", "alt_text", "initial_value", "accessibility_label", "title"}
SLACKBOT = "USLACKBOT"
ALL_SCOPES = frozenset(
    "app_mentions:read channels:history channels:join channels:read chat:write commands files:read groups:history groups:read "
    "im:history im:read im:write mpim:history mpim:read mpim:write team:read users:read users.profile:read".split()
)


@dataclass(eq=False, slots=True)
class Team:
    id: str
    name: str
    domain: str


@dataclass(eq=False, slots=True)
class User:
    id: str
    name: str  # the handle
    real_name: str
    team: Team
    is_bot: bool = False
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False  # a guest
    is_ultra_restricted: bool = False
    deleted: bool = False
    presence: str = "active"  # or "away": then nothing ephemeral is shown
    email: str = ""
    bot_id: str = ""

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"


@dataclass(eq=False, slots=True)
class Message:
    ts: str
    channel: "Channel"
    user: str
    text: str
    bot_id: str = ""
    subtype: str = ""
    thread_ts: str = ""
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    files: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    edited: Json | None = None
    deleted: bool = False
    client_msg_id: str = ""
    versions: list[str] = field(default_factory=list)  # all that was ever readable here

    def keep_version(self) -> None:
        self.versions.append("\n".join([self.text, *shown(self.blocks), *shown(self.attachments)]))


@dataclass(eq=False, slots=True)
class Ephemeral:
    ts: str
    channel: "Channel"
    target: User
    text: str
    blocks: list[Json]
    thread_ts: str = ""
    lost: str = ""  # why Slack accepted it and yet never showed it
    deleted: bool = False
    versions: list[str] = field(default_factory=list)

    def keep_version(self) -> None:
        self.versions.append("\n".join([self.text, *shown(self.blocks)]))


@dataclass(eq=False, slots=True)
class Channel:
    id: str
    name: str
    kind: str  # channel (public), group (private), im, mpim
    team: Team
    members: list[User]
    archived: bool = False
    shared: bool = False  # with another organisation (Slack Connect)
    messages: dict[str, Message] = field(default_factory=dict)
    topic: str = ""

    def standing(self) -> list[Message]:
        """The messages that are still there, oldest first."""
        return [m for m in self.messages.values() if not m.deleted]

    def thread(self, ts: str) -> list[Message]:
        """A thread's messages, the parent first."""
        return [m for m in self.standing() if ts in (m.ts, m.thread_ts)]


@dataclass(eq=False, slots=True)
class Installation:
    team: Team
    bot: User
    token: str
    scopes: set[str]
    revoked: bool = False
    refresh: str = ""  # what renews the token once, where tokens rotate
    ends_at: float = 0  # time.time() at which the token ends; 0 for never
    before: tuple[str, float] = ("", 0)  # the token before, which works until its own end

    def end_of(self, token: str) -> float | None:
        """When one of its tokens ends, 0 for never; None for what is no token of it."""
        return {self.before[0]: self.before[1], self.token: self.ends_at}.get(token)


@dataclass(eq=False, slots=True)
class View:
    id: str
    user: User
    body: Json  # as the app gave it, blocks with their block_ids filled in
    hash: str
    team: Team
    root: str = ""
    previous: str = ""
    state: Json = field(default_factory=dict)
    errors: Json = field(default_factory=dict)
    open: bool = True
    versions: list[str] = field(default_factory=list)

    def keep_version(self) -> None:
        self.versions.append("\n".join(shown(self.body)))


@dataclass(eq=False, slots=True)
class Trigger:
    user: User
    team: Team
    at: float
    view: View | None = None  # the modal it came from: needed by views.push
    used: bool = False


@dataclass(eq=False, slots=True)
class ResponseUrl:
    user: User
    channel: Channel
    original: Message | Ephemeral | None
    at: float
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """One text that one person could read at some time."""

    where: str  # channel, dm, ephemeral, home or modal
    text: str
    by_app: bool


def shown(node: object) -> list[str]:
    """Every string of blocks or of a view that a person or a screen reader gets to read."""
    if isinstance(node, list):
        return [text for child in node for text in shown(child)]
    if not isinstance(node, dict):
        return []
    found = [value for key, value in node.items() if key in SHOWN_KEYS and isinstance(value, str)]
    return found + [text for child in node.values() if isinstance(child, list | dict) for text in shown(child)]


def fill_block_ids(blocks: list[Json], ids: Iterator[int]) -> list[Json]:
    """Blocks as Slack keeps them: each has a block_id, each element an action_id."""
    kept = copy.deepcopy(blocks)
    for block in kept:
        block.setdefault("block_id", f"auto{next(ids)}")
        for element in elements(block):
            element.setdefault("action_id", f"auto{next(ids)}")
    return kept


def elements(block: Json) -> list[Json]:
    """The elements of a block that somebody can act on."""
    inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    return [e for e in inside if isinstance(e, dict) and e.get("type") not in ("image", "mrkdwn", "plain_text", None)]


class State:
    """The workspace's contents; ids and timestamps are unique in it."""

    def __init__(self) -> None:
        self.ids = itertools.count(1)
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.installations: list[Installation] = []
        self.ephemerals: list[Ephemeral] = []
        self.homes: dict[str, View] = {}
        self.views: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.oauth_codes: dict[str, Team] = {}
        self.files: dict[str, tuple[User, bytes]] = {}  # by their path: whose, and what
        self._last = 0

    def new_id(self, letter: str) -> str:
        return f"{letter}{next(self.ids):010X}"

    def new_ts(self) -> str:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def new_user(self, real_name: str, team: Team, **more: Any) -> User:
        handle = re.sub(r"[^a-z0-9]+", ".", real_name.lower()).strip(".") or "person"
        user = User(self.new_id("U"), handle, real_name, team, **{"email": f"{handle}@example.edu", **more})
        self.users[user.id] = user
        return user

    def new_channel(self, name: str, kind: str, team: Team, members: list[User], **more: Any) -> Channel:
        channel = Channel(self.new_id("D" if kind == "im" else "C"), name, kind, team, list(members), **more)
        self.channels[channel.id] = channel
        return channel

    def dm(self, user: User, bot: User) -> Channel:
        """The direct conversation of the two, opened where it isn't yet."""
        for channel in self.channels.values():
            if channel.kind == "im" and {user.id, bot.id} == {m.id for m in channel.members}:
                return channel
        return self.new_channel("directmessage", "im", bot.team, [user, bot])

    def install(self, team: Team, scopes: set[str], name: str = "Practicum Bot") -> Installation:
        bot = self.new_user(name, team, is_bot=True, email="", bot_id=self.new_id("B"))
        installation = Installation(team, bot, f"xoxb-{next(self.ids)}-{team.id}", set(scopes))
        self.installations.append(installation)
        return installation

    def add(self, channel: Channel, user: User, text: str, **more: Any) -> Message:
        message = Message(self.new_ts(), channel, user.id, text, bot_id=user.bot_id, **more)
        message.keep_version()
        channel.messages[message.ts] = message
        return message

    def add_ephemeral(self, channel: Channel, target: User, text: str, blocks: list[Json], thread_ts: str = "") -> Ephemeral:
        lost = ""
        if target.presence != "active" or target.deleted:
            lost = "the person isn't active"
        elif thread_ts and len(channel.thread(thread_ts)) < 2:
            lost = "there is no active thread"
        whisper = Ephemeral(self.new_ts(), channel, target, text, blocks, thread_ts, lost)
        whisper.keep_version()
        self.ephemerals.append(whisper)
        return whisper

    def may_read(self, user: User, channel: Channel) -> bool:
        if user in channel.members:
            return True
        guest = user.is_restricted or user.is_ultra_restricted
        return channel.kind == "channel" and user.team is channel.team and not guest

    def sights(self, user: User) -> list[Sight]:
        """Everything this person could read, in every version it ever had."""
        found = []
        for channel in self.channels.values():
            if self.may_read(user, channel):
                where = "dm" if channel.kind == "im" else "channel"
                found += [Sight(where, text, bool(m.bot_id)) for m in channel.messages.values() for text in m.versions]
        found += [Sight("ephemeral", t, True) for e in self.ephemerals if e.target is user and not e.lost for t in e.versions]
        found += [Sight("modal", t, True) for v in self.views.values() if v.user is user for t in v.versions]
        found += [Sight("home", t, True) for t in (self.homes[user.id].versions if user.id in self.homes else [])]
        return found
