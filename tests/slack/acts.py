"""What people do with what the app shows them: commands, clicks, modals and shortcuts."""

import time
from typing import TYPE_CHECKING, Any, cast

from tests.slack import payloads
from tests.slack.blocks import actionable, view_errors
from tests.slack.doors import INTERACTIVE, SLASH, Delivery
from tests.slack.state import Channel, Ephemeral, Json, Message, ResponseUrl, Trigger, User, View, fill_block_ids

if TYPE_CHECKING:
    from tests.slack.workspace import Workspace

Place = Message | Ephemeral | View


def option_of(element: Json, wanted: str) -> Json:
    """The option with this value or this text."""
    groups = element.get("option_groups") or [element]
    options: list[Json] = [option for group in groups for option in group.get("options", [])]
    for option in options:
        if wanted in (option["value"], option["text"]["text"]):
            return option
    raise AssertionError(f"no option {wanted!r} among {[o['text']['text'] for o in options]}")


def typed_value(element: Json, value: Any) -> Json:
    """What an element's state holds once somebody filled it in (or, with None, left it as it was)."""
    kind = element["type"]
    if kind in ("static_select", "radio_buttons", "overflow"):
        chosen = option_of(element, value) if value is not None else element.get("initial_option")
        return {"type": kind, "selected_option": chosen}
    if kind in ("checkboxes", "multi_static_select"):
        many = [option_of(element, v) for v in value] if value is not None else element.get("initial_options", [])
        return {"type": kind, "selected_options": many}
    for what in ("user", "channel", "conversation"):
        if kind == f"{what}s_select":
            return {"type": kind, f"selected_{what}": value if value is not None else element.get(f"initial_{what}")}
        if kind == f"multi_{what}s_select":
            return {"type": kind, f"selected_{what}s": value if value is not None else element.get(f"initial_{what}s", [])}
    for what in ("date", "time"):
        if kind == f"{what}picker":
            return {"type": kind, f"selected_{what}": value if value is not None else element.get(f"initial_{what}")}
    if kind == "file_input":
        return {"type": kind, "files": value or []}
    text = value if value is not None else element.get("initial_value")
    assert text is None or len(text) <= element.get("max_length", 3000), "longer than the field takes"
    return {"type": kind, "value": text}


def named(block: Json, element: Json) -> set[str]:
    """The names by which a test may speak of an element: its ids, and the words on it."""
    labels = [element.get("text"), element.get("placeholder"), block.get("label")]
    words = {label["text"] for label in labels if isinstance(label, dict)}
    return {element["action_id"], block["block_id"], *words}


class Acts:
    """Commands, clicks and modals; mixed into Workspace."""

    @property
    def _ws(self) -> "Workspace":
        return cast("Workspace", self)

    def new_trigger(self, user: User, view: View | None = None) -> str:
        number = next(self._ws.state.ids)
        trigger_id = f"{number}.{number + 7}.{number:032x}"
        self._ws.state.triggers[trigger_id] = Trigger(user, user.team, time.monotonic(), view)
        return trigger_id

    def new_response_url(self, user: User, channel: Channel, original: Message | Ephemeral | None) -> str:
        secret = self._ws.state.new_id("respond")
        self._ws.state.response_urls[secret] = ResponseUrl(user, channel, original, time.monotonic())
        return f"{self._ws.url}/response/{secret}"

    async def _hand(self, kind: str, payload: Json) -> Delivery:
        assert self._ws.doors.open, "no app is connected: await ws.http.subscribe(url) or ws.socket.connected() first"
        delivery = self._ws.doors.start(kind, payload)
        await delivery.over.wait()
        return delivery

    async def slash(self, user: User, channel: Channel, command: str, text: str = "") -> Delivery:
        """Type a command; an answer within the acknowledgement is shown as Slack shows it."""
        delivery = await self._hand(SLASH, payloads.command(self._ws, user, channel, command, text))
        answer = {"text": delivery.response} if isinstance(delivery.response, str) else delivery.response
        if answer and (answer.get("text") or answer.get("blocks")):
            self._ws.respond(ResponseUrl(user, channel, None, time.monotonic()), answer)
        return delivery

    def places(self, user: User) -> list[Place]:
        """Everything with elements that this person can act on, the nearest first."""
        ws = self._ws
        whispers: list[Message | Ephemeral] = [
            e for e in ws.state.ephemerals if e.target is user and not e.deleted and not e.lost
        ]
        readable = [c for c in ws.state.channels.values() if ws.state.may_read(user, c)]
        whispers += [m for c in readable for m in c.standing() if m.bot_id]
        whispers.sort(key=lambda place: place.ts, reverse=True)
        home = [ws.state.homes[user.id]] if user.id in ws.state.homes else []
        return [*ws.modals(user)[:1], *whispers, *home]

    def find(self, user: User, name: str, place: Place | None = None) -> tuple[Place, Json, Json]:
        """Where an element is that carries this action_id or these words, its block and itself."""
        candidates = self.places(user)
        assert place is None or place in candidates, f"{user.real_name} doesn't see that"
        for candidate in [place] if place else candidates:
            blocks = candidate.body["blocks"] if isinstance(candidate, View) else candidate.blocks
            for block, element in actionable(blocks):
                if name.casefold() in {known.casefold() for known in named(block, element)}:
                    return candidate, block, element
        raise AssertionError(f"{user.real_name} sees nothing called {name!r} to act on")

    async def click(self, user: User, name: str, place: Place | None = None, *, choose: Any = None) -> Delivery:
        """Press a button, or choose an option: by action_id or by the words on it, in `place` or wherever it is seen last."""
        where, block, element = self.find(user, name, place)
        action = {"action_id": element["action_id"], "block_id": block["block_id"], "action_ts": self._ws.state.new_ts()}
        if element["type"] == "button":
            action |= {key: element[key] for key in ("type", "text", "value", "style") if key in element}
        else:
            value = typed_value(element, choose)
            action |= value
            if isinstance(where, View):
                where.state.setdefault(block["block_id"], {})[element["action_id"]] = value
        return await self._hand(INTERACTIVE, payloads.block_actions(self._ws, user, where, action))

    def modals(self, user: User) -> list[View]:
        """Open modals of a person, the topmost first."""
        found = [v for v in self._ws.state.views.values() if v.user is user and v.open]
        return found[::-1]

    async def submit(self, user: User, values: dict[str, Any] | None = None) -> Delivery:
        """Fill in the topmost modal (by label, block_id or action_id) and submit it; the app's response_action is followed."""
        view = self.modals(user)[0]
        left = dict(values or {})
        for block, element in actionable(view.body["blocks"]):
            if block["type"] != "input":
                continue
            name = next((n for n in left if n in named(block, element)), None)
            kept = view.state.get(block["block_id"], {}).get(element["action_id"])
            given = left.pop(name) if name else None
            if element["type"] == "file_input" and given:
                given = [self.upload(user, element, *file) for file in given]
            value = self._visible(user, typed_value(element, given) if name else kept or typed_value(element, None))
            view.state.setdefault(block["block_id"], {})[element["action_id"]] = value
            empty = all(not part for key, part in value.items() if key != "type")
            assert block.get("optional") or not empty, f"{block['label']['text']!r} must be filled in"
        assert not left, f"the modal has no fields {sorted(left)}"
        delivery = await self._hand(INTERACTIVE, payloads.submission(self._ws, view))
        if delivery.acked:
            self._follow(view, delivery.response if isinstance(delivery.response, dict) else {})
        return delivery

    def upload(self, user: User, element: Json, name: str, content: bytes, more: Json | None = None) -> Json:
        """Choose a file in a form: what Slack then says of it, or `more` than that."""
        assert not element.get("filetypes") or name.rpartition(".")[2] in element["filetypes"], "Slack takes no such file here"
        id_ = self._ws.state.new_id("F")
        path = f"/files-pri/{user.team.id}-{id_}/{name}"
        self._ws.state.files[path] = user, content
        found: Json = {"id": id_, "name": name, "title": name, "mimetype": "text/plain", "filetype": name.rpartition(".")[2]}
        found |= {"user": user.id, "user_team": user.team.id, "mode": "hosted", "is_external": False, "file_access": "visible"}
        found |= {"size": len(content), "url_private": f"{self._ws.url}{path}", "url_private_download": f"{self._ws.url}{path}"}
        return {**found, **(more or {})}

    def _visible(self, user: User, value: Json) -> Json:
        """What a menu of conversations sends: none that the person can't see."""
        if "selected_conversations" not in value:
            return value
        known = self._ws.state.channels
        seen = [id_ for id_ in value["selected_conversations"] if id_ in known and self._ws.state.may_read(user, known[id_])]
        return {**value, "selected_conversations": seen}

    def _follow(self, view: View, answer: Json) -> None:
        """Do what the app's answer to a submission says."""
        action = answer.get("response_action", "")
        if action == "errors":
            inputs = {b["block_id"] for b in view.body["blocks"] if b["type"] == "input"}
            if not set(answer["errors"]) <= inputs:
                self._ws.problem("response_action errors names blocks that are no input blocks of the view")
            view.errors = answer["errors"]
        elif action == "clear":
            for other in self.modals(view.user):
                other.open = False
        elif action in ("update", "push"):
            if errors := view_errors(answer["view"]):
                self._ws.problem(f"response_action {action}: {errors}")
                return
            body = {**answer["view"], "blocks": fill_block_ids(answer["view"]["blocks"], self._ws.state.ids)}
            shown_now = View(self._ws.state.new_id("V"), view.user, body, self._ws.state.new_ts(), view.team)
            shown_now.root, shown_now.previous = view.root or view.id, view.id
            if action == "update":
                view.body, view.state, shown_now = body, {}, view
            self._ws.state.views[shown_now.id] = shown_now
            shown_now.keep_version()
        else:
            view.open = False

    async def close_modal(self, user: User, *, all_of_them: bool = False) -> Delivery | None:
        """Close the topmost modal without submitting; the app hears of it where the view asked for that."""
        views = self.modals(user)
        for view in views if all_of_them else views[:1]:
            view.open = False
        if not views[0].body.get("notify_on_close"):
            return None
        return await self._hand(INTERACTIVE, payloads.closing(self._ws, views[0], cleared=all_of_them))

    async def message_shortcut(self, user: User, callback_id: str, channel: Channel, ts: str) -> Delivery:
        """Use a shortcut out of a message's menu."""
        assert self._ws.state.may_read(user, channel), f"{user.real_name} doesn't see that message"
        return await self._hand(INTERACTIVE, payloads.message_action(self._ws, user, channel.messages[ts], callback_id))

    async def global_shortcut(self, user: User, callback_id: str) -> Delivery:
        return await self._hand(INTERACTIVE, payloads.shortcut(self._ws, user, callback_id))
