"""A strict Slack workspace on this machine, for tests of the app that lives in it. See README.md beside this file."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar

from aiohttp import web

from tests.slack import methods_info, methods_views  # noqa: F401  (registers the methods)
from tests.slack.acts import Acts
from tests.slack.api import Api, Call, Fault
from tests.slack.doors import Delivery, Doors, HttpDoor, SocketDoor
from tests.slack.people import People
from tests.slack.state import ALL_SCOPES, Channel, Ephemeral, Installation, Message, Sight, State, Team, User, View

T = TypeVar("T")
EVERY_EVENT = frozenset(
    "message app_mention member_joined_channel member_left_channel channel_archive file_shared app_home_opened "
    "app_uninstalled tokens_revoked".split()
)


class Workspace(People, Acts):
    """One workspace with the app installed; more teams can be added.

    Leaving it raises AssertionError where Slack would have had something to say: see `problems`.
    """

    app_id, client_id, client_secret = "A0PRACTICUM", "10.20", "client-secret"
    signing_secret, app_token, verification_token = "signing-secret-of-the-workspace", "xapp-1-A0PRACTICUM-1-abc", "verify"

    def __init__(
        self, *, scopes: Iterable[str] = ALL_SCOPES, subscriptions: Iterable[str] = EVERY_EVENT, ack_seconds: float = 3,
        retry_delays: tuple[float, ...] = (0, 0.2, 0.5), trigger_seconds: float = 3, response_url_seconds: float = 1800,
        one_a_second: bool = False, token_seconds: float = 0,
    ) -> None:  # fmt: skip
        self.scopes, self.subscriptions = set(scopes), set(subscriptions)
        self.ack_seconds, self.retry_delays = ack_seconds, retry_delays  # Slack itself: at once, after 1 and after 5 minutes
        self.trigger_seconds, self.response_url_seconds, self.one_a_second = trigger_seconds, response_url_seconds, one_a_second
        self.messages_tab, self.token_seconds = True, token_seconds
        self.problems: list[str] = []
        self.state = State()
        self.api, self.http, self.socket, self.doors = Api(self), HttpDoor(self), SocketDoor(self), Doors(self)
        self.url = ""
        self._runner: web.AppRunner | None = None
        self.home_team = self.team("Practicum")

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=4 * 1024**2)
        app.router.add_route("*", "/api/{method}", self.api.handle)
        app.router.add_post("/response/{secret}", self.api.respond)
        app.router.add_get("/files-pri/{id}/{name}", self.api.file)
        app.router.add_get("/link/", self.socket.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        await self.doors.close()
        await self.socket.break_off()
        if self._runner:
            await self._runner.cleanup()
        if kind is None and self.problems:
            raise AssertionError("Slack would object:\n" + "\n".join(self.problems))

    # what there is

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def environment(self, *, socket: bool) -> dict[str, str]:
        """The app's variables, for Socket Mode or for HTTP."""
        found = {"SLACK_BOT_TOKEN": self.installation().token, "SLACK_API_URL": self.api_url}
        return found | ({"SLACK_APP_TOKEN": self.app_token} if socket else {"SLACK_SIGNING_SECRET": self.signing_secret})

    @property
    def bot(self) -> User:
        return self.installation().bot

    def installation(self, team: Team | None = None) -> Installation:
        """The app's newest installation in a team."""
        return next(i for i in reversed(self.state.installations) if i.team is (team or self.home_team))

    def team(self, name: str, *, installed: bool = True) -> Team:
        team = Team(self.state.new_id("T"), name, name.lower().replace(" ", "-"))
        self.state.teams[team.id] = team
        if installed:
            self.state.install(team, self.scopes)
        return team

    def user(self, real_name: str, **more: Any) -> User:
        """Somebody new; `is_admin`, `is_restricted`, `deleted`, `presence`, `team` and the like as wanted."""
        return self.state.new_user(real_name, more.pop("team", self.home_team), **more)

    def channel(self, name: str, members: Iterable[User] = (), *, private: bool = False, **more: Any) -> Channel:
        """A channel with these members, without the events of their joining."""
        team = more.pop("team", self.home_team)
        return self.state.new_channel(name, "group" if private else "channel", team, list(members), **more)

    def oauth_code(self, team: Team) -> str:
        """The code with which Slack sends an installing admin back to the app."""
        code = self.state.new_id("code")
        self.state.oauth_codes[code] = team
        return code

    def rotate(self, app: Installation) -> dict[str, Any]:
        """Give an installation a token that ends, and what renews it once; where tokens don't rotate, nothing changes."""
        if not self.token_seconds:
            return {}
        app.before = app.token, app.ends_at
        app.token, app.refresh = f"xoxe.{self.state.new_id('xoxb-')}", self.state.new_id("xoxe-1-")
        app.ends_at = time.time() + self.token_seconds
        return {"refresh_token": app.refresh, "expires_in": int(self.token_seconds)}

    # what the app did

    def problem(self, what: str) -> None:
        self.problems.append(what)

    def forgive(self) -> list[str]:
        """The problems so far, which then no longer fail the test."""
        found, self.problems = self.problems, []
        return found

    def calls(self, method: str = "") -> list[Call]:
        return [call for call in self.api.calls if not method or call.method == method]

    def fault(self, method: str, times: int = 1, **how: Any) -> Fault:
        """Let the next calls of a method (`*`: of any) go wrong: see Fault."""
        self.api.faults.append(Fault(method, times, **how))
        return self.api.faults[-1]

    def limit(self, method: str, times: int = 1, retry_after: int = 1) -> Fault:
        """Answer the next calls with 429 and Retry-After."""
        return self.fault(method, times, status=429, error="ratelimited", retry_after=retry_after)

    @property
    def deliveries(self) -> list[Delivery]:
        return self.doors.deliveries

    def said(self, channel: Channel) -> list[Message]:
        """The app's messages that stand in a channel, oldest first."""
        return [m for m in channel.standing() if any(i.bot.id == m.user for i in self.state.installations) and not m.subtype]

    def dms(self, user: User) -> list[Message]:
        """What the app wrote to somebody directly."""
        return self.said(self.state.dm(user, self.installation(user.team).bot))

    def ephemerals(self, user: User, *, lost: bool = False) -> list[Ephemeral]:
        """What only this person sees; with `lost` what Slack took and never showed."""
        return [e for e in self.state.ephemerals if e.target is user and not e.deleted and bool(e.lost) is lost]

    def home(self, user: User) -> View | None:
        return self.state.homes.get(user.id)

    def seen_by(self, user: User) -> list[Sight]:
        """Everything somebody could read, in all versions it had."""
        return self.state.sights(user)

    # what must hold

    def assert_private(self, words: Iterable[str], only: Iterable[User] = ()) -> None:
        """None but `only` ever saw any of these words in what the app wrote."""
        for user in set(self.state.users.values()) - set(only):
            if not user.is_bot:
                self._assert_unseen(words, user, self.seen_by(user))

    def assert_never_public(self, words: Iterable[str]) -> None:
        """The app never wrote any of these words where more than one person reads."""
        for user in self.state.users.values():
            self._assert_unseen(words, user, [s for s in self.seen_by(user) if s.where == "channel"])

    def _assert_unseen(self, words: Iterable[str], user: User, sights: list[Sight]) -> None:
        for word in words:
            found = [s.where for s in sights if s.by_app and word.casefold() in s.text.casefold()]
            assert not found, f"{user.real_name} could read {word!r} in: {found}"

    def assert_never_sent(self, words: Iterable[str]) -> None:
        """No call carried any of these words, not even in a button's value or in metadata."""
        for call in self.calls():
            text = json.dumps(call.args, ensure_ascii=False).casefold()
            for word in words:
                assert word.casefold() not in text, f"{call.method} carried {word!r}"

    async def until(self, check: Callable[[], T], why: str = "it didn't come", *, within: float = 20) -> T:
        """Wait for something to become true; returns it."""
        ends = time.monotonic() + within
        while not (found := check()):
            assert time.monotonic() < ends, why
            await asyncio.sleep(0.01)
        return found

    async def settled(self) -> None:
        """Wait until no event is under way, retries included."""
        await self.doors.settled()
