"""Teams in one process: one door by HTTP, for one tenant."""

import asyncio
import contextlib
from collections.abc import Sequence

from aiohttp import web

from bots import log
from bots.metrics import Metrics
from bots.remembered import Remembered
from bots.settings import Settings, missing
from bots.teams import inbound
from bots.teams.app import TeamsApp
from bots.teams.connector import Connector, SdkTokens, Unsigned
from bots.teams.delivery import TeamsTenant
from bots.teams.door import LOOPBACK, Door
from core.errors import InputError, PracticumBotError, SettingsError
from core.kb.schema import KnowledgeBase
from core.ports import Platform
from core.storage.store import Store

MESSAGES = "/api/messages"
BUDGET = 14.0  # seconds for an activity; Teams waits 15
LAST = 5.0  # seconds for those that are being worked on at the end


class Teams:
    """The door, and the tenant behind it."""

    def __init__(self, settings: Settings, base: KnowledgeBase, store: Store, metrics: Metrics) -> None:
        """Raises SettingsError when what is set can't work together."""
        _check(settings)
        self._settings = settings
        self._base = base
        self._store = store
        self._metrics = metrics
        self._seen: Remembered[bytes, bool] = Remembered()  # activities, to count those that come again
        self._connector = Connector(SdkTokens(settings) if settings.microsoft_app_id else Unsigned(), metrics)
        self._door = Door(settings.microsoft_app_id, settings.microsoft_app_tenant_id, self._connector.session)
        self._tenants: dict[str, TeamsTenant] = {}
        self._app: TeamsApp | None = None
        self._open = False
        self._working = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What is served by HTTP."""
        return [web.post(MESSAGES, self._handle)]

    @property
    def ready(self) -> bool:
        """Whether events can reach us."""
        return self._open

    def serve(self, app: TeamsApp) -> None:
        """Hand activities to it from now on."""
        self._app = app

    async def start(self) -> None:
        """Take activities."""
        self._open = True
        log.event("started", kind="teams" if self._settings.microsoft_app_id else "teams without authentication")

    async def stop(self) -> None:
        """Take no more of them, and finish those that are being worked on."""
        self._open = False
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), LAST)
        await self._connector.close()

    def find(self, tenant: str) -> TeamsTenant:
        """A tenant by its id, which the door has let in."""
        if tenant not in self._tenants:
            bot, targeted = self._settings.microsoft_app_id, self._settings.teams_targeted
            self._tenants[tenant] = TeamsTenant(
                self._connector, self._base, self._store, tenant=tenant, bot=bot, targeted=targeted
            )
        return self._tenants[tenant]

    async def platform(self, name: str) -> Platform | None:
        """The tenant by its platform's name, for what the bot says of its own accord; None where it isn't ours."""
        kind, _, tenant = name.partition(":")
        own = self._settings.microsoft_app_tenant_id
        return self.find(tenant) if kind == "teams" and own in {"", tenant} else None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self._app is None or not self._open:
            return web.Response(status=503)
        self._working += 1
        self._idle.clear()
        try:
            return await self._worked(request, self._app)
        finally:
            self._working -= 1
            if not self._working:
                self._idle.set()

    async def _worked(self, request: web.Request, app: TeamsApp) -> web.StreamResponse:
        try:
            async with asyncio.timeout(BUDGET):
                body = await self._door.admit(request)
                self._counted(inbound.delivery(body))
                answer = await app.turn(body)
        except InputError as error:
            log.failed("refused", error, kind="activity")
            return web.Response(status=400)
        except NotImplementedError:
            return web.Response(status=501)
        except (PracticumBotError, TimeoutError) as error:
            log.failed("refused", error, kind="activity")
            return web.Response(status=503)
        return web.json_response(answer) if answer is not None else web.Response(status=200)

    def _counted(self, name: bytes) -> None:
        if self._seen.get(name):
            self._metrics.redelivered("teams")
        self._seen.keep(name, True)


def _check(settings: Settings) -> None:
    faults = []
    if settings.microsoft_app_id:
        if settings.teams_anonymous:
            faults.append(missing("teams_anonymous", "can't be set beside MICROSOFT_APP_ID, whose tokens are always checked"))
        if not settings.microsoft_app_tenant_id:
            faults.append(missing("microsoft_app_tenant_id", "is needed beside MICROSOFT_APP_ID: the bot serves one tenant"))
        if settings.microsoft_app_type == "SingleTenant" and not settings.microsoft_app_password:
            faults.append(
                missing("microsoft_app_password", "is needed beside MICROSOFT_APP_ID; make one under Certificates & secrets")
            )
    elif not settings.teams_anonymous:
        faults.append(missing("microsoft_app_id", "is needed to run teams; it stands on the Azure Bot's Configuration page"))
    elif settings.host not in LOOPBACK:
        faults.append(missing("teams_anonymous", "lets everybody in, so PRACTICUM_BOT_HOST must be 127.0.0.1"))
    if faults:
        raise SettingsError(faults)
