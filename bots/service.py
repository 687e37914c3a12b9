"""The process that stands between the chat platforms and the engine: its doors, its health, its beginning and end."""

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from aiohttp import web

from bots import log
from core.cohort import Cohort
from core.errors import Fault, PracticumBotError, SettingsError
from core.ports import Platform
from core.storage.store import Store

GRACE = 20.0  # seconds that events being worked on get at the end; a longer one is delivered again
LARGEST = 1024 * 1024  # bytes of a request


class Adapter(Protocol):
    """A platform's SDK, as the process sees it."""

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What is served by HTTP."""
        ...

    @property
    def ready(self) -> bool:
        """Whether events can reach us."""
        ...

    async def start(self) -> None:
        """Take events from here on."""
        ...

    async def stop(self) -> None:
        """Take no more of them."""
        ...

    async def platform(self, name: str) -> Platform | None:
        """A workspace or tenant by its platform's name; None where it isn't this adapter's."""
        ...


class Service:
    """Everything that runs for real platforms; one for a process."""

    def __init__(self, adapters: Sequence[Adapter], store: Store) -> None:
        self._adapters = adapters
        self._store = store
        self._stopping = False

    def app(self) -> web.Application:
        """The server's routes."""
        app = web.Application(client_max_size=LARGEST)
        app.add_routes([web.get("/healthz", self._healthz), web.get("/readyz", self._readyz)])
        for adapter in self._adapters:
            app.add_routes(adapter.routes)
        return app

    async def platform(self, name: str) -> Platform | None:
        """A workspace or tenant by its platform's name."""
        for adapter in self._adapters:
            if found := await adapter.platform(name):
                return found
        return None

    async def keep(self, cohort: Cohort) -> None:
        """Keep a cohort, in place of one of the same name."""
        await self._store.put_cohort(cohort)

    async def run(self, host: str, port: int) -> None:
        """Serve until Ctrl-C or a termination, then finish what was begun. Raises SettingsError."""
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stopped.set)
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=GRACE)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            for adapter in self._adapters:
                await adapter.start()
            log.event("serving", host=host, port=port)
            await stopped.wait()
        except OSError as error:
            reason = f"{port} can't be used ({error.strerror}); set another"
            raise SettingsError([Fault(Path("PRACTICUM_BOT_PORT"), 0, reason)]) from error
        finally:
            self._stopping = True
            for adapter in self._adapters:
                await adapter.stop()
            await runner.cleanup()
            await self._store.close()
            log.event("stopped")

    async def _healthz(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"ok": True})

    async def _readyz(self, _: web.Request) -> web.StreamResponse:
        parts = {"database": True, "platforms": all(adapter.ready for adapter in self._adapters), "running": not self._stopping}
        try:
            await self._store.cohort_names()
        except PracticumBotError as error:
            log.failed("unready", error)
            parts["database"] = False
        return web.json_response(parts, status=200 if all(parts.values()) else 503)
