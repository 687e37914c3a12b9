"""Teams' activities → dispatcher and desk; it translates, and decides nothing.

An activity is answered when its work is done; what is refused Teams delivers again.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bots import log
from bots.desk import Desk
from bots.dispatch import Dispatcher
from bots.payload import Payload, part
from bots.press import Instead, Press, Shown, Wrong, troubled
from bots.remembered import Remembered
from bots.teams import inbound, render
from bots.teams.delivery import TeamsTenant
from bots.teams.teamwork import Teamwork
from bots.welcoming import Welcoming
from core.cards import Form, card
from core.errors import DeliveryError, PracticumBotError, UnreachableError
from core.ports import Event, Happened
from core.speech import answers, nudges
from core.storage.store import Store

ASK, CHECK = "askAboutThis", "checkMyDraft"  # commands of the message extension, as the manifest names them
HOME_WORDS = frozenset({"help", "home", "settings", "start", "hello", "hi"})
CHECK_WORDS = frozenset({"check", "check my draft"})
TYPING_AFTER = 1.0  # seconds
FIRSTS_LAST = 3_600.0  # seconds for which a thread's first message is remembered, in memory alone
FIRSTS, FIRST = 2_000, 1_000  # how many of them, and characters of each
WINDOWS = frozenset({"composeExtension/submitAction", "task/submit", "task/fetch"})

_FORMS: Mapping[str, Callable[[], Form]] = {"ask.send": answers.ask_form, "draft.send": nudges.draft_form}  # of windows


class TeamsApp:
    """Works on activities; one for a process."""

    def __init__(
        self, find: Callable[[str], TeamsTenant], dispatcher: Dispatcher, desk: Desk, welcoming: Welcoming, store: Store
    ) -> None:
        """`find` gives the tenant of an id."""
        self._find = find
        self._dispatcher = dispatcher
        self._desk = desk
        self._teamwork = Teamwork(welcoming, store)
        self._firsts: Remembered[tuple[str, str, str], tuple[float, str]] = Remembered(FIRSTS)

    async def turn(self, body: Payload) -> dict[str, Any] | None:
        """Work on an activity; what an invocation is answered with. Raises PracticumBotError."""
        tenant = self._find(inbound.tenant(body))
        kind = str(body["type"])
        if kind == "invoke":
            await self._teamwork.remember(body, tenant)
            return await self._invoked(body, tenant)
        try:
            await self._happened(body, kind, tenant)
        except UnreachableError as error:  # delivered again, it would be refused again; the coordinator sees how many
            log.failed("unreached", error, platform=tenant.name)
        return None

    async def _happened(self, body: Payload, kind: str, tenant: TeamsTenant) -> None:
        if kind in {"conversationUpdate", "installationUpdate"}:
            if await self._teamwork.update(body, tenant):
                await self._home(tenant, inbound.person(body))
        else:
            await self._teamwork.remember(body, tenant)
            if kind == "message" and inbound.carried(body) is not None:
                await self._pressed(body, tenant)
            elif kind in {"message", "messageUpdate", "messageDelete"}:
                await self._message(body, tenant)

    async def _message(self, body: Payload, tenant: TeamsTenant) -> None:
        event = inbound.event(body)
        if event is None:
            return
        if inbound.personal(body):
            if event.happened is Happened.POSTED and await self._command(body, event, tenant):
                return
        else:
            await self._teamwork.adopt(body, tenant)
            event = inbound.event(body, self._parent(event)) or event
        await self._taken(event, tenant)

    async def _command(self, body: Payload, event: Event, tenant: TeamsTenant) -> bool:
        """Whether a message was one of the words that stand for a page or a form."""
        words, person = inbound.words(body), event.message.author
        if words in HOME_WORDS and not event.message.files:
            await self._home(tenant, person)
        elif words in CHECK_WORDS:
            await tenant.ask(person, nudges.draft_form())
        else:
            return False
        return True

    async def _taken(self, event: Event, tenant: TeamsTenant) -> None:
        person = event.message.author if event.message.to_bot and event.happened is Happened.POSTED else ""
        async with _typing(tenant, person):
            await self._dispatcher.take(event, tenant)

    def _parent(self, event: Event) -> str | None:
        """A thread's first message, if it was seen lately; Teams tells it to nobody without Graph."""
        message, now = event.message, time.monotonic()
        if message.thread:
            kept = self._firsts.get((event.platform, message.channel, message.thread))
            return kept[1] if kept and now - kept[0] < FIRSTS_LAST else None
        name = (event.platform, message.channel, message.id)
        if event.happened is Happened.DELETED:
            self._firsts.pop(name)
        else:
            self._firsts.keep(name, (now, message.text[:FIRST]))
        return None

    async def _pressed(self, body: Payload, tenant: TeamsTenant) -> None:
        press, (channel, thread) = inbound.press(body), inbound.origin(body)
        stands = str(body.get("replyToId") or "") if inbound.personal(body) else ""
        shown = await self._answered(body, press, tenant)
        if isinstance(shown, Form):
            await tenant.ask(press.person, shown, channel, thread)
        elif isinstance(shown, Wrong):
            await tenant.correct(press.person, stands, press.inputs, shown.faults)
        elif isinstance(shown, Instead) or tenant.asked(stands):
            await tenant.replace(press.person, stands, shown.card)
        else:
            await tenant.write(press.person, shown.card, channel, thread)

    async def _answered(self, body: Payload, press: Press, tenant: TeamsTenant) -> Shown:
        """What a press leads to; what went wrong is told with the form still filled in, as a press is not delivered again."""
        try:
            if press.do != "ask.send":
                return await self._desk.press(press, tenant)
            channel, thread = inbound.origin(body)
            asked = inbound.question(body, press.inputs.get("question", ""), channel or press.person, thread)
            await self._taken(asked, tenant)
            return Instead(answers.answered_card())
        except PracticumBotError as error:
            log.failed("press", error, platform=tenant.name, kind=press.kind)
            unreached = press.do == "ask.send" and isinstance(error, UnreachableError)
            return Wrong({"": (answers.unreached_card() if unreached else troubled(error)).plain})

    async def _invoked(self, body: Payload, tenant: TeamsTenant) -> dict[str, Any] | None:
        """The message extension's windows; what else could be invoked is none of ours."""
        name, person = str(body.get("name")), inbound.person(body)
        if name == "composeExtension/fetchTask" and person:
            form, channel, thread = _called(body)
            return render.window(form.title, render.form(form, channel, thread, await tenant.options(person, form)))
        if name not in WINDOWS or inbound.carried(body) is None:
            raise NotImplementedError(name)
        press, (channel, thread) = inbound.press(body), inbound.origin(body)
        shown = await self._answered(body, press, tenant)
        if isinstance(shown, Form):
            return render.window(shown.title, render.form(shown, channel, thread, await tenant.options(person, shown)))
        if isinstance(shown, Wrong) and (again := _FORMS.get(press.do)):
            form, options = again(), render.Options(given=press.inputs, faults=shown.faults)
            return render.window(form.title, render.form(form, channel, thread, options))
        said = card(*shown.faults.values()) if isinstance(shown, Wrong) else shown.card
        return render.window("Practicum helper", render.content(said, channel, thread))

    async def _home(self, tenant: TeamsTenant, person: str) -> None:
        page = await self._desk.home(tenant, tenant.name, person, datetime.now(UTC))
        for activity in render.home(page):
            await tenant.say(person, activity)


def _called(body: Payload) -> tuple[Form, str, str]:
    """The form that the message extension was called for, and where."""
    if part(body.get("value")).get("commandId") == CHECK:
        return nudges.draft_form(), "", ""
    channel, thread = inbound.place(body)
    text, message = inbound.about(body)
    if not inbound.shared(channel):
        return answers.ask_form(about=text), "", ""
    return answers.ask_form(about=text), channel, thread or message


@contextlib.asynccontextmanager
async def _typing(tenant: TeamsTenant, person: str) -> AsyncIterator[None]:
    """Somebody who waits longer than a second is shown that they are heard."""

    async def show() -> None:
        await asyncio.sleep(TYPING_AFTER)
        with contextlib.suppress(DeliveryError):  # it is a courtesy
            await tenant.reaching.typing(person)

    shown = asyncio.create_task(show()) if person else None
    try:
        yield
    finally:
        if shown:
            shown.cancel()
            await asyncio.gather(shown, return_exceptions=True)
