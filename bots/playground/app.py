"""The playground's server: its routes; everything it does goes through the dispatcher."""

import asyncio
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from bots.dispatch import Dispatcher
from bots.playground import coordinator, tour
from bots.playground.delivery import PlaygroundPlatform, Watched
from bots.playground.guard import HEADERS, explained, guarded
from bots.playground.inbound import Asked, Change, NewMessage, event, read
from bots.playground.room import BOT, COHORT, DIRECT, PLATFORM, SEMINAR, Posted, Room, Someone, now
from core.engine import PracticumEngine
from core.errors import InputError
from core.kb.schema import KnowledgeBase
from core.nudging.records import Feedback, Keys
from core.nudging.wording import NOTICE, of, reasons
from core.ports import Happened, Platform
from core.scheduling.prompter import Prompter
from core.storage.store import Store

STATIC = Path(__file__).parent / "static"
LARGEST = 256 * 1024  # bytes of a request
BEAT = 15.0  # seconds between signs of life on a stream


class Playground:
    """One page for one cohort."""

    def __init__(
        self,
        room: Room,
        engine: PracticumEngine,
        watched: Watched,
        dispatcher: Dispatcher,
        store: Store,
        base: KnowledgeBase,
        keys: Keys,
    ) -> None:
        self.room = room
        self.engine = engine
        self.watched = watched
        self.dispatcher = dispatcher
        self.store = store
        self.base = base
        self.platform = PlaygroundPlatform(room, base)
        prompter = Prompter(store, base, keys, self._served, self._coordinators)
        self.calendar = coordinator.Calendar(room, store, base, prompter)

    def app(self) -> web.Application:
        """The server's routes."""
        app = web.Application(middlewares=[guarded, explained], client_max_size=LARGEST)
        app.add_routes(
            [
                web.get("/", self._page),
                web.static("/static", STATIC),
                web.get("/favicon.ico", self._nothing),
                web.get("/healthz", self._alive),
                web.get("/api/state", self._state),
                web.get("/api/stream", self._stream),
                web.post("/api/messages", self._post),
                web.patch("/api/messages/{id}", self._edit),
                web.delete("/api/messages/{id}", self._delete),
                web.post("/api/ask", self._ask),
                web.post("/api/check", self._check),
                web.post("/api/nudges/{id}/why", self._why),
                web.post("/api/nudges/{id}/judge", self._judge),
                web.post("/api/nudges/{id}/pause", self._pause),
                web.post("/api/share", self._share),
                web.get("/api/mine", self._mine),
                web.delete("/api/mine", self._forget),
                web.get("/api/cohort", self._cohort),
                web.post("/api/cohort/{what}", self._change_cohort),
                web.post("/api/tour", self._tour),
            ]
        )
        return app

    async def _page(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _alive(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True})

    async def _nothing(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=204)

    async def _state(self, request: web.Request) -> web.StreamResponse:
        people = self.room.people
        you = people.get(request.query.get("as", "")) or next(iter(people.values()))  # a first visit names nobody
        seminar = await self.calendar.seminars()
        channels = [
            {"id": COHORT, "name": "practicum", "kind": "channel", "seminar": COHORT in seminar, "notice": NOTICE},
            {"id": SEMINAR, "name": "seminar", "kind": "channel", "seminar": SEMINAR in seminar, "notice": NOTICE},
            {"id": f"{DIRECT}-{you.id}", "name": "Practicum helper", "kind": "direct", "seminar": False, "notice": ""},
        ]
        names = {category: wording.name for (category, _), wording in self.base.nudges.items()}
        everybody = [asdict(person) for person in people.values()]
        return web.json_response(
            {"you": asdict(you), "people": everybody, "channels": channels, "categories": names, **self.room.seen_by(you.id)}
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        you = self._somebody(request.query.get("as", ""))
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        with self.room.window(you.id) as news:
            await response.write(b": welcome\n\n")
            while True:
                try:
                    kind, data = await asyncio.wait_for(news.get(), BEAT)
                    said = f"event: {kind}\ndata: {json.dumps(data)}\n\n"
                except TimeoutError:
                    said = ": still here\n\n"
                try:
                    await response.write(said.encode())
                except ConnectionError:
                    return response

    async def _post(self, request: web.Request) -> web.StreamResponse:
        new = read(NewMessage, await _body(request))
        posted = self._new(new)
        if posted.id not in self.room.messages:
            self.room.put(posted)
        await self._taken(posted, name=new.id)
        return web.json_response({"id": posted.id})

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        change = read(Change, await _body(request))
        posted = self._own(request, change.by)
        if posted.text != change.text:
            posted = replace(posted, text=change.text, edited=True)
            self.room.put(posted)
        await self._taken(posted, Happened.EDITED, name=f"{posted.id}-{datetime.now(UTC).timestamp()}")
        return web.json_response({"id": posted.id})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        by = read(Asked, await _body(request)).by
        posted = self._own(request, by)
        await self._taken(posted, Happened.DELETED)
        self.room.take_down(posted.id)
        return web.json_response({"id": posted.id})

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        new = read(NewMessage, await _body(request))
        await self._taken(self._new(new), name=new.id, to_bot=True)
        return web.json_response({"id": new.id})

    async def _check(self, request: web.Request) -> web.StreamResponse:
        draft = read(Change, await _body(request))
        self._somebody(draft.by)
        findings = await asyncio.to_thread(self.engine.scan, draft.text, self.room.cohort)
        wordings = [of(self.base, finding.category, finding.tier) for finding in findings]
        return web.json_response(
            {
                "findings": [
                    {
                        "category": finding.category,
                        "name": wording.name,
                        "tier": finding.tier,
                        "start": finding.start,
                        "end": finding.end,
                        "why": finding.why,
                        "next_step": wording.next_step,
                        "citations": list(finding.citations),
                    }
                    for finding, wording in zip(findings, wordings, strict=True)
                ]
            }
        )

    async def _why(self, request: web.Request) -> web.StreamResponse:
        record = await self.dispatcher.why(self._nudged(request, read(Asked, await _body(request)).by))
        if record is None:
            raise InputError("there is no nudge of yours for this message")
        return web.json_response({"text": reasons(self.base, record)})

    async def _judge(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        given = body.get("reason") if isinstance(body, dict) else None
        if not isinstance(given, str) or given not in set(Feedback):
            raise InputError(f"reason: must be one of {', '.join(Feedback)}")
        nudged = self._nudged(request, read(Asked, body).by)
        if await self.dispatcher.judge(nudged, Feedback(given)):
            self.room.close(nudged.message.id)
        return web.json_response({})

    async def _pause(self, request: web.Request) -> web.StreamResponse:
        until = await self.dispatcher.pause(PLATFORM, self._somebody(read(Asked, await _body(request)).by).id)
        return web.json_response({"until": until.isoformat()})

    async def _share(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        you = self._somebody(read(Asked, body).by)
        shared = self.room.whispers.get(str(body.get("whisper")) if isinstance(body, dict) else "")
        if shared is None or shared.to != you.id or not shared.share:
            raise InputError("there is no answer of yours to share here")
        name = f"shared-{shared.id}"
        if name not in self.room.messages:
            said = f"{you.name} shares an answer.\n{shared.text}"
            channel = shared.channel if self.room.shared(shared.channel) else COHORT
            self.room.put(Posted(id=name, channel=channel, author=BOT, at=now(), text=said, thread=shared.thread))
        return web.json_response({"id": name})

    async def _mine(self, request: web.Request) -> web.StreamResponse:
        you = self._somebody(request.query.get("as", ""))
        kept = await self.dispatcher.kept(PLATFORM, you.id)
        shown = ("at", "category", "tier", "band", "closing", "feedback")
        return web.json_response({"records": [_plain({name: getattr(record, name) for name in shown}) for record in kept]})

    async def _forget(self, request: web.Request) -> web.StreamResponse:
        you = self._somebody(read(Asked, await _body(request)).by)
        return web.json_response({"deleted": await self.dispatcher.forget(PLATFORM, you.id)})

    async def _cohort(self, request: web.Request) -> web.StreamResponse:
        self._coordinator(request.query.get("as", ""))
        return web.json_response(_plain(await self.calendar.shown()))

    async def _change_cohort(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        self._coordinator(read(Asked, body).by)
        return web.json_response(_plain(await self.calendar.change(request.match_info["what"], body)))

    async def _tour(self, request: web.Request) -> web.StreamResponse:
        self._somebody(read(Asked, await _body(request)).by)
        for step in tour.steps(self.room):
            self.room.put(step)
            await self._taken(step)
        return web.json_response({})

    async def _taken(self, posted: Posted, happened: Happened = Happened.POSTED, *, name: str = "", to_bot: bool = False) -> None:
        """Work on a message, and tell its author's windows what the engine saw."""
        await self.dispatcher.take(event(posted, self.room, happened, to_bot=to_bot, name=name), self.platform)
        if seen := self.watched.seen(posted.id):
            self.room.tell(posted.author, ("seen", seen))

    def _new(self, new: NewMessage) -> Posted:
        you = self._somebody(new.by)
        if not self.room.shared(new.channel) and new.channel != f"{DIRECT}-{you.id}":
            raise InputError(f"channel: there is no channel '{new.channel}' for you")
        known = self.room.messages.get(new.id)
        if known and known.author != you.id:
            raise InputError("id: a message of somebody else has this id")
        files = tuple(file.model_dump() for file in new.files)
        return Posted(id=new.id, channel=new.channel, author=you.id, at=now(), text=new.text, thread=new.thread, files=files)

    def _own(self, request: web.Request, by: str) -> Posted:
        posted = self.room.messages.get(request.match_info["id"])
        if posted is None or posted.author != self._somebody(by).id:
            raise InputError("there is no such message of yours")
        return posted

    def _nudged(self, request: web.Request, by: str) -> Any:
        you, name = self._somebody(by), request.match_info["id"]
        mine = (w for w in reversed(self.room.whispers.values()) if (w.kind, w.message, w.to) == ("nudge", name, you.id))
        nudge = next(mine, None)
        channel = nudge.channel if nudge else ""
        return event(Posted(id=name, channel=channel, author=you.id, at=now(), text=""), self.room)

    async def _served(self, platform: str) -> Platform | None:
        """The page is the only platform of its process."""
        return self.platform if platform == PLATFORM else None

    async def _coordinators(self, cohort: str, platform: str) -> list[str]:
        """Whom letters about this page's cohort go to."""
        people = self.room.people.values() if (cohort, platform) == (self.room.cohort.name, PLATFORM) else ()
        return [person.id for person in people if person.role == "coordinator"]

    def _somebody(self, name: str) -> Someone:
        person = self.room.people.get(name)
        if person is None:
            raise InputError(f"as: nobody here is '{name}'; choose one of {', '.join(self.room.people)}")
        return person

    def _coordinator(self, name: str) -> None:
        if self._somebody(name).role == "student":
            raise web.HTTPForbidden(text=json.dumps({"error": "only for the coordinator and the instructors"}), headers=_JSON)


_JSON = {"Content-Type": "application/json"}


async def _body(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        raise InputError("the request is not JSON") from None


def _plain(value: Any) -> Any:
    """The same as JSON can say it."""
    return json.loads(json.dumps(value, default=lambda given: given.isoformat()))
