"""The playground's pages and what they send → dispatcher and desk; it translates, and decides nothing."""

import asyncio
import json
import webbrowser
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bots.desk import Desk
from bots.dispatch import Dispatcher
from bots.playground import tour
from bots.playground.coordinator import Cohorts
from bots.playground.delivery import PlaygroundPlatform, Watched
from bots.playground.guard import HEADERS, Door
from bots.playground.inbound import Asked, Change, Imported, NewMessage, Pressed, Purged, event, read
from bots.playground.render import form, shown
from bots.playground.room import COHORT, DIRECT, END, PLATFORM, SEMINAR, Posted, Room, Someone, now
from bots.press import Press, Say, Shown, Wrong
from core.cards import Form
from core.cohort import Cohort
from core.errors import InputError
from core.nudging.wording import NOTICE
from core.ports import Happened, Platform

STATIC = Path(__file__).parent / "static"
BEAT = 15.0  # seconds between signs of life on a stream
CHANGING = frozenset({"cohort.save", "roster.save", "term.ended"})  # presses after which there may be other people or channels
Tick = Callable[[datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Begins:
    """How the page begins."""

    host: str
    port: int
    token: str = field(default="", repr=False)  # without which nobody comes in, where there is one
    cohort: Cohort | None = None  # instead of the one that was here last
    browser: bool = False  # whether to open one

    @property
    def shown(self) -> str:
        """The address, as it may be printed."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + ("?token=… (PRACTICUM_BOT_PLAYGROUND_TOKEN)" if self.token else "")


class Playground:
    """One page for one cohort; implements Adapter."""

    def __init__(
        self,
        room: Room,
        platform: PlaygroundPlatform,
        watched: Watched,
        dispatcher: Dispatcher,
        desk: Desk,
        cohorts: Cohorts,
        tick: Tick,
        begins: Begins,
    ) -> None:
        """`tick` sends what is due at once, so that a prompt posted by hand is seen at once."""
        self._room = room
        self._platform = platform
        self._watched = watched
        self._dispatcher = dispatcher
        self._desk = desk
        self._cohorts = cohorts
        self._tick = tick
        self._begins = begins
        self._open = False

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Its pages and doors, none of which another adapter uses."""
        doors: Sequence[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = (
            ("GET", "/", self._page),
            ("GET", "/static/{name}", self._static),
            ("GET", "/favicon.ico", self._nothing),
            ("GET", "/api/state", self._state),
            ("GET", "/api/stream", self._stream),
            ("POST", "/api/posts", self._post),
            ("PATCH", "/api/posts/{id}", self._edit),
            ("DELETE", "/api/posts/{id}", self._delete),
            ("POST", "/api/ask", self._ask),
            ("POST", "/api/press", self._press),
            ("GET", "/api/home", self._home),
            ("GET", "/api/cohort", self._cohort),
            ("POST", "/api/cohort/import", self._import),
            ("POST", "/api/cohort/purge", self._purge),
            ("POST", "/api/tour", self._tour),
        )
        door = Door(self._begins.token)
        return [web.route(method, path, door.guarded(handler)) for method, path, handler in doors]

    @property
    def ready(self) -> bool:
        """Whether its cohort is there."""
        return self._open

    async def start(self) -> None:
        """Open the room."""
        await self._cohorts.begin(self._begins.cohort)
        self._open = True
        print(f"The playground is at {self._begins.shown} (Ctrl-C stops it).", flush=True)
        if self._begins.browser and not self._begins.token:
            webbrowser.open(self._begins.shown)

    async def stop(self) -> None:
        """Close it, with all windows."""
        self._open = False
        self._room.end()

    async def platform(self, name: str) -> Platform | None:
        """The page, by its platform's name."""
        return self._platform if name == PLATFORM else None

    async def _page(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        known = {path.name: path for path in STATIC.iterdir()}
        path = known.get(request.match_info["name"])
        return web.FileResponse(path) if path else web.Response(status=404)

    async def _nothing(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=204)

    async def _state(self, request: web.Request) -> web.StreamResponse:
        people = self._room.people
        you = people.get(request.query.get("as", "")) or next(iter(people.values()))  # a first visit names nobody
        seminar = await self._cohorts.seminars()
        channels = [
            {"id": COHORT, "name": "practicum", "kind": "channel", "seminar": COHORT in seminar, "notice": NOTICE},
            {"id": SEMINAR, "name": "seminar", "kind": "channel", "seminar": SEMINAR in seminar, "notice": NOTICE},
            {"id": f"{DIRECT}-{you.id}", "name": "Practicum helper", "kind": "direct", "seminar": False, "notice": ""},
        ]
        everybody = [asdict(person) for person in people.values()]
        return web.json_response({"you": asdict(you), "people": everybody, "channels": channels, **self._room.seen_by(you.id)})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        you = self._somebody(request.query.get("as", ""))
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        with self._room.window(you.id) as news:
            await response.write(b": welcome\n\n")
            while True:
                try:
                    kind, data = told = await asyncio.wait_for(news.get(), BEAT)
                    said = f"event: {kind}\ndata: {json.dumps(data)}\n\n"
                except TimeoutError:
                    told, said = None, ": still here\n\n"
                try:
                    await response.write(said.encode())
                except ConnectionError:
                    return response
                if told == END:
                    return response

    async def _post(self, request: web.Request) -> web.StreamResponse:
        new = read(NewMessage, await _body(request))
        posted = self._new(new)
        if posted.id in self._room.gone:  # sent again by a window that did not hear of its deletion
            return web.json_response({"id": posted.id})
        known = self._room.messages.get(posted.id)
        with self._put(known or posted, known):
            await self._taken(posted, name=new.id)
        return web.json_response({"id": posted.id})

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        change = read(Change, await _body(request))
        before = self._own(request, change.by)
        posted = replace(before, text=change.text, edited=before.edited or before.text != change.text)
        with self._put(posted, before):
            await self._taken(posted, Happened.EDITED, name=f"{posted.id}.{datetime.now(UTC).timestamp()}")
        return web.json_response({"id": posted.id})

    @contextmanager
    def _put(self, posted: Posted, before: Posted | None) -> Iterator[None]:
        """Show a message while it is worked on; where that fails, all is as before, unless it was changed again meanwhile."""
        if posted == before:
            yield
            return
        self._room.put(posted)
        try:
            yield
        except BaseException:
            standing = self._room.messages.get(posted.id)
            if standing and standing.text == posted.text:
                if before:
                    self._room.put(before)
                else:
                    self._room.take_back(posted.id)
            raise

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        by = read(Asked, await _body(request)).by
        posted = self._own(request, by)
        await self._taken(posted, Happened.DELETED)
        self._room.take_down(posted.id)
        return web.json_response({"id": posted.id})

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        new = read(NewMessage, await _body(request))
        await self._taken(self._new(new), name=new.id, to_bot=True)
        return web.json_response({"id": new.id})

    async def _press(self, request: web.Request) -> web.StreamResponse:
        given = read(Pressed, await _body(request))
        you, at = self._somebody(given.by), datetime.now(UTC)
        press = Press(platform=PLATFORM, id=given.id, person=you.id, do=given.do, at=at, value=given.value, inputs=given.inputs)
        led = await self._desk.press(press, self._platform)
        if press.do == "prompts.post":
            await self._tick(datetime.now(UTC))
        if press.do in CHANGING and not isinstance(led, Wrong):
            await self._cohorts.follow()
        return web.json_response(self._led(led, press, given.card))

    def _led(self, led: Shown, press: Press, name: str) -> dict[str, Any]:
        """What a press led to; where its button stood in a whisper, a card stands there now, or beside it."""
        if isinstance(led, Form):
            return {"shown": "form", "form": form(led, self._room)}
        if isinstance(led, Wrong):
            return {"shown": "wrong", "faults": dict(led.faults)}
        pressed, card = self._room.whispers.get(name), shown(led.card)
        kind = "say" if isinstance(led, Say) else "instead"
        if pressed is None or pressed.to != press.person:
            return {"shown": kind, "card": card}
        if kind == "say":
            return {"shown": kind, "card": card, "whisper": self._room.answer(pressed, f"{press.do} {press.value}", card)}
        self._room.replace(name, card)
        return {"shown": kind, "card": card, "whisper": name}

    async def _home(self, request: web.Request) -> web.StreamResponse:
        you = self._somebody(request.query.get("as", ""))
        cards = await self._desk.own(PLATFORM, you.id, datetime.now(UTC))
        return web.json_response({"cards": [shown(card) for card in cards]})

    async def _cohort(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(await self._cohorts.page(self._somebody(request.query.get("as", "")).id))

    async def _import(self, request: web.Request) -> web.StreamResponse:
        given = read(Imported, await _body(request))
        await self._cohorts.import_(self._somebody(given.by).id, given.yaml)
        return web.json_response({})

    async def _purge(self, request: web.Request) -> web.StreamResponse:
        given = read(Purged, await _body(request))
        receipt = await self._cohorts.purge(self._somebody(given.by).id, given.cohort, given.days)
        return web.json_response({"receipt": receipt})

    async def _tour(self, request: web.Request) -> web.StreamResponse:
        self._somebody(read(Asked, await _body(request)).by)
        for step in tour.steps(self._room):
            self._room.put(step)
            await self._taken(step)
        return web.json_response({})

    async def _taken(self, posted: Posted, happened: Happened = Happened.POSTED, *, name: str = "", to_bot: bool = False) -> None:
        """Work on a message, and tell its author's windows what the engine saw."""
        await self._dispatcher.take(event(posted, self._room, happened, to_bot=to_bot, name=name), self._platform)
        if seen := self._watched.seen(posted.id):
            self._room.tell(posted.author, ("seen", seen))

    def _new(self, new: NewMessage) -> Posted:
        you = self._somebody(new.by)
        if not self._room.shared(new.channel) and new.channel != f"{DIRECT}-{you.id}":
            raise InputError(f"channel: there is no channel '{new.channel}' for you")
        known = self._room.messages.get(new.id)
        if (known.author if known else self._room.gone.get(new.id, you.id)) != you.id:
            raise InputError("id: a message of somebody else has this id")
        if new.thread and new.thread not in self._room.messages:
            raise InputError("thread: the message that this answers is gone; post it in the channel")
        if not new.text.strip() and not new.files:
            raise InputError("text: write something, or attach a file")
        files = tuple(file.model_dump() for file in new.files)
        return Posted(id=new.id, channel=new.channel, author=you.id, at=now(), text=new.text, thread=new.thread, files=files)

    def _own(self, request: web.Request, by: str) -> Posted:
        posted = self._room.messages.get(request.match_info["id"])
        if posted is None or posted.author != self._somebody(by).id:
            raise InputError("there is no such message of yours")
        return posted

    def _somebody(self, name: str) -> Someone:
        person = self._room.people.get(name)
        if person is None:
            raise InputError(f"as: nobody here is '{name}'; choose one of {', '.join(self._room.people)}")
        return person


async def _body(request: web.Request) -> Any:
    try:
        return await request.json()
    except (ValueError, LookupError, RecursionError):  # no JSON, in no known encoding, or nested without end
        raise InputError("the request is not JSON") from None
